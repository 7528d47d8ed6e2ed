import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto"
import { Either } from "effect"

/** A certificate as far as it is used here: what it is known by, whose it is, its key, and its last moment. */
export interface Certificate {
  readonly serial: string
  readonly subject: string
  readonly key: KeyObject
  readonly fromMillis: number
  readonly untilMillis: number
}

const leastBits = 2048

const rsa = (key: KeyObject): Either.Either<KeyObject, string> => {
  if (key.asymmetricKeyType !== "rsa") return Either.left("This is not an RSA key: WeChat Pay signs with RSA here.")
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return bits >= leastBits
    ? Either.right(key)
    : Either.left(`This RSA key has ${bits} bits: WeChat Pay's have ${leastBits} or more.`)
}

const read = (make: () => KeyObject, what: string): Either.Either<KeyObject, string> =>
  Either.flatMap(
    Either.try({ try: make, catch: () => `This ${what} cannot be read: look whether its PEM text is whole.` }),
    rsa
  )

/** The private RSA key of a PEM text; a left says in a sentence why it is none. */
export const privateKey = (pem: string): Either.Either<KeyObject, string> =>
  read(() => createPrivateKey(pem), "private key")

/** The public RSA key of a PEM text; a left says in a sentence why it is none. */
export const publicKey = (pem: string): Either.Either<KeyObject, string> =>
  read(() => createPublicKey(pem), "public key")

/** The public part of a private key. */
export const publicPart = (key: KeyObject): KeyObject => createPublicKey(key)

const pemForm = /^-----BEGIN CERTIFICATE-----\s/m

/** The certificate of a PEM text with an RSA key; a left says in a sentence why it is none. */
export const certificate = (pem: string): Either.Either<Certificate, string> =>
  Either.flatMap(
    Either.try({
      try: () => {
        const { serialNumber, subject, publicKey, validFrom, validTo } = new X509Certificate(
          pemForm.test(pem) ? pem : ""
        )
        return { serialNumber, subject, key: publicKey, validFrom, validTo }
      },
      catch: () => "This certificate cannot be read: look whether its PEM text is whole."
    }),
    ({ serialNumber, subject, key, validFrom, validTo }) =>
      Either.map(rsa(key), () => ({
        serial: serialNumber,
        subject: /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1] ?? "",
        key,
        fromMillis: Date.parse(validFrom),
        untilMillis: Date.parse(validTo)
      }))
  )

/** A serial as it is compared: capital letters, no zeros in front; the id of a public key stays as it is. */
export const serialOf = (text: string): string => (isKeyId(text) ? text : text.toUpperCase().replace(/^0+(?=.)/, ""))

/** Whether a serial names WeChat Pay's public key and not a certificate (vendors' reference §1c). */
export const isKeyId = (serial: string): boolean => serial.startsWith("PUB_KEY_ID_")
