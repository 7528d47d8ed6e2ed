import { Machine, OrderNo, Payment, PaymentCommands, RefundMachine } from "@payment-proxy/domain"
import { Orders, type Proposal, type ResolveAction, type StoreUnavailable } from "@payment-proxy/ports"
import { Data, Effect, Either, Option } from "effect"
import { type Cause, Contended, decide, OrderNotFound } from "./Decision.ts"
import * as RefundDecision from "./RefundDecision.ts"

/** The order is no longer in the hold that a decision was made for. */
export class LeftHeld extends Data.TaggedError("LeftHeld")<{ readonly payOrderNo: string }> {}

/** A state that is named for a held order, and what is accepted as captured. */
type Named = Omit<ResolveAction, "type"> & { readonly payOrderNo: string }

/** How often it is looked whether the hold still stands, when facts are recorded meanwhile. */
const maxTries = 10

/**
 * The states that a held refund may go on from, by how its payment counts it. What counts as gone back stays so: there is no way
 * back from it. What does not count any more is not reserved, and may not be on its way.
 */
const open: Readonly<Record<Payment.OwnRefund["state"], ReadonlyArray<RefundMachine.State>>> = {
  open: ["PENDING", "SUCCEEDED", "FAILED"],
  succeeded: ["SUCCEEDED"],
  failed: ["SUCCEEDED", "FAILED"]
}

const refundState = (state: Payment.State): "PENDING" | "SUCCEEDED" | "FAILED" | null =>
  state === "PENDING" || state === "SUCCEEDED" || state === "FAILED" ? state : null

const refundStep = (
  { payment, refund }: RefundDecision.Pair,
  named: Named,
  nowMillis: number
): Either.Either<RefundMachine.RefundStep, Machine.Refused> => {
  const counted = payment.ownRefunds.find(({ refundNo }) => refundNo === refund.refundNo)?.state ?? "open"
  const state = refundState(named.state)
  if (state === null || !open[counted].includes(state))
    return Either.left(
      Machine.refuse("STATE_INVALID", `Its payment counts it as ${counted}: name ${open[counted].join(" or ")}.`)
    )
  if (named.acceptedMinor !== null)
    return Either.left(Machine.refuse("AMOUNT_INVALID", "A refund has no deviation to accept: leave the amount out."))
  return Either.map(RefundMachine.command(refund, { type: "resolve", state }), (step) => ({
    ...step,
    order: {
      ...step.order,
      refundedAtMillis: state === "SUCCEEDED" ? (step.order.refundedAtMillis ?? nowMillis) : step.order.refundedAtMillis
    }
  }))
}

const paymentStep = (payment: Payment.Payment, { state, acceptedMinor }: Named) =>
  PaymentCommands.command(payment, { type: "resolve", state, acceptedMinor })

const paymentOf = (payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.byNumber(payOrderNo)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number: payOrderNo }), onSome: Effect.succeed }))
  )

/** Whether a held order may go on from the named state, as it is now: its version, or why not. */
export const check = Effect.fnUntraced(function* (named: Named) {
  const { payOrderNo } = named
  if (OrderNo.paymentOf(payOrderNo) === null) {
    const payment = yield* paymentOf(payOrderNo)
    return yield* Either.map(paymentStep(payment, named), () => payment.version)
  }
  const pair = yield* RefundDecision.read(payOrderNo)
  return yield* Either.map(refundStep(pair, named, 0), () => pair.refund.version)
})

/** The states that a held payment, or its refund where one is named, can go on from now; for money that deviates, with it accepted. */
export const resolvable = (
  payment: Payment.Payment,
  refund: RefundMachine.Refund | null
): ReadonlyArray<Payment.State> => {
  const { payOrderNo, captured } = payment
  const accepted = captured > 0n ? captured : null
  return (Object.keys(Payment.states) as Array<Payment.State>).filter((state) => {
    const named = { payOrderNo, state, acceptedMinor: null }
    return refund !== null
      ? Either.isRight(refundStep({ payment, refund }, named, 0))
      : Either.isRight(paymentStep(payment, named)) ||
          Either.isRight(paymentStep(payment, { ...named, acceptedMinor: accepted }))
  })
}

/** The version of an order that has been held ever since a proposal was made for it; null where it has left that hold. */
export const standing = ({
  subject: payOrderNo,
  version
}: Pick<Proposal, "subject" | "version">): Effect.Effect<number | null, StoreUnavailable, Orders> =>
  Effect.flatMap(Orders, (orders) =>
    Effect.map(orders.history(payOrderNo), (entries) => {
      const since = entries.filter((entry) => entry.version >= version)
      return since.every(({ state }) => state === "HELD") ? (since.at(-1)?.version ?? null) : null
    })
  )

/** A payment that went on, or a refund with its payment. */
export interface Resolved {
  readonly payment: Payment.Payment
  readonly refund: RefundMachine.Refund | null
}

type Step<S> = Either.Either<S, Machine.Refused | "moved">

const unlessMoved = <A, E, R>(
  decided: Effect.Effect<A, E | "moved", R>
): Effect.Effect<A | null, Exclude<E, "moved">, R> =>
  Effect.catchAll(decided, (failure) =>
    failure === "moved" ? Effect.succeed(null) : Effect.fail(failure as Exclude<E, "moved">)
  )

/** One decision about a payment, which was held at `version`; null where it has moved since. */
const payment = (named: Named, version: number, cause: Cause) =>
  decide(
    { payOrderNo: named.payOrderNo },
    cause,
    (now): Step<Machine.Step<Payment.Payment>> =>
      now.version === version ? paymentStep(now, named) : Either.left("moved")
  ).pipe(
    Effect.map((payment): Resolved => ({ payment, refund: null })),
    unlessMoved
  )

/** The same about a refund of the payment `paymentNo`. */
const refund = (named: Named, paymentNo: string, version: number, cause: Cause) =>
  RefundDecision.decide(
    named.payOrderNo,
    paymentNo,
    cause,
    (now, nowMillis, _settings, payment): Step<RefundMachine.RefundStep> =>
      now.version === version ? refundStep({ payment, refund: now }, named, nowMillis) : Either.left("moved")
  ).pipe(
    Effect.map(({ payment, refund }): Resolved => ({ payment, refund })),
    unlessMoved
  )

/** Lets a held order go on as it was proposed: decided on it as it is now, and on no other hold than the one that was proposed for. */
export const run = Effect.fnUntraced(function* (
  proposal: Pick<Proposal, "subject" | "version">,
  { state, acceptedMinor }: ResolveAction,
  cause: Cause
) {
  const { subject: payOrderNo } = proposal
  const paymentNo = OrderNo.paymentOf(payOrderNo)
  for (let tries = 0; tries < maxTries; tries++) {
    const version = yield* standing(proposal)
    if (version === null) return yield* new LeftHeld({ payOrderNo })
    const named = { payOrderNo, state, acceptedMinor }
    const resolved = yield* paymentNo === null
      ? payment(named, version, cause)
      : refund(named, paymentNo, version, cause)
    if (resolved !== null) return resolved
  }
  return yield* new Contended({ payOrderNo })
})

/** Accepts late money, in place of its refund. */
export const accept = (payOrderNo: string, cause: Cause) =>
  decide({ payOrderNo }, cause, (payment) => PaymentCommands.command(payment, { type: "accept" }))
