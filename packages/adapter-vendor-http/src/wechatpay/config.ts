import { Either, Redacted, Schema } from "effect"
import { following } from "../Following.ts"
import { Address, addressFaults, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"
import type { Fault } from "../Vendor.ts"
import * as Keys from "./keys.ts"

const text = (form: RegExp, detail: string) => Schema.String.pipe(Schema.pattern(form, { message: () => detail }))

const Appid = text(/^[0-9A-Za-z_-]{1,32}$/, "This is not an app id, such as wxd678efh567hg6787.")

const PrivateKey = text(
  /^-----BEGIN (?:RSA )?PRIVATE KEY-----\s*$/m,
  "This is not a private key without a passphrase: put the PEM text of apiclient_key.pem here."
)

const PublicKey = text(
  /^-----BEGIN PUBLIC KEY-----\s*$/m,
  "This is not a public key: put the PEM text of pub_key.pem here, from -----BEGIN PUBLIC KEY----- on."
)

const Certificate = text(
  /^-----BEGIN CERTIFICATE-----\s*$/m,
  "This is not a certificate: put its PEM text here, from -----BEGIN CERTIFICATE----- on."
)

const Appids = Schema.Struct({
  APP: optional(Appid),
  H5: optional(Appid),
  WEB: optional(Appid),
  QR: optional(Appid),
  MINI_PROGRAM: optional(Appid),
  JSAPI: optional(Appid)
})

/** How WeChat Pay (API v3, direct merchant) is spoken to: who we are, and what it is known by. */
export const WechatPayConfig = Schema.Struct({
  kind: Schema.Literal("wechatpay"),
  baseUrl: Schema.optionalWith(Address, { exact: true, default: () => "https://api.mch.weixin.qq.com" }),
  mchid: text(/^[0-9A-Za-z]{1,32}$/, "This is not a merchant number, such as 1900000109."),
  /** The app that orders of all sources belong to that `appids` has none for. */
  appid: Appid,
  appids: optional(Appids),
  privateKey: Schema.Redacted(PrivateKey),
  /** The serial of the merchant certificate; not needed where the certificate is given. */
  serial: optional(text(/^[0-9A-Fa-f]{1,40}$/, "This is not a certificate's serial: up to 40 hexadecimal digits.")),
  certificate: optional(Certificate),
  apiV3Key: Schema.Redacted(text(/^[!-~]{32}$/, "The APIv3 key has exactly 32 characters.")),
  /** WeChat Pay's public key, as the merchant console has it. Without it, its certificates are fetched. */
  publicKey: optional(
    Schema.Struct({
      id: text(/^PUB_KEY_ID_[0-9A-Za-z]{1,64}$/, "This is not a public key's id: it begins with PUB_KEY_ID_."),
      key: PublicKey
    })
  ),
  /** Certificates of WeChat Pay to start with; where they are given, even as an empty list, new ones are fetched. */
  platformCertificates: optional(Schema.Array(Certificate)),
  limits,
  settlingMillis,
  ...following,
  tls: optional(Tls)
})
export type WechatPayConfig = typeof WechatPayConfig.Type

const faultOf = (at: string, found: Either.Either<unknown, string>): ReadonlyArray<Fault> =>
  Either.isLeft(found) ? [{ at, detail: found.left }] : []

const expired = ({ untilMillis }: Keys.Certificate, nowMillis: number | null): boolean =>
  nowMillis !== null && untilMillis <= nowMillis

const dayOf = (millis: number): string => new Date(millis).toISOString().slice(0, 10)

const serialFaults = ({ serial, certificate }: WechatPayConfig): ReadonlyArray<Fault> => {
  if (serial === undefined && certificate === undefined)
    return [{ at: "/serial", detail: "Give the merchant certificate's serial here, or the certificate." }]
  const stated = certificate === undefined ? undefined : Either.getOrUndefined(Keys.certificate(certificate))
  return stated === undefined || serial === undefined || Keys.serialOf(serial) === Keys.serialOf(stated.serial)
    ? []
    : [{ at: "/serial", detail: "This is not the serial of the certificate that is given: leave it out." }]
}

const certificateFaults = (
  { certificate, mchid, privateKey }: WechatPayConfig,
  nowMillis: number | null
): ReadonlyArray<Fault> => {
  if (certificate === undefined) return []
  const found = Keys.certificate(certificate)
  if (Either.isLeft(found)) return faultOf("/certificate", found)
  const key = Either.map(Keys.privateKey(Redacted.value(privateKey)), Keys.publicPart)
  const details = [
    found.right.subject === mchid ? [] : "This is another merchant's certificate: its subject is not mchid.",
    Either.isLeft(key) || key.right.equals(found.right.key) ? [] : "This certificate is not of privateKey.",
    expired(found.right, nowMillis)
      ? `This certificate expired on ${dayOf(found.right.untilMillis)}: get a new one in the merchant console.`
      : []
  ].flat()
  return details.map((detail) => ({ at: "/certificate", detail }))
}

const publicKeyFaults = ({ publicKey, privateKey }: WechatPayConfig): ReadonlyArray<Fault> => {
  if (publicKey === undefined) return []
  const found = Keys.publicKey(publicKey.key)
  const ours = Either.map(Keys.privateKey(Redacted.value(privateKey)), Keys.publicPart)
  const isOurs = Either.isRight(found) && Either.isRight(ours) && ours.right.equals(found.right)
  return isOurs
    ? [{ at: "/publicKey/key", detail: "This is your own key: WeChat Pay's is needed, from the merchant console." }]
    : faultOf("/publicKey/key", found)
}

const platformFaults = (
  { platformCertificates = [] }: WechatPayConfig,
  nowMillis: number | null
): ReadonlyArray<Fault> =>
  platformCertificates.flatMap((pem, place) => {
    const at = `/platformCertificates/${place}`
    const found = Keys.certificate(pem)
    return Either.isRight(found) && expired(found.right, nowMillis)
      ? [{ at, detail: `This certificate expired on ${dayOf(found.right.untilMillis)}: take it out.` }]
      : faultOf(at, found)
  })

/** What of the address and the keys cannot be used, does not fit together or, where the time is given, has expired; each by its place. */
export const faultsOf = (config: WechatPayConfig, nowMillis: number | null): ReadonlyArray<Fault> => [
  ...addressFaults(config),
  ...(/[?#]/.test(config.baseUrl)
    ? [{ at: "/baseUrl", detail: "The API's address has no query: end it before the question mark." }]
    : []),
  ...faultOf("/privateKey", Keys.privateKey(Redacted.value(config.privateKey))),
  ...serialFaults(config),
  ...certificateFaults(config, nowMillis),
  ...publicKeyFaults(config),
  ...platformFaults(config, nowMillis)
]
