import { readFileSync } from "node:fs"
import { Effect, Either } from "effect"
import { type Configuration, type ConfigurationInvalid, decode, load } from "../src/index.ts"

const shipped = readFileSync(new URL("../../../payment-proxy.config.yaml", import.meta.url), "utf8")

/** The demonstration's one vendor, `platform`, without the routes to it. */
export const demonstration = shipped.replace(/\n(?:#[^\n]*\n)*routes:[\s\S]*$/, "\n")

export const variables = {
  PLATFORM_URL: "https://platform.example/svc/",
  PLATFORM_ISSUER: "https://platform.example/oauth",
  PLATFORM_MERCHANT_ID: "merchant-1",
  PLATFORM_CLIENT_ID: "client-1",
  PLATFORM_CLIENT_SECRET: "canary-secret-of-a-test",
  PLATFORM_WEBHOOK_SECRET: "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="
}

/** The demonstration's file with more below it. */
export const withMore = (more: string): string => `${demonstration}\n${more}`

/** As if a file of this path said so. */
export const decoded = (more: string, source = "a test", environment: Record<string, string> = {}): Configuration =>
  Either.getOrThrow(decode(withMore(more), { ...variables, ...environment }, source))

/** Each fault as `place: detail`. */
export const told = ({ faults }: ConfigurationInvalid): ReadonlyArray<string> =>
  faults.map(({ at, detail }) => `${at}: ${detail}`)

export const faultsOf = (more: string, environment: Record<string, string> = {}): ReadonlyArray<string> =>
  Either.match(decode(withMore(more), { ...variables, ...environment }, "a test"), {
    onLeft: told,
    onRight: () => []
  })

/** Loads `config/file.yaml` among files in memory, which may be changed meanwhile. */
export const memory = (files: Map<string, string>) => {
  const environment = { ...variables, PAYMENT_PROXY_CONFIG: "/config/file.yaml" }
  const readFile = (path: string) =>
    Effect.suspend(() => {
      const text = files.get(path)
      return text === undefined ? Effect.fail({ message: "no such file" }) : Effect.succeed(text)
    })
  return { environment, readFile, load: load(environment, readFile) }
}
