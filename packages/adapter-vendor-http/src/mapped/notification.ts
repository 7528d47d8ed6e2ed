import type { Incoming, RefusalReason, Reply, Verified } from "@payment-proxy/ports"
import { NotVerified } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Mapped } from "./config.ts"
import { at, fromPayment, isKeepable } from "./evidence.ts"
import { verify } from "./signing.ts"

const received: Reply = { status: 204, contentType: null, body: "" }
const refused: Reply = { status: 401, contentType: null, body: "" }

const replies = { reply: received, refusal: refused }

const refuse = (reason: RefusalReason, detail: string): Either.Either<never, NotVerified> =>
  Either.left(new NotVerified({ reason, detail, reply: refused }))

const parse = Schema.decodeUnknownEither(Schema.parseJson())

/** A notification that was verified, and what it says; one of another merchant, forged, altered or stale is refused. */
export const read = (incoming: Incoming, config: Mapped, nowMillis: number): Either.Either<Verified, NotVerified> => {
  const { secret, payment } = config.notification
  const signed = secret === undefined ? Either.void : verify(secret, incoming, nowMillis)
  if (Either.isLeft(signed)) return refuse(signed.left.reason, signed.left.detail)
  const json = parse(new TextDecoder().decode(incoming.body))
  if (Either.isLeft(json)) return refuse("CONTENT", "The body is not JSON.")
  const stated = at(json.right, payment)
  const number = at(stated, config.payment.number)
  if (typeof number !== "string" || number === "" || !isKeepable(number))
    return refuse("CONTENT", "The body names no order.")
  const subject = { by: "merchantOrderNo", no: number } as const
  if (secret === undefined) return Either.right({ subject, evidence: null, ...replies })
  const evidence = fromPayment(stated, number, config, { source: "notification", asked: null })
  if (Either.isLeft(evidence)) return Either.right({ subject, evidence: null, ...replies })
  return evidence.right.foreign === "MERCHANT_MISMATCH"
    ? refuse("FOREIGN", "It is about another merchant.")
    : Either.right({ subject, evidence: evidence.right, ...replies })
}
