import type { Incoming, RefusalReason, Reply, Verified } from "@payment-proxy/ports"
import { NotVerified } from "@payment-proxy/ports"
import { Effect, Either, Redacted, Schema } from "effect"
import type { Account } from "./account.ts"
import * as WechatEvidence from "./evidence.ts"
import type { PlatformKeys } from "./platformKeys.ts"
import * as Seals from "./seals.ts"
import * as Signing from "./signing.ts"

const json = "application/json"

/** What older and newer documents of WeChat Pay both take as received. */
const received: Reply = { status: 200, contentType: json, body: JSON.stringify({ code: "SUCCESS" }) }

const fail = (status: number, message: string): Reply => ({
  status,
  contentType: json,
  body: JSON.stringify({ code: "FAIL", message })
})

const replies = { reply: received, refusal: fail(500, "Not received: send it again.") }

const statuses: { readonly [reason in RefusalReason]?: number } = { CONTENT: 400, FOREIGN: 403, UNAVAILABLE: 503 }

const refusal = (reason: RefusalReason, detail: string): NotVerified =>
  new NotVerified({ reason, detail, reply: fail(statuses[reason] ?? 401, "Refused.") })

const refuse = (reason: RefusalReason, detail: string): Either.Either<never, NotVerified> =>
  Either.left(refusal(reason, detail))

const maxBytes = 64 * 1024

/** WeChat Pay waits 5 seconds for a reply: a key that is not there by then may be there when it asks again. */
const waitMillis = 3000

const Envelope = Schema.parseJson(
  Schema.Struct({
    event_type: Schema.String,
    resource: Schema.Struct({
      algorithm: Schema.String,
      original_type: Schema.optional(Schema.NullOr(Schema.String)),
      ciphertext: Schema.String,
      nonce: Schema.String,
      associated_data: Schema.optional(Schema.NullOr(Schema.String))
    })
  })
)
const decodeEnvelope = Schema.decodeUnknownEither(Envelope)
const decodeTransaction = Schema.decodeUnknownEither(Schema.parseJson(WechatEvidence.Transaction))
const decodeRefund = Schema.decodeUnknownEither(Schema.parseJson(WechatEvidence.NotifiedRefund))

const subjectOf = (no: string) => ({ by: "merchantOrderNo", no }) as const

const unlike =
  (what: string): (() => NotVerified) =>
  () =>
    refusal("CONTENT", `What it seals is no ${what} of the form that WeChat Pay documents.`)

const transaction = (text: string, account: Account): Either.Either<Verified, NotVerified> =>
  Either.gen(function* () {
    const stated = yield* Either.mapLeft(decodeTransaction(text), unlike("transaction"))
    const no = stated.out_trade_no
    if (no === "") return yield* refuse("CONTENT", "It names no order.")
    if (stated.mchid !== account.mchid) return yield* refuse("FOREIGN", "It is about another merchant.")
    if (!account.isOurs(stated.appid)) return yield* refuse("FOREIGN", "It is about an app that is not configured.")
    const said = { source: "notification", asked: null } as const
    const evidence = Either.getOrNull(WechatEvidence.fromTransaction(stated, no, account, said))
    return { subject: subjectOf(no), evidence, ...replies }
  })

const refund = (text: string, account: Account): Either.Either<Verified, NotVerified> =>
  Either.gen(function* () {
    const stated = yield* Either.mapLeft(decodeRefund(text), unlike("refund"))
    const no = stated.out_trade_no
    if (no === "") return yield* refuse("CONTENT", "It names no order.")
    if (stated.mchid !== account.mchid) return yield* refuse("FOREIGN", "It is about another merchant.")
    return { subject: subjectOf(no), evidence: WechatEvidence.fromNotifiedRefund(stated), ...replies }
  })

/** Reads what was verified. */
const content = (body: Uint8Array, account: Account): Either.Either<Verified, NotVerified> =>
  Either.gen(function* () {
    const text = yield* Either.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(body),
      catch: () => refusal("CONTENT", "The body is not UTF-8.")
    })
    const { event_type, resource } = yield* Either.mapLeft(decodeEnvelope(text), () =>
      refusal("CONTENT", "The body is no notification of the form that WeChat Pay documents.")
    )
    const plain = yield* Either.mapLeft(Signing.open(resource, Redacted.value(account.apiV3Key)), (detail) =>
      refusal("CONTENT", detail)
    )
    if (event_type.startsWith("TRANSACTION.")) return yield* transaction(plain, account)
    if (event_type.startsWith("REFUND.")) return yield* refund(plain, account)
    return yield* refuse("CONTENT", "It is of an event that is not about payments or refunds.")
  })

const isJson = ({ headers }: Incoming): boolean => {
  const type = headers["content-type"]
  return type === undefined || /^application\/json\s*(?:;|$)/i.test(type)
}

/** A notification that was verified and decrypted, and what it says; one that is not WeChat Pay's or not ours is refused. */
export const read = (
  incoming: Incoming,
  account: Account,
  keys: PlatformKeys
): Effect.Effect<Verified, NotVerified> => {
  if (incoming.body.byteLength > maxBytes) return refuse("CONTENT", `The body is larger than ${maxBytes} bytes.`)
  if (!isJson(incoming)) return refuse("CONTENT", "The body is not said to be JSON.")
  return Effect.flatMap(
    Effect.mapError(Seals.verify(incoming.headers, incoming.body, keys, waitMillis), ({ reason, detail }) =>
      refusal(reason, detail)
    ),
    () => content(incoming.body, account)
  )
}
