import { X509Certificate } from "node:crypto"
import { Either, type Redacted, Schema } from "effect"
import { following } from "../Following.ts"
import { Address, isSafe, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"
import type { Fault, Placed } from "../Vendor.ts"

const Printable = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]{1,256}$/, { message: () => "This is empty or not printable ASCII." })
)

const short = (what: string) =>
  Schema.String.pipe(Schema.length({ min: 1, max: 127 }, { message: () => `${what} has 1 to 127 characters.` }))

/** Whose certificates PayPal's notifications may be signed with. */
const Certificates = Schema.Struct({
  /** Hosts that certificates are fetched from (https), or whole origins; PayPal's own for its live and sandbox addresses. */
  hosts: optional(Schema.NonEmptyArray(Schema.String)),
  /** The common name that the signer's certificate has. */
  subject: optional(Schema.NonEmptyString),
  /** PEM texts in place of the authorities that Node trusts. */
  authorities: optional(Schema.NonEmptyString)
})

/** How PayPal is spoken to (Orders v2, Payments v2). */
export const PayPalConfig = Schema.Struct({
  kind: Schema.Literal("paypal"),
  baseUrl: Schema.optionalWith(Address, { default: () => "https://api-m.paypal.com" }),
  clientId: Printable,
  clientSecret: Schema.Redacted(Printable),
  webhookId: Schema.String.pipe(
    Schema.pattern(/^[A-Za-z0-9_-]{1,64}$/, {
      message: () => "This is not the id of a webhook: copy it from the app's page, under Webhooks."
    })
  ),
  certificates: Schema.optionalWith(Certificates, { default: () => ({}) }),
  /** The name that payers see in place of the business's. */
  brandName: optional(short("A brand name")),
  locale: optional(
    Schema.String.pipe(
      Schema.pattern(/^[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?$/, {
        message: () => "This is not a language tag such as zh-HK (BCP 47)."
      })
    )
  ),
  /** The payee that answers and notifications must name, where they name one. */
  merchantId: optional(Printable),
  limits,
  settlingMillis,
  ...following,
  tls: optional(Tls)
})
export type PayPalConfig = typeof PayPalConfig.Type

/** As configured, with its place. */
export type PayPal = PayPalConfig & Placed

/** PayPal's two environments: where their certificates are, and whose they are (vendors' reference §4c). */
const environments = [
  { hosts: ["api-m.paypal.com", "api.paypal.com"], subject: "messageverificationcerts.paypal.com" },
  {
    hosts: ["api-m.sandbox.paypal.com", "api.sandbox.paypal.com"],
    subject: "messageverificationcerts.sandbox.paypal.com"
  }
] as const

const live = environments[0].subject

/** The origin that a setting of a host means; null where it means none that certificates may come from. */
const originOf = (host: string): string | null => {
  const address = host.includes("://") ? host : `https://${host}`
  if (!URL.canParse(address)) return null
  const { origin, pathname, search, hash, username } = new URL(address)
  const isOrigin = pathname === "/" && `${search}${hash}${username}` === "" && origin === address.replace(/\/$/, "")
  return isOrigin && isSafe(address) ? origin : null
}

const environmentOf = ({ baseUrl }: Pick<PayPalConfig, "baseUrl">) => {
  const { protocol, host } = new URL(baseUrl)
  return protocol === "https:" ? environments.find(({ hosts }) => hosts.some((own) => own === host)) : undefined
}

/** Where certificates come from (origins), whose they are, and the PEM texts of who vouches for them, null: whom Node trusts. */
export const certificatesOf = (config: Pick<PayPalConfig, "baseUrl" | "certificates">) => {
  const environment = environmentOf(config)
  const { hosts = environment?.hosts ?? [], subject = environment?.subject ?? live, authorities } = config.certificates
  return {
    origins: hosts.flatMap((host) => originOf(host) ?? []),
    subject,
    authorities: authorities ?? null
  }
}

/** The certificates of a PEM text, at most 64; a left where there is none, or one cannot be read. */
export const readCertificates = (pem: string): Either.Either<ReadonlyArray<X509Certificate>, string> => {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0 || blocks.length > 64) return Either.left("There are no certificates in it, or too many.")
  return Either.try({
    try: () => blocks.map((block) => new X509Certificate(block)),
    catch: () => "A certificate in it cannot be read."
  })
}

const authorityFaults = (pem: string, nowMillis: number | null): ReadonlyArray<Fault> => {
  const at = "/certificates/authorities"
  const read = readCertificates(pem)
  if (Either.isLeft(read)) return [{ at, detail: `${read.left} Put whole PEM texts here.` }]
  const isOver = nowMillis !== null && read.right.every(({ validTo }) => Date.parse(validTo) < nowMillis)
  return isOver ? [{ at, detail: "All of these have expired: put the authorities of today here." }] : []
}

/** Whether an address is a place alone: paths are put behind it, and what else it says would not arrive. */
const isPlain = (address: string): boolean => {
  const { username, password, search, hash } = new URL(address)
  return `${username}${password}${search}${hash}` === ""
}

/** What of a configuration does not fit together, or, where a time is given, has expired. */
export const faultsOf = (config: PayPalConfig, nowMillis: number | null): ReadonlyArray<Fault> => {
  const { hosts, authorities } = config.certificates
  const named = hosts === undefined ? [] : [...hosts]
  const badHosts = named.flatMap((host, index) =>
    originOf(host) === null
      ? [
          {
            at: `/certificates/hosts/${index}`,
            detail: "This is not a host name or an https origin (http is for this machine alone): leave its path out."
          }
        ]
      : []
  )
  return [
    ...(isSafe(config.baseUrl)
      ? []
      : [{ at: "/baseUrl", detail: "Secrets go there: use https (http is for this machine alone)." }]),
    ...(isPlain(config.baseUrl)
      ? []
      : [{ at: "/baseUrl", detail: "This is scheme, host and path alone: take off a user, a query and a fragment." }]),
    ...(config.webhookId === "WEBHOOK_ID"
      ? [{ at: "/webhookId", detail: "PayPal's simulator signs with this word: put the id of your own webhook here." }]
      : []),
    ...(hosts === undefined && environmentOf(config) === undefined
      ? [
          {
            at: "/certificates/hosts",
            detail: "This baseUrl is not one of PayPal's: name the hosts that its certificates come from."
          }
        ]
      : []),
    ...badHosts,
    ...(authorities === undefined ? [] : authorityFaults(authorities, nowMillis))
  ]
}

const trimmed = (baseUrl: string): string => new URL(baseUrl).href.replace(/\/+$/, "")

/** The same text for the same app of the same account at the same place. */
export const accountOf = ({ baseUrl, clientId }: PayPalConfig): string => JSON.stringify([trimmed(baseUrl), clientId])

/** The OAuth client that we are at PayPal: where tokens come from, and by what we are known there. */
export const oauthOf = ({
  baseUrl,
  clientId,
  clientSecret
}: PayPalConfig): {
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted
} => ({ tokenEndpoint: `${trimmed(baseUrl)}/v1/oauth2/token`, clientId, clientSecret })
