import { createPrivateKey, createPublicKey } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { describe } from "vitest"
import { Aes, Formatter, Rsa } from "wechatpay-axios-plugin"
import WxPay from "wechatpay-node-v3"
import type { Account } from "../../src/wechatpay/account.ts"
import * as Accounts from "../../src/wechatpay/account.ts"
import * as Next from "../../src/wechatpay/next.ts"
import * as Signing from "../../src/wechatpay/signing.ts"
import { appid, configured, encrypted, keys, payment, placed, vector } from "./bench.ts"

const Text = Schema.String
const Requests = Schema.Struct({
  cases: Schema.Array(
    Schema.Struct({
      name: Text,
      method: Schema.Literal("GET", "POST"),
      url: Text,
      body: Text,
      timestamp: Text,
      nonce_str: Text,
      message: Text,
      signature: Text,
      authorization: Text
    })
  )
})
const Official = Schema.Struct({
  privateKeyPem: Text,
  publicKeyPem: Text,
  cases: Schema.Array(Schema.Struct({ name: Text, message: Text, signature: Text }))
})
const Signed = Schema.Struct({ message: Text, params: Schema.Record({ key: Text, value: Text }) })
const PaySign = Schema.Struct({ jsapi: Signed, miniProgram: Signed, app: Signed })

const key = createPrivateKey(keys.merchant.privateKeyPem)
const us: Pick<Account, "mchid" | "serial" | "key"> = { mchid: keys.mchid, serial: keys.merchant.serial_no, key }

/** The pairs of an `Authorization`, whatever their order. */
const pairs = (header: string) => {
  const [scheme = "", rest = ""] = header.split(/ (.*)/s)
  return { scheme, ...Object.fromEntries(rest.split(",").map((pair) => pair.split(/="?/, 2))) }
}

const requestOf = ({ method, url, body }: (typeof Requests.Type)["cases"][number]): Signing.Request => ({
  method,
  path: url,
  body: method === "GET" ? null : body
})

describe("a request is signed as the fixtures have it", () => {
  for (const one of vector("request-signature", Requests).cases)
    it(one.name, () => {
      const stamp = { timestamp: one.timestamp, nonce: one.nonce_str }
      const header = Signing.authorization(requestOf(one), us, stamp)
      expect(pairs(header)).toEqual(pairs(one.authorization))
      const message = Formatter.request(one.method, one.url, one.timestamp, one.nonce_str, one.body)
      expect(message).toBe(one.message)
      expect(Signing.sign(message, key)).toBe(one.signature)
    })
})

describe("the vendor's own examples are signed as it prints them", () => {
  const official = vector("official", Official)
  for (const { name, message, signature } of official.cases)
    it(name, () => {
      expect(Signing.sign(message, createPrivateKey(official.privateKeyPem))).toBe(signature)
      expect(Signing.message(message.split("\n").slice(0, -1))).toBe(message)
    })
})

describe("what the payer's app or page is given is signed as the fixtures have it", () => {
  const fixture = vector("pay-sign", PaySign)
  const stamp = { timestamp: "1554208460", nonce: "593BEC0C930BF1AFEB40B4A08C8FB242" }
  const answer = JSON.stringify({ prepay_id: "wx201410272009395522657a690389285100" })
  const appids = {
    JSAPI: "wx2421b1c4370ec43b",
    MINI_PROGRAM: "wx2421b1c4370ec43b",
    APP: "wx2421b1c4370ec43b"
  }
  const cases = [
    ["JSAPI", fixture.jsapi],
    ["MINI_PROGRAM", fixture.miniProgram],
    ["APP", fixture.app]
  ] as const
  for (const [source, { params }] of cases)
    it.effect(source, () =>
      Effect.gen(function* () {
        const account = yield* Accounts.make({ ...configured({ appids }), ...placed })
        expect(Next.read(answer, { ...payment, source }, account, stamp)).toEqual(
          Either.right({ type: "app", parameters: params })
        )
      })
    )
})

describe("stamps", () => {
  it.effect("have 32 characters of chance, and never the same", () =>
    Effect.gen(function* () {
      const all = yield* Effect.replicateEffect(Signing.stamp, 100)
      expect(new Set(all.map(({ nonce }) => nonce)).size).toBe(100)
      for (const { nonce } of all) expect(nonce).toMatch(/^[0-9a-f]{32}$/)
    })
  )
})

const texts = ["", "{}", '{"描述":"¥ 测试"}', "line\nline\n", "\u0000"]

describe("independent libraries", () => {
  const node = new WxPay({
    appid,
    mchid: keys.mchid,
    serial_no: keys.merchant.serial_no,
    publicKey: Buffer.from(keys.merchant.certificatePem),
    privateKey: Buffer.from(keys.merchant.privateKeyPem),
    key: keys.apiV3Key
  })
  const publicKey = createPublicKey(keys.merchant.publicKeyPem)
  const stamp = { timestamp: "1795440036", nonce: "c5ac7061fccab6bf3e254dcf98995b8c" }

  it("take our signatures, and not of altered bytes", () => {
    for (const text of texts) {
      const message = Formatter.request("POST", "/v3/x", stamp.timestamp, stamp.nonce, text)
      const header = pairs(Signing.authorization({ method: "POST", path: "/v3/x", body: text }, us, stamp))
      const { signature } = Schema.decodeUnknownSync(Schema.Struct({ signature: Text }))(header)
      expect(Rsa.verify(message, signature, keys.merchant.publicKeyPem)).toBe(true)
      expect(Rsa.verify(`${message} `, signature, keys.merchant.publicKeyPem)).toBe(false)
    }
  })

  it("sign as we do", () => {
    for (const text of texts.slice(1)) {
      const theirs = node.getSignature("POST", stamp.nonce, stamp.timestamp, "/v3/x", text)
      const message = Signing.message(["POST", "/v3/x", stamp.timestamp, stamp.nonce, text])
      expect(theirs).toBe(Signing.sign(message, key))
      expect(Rsa.sign(message, key)).toBe(theirs)
    }
  })

  it("make signatures that we take, and not of altered bytes", () => {
    for (const text of texts) {
      const signature = Rsa.sign(Formatter.response(stamp.timestamp, stamp.nonce, text), key)
      expect(Signing.verify(stamp, text, signature, publicKey)).toBe(true)
      expect(Signing.verify(stamp, Buffer.from(text), signature, publicKey)).toBe(true)
      expect(Signing.verify(stamp, `${text} `, signature, publicKey)).toBe(false)
      expect(Signing.verify({ ...stamp, nonce: "0" }, text, signature, publicKey)).toBe(false)
      expect(Signing.verify({ ...stamp, timestamp: "1795440037" }, text, signature, publicKey)).toBe(false)
      expect(Signing.verify(stamp, text, `A${signature.slice(1)}`, publicKey)).toBe(false)
      expect(Signing.verify(stamp, text, `${signature}!`, publicKey)).toBe(false)
      expect(Signing.verify(stamp, text, "", publicKey)).toBe(false)
    }
  })

  it.each([
    ["without its padding", (whole: string) => whole.slice(0, -2)],
    ["with half of its padding", (whole: string) => whole.slice(0, -1)],
    ["with padding too much", (whole: string) => `${whole}=`],
    ["with four signs of padding more", (whole: string) => `${whole}====`],
    ["with padding in front", (whole: string) => `==${whole.slice(0, -2)}`],
    ["with a line break", (whole: string) => `${whole.slice(0, 64)}\n${whole.slice(64)}`],
    ["with a line break at its end", (whole: string) => `${whole.slice(0, -1)}\n`]
  ])("make signatures that we do not take where their base64 comes %s", (_, altered) => {
    const signature = Rsa.sign(Formatter.response(stamp.timestamp, stamp.nonce, "{}"), key)
    expect(Signing.verify(stamp, "{}", signature, publicKey)).toBe(true)
    expect(Signing.verify(stamp, "{}", altered(signature), publicKey)).toBe(false)
  })

  it("seal what we open, and not when a byte of it, its key or its context is another", () => {
    for (const text of texts.slice(1)) {
      const sealed = {
        algorithm: "AEAD_AES_256_GCM",
        nonce: "fdasflkja484",
        associated_data: "transaction",
        ciphertext: Aes.AesGcm.encrypt(text, keys.apiV3Key, "fdasflkja484", "transaction")
      }
      expect(Signing.open(sealed, keys.apiV3Key)).toEqual(Either.right(text))
      const bytes = Buffer.from(sealed.ciphertext, "base64")
      for (let at = 0; at < bytes.length; at += 7) {
        const altered = Buffer.from(bytes)
        altered[at] = (altered[at] ?? 0) ^ 1
        expect(Either.isLeft(Signing.open({ ...sealed, ciphertext: altered.toString("base64") }, keys.apiV3Key))).toBe(
          true
        )
      }
      for (const altered of [
        { ...sealed, nonce: "fdasflkja485" },
        { ...sealed, nonce: "" },
        { ...sealed, associated_data: "" },
        { ...sealed, associated_data: undefined },
        { ...sealed, algorithm: "AEAD_SM4_GCM" },
        { ...sealed, ciphertext: bytes.subarray(0, -1).toString("base64") },
        { ...sealed, ciphertext: bytes.subarray(0, 15).toString("base64") },
        { ...sealed, ciphertext: "" },
        { ...sealed, ciphertext: "no base64" }
      ])
        expect(Either.isLeft(Signing.open(altered, keys.apiV3Key))).toBe(true)
      expect(Either.isLeft(Signing.open(sealed, "x".repeat(32)))).toBe(true)
      expect(Either.isLeft(Signing.open(sealed, "x"))).toBe(true)
    }
  })

  it("open what was sealed with an empty context, or a long nonce", () => {
    const { ciphertext, nonce } = encrypted("{}", "", "Fg3u9ZQ0bXq1kqbF2xw4g5mVb7u8cD9e")
    expect(Aes.AesGcm.decrypt(ciphertext, keys.apiV3Key, nonce, "")).toBe("{}")
    expect(Signing.open({ algorithm: "AEAD_AES_256_GCM", ciphertext, nonce }, keys.apiV3Key)).toEqual(
      Either.right("{}")
    )
  })
})
