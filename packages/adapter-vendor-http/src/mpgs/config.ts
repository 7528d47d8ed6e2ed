import { X509Certificate } from "node:crypto"
import { Either, Redacted, Schema } from "effect"
import { following } from "../Following.ts"
import { Address, isSafe, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"
import type { Fault } from "../Vendor.ts"

const Host = Address.pipe(
  Schema.filter(
    (text) => {
      if (!URL.canParse(text)) return false
      const { pathname, search, hash, username, password } = new URL(text)
      return pathname === "/" && search === "" && hash === "" && username === "" && password === ""
    },
    {
      message: () => "This is scheme and host alone, such as https://ap-gateway.mastercard.com: take off what follows."
    }
  )
)

const Password = Schema.Redacted(
  Schema.String.pipe(
    Schema.pattern(/^[\x21-\x7e]{8,128}$/, {
      message: () => "This is not a password of Merchant Administration: 8 to 128 characters without blanks."
    })
  )
)

/** The gateway takes card payments on its own page: Mastercard Gateway, Hosted Checkout (INITIATE_CHECKOUT, version 63 on). */
export const MpgsConfig = Schema.Struct({
  kind: Schema.Literal("mpgs"),
  /** The bank's gateway host. */
  baseUrl: Host,
  version: Schema.optionalWith(
    Schema.Int.pipe(
      Schema.between(63, 999, { message: () => "INITIATE_CHECKOUT is there from version 63 on: give 63 to 999." })
    ),
    { default: () => 100 }
  ),
  merchantId: Schema.String.pipe(
    Schema.pattern(/^[0-9A-Za-z_-]{1,40}$/, { message: () => "A merchant id is 1 to 40 of 0-9, A-Z, a-z, _ and -." })
  ),
  /** What the payer reads on the page. */
  merchantName: Schema.String.pipe(
    Schema.filter((text) => text.trim() !== "" && text.length <= 40 && !/\p{Cc}/u.test(text), {
      message: () => "The name that the payer reads has 1 to 40 characters."
    })
  ),
  password: optional(Password),
  /** Tried once where the first is refused: the gateway lets two be active while they are exchanged. */
  nextPassword: optional(Password),
  /** What notifications come with. */
  webhookSecret: Schema.Redacted(
    Schema.String.pipe(
      Schema.pattern(/^[\x21-\x7e]{32}$/, {
        message: () => "The webhook secret of Merchant Administration has 32 characters without blanks."
      })
    )
  ),
  /** Of the Reporting API; without it there are no bills. */
  reportingPassword: optional(Password),
  /** How the payer gets to the page: by its address, or by the gateway's script in the app's own page. */
  payerPage: Schema.optionalWith(Schema.Literal("link", "script"), { default: () => "link" as const }),
  /** How long a payer may take on the page. */
  sessionSeconds: Schema.optionalWith(Schema.Int.pipe(Schema.between(60, 10_800)), { default: () => 900 }),
  limits,
  settlingMillis,
  ...following,
  tls: optional(Tls)
})
export type MpgsConfig = typeof MpgsConfig.Type

/** How long after the order's expiry a payer who opened the page at the last moment may still pay, in milliseconds. */
export const graceMillis = ({ sessionSeconds }: Pick<MpgsConfig, "sessionSeconds">): number => sessionSeconds * 1000

const provenTwice = "We prove ourselves by the password or by a client certificate: give one of them, not both."

const credentialFaults = ({ password, nextPassword, tls }: MpgsConfig): ReadonlyArray<Fault> => {
  const hasCertificate = tls?.cert !== undefined
  if (password === undefined) {
    const missing = {
      at: "/password",
      detail: "Give the API password of Merchant Administration, or a client certificate in tls."
    }
    const alone = { at: "/nextPassword", detail: "The next password stands beside the present one: give password too." }
    return [...(hasCertificate ? [] : [missing]), ...(nextPassword === undefined ? [] : [alone])]
  }
  if (hasCertificate) return [{ at: "/password", detail: provenTwice }]
  return nextPassword !== undefined && Redacted.value(nextPassword) === Redacted.value(password)
    ? [{ at: "/nextPassword", detail: "This is the present password again: leave it out until there is another." }]
    : []
}

const certificateFaults = ({ tls }: MpgsConfig, nowMillis: number): ReadonlyArray<Fault> => {
  const cert = tls?.cert
  if (cert === undefined) return []
  const read = Either.try(() => new X509Certificate(cert))
  if (Either.isLeft(read)) return [{ at: "/tls/cert", detail: "This is not a certificate: put its PEM text here." }]
  if (Date.parse(read.right.validTo) < nowMillis)
    return [{ at: "/tls/cert", detail: "This certificate has expired: have the gateway give a new one." }]
  return Date.parse(read.right.validFrom) > nowMillis
    ? [{ at: "/tls/cert", detail: "This certificate is not valid yet: look at the clock, or use the one before it." }]
    : []
}

/** What does not fit together: an address that keeps secrets, exactly one proof of who we are, and a certificate that is valid now. */
export const faultsOf = (config: MpgsConfig, nowMillis: number | null): ReadonlyArray<Fault> => [
  ...(isSafe(config.baseUrl)
    ? []
    : [{ at: "/baseUrl", detail: "The password goes there: use https (http is for this machine alone)." }]),
  ...credentialFaults(config),
  ...(nowMillis === null ? [] : certificateFaults(config, nowMillis))
]

/** One merchant at one gateway: order ids are unique there for ever. */
export const accountOf = ({ baseUrl, merchantId }: MpgsConfig): string =>
  JSON.stringify([new URL(baseUrl).origin, merchantId])
