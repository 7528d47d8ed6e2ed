// First, since the library looks for it as it is loaded.
import "./Metadata.ts"
import { webcrypto, X509Certificate as X509 } from "node:crypto"
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  X509Certificate,
  X509CertificateGenerator
} from "@peculiar/x509"
import { randomHex } from "../Random.ts"

const { subtle } = webcrypto
const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
const generation = { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
const dayMillis = 86_400_000
/** A certificate that is good from now on is good for a clock that is somewhat behind, too. */
const leewayMillis = 3_600_000

/** A certificate and its private key (PKCS#8), both PEM. */
export interface Pair {
  readonly certificate: string
  readonly privateKey: string
}

const generated = () => subtle.generateKey(generation, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>

const pemOf = (der: ArrayBuffer, tag: string): string => `${PemConverter.encode(der, tag)}\n`

const privatePem = async (key: webcrypto.CryptoKey): Promise<string> =>
  pemOf(await subtle.exportKey("pkcs8", key), PemConverter.PrivateKeyTag)

/** A name alone is the common name; commas and the like in it are escaped (RFC 4514 §2.4). */
const distinguished = (subject: string): string =>
  /^[A-Z]+=/.test(subject) ? subject : `CN=${subject.replace(/[,+"\\<>;=#]/g, "\\$&")}`

/** Twenty bytes at most, above zero, and none of them leading and empty (RFC 5280 §4.1.2.2). */
const madeSerial = (): string => `5A${randomHex(18)}`.toUpperCase()

/** A certificate authority's own pair, good for so many years from now. */
export const authority = async (options: { readonly name: string; readonly years: number }): Promise<Pair> => {
  const keys = await generated()
  const notBefore = new Date(Date.now() - leewayMillis)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: madeSerial(),
    name: distinguished(options.name),
    notBefore,
    notAfter: new Date(notBefore.getTime() + Math.round(options.years * 365.25) * dayMillis),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)
    ]
  })
  return { certificate: `${certificate.toString("pem")}\n`, privateKey: await privatePem(keys.privateKey) }
}

/** An RSA 2048 pair that an authority issued; `serial` in upper-case hex, without leading zeros. */
export const issued = async (options: {
  readonly authority: Pair
  /** The subject's common name, or a distinguished name ("CN=…, O=…"). */
  readonly subject: string
  readonly days: number
  /** An hour ago, where left out. */
  readonly notBefore?: Date
  /** Upper-case hex; by chance where left out. */
  readonly serial?: string
}): Promise<Pair & { readonly serial: string }> => {
  const keys = await generated()
  const notBefore = options.notBefore ?? new Date(Date.now() - leewayMillis)
  const der = PemConverter.decodeFirst(options.authority.privateKey)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: options.serial ?? madeSerial(),
    subject: distinguished(options.subject),
    issuer: new X509Certificate(options.authority.certificate).subject,
    notBefore,
    notAfter: new Date(notBefore.getTime() + options.days * dayMillis),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await subtle.importKey("pkcs8", der, algorithm, false, ["sign"]),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true)
    ]
  })
  const pem = `${certificate.toString("pem")}\n`
  const { serialNumber } = new X509(pem)
  return { certificate: pem, privateKey: await privatePem(keys.privateKey), serial: serialNumber }
}

/** RSA 2048 keys: PKCS#8 and SPKI, PEM. */
export const rsaKeys = async (): Promise<{ readonly privateKey: string; readonly publicKey: string }> => {
  const keys = await generated()
  return {
    privateKey: await privatePem(keys.privateKey),
    publicKey: pemOf(await subtle.exportKey("spki", keys.publicKey), PemConverter.PublicKeyTag)
  }
}
