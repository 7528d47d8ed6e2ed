import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import { conceal } from "../src/Faults.ts"
import { decode, load, VendorEntry } from "../src/index.ts"

const text = readFileSync(new URL("../../../payment-proxy.config.yaml", import.meta.url), "utf8")
const environment = {
  PLATFORM_URL: "https://platform.example",
  PLATFORM_ISSUER: "https://platform.example/oauth",
  PLATFORM_MERCHANT_ID: "merchant-1",
  PLATFORM_CLIENT_ID: "client-1",
  PLATFORM_CLIENT_SECRET: "canary-secret-of-a-test",
  PLATFORM_WEBHOOK_SECRET: "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="
}

const faults = (file: string, variables: Record<string, string | undefined>) =>
  Either.match(decode(file, variables, "a test"), { onLeft: (invalid) => invalid, onRight: () => undefined })

it("the demonstration's file decodes, with its secrets from the environment and hidden", () => {
  const configuration = Either.getOrThrow(decode(text, environment, "a test"))
  const { platform } = configuration.vendors
  const oauth = platform && VendorEntry.oauthOf(platform)
  expect(platform?.baseUrl).toBe("https://platform.example")
  expect(oauth?.clientSecret && Redacted.value(oauth.clientSecret)).toBe("canary-secret-of-a-test")
  expect(JSON.stringify(configuration)).not.toContain("canary-secret-of-a-test")
  expect(configuration.environment).toMatchObject({ PAYMENT_PROXY_PORT: 4000, PAYMENT_PROXY_DEVELOPMENT: false })
})

it("all faults of the file, the environment and what is missing are named at once, by place", () => {
  const broken = text
    .replace("/merchant_payment_no\n", "merchant_payment_no\n")
    .replace("PENDING: open", "PENDING: maybe")
    .replace("kind: mapped", "kind: mapped\n    colour: blue")
  const invalid = faults(broken, { ...environment, PLATFORM_CLIENT_SECRET: "", PAYMENT_PROXY_PORT: "http" })
  const places = invalid?.faults.map(({ at }) => at) ?? []
  for (const place of [
    "PAYMENT_PROXY_PORT",
    "/vendors/platform/oauth/clientSecret",
    "/vendors/platform/colour",
    "/vendors/platform/payment/number",
    "/vendors/platform/statuses/PENDING"
  ])
    expect(places).toContain(place)
  expect(invalid?.message).toContain("PLATFORM_CLIENT_SECRET is not set")
})

it("a secret is in no message, even where it is the fault", () => {
  const invalid = faults(text, { ...environment, PLATFORM_WEBHOOK_SECRET: "canary-that-is-no-secret" })
  expect(invalid?.faults.length).toBeGreaterThan(0)
  expect(invalid?.message).not.toContain("canary-that-is-no-secret")
})

it("a rate of no currency, or a second one of a currency, is refused, as it would never be compared by", () => {
  const rated = (rates: string) =>
    faults(`${text}\nreconcile: { vendors: { platform: { rates: [${rates}] } } }\n`, environment)?.message
  expect(rated('{ currency: CNY, percent: "0.6" }, { percent: "1" }')).toBeUndefined()
  expect(rated('{ currency: RMB, percent: "0.6" }')).toContain("This is no currency")
  expect(rated('{ currency: CNY, percent: "0.6" }, { currency: CNY, percent: "0.38" }')).toContain("two rates")
})

it("a secret that has another in it is in no message in part", () => {
  const faults = [{ at: "/a", detail: "canary-1234 is none." }]
  expect(conceal(faults, ["canary", "canary-1234"])).toEqual([{ at: "/a", detail: "… is none." }])
})

it("a file that is not YAML, or not there, says where and what", () => {
  expect(faults("vendors: [", environment)?.message).toContain("line 1")
  const missing = Effect.runSync(Effect.flip(load({}, () => Effect.fail({ message: "no such file" }))))
  expect(missing.message).toContain("payment-proxy.config.yaml")
  expect(missing.message).toContain("PAYMENT_PROXY_CONFIG")
})

it("a vendor's name that could not stand in an address is refused", () => {
  const invalid = faults(text.replace("  platform:", "  Plat/form:"), environment)
  expect(invalid?.message).toContain("/vendors/Plat/form: A vendor's name is 1 to 64 of a-z, 0-9 and -.")
})

it("operators are listened to on this machine alone, unless it is said how their browsers reach it, by https", () => {
  const placesOf = (variables: Record<string, string>) =>
    faults(text, { ...environment, ...variables })?.faults.map(({ at }) => at) ?? []
  const url = "PAYMENT_PROXY_ADMIN_URL"
  expect(placesOf({ PAYMENT_PROXY_ADMIN_HOST: "0.0.0.0" })).toEqual([url])
  expect(placesOf({ PAYMENT_PROXY_ADMIN_HOST: "0.0.0.0", PAYMENT_PROXY_ADMIN_PORT: "off" })).toEqual([])
  expect(placesOf({ PAYMENT_PROXY_ADMIN_HOST: "0.0.0.0", [url]: "https://admin.example.com" })).toEqual([])
  expect(placesOf({ PAYMENT_PROXY_ADMIN_HOST: "0.0.0.0", [url]: "http://127.0.0.1:8010" })).toEqual([])
  expect(placesOf({ [url]: "http://admin.example.com" })).toEqual([url])
  for (const wrong of ["admin.example.com", "https://admin.example.com/console", "https://a@b", "ftp://a"])
    expect(placesOf({ [url]: wrong })).toEqual([url])
  expect(placesOf({ PAYMENT_PROXY_ADMIN_PORT: "on" })).toEqual(["PAYMENT_PROXY_ADMIN_PORT"])
  expect(placesOf({ PAYMENT_PROXY_ADMIN_PORT: "70000" })).toEqual(["PAYMENT_PROXY_ADMIN_PORT"])
})
