import { describe, expect, it } from "@effect/vitest"
import { Examples, Problem } from "@payment-proxy/api"
import { Effect, Redacted } from "effect"
import { PaymentProxy } from "../src/index.ts"
import { json, key, scripted } from "./door.ts"

const no = Examples.paid.payOrderNo

describe("what goes wrong", () => {
  it.effect("in a body is named at once, and nothing is sent", () =>
    Effect.gen(function* () {
      const { asked, proxy } = scripted(json(201, Examples.pending))
      const { orders } = yield* proxy
      const { amount: _, ...rest } = Examples.placeOrder
      const wrong = { ...rest, amount: { value: "12.345", currency: "CNY" }, expiresIn: 5 }
      const problem = yield* Effect.flip(orders.create(wrong))
      expect(problem).toMatchObject({ _tag: "PaymentProxyProblem", status: 422, code: "BODY_INVALID" })
      expect("errors" in problem && problem.errors.map(({ pointer }) => pointer)).toEqual([
        "/amount/value",
        "/expiresIn"
      ])
      const over = orders.refund(no, { amount: { value: "0.00", currency: "CNY" } })
      expect(yield* Effect.flip(over)).toMatchObject({ code: "BODY_INVALID", errors: [{ pointer: "/amount/value" }] })
      expect(asked).toEqual([])
    })
  )

  it.effect("in a number, a key or a parameter is named at once, and nothing is sent", () =>
    Effect.gen(function* () {
      const { asked, proxy } = scripted(json(200, Examples.paid))
      const { orders, events } = yield* proxy
      for (const bad of ["", "..", "a/b", "a?b", "订单"])
        expect(yield* Effect.flip(orders.get(bad))).toMatchObject({ status: 404, code: "ORDER_NOT_FOUND" })
      expect(yield* Effect.flip(orders.getRefund(no, "../.."))).toMatchObject({ code: "REFUND_NOT_FOUND" })
      expect(yield* Effect.flip(events.redeliver("a b"))).toMatchObject({ code: "EVENT_NOT_FOUND" })
      expect(yield* Effect.flip(orders.create(Examples.placeOrder, { idempotencyKey: "a\nb" }))).toMatchObject({
        code: "IDEMPOTENCY_KEY_INVALID"
      })
      expect(yield* Effect.flip(orders.get(no, { waitSeconds: 61 }))).toMatchObject({
        code: "PARAMETER_INVALID",
        errors: [{ pointer: "/wait" }]
      })
      expect(yield* Effect.flip(orders.search({ createdFrom: "yesterday" }))).toMatchObject({
        code: "PARAMETER_INVALID",
        errors: [{ pointer: "/createdFrom" }]
      })
      expect(asked).toEqual([])
    })
  )

  it.effect("at the gateway is a problem with its code, detail and faults", () =>
    Effect.gen(function* () {
      const errors = [{ pointer: "/amount", code: "AMOUNT_INVALID", detail: "It is more than is left." }]
      const { proxy } = scripted(json(422, Problem.make("AMOUNT_INVALID", "Ask for less.", errors)))
      const problem = yield* Effect.flip((yield* proxy).orders.refund(no))
      expect(problem).toMatchObject({ status: 422, code: "AMOUNT_INVALID", detail: "Ask for less.", errors })
      expect(problem.message).toBe("AMOUNT_INVALID: Ask for less.\n  /amount: It is more than is left.")
    })
  )

  it.effect("by a code or a body of a newer gateway is a problem, too", () =>
    Effect.gen(function* () {
      const { proxy } = scripted(json(409, { ...Problem.make("NOT_ALLOWED", "No."), code: "A_NEW_ONE", extra: 1 }))
      expect(yield* Effect.flip((yield* proxy).orders.close(no))).toMatchObject({ status: 409, code: "A_NEW_ONE" })
      const other = scripted(new Response("<html>", { status: 413 }))
      expect(yield* Effect.flip((yield* other.proxy).orders.close(no))).toMatchObject({ status: 413, code: "HTTP_413" })
    })
  )

  it.effect("by a redirect is a problem: the key goes to nobody else", () =>
    Effect.gen(function* () {
      const { asked, proxy } = scripted(
        new Response(null, { status: 302, headers: { location: "http://other.test/" } })
      )
      expect(yield* Effect.flip((yield* proxy).orders.close(no))).toMatchObject({ status: 302, code: "HTTP_302" })
      expect(asked).toHaveLength(1)
    })
  )

  it.effect("in an answer of success is told apart: it is done, and not understood", () =>
    Effect.gen(function* () {
      for (const answer of [
        json(200, { ...Examples.paid, status: "A_NEW_ONE" }),
        new Response("<html>", { status: 200 })
      ]) {
        const { asked, proxy } = scripted(answer)
        const failure = yield* Effect.flip((yield* proxy).orders.create(Examples.placeOrder, { idempotencyKey: "k" }))
        expect(failure).toMatchObject({ _tag: "PaymentProxyUnreadable", idempotencyKey: "k" })
        expect(asked).toHaveLength(1)
      }
    })
  )

  it.effect("shows no key, in no failure", () =>
    Effect.gen(function* () {
      for (const turn of [
        "cut",
        json(500, {}),
        json(200, {}),
        json(401, Problem.make("UNAUTHORIZED", "No."))
      ] as const) {
        const { proxy } = scripted(turn)
        const failure = yield* Effect.flip((yield* proxy).orders.close(no))
        expect(`${failure.message}${JSON.stringify(failure)}${failure.stack}${String(failure)}`).not.toContain(key)
      }
      const settings = { baseUrl: "https://pay.example", key: Redacted.make(`${key}\nmore`) }
      const refused = yield* Effect.flip(PaymentProxy.make(settings).pipe(Effect.provide(scripted().layer)))
      expect(refused._tag).toBe("SettingsInvalid")
      expect(JSON.stringify(refused) + String(refused)).not.toContain(key)
    })
  )

  it.effect("with the address is named before anything is sent", () =>
    Effect.gen(function* () {
      for (const baseUrl of ["", "gateway", "ftp://gateway", "https://user:pass@gateway", "https://gateway?a=b"]) {
        const made = PaymentProxy.make({ baseUrl, key: Redacted.make(key) }).pipe(Effect.provide(scripted().layer))
        expect((yield* Effect.flip(made)).detail).toContain("baseUrl")
      }
    })
  )
})

it.effect("a path in the address is kept, and every call has the key", () =>
  Effect.gen(function* () {
    const { asked, layer } = scripted(json(200, Examples.paid))
    const proxy = yield* PaymentProxy.make({ baseUrl: "https://pay.example/proxy/", key: Redacted.make(key) }).pipe(
      Effect.provide(layer)
    )
    yield* proxy.orders.get(no)
    expect(asked).toMatchObject([{ path: `/proxy/v1/orders/${no}`, headers: { authorization: `Bearer ${key}` } }])
  })
)
