import type { ProxiedCall } from "@payment-proxy/ports"
import { FakeMapping, FakeVendors } from "@payment-proxy/testkit"
import { Effect, Either, Exit } from "effect"
import { it } from "vitest"
import * as Proxied from "../src/Proxied.ts"
import { other, shop } from "./harness.ts"
import * as Lives from "./lives.ts"

const runs = 500
const mapping = FakeMapping.make("platform")

const sending = (call: ProxiedCall) => () =>
  Effect.gen(function* () {
    const { pass } = yield* FakeVendors.FakeVendor
    return { answer: yield* Effect.either(pass(call)), response: null }
  })

const outcomeOf = (exit: Exit.Exit<Proxied.Passed<null>, unknown>) => {
  if (Exit.isSuccess(exit)) {
    const { payOrderNo } = exit.value.payment
    return { type: "ok", status: 200, payOrderNo, amount: { value: "12.34", currency: "CNY" } } as const
  }
  const tag = Lives.tagOf(exit)
  if (tag === "NumberReused") return { type: "fail", status: 422, code: tag } as const
  return tag === "NumberTaken" ? ({ type: "fail", status: 409, code: tag } as const) : ({ type: "info" } as const)
}

/** A client that creates under one number of its own, now and then with another body. */
const creates = (witness: Lives.Witness, app: typeof shop, no: string, bodyHash: string) => {
  const call = FakeMapping.aCreate(no, { note: bodyHash })
  const order = Either.getOrThrow(mapping.order(call))
  return Lives.witnessed(
    witness,
    { app: app.id, idempotencyKey: no, bodyHash },
    Effect.map(Effect.exit(Proxied.create({ app, mapping, call, order }, sending(call))), outcomeOf)
  )
}

const client = (fate: Lives.Fate, witness: Lives.Witness, app: typeof shop, no: string): Lives.Actor =>
  Effect.gen(function* () {
    for (let times = 0; times < 3; times++) {
      yield* Effect.promise(() => fate.schedule(0, `client ${no}`))
      yield* creates(witness, app, no, fate.number(5) === 0 ? "other" : "body")
    }
  })

const asker = (fate: Lives.Fate): Lives.Actor =>
  Effect.gen(function* () {
    for (let times = 0; times < 4; times++) {
      yield* Effect.promise(() => fate.schedule(0, "asker"))
      const no = fate.number(2) === 0 ? "shop-1" : "shop-2"
      const operation = fate.number(3) === 0 ? "close" : "query"
      const pass = operation === "close" ? Proxied.close : Proxied.query
      const call = sending(FakeMapping.aCall(operation, no))
      yield* Effect.exit(pass("shop", mapping, { by: "merchantOrderNo", no }, call))
    }
  })

/** Now and then the platform does not take a create, also one that it has taken before. */
const moods = (fate: Lives.Fate): Lives.Actor =>
  Effect.gen(function* () {
    const { script } = yield* FakeVendors.FakeVendor
    for (let times = 0; times < 3; times++) {
      yield* Effect.promise(() => fate.schedule(0, "moods"))
      yield* script("create", fate.number(3) === 0 ? "throttle" : "reject")
    }
  })

it(
  `${runs} lives of proxied orders in which everything fails, hangs and repeats itself: one order for a number, nothing lost`,
  {
    timeout: 120_000
  },
  () =>
    Lives.livedThrough(runs, {
      actors: (fate, witness) => [
        client(fate, witness, shop, "shop-1"),
        client(fate, witness, shop, "shop-1"),
        client(fate, witness, other, "shop-1"),
        client(fate, witness, shop, "shop-2"),
        asker(fate),
        moods(fate),
        Lives.payers(fate, witness),
        Lives.worker(fate),
        Lives.worker(fate)
      ],
      again: (witness) =>
        Effect.zipRight(creates(witness, shop, "shop-1", "body"), creates(witness, shop, "shop-2", "body"))
    })
)
