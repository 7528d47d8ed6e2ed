// First, since the library looks for it as it is loaded.
import "../Metadata.ts"
import { randomInt, webcrypto, X509Certificate as X509 } from "node:crypto"
import { BasicConstraintsExtension, X509CertificateGenerator } from "@peculiar/x509"
import * as Certificates from "../Certificates.ts"
import type { Kit } from "../Kit.ts"
import * as Signing from "./Signing.ts"

interface Kept {
  readonly appId: string
  readonly sellerId: string
  readonly buyerId: string
  readonly buyerOpenId: string
  readonly appPrivateKey: string
  readonly appCertificate: string
  readonly alipayPrivateKey: string
  readonly alipayCertificate: string
  readonly rootCertificates: string
  /** The key of one who is not the vendor. */
  readonly forgersKey: string
}

/** Numbers, keys and certificates of the app, its merchant, a buyer, and the vendor; PEM. */
export interface Keys extends Kept {
  readonly appPublicKey: string
  readonly alipayPublicKey: string
  readonly appCertSn: string
  readonly alipayCertSn: string
  readonly rootCertSn: string
}

const digits = (count: number): string => Array.from({ length: count }, () => randomInt(10)).join("")

const nameOf = (common: string): string => `C=CN, O=Sandbox Alipay Authority, OU=Sandbox Certification, CN=${common}`

/** A root of the elliptic-curve kind, as the vendor's root file has, too. */
const ellipticRoot = async (): Promise<string> => {
  const curve = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
  const keys = (await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair
  const now = Date.now()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `4D${digits(16)}`,
    name: nameOf("Sandbox Alipay Root E1"),
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + 30 * 365 * 86_400_000),
    signingAlgorithm: curve,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)]
  })
  return `${certificate.toString("pem")}\n`
}

const made = async (): Promise<string> => {
  const appId = `2021${digits(12)}`
  const years = 30
  const days = 5 * 365
  const authority = await Certificates.authority({ name: nameOf("Sandbox Alipay Root R1"), years })
  const second = await Certificates.authority({ name: nameOf("Sandbox Alipay Root R2"), years })
  const subject = (common: string) => `C=CN, O=Sandbox Shop, OU=Sandbox, CN=${common}`
  const app = await Certificates.issued({ authority, subject: subject(`app-${appId}`), days })
  const alipay = await Certificates.issued({ authority, subject: subject("alipay"), days })
  const kept: Kept = {
    appId,
    sellerId: `2088${digits(12)}`,
    buyerId: `2088${digits(12)}`,
    buyerOpenId: `0${digits(20)}sandbox`,
    appPrivateKey: app.privateKey,
    appCertificate: app.certificate,
    alipayPrivateKey: alipay.privateKey,
    alipayCertificate: alipay.certificate,
    rootCertificates: `${authority.certificate}${await ellipticRoot()}${second.certificate}`,
    forgersKey: (await Certificates.rsaKeys()).privateKey
  }
  return JSON.stringify(kept)
}

const publicKeyOf = (certificate: string): string =>
  new X509(certificate).publicKey.export({ type: "spki", format: "pem" }).toString()

/** The keys that a vendor has; they are made once. */
export const open = async (kit: Kit): Promise<Keys> => {
  const kept = JSON.parse(await kit.kept("keys.json", made)) as Kept
  return {
    ...kept,
    appPublicKey: publicKeyOf(kept.appCertificate),
    alipayPublicKey: publicKeyOf(kept.alipayCertificate),
    appCertSn: Signing.serialOf(kept.appCertificate),
    alipayCertSn: Signing.serialOf(kept.alipayCertificate),
    rootCertSn: Signing.rootSerialOf(kept.rootCertificates)
  }
}
