import { Machine, type Money, OrderNo, Payment, PaymentCommands, RefundMachine } from "@payment-proxy/domain"
import type { Change, Vendor } from "@payment-proxy/ports"
import { Orders, UnknownVendor, Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Either, Option } from "effect"
import { signed } from "./Actor.ts"
import { announce, Contended, changeOf as changeOfPayment, inTime, OrderNotFound } from "./Decision.ts"
import { KeyReused } from "./Place.ts"
import { send } from "./RefundCall.ts"
import { announceRefund, changeOf, type Pair } from "./RefundDecision.ts"
import { pause } from "./Tries.ts"
import { inTurn } from "./Turns.ts"

/** A refund as it is asked for. */
export interface RefundAsked {
  readonly app: string
  readonly payOrderNo: string
  /** Null: asked for by a rule of ours; the payment's state tells whether it was done. */
  readonly idempotencyKey: string | null
  /** SHA-256 (hex) of the canonical body. */
  readonly fingerprint: string
  /** Null: what is left. */
  readonly amount: Money.Money | null
  readonly reason: string | null
}

/** The refund with its payment, and whether this call placed it. */
export interface Refunded extends Pair {
  readonly isNew: boolean
}

/** The vendor of a payment, where it can refund. */
const vendorOf = Effect.fnUntraced(function* ({ vendor: name }: Payment.Payment) {
  const vendor = Option.getOrUndefined((yield* Vendors).get(name))
  if (vendor === undefined) return yield* new UnknownVendor({ vendor: name })
  return vendor.abilities.includes("refund")
    ? vendor
    : yield* Effect.fail(Machine.refuse("NOT_SUPPORTED", "This vendor's adapter cannot refund."))
})

/** What is there under the key already: the same refund for the same body, refused for another. */
const repeated = Effect.fnUntraced(function* ({ payOrderNo, idempotencyKey, fingerprint }: RefundAsked) {
  if (idempotencyKey === null) return null
  const known = yield* Effect.flatMap(Orders, (orders) => orders.refundByKey(payOrderNo, idempotencyKey))
  if (Option.isNone(known)) return null
  return known.value.fingerprint === fingerprint ? known.value.refund : yield* new KeyReused({ idempotencyKey })
})

/** The payment with the refund counted, and the refund as it is before its first call, which may be written until its deadline. */
const decided = (
  payment: Payment.Payment,
  { amount, reason }: RefundAsked,
  { createTimeLimitMillis }: Vendor,
  nowMillis: number
): Either.Either<Pair, Machine.Refused> => {
  if (amount !== null && amount.currency !== payment.amount.currency)
    return Either.left(Machine.refuse("AMOUNT_INVALID", `The payment is in ${payment.amount.currency}.`))
  const amountMinor = amount?.amountMinor ?? Payment.refundable(payment)
  const refundNo = OrderNo.refundNo(payment.payOrderNo, payment.ownRefunds.length + 1)
  return Either.flatMap(PaymentCommands.command(payment, { type: "refund", refundNo, amountMinor }), ({ order }) =>
    Either.map(
      RefundMachine.command(
        RefundMachine.make({
          refundNo,
          payOrderNo: payment.payOrderNo,
          amount: { ...payment.amount, amountMinor },
          reason,
          createdAtMillis: nowMillis,
          deadlineMillis: nowMillis + createTimeLimitMillis
        }),
        { type: "submit" }
      ),
      ({ order: refund }) => ({ payment: order, refund })
    )
  )
}

interface Intended extends Refunded {
  /** The committed intent, to be gone on with. */
  readonly changes: ReadonlyArray<Change>
}

/** Whether a refund of so much, which the machine allows, may be placed now; it holds for the payment as it was read. */
type Guard<E, R> = (payment: Payment.Payment, amountMinor: bigint) => Effect.Effect<void, E, R>

/** Puts the intent on disk: payment, refund, histories, events and due times in one commit; null where it is to be decided anew. */
const intendOnce = Effect.fnUntraced(function* <E, R>(asked: RefundAsked, guard: Guard<E, R>) {
  const orders = yield* Orders
  const found = yield* orders.ofApp(asked.app, asked.payOrderNo)
  if (Option.isNone(found)) return yield* new OrderNotFound({ number: asked.payOrderNo })
  const before = found.value
  const known = yield* repeated(asked)
  if (known !== null) return { payment: before, refund: known, isNew: false, changes: [] }
  const vendor = yield* vendorOf(before)
  const pair = yield* decided(before, asked, vendor, yield* Clock.currentTimeMillis)
  yield* guard(before, pair.refund.amount.amountMinor)
  const { idempotencyKey, fingerprint } = asked
  const placing = { idempotencyKey, fingerprint, sealedRequest: null }
  const cause = yield* signed({ cause: "refund", detail: pair.refund.refundNo })
  const submit = yield* signed({ cause: "submit", detail: null })
  const moved = yield* changeOfPayment(before, pair.payment, cause, inTime, null)
  const placed = yield* changeOf(moved.payment, null, pair.refund, submit, inTime, placing)
  return yield* orders.commit([moved, placed]).pipe(
    Effect.zipRight(announce(before.state, moved, [])),
    Effect.zipRight(announceRefund(null, placed, [])),
    Effect.as<Intended>({
      payment: moved.payment,
      refund: placed.refund ?? pair.refund,
      isNew: true,
      changes: [moved, placed]
    }),
    Effect.catchTags({ Stale: () => Effect.succeed(null), Duplicate: () => Effect.succeed(null) })
  )
})

const maxTries = 12

/** The intent, decided anew where another process's commit came in between; those of this process take turns. */
const intended = <E, R>(asked: RefundAsked, guard: Guard<E, R>) =>
  Effect.gen(function* () {
    for (let tries = 0; tries < maxTries; tries++) {
      const after: Intended | null = yield* intendOnce(asked, guard)
      if (after !== null) return after
      yield* pause(tries)
    }
    return yield* new Contended({ payOrderNo: asked.payOrderNo })
  }).pipe(inTurn(asked.payOrderNo))

/** What follows the commit of a refund's intent: whatever fails leaves it in doubt, and the loops go on with it. */
const followed = ({ payment, refund }: Pair) =>
  send({ payment, refund }).pipe(
    Effect.catchAll((fault) =>
      Effect.logWarning("The vendor's answer could not be taken in; the refund stays in doubt.", fault).pipe(
        Effect.as({ payment, refund })
      )
    ),
    Effect.map((after): Refunded => ({ payment: after.payment, refund: after.refund, isNew: true }))
  )

/** `refund`, where `guard` lets it: what that fails with, nothing was placed. */
export const guarded = <E, R>(asked: RefundAsked, guard: Guard<E, R>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(intended(asked, guard)), (done) =>
      done.isNew
        ? followed(done)
        : Effect.succeed<Refunded>({ payment: done.payment, refund: done.refund, isNew: false })
    )
  )

/**
 * Refunds a part of a payment, or what is left of it: the intent is on disk, counted against what may be refunded, before the vendor
 * is called (design §5), and the answer is what is on disk after. A key that was used before answers its refund; once on disk, a
 * refund is followed to its end even if the caller leaves.
 */
export const refund = (asked: RefundAsked) => guarded(asked, () => Effect.void)
