import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import type { Vendors } from "@payment-proxy/ports"
import { Effect, Either, TestClock } from "effect"
import { describe } from "vitest"
import { type Answer, json } from "../platform.ts"
import {
  aRefund,
  captureId,
  lines,
  order,
  paths,
  payment,
  problem,
  type Routes,
  refundId,
  refundNo,
  resource,
  usd,
  using,
  word
} from "./desk.ts"

const always = Number.MAX_SAFE_INTEGER
const paid = { ...payment, state: "SUCCEEDED" as const, captured: 1234n, kept: [`capture:${captureId}`] }
const ours = (status: string, more: object = {}) =>
  resource(refundId, status, { amount: usd("5.00"), custom_id: refundNo, ...more })
const listing = (...refunds: ReadonlyArray<object>) =>
  order("COMPLETED", { captures: [resource(captureId, "PARTIALLY_REFUNDED")], refunds })

type Port = Vendors["Type"]

const run = (
  routes: Routes,
  use: (vendors: Port) => ReturnType<Port["refund"]>,
  nowMillis = payment.createdAtMillis + 1000
) => Effect.zipRight(TestClock.setTime(nowMillis), using(routes, use))

const refund =
  (of = paid, refunded = aRefund()) =>
  (vendors: Port) =>
    vendors.refund(of, refunded, always)
const query =
  (refunded = aRefund()) =>
  (vendors: Port) =>
    vendors.queryRefund(paid, refunded)

const refusal = (issue: string): Answer => json(422, problem("UNPROCESSABLE_ENTITY", issue))

describe("a refund", () => {
  it.effect("is made of the kept capture, under our number, with its amount", () =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run({ [paths.refund]: json(201, ours("COMPLETED")) }, refund())
      expect(Either.getOrThrow(outcome)).toEqual({
        kind: "succeeded",
        source: "operation",
        asked: null,
        vendorRefundNo: refundId,
        amount: Money.make(500n, "USD"),
        detail: null
      })
      expect(JSON.parse(seen[0]?.body.toString() ?? "")).toEqual({ amount: usd("5.00"), custom_id: refundNo })
      expect(seen[0]?.headers).toMatchObject({
        "paypal-request-id": refundNo,
        prefer: "return=representation",
        "content-type": "application/json"
      })
    })
  )

  it.effect("is the same bytes however often", () =>
    Effect.gen(function* () {
      const { seen } = yield* run({ [paths.refund]: json(200, ours("PENDING")) }, (vendors) =>
        Effect.zipRight(refund()(vendors), refund()(vendors))
      )
      expect(seen[0]?.body.equals(seen[1]?.body ?? Buffer.alloc(0))).toBe(true)
    })
  )

  it.effect("that is repeated is the refund that the first made, or in doubt", () =>
    Effect.gen(function* () {
      const again = (id: string) =>
        run({ [paths.refund]: json(201, ours("COMPLETED", { id })) }, (vendors) =>
          vendors.refund(paid, aRefund({ vendorRefundNo: refundId }), always)
        )
      expect(word((yield* again(refundId)).outcome)).toBe("succeeded")
      expect(word((yield* again("OTHER")).outcome)).toBe("InDoubt")
    })
  )

  it.effect("whose capture was not kept asks the order for it; without one nothing is sent", () =>
    Effect.gen(function* () {
      const routes = { [paths.order]: json(200, listing()), [paths.refund]: json(201, ours("PENDING")) }
      const found = yield* run(routes, refund({ ...paid, kept: ["authorization:X"] }))
      expect(word(found.outcome)).toBe("pending")
      expect(lines(found.seen)).toEqual([paths.order, paths.refund])
      const none = yield* run({ [paths.order]: json(200, order("APPROVED")) }, refund({ ...paid, kept: [] }))
      expect(word(none.outcome)).toBe("Unreachable")
    })
  )

  it.effect("is not made of another order's capture", () =>
    Effect.gen(function* () {
      const routes = { [paths.order]: json(200, { ...listing(), id: "OTHER" }) }
      const { outcome, seen } = yield* run(routes, refund({ ...paid, kept: [] }))
      expect(word(outcome)).toBe("InDoubt")
      expect(seen.length).toBe(1)
    })
  )

  it.effect("of the newest capture, where several were kept", () =>
    Effect.gen(function* () {
      const kept = ["capture:OLD", "authorization:X", `capture:${captureId}`]
      const { outcome } = yield* run({ [paths.refund]: json(201, ours("PENDING")) }, refund({ ...paid, kept }))
      expect(word(outcome)).toBe("pending")
    })
  )

  it.effect.each<readonly [string, Answer, string]>([
    ["PENDING", json(201, ours("PENDING")), "pending"],
    ["COMPLETED", json(201, ours("COMPLETED")), "succeeded"],
    ["FAILED", json(201, ours("FAILED")), "failed"],
    ["CANCELLED", json(201, ours("CANCELLED")), "failed"],
    ["an unknown state", json(201, ours("SOMETHING_NEW")), "InDoubt"],
    ["another refund", json(201, ours("COMPLETED", { custom_id: "OTHER" })), "InDoubt"],
    ["an amount that is none", json(201, ours("COMPLETED", { amount: usd("five") })), "InDoubt"],
    ["no JSON", (response) => response.writeHead(201).end("ok"), "InDoubt"],
    ["an error of PayPal's", json(500, {}), "InDoubt"],
    ["a conflict", json(409, problem("RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS")), "InDoubt"],
    ["an unknown issue", refusal("SOMETHING_NEW"), "InDoubt"],
    ["DUPLICATE_INVOICE_ID", refusal("DUPLICATE_INVOICE_ID"), "InDoubt"],
    ["no such capture", json(404, problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")), "Rejected"],
    ["REFUND_FAILED_INSUFFICIENT_FUNDS", refusal("REFUND_FAILED_INSUFFICIENT_FUNDS"), "Throttled"],
    ["PENDING_CAPTURE", refusal("PENDING_CAPTURE"), "Throttled"],
    ["TRANSACTION_DISPUTED", refusal("TRANSACTION_DISPUTED"), "Throttled"],
    ["no permission", json(403, problem("NOT_AUTHORIZED", "PERMISSION_DENIED")), "Throttled"]
  ])("answered with %s is %s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      expect(word((yield* run({ [paths.refund]: answer }, refund())).outcome)).toBe(expected)
    })
  )

  it.effect.each([
    "REFUND_AMOUNT_EXCEEDED",
    "REFUND_TIME_LIMIT_EXCEEDED",
    "PARTIAL_REFUND_NOT_ALLOWED",
    "REFUND_NOT_ALLOWED",
    "REFUND_IS_RESTRICTED",
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
    "CURRENCY_MISMATCH",
    "DECIMAL_PRECISION",
    "DECIMALS_NOT_SUPPORTED"
  ])("%s is a refusal for good", (issue) =>
    Effect.gen(function* () {
      const { outcome } = yield* run({ [paths.refund]: refusal(issue) }, refund())
      expect(Either.getOrThrow(Either.flip(outcome))).toMatchObject({ _tag: "Rejected", code: issue })
    })
  )

  it.effect("of what went back already is looked for among the order's refunds", () =>
    Effect.gen(function* () {
      const fully = { [paths.refund]: refusal("CAPTURE_FULLY_REFUNDED") }
      const done = yield* run({ ...fully, [paths.order]: json(200, listing(ours("COMPLETED"))) }, refund())
      expect(Either.getOrThrow(done.outcome)).toMatchObject({ kind: "succeeded", source: "operation", asked: null })
      const others = yield* run({ ...fully, [paths.order]: json(200, listing()) }, refund())
      expect(word(others.outcome)).toBe("Rejected")
      const silent = yield* run({ ...fully, [paths.order]: json(500, {}) }, refund())
      expect(word(silent.outcome)).toBe("InDoubt")
    })
  )

  it.effect("is not repeated when PayPal may have forgotten it", () =>
    Effect.gen(function* () {
      const later = payment.createdAtMillis + 44 * 86_400_000
      const routes = { [paths.refund]: json(201, ours("PENDING")) }
      const { outcome, seen } = yield* run(routes, refund(), later)
      expect(word(outcome)).toBe("Unreachable")
      expect(seen).toEqual([])
    })
  )

  it.effect("of an amount that PayPal cannot write is refused here", () =>
    Effect.gen(function* () {
      const odd = aRefund({ amount: Money.make(1234n, "HUF") })
      const { outcome, seen } = yield* run({}, refund(paid, odd))
      expect(word(outcome)).toBe("Rejected")
      expect(seen).toEqual([])
    })
  )
})

describe("a question for a refund", () => {
  const known = aRefund({ vendorRefundNo: refundId })

  it.effect("goes by PayPal's number, where it is known", () =>
    Effect.gen(function* () {
      const routes = { [paths.refundById]: json(200, ours("FAILED", { status_details: { reason: "ECHECK" } })) }
      const { outcome } = yield* run(routes, query(known), 9000)
      expect(Either.getOrThrow(outcome)).toEqual({
        kind: "failed",
        source: "query",
        asked: { version: 3, atMillis: 9000 },
        vendorRefundNo: refundId,
        amount: Money.make(500n, "USD"),
        detail: "ECHECK"
      })
    })
  )

  it.effect("else among the order's refunds, by our number", () =>
    Effect.gen(function* () {
      const other = resource("R2", "COMPLETED", { amount: usd("1.00") })
      const there = yield* run({ [paths.order]: json(200, listing(other, ours("COMPLETED"))) }, query(), 9000)
      expect(Either.getOrThrow(there.outcome)).toMatchObject({
        kind: "succeeded",
        vendorRefundNo: refundId,
        asked: { version: 3, atMillis: 9000 }
      })
      const missing = yield* run({ [paths.order]: json(200, listing(other)) }, query(), 9000)
      expect(Either.getOrThrow(missing.outcome)).toEqual({
        kind: "notFound",
        source: "query",
        asked: { version: 3, atMillis: 9000 },
        vendorRefundNo: null,
        amount: null,
        detail: null
      })
    })
  )

  it.effect("another amount is evidence with that amount", () =>
    Effect.gen(function* () {
      const routes = { [paths.refundById]: json(200, ours("COMPLETED", { amount: usd("4.99") })) }
      const { outcome } = yield* run(routes, query(known))
      expect(Either.getOrThrow(outcome).amount).toEqual(Money.make(499n, "USD"))
    })
  )

  it.effect.each<readonly [string, Answer, string]>([
    ["PayPal's word for not found", json(404, problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")), "notFound"],
    ["a page that is not there", (response) => response.writeHead(404).end("<h1>"), "InDoubt"],
    ["a refusal", refusal("REFUND_NOT_ALLOWED"), "InDoubt"],
    ["too many calls", json(429, {}), "Throttled"],
    ["another refund", json(200, ours("COMPLETED", { id: "OTHER", custom_id: undefined })), "InDoubt"],
    ["an unknown state", json(200, ours("SOMETHING_NEW")), "InDoubt"]
  ])("answered with %s is %s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      expect(word((yield* run({ [paths.refundById]: answer }, query(known))).outcome)).toBe(expected)
    })
  )

  it.effect("whose order is not found says nothing of the refund", () =>
    Effect.gen(function* () {
      const routes = { [paths.order]: json(404, problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")) }
      expect(word((yield* run(routes, query())).outcome)).toBe("InDoubt")
    })
  )
})
