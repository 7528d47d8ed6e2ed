import { createHash, createPublicKey, createSign, createVerify } from "node:crypto"
import { crc32 } from "node:zlib"
import * as Certificates from "../Certificates.ts"
import type { Kit } from "../Kit.ts"

/** The common name of the certificate that events are signed with. */
export const subject = "messageverificationcerts.sandbox.paypal.com"

/** The path that certificates are served below. */
export const certificatePath = "/v1/notifications/certs/"

/** A certificate that events can be signed with, under the id that it is served by. */
export interface Signer {
  readonly id: string
  readonly certificate: string
  readonly privateKey: string
}

/** The signers: the right one, one whose time is over, and one that issued itself under the right name. */
export interface Signers {
  readonly authority: string
  readonly good: Signer
  readonly expired: Signer
  readonly rogue: Signer
}

const signerOf = ({ certificate, privateKey }: Certificates.Pair): Signer => {
  const hex = createHash("sha256").update(certificate).digest("hex")
  return { id: `CERT-${hex.slice(0, 8)}-${hex.slice(8, 16)}-${hex.slice(16, 24)}`, certificate, privateKey }
}

const made = async (): Promise<Signers> => {
  const authority = await Certificates.authority({ name: "CN=Sandbox Message Authority, O=PayPal Sandbox", years: 30 })
  const name = `CN=${subject}, O=PayPal Sandbox`
  const [good, expired, rogue] = await Promise.all([
    Certificates.issued({ authority, subject: name, days: 3650 }),
    Certificates.issued({ authority, subject: name, days: 365, notBefore: new Date("2020-01-01T00:00:00Z") }),
    Certificates.authority({ name, years: 10 })
  ])
  return {
    authority: authority.certificate,
    good: signerOf(good),
    expired: signerOf(expired),
    rogue: signerOf(rogue)
  }
}

/** The signers of this sandbox, made once. */
export const signers = async (kit: Kit): Promise<Signers> =>
  JSON.parse(await kit.kept("signers.json", async () => JSON.stringify(await made())))

/** The text that is signed: transmission id, its time, the listener's id, and the CRC-32 of the body's bytes as an unsigned decimal. */
export const signedText = (id: string, time: string, webhookId: string, body: string | Buffer): string =>
  `${id}|${time}|${webhookId}|${crc32(body)}`

/** The signature (RSA PKCS#1 v1.5 with SHA-256, base64) of a text. */
export const signature = (text: string, privateKey: string): string =>
  createSign("RSA-SHA256").update(text).sign(privateKey, "base64")

/** Whether a signature of a text is that of the certificate's key. */
export const isSigned = (text: string, signed: string, certificate: string): boolean =>
  createVerify("RSA-SHA256").update(text).verify(createPublicKey(certificate), signed, "base64")
