/** What the sign-in page says of each code that a browser comes back with from the company's provider. */
const texts: ReadonlyMap<string, "oidcFailed" | "oidcLocked" | "oidcAway"> = new Map([
  ["OIDC_FAILED", "oidcFailed"],
  ["SIGN_IN_LOCKED", "oidcLocked"],
  ["STORE_UNAVAILABLE", "oidcAway"]
] as const)

/** Which text says why one was not let in, by the address that one came back to; null where it says nothing of it. */
export const whyOf = (search: string) => {
  const code = new URLSearchParams(search).get("problem")
  return code === null ? null : (texts.get(code) ?? "oidcOther")
}

/** The address without why one was not let in: where one goes on to, once one is. */
export const withoutWhy = (search: string): string => {
  const kept = new URLSearchParams(search)
  kept.delete("problem")
  return kept.size === 0 ? "" : `?${kept}`
}
