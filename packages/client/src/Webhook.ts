import { createHmac, timingSafeEqual } from "node:crypto"
import { Event, type Order } from "@payment-proxy/api"
import { Data, Either, Option, Schema } from "effect"

/** An event about an order, a refund, or something that a newer gateway tells of; `id` is the same each time it comes. */
export type WebhookEvent =
  | {
      readonly kind: "order"
      readonly id: string
      readonly type: string
      readonly timestamp: string
      readonly data: Order.Order
    }
  | {
      readonly kind: "refund"
      readonly id: string
      readonly type: string
      readonly timestamp: string
      readonly data: Order.Refund
    }
  | {
      readonly kind: "other"
      readonly id: string
      readonly type: string
      readonly timestamp: string | null
      readonly data: unknown
    }

/** Why a delivery is not taken. */
export type Reason =
  | "SECRET_INVALID"
  | "HEADERS_MISSING"
  | "TIMESTAMP_TOO_OLD"
  | "TIMESTAMP_TOO_NEW"
  | "SIGNATURE_WRONG"
  | "BODY_UNREADABLE"

/** The delivery is not to be trusted, or says nothing; `detail` says why and shows no secret. */
export class WebhookRefused extends Data.TaggedError("WebhookRefused")<{
  readonly code: Reason
  readonly detail: string
}> {
  override get message(): string {
    return `${this.code}: ${this.detail}`
  }
}

/** The headers of a delivery, as Node, `fetch` and most frameworks have them. */
export type WebhookHeaders =
  | { readonly get: (name: string) => string | null }
  | { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** A delivery as it came: `body` is its raw bytes, or the text that they are in UTF-8; never JSON that was written again. */
export interface Delivery {
  /** `whsec_…`, any of which may have signed: the new and the old one while a secret is rotated. */
  readonly secrets: ReadonlyArray<string>
  readonly headers: WebhookHeaders
  readonly body: Uint8Array | string
  /** The time now, in milliseconds since the epoch. */
  readonly nowMillis: number
  /** How old or how far ahead a delivery may be; 5 min, as the standard says, unless given. */
  readonly toleranceMillis?: number | undefined
}

const usualToleranceMillis = 300_000
const maxSignatures = 16

const refused = (code: Reason, detail: string) => Either.left(new WebhookRefused({ code, detail }))

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const keyOf = (secret: string): Either.Either<Uint8Array, WebhookRefused> => {
  const encoded = /^whsec_(.+)$/.exec(secret)?.[1]
  return encoded !== undefined && base64.test(encoded)
    ? Either.right(Buffer.from(encoded, "base64"))
    : refused("SECRET_INVALID", "A secret is not whsec_ and base64: take it as the gateway shows it.")
}

/** A header's only value; where it came twice there is none, as nobody knows which was signed. */
const headerOf = (headers: WebhookHeaders, name: string): string | null => {
  if (typeof headers.get === "function") return headers.get(name)
  const found = Object.entries(headers).flatMap(([key, value]) => (key.toLowerCase() === name ? [value].flat() : []))
  const [only] = found
  return found.length === 1 && typeof only === "string" ? only : null
}

interface Signed {
  readonly id: string
  readonly timestamp: string
  readonly signatures: ReadonlyArray<Buffer>
}

/** The `v1` signatures of a header that may have several, of several versions, as they are written: base64 can be read from more than one text. */
const signaturesOf = (header: string): ReadonlyArray<Buffer> =>
  header
    .split(" ", maxSignatures)
    .flatMap((part) => (part.startsWith("v1,") ? [Buffer.from(part.slice("v1,".length))] : []))

const signedOf = (headers: WebhookHeaders): Either.Either<Signed, WebhookRefused> => {
  const [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    headerOf(headers, name)
  )
  if (!id || !timestamp || !signature || !/^\d{1,12}$/.test(timestamp))
    return refused("HEADERS_MISSING", "webhook-id, webhook-timestamp (seconds) and webhook-signature are needed, once.")
  return Either.right({ id, timestamp, signatures: signaturesOf(signature) })
}

const timely = ({ timestamp }: Signed, nowMillis: number, toleranceMillis: number) => {
  const aheadMillis = Number(timestamp) * 1000 - Math.floor(nowMillis / 1000) * 1000
  if (aheadMillis < -toleranceMillis)
    return refused("TIMESTAMP_TOO_OLD", "It was signed too long ago: it may be replayed, or this clock is ahead.")
  if (aheadMillis > toleranceMillis)
    return refused("TIMESTAMP_TOO_NEW", "It was signed in the future: this clock is behind.")
  return Either.void
}

/** Every key is tried on every signature, so that the time taken tells nothing of which fits. */
const isSigned = (keys: ReadonlyArray<Uint8Array>, { id, timestamp, signatures }: Signed, body: Uint8Array): boolean =>
  keys
    .map((key) => createHmac("sha256", key).update(`${id}.${timestamp}.`, "utf8").update(body).digest("base64"))
    .map((right) => Buffer.from(right))
    .flatMap((right) => signatures.map((given) => given.length === right.length && timingSafeEqual(given, right)))
    .includes(true)

const Envelope = Schema.parseJson(
  Schema.Struct({
    type: Schema.String,
    timestamp: Schema.optional(Schema.Unknown),
    data: Schema.optional(Schema.Unknown)
  })
)
const readEnvelope = Schema.decodeUnknownOption(Envelope)
const readEvent = Schema.decodeUnknownOption(Event.Event, { onExcessProperty: "preserve" })

const isRefund = (data: Order.Order | Order.Refund): data is Order.Refund => "refundNo" in data

/** The event that a text tells of, whose id is given; none where it is no JSON with a type. Unknown fields and types stay as they came. */
export const event = (id: string, text: string): Option.Option<WebhookEvent> =>
  Option.map(readEnvelope(text), (envelope): WebhookEvent => {
    const known = Option.getOrUndefined(readEvent(envelope))
    if (known === undefined) {
      const timestamp = typeof envelope.timestamp === "string" ? envelope.timestamp : null
      return { kind: "other", id, type: envelope.type, timestamp, data: envelope.data ?? null }
    }
    const { type, timestamp, data } = known
    return isRefund(data) ? { kind: "refund", id, type, timestamp, data } : { kind: "order", id, type, timestamp, data }
  })

/**
 * The event of a delivery that one of the secrets has signed within the tolerance (Standard Webhooks 1.0.0), or why it is not
 * to be trusted. What it needs is `node:crypto`; it asks nobody and waits for nothing.
 */
export const verify = (delivery: Delivery): Either.Either<WebhookEvent, WebhookRefused> =>
  Either.gen(function* () {
    const { secrets, headers, body, nowMillis, toleranceMillis = usualToleranceMillis } = delivery
    if (secrets.length === 0) return yield* refused("SECRET_INVALID", "There is no secret: give the endpoint's.")
    const keys = yield* Either.all(secrets.map(keyOf))
    const signed = yield* signedOf(headers)
    yield* timely(signed, nowMillis, toleranceMillis)
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body
    if (!(bytes instanceof Uint8Array))
      return yield* refused("BODY_UNREADABLE", "Give the raw body: bytes or text, before anything has parsed it.")
    if (!isSigned(keys, signed, bytes))
      return yield* refused("SIGNATURE_WRONG", "No secret fits: was the body changed, or is it another endpoint's?")
    const told = event(signed.id, Buffer.from(bytes).toString("utf8"))
    return Option.isSome(told)
      ? told.value
      : yield* refused("BODY_UNREADABLE", "It is signed, and no JSON with a type.")
  })
