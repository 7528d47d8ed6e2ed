import { X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import { Either, Redacted, Schema } from "effect"

const pem = (kind: RegExp, detail: string) => Schema.String.pipe(Schema.pattern(kind, { message: () => detail }))

const certificate = pem(
  /^-----BEGIN CERTIFICATE-----\s*$/m,
  "This is not a certificate: put its PEM text here, from -----BEGIN CERTIFICATE----- on."
)
const privateKey = pem(
  /^-----BEGIN (?:EC |RSA )?PRIVATE KEY-----\s*$/m,
  "This is not a private key without a passphrase: put its PEM text here, from -----BEGIN PRIVATE KEY----- on."
)

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const Texts = Schema.Struct({
  /** In place of the authorities that the system trusts. */
  ca: optional(certificate),
  cert: optional(certificate),
  key: optional(Schema.Redacted(privateKey))
})

/** What Node takes; certificates are verified whatever the environment says. */
export const options = ({ ca, cert, key }: Tls) => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key: Redacted.value(key) }),
  rejectUnauthorized: true
})

/** Node passes over what it cannot read of the authorities: each is read here. */
const isUsable = (tls: Tls): boolean =>
  Either.isRight(
    Either.try(() => {
      for (const text of (tls.ca ?? "").split(/(?<=-----END CERTIFICATE-----)/))
        if (text.trim() !== "") new X509Certificate(text)
      createSecureContext(options(tls))
    })
  )

/** How a vendor's API proves itself, and we to it: PEM texts. Without any, the authorities that the system trusts. */
export const Tls = Texts.pipe(
  Schema.filter((tls) => {
    if ((tls.cert === undefined) !== (tls.key === undefined))
      return "A certificate of ours and its key come together: give cert and key."
    return (
      isUsable(tls) || "These cannot be used: look whether each PEM text is whole, and the key is the certificate's."
    )
  })
)
export type Tls = typeof Texts.Type

/** The same text for the same settings. */
export const keyOf = (tls: Tls): string =>
  JSON.stringify([tls.ca, tls.cert, tls.key === undefined ? undefined : Redacted.value(tls.key)])
