import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { Either } from "effect"
import { describe } from "vitest"
import { accountOf, faultsOf } from "../../src/mpgs/config.ts"
import { configured, decode, encoded } from "./sample.ts"

const pem = (name: string) => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8")
const tls = { cert: pem("client.crt"), key: pem("client.key") }
const { password: _, ...unproven } = encoded
const next = "f".repeat(32)

it("what a deployer leaves out is said: version 100, a link, 900 s", () => {
  expect(configured()).toMatchObject({ version: 100, payerPage: "link", sessionSeconds: 900 })
})

describe("the form of a configuration", () => {
  it.each([
    [{ baseUrl: "https://gateway.example/api" }, "scheme and host alone"],
    [{ baseUrl: "https://user@gateway.example" }, "scheme and host alone"],
    [{ baseUrl: "gateway.example" }, "not an http"],
    [{ version: 62 }, "version 63 on"],
    [{ merchantId: "a/b" }, "merchant id"],
    [{ merchantId: "m".repeat(41) }, "merchant id"],
    [{ merchantName: "n".repeat(41) }, "1 to 40"],
    [{ merchantName: " " }, "1 to 40"],
    [{ webhookSecret: "short" }, "32 characters"],
    [{ password: "with blank" }, "without blanks"],
    [{ payerPage: "frame" }, "payerPage"],
    [{ sessionSeconds: 59 }, "sessionSeconds"]
  ])("%j is told how to be mended, and no secret is shown", (changes, mend) => {
    const told = String(Either.getOrThrow(Either.flip(decode({ ...encoded, ...changes }))))
    expect(told).toContain(mend)
    expect(told).not.toContain(encoded.password)
    expect(told).not.toContain(encoded.webhookSecret)
  })

  it("takes an origin with or without a slash behind it", () => {
    expect(Either.isRight(decode({ ...encoded, baseUrl: "https://gateway.example/" }))).toBe(true)
  })
})

describe("what does not fit together", () => {
  const places = (config: object, nowMillis: number | null = null) =>
    faultsOf(Either.getOrThrow(decode(config)), nowMillis).map(({ at }) => at)

  it("is nothing, with a password, two passwords, or a certificate", () => {
    expect(places(encoded)).toEqual([])
    expect(places({ ...encoded, nextPassword: next })).toEqual([])
    expect(places({ ...unproven, tls })).toEqual([])
  })

  it("is an address that would be told the password in the clear, but for this machine's own", () => {
    expect(places({ ...encoded, baseUrl: "http://gateway.example" })).toEqual(["/baseUrl"])
    for (const baseUrl of ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
      expect(places({ ...encoded, baseUrl })).toEqual([])
  })

  it("is no proof at all, two proofs, a next password alone or the same again", () => {
    expect(places(unproven)).toEqual(["/password"])
    expect(places({ ...encoded, tls })).toEqual(["/password"])
    expect(places({ ...unproven, nextPassword: next })).toEqual(["/password", "/nextPassword"])
    expect(places({ ...encoded, nextPassword: encoded.password })).toEqual(["/nextPassword"])
  })

  it("is a certificate that has expired or is not valid yet, where the time is given", () => {
    const { validFrom, validTo } = new X509Certificate(tls.cert)
    const config = { ...unproven, tls }
    expect(places(config, Date.parse(validTo) - 1000)).toEqual([])
    expect(places(config, Date.parse(validTo) + 1000)).toEqual(["/tls/cert"])
    expect(places(config, Date.parse(validFrom) - 1000)).toEqual(["/tls/cert"])
    expect(places(config, null)).toEqual([])
  })
})

it("an account is a merchant at a gateway, however its address is written", () => {
  const account = accountOf(configured())
  expect(accountOf(configured({ baseUrl: "HTTPS://gateway.example:443/" }))).toBe(account)
  expect(accountOf(configured({ merchantId: "OTHER" }))).not.toBe(account)
  expect(accountOf(configured({ baseUrl: "https://other.example" }))).not.toBe(account)
})
