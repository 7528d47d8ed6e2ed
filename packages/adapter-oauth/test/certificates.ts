import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"

/** Just enough DER (X.690) for throwaway X.509 certificates. */
const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(parts)
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"))
const time = (at: Date) => der(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`))
const nameOf = (commonName: string) => sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(commonName)))))
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"))
const yes = Buffer.from([0x01, 0x01, 0xff])

const extension = (id: string, isCritical: boolean, value: Uint8Array) =>
  sequence(oid(id), ...(isCritical ? [yes] : []), der(0x04, value))
const authority = extension("551d13", true, sequence(yes))
/** 127.0.0.1 and localhost. */
const thisMachine = extension(
  "551d11",
  false,
  sequence(der(0x87, Buffer.from([127, 0, 0, 1])), der(0x82, Buffer.from("localhost")))
)

/** A throwaway certificate and its key, as PEM texts. */
export interface Certificate {
  readonly commonName: string
  readonly cert: string
  readonly key: string
  readonly privateKey: KeyObject
}

const pem = (label: string, bytes: Buffer) =>
  `-----BEGIN ${label}-----\n${bytes
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n")}\n-----END ${label}-----\n`

/** A P-256 certificate for this machine, good for a day, signed by `issuer` or by itself; without an issuer it is a CA's, too. */
export const certificate = (commonName: string, issuer?: Certificate): Certificate => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const day = 86_400_000
  const now = Date.now()
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(issuer?.commonName ?? commonName),
    sequence(time(new Date(now - day)), time(new Date(now + day))),
    nameOf(commonName),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...(issuer === undefined ? [authority] : []), thisMachine))
  )
  const signature = sign("sha256", signed, issuer?.privateKey ?? privateKey)
  const whole = sequence(signed, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature))
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  return { commonName, cert: pem("CERTIFICATE", whole), key, privateKey }
}

const bytesOf = (cert: string) => Buffer.from(cert.replace(/-----[A-Z ]+-----|\s/g, ""), "base64")

/** The certificate as a key of a client's JWK set (RFC 8705 §2.2.2). */
export const jwkOf = ({ cert, privateKey }: Certificate): object => {
  const { kty, crv, x, y } = privateKey.export({ format: "jwk" })
  const x5t = createHash("sha256").update(bytesOf(cert)).digest("base64url")
  return { kty, crv, x, y, use: "sig", x5c: [bytesOf(cert).toString("base64")], "x5t#S256": x5t }
}
