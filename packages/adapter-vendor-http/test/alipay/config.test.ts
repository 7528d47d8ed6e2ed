import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, X509Certificate } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Effect, Either, Exit, ParseResult, Redacted } from "effect"
import { describe } from "vitest"
import * as Certificates from "../../src/alipay/certificates.ts"
import { kind } from "../../src/alipay/index.ts"
import {
  certificates,
  certified,
  chain,
  config,
  dayLaterMillis,
  decode,
  encoded,
  keys,
  nowMillis,
  requests,
  responses
} from "./world.ts"

const bare = (der: Buffer) => der.toString("base64")
const own = createPrivateKey(requests.appPrivateKeyPem)
const theirs = createPublicKey(responses.alipayPublicKeyPem)
const weak = generateKeyPairSync("rsa", { modulusLength: 1024 })
const curve = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
const pem = { type: "pkcs8", format: "pem" } as const
const spki = { type: "spki", format: "pem" } as const

const parsed = (changes: object): unknown =>
  Either.match(decode({ ...encoded, ...changes }), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => `/${path.join("/")}: ${message}`),
    onRight: () => "taken"
  })

const faults = (changes: object, millis: number | null = nowMillis) => kind.faultsOf(config(changes), millis)

describe("a configuration", () => {
  it("needs no more than who we are and whose signature to trust", () => {
    const { baseUrl: _, ...rest } = encoded
    expect(Either.getOrThrow(decode(rest))).toMatchObject({
      baseUrl: "https://openapi.alipay.com/gateway.do",
      products: { QR: "QR_CODE_OFFLINE", WEB: "FAST_INSTANT_TRADE_PAY", H5: "QUICK_WAP_WAY", JSAPI: "JSAPI_PAY" },
      limits: { createMillis: 10_000 },
      settlingMillis: 300_000
    })
    expect(faults({})).toEqual([])
    expect(faults(certified, dayLaterMillis)).toEqual([])
  })

  it.each<readonly [string, object, string]>([
    ["an app id that is none", { appId: "2021 1" }, "/appId: This is not an app id"],
    ["a merchant that is none", { sellerId: "2088" }, "/sellerId: This is not a merchant's number"],
    ["an address that is none", { baseUrl: "openapi.alipay.com" }, "/baseUrl: This is not an http or https address"],
    ["a product that is none", { products: { QR: "qr code" } }, "/products/QR: This is not a product code"],
    [
      "a certificate that is none",
      { certificates: { app: "x", alipay: "x", root: "x" } },
      "/certificates/app: This is not"
    ],
    ["an address to quit to that is too long", { quitUrl: `https://a/${"b".repeat(400)}` }, "/quitUrl: This is longer"],
    ["a setting that nobody knows", { publickey: "x" }, "/publickey: "]
  ])("is refused in words, by place: %s", (_, changes, words) => {
    expect(parsed(changes)).toEqual(expect.arrayContaining([expect.stringContaining(words)]))
  })

  it("has one account per gateway and merchant", () => {
    const account = kind.accountOf(config())
    expect(kind.accountOf(config({ appId: "2021000000009999" }))).toBe(account)
    expect(kind.accountOf(config({ baseUrl: "HTTPS://OPENAPI.alipay.com/gateway.do" }))).toBe(account)
    expect(kind.accountOf(config({ sellerId: "2088000000000000" }))).not.toBe(account)
    expect(kind.accountOf(config({ baseUrl: "https://openapi-sandbox.dl.alipaydev.com/gateway.do" }))).not.toBe(account)
  })
})

describe("keys are taken in each form that the console hands them out in", () => {
  it.each<readonly [string, object]>([
    ["PKCS#8 in PEM", { privateKey: own.export(pem) }],
    ["PKCS#1 in PEM", { privateKey: own.export({ type: "pkcs1", format: "pem" }) }],
    ["PKCS#8 alone", { privateKey: bare(own.export({ type: "pkcs8", format: "der" })) }],
    [
      "PKCS#1 alone, in lines",
      { privateKey: `\n${bare(own.export({ type: "pkcs1", format: "der" })).replace(/.{64}/g, "$&\n")}\n` }
    ],
    ["a public key alone", { publicKey: bare(theirs.export({ type: "spki", format: "der" })) }],
    ["a public key of PKCS#1", { publicKey: theirs.export({ type: "pkcs1", format: "pem" }) }]
  ])("%s", (_, changes) => {
    expect(faults(changes)).toEqual([])
    expect(keys(changes).own.equals(own)).toBe(true)
    expect(keys(changes).alipay.equals(theirs)).toBe(true)
  })
})

/** A certificate with one byte changed, so many bytes behind the first place of what is written here in hexadecimal. */
const changed = (pemText: string, mark: string, behind: number, change: (byte: number) => number): string => {
  const bytes = new X509Certificate(pemText).raw
  const at = bytes.indexOf(Buffer.from(mark, "hex")) + behind
  bytes[at] = change(bytes[at] ?? 0)
  return `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64")}\n-----END CERTIFICATE-----\n`
}

describe("keys and certificates that do not fit are faults, by place", () => {
  it.each<readonly [what: string, changes: object, at: ReadonlyArray<string>, words: string]>([
    ["a private key that is none", { privateKey: "hush" }, ["/privateKey"], "without a passphrase"],
    [
      "a private key with a passphrase",
      { privateKey: own.export({ ...pem, cipher: "aes-256-cbc", passphrase: "x" }) },
      ["/privateKey"],
      "without a passphrase"
    ],
    ["a private key of a curve", { privateKey: curve.privateKey.export(pem) }, ["/privateKey"], "not an RSA key"],
    ["a private key that is too short", { privateKey: weak.privateKey.export(pem) }, ["/privateKey"], "2048 bits"],
    ["a public key that is none", { publicKey: "hush" }, ["/publicKey"], "not a public key"],
    ["a private key as public", { publicKey: responses.alipayPrivateKeyPem }, ["/publicKey"], "not a public key"],
    ["a certificate as public key", { publicKey: certificates.alipayCertPem }, ["/publicKey"], "not a public key"],
    ["the app's own public key", { publicKey: requests.appPublicKeyPem }, ["/publicKey"], "app's own public key"],
    ["a public key of a curve", { publicKey: curve.publicKey.export(spki) }, ["/publicKey"], "not an RSA key"],
    ["a public key that is too short", { publicKey: weak.publicKey.export(spki) }, ["/publicKey"], "2048 bits"],
    ["nothing to verify by", { publicKey: undefined }, ["/publicKey"], "Nothing proves"],
    ["both modes", { ...certified, publicKey: encoded.publicKey }, ["/certificates"], "not both"],
    ["two keys that are none", { privateKey: "a", publicKey: "b" }, ["/privateKey", "/publicKey"], "private key"],
    ["an address with a query", { baseUrl: "https://a.example/gateway.do?x=1" }, ["/baseUrl"], "no query"]
  ])("%s", (_, changes, at, words) => {
    const found = faults(changes, null)
    expect(found.map((fault) => fault.at)).toEqual(at)
    expect(found[0]?.detail).toContain(words)
  })

  const with3 = (changes: object) => ({ ...certified, certificates: { ...certified.certificates, ...changes } })
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
  it.each<readonly [what: string, changes: object, at: ReadonlyArray<string>, words: string]>([
    [
      "another key's app certificate",
      with3({ app: certificates.alipayCertPem }),
      ["/certificates/app"],
      "not the certificate of privateKey"
    ],
    [
      "a root that issued nothing of it",
      with3({ root: certificates.appCertPem }),
      ["/certificates/alipay"],
      "None of certificates.root"
    ],
    [
      "certificates that cannot be read",
      with3({ app: broken, alipay: broken, root: certificates.rootCertsPem + broken }),
      ["/certificates/app", "/certificates/alipay", "/certificates/root"],
      "PEM texts is whole"
    ]
  ])("%s", (_, changes, at, words) => {
    const found = faults(changes, null)
    expect(found.map((fault) => fault.at)).toEqual(at)
    expect(found[0]?.detail).toContain(words)
  })

  it("a certificate of Alipay whose key is of a kind that nobody knows", () => {
    const alipay = changed(certificates.alipayCertPem, "2a864886f70d010101", 8, () => 0x63)
    const found = faults(with3({ alipay }), null)
    expect(new Set(found.map(({ at }) => at))).toEqual(new Set(["/certificates/alipay"]))
    expect(found.map(({ detail }) => detail).join(" ")).toContain("key cannot be read")
  })

  it("a root file without a certificate of RSA", () => {
    const root = certificates.rootCertsPem.split(/(?<=-----END CERTIFICATE-----\n)/)[1]
    expect(faults(with3({ root }), null)).toEqual([
      { at: "/certificates/root", detail: "There is no RSA certificate in it: use alipayRootCert.crt." }
    ])
  })

  it("a certificate that has expired, or is not yet valid; neither where no time is given", () => {
    const at = (millis: number | null) => faults(certified, millis).map((fault) => `${fault.at}: ${fault.detail}`)
    expect(at(Date.parse("2127-01-01"))).toEqual([
      expect.stringContaining("/certificates/app: It has expired"),
      expect.stringContaining("/certificates/alipay: It has expired")
    ])
    expect(at(Date.parse("2026-01-01"))[0]).toContain("not yet valid")
    expect(at(null)).toEqual([])
  })

  it("no vendor is made from it", () => {
    const needs = { tokens: undefined as never, send: undefined as never, open: undefined as never }
    const exit = Effect.runSyncExit(Effect.scoped(kind.make(config({ privateKey: "hush" }), needs)))
    expect(Exit.isFailure(exit)).toBe(true)
    expect(String(exit)).not.toContain("hush")
  })
})

it("Alipay's certificate may have links between itself and the root, each signed by the next", () => {
  const found = (alipay: string) =>
    faults({ publicKey: undefined, certificates: { app: certificates.appCertPem, alipay, root: chain.root } }, null)
  const unissued = [expect.objectContaining({ at: "/certificates/alipay" })]
  expect(found(chain.leaf + chain.middle)).toEqual([])
  expect(found(chain.leaf)).toEqual(unissued)
  expect(found(chain.forged + chain.middle)).toEqual(unissued)
})

it("a certificate's number is taken below zero, too, as Java writes it", () => {
  const odd = changed(certificates.appCertPem, "0210202005", 2, (byte) => byte | 0x80)
  const certificate = new X509Certificate(odd)
  expect(certificate.serialNumber).toMatch(/^-/)
  const number = -BigInt(`0x${certificate.serialNumber.slice(1)}`)
  const issuer = certificate.issuer.split("\n").reverse().join(",")
  expect(Certificates.snOf(certificate)).toBe(hash("md5", `${issuer}${number}`))
})

it("a configuration shows no secret", () => {
  const shown = JSON.stringify(config()) + String(config().privateKey) + JSON.stringify(faults({ privateKey: "hush" }))
  expect(shown).not.toContain("hush")
  expect(shown).not.toContain(Redacted.value(config().privateKey).slice(40, 80))
})
