import type { Machine, Payment, RefundMachine } from "@payment-proxy/domain"
import { PaymentMachine } from "@payment-proxy/domain"
import type { Change, Placing, StoreUnavailable, Unsettled } from "@payment-proxy/ports"
import { Announcer, Apps, DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { Context, Duration, Effect, Either, Option } from "effect"
import { Chain } from "./Chain.ts"
import { Changes } from "./Changes.ts"
import type { Cause, Haste } from "./Decision.ts"
import { announce, Contended, changeOf as changeOfPayment, eventsOf, limitsOf, OrderNotFound } from "./Decision.ts"
import { heardIn } from "./Hearing.ts"
import { askedBy } from "./Owed.ts"
import { Policies } from "./Policy.ts"
import * as RefundDue from "./RefundDue.ts"
import { using } from "./Services.ts"
import { pause } from "./Tries.ts"
import { inTurn } from "./Turns.ts"

type Refund = RefundMachine.Refund

/** A refund with the payment that it belongs to, as both are on disk. */
export interface Pair {
  readonly payment: Payment.Payment
  readonly refund: Refund
}

type Needs = Orders | DueWork | Vendors | Apps | Announcer | Changes

/** The whole change that `after` is: history, due time and events, to be committed together with its payment's. */
export const changeOf = (
  payment: Payment.Payment,
  before: Refund | null,
  after: Refund,
  { cause, detail }: Cause,
  { urgent, owesQuery }: Haste,
  placing: Placing | null
): Effect.Effect<Change, StoreUnavailable, Apps | Announcer | Vendors> =>
  using<Apps | Announcer | Vendors>()((services, nowMillis) =>
    Effect.map(Context.get(services, Apps).byId(payment.app), (app): Change => {
      const limits = limitsOf(Context.get(services, Vendors), payment)
      const { refundNo: payOrderNo, version, state } = after
      const entry = { payOrderNo, version, state, cause, detail, atMillis: nowMillis, answer: heardIn(services) }
      const head = Context.get(services, Chain).link(after.head, entry)
      const refund = { ...after, head }
      const asked = { nowMillis, tries: 0, isHeard: true }
      return {
        expected: before?.version ?? 0,
        payment,
        refund,
        entry: { ...entry, hash: head },
        placing,
        dueIn: urgent ? Duration.zero : RefundDue.dueIn(Context.get(services, Policies), refund, asked, limits),
        putsOff: false,
        owesQuery: owesQuery === true,
        askedBy: askedBy(services, payOrderNo),
        deliveries: eventsOf(services, Context.get(services, Announcer).refundEvent(refund, nowMillis), nowMillis, app)
      }
    })
  )

/** Tells operators and whoever waits that a refund's change is on disk. */
export const announceRefund = (
  before: RefundMachine.State | null,
  { payment, refund, entry }: Change,
  alarms: ReadonlyArray<string>
) =>
  using<Changes>()((services) => {
    const { payOrderNo: refundNo, version, state, cause } = entry
    const moved = {
      payOrderNo: refund?.payOrderNo ?? payment.payOrderNo,
      refundNo,
      from: before ?? "-",
      to: state,
      version,
      cause
    }
    return Effect.logInfo("refund moved", { ...moved, vendor: payment.vendor, app: payment.app }).pipe(
      Effect.zipRight(
        Effect.forEach(alarms, (alarm) => Effect.logWarning(`alarm ${alarm}`, { refundNo }), { discard: true })
      ),
      Effect.zipRight(Context.get(services, Changes).committed(refundNo, version))
    )
  })

/** Tells operators that a refund's vendor is slow to make up its mind. */
export const stillOpen = ({ payment: { vendor }, refund: { refundNo, state } }: Pair): Effect.Effect<void> =>
  Effect.logWarning("alarm STILL_OPEN", { refundNo, state, vendor })

/** What a payment counts a refund of ours as, once that is decided or held: one that is held may have gone back. */
const countedAs = { SUCCEEDED: "succeeded", FAILED: "failed", HELD: "open" } as const

/** What a refund of ours that was decided or held does to its payment. */
export const followed = (payment: Payment.Payment, { refundNo, state }: Refund): Machine.Step<Payment.Payment> =>
  state === "SUCCEEDED" || state === "FAILED" || state === "HELD"
    ? PaymentMachine.refundDecided(payment, refundNo, countedAs[state])
    : { order: payment, urgent: false, alarms: [] }

/** Why money that came late stays with us for now: its refund failed, and is tried again under a new number. */
const lateAlarms = ({ state }: Payment.Payment, refund: Refund): ReadonlyArray<string> =>
  state === "LATE_PAID" && refund.state === "FAILED" ? ["LATE_REFUND_FAILED"] : []

/** Puts a refund's step and what follows for its payment on disk, in one commit; null where another commit came in between. */
export const committed = (
  { payment, refund }: Pair,
  step: RefundMachine.RefundStep,
  cause: Cause
): Effect.Effect<Pair | null, StoreUnavailable | Unsettled, Needs> =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const paid = followed(payment, step.order)
    const moved =
      paid.order === payment
        ? null
        : yield* changeOfPayment(
            payment,
            paid.order,
            { cause: `refund:${step.order.state.toLowerCase()}`, detail: refund.refundNo },
            paid,
            null
          )
    const owner = moved?.payment ?? payment
    const own = yield* changeOf(owner, refund, step.order, cause, step, null)
    return yield* orders
      .commit(moved === null ? [own] : [moved, own])
      .pipe(
        Effect.zipRight(moved === null ? Effect.void : announce(payment.state, moved, paid.alarms)),
        Effect.zipRight(announceRefund(refund.state, own, [...step.alarms, ...lateAlarms(payment, step.order)])),
        Effect.as({ payment: owner, refund: own.refund ?? step.order }),
        Effect.catchTags({ Stale: () => Effect.succeed(null), Duplicate: () => Effect.succeed(null) })
      )
  })

/** A refund with its payment, as both are on disk. */
export const read = (refundNo: string): Effect.Effect<Pair, OrderNotFound | StoreUnavailable, Orders> =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const refund = yield* orders.refund(refundNo)
    if (Option.isNone(refund)) return yield* new OrderNotFound({ number: refundNo })
    const payment = yield* orders.byNumber(refund.value.payOrderNo)
    if (Option.isNone(payment)) return yield* new OrderNotFound({ number: refundNo })
    return { payment: payment.value, refund: refund.value }
  })

/** What a decision about a refund comes to: a step of the machine, or why there is none. */
export type Decide<E> = (
  refund: Refund,
  nowMillis: number,
  settings: Machine.Settings,
  payment: Payment.Payment
) => Either.Either<RefundMachine.RefundStep, E>

/** As a step came out: the pair as it is on disk, and whether the stored call is to be sent again. */
export interface Decided extends Pair {
  readonly resend: boolean
}

const once = <E>(refundNo: string, cause: Cause, decision: Decide<E>) =>
  Effect.flatMap(read(refundNo), (pair) =>
    using<Needs>()((services, nowMillis): Effect.Effect<Decided | null, E | StoreUnavailable | Unsettled, Needs> => {
      const limits = limitsOf(Context.get(services, Vendors), pair.payment)
      const { settlingMillis } = limits
      const decided = decision(pair.refund, nowMillis, { settlingMillis }, pair.payment)
      if (Either.isLeft(decided)) return Effect.fail(decided.left)
      const { order, urgent, resend } = decided.right
      if (order !== pair.refund)
        return committed(pair, decided.right, cause).pipe(
          Effect.tap((after) =>
            after !== null &&
            RefundDue.isStillOpen({ refund: pair.refund, tries: 0 }, { refund: after.refund, tries: 0 }, limits)
              ? stillOpen(after)
              : Effect.void
          ),
          Effect.map((after) => after && { ...after, resend })
        )
      // Who is told to send it again does so himself.
      if (!urgent || resend) return Effect.succeed({ ...pair, resend })
      return Context.get(services, DueWork)
        .hasten(refundNo)
        .pipe(Effect.zipRight(Context.get(services, Changes).nudge("orders")), Effect.as({ ...pair, resend }))
    })
  )

/** How often a decision is taken anew when another process's commit came in between. */
const maxTries = 12

/** Reads a refund, decides, and commits what was decided with what follows for its payment; decides anew where another commit came in between. */
export const decide = <E>(
  refundNo: string,
  payOrderNo: string,
  cause: Cause,
  decision: Decide<E>
): Effect.Effect<Decided, E | OrderNotFound | Contended | StoreUnavailable | Unsettled, Needs> =>
  Effect.gen(function* () {
    for (let tries = 0; tries < maxTries; tries++) {
      const after = yield* once(refundNo, cause, decision)
      if (after !== null) return after
      yield* pause(tries)
    }
    return yield* new Contended({ payOrderNo })
  }).pipe(inTurn(payOrderNo))
