import { Money } from "@payment-proxy/domain"
import { FakeVendors } from "@payment-proxy/testkit"
import { Effect, Exit } from "effect"
import { it } from "vitest"
import { capture } from "../src/Capture.ts"
import { close } from "../src/Close.ts"
import { place } from "../src/Place.ts"
import { refund } from "../src/Refund.ts"
import { asked } from "./harness.ts"
import * as Lives from "./lives.ts"

const runs = 1000

const outcomeOf = (
  exit: Exit.Exit<{ readonly payment: { readonly payOrderNo: string }; readonly isNew: boolean }, unknown>
) => {
  if (Exit.isFailure(exit))
    return Lives.tagOf(exit) === "KeyReused"
      ? ({ type: "fail", status: 422, code: "KeyReused" } as const)
      : ({ type: "info" } as const)
  const { payment, isNew } = exit.value
  const value = { value: "12.34", currency: "CNY" }
  return { type: "ok", status: isNew ? 201 : 200, payOrderNo: payment.payOrderNo, amount: value } as const
}

/** A client that asks for one order, now and then with another body. */
const asks = (witness: Lives.Witness, idempotencyKey: string, bodyHash: string) => {
  const capture = idempotencyKey === "held" ? "manual" : "automatic"
  const order = asked({ idempotencyKey, fingerprint: bodyHash, amount: Lives.amount, capture })
  return Lives.witnessed(
    witness,
    { app: "shop", idempotencyKey, bodyHash },
    Effect.map(Effect.exit(place(order)), outcomeOf)
  )
}

const client = (fate: Lives.Fate, witness: Lives.Witness, key: string): Lives.Actor =>
  Effect.gen(function* () {
    for (let times = 0; times < 3; times++) {
      yield* Effect.promise(() => fate.schedule(0, `client ${key}`))
      yield* asks(witness, key, fate.number(5) === 0 ? "other" : "body")
    }
  })

const closer = (fate: Lives.Fate): Lives.Actor =>
  Effect.gen(function* () {
    const { payments } = yield* FakeVendors.FakeVendor
    for (let times = 0; times < 2; times++) {
      yield* Effect.promise(() => fate.schedule(0, "closer"))
      const all = yield* payments
      const one = all[fate.number(all.length * 2)]
      if (one !== undefined) yield* Effect.exit(close("shop", one.merchantOrderNo))
    }
  })

/** Who takes held money, all or a part, and gives back what was taken, by keys that he repeats. */
const teller = (fate: Lives.Fate): Lives.Actor =>
  Effect.gen(function* () {
    const { payments } = yield* FakeVendors.FakeVendor
    for (let times = 0; times < 8; times++) {
      yield* Effect.promise(() => fate.schedule(0, "teller"))
      const all = yield* payments
      const payOrderNo = all[fate.number(all.length)]?.merchantOrderNo
      if (payOrderNo === undefined) continue
      const amount = fate.number(3) === 0 ? null : Money.make(BigInt(1 + fate.number(1234)), "CNY")
      if (fate.number(3) === 0) yield* Effect.exit(capture("shop", payOrderNo, amount))
      else {
        const idempotencyKey = `back-${fate.number(3)}`
        const refunded = { app: "shop", payOrderNo, idempotencyKey, fingerprint: idempotencyKey, amount, reason: null }
        yield* Effect.fork(Effect.exit(refund(refunded)))
      }
    }
  })

/** The platform's moods about refunds, and its desk. */
const desk = (fate: Lives.Fate): Lives.Actor =>
  Effect.gen(function* () {
    const { payments, script, settleRefund, payLate } = yield* FakeVendors.FakeVendor
    const moods = ["reject", "throttle", "pending", "fail", "pending"] as const
    for (let times = 0; times < 4; times++) {
      yield* Effect.promise(() => fate.schedule(0, "desk"))
      yield* script("refund", moods[fate.number(moods.length)] ?? "pending")
      const all = yield* payments
      const refunds = all.flatMap(({ refunds }) => refunds).filter(({ state }) => state === "pending")
      const one = refunds[fate.number(refunds.length)]
      if (one?.ourNo != null) yield* settleRefund(one.ourNo, fate.number(3) === 0 ? "failed" : "succeeded")
      const ended = all.filter(({ status }) => status === "closed" || status === "failed")
      const late = ended[fate.number(ended.length)]
      if (late !== undefined && fate.number(4) === 0) yield* payLate(late.merchantOrderNo)
    }
  })

/** The platform decides all that it has left open, and tells of late money. */
const decided = (witness: Lives.Witness) =>
  Effect.gen(function* () {
    const { payments, settleRefund, calm } = yield* FakeVendors.FakeVendor
    yield* calm
    for (const { merchantOrderNo, status, refunds } of yield* payments) {
      if (status === "paid") yield* Lives.told(witness, merchantOrderNo, "paid", false)
      for (const { ourNo, state } of refunds)
        if (ourNo !== null && state === "pending") yield* settleRefund(ourNo, "succeeded")
    }
  })

it(
  `${runs} lives in which every port fails, hangs and repeats itself, in any order: nothing lost, nothing doubled`,
  {
    timeout: 300_000
  },
  () =>
    Lives.livedThrough(runs, {
      actors: (fate, witness) => [
        client(fate, witness, "a"),
        client(fate, witness, "a"),
        client(fate, witness, "b"),
        Lives.payers(fate, witness),
        closer(fate),
        client(fate, witness, "held"),
        teller(fate),
        desk(fate),
        Lives.worker(fate),
        Lives.worker(fate)
      ],
      again: (witness) =>
        Effect.all(
          [decided(witness), asks(witness, "a", "body"), asks(witness, "b", "body"), asks(witness, "held", "body")],
          {
            discard: true
          }
        )
    })
)
