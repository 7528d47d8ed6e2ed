import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Unreachable, type Vendors } from "@payment-proxy/ports"
import { Effect, Either, TestClock } from "effect"
import { describe } from "vitest"
import type { Send } from "../../src/Http.ts"
import { create } from "../../src/paypal/operations.ts"
import { prepare } from "../../src/paypal/requests.ts"
import { type Answer, json } from "../platform.ts"
import {
  at,
  authorizationId,
  captureId,
  lines,
  operation,
  order,
  orderId,
  paths,
  payment,
  problem,
  type Routes,
  resource,
  using,
  word
} from "./desk.ts"

const always = Number.MAX_SAFE_INTEGER
const details = { description: "Travel insurance", payer: {}, returnUrl: null }
const fresh = { ...payment, transactionNo: null, state: "SUBMITTING" as const }
const manual = { ...payment, capture: "manual" as const }
const hour = 3_600_000

type Port = Vendors["Type"]

const created = (vendors: Port, of: typeof payment = { ...fresh }, untilMillis = always) =>
  Effect.flatMap(Effect.orDie(vendors.prepare(of, details)), (prepared) => vendors.create(of, prepared, untilMillis))

/** At the time at which the order was placed, unless told otherwise. */
const run = (routes: Routes, use: (vendors: Port) => ReturnType<Port["query"]>, nowMillis = payment.createdAtMillis) =>
  Effect.zipRight(TestClock.setTime(nowMillis), using(routes, use))

const refusal = (issue: string): Answer => json(422, problem("UNPROCESSABLE_ENTITY", issue))
const paid = order("COMPLETED", { captures: [resource(captureId, "COMPLETED")] })
const held = order("COMPLETED", { authorizations: [resource(authorizationId, "CREATED")] })

describe("a create", () => {
  it.effect("is sent under our number, and answers the payer's next step", () =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run({ [paths.orders]: json(201, order("PAYER_ACTION_REQUIRED")) }, created)
      expect(Either.getOrThrow(outcome)).toEqual({
        kind: "open",
        source: "create",
        asked: null,
        transactionNo: orderId,
        amount: payment.amount,
        foreign: null,
        next: { type: "redirect", url: `https://www.paypal.com/checkoutnow?token=${orderId}` }
      })
      const [call] = seen
      expect(call?.headers).toMatchObject({
        authorization: "Bearer token-1-of-paypal",
        "content-type": "application/json",
        "paypal-request-id": payment.merchantOrderNo,
        prefer: "return=representation"
      })
    })
  )

  it.effect("is byte for byte what was prepared, however often", () =>
    Effect.gen(function* () {
      const { seen } = yield* run({ [paths.orders]: json(201, order("CREATED")) }, (vendors) =>
        Effect.zipRight(created(vendors), created(vendors))
      )
      expect(seen.length).toBe(2)
      expect(seen[0]?.body.equals(seen[1]?.body ?? Buffer.alloc(0))).toBe(true)
      const { body } = JSON.parse(
        yield* using({}, (vendors) => vendors.prepare(fresh, details)).pipe(
          Effect.map(({ outcome }) => Either.getOrThrow(outcome))
        )
      )
      expect(seen[0]?.body.toString()).toBe(body)
    })
  )

  it.effect("that is repeated within six hours is taken with 200, too", () =>
    Effect.gen(function* () {
      const routes = { [paths.orders]: json(200, order("APPROVED")) }
      const { outcome } = yield* run(routes, created, payment.createdAtMillis + 6 * hour - 61_000)
      expect(word(outcome)).toBe("approved")
    })
  )

  it.effect("is not sent after six hours: it would make a second order", () =>
    Effect.gen(function* () {
      const routes = { [paths.orders]: json(201, order("CREATED")) }
      const { outcome, seen } = yield* run(routes, created, payment.createdAtMillis + 6 * hour)
      expect(word(outcome)).toBe("Unreachable")
      expect(Either.getOrThrow(Either.flip(outcome))).toMatchObject({ detail: expect.stringContaining("6 hours") })
      expect(seen).toEqual([])
    })
  )

  it.effect("is not written after six hours either, whatever comes in between", () =>
    Effect.gen(function* () {
      const lastMillis = payment.createdAtMillis + 6 * hour - 60_000
      yield* TestClock.setTime(lastMillis - 1)
      const limits: Array<number> = []
      const send: Send = (_, { untilMillis }) => {
        limits.push(untilMillis)
        return new Unreachable({ detail: "Nobody is there." })
      }
      const config = at("https://api-m.paypal.com")
      const prepared = Either.getOrThrow(prepare(fresh, details, config))
      yield* Effect.either(create({ config, send }, fresh, prepared, always))
      yield* Effect.either(create({ config, send }, fresh, prepared, lastMillis - 5))
      expect(limits).toEqual([lastMillis, lastMillis - 5])
    })
  )

  it.effect("is not written after its time", () =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run({}, (vendors) => created(vendors, fresh, payment.createdAtMillis))
      expect(word(outcome)).toBe("Unreachable")
      expect(seen).toEqual([])
    })
  )

  it.effect("that PayPal answers with another order than before is in doubt", () =>
    Effect.gen(function* () {
      const routes = { [paths.orders]: json(201, order("CREATED", {}, { id: "OTHER" })) }
      const { outcome } = yield* run(routes, (vendors) => created(vendors, payment))
      expect(word(outcome)).toBe("InDoubt")
    })
  )

  it.effect("with a bad token is sent once more with a fresh one, and then no more", () =>
    Effect.gen(function* () {
      const bad = json(401, { error: "invalid_token", error_description: "Token signature verification failed" })
      const once = yield* run({ [paths.orders]: [bad, json(201, order("CREATED"))] }, created)
      expect(word(once.outcome)).toBe("open")
      expect(once.seen.map(({ headers }) => headers.authorization)).toEqual([
        "Bearer token-1-of-paypal",
        "Bearer token-2-of-paypal"
      ])
      const twice = yield* run({ [paths.orders]: bad }, created)
      expect(word(twice.outcome)).toBe("Throttled")
      expect(twice.seen.length).toBe(2)
    })
  )

  it.effect.each<readonly [string, Answer, string]>([
    ["a bad request", json(400, problem("INVALID_REQUEST", "INVALID_PARAMETER_VALUE")), "Rejected"],
    ["a duplicate number", refusal("DUPLICATE_INVOICE_ID"), "InDoubt"],
    ["a used request id", refusal("PAYPAL_REQUEST_ID_PREVIOUSLY_USED"), "InDoubt"],
    ["missing permission", json(403, problem("NOT_AUTHORIZED", "PERMISSION_DENIED")), "Throttled"],
    ["too many calls", json(429, problem("RATE_LIMIT_REACHED")), "Throttled"],
    ["an error of PayPal's", json(500, problem("INTERNAL_SERVER_ERROR")), "InDoubt"],
    ["no JSON", (response) => response.writeHead(201).end("<html>"), "InDoubt"],
    ["nothing", (response) => response.writeHead(204).end(), "InDoubt"],
    ["a broken line", (response) => response.destroy(), "InDoubt"]
  ])("answered with %s is %s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      const { outcome } = yield* run({ [paths.orders]: answer }, created)
      expect(word(outcome)).toBe(expected)
    })
  )
})

describe("a query", () => {
  it.effect("of an order that nobody was sent to is answered without a call: it cannot be paid", () =>
    Effect.gen(function* () {
      for (const ask of ["query", "close"] as const) {
        const { outcome, seen } = yield* run({}, (vendors) => vendors[ask](fresh), 5000)
        expect(Either.getOrThrow(outcome)).toMatchObject({
          kind: "notFound",
          source: ask,
          asked: { version: 7, atMillis: 5000 }
        })
        expect(seen).toEqual([])
      }
    })
  )

  it.effect("asks by PayPal's number, and says when it asked", () =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run(
        { [paths.order]: json(200, paid) },
        (vendors) => vendors.query(payment),
        9000
      )
      expect(Either.getOrThrow(outcome)).toMatchObject({
        kind: "paid",
        source: "query",
        asked: { version: 7, atMillis: 9000 },
        transactionNo: orderId,
        keep: `capture:${captureId}`,
        captured: Money.make(1234n, "USD")
      })
      expect(lines(seen)).toEqual([paths.order])
    })
  )

  it.effect.each<readonly [string, Answer, string]>([
    ["PayPal's word for it", json(404, problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")), "notFound"],
    ["a page that is not there", (response) => response.writeHead(404).end("<h1>Not found</h1>"), "InDoubt"],
    ["another error", json(404, problem("NOT_FOUND")), "InDoubt"],
    ["a path that is not there", json(404, problem("RESOURCE_NOT_FOUND")), "InDoubt"],
    ["a bad request", json(400, problem("INVALID_REQUEST", "INVALID_PARAMETER_VALUE")), "InDoubt"],
    ["a refusal for good", refusal("TRANSACTION_REFUSED"), "InDoubt"],
    ["too many calls", json(429, problem("RATE_LIMIT_REACHED")), "Throttled"],
    ["no permission", json(403, problem("NOT_AUTHORIZED", "PERMISSION_DENIED")), "Throttled"]
  ])("answered with %s is %s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      const { outcome } = yield* run({ [paths.order]: answer }, (vendors) => vendors.query(payment))
      expect(word(outcome)).toBe(expected)
    })
  )
})

describe("a completion", () => {
  const complete =
    (of = payment) =>
    (vendors: Port) =>
      vendors.complete(of, operation("complete"), always)

  it.effect("captures what the payer approved, under the operation's number", () =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run({ [paths.captureOrder]: json(201, paid) }, complete())
      expect(Either.getOrThrow(outcome)).toMatchObject({ kind: "paid", source: "operation", asked: null })
      expect(seen[0]?.headers["paypal-request-id"]).toBe(`${payment.payOrderNo}C1`)
      expect(seen[0]?.headers["content-type"]).toBe("application/json")
      expect(seen[0]?.body.toString()).toBe("{}")
    })
  )

  it.effect("authorizes, where the order is captured by hand", () =>
    Effect.gen(function* () {
      const { outcome } = yield* run({ [paths.authorizeOrder]: json(201, held) }, complete(manual))
      expect(Either.getOrThrow(outcome)).toMatchObject({
        kind: "authorized",
        source: "operation",
        keep: `authorization:${authorizationId}`
      })
    })
  )

  it.effect.each([
    "INSTRUMENT_DECLINED",
    "PAYER_ACTION_REQUIRED",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
    "ORDER_NOT_APPROVED"
  ])("%s declines the operation alone: the payer can act again", (issue) =>
    Effect.gen(function* () {
      const { outcome } = yield* run({ [paths.captureOrder]: refusal(issue) }, complete())
      expect(Either.getOrThrow(Either.flip(outcome))).toMatchObject({ _tag: "Rejected", code: issue })
    })
  )

  it.effect.each([
    "TRANSACTION_REFUSED",
    "PAYER_CANNOT_PAY",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED",
    "TRANSACTION_LIMIT_EXCEEDED",
    "COMPLIANCE_VIOLATION",
    "PAYEE_BLOCKED_TRANSACTION",
    "TRANSACTION_BLOCKED_BY_PAYEE"
  ])("%s is the payment's end", (issue) =>
    Effect.gen(function* () {
      const { outcome } = yield* run({ [paths.captureOrder]: refusal(issue) }, complete())
      expect(Either.getOrThrow(outcome)).toMatchObject({
        kind: "failed",
        source: "operation",
        code: issue,
        transactionNo: orderId
      })
    })
  )

  it.effect.each(["ORDER_ALREADY_CAPTURED", "PREVIOUSLY_CAPTURED"])("%s makes the order be read", (issue) =>
    Effect.gen(function* () {
      const routes = { [paths.captureOrder]: refusal(issue), [paths.order]: json(200, paid) }
      const { outcome, seen } = yield* run(routes, complete())
      expect(Either.getOrThrow(outcome)).toMatchObject({ kind: "paid", source: "operation", asked: null })
      expect(lines(seen)).toEqual([paths.captureOrder, paths.order])
    })
  )

  it.effect.each<readonly [string, unknown, string]>([
    ["was paid", paid, "paid"],
    ["was closed", order("VOIDED"), "closed"],
    ["is still said to be approved", order("APPROVED"), "Rejected"]
  ])("of an order that is over, and %s", ([_, stands, expected]) =>
    Effect.gen(function* () {
      const routes = { [paths.captureOrder]: refusal("ORDER_EXPIRED"), [paths.order]: json(200, stands) }
      const { outcome } = yield* run(routes, complete())
      expect(word(outcome)).toBe(expected)
    })
  )

  it.effect.each<readonly [string, Answer, string]>([
    ["ORDER_COMPLETION_IN_PROGRESS", refusal("ORDER_COMPLETION_IN_PROGRESS"), "InDoubt"],
    ["DUPLICATE_INVOICE_ID", refusal("DUPLICATE_INVOICE_ID"), "InDoubt"],
    ["a conflict", json(409, problem("RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS")), "InDoubt"],
    ["an unknown issue", refusal("SOMETHING_NEW"), "InDoubt"],
    ["an error of PayPal's", json(503, problem("SERVICE_UNAVAILABLE")), "InDoubt"],
    ["an account that may not", refusal("PAYEE_ACCOUNT_RESTRICTED"), "Throttled"],
    ["no permission", json(403, problem("NOT_AUTHORIZED", "PERMISSION_DENIED")), "Throttled"],
    ["too many calls", json(429, problem("RATE_LIMIT_REACHED")), "Throttled"],
    ["no such order", json(404, problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")), "Rejected"],
    ["a declined capture", json(201, order("COMPLETED", { captures: [resource(captureId, "DECLINED")] })), "failed"],
    ["a capture that waits", json(201, order("COMPLETED", { captures: [resource(captureId, "PENDING")] })), "open"]
  ])("answered with %s is %s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run({ [paths.captureOrder]: answer }, complete())
      expect(word(outcome)).toBe(expected)
      expect(seen.length).toBe(1)
    })
  )

  it.effect("of an order whose number is not known is not sent", () =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run({}, complete(fresh as never))
      expect(word(outcome)).toBe("Unreachable")
      expect(seen).toEqual([])
    })
  )
})

it.effect("the payer's return is compared with PayPal's number where it brings one", () =>
  using({}, (vendors) =>
    Effect.gen(function* () {
      expect(yield* vendors.returned(payment, { token: orderId, PayerID: "X" })).toBe(true)
      expect(yield* vendors.returned(payment, { token: "OTHER" })).toBe(false)
      expect(yield* vendors.returned(payment, {})).toBe(null)
      expect(yield* vendors.returned(fresh, { token: orderId })).toBe(null)
    })
  )
)
