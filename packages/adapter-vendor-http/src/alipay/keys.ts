import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { Either, Redacted } from "effect"
import type { Fault } from "../Vendor.ts"
import * as Certificates from "./certificates.ts"
import type { AlipayConfig } from "./config.ts"

/** What certificate mode adds: the numbers that go into requests, and the one that answers come with. */
export interface Numbers {
  readonly appSn: string
  readonly rootSn: string
  readonly alipaySn: string
  /** While Alipay's certificate holds, in milliseconds since the epoch. */
  readonly fromMillis: number
  readonly untilMillis: number
}

/** What we sign with and what Alipay's signatures are verified with; `numbers` in certificate mode alone. */
export interface Keys {
  readonly own: KeyObject
  readonly alipay: KeyObject
  readonly numbers: Numbers | null
}

type Checked<A> = Either.Either<A, ReadonlyArray<Fault>>

const fault = (at: string, detail: string): Either.Either<never, ReadonlyArray<Fault>> => Either.left([{ at, detail }])

const minBits = 2048

/** A text is PEM, or the base64 of one of two forms of DER. */
const keyOf = <T extends "pkcs8" | "spki">(
  text: string,
  type: T,
  make: (key: { key: Buffer; format: "der"; type: T | "pkcs1" } | string) => KeyObject
): Either.Either<KeyObject, unknown> => {
  if (text.includes("-----BEGIN")) return Either.try(() => make(text))
  const key = Buffer.from(text.replace(/\s/g, ""), "base64")
  return Either.orElse(
    Either.try(() => make({ key, format: "der", type })),
    () => Either.try(() => make({ key, format: "der", type: "pkcs1" }))
  )
}

const strong = (at: string, key: KeyObject): Checked<KeyObject> => {
  if (key.asymmetricKeyType !== "rsa") return fault(at, "This is not an RSA key: RSA2 takes no other.")
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= minBits
    ? Either.right(key)
    : fault(at, `This RSA key has fewer than ${minBits} bits: make a new one and upload its public part.`)
}

const ownKey = ({ privateKey }: AlipayConfig): Checked<KeyObject> =>
  Either.match(keyOf(Redacted.value(privateKey), "pkcs8", createPrivateKey), {
    onLeft: () =>
      fault(
        "/privateKey",
        "This is not a private key without a passphrase: put the app's private key here, as PEM or as its base64, of PKCS#8 or PKCS#1."
      ),
    onRight: (key) => strong("/privateKey", key)
  })

const spkiOf = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString()

const publicKey = (text: string, own: Checked<KeyObject>): Checked<KeyObject> => {
  const wrong = "This is not a public key: copy Alipay's public key from the app's page of the open platform."
  if (/-----BEGIN (?!(?:RSA )?PUBLIC KEY-----)/.test(text)) return fault("/publicKey", wrong)
  const key = keyOf(text, "spki", createPublicKey)
  if (Either.isLeft(key)) return fault("/publicKey", wrong)
  return Either.isRight(own) && spkiOf(createPublicKey(own.right)) === spkiOf(key.right)
    ? fault("/publicKey", "This is the app's own public key: copy Alipay's, which stands beside it.")
    : strong("/publicKey", key.right)
}

const whole = "This cannot be read: look whether each of its PEM texts is whole."

const certified = (
  { app, alipay, root }: NonNullable<AlipayConfig["certificates"]>,
  own: Checked<KeyObject>
): Checked<Omit<Keys, "own">> => {
  const read = {
    app: Certificates.parse(app),
    alipay: Certificates.parse(alipay),
    root: Certificates.parse(root)
  }
  const unread = (["app", "alipay", "root"] as const).flatMap((name) =>
    Either.isLeft(read[name]) ? [{ at: `/certificates/${name}`, detail: whole }] : []
  )
  if (Either.isLeft(read.app) || Either.isLeft(read.alipay) || Either.isLeft(read.root)) return Either.left(unread)
  const [ours] = read.app.right
  const [theirs] = read.alipay.right
  const rootSn = Certificates.rootSnOf(read.root.right)
  const faults: Array<Fault> = []
  if (Either.isRight(own) && !ours.checkPrivateKey(own.right))
    faults.push({
      at: "/certificates/app",
      detail: "This is not the certificate of privateKey: use the key that the certificate was asked for with."
    })
  if (rootSn === "")
    faults.push({ at: "/certificates/root", detail: "There is no RSA certificate in it: use alipayRootCert.crt." })
  else if (!Certificates.endsIn(read.alipay.right, read.root.right))
    faults.push({
      at: "/certificates/alipay",
      detail: "None of certificates.root issued it: use the files of one download, of the same environment."
    })
  const numbers: Numbers = {
    appSn: Certificates.snOf(ours),
    rootSn,
    alipaySn: Certificates.snOf(theirs),
    fromMillis: theirs.validFromDate.getTime(),
    untilMillis: theirs.validToDate.getTime()
  }
  const key = Either.match(
    Either.try(() => theirs.publicKey),
    {
      onLeft: () => fault("/certificates/alipay", "Its key cannot be read: use alipayCertPublicKey_RSA2.crt."),
      onRight: (found) => strong("/certificates/alipay", found)
    }
  )
  if (Either.isLeft(key) || faults.length > 0) return Either.left([...faults, ...(Either.isLeft(key) ? key.left : [])])
  return Either.right({ alipay: key.right, numbers })
}

const verifying = (config: AlipayConfig, own: Checked<KeyObject>): Checked<Omit<Keys, "own">> => {
  const { publicKey: text, certificates } = config
  if (text !== undefined && certificates !== undefined)
    return fault("/certificates", "An app is in one mode: give publicKey or certificates, not both.")
  if (certificates !== undefined) return certified(certificates, own)
  return text === undefined
    ? fault("/publicKey", "Nothing proves who Alipay is: give its publicKey, or the three certificates.")
    : Either.map(publicKey(text, own), (alipay) => ({ alipay, numbers: null }))
}

/** The keys of a configuration; or all that is wrong with them. */
export const of = (config: AlipayConfig): Checked<Keys> => {
  const own = ownKey(config)
  const theirs = verifying(config, own)
  if (Either.isRight(own) && Either.isRight(theirs)) return Either.right({ own: own.right, ...theirs.right })
  return Either.left([...(Either.isLeft(own) ? own.left : []), ...(Either.isLeft(theirs) ? theirs.left : [])])
}

/** Which certificates do not hold now. */
export const expired = ({ certificates }: AlipayConfig, nowMillis: number): ReadonlyArray<Fault> =>
  certificates === undefined
    ? []
    : (["app", "alipay"] as const).flatMap((name) => {
        const all = Either.getOrElse(Certificates.parse(certificates[name]), () => [])
        const at = `/certificates/${name}`
        if (all.some(({ validToDate }) => validToDate.getTime() <= nowMillis))
          return [{ at, detail: "It has expired: fetch the new one from the open platform." }]
        return all.some(({ validFromDate }) => validFromDate.getTime() > nowMillis)
          ? [{ at, detail: "It is not yet valid: look whether the clock is right." }]
          : []
      })
