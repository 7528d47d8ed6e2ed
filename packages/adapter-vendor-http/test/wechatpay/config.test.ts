import { generateKeyPairSync, X509Certificate } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Either, ParseResult, Schema } from "effect"
import { describe } from "vitest"
import { WechatPayConfig } from "../../src/wechatpay/config.ts"
import { kind } from "../../src/wechatpay/index.ts"
import { configured, encoded, expired, keys } from "./bench.ts"

const at2026 = Date.parse("2026-11-26T00:00:00Z")

const places = (changes: object, nowMillis: number | null = at2026) =>
  kind.faultsOf(configured(changes), nowMillis).map(({ at, detail }) => `${at}: ${detail}`)

const decoding = (changes: object) =>
  Either.match(Schema.decodeUnknownEither(WechatPayConfig, { errors: "all" })({ ...encoded, ...changes }), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(
        ({ path, message }) => `/${path.map(String).join("/")}: ${message}`
      ),
    onRight: () => []
  })

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
const ecPem = ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const ecPublicPem = ec.publicKey.export({ type: "spki", format: "pem" }).toString()
const short = generateKeyPairSync("rsa", { modulusLength: 1024 })
const shortPem = short.privateKey.export({ type: "pkcs8", format: "pem" }).toString()

/** A certificate whose key is of a kind that nobody knows: the last byte of its algorithm's name is another. */
const unknownKey = (pem: string): string => {
  const bytes = new X509Certificate(pem).raw
  const at = bytes.indexOf(Buffer.from("2a864886f70d010101", "hex"))
  bytes[at + 8] = 0x63
  return `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64")}\n-----END CERTIFICATE-----\n`
}

const garbage = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`

describe("a configuration of WeChat Pay", () => {
  it("that fits together has no faults, by certificate or by serial, in mode A or B", () => {
    expect(places({})).toEqual([])
    expect(places({ certificate: undefined, serial: keys.merchant.serial_no })).toEqual([])
    expect(places({ serial: keys.merchant.serial_no.toLowerCase() })).toEqual([])
    expect(places({ publicKey: undefined })).toEqual([])
    expect(places({ platformCertificates: [keys.platformCertificate.certificatePem] })).toEqual([])
  })

  it("is at WeChat Pay's host unless another is said", () =>
    expect(configured().baseUrl).toBe("https://api.mch.weixin.qq.com"))

  it.each<readonly [what: string, changes: object, fault: RegExp]>([
    ["a key that cannot be read", { privateKey: garbage("PRIVATE KEY") }, /^\/privateKey: .*cannot be read/],
    ["a key that is not RSA", { privateKey: ecPem }, /^\/privateKey: This is not an RSA key/],
    ["a key that is too short", { privateKey: shortPem }, /^\/privateKey: This RSA key has 1024 bits/],
    ["neither serial nor certificate", { certificate: undefined }, /^\/serial: Give/],
    ["a serial of another certificate", { serial: "ABCD" }, /^\/serial: This is not the serial/],
    [
      "a certificate whose key cannot be read",
      { certificate: unknownKey(keys.merchant.certificatePem) },
      /^\/certificate: .*cannot be read/
    ],
    [
      "a platform's certificate whose key cannot be read",
      { platformCertificates: [unknownKey(keys.platformCertificate.certificatePem)] },
      /^\/platformCertificates\/0: .*cannot be read/
    ],
    ["a base address with a query", { baseUrl: "https://api.mch.weixin.qq.com?a=b" }, /^\/baseUrl: .*no query/],
    ["a certificate that cannot be read", { certificate: garbage("CERTIFICATE") }, /^\/certificate: .*cannot be read/],
    ["another merchant's certificate", { mchid: "1900000110" }, /^\/certificate: This is another merchant's/],
    [
      "the certificate of another key",
      { privateKey: keys.platformCertificate.privateKeyPem },
      /^\/certificate: This certificate is not of privateKey/
    ],
    [
      "a public key that cannot be read",
      { publicKey: { id: "PUB_KEY_ID_1", key: garbage("PUBLIC KEY") } },
      /^\/publicKey\/key: .*cannot be read/
    ],
    [
      "a public key that is not RSA",
      { publicKey: { id: "PUB_KEY_ID_1", key: ecPublicPem } },
      /^\/publicKey\/key: This is not an RSA key/
    ],
    [
      "our own public key",
      { publicKey: { id: "PUB_KEY_ID_1", key: keys.merchant.publicKeyPem } },
      /^\/publicKey\/key: This is your own key/
    ],
    [
      "a platform certificate that cannot be read",
      { platformCertificates: [keys.platformCertificate.certificatePem, garbage("CERTIFICATE")] },
      /^\/platformCertificates\/1: .*cannot be read/
    ]
  ])("with %s has a fault at its place", (_, changes, fault) => {
    const found = places(changes)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(fault)
  })

  it("with certificates that have expired has a fault, where the time is given", () => {
    const changes = {
      certificate: expired.merchant.certificatePem,
      platformCertificates: [expired.platform.certificatePem]
    }
    expect(places(changes, null)).toEqual([])
    expect(places(changes)).toEqual([
      "/certificate: This certificate expired on 2025-01-01: get a new one in the merchant console.",
      "/platformCertificates/0: This certificate expired on 2025-01-01: take it out."
    ])
  })

  it.each<readonly [what: string, changes: object, fault: RegExp]>([
    ["an APIv3 key of 31 characters", { apiV3Key: "x".repeat(31) }, /^\/apiV3Key: .*exactly 32/],
    ["an APIv3 key that is no ASCII", { apiV3Key: "ä".repeat(32) }, /^\/apiV3Key: .*exactly 32/],
    ["a certificate for a key", { privateKey: keys.merchant.certificatePem }, /^\/privateKey: This is not a private/],
    ["a merchant number with quotes", { mchid: '19"' }, /^\/mchid: This is not a merchant number/],
    ["an app id that is none", { appids: { APP: "" } }, /^\/appids\/APP: This is not an app id/],
    ["a serial that is none", { serial: "xyz" }, /^\/serial: This is not a certificate's serial/],
    ["an address that is none", { baseUrl: "weixin" }, /^\/baseUrl: /],
    [
      "a certificate for WeChat Pay's public key",
      { publicKey: { id: "PUB_KEY_ID_1", key: keys.platformCertificate.certificatePem } },
      /^\/publicKey\/key: This is not a public key/
    ],
    [
      "an id that is not a public key's",
      { publicKey: { id: "5157F09E", key: keys.platformPublicKey.publicKeyPem } },
      /^\/publicKey\/id: .*PUB_KEY_ID_/
    ]
  ])("is not read with %s", (_, changes, fault) => {
    const found = decoding(changes)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(fault)
  })

  it("is one account for one merchant at one host", () => {
    const account = kind.accountOf(configured())
    expect(kind.accountOf(configured({ appid: "wx2", baseUrl: "https://api.mch.weixin.qq.com/" }))).toBe(account)
    expect(kind.accountOf(configured({ mchid: "1900000110" }))).not.toBe(account)
    expect(kind.accountOf(configured({ baseUrl: "https://api2.mch.weixin.qq.com" }))).not.toBe(account)
  })

  it("shows no secret when it is printed", () => {
    const printed = `${JSON.stringify(configured())}${String(configured())}`
    expect(printed).not.toContain(keys.apiV3Key)
    expect(printed).not.toContain(keys.merchant.privateKeyPem.slice(100, 140))
  })
})
