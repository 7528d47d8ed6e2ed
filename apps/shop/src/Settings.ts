import { type Client, createClient, PaymentProxyError, verifyWebhook } from "@payment-proxy/client/promise"

/** How the shop runs. */
export interface Settings {
  readonly host: string
  /** Tried in turn. */
  readonly ports: ReadonlyArray<number>
  /** `whsec_…`: one, or the new and the old one while it is changed. */
  readonly secrets: ReadonlyArray<string>
  /** The payment proxy that the shop sells through; without one it sells nothing. */
  readonly client: Client | null
  /** The gateway's vendors that can be paid at. */
  readonly vendors: ReadonlyArray<string>
  /** A page that draws the code behind `?content=`. */
  readonly codePage: string | null
  /** Where the operators' console is, without a slash at the end. */
  readonly console: string | null
}

/** The environment is not fit to start with; the message says what to set. */
export class SettingsInvalid extends Error {}

type Environment = { readonly [name: string]: string | undefined }

const firstPort = 4020
const portsTried = 20

const portsOf = (text: string | undefined): ReadonlyArray<number> => {
  if (text === undefined || text === "") return Array.from({ length: portsTried }, (_, index) => firstPort + index)
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new SettingsInvalid("SHOP_PORT is not a port: set 0 (any that is free) to 65535.")
  return [port]
}

/** Whether it is a secret: with one, a delivery without headers is refused for its headers. */
const isSecret = (secret: string): boolean => {
  try {
    verifyWebhook({ secrets: [secret], headers: {}, body: "" })
    return true
  } catch (error) {
    return error instanceof PaymentProxyError && error.code === "HEADERS_MISSING"
  }
}

const secretsOf = (text: string | undefined): ReadonlyArray<string> => {
  if (text === undefined || text === "")
    throw new SettingsInvalid(
      "SHOP_WEBHOOK_SECRET is missing: set the whsec_… that the gateway signs with for this shop."
    )
  const secrets = text.trim().split(/\s+/)
  const hint =
    "set whsec_ and 24 to 64 random bytes in base64, as the gateway has it; while it is changed, both with a space between."
  if (!secrets.every((secret) => secret.startsWith("whsec_")))
    throw new SettingsInvalid(`SHOP_WEBHOOK_SECRET does not begin with whsec_: ${hint}`)
  if (!secrets.every(isSecret)) throw new SettingsInvalid(`SHOP_WEBHOOK_SECRET is not base64 after whsec_: ${hint}`)
  return secrets
}

const clientOf = (url: string | undefined, key: string | undefined): Client | null => {
  if (!url && !key) return null
  if (!url || !key) throw new SettingsInvalid("SHOP_GATEWAY_URL and SHOP_APP_KEY go together: set both or neither.")
  try {
    return createClient({ baseUrl: url, key })
  } catch (error) {
    const detail = error instanceof PaymentProxyError ? error.message : "These are not settings of a client."
    throw new SettingsInvalid(`SHOP_GATEWAY_URL (baseUrl) or SHOP_APP_KEY (key) is wrong: ${detail}`)
  }
}

const addressOf = (text: string | undefined, name: string, what: string): string | null => {
  if (!text) return null
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ""))
    throw new SettingsInvalid(`${name} is not an http or https address: set ${what}.`)
  return text.replace(/\/+$/, "")
}

/** Reads `SHOP_…` variables, or throws `SettingsInvalid` for the first that is wrong. */
export const fromEnvironment = (environment: Environment): Settings => ({
  host: environment["SHOP_HOST"] || "127.0.0.1",
  ports: portsOf(environment["SHOP_PORT"]),
  secrets: secretsOf(environment["SHOP_WEBHOOK_SECRET"]),
  client: clientOf(environment["SHOP_GATEWAY_URL"], environment["SHOP_APP_KEY"]),
  vendors: (environment["SHOP_VENDORS"] || "platform").split(/[\s,]+/).filter((name) => name !== ""),
  codePage: addressOf(environment["SHOP_CODE_PAGE"], "SHOP_CODE_PAGE", "a page that draws ?content="),
  console: addressOf(environment["SHOP_CONSOLE_URL"], "SHOP_CONSOLE_URL", "the operators' console")
})
