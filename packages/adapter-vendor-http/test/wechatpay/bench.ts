import { createCipheriv, type KeyLike, randomBytes, sign as signBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import type { RefundMachine } from "@payment-proxy/domain"
import { Money } from "@payment-proxy/domain"
import type { Incoming } from "@payment-proxy/ports"
import { VendorTokens } from "@payment-proxy/ports"
import { aPayment, FakeVendorTokens } from "@payment-proxy/testkit"
import { Clock, Effect, Schema, TestClock } from "effect"
import * as Http from "../../src/Http.ts"
import type { Placed } from "../../src/Vendor.ts"
import { WechatPayConfig } from "../../src/wechatpay/config.ts"
import { kind } from "../../src/wechatpay/index.ts"
import type { Answer } from "../platform.ts"

const Keyed = Schema.Struct({ privateKeyPem: Schema.String, publicKeyPem: Schema.String })
const Certified = Schema.Struct({ ...Keyed.fields, serial_no: Schema.String, certificatePem: Schema.String })
const KeysFile = Schema.Struct({
  mchid: Schema.String,
  apiV3Key: Schema.String,
  merchant: Certified,
  platformCertificate: Certified,
  platformCertificateNext: Certified,
  platformPublicKey: Schema.Struct({ ...Keyed.fields, id: Schema.String })
})

/** A file of the fixtures, read by a schema. */
export const vector = <A, I>(name: string, schema: Schema.Schema<A, I>): A =>
  Schema.decodeUnknownSync(Schema.parseJson(schema))(
    readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), "utf8")
  )

/** Throwaway keys. */
export const keys = vector("keys", KeysFile)

const Dead = Schema.Struct({ serial_no: Schema.String, certificatePem: Schema.String })

/** Certificates of these keys that expired in 2025. */
export const expired = vector("expired", Schema.Struct({ merchant: Dead, platform: Dead }))

export const appid = "wxd678efh567hg6787"
export const number = "PPX20261123000001"
export const refundNo = "RFX20261123000001"
export const transactionId = "4200002026202611231234567890"

/** The moment of the fixtures' first notification. */
export const nowSeconds = 1_795_440_036
export const nowMillis = nowSeconds * 1000
export const itIs = TestClock.setTime(nowMillis)

/** A configuration in mode B, as a deployer writes it. */
export const encoded = {
  kind: "wechatpay",
  mchid: keys.mchid,
  appid,
  appids: { MINI_PROGRAM: "wxminiprogram000001", APP: "wxmobileapp0000001" },
  privateKey: keys.merchant.privateKeyPem,
  certificate: keys.merchant.certificatePem,
  apiV3Key: keys.apiV3Key,
  publicKey: { id: keys.platformPublicKey.id, key: keys.platformPublicKey.publicKeyPem }
} as const

/** Mode A: certificates alone. */
export const modeA = { publicKey: undefined, platformCertificates: [keys.platformCertificate.certificatePem] }

export const placed: Placed = {
  name: "wechat",
  notifyUrl: "https://proxy.example/notify/wechat",
  returnUrl: "https://proxy.example/return/wechat"
}

const defined = (all: object) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))

/** The configuration with changes; what is undefined in them is left out. */
export const configured = (changes: object = {}): WechatPayConfig =>
  Schema.decodeUnknownSync(WechatPayConfig, { onExcessProperty: "error" })(defined({ ...encoded, ...changes }))

/** A vendor at `baseUrl`. */
export const vendor = (baseUrl: string, changes: object = {}) =>
  Effect.gen(function* () {
    const http = yield* Http.make
    const tokens = yield* VendorTokens
    return yield* kind.make(
      { ...configured({ baseUrl, ...changes }), ...placed },
      { tokens, send: http.send(), open: http.open() }
    )
  }).pipe(Effect.provide(FakeVendorTokens.layer([])))

export const payment = aPayment({
  payOrderNo: number,
  merchantOrderNo: number,
  vendor: "wechat",
  method: "WECHAT_PAY",
  source: "QR",
  version: 7,
  createdAtMillis: nowMillis,
  expiresAtMillis: nowMillis + 900_000
})

export const refund: RefundMachine.Refund = {
  refundNo,
  payOrderNo: number,
  amount: Money.make(234n, "CNY"),
  reason: "退货",
  createdAtMillis: nowMillis,
  deadlineMillis: nowMillis + 900_000,
  state: "SUBMITTING",
  version: 3,
  learntVersion: 0,
  vendorRefundNo: null,
  unknownCalls: 1,
  contradiction: null,
  failure: null,
  heldReason: null,
  refundedAtMillis: null,
  head: null
}

/** A transaction as WeChat Pay answers it. */
export const transaction = (changes: object = {}) => ({
  mchid: keys.mchid,
  appid,
  out_trade_no: number,
  transaction_id: transactionId,
  trade_type: "NATIVE",
  trade_state: "SUCCESS",
  trade_state_desc: "支付成功",
  success_time: "2026-11-23T21:20:36+08:00",
  payer: { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
  amount: { total: 1234, payer_total: 1234, currency: "CNY", payer_currency: "CNY" },
  ...changes
})

/** A refund as WeChat Pay answers it. */
export const refundAnswer = (changes: object = {}) => ({
  refund_id: "50000002026112312345678901234",
  out_refund_no: refundNo,
  transaction_id: transactionId,
  out_trade_no: number,
  channel: "ORIGINAL",
  status: "PROCESSING",
  amount: { total: 1234, refund: 234, payer_total: 1234, payer_refund: 234, currency: "CNY" },
  ...changes
})

/** One who signs as WeChat Pay. */
export interface Signer {
  readonly serial: string
  readonly privateKey: KeyLike
}

export const byPublicKey: Signer = {
  serial: keys.platformPublicKey.id,
  privateKey: keys.platformPublicKey.privateKeyPem
}
export const byCertificate: Signer = {
  serial: keys.platformCertificate.serial_no,
  privateKey: keys.platformCertificate.privateKeyPem
}
export const byNextCertificate: Signer = {
  serial: keys.platformCertificateNext.serial_no,
  privateKey: keys.platformCertificateNext.privateKeyPem
}

/** The headers that sign a body. */
export const sealed = (
  body: string,
  { serial, privateKey }: Signer = byPublicKey,
  atSeconds = nowSeconds,
  nonce: string = randomBytes(16).toString("hex")
): Record<string, string> => ({
  "wechatpay-serial": serial,
  "wechatpay-timestamp": String(atSeconds),
  "wechatpay-nonce": nonce,
  "wechatpay-signature": signBytes("sha256", Buffer.from(`${atSeconds}\n${nonce}\n${body}\n`), privateKey).toString(
    "base64"
  )
})

/** A signed answer. */
export const signed =
  (status: number, body: object | string, signer: Signer = byPublicKey, atSeconds = nowSeconds): Answer =>
  (response) => {
    const text = typeof body === "string" ? body : JSON.stringify(body)
    response.writeHead(status, { "content-type": "application/json", ...sealed(text, signer, atSeconds) }).end(text)
  }

/** A failure as WeChat Pay answers it: without a signature. */
export const failure =
  (status: number, code: string, suffix = "268435461"): Answer =>
  (response) =>
    response
      .writeHead(status, { "content-type": "application/json", "request-id": `08F78BB9AF0610D302189F980620-${suffix}` })
      .end(JSON.stringify({ code, message: "openid oSecretOfAPayer is wrong" }))

/** What WeChat Pay encrypts by the APIv3 key. */
export const encrypted = (
  plain: string,
  associatedData = "transaction",
  nonce = "fdasflkja484",
  key: string = keys.apiV3Key
) => {
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key), Buffer.from(nonce))
  cipher.setAAD(Buffer.from(associatedData))
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64")
  return { algorithm: "AEAD_AES_256_GCM", ciphertext, nonce, associated_data: associatedData }
}

/** The body of a notification about `content`. */
export const notifying = (content: object | string, event = "TRANSACTION.SUCCESS", changes: object = {}): string =>
  JSON.stringify({
    id: "8a1c1f0e-0d1b-5f3e-9d1e-000000000009",
    create_time: "2026-11-23T21:20:36+08:00",
    resource_type: "encrypt-resource",
    event_type: event,
    summary: "支付成功",
    resource: {
      original_type: event.startsWith("REFUND") ? "refund" : "transaction",
      ...encrypted(typeof content === "string" ? content : JSON.stringify(content)),
      ...changes
    }
  })

/** The notification as it comes in. */
export const incoming = (body: string, headers: Record<string, string> = sealed(body)): Incoming => ({
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(body)
})

/** An answer to the question for certificates. */
export const certificatesAnswer = (
  certificates: ReadonlyArray<{ readonly serial_no: string; readonly certificatePem: string }>,
  key: string = keys.apiV3Key
) => ({
  data: certificates.map(({ serial_no, certificatePem }) => ({
    serial_no,
    effective_time: "2026-11-20T10:34:56+08:00",
    expire_time: "2031-11-19T10:34:56+08:00",
    encrypt_certificate: encrypted(certificatePem, "certificate", "61f9c719728b", key)
  }))
})

export const elapsed = (millis: number) => Effect.zipRight(TestClock.adjust(millis), Clock.currentTimeMillis)
