import { Words } from "@payment-proxy/domain"
import { Schema } from "effect"
import { following } from "../Following.ts"
import { Address, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"

/** Alipay's production gateway. */
export const gateway = "https://openapi.alipay.com/gateway.do"

/** What is contracted for where the payer is, unless given (vendors' reference §2d). */
const codes = {
  QR: "QR_CODE_OFFLINE",
  WEB: "FAST_INSTANT_TRADE_PAY",
  H5: "QUICK_WAP_WAY",
  APP: "QUICK_MSECURITY_PAY",
  MINI_PROGRAM: "JSAPI_PAY",
  JSAPI: "JSAPI_PAY"
} as const satisfies Record<Words.Source, string>

const code = (source: Words.Source) =>
  Schema.optionalWith(
    Schema.String.pipe(
      Schema.pattern(/^[A-Z0-9_]{1,64}$/, {
        message: () => "This is not a product code: copy it from the contract, such as FACE_TO_FACE_PAYMENT."
      })
    ),
    { default: () => codes[source] }
  )

const products = Schema.optionalWith(
  Schema.Struct({
    QR: code("QR"),
    WEB: code("WEB"),
    H5: code("H5"),
    APP: code("APP"),
    MINI_PROGRAM: code("MINI_PROGRAM"),
    JSAPI: code("JSAPI")
  }),
  { default: () => codes }
)

const AppId = Schema.String.pipe(
  Schema.pattern(/^[0-9A-Za-z]{1,32}$/, {
    message: () => "This is not an app id: copy it from the open platform, such as 2021000000000000."
  })
)

const SellerId = Schema.String.pipe(
  Schema.pattern(/^2088\d{12}$/, { message: () => "This is not a merchant's number: 16 digits that begin with 2088." })
)

const QuitUrl = Address.pipe(
  Schema.maxLength(400, { message: () => "This is longer than the 400 characters that Alipay takes." })
)

const certificate = Schema.String.pipe(
  Schema.pattern(/^-----BEGIN CERTIFICATE-----\s*$/m, {
    message: () => "This is not a certificate: put the whole file's text here, from -----BEGIN CERTIFICATE----- on."
  })
)

/** The three files that the open platform hands out for an app in certificate mode. */
const Certificates = Schema.Struct({
  /** appCertPublicKey_….crt */
  app: certificate,
  /** alipayCertPublicKey_RSA2.crt */
  alipay: certificate,
  /** alipayRootCert.crt */
  root: certificate
})

/** How Alipay's OpenAPI (v2 gateway, RSA2) is spoken to. */
export const AlipayConfig = Schema.Struct({
  kind: Schema.Literal("alipay"),
  /** The gateway's address, with its path. */
  baseUrl: Schema.optionalWith(Address, { default: () => gateway }),
  appId: AppId,
  /** The merchant's number (PID). */
  sellerId: SellerId,
  /** The app's private key: PEM, or the base64 alone, of PKCS#8 or PKCS#1. */
  privateKey: Schema.Redacted(Schema.NonEmptyString),
  /** Alipay's public key, not the app's: PEM, or the base64 alone. This or `certificates`. */
  publicKey: optional(Schema.NonEmptyString),
  certificates: optional(Certificates),
  /** From where payers can pay; from everywhere unless given. */
  sources: optional(Schema.Array(Words.Source)),
  products,
  /** The mini program that opens the cashier for MINI_PROGRAM and JSAPI; the app itself unless given. */
  openAppId: optional(AppId),
  /** Where a payer who gives up on a phone's browser goes; the order's return address unless given. */
  quitUrl: optional(QuitUrl),
  limits,
  settlingMillis,
  ...following,
  tls: optional(Tls)
})
export type AlipayConfig = typeof AlipayConfig.Type
