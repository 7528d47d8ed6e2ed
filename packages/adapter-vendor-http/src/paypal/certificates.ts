import type { KeyObject, X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"
import { Cache, Clock, Duration, Effect, Either, Option } from "effect"
import type { Send } from "../Http.ts"
import { certificatesOf, type PayPal, readCertificates } from "./config.ts"
import { type Fault, fault } from "./signing.ts"

/** A signer whom an authority vouches for, through all of the chain's certificates, within these times. */
export interface Signer {
  readonly key: KeyObject
  readonly fromMillis: number
  readonly untilMillis: number
}

const path = "/v1/notifications/certs/"

/** Where a certificate may be fetched from, as text: no reader of addresses can see another host or path in it. */
export const placeOf = (
  url: string,
  origins: ReadonlyArray<string>
): { readonly origin: string; readonly path: string } | null => {
  const origin = origins.find((own) => url.startsWith(`${own}${path}`))
  const name = origin === undefined ? "" : url.slice(origin.length + path.length)
  return origin !== undefined && /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(name)
    ? { origin, path: `${path}${name}` }
    : null
}

const maxDepth = 6
const maxCertificates = 8
const minBits = 2048

const isIssuedBy = (child: X509Certificate, parent: X509Certificate): boolean =>
  parent.ca && child.checkIssued(parent) && child.verify(parent.publicKey)

/** The certificates from one up to a root, without that one itself; null where no root vouches for it. */
const chainOf = (
  child: X509Certificate,
  others: ReadonlyArray<X509Certificate>,
  roots: ReadonlyArray<X509Certificate>,
  depth: number
): ReadonlyArray<X509Certificate> | null => {
  const root = roots.find((candidate) => isIssuedBy(child, candidate))
  if (root !== undefined) return [root]
  if (depth === 0) return null
  for (const parent of others) {
    const rest = isIssuedBy(child, parent)
      ? chainOf(
          parent,
          others.filter((other) => other !== parent),
          roots,
          depth - 1
        )
      : null
    if (rest !== null) return [parent, ...rest]
  }
  return null
}

/**
 * The signer in a file that holds its certificate first, and those between it and a root behind it; a left where no root
 * vouches for it, or it is not of `subject`. Times are told, not judged.
 */
export const signerOf = (
  pem: string,
  subject: string,
  roots: ReadonlyArray<X509Certificate>
): Either.Either<Signer, Fault> => {
  const read = readCertificates(pem)
  if (Either.isLeft(read) || read.right.length > maxCertificates)
    return fault("CERTIFICATE", "The signer's certificate cannot be read.")
  const [leaf, ...others] = read.right
  if (leaf === undefined || leaf.toLegacyObject().subject["CN"] !== subject)
    return fault("CERTIFICATE", "The signer's certificate has another subject.")
  const chain = Either.try(() => chainOf(leaf, others, roots, maxDepth))
  if (Either.isLeft(chain) || chain.right === null)
    return fault("CERTIFICATE", "No trusted authority vouches for the signer's certificate.")
  const key = leaf.publicKey
  if (key.asymmetricKeyType !== "rsa" || (key.asymmetricKeyDetails?.modulusLength ?? 0) < minBits)
    return fault("CERTIFICATE", `The signer's key is not RSA of at least ${minBits} bits.`)
  const all = [leaf, ...chain.right]
  return Either.right({
    key,
    fromMillis: Math.max(...all.map(({ validFrom }) => Date.parse(validFrom))),
    untilMillis: Math.min(...all.map(({ validTo }) => Date.parse(validTo)))
  })
}

const rootsOf = (authorities: string | null): ReadonlyArray<X509Certificate> =>
  (authorities === null ? rootCertificates : [authorities]).flatMap((pem) =>
    Either.getOrElse(readCertificates(pem), () => [])
  )

const fetchMillis = 5000
const maxBytes = 32_768
const maxFetches = 4
/** Of how many addresses one is being fetched, or waits for it; of a further one it may come again. */
const maxWaiting = 16
const maxKept = 16

const unavailable = fault("UNAVAILABLE", "The signer's certificate cannot be fetched now.")

const isValid = ({ fromMillis, untilMillis }: Signer, nowMillis: number): boolean =>
  nowMillis >= fromMillis && nowMillis <= untilMillis

/** Finds the signers of notifications: fetched from PayPal's hosts alone, once at a time each, a bounded number at all, and kept for a day. */
export const make = (config: PayPal, send: Send) =>
  Effect.gen(function* () {
    const { origins, subject, authorities } = certificatesOf(config)
    const roots = yield* Effect.cached(Effect.sync(() => rootsOf(authorities)))
    const places = yield* Effect.makeSemaphore(maxFetches)
    const waiting = yield* Effect.makeSemaphore(maxWaiting)

    const fetched = (url: string): Effect.Effect<string, Fault> => {
      const place = placeOf(url, origins)
      if (place === null) return fault("KEY", "The certificate's address is not PayPal's.")
      const headers = ["accept", "*/*"]
      const limit = { millis: fetchMillis, untilMillis: Number.POSITIVE_INFINITY }
      return send({ ...place, method: "GET", headers, body: null }, limit).pipe(
        places.withPermits(1),
        Effect.matchEffect({
          onFailure: () => unavailable,
          onSuccess: ({ status, text }) =>
            status === 200 && text.length <= maxBytes ? Effect.succeed(text) : unavailable
        })
      )
    }

    // Apart from what is being fetched: whatever strangers name, what is known stays.
    const known = yield* Cache.make<string, Signer, Fault>({
      capacity: maxKept,
      lookup: () => unavailable,
      timeToLive: Duration.days(1)
    })
    const fetches = yield* Cache.make({
      capacity: 2 * maxWaiting,
      // Whoever asked first may leave: others wait for the same file.
      lookup: (url: string) =>
        Effect.flatMap(fetched(url), (pem) => Effect.flatMap(roots, (trusted) => signerOf(pem, subject, trusted))).pipe(
          Effect.tap((signer) => known.set(url, signer)),
          waiting.withPermitsIfAvailable(1),
          Effect.flatMap(Option.match({ onNone: () => unavailable, onSome: Either.right })),
          Effect.uninterruptible
        ),
      timeToLive: Duration.zero
    })
    const fetchedOnce = (url: string) => {
      const isOver = () => fetches.invalidate(url)
      return Effect.tapBoth(fetches.get(url), { onFailure: isOver, onSuccess: isOver })
    }

    /** The signer at an address, if its certificate is PayPal's and holds now; a file that has run out is fetched anew. */
    return (url: string): Effect.Effect<Signer, Fault> =>
      Effect.gen(function* () {
        if (placeOf(url, origins) === null) return yield* fault("KEY", "The certificate's address is not PayPal's.")
        const nowMillis = yield* Clock.currentTimeMillis
        const kept = Option.filter(yield* known.getOptionComplete(url), (signer) => isValid(signer, nowMillis))
        const signer = Option.isSome(kept) ? kept.value : yield* fetchedOnce(url)
        return isValid(signer, nowMillis)
          ? signer
          : yield* fault("CERTIFICATE", "The signer's certificate has expired or is not yet valid.")
      })
  })
