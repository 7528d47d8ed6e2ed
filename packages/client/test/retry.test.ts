import { expect, it } from "@effect/vitest"
import { Examples, Problem } from "@payment-proxy/api"
import { Effect, Fiber, TestClock } from "effect"
import type { PaymentProxy } from "../src/index.ts"
import { json, scripted, type Turn } from "./door.ts"

const problem = (code: Problem.Code, retryAfterSeconds?: number) =>
  json(
    Problem.codes[code][0],
    Problem.make(code, "In words."),
    retryAfterSeconds === undefined ? {} : { "retry-after": `${retryAfterSeconds}` }
  )

/** Lets a call run to its end, however long it waits. */
const ended = <A, E>(call: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.either(call))
    yield* TestClock.adjust("10 minutes")
    return yield* Fiber.join(fiber)
  })

const created = (...turns: ReadonlyArray<Turn>) =>
  Effect.gen(function* () {
    const { asked, proxy } = scripted(...turns)
    const { orders } = yield* proxy
    const result = yield* ended(orders.create(Examples.placeOrder))
    return { result, keys: asked.map(({ headers }) => headers["idempotency-key"]), asked }
  })

it.effect("a create is tried again with its one key after no answer, 5xx, 429 and 409 with Retry-After", () =>
  Effect.gen(function* () {
    for (const trouble of [
      "cut",
      "silent",
      json(502, "no problem at all"),
      problem("STORE_UNAVAILABLE", 1),
      problem("STREAMS_TOO_MANY", 1),
      problem("IN_FLIGHT", 1)
    ] as const) {
      const { result, keys } = yield* created(trouble, json(201, Examples.pending))
      expect(keys).toHaveLength(2)
      expect(new Set(keys).size).toBe(1)
      expect(result).toMatchObject({ right: { order: { status: "PENDING" }, idempotencyKey: keys[0] } })
    }
  })
)

it.effect("a create that was refused is not tried again, and names the key that it was made with", () =>
  Effect.gen(function* () {
    for (const code of ["BODY_INVALID", "IDEMPOTENCY_KEY_REUSED", "UNAUTHORIZED", "NOT_ALLOWED"] as const) {
      const { result, keys } = yield* created(problem(code))
      expect(keys).toHaveLength(1)
      expect(result).toMatchObject({ left: { _tag: "PaymentProxyProblem", code, idempotencyKey: keys[0] } })
    }
  })
)

it.effect("a create that is never answered ends after five tries, all with one key, which can be used again", () =>
  Effect.gen(function* () {
    const { result, keys } = yield* created("cut")
    expect(keys).toHaveLength(5)
    expect(new Set(keys).size).toBe(1)
    expect(result).toMatchObject({ left: { _tag: "PaymentProxyUnreachable", idempotencyKey: keys[0] } })
  })
)

it.effect("a create that must wait longer than there is time is answered at once as it is", () =>
  Effect.gen(function* () {
    const { result, keys } = yield* created(problem("STORE_UNAVAILABLE", 3600))
    expect(keys).toHaveLength(1)
    expect(result).toMatchObject({ left: { code: "STORE_UNAVAILABLE", retryAfterMillis: 3_600_000 } })
  })
)

it.effect("a key that the caller gives is the one that is used", () =>
  Effect.gen(function* () {
    const { asked, proxy } = scripted("cut", json(200, Examples.paid))
    const { orders } = yield* proxy
    const result = yield* ended(orders.create(Examples.placeOrder, { idempotencyKey: "POLICY-1" }))
    expect(asked.map(({ headers }) => headers["idempotency-key"])).toEqual(["POLICY-1", "POLICY-1"])
    expect(result).toMatchObject({ right: { idempotencyKey: "POLICY-1", order: { status: "SUCCEEDED" } } })
  })
)

it.effect("an order in doubt is answered as it is", () =>
  Effect.gen(function* () {
    const { result, keys } = yield* created(json(202, Examples.inDoubt))
    expect(keys).toHaveLength(1)
    expect(result).toMatchObject({ right: { order: { status: "SUBMITTING", inDoubt: true } } })
  })
)

it.effect("a refund keeps its one key through all tries, too", () =>
  Effect.gen(function* () {
    const { asked, proxy } = scripted("cut", problem("CONTENDED", 1), json(201, Examples.refund))
    const { orders } = yield* proxy
    const result = yield* ended(orders.refund(Examples.paid.payOrderNo, Examples.placeRefund))
    expect(asked).toHaveLength(3)
    expect(new Set(asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(1)
    expect(result).toMatchObject({ right: { refund: { refundNo: Examples.refund.refundNo } } })
  })
)

it.effect("closing, capturing and asking the vendor are tried once", () =>
  Effect.gen(function* () {
    const no = Examples.paid.payOrderNo
    const calls: ReadonlyArray<(orders: PaymentProxy.Orders) => Effect.Effect<unknown, unknown>> = [
      ({ close }) => close(no),
      ({ capture }) => capture(no),
      ({ sync }) => sync(no)
    ]
    for (const call of calls) {
      const { asked, proxy } = scripted(problem("STORE_UNAVAILABLE", 1))
      expect(yield* ended(call((yield* proxy).orders))).toMatchObject({ left: { code: "STORE_UNAVAILABLE" } })
      expect(asked).toHaveLength(1)
    }
  })
)

it.effect(
  "waiting asks for what is newer than was seen, and ends when it is there, the order has ended, or the time is over",
  () =>
    Effect.gen(function* () {
      const { asked, proxy } = scripted(
        json(200, Examples.inDoubt),
        json(200, Examples.inDoubt),
        json(200, Examples.pending)
      )
      const { orders } = yield* proxy
      const settled = yield* orders.waitUntilSettled(Examples.paid.payOrderNo)
      expect(settled.status).toBe("PENDING")
      const path = `/v1/orders/${Examples.paid.payOrderNo}`
      expect(asked.map(({ path }) => path)).toEqual([path, `${path}?wait=60&version=1`, `${path}?wait=60&version=1`])

      const ended = scripted(json(200, Examples.closed))
      const closed = (yield* ended.proxy).orders.waitUntil(Examples.paid.payOrderNo, () => false)
      expect((yield* closed).status).toBe("CLOSED")
      expect(ended.asked).toHaveLength(1)

      const never = scripted(json(200, Examples.pending), (): Turn => "silent")
      const waiting = (yield* never.proxy).orders.waitUntil(Examples.paid.payOrderNo, () => false, { withinMillis: 0 })
      expect((yield* waiting).status).toBe("PENDING")
      expect(never.asked).toHaveLength(1)
    })
)
