import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import type { Incoming } from "@payment-proxy/ports"
import { Effect, Either, Schema, TestClock } from "effect"
import { describe } from "vitest"
import { Aes, Formatter, Rsa } from "wechatpay-axios-plugin"
import { json, platform } from "../platform.ts"
import * as Bench from "./bench.ts"
import { expired, incoming, keys, notifying, number, refundNo, sealed, transaction, transactionId } from "./bench.ts"

/** Both of WeChat Pay's ways to be known. */
const both = { platformCertificates: [keys.platformCertificate.certificatePem] }

/** What becomes of notifications, one after the other, at a vendor that has nothing to fetch. */
const told = (all: ReadonlyArray<Incoming>, changes: object = both, atSeconds = Bench.nowSeconds) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(atSeconds * 1000)
    const { url } = yield* platform(json(404, {}))
    const vendor = yield* Bench.vendor(url, changes)
    return yield* Effect.forEach(all, (one) => Effect.either(vendor.notification(one)))
  }).pipe(Effect.scoped)

const reasonOf = (one: Effect.Effect.Success<ReturnType<typeof told>>[number] | undefined) =>
  one !== undefined && Either.isLeft(one) ? one.left.reason : null

const subject = { by: "merchantOrderNo", no: number }
const good = notifying(transaction())
const refunded = (changes: object = {}) => ({
  mchid: keys.mchid,
  out_trade_no: number,
  transaction_id: transactionId,
  out_refund_no: refundNo,
  refund_id: "50000002026112312345678901234",
  refund_status: "SUCCESS",
  success_time: "2026-11-23T21:40:00+08:00",
  user_received_account: "招商银行信用卡0403",
  amount: { total: 1234, refund: 234, payer_total: 1234, payer_refund: 234 },
  ...changes
})

const Fixtures = Schema.Struct({
  cases: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      headers: Schema.Record({ key: Schema.String, value: Schema.String }),
      body: Schema.String,
      valid: Schema.Boolean
    })
  )
})

const lowered = (headers: { readonly [name: string]: string }) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const reasons: { readonly [name: string]: string } = {
  "one byte of the body changed": "SIGNATURE",
  "serial unknown": "UNAVAILABLE",
  "probe signature": "PROBE",
  "unknown signature type": "SIGNATURE",
  "public-key id but signed by the certificate key": "SIGNATURE"
}

describe("a notification of the fixtures", () => {
  for (const { name, headers, body, valid } of Bench.vector("notifications", Fixtures).cases)
    it.effect(name, () =>
      Effect.gen(function* () {
        const all = lowered(headers)
        const [outcome] = yield* told(
          [{ headers: all, body: Buffer.from(body) }],
          both,
          Number(all["wechatpay-timestamp"])
        )
        if (valid) expect(outcome).toMatchObject({ right: { subject } })
        else expect(reasonOf(outcome)).toBe(reasons[name])
      })
    )
})

describe("a true notification", () => {
  it.effect("of a payment is evidence, and is answered as WeChat Pay asks for", () =>
    Effect.map(told([incoming(good)]), ([outcome]) =>
      expect(outcome).toEqual(
        Either.right({
          subject,
          evidence: {
            kind: "paid",
            source: "notification",
            asked: null,
            transactionNo: transactionId,
            amount: Money.make(1234n, "CNY"),
            foreign: null,
            captured: Money.make(1234n, "CNY"),
            paidAtMillis: Date.parse("2026-11-23T13:20:36Z")
          },
          reply: { status: 200, contentType: "application/json", body: '{"code":"SUCCESS"}' },
          refusal: {
            status: 500,
            contentType: "application/json",
            body: '{"code":"FAIL","message":"Not received: send it again."}'
          }
        })
      )
    )
  )

  it.effect("that comes twice says the same twice", () =>
    Effect.map(told([incoming(good), incoming(good)]), ([first, second]) => {
      expect(first).toMatchObject({ right: { subject } })
      expect(second).toEqual(first)
    })
  )

  it.effect("is taken from either key, also by a serial in small letters, and made by another library", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({
        event_type: "TRANSACTION.SUCCESS",
        resource: {
          algorithm: "AEAD_AES_256_GCM",
          nonce: "abcdefghijkl",
          ciphertext: Aes.AesGcm.encrypt(JSON.stringify(transaction()), keys.apiV3Key, "abcdefghijkl", "")
        }
      })
      const at = String(Bench.nowSeconds)
      const theirs = {
        "wechatpay-serial": keys.platformCertificate.serial_no.toLowerCase(),
        "wechatpay-timestamp": at,
        "wechatpay-nonce": "n",
        "wechatpay-signature": Rsa.sign(Formatter.response(at, "n", body), keys.platformCertificate.privateKeyPem)
      }
      const outcomes = yield* told([
        incoming(good, sealed(good, Bench.byCertificate)),
        incoming(body, theirs),
        { headers: theirs, body: Buffer.from(body) },
        incoming(good, { ...sealed(good), "content-type": "application/json; charset=utf-8" })
      ])
      for (const outcome of outcomes) expect(Either.getOrThrow(outcome).evidence).toMatchObject({ kind: "paid" })
    })
  )

  it.effect("of another amount or currency is evidence of that", () =>
    Effect.gen(function* () {
      const stated = (amount: object) => incoming(notifying(transaction({ amount })))
      const [amount, currency] = yield* told([
        stated({ total: 1, currency: "CNY" }),
        stated({ total: 1234, currency: "USD" })
      ])
      expect(amount).toMatchObject({ right: { evidence: { kind: "paid", amount: Money.make(1n, "CNY") } } })
      expect(currency).toMatchObject({ right: { evidence: { kind: "paid", amount: Money.make(1234n, "USD") } } })
    })
  )

  it.effect("of a state that is not known, or an amount that is none, proves nothing more", () =>
    Effect.gen(function* () {
      const [unknown, none] = yield* told([
        incoming(notifying(transaction({ trade_state: "MYSTERY" }))),
        incoming(notifying(transaction({ amount: undefined })))
      ])
      expect(unknown).toMatchObject({ right: { subject, evidence: { kind: "known", word: "MYSTERY" } } })
      expect(none).toMatchObject({ right: { subject, evidence: null } })
    })
  )

  it.effect.each([
    ["SUCCESS", "succeeded"],
    ["PROCESSING", "pending"],
    ["ABNORMAL", "pending"],
    ["CLOSED", "failed"]
  ] as const)("of a refund that is %s is evidence of the payment's refunds", ([status, state]) =>
    Effect.map(told([incoming(notifying(refunded({ refund_status: status }), `REFUND.${status}`))]), ([outcome]) =>
      expect(outcome).toMatchObject({
        right: {
          subject,
          evidence: {
            kind: "refunds",
            source: "notification",
            transactionNo: transactionId,
            amount: Money.make(1234n, "CNY"),
            captured: null,
            total: null,
            items: [{ vendorRefundNo: "50000002026112312345678901234", ourNo: refundNo, amountMinor: 234n, state }]
          }
        }
      })
    )
  )

  it.effect("of a refund in an unknown status proves nothing", () =>
    Effect.map(told([incoming(notifying(refunded({ refund_status: "MYSTERY" }), "REFUND.NEW"))]), ([outcome]) =>
      expect(outcome).toMatchObject({ right: { subject, evidence: null } })
    )
  )
})

describe("a bad notification is refused, and a true one after it is taken", () => {
  const probe = {
    ...sealed(good),
    "wechatpay-signature": `WECHATPAY/SIGNTEST/${sealed(good)["wechatpay-signature"]}`
  }
  const without = (name: string) => {
    const { [name]: _, ...rest } = sealed(good)
    return rest
  }
  const truncated = notifying(transaction(), "TRANSACTION.SUCCESS", {
    ciphertext: Bench.encrypted(JSON.stringify(transaction())).ciphertext.slice(0, 400)
  })
  const otherKey = notifying(
    transaction(),
    "TRANSACTION.SUCCESS",
    Bench.encrypted(JSON.stringify(transaction()), "transaction", "fdasflkja484", "x".repeat(32))
  )
  const huge = notifying(transaction({ attach: "x".repeat(70_000) }))
  const utf16: Incoming = {
    headers: sealed("é"),
    body: Buffer.from([0xff])
  }
  const bad: ReadonlyArray<readonly [what: string, Incoming, reason: string, status: number]> = [
    ["an altered body", incoming(good.replace("2026", "2027"), sealed(good)), "SIGNATURE", 401],
    ["an added blank", incoming(`${good} `, sealed(good)), "SIGNATURE", 401],
    [
      "an altered signature",
      incoming(good, { ...sealed(good), "wechatpay-signature": sealed(`${good} `)["wechatpay-signature"] ?? "" }),
      "SIGNATURE",
      401
    ],
    [
      "a signature that is no base64",
      incoming(good, { ...sealed(good), "wechatpay-signature": "?" }),
      "SIGNATURE",
      401
    ],
    ["another nonce", incoming(good, { ...sealed(good), "wechatpay-nonce": "n" }), "SIGNATURE", 401],
    [
      "another timestamp",
      incoming(good, { ...sealed(good), "wechatpay-timestamp": String(Bench.nowSeconds + 1) }),
      "SIGNATURE",
      401
    ],
    ["no signature", incoming(good, without("wechatpay-signature")), "SIGNATURE", 401],
    ["no timestamp", incoming(good, without("wechatpay-timestamp")), "SIGNATURE", 401],
    ["no nonce", incoming(good, without("wechatpay-nonce")), "SIGNATURE", 401],
    ["no serial", incoming(good, without("wechatpay-serial")), "SIGNATURE", 401],
    ["no headers at all", incoming(good, {}), "SIGNATURE", 401],
    [
      "a signature by our own key",
      incoming(good, sealed(good, { ...Bench.byPublicKey, privateKey: keys.merchant.privateKeyPem })),
      "SIGNATURE",
      401
    ],
    ["another algorithm", incoming(good, { ...sealed(good), "wechatpay-signature-type": "SM2" }), "SIGNATURE", 401],
    ["a probe", incoming(good, probe), "PROBE", 401],
    [
      "an unknown public key",
      incoming(good, sealed(good, { ...Bench.byPublicKey, serial: "PUB_KEY_ID_2" })),
      "KEY",
      401
    ],
    [
      "a timestamp of 5 minutes ago",
      incoming(good, sealed(good, Bench.byPublicKey, Bench.nowSeconds - 300)),
      "STALE",
      401
    ],
    [
      "a timestamp 5 minutes ahead",
      incoming(good, sealed(good, Bench.byPublicKey, Bench.nowSeconds + 300)),
      "STALE",
      401
    ],
    ["a timestamp that is none", incoming(good, { ...sealed(good), "wechatpay-timestamp": "now" }), "STALE", 401],
    [
      "an expired certificate",
      incoming(good, sealed(good, { ...Bench.byCertificate, serial: expired.platform.serial_no })),
      "CERTIFICATE",
      401
    ],
    ["another merchant", incoming(notifying(transaction({ mchid: "1900000110" }))), "FOREIGN", 403],
    ["another app", incoming(notifying(transaction({ appid: "wxother" }))), "FOREIGN", 403],
    [
      "another merchant's refund",
      incoming(notifying(refunded({ mchid: "1900000110" }), "REFUND.SUCCESS")),
      "FOREIGN",
      403
    ],
    ["a ciphertext that is cut short", incoming(truncated), "CONTENT", 400],
    ["what another APIv3 key sealed", incoming(otherKey), "CONTENT", 400],
    [
      "another way to seal",
      incoming(notifying(transaction(), "TRANSACTION.SUCCESS", { algorithm: "AEAD_SM4_GCM" })),
      "CONTENT",
      400
    ],
    ["a huge body", incoming(huge), "CONTENT", 400],
    ["another content type", incoming(good, { ...sealed(good), "content-type": "text/xml" }), "CONTENT", 400],
    ["no JSON", incoming("<xml/>"), "CONTENT", 400],
    ["nothing", incoming(""), "CONTENT", 400],
    ["JSON of another form", incoming("[]"), "CONTENT", 400],
    ["no UTF-8", utf16, "SIGNATURE", 401],
    ["a seal around no JSON", incoming(notifying("garbage")), "CONTENT", 400],
    ["a transaction that names no order", incoming(notifying(transaction({ out_trade_no: "" }))), "CONTENT", 400],
    ["a transaction without a state", incoming(notifying(transaction({ trade_state: undefined }))), "CONTENT", 400],
    [
      "a refund without a number",
      incoming(notifying(refunded({ refund_id: undefined }), "REFUND.SUCCESS")),
      "CONTENT",
      400
    ],
    ["an event of another kind", incoming(notifying(transaction(), "PAYSCORE.USER_PAID")), "CONTENT", 400]
  ]
  for (const [what, one, reason, status] of bad)
    it.effect(`${what} is refused for ${reason}`, () =>
      Effect.gen(function* () {
        const certificates = [keys.platformCertificate.certificatePem, expired.platform.certificatePem]
        const [refused, taken] = yield* told([one, incoming(good)], { platformCertificates: certificates })
        expect(refused).toMatchObject({
          left: {
            _tag: "NotVerified",
            reason,
            reply: { status, contentType: "application/json", body: '{"code":"FAIL","message":"Refused."}' }
          }
        })
        expect(taken).toMatchObject({ right: { evidence: { kind: "paid" } } })
      })
    )
})
