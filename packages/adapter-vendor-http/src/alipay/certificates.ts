import { hash, X509Certificate } from "node:crypto"
import { Either } from "effect"

/** The certificates of a PEM text, in its order; a left where one of them cannot be read, or there is none. */
export const parse = (pem: string): Either.Either<readonly [X509Certificate, ...Array<X509Certificate>], unknown> =>
  Either.flatMap(
    Either.try(() =>
      (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
        (text) => new X509Certificate(text)
      )
    ),
    ([first, ...others]) => (first === undefined ? Either.left("no certificate") : Either.right([first, ...others]))
  )

/** RSA under PKCS#1 (RFC 8017, A.2.4): the only kind of the root file that counts. */
const isRsa = ({ signatureAlgorithmOid }: X509Certificate): boolean =>
  signatureAlgorithmOid.startsWith("1.2.840.113549.1.1")

/** The issuer's attributes, the last one first, as Alipay writes them before it digests them. */
const issuerOf = ({ issuer }: X509Certificate): string => issuer.split("\n").reverse().join(",")

const serialOf = ({ serialNumber: digits }: X509Certificate): bigint =>
  digits.startsWith("-") ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`)

/** The number that Alipay knows a certificate by: the MD5 of its issuer and its serial number in decimal (vendors' reference §2b). */
export const snOf = (certificate: X509Certificate): string =>
  hash("md5", `${issuerOf(certificate)}${serialOf(certificate)}`)

/** The number of a root file: those of its RSA certificates, in the file's order. */
export const rootSnOf = (roots: ReadonlyArray<X509Certificate>): string => roots.filter(isRsa).map(snOf).join("_")

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  Either.getOrElse(
    Either.try(() => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)),
    () => false
  )

const maxLinks = 8

/** Whether the first of `chain` was issued by one of `roots`, directly or by way of the others. */
export const endsIn = (
  [leaf, ...others]: readonly [X509Certificate, ...Array<X509Certificate>],
  roots: ReadonlyArray<X509Certificate>
): boolean => {
  let current = leaf
  for (let link = 0; link < maxLinks; link++) {
    if (roots.some((root) => isIssuedBy(current, root))) return true
    const next = others.find((other) => other !== current && isIssuedBy(current, other))
    if (next === undefined) return false
    current = next
  }
  return false
}
