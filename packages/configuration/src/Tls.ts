import { createPrivateKey, X509Certificate } from "node:crypto"
import { Either, Redacted, Schema } from "effect"
import type { Fault } from "./Faults.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** How a vendor proves itself, and we to it: PEM texts. */
export const Tls = Schema.Struct({
  /** The authorities that its certificate may come from, in place of those that the system trusts. */
  ca: optional(Schema.String),
  /** Our certificate, and those between it and its authority. */
  cert: optional(Schema.String),
  key: optional(Schema.Redacted(Schema.String))
})
export type Tls = typeof Tls.Type

/** The same in plain texts, as connections are made with it. */
export const plain = ({ key, ...certificates }: Tls = {}) => ({
  ...certificates,
  ...(key === undefined ? {} : { key: Redacted.value(key) })
})

const blocks = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

const certificatesOf = (pem: string): ReadonlyArray<Either.Either<X509Certificate, unknown>> =>
  (pem.match(blocks) ?? []).map((block) => Either.try(() => new X509Certificate(block)))

const keyOf = (pem: string) => Either.try(() => createPrivateKey(pem))

const outOfForce = (certificate: X509Certificate, nowMillis: number): string | undefined => {
  if (certificate.validToDate.getTime() <= nowMillis)
    return `A certificate in it has expired (${certificate.validTo}): put a new one there.`
  return certificate.validFromDate.getTime() > nowMillis
    ? `A certificate in it is not valid before ${certificate.validFrom}: wait, or look at the clock.`
    : undefined
}

const certificateFaults = (at: string, pem: string, nowMillis: number | null): ReadonlyArray<Fault> => {
  const certificates = certificatesOf(pem)
  if (certificates.length === 0 || certificates.some(Either.isLeft))
    return [{ at, detail: "This is not a certificate in PEM form (-----BEGIN CERTIFICATE-----)." }]
  if (nowMillis === null) return []
  return certificates.flatMap(
    Either.match({
      onLeft: () => [],
      onRight: (certificate) => {
        const detail = outOfForce(certificate, nowMillis)
        return detail === undefined ? [] : [{ at, detail }]
      }
    })
  )
}

const keyFaults = (at: string, cert: string | undefined, pem: string): ReadonlyArray<Fault> => {
  if (cert === undefined) return [{ at, detail: "A key is of no use without its certificate: name cert, too." }]
  const key = keyOf(pem)
  if (Either.isLeft(key)) return [{ at, detail: "This is not a private key in PEM form without a passphrase." }]
  const [first] = certificatesOf(cert)
  return first !== undefined && Either.isRight(first) && !first.right.checkPrivateKey(key.right)
    ? [{ at, detail: "This key does not belong to the (first) certificate in cert." }]
    : []
}

/** What is wrong with the texts of a place; validity is left out where the time is null. */
export const faultsOf = ({ ca, cert, key }: Tls, at: string, nowMillis: number | null): ReadonlyArray<Fault> => [
  ...(ca === undefined ? [] : certificateFaults(`${at}/ca`, ca, nowMillis)),
  ...(cert === undefined ? [] : certificateFaults(`${at}/cert`, cert, nowMillis)),
  ...(cert !== undefined && key === undefined
    ? [{ at: `${at}/cert`, detail: "A certificate is of no use without its key: name key, too." }]
    : []),
  ...(key === undefined ? [] : keyFaults(`${at}/key`, cert, Redacted.value(key)))
]
