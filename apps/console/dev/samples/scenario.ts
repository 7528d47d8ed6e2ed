/** What the samples show. */
export type Scenario = {
  /** `busy`: an ordinary day with troubles; `calm`: none; `empty`: a fresh installation; `first`: one whose first order was just placed; `down`: the store does not answer. */
  readonly of: "busy" | "calm" | "empty" | "first" | "down"
  readonly role: "viewer" | "operator" | "administrator"
  readonly isSignedIn: boolean
  /** The ways in: `password`, with the company's provider (`oidc`), or before the first operator (`none`). */
  readonly doors: "password" | "oidc" | "none"
  /** When the session ends, in seconds from signing in. */
  readonly sessionSeconds: number
}

let current: Scenario = {
  of: "busy",
  role: "administrator",
  isSignedIn: true,
  doors: "oidc",
  sessionSeconds: 8 * 3600
}

/** The scenario in force. */
export const scenario = (): Scenario => current

/** Changes what is named; texts are taken for what they mean. */
export const set = (part: Readonly<Record<string, unknown>>): void => {
  const meant = Object.entries(part).map(([key, value]) => [
    key,
    value === "true" ? true : value === "false" ? false : key === "sessionSeconds" ? Number(value) : value
  ])
  current = { ...current, ...Object.fromEntries(meant) }
}
