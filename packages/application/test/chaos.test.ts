import { FakeVendors } from "@payment-proxy/testkit"
import { Effect, Exit } from "effect"
import { it } from "vitest"
import { close } from "../src/Close.ts"
import { place } from "../src/Place.ts"
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
const asks = (witness: Lives.Witness, idempotencyKey: string, bodyHash: string) =>
  Lives.witnessed(
    witness,
    { app: "shop", idempotencyKey, bodyHash },
    Effect.map(Effect.exit(place(asked({ idempotencyKey, fingerprint: bodyHash, amount: Lives.amount }))), outcomeOf)
  )

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

it(
  `${runs} lives in which every port fails, hangs and repeats itself, in any order: nothing lost, nothing doubled`,
  {
    timeout: 120_000
  },
  () =>
    Lives.livedThrough(runs, {
      actors: (fate, witness) => [
        client(fate, witness, "a"),
        client(fate, witness, "a"),
        client(fate, witness, "b"),
        Lives.payers(fate, witness),
        closer(fate),
        Lives.worker(fate),
        Lives.worker(fate)
      ],
      again: (witness) => Effect.zipRight(asks(witness, "a", "body"), asks(witness, "b", "body"))
    })
)
