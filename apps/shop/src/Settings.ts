import { Webhook } from "standardwebhooks"
import type { Gateway } from "./Gateway.ts"

/** How the shop runs. */
export interface Settings {
  readonly host: string
  /** Tried in turn. */
  readonly ports: ReadonlyArray<number>
  /** `whsec_…` */
  readonly secret: string
  readonly gateway: Gateway | null
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

const secretOf = (text: string | undefined): string => {
  if (text === undefined || text === "")
    throw new SettingsInvalid(
      "SHOP_WEBHOOK_SECRET is missing: set the whsec_… that the gateway signs with for this shop."
    )
  const hint = "set whsec_ and 24 to 64 random bytes in base64, as the gateway has it."
  if (!text.startsWith("whsec_")) throw new SettingsInvalid(`SHOP_WEBHOOK_SECRET does not begin with whsec_: ${hint}`)
  try {
    new Webhook(text)
  } catch {
    throw new SettingsInvalid(`SHOP_WEBHOOK_SECRET is not base64 after whsec_: ${hint}`)
  }
  return text
}

const gatewayOf = (url: string | undefined, key: string | undefined): Gateway | null => {
  if (!url && !key) return null
  if (!url || !key) throw new SettingsInvalid("SHOP_GATEWAY_URL and SHOP_APP_KEY go together: set both or neither.")
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw new SettingsInvalid("SHOP_GATEWAY_URL is not an http or https URL: set it like http://127.0.0.1:4000.")
  return { url, key }
}

/** Reads `SHOP_…` variables, or throws `SettingsInvalid` for the first that is wrong. */
export const fromEnvironment = (environment: Environment): Settings => ({
  host: environment["SHOP_HOST"] || "127.0.0.1",
  ports: portsOf(environment["SHOP_PORT"]),
  secret: secretOf(environment["SHOP_WEBHOOK_SECRET"]),
  gateway: gatewayOf(environment["SHOP_GATEWAY_URL"], environment["SHOP_APP_KEY"])
})
