import { createPrivateKey, type KeyObject } from "node:crypto"
import { Either } from "effect"

/** What an assertion is signed with: RFC 7518 §3.1, RFC 8037 §3.1, and RFC 9864's name for the same. */
export const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519"
] as const
export type Algorithm = (typeof algorithms)[number]

/** A key that signs, by what, and how the server finds it. */
export interface Signing {
  readonly key: ReturnType<KeyObject["toCryptoKey"]>
  readonly alg: Algorithm
  readonly kid: string | undefined
}

/** A key as it is configured: a PEM or a JWK; `alg` and `kid` go before what a JWK says. */
export interface Given {
  readonly text: string
  readonly alg: Algorithm | undefined
  readonly kid: string | undefined
}

const leastRsaBits = 2048
const curves: { readonly [name: string]: readonly [alg: Algorithm, curve: string] | undefined } = {
  prime256v1: ["ES256", "P-256"],
  secp384r1: ["ES384", "P-384"],
  secp521r1: ["ES512", "P-521"]
}

type Scheme = Parameters<KeyObject["toCryptoKey"]>[0]

/** What a key can sign by, the usual one first, and the scheme of each. */
const abilities = (key: KeyObject): ReadonlyArray<readonly [alg: Algorithm, scheme: Scheme]> => {
  if (key.asymmetricKeyType === "ed25519")
    return (["EdDSA", "Ed25519"] as const).map((alg) => [alg, { name: "Ed25519" }])
  if (key.asymmetricKeyType === "ec") {
    const [alg, namedCurve] = curves[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? []
    return alg === undefined || namedCurve === undefined ? [] : [[alg, { name: "ECDSA", namedCurve }]]
  }
  if (key.asymmetricKeyType !== "rsa") return []
  const sizes = ["256", "384", "512"] as const
  return [
    ...sizes.map((bits) => [`RS${bits}`, { name: "RSASSA-PKCS1-v1_5", hash: `SHA-${bits}` }] as const),
    ...sizes.map((bits) => [`PS${bits}`, { name: "RSA-PSS", hash: `SHA-${bits}` }] as const)
  ]
}

interface Jwk {
  readonly alg?: unknown
  readonly kid?: unknown
}

const parsed = (text: string): { readonly key: KeyObject; readonly jwk: Jwk } => {
  if (!text.trimStart().startsWith("{")) return { key: createPrivateKey(text), jwk: {} }
  const jwk = JSON.parse(text)
  return { key: createPrivateKey({ key: jwk, format: "jwk" }), jwk }
}

const isSmall = (key: KeyObject): boolean =>
  key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) < leastRsaBits

/** The key of a text, ready to sign; or what is wrong with it, in words that hold nothing of it. */
export const read = ({ text, alg, kid }: Given): Either.Either<Signing, string> =>
  Either.gen(function* () {
    const { key, jwk } = yield* Either.try({
      try: () => parsed(text),
      catch: () => "This is no private key: a PEM (PKCS #8, without a passphrase) or a JWK."
    })
    if (isSmall(key)) return yield* Either.left(`This RSA key has less than ${leastRsaBits} bits.`)
    const able = abilities(key)
    if (able.length === 0) return yield* Either.left("This key is none of RSA, P-256, P-384, P-521 and Ed25519.")
    const wanted = alg ?? jwk.alg ?? able[0]?.[0]
    const [found, scheme] = able.find(([name]) => name === wanted) ?? []
    if (found === undefined || scheme === undefined)
      return yield* Either.left(`This key does not sign so, but by ${able.map(([name]) => name).join(", ")}.`)
    return {
      key: key.toCryptoKey(scheme, false, ["sign"]),
      alg: found,
      kid: kid ?? (typeof jwk.kid === "string" ? jwk.kid : undefined)
    }
  })
