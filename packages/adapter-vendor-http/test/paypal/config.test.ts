import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { Either, Redacted, Schema } from "effect"
import { describe } from "vitest"
import { PayPalConfig } from "../../src/index.ts"
import * as Kinds from "../../src/Kinds.ts"
import { certificatesOf, oauthOf } from "../../src/paypal/config.ts"
import { at, encoded } from "./desk.ts"

const nowMillis = Date.UTC(2026, 10, 26)
const pem = (name: string) => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8")

const decode = Schema.decodeUnknownEither(PayPalConfig)
const faults = (config: PayPalConfig, at: number | null = nowMillis) =>
  Kinds.faultsOf(config, at).map(({ at, detail }) => `${at} ${detail}`)

it("the least of a configuration is the app's credentials and the webhook's id: PayPal's live address is the default", () => {
  const { certificates: _, ...least } = encoded
  const config = Either.getOrThrow(decode(least))
  expect(config.baseUrl).toBe("https://api-m.paypal.com")
  expect(faults(config)).toEqual([])
  expect(certificatesOf(config)).toEqual({
    origins: ["https://api-m.paypal.com", "https://api.paypal.com"],
    subject: "messageverificationcerts.paypal.com",
    authorities: null
  })
})

it("the sandbox has certificates of its own", () => {
  expect(certificatesOf(at("https://api-m.sandbox.paypal.com", { certificates: {} }))).toMatchObject({
    origins: ["https://api-m.sandbox.paypal.com", "https://api.sandbox.paypal.com"],
    subject: "messageverificationcerts.sandbox.paypal.com"
  })
})

it("hosts are names or whole origins", () => {
  const certificates = { hosts: ["certs.example", "http://127.0.0.1:8080", "https://certs.example:8443"], subject: "x" }
  const config = at("https://paypal.example", { certificates })
  expect(faults(config)).toEqual([])
  expect(certificatesOf(config)).toMatchObject({
    origins: ["https://certs.example", "http://127.0.0.1:8080", "https://certs.example:8443"],
    subject: "x"
  })
})

describe("a fault is told by its place", () => {
  it.each([
    ["a host that is a path", { hosts: ["api.paypal.com/v1"] }, "/certificates/hosts/0"],
    ["plain http elsewhere", { hosts: ["api.paypal.com", "http://api.paypal.com"] }, "/certificates/hosts/1"],
    ["a host in capitals", { hosts: ["API.PAYPAL.COM"] }, "/certificates/hosts/0"],
    ["a user", { hosts: ["https://u@api.paypal.com"] }, "/certificates/hosts/0"],
    ["no host", { hosts: [""] }, "/certificates/hosts/0"],
    ["authorities that are none", { authorities: "/etc/ssl/ca.pem" }, "/certificates/authorities"],
    [
      "half a certificate",
      { authorities: pem("authority.crt").replace(/\n[A-Za-z0-9+/=]+\n-----END/, "\n-----END") },
      "/certificates/authorities"
    ]
  ])("%s", (_, certificates, place) => {
    expect(faults(at("https://api-m.paypal.com", { certificates })).map((fault) => fault.split(" ")[0])).toEqual([
      place
    ])
  })

  it("an address that is not PayPal's has to say where certificates come from", () => {
    expect(faults(at("https://paypal.example", { certificates: {} }))[0]).toMatch(
      /^\/certificates\/hosts .*name the hosts/
    )
    expect(faults(at("http://api-m.paypal.com", { certificates: {} })).map((fault) => fault.split(" ")[0])).toEqual([
      "/baseUrl",
      "/certificates/hosts"
    ])
  })

  it.each([
    "https://user:word@api-m.paypal.com",
    "https://api-m.paypal.com?mode=live",
    "https://api-m.paypal.com#live"
  ])("%s is an address with more than a place in it", (baseUrl) => {
    const said = faults(at(baseUrl))
    expect(said[0]).toMatch(/^\/baseUrl .*take off/)
    expect(said[0]).not.toContain("word@")
  })

  it("the simulator's word is no webhook's id: whoever knows it could not be told from PayPal", () => {
    expect(faults(at("https://api-m.paypal.com", { webhookId: "WEBHOOK_ID" }))[0]).toMatch(/^\/webhookId /)
  })

  it("authorities that have all expired, where a time is given", () => {
    const config = at("https://api-m.paypal.com", { certificates: { authorities: pem("authority.crt") } })
    expect(faults(config)).toEqual([])
    expect(faults(config, Date.UTC(2999, 0))[0]).toMatch(/^\/certificates\/authorities /)
    expect(faults(config, null)).toEqual([])
  })

  it.each([
    ["webhookId", "8PT|1"],
    ["clientId", ""],
    ["clientSecret", "with blanks"],
    ["locale", "Chinese"],
    ["brandName", "x".repeat(128)],
    ["baseUrl", "api-m.paypal.com"]
  ])("%s %j is refused by its form, and a secret is not shown", (name, value) => {
    const said = Either.match(decode({ ...encoded, [name]: value }), {
      onLeft: ({ message }) => message,
      onRight: () => ""
    })
    expect(said).toContain(`["${name}"]`)
    expect(said).not.toContain("with blanks")
  })
})

it("tokens come from PayPal's own endpoint", () => {
  const { tokenEndpoint, clientId, clientSecret } = oauthOf(at("https://api-m.paypal.com/"))
  expect(tokenEndpoint).toBe("https://api-m.paypal.com/v1/oauth2/token")
  expect(clientId).toBe(encoded.clientId)
  expect(Redacted.value(clientSecret)).toBe(encoded.clientSecret)
})

it("an account is an app at a place", () => {
  const one = Kinds.accountOf(at("https://api-m.paypal.com"))
  expect(Kinds.accountOf(at("https://api-m.paypal.com/"))).toBe(one)
  expect(Kinds.accountOf(at("https://api-m.sandbox.paypal.com"))).not.toBe(one)
  expect(Kinds.accountOf(at("https://api-m.paypal.com", { clientId: "other" }))).not.toBe(one)
})
