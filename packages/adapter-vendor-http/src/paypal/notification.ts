import { Evidence, type Money } from "@payment-proxy/domain"
import type { Incoming, Reply, Subject, Verified } from "@payment-proxy/ports"
import { NotVerified } from "@payment-proxy/ports"
import { Effect, Either, Option, Schema } from "effect"
import * as Amounts from "./amounts.ts"
import * as Answers from "./answers.ts"
import type { Signer } from "./certificates.ts"
import { type Desk, sent } from "./operations.ts"
import * as Requests from "./requests.ts"
import { type Fault, fault, transmissionOf, verify } from "./signing.ts"
import { aboutOf, disputed, disputeOf, ofPayment, payeesOf } from "./subjects.ts"
import { Event } from "./wire.ts"

const of = (status: number): Reply => ({ status, contentType: null, body: "" })

/** PayPal takes any 2xx as received, and sends again after everything else. */
const replies = { reply: of(200), refusal: of(503) }

const refusals: { readonly [reason in Fault["reason"]]?: number } = { CONTENT: 400, FOREIGN: 400, UNAVAILABLE: 503 }

const refuse = ({ reason, detail }: Fault): NotVerified =>
  new NotVerified({ reason, detail, reply: of(refusals[reason] ?? 401) })

const maxBytes = 65_536

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The body as JSON; a left where it is too large, of another type, or none. */
const contentOf = ({ headers, body }: Incoming): Either.Either<unknown, Fault> => {
  if (body.length > maxBytes) return fault("CONTENT", `The body is larger than ${maxBytes} bytes.`)
  const type = headers["content-type"]
  if (type !== undefined && !/^application\/json\s*(?:;|$)/i.test(type))
    return fault("CONTENT", "The body is said to be something else than JSON.")
  return Either.mapLeft(
    Either.try((): unknown => JSON.parse(utf8.decode(body))),
    () => ({ reason: "CONTENT" as const, detail: "The body is not JSON." })
  )
}

const eventOf = Schema.decodeUnknownEither(Event)

/** The event types that the reference names (§4f); the vendor may send others. */
const knownTypes = new Set([
  "CHECKOUT.ORDER.APPROVED",
  "CHECKOUT.ORDER.COMPLETED",
  "PAYMENT.CAPTURE.COMPLETED",
  "PAYMENT.CAPTURE.PENDING",
  "PAYMENT.CAPTURE.DENIED",
  "PAYMENT.CAPTURE.DECLINED",
  "PAYMENT.CAPTURE.REFUNDED",
  "PAYMENT.CAPTURE.REVERSED",
  "PAYMENT.AUTHORIZATION.CREATED",
  "PAYMENT.AUTHORIZATION.VOIDED",
  "CUSTOMER.DISPUTE.CREATED",
  "CUSTOMER.DISPUTE.UPDATED",
  "CUSTOMER.DISPUTE.RESOLVED"
])

/** What operators have to hear of: money that was taken back or is disputed, and what nobody documented. */
const alarmOf = ({ event_type: type = "" }: Event): string | null => {
  if (type.startsWith("CUSTOMER.DISPUTE.")) return "alarm DISPUTED"
  if (type === "PAYMENT.CAPTURE.REVERSED") return "alarm CAPTURE_REVERSED"
  return knownTypes.has(type) ? null : "alarm UNKNOWN_EVENT"
}

const wordOf = (type: string | undefined): string | null =>
  /^[A-Z0-9._-]{1,64}$/.test(type ?? "") ? (type ?? null) : null

/** Where nothing says which order it is: kept under the event's own number, which is no order's, and looked for in vain. */
const unnamed = ({ id }: Event): Subject => ({ by: "transactionNo", no: `event:${id}` })

interface Found {
  readonly subject: Subject
  /** What was captured, where it had to be asked for. */
  readonly captured: Money.Money | null
}

const noAnswer: Fault = {
  reason: "UNAVAILABLE",
  detail: "Which order it is about has to be asked for, and cannot be now."
}

/** The order of a capture, as PayPal says when asked. */
const askedFor = (desk: Desk, event: Event, captureId: string): Effect.Effect<Found, Fault> => {
  const limit = { millis: desk.config.limits.queryMillis, untilMillis: Number.POSITIVE_INFINITY }
  return sent(desk, Requests.captureById(desk.config, captureId), limit, "notification", "").pipe(
    Effect.mapError(() => noAnswer),
    Effect.flatMap((answer): Either.Either<Found, Fault> => {
      if (!Answers.isSuccess(answer))
        return Answers.refused(answer).meaning === "missing"
          ? Either.right({ subject: unnamed(event), captured: null })
          : Either.left(noAnswer)
      const capture = Answers.capture(answer)
      if (Either.isLeft(capture)) return Either.left(noAnswer)
      const about = ofPayment(capture.right)
      const { amount } = capture.right
      return Either.right({
        subject: about.by === "name" ? about.subject : unnamed(event),
        captured: amount === undefined ? null : Either.getOrElse(Amounts.read(amount), () => null)
      })
    })
  )
}

const found = (desk: Desk, event: Event): Effect.Effect<Found, Fault> => {
  const about = aboutOf(event)
  switch (about.by) {
    case "name":
      return Effect.succeed({ subject: about.subject, captured: null })
    case "capture":
      return askedFor(desk, event, about.id)
    case "nothing":
      return Effect.succeed({ subject: unnamed(event), captured: null })
  }
}

/** A dispute is evidence: no read of the order shows it. Everything else is a reason to read the order. */
const evidenceOf = (event: Event, { captured }: Found): Evidence.Evidence | null => {
  const dispute = Option.getOrNull(disputeOf(event))
  const stands = dispute === null ? null : disputed(dispute)
  if (stands === null || (captured !== null && captured.currency !== stands.amount.currency)) return null
  const { disputeNo, amount, state } = stands
  return Evidence.make("disputed", "notification", { disputeNo, disputedMinor: amount.amountMinor, state })
}

const warned = (desk: Desk, event: Event, { subject }: Found): Effect.Effect<void> => {
  const alarm = alarmOf(event)
  return alarm === null
    ? Effect.void
    : Effect.logWarning(alarm).pipe(
        Effect.annotateLogs({
          vendor: desk.config.name,
          event: event.id,
          type: wordOf(event.event_type),
          number: subject.no
        })
      )
}

/**
 * A notification that PayPal signed for our webhook (vendors' reference §4c), and which order it is about. What needs no
 * key is looked at before anything is fetched. How old it is says nothing: PayPal tries for days.
 */
export const read = (
  incoming: Incoming,
  desk: Desk,
  signerAt: (url: string) => Effect.Effect<Signer, Fault>
): Effect.Effect<Verified, NotVerified> =>
  Effect.gen(function* () {
    const { webhookId, merchantId } = desk.config
    const content = yield* contentOf(incoming)
    const transmission = yield* transmissionOf(incoming)
    const { key } = yield* signerAt(transmission.certificateUrl)
    yield* verify(transmission, webhookId, incoming.body, key)
    const event = yield* Either.mapLeft(
      eventOf(content),
      (): Fault => ({ reason: "CONTENT", detail: "The body is not an event as PayPal documents it." })
    )
    if (merchantId !== undefined && payeesOf(event).some((payee) => payee !== merchantId))
      return yield* fault("FOREIGN", "It is about another merchant.")
    const about = yield* found(desk, event)
    yield* warned(desk, event, about)
    return { subject: about.subject, evidence: evidenceOf(event, about), ...replies }
  }).pipe(Effect.mapError(refuse))
