import { createHash, sign as signed, verify, X509Certificate } from "node:crypto"

/** Named values, as a form has them. */
export type Values = Iterable<readonly [string, string]>

/** The text that is signed: `k=v` by name with `&` between; without `sign`, without what is empty, and without the names that are left out. */
export const textOf = (values: Values, without: ReadonlyArray<string> = []): string =>
  [...values]
    .filter(([name, value]) => name !== "sign" && value !== "" && !without.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

/** RSASSA-PKCS1-v1_5 over SHA-256, in base64; the key is PEM. */
export const sign = (text: string, privateKey: string): string =>
  signed("sha256", Buffer.from(text), privateKey).toString("base64")

/** Whether a signature in base64 is that of the text. */
export const isSigned = (text: string, signature: string, publicKey: string): boolean => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return false
  return verify("sha256", Buffer.from(text), publicKey, Buffer.from(signature, "base64"))
}

/** A certificate's SN: the MD5 of its issuer's attributes, the last first, and its serial in decimal. */
export const serialOf = (certificate: string): string => {
  const { issuer, serialNumber } = new X509Certificate(certificate)
  const text = `${issuer.split("\n").reverse().join(",")}${BigInt(`0x${serialNumber}`)}`
  return createHash("md5").update(text).digest("hex")
}

/** The SN of a root file: those of its RSA certificates, with `_` between. */
export const rootSerialOf = (certificates: string): string =>
  (certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
    .filter((pem) => new X509Certificate(pem).signatureAlgorithmOid.startsWith("1.2.840.113549.1.1"))
    .map(serialOf)
    .join("_")
