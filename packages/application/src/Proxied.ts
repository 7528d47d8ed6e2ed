import type { Evidence, Machine, Payment } from "@payment-proxy/domain"
import { PaymentCommands } from "@payment-proxy/domain"
import type {
  App,
  InDoubt,
  Mapping,
  Operation,
  PlacedOrder,
  ProxiedAnswer,
  ProxiedCall,
  ProxiedOrder,
  Recognised,
  Rejected,
  Throttled,
  Unreachable
} from "@payment-proxy/ports"
import { crashPoint, DueWork, Orders, UnknownVendor, Vendors } from "@payment-proxy/ports"
import { Clock, Context, Data, Effect, Either, Option } from "effect"
import { Changes } from "./Changes.ts"
import { attended, decide, OrderNotFound } from "./Decision.ts"
import { Entropy } from "./Entropy.ts"
import * as Intent from "./Intent.ts"
import { using } from "./Services.ts"
import { intendAgain, outcome, sendableUntil } from "./Submission.ts"
import { heard } from "./TakeIn.ts"

/** The number is another app's order at this vendor: nothing of that order is told, and nothing was sent. */
export class NumberTaken extends Data.TaggedError("NumberTaken")<{ readonly merchantOrderNo: string }> {}

/** The number is this app's `payment`, which was asked for with another body: nothing was sent. */
export class NumberReused extends Data.TaggedError("NumberReused")<{ readonly payment: Payment.Payment }> {}

/** The call is not open any more for `payment`, which has ended, is being closed, or whose payer's time is over: nothing was sent. */
export class OrderEnded extends Data.TaggedError("OrderEnded")<{ readonly payment: Payment.Payment }> {}

/** The create was sent, and what came of it could not be put on disk: `payment` stays in doubt, and the loops go on with it. */
export class Unrecorded extends Data.TaggedError("Unrecorded")<{
  readonly payment: Payment.Payment
  readonly cause: unknown
}> {}

/** What came of a call on its way through: what the vendor answered, or why there is no answer; `response` is what the caller is given. */
export interface Heard<A> {
  readonly answer: Either.Either<ProxiedAnswer, Unreachable | InDoubt>
  readonly response: A
}

/** Sends the call once. It writes nothing after `untilMillis`, and ends by then or soon after: nobody stops it from outside. */
export type Send<A, R> = (untilMillis: number) => Effect.Effect<Heard<A>, never, R>

/** The order as it is after the call, and what the caller is given. */
export interface Passed<A> {
  readonly payment: Payment.Payment
  readonly response: A
}

/** A create of a vendor's own API, and what its mapping reads in it. */
export interface Asked {
  readonly app: App
  readonly mapping: Mapping
  readonly call: ProxiedCall
  readonly order: ProxiedOrder
}

/** Which order a query or a close is about. */
export type Subject = Pick<Extract<Recognised, { readonly no: string }>, "by" | "no">

const said = (
  mapping: Mapping,
  operation: Operation,
  answer: Heard<unknown>["answer"],
  payment: Payment.Payment
): Either.Either<Evidence.Evidence, Rejected | Throttled | InDoubt | Unreachable> =>
  Either.flatMap(answer, (whole) => mapping.said(operation, whole, payment))

/** A create whose intent is `payment`, sent: its answer goes on only once what it says is on disk. */
const sent = <A, R>(mapping: Mapping, payment: Payment.Payment, intentMillis: number, send: Send<A, R>) =>
  using<Vendors>()((services) =>
    Effect.flatMap(send(sendableUntil(Context.get(services, Vendors), payment, intentMillis)), ({ answer, response }) =>
      outcome(payment, said(mapping, "create", answer, payment)).pipe(
        Effect.catchAll((cause) =>
          Effect.zipRight(
            Effect.logWarning("The vendor's answer could not be taken in; the order stays in doubt.", cause),
            new Unrecorded({ payment, cause })
          )
        ),
        Effect.map((after): Passed<A> => ({ payment: after, response })),
        Effect.zipLeft(crashPoint("K10"))
      )
    )
  )

const isOpen = ({ state }: Payment.Payment): boolean => state === "SUBMITTING" || state === "PENDING"

/** The number is taken: the same create again passes, intent first, while its order is open. */
const repeated = Effect.fnUntraced(
  function* <A, R>({ app, mapping, order }: Asked, { payment, fingerprint }: PlacedOrder, send: Send<A, R>) {
    if (payment.app !== app.id) return yield* new NumberTaken({ merchantOrderNo: order.merchantOrderNo })
    if (fingerprint !== order.fingerprint) return yield* new NumberReused({ payment })
    const intentMillis = yield* Clock.currentTimeMillis
    const sending = yield* intendAgain(
      { payOrderNo: payment.payOrderNo, from: payment },
      isOpen,
      (now) => new OrderEnded({ payment: now })
    )
    return yield* sent(mapping, sending, intentMillis, send)
  },
  (effect) =>
    effect.pipe(
      Effect.catchTag("OrderNotFound", (lost) => Effect.die(lost)),
      Effect.uninterruptible
    )
)

/** The caller's own number binds the order to its deal, unless the call names another that does. */
const maxBusinessNo = 64
const businessNoOf = ({ businessNo, merchantOrderNo }: ProxiedOrder): string | null =>
  businessNo ?? (merchantOrderNo.length <= maxBusinessNo ? merchantOrderNo : null)

const wantedOf = ({ app, mapping: { vendor }, order }: Asked, nowMillis: number): Intent.Wanted => {
  const { merchantOrderNo, amount, method, source, expiresAtMillis, payableMillis } = order
  return {
    shardBy: [vendor, merchantOrderNo],
    merchantOrderNo,
    app: app.id,
    vendor,
    businessNo: businessNoOf(order),
    amount,
    method,
    source,
    capture: "automatic",
    metadata: {},
    expiresAtMillis: expiresAtMillis ?? nowMillis + payableMillis
  }
}

const created = Effect.fnUntraced(function* <A, R>(
  services: Context.Context<Vendors>,
  nowMillis: number,
  asked: Asked,
  send: Send<A, R>
) {
  const { mapping, call, order } = asked
  const vendor = Option.getOrUndefined(Context.get(services, Vendors).get(mapping.vendor))
  if (vendor === undefined) return yield* new UnknownVendor({ vendor: mapping.vendor })
  const random = Context.get(services, Entropy).bytes(10)
  const placed = Intent.created(wantedOf(asked, nowMillis), vendor, random, nowMillis)
  const placing = { idempotencyKey: null, fingerprint: order.fingerprint }
  return yield* Intent.intend(placed, mapping.prepared(call), placing, (payment) =>
    sent(mapping, payment, nowMillis, send)
  ).pipe(Effect.catchTag("Duplicate", ({ existing }) => repeated(asked, existing, send)))
})

/**
 * Passes a create through: its intent is on disk before it leaves, and what its answer says before the caller has it (design
 * §6, promises 1 to 3). Two with one number make one order; from the intent on nobody stops it, whoever leaves.
 */
export const create = <A, R>(asked: Asked, send: Send<A, R>) =>
  Effect.zipRight(
    crashPoint("K01"),
    using<Vendors>()((services, nowMillis) => created(services, nowMillis, asked, send))
  )

/** An app's order by what the vendor knows it by. */
const ofApp = (app: string, vendor: string, { by, no }: Subject) =>
  Effect.flatMap(Orders, (orders) =>
    by === "transactionNo"
      ? orders.byTransactionNo(vendor, no)
      : Effect.map(
          orders.byMerchantOrderNo(vendor, no),
          Option.map(({ payment }) => payment)
        )
  ).pipe(
    Effect.map(Option.filter((payment) => payment.app === app)),
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number: no }), onSome: Effect.succeed }))
  )

/**
 * Whether what a caller's own question brought is about the order. Its words are the caller's: a vendor that finds nothing may
 * only not have found it by them, and what it found may be another order.
 */
const isAbout = ({ kind, foreign }: Evidence.Evidence): boolean => kind !== "notFound" && foreign === null

/** The vendor is asked in our own words, at once. */
const askAgain = (payment: Payment.Payment) =>
  using<DueWork | Changes>()((services) =>
    Context.get(services, DueWork)
      .hasten(payment.payOrderNo)
      .pipe(Effect.zipRight(Context.get(services, Changes).nudge("orders")), Effect.as(payment))
  )

const known = (payment: Payment.Payment, told: ReturnType<typeof said>) =>
  Either.isRight(told) && !isAbout(told.right)
    ? askAgain(payment)
    : Effect.map(heard(payment, told), (after) => after.payment)

/** A call about `payment`, sent: what is not understood or cannot be put on disk is found out by the loops, and held against nobody. */
const asked = Effect.fnUntraced(function* <A, R>(
  mapping: Mapping,
  operation: Operation,
  payment: Payment.Payment,
  send: Send<A, R>
) {
  const { answer, response } = yield* send((yield* Clock.currentTimeMillis) + mapping.limitMillis(operation))
  const after = yield* crashPoint("K17").pipe(
    Effect.zipRight(known(payment, said(mapping, operation, answer, payment))),
    Effect.catchAll((fault) =>
      Effect.logWarning("What the vendor said could not be taken in; it is asked again.", fault).pipe(
        Effect.annotateLogs({ payOrderNo: payment.payOrderNo }),
        Effect.as(payment)
      )
    )
  )
  return { payment: after, response } satisfies Passed<A>
})

/** Passes a query of an app's own order through, and takes in what the vendor says of it. */
export const query = <A, R>(app: string, mapping: Mapping, subject: Subject, send: Send<A, R>) =>
  Effect.flatMap(ofApp(app, mapping.vendor, subject), (payment) => asked(mapping, "query", payment, send))

/** The order as it is being closed, on disk; its first question is the caller's own. */
const closing = (payment: Payment.Payment) =>
  decide(
    { payOrderNo: payment.payOrderNo, from: payment },
    { cause: "close", detail: null },
    (now): Either.Either<Machine.Step<Payment.Payment>, OrderEnded> =>
      now.state === "CLOSING"
        ? Either.right({ order: now, urgent: false, alarms: [] })
        : Either.mapBoth(PaymentCommands.command(now, { type: "close" }), {
            onLeft: () => new OrderEnded({ payment: now }),
            onRight: attended
          })
  )

/**
 * Passes a close of an app's own order through: its intent is on disk before it leaves. The order is CLOSING until the vendor
 * has decided; from the intent on nobody stops the call, whoever leaves.
 */
export const close = <A, R>(app: string, mapping: Mapping, subject: Subject, send: Send<A, R>) =>
  Effect.flatMap(ofApp(app, mapping.vendor, subject), (payment) =>
    Effect.flatMap(closing(payment), (now) => asked(mapping, "close", now, send)).pipe(Effect.uninterruptible)
  )
