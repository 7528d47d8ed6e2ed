import { type KeyPairKeyObjectResult, sign } from "node:crypto"

/** Just enough DER (X.690) for a throwaway X.509 certificate. */
const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"))
const time = (millis: number) =>
  der(0x17, Buffer.from(`${new Date(millis).toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`))
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"))
const name = sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from("nobody vouches for this")))))
const thisMachine = sequence(
  oid("551d11"),
  der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1])), der(0x82, Buffer.from("localhost"))))
)

/** A certificate for this machine, good for a day, signed by itself, and its key, as PEM texts. */
export const selfSigned = ({ privateKey, publicKey }: KeyPairKeyObjectResult) => {
  const dayMillis = 86_400_000
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(time(Date.now() - dayMillis), time(Date.now() + dayMillis)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(thisMachine))
  )
  const signature = sign("sha256", signed, privateKey)
  const whole = sequence(signed, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature))
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64")}\n-----END CERTIFICATE-----\n`
  }
}
