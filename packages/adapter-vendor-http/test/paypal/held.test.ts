import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import type { Vendors } from "@payment-proxy/ports"
import { Effect, Either, TestClock } from "effect"
import { describe } from "vitest"
import { type Answer, json } from "../platform.ts"
import {
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
const manual = { ...payment, capture: "manual" as const }

type Port = Vendors["Type"]

/** At the time at which the order was placed, unless told otherwise. */
const run = (routes: Routes, use: (vendors: Port) => ReturnType<Port["query"]>, nowMillis = payment.createdAtMillis) =>
  Effect.zipRight(TestClock.setTime(nowMillis), using(routes, use))

const refusal = (issue: string): Answer => json(422, problem("UNPROCESSABLE_ENTITY", issue))
const paid = order("COMPLETED", { captures: [resource(captureId, "COMPLETED")] })
const held = order("COMPLETED", { authorizations: [resource(authorizationId, "CREATED")] })
const released = order("COMPLETED", { authorizations: [resource(authorizationId, "VOIDED")] })

describe("a capture of held funds", () => {
  const kept = { ...manual, state: "AUTHORIZED" as const, kept: [`authorization:${authorizationId}`] }
  const capture =
    (of = kept, amountMinor = 1000n) =>
    (vendors: Port) =>
      vendors.capture(of, operation("capture", amountMinor), always)
  const ten = { amount: { currency_code: "USD", value: "10.00" } }

  it.effect("takes the operation's amount, finally, under its number", () =>
    Effect.gen(function* () {
      const routes = { [paths.captureAuthorization]: json(201, resource(captureId, "COMPLETED", ten)) }
      const { outcome, seen } = yield* run(routes, capture())
      expect(Either.getOrThrow(outcome)).toMatchObject({
        kind: "paid",
        source: "operation",
        transactionNo: orderId,
        amount: null,
        captured: Money.make(1000n, "USD"),
        keep: `capture:${captureId}`
      })
      expect(JSON.parse(seen[0]?.body.toString() ?? "")).toEqual({ ...ten, final_capture: true })
      expect(seen[0]?.headers["paypal-request-id"]).toBe(`${payment.payOrderNo}C1`)
    })
  )

  it.effect("whose authorization was not kept asks for it first, or answers what the order is instead", () =>
    Effect.gen(function* () {
      const forgotten = { ...kept, kept: [] }
      const routes = {
        [paths.order]: json(200, held),
        [paths.captureAuthorization]: json(201, resource(captureId, "COMPLETED", ten))
      }
      const found = yield* run(routes, capture(forgotten))
      expect(word(found.outcome)).toBe("paid")
      expect(lines(found.seen)).toEqual([paths.order, paths.captureAuthorization])
      const gone = yield* run({ [paths.order]: json(200, released) }, capture(forgotten))
      expect(Either.getOrThrow(gone.outcome)).toMatchObject({ kind: "closed", source: "operation" })
      const others = yield* run({ ...routes, [paths.order]: json(200, { ...held, id: "OTHER" }) }, capture(forgotten))
      expect(Either.getOrThrow(others.outcome)).toMatchObject({ kind: "authorized", foreign: "NUMBER_MISMATCH" })
      expect(lines(others.seen)).toEqual([paths.order])
    })
  )

  it.effect.each<readonly [string, Answer, string]>([
    ["a refusal for good", refusal("TRANSACTION_REFUSED"), "Rejected"],
    ["a payer who cannot pay", refusal("PAYER_CANNOT_PAY"), "Rejected"],
    ["too much", refusal("MAX_CAPTURE_AMOUNT_EXCEEDED"), "Rejected"],
    ["a declined capture", json(201, resource(captureId, "DECLINED", ten)), "Rejected"],
    ["a capture that waits", json(201, resource(captureId, "PENDING", ten)), "open"],
    ["a capture in an unknown state", json(201, resource(captureId, "SOMETHING_NEW", ten)), "known"],
    ["another's capture", json(201, resource(captureId, "COMPLETED", { custom_id: "OTHER" })), "paid"],
    ["a capture without amount", json(201, resource(captureId, "COMPLETED", { amount: undefined })), "InDoubt"],
    ["an order", json(201, { links: [] }), "InDoubt"],
    ["a conflict", json(409, problem("RESOURCE_CONFLICT")), "InDoubt"]
  ])("answered with %s is %s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      const { outcome } = yield* run({ [paths.captureAuthorization]: answer }, capture())
      expect(word(outcome)).toBe(expected)
      if (_ === "another's capture") expect(Either.getOrThrow(outcome).foreign).toBe("NUMBER_MISMATCH")
    })
  )

  it.effect.each<readonly [string, unknown, string]>([
    ["PREVIOUSLY_CAPTURED", paid, "paid"],
    ["AUTHORIZATION_ALREADY_CAPTURED", paid, "paid"],
    ["AUTHORIZATION_VOIDED", released, "closed"],
    ["PREVIOUSLY_VOIDED", released, "closed"],
    ["AUTHORIZATION_EXPIRED", order("APPROVED"), "Rejected"]
  ])("%s makes the order be read", ([issue, stands, expected]) =>
    Effect.gen(function* () {
      const routes = { [paths.captureAuthorization]: refusal(issue), [paths.order]: json(200, stands) }
      const { outcome } = yield* run(routes, capture())
      expect(word(outcome)).toBe(expected)
    })
  )
})

describe("a close", () => {
  const close =
    (of = payment) =>
    (vendors: Port) =>
      vendors.close(of)

  it.effect.each<readonly [string, unknown, string]>([
    ["open", order("PAYER_ACTION_REQUIRED"), "open"],
    ["approved", order("APPROVED"), "approved"],
    ["paid", paid, "paid"],
    ["closed", order("VOIDED"), "closed"]
  ])("of an order that is %s says so", ([_, stands, expected]) =>
    Effect.gen(function* () {
      const { outcome, seen } = yield* run({ [paths.order]: json(200, stands) }, close(), 9000)
      expect(Either.getOrThrow(outcome)).toMatchObject({
        kind: expected,
        source: "close",
        asked: { version: 7, atMillis: 9000 }
      })
      expect(seen.length).toBe(1)
    })
  )

  it.effect("releases what is held, and reads what the order then is", () =>
    Effect.gen(function* () {
      for (const answer of [json(200, resource(authorizationId, "VOIDED")), json(204, null)] as const) {
        const routes = {
          [paths.order]: [json(200, held), json(200, released)],
          [paths.voidAuthorization]: answer
        }
        const { outcome, seen } = yield* run(routes, close(manual))
        expect(word(outcome)).toBe("closed")
        expect(lines(seen)).toEqual([paths.order, paths.voidAuthorization, paths.order])
        expect(seen[1]?.headers["paypal-request-id"]).toBe(undefined)
      }
    })
  )

  it.effect.each(["CANNOT_BE_VOIDED", "PREVIOUSLY_CAPTURED", "PREVIOUSLY_VOIDED"])(
    "whose release is refused with %s reads the order again",
    (issue) =>
      Effect.gen(function* () {
        const routes = {
          [paths.order]: [json(200, held), json(200, paid)],
          [paths.voidAuthorization]: refusal(issue)
        }
        const { outcome } = yield* run(routes, close(manual))
        expect(Either.getOrThrow(outcome)).toMatchObject({ kind: "paid", source: "close" })
      })
  )

  it.effect("whose release has an unknown outcome is in doubt", () =>
    Effect.gen(function* () {
      const routes = { [paths.order]: json(200, held), [paths.voidAuthorization]: json(500, {}) }
      expect(word((yield* run(routes, close(manual))).outcome)).toBe("InDoubt")
    })
  )

  const undecided: ReadonlyArray<readonly [string, unknown]> = [
    ["a capture", order("COMPLETED", { captures: [resource(captureId, "PENDING")] })],
    [
      "a capture of held funds",
      order("COMPLETED", {
        captures: [resource(captureId, "PENDING")],
        authorizations: [resource(authorizationId, "CREATED")]
      })
    ],
    ["an authorization", order("COMPLETED", { authorizations: [resource(authorizationId, "PENDING")] })]
  ]

  it.effect.each(undecided)("waits while PayPal has not decided on %s", ([_, waiting]) =>
    Effect.gen(function* () {
      expect(word((yield* run({ [paths.order]: json(200, waiting) }, close())).outcome)).toBe("Throttled")
    })
  )

  it.effect.each(undecided)("that asks anew what the order is does not take %s for an open order's", ([_, waiting]) =>
    Effect.gen(function* () {
      const asked = (state: "PENDING" | "CLOSING") =>
        run({ [paths.order]: json(200, waiting) }, (vendors) => vendors.query({ ...payment, state }))
      expect(word((yield* asked("CLOSING")).outcome)).toBe("Throttled")
      expect(word((yield* asked("PENDING")).outcome)).toBe("open")
    })
  )

  it.effect("releases nothing of an order that is someone else's", () =>
    Effect.gen(function* () {
      const routes = { [paths.order]: json(200, { ...held, id: "OTHER" }) }
      const { outcome, seen } = yield* run(routes, close(manual))
      expect(Either.getOrThrow(outcome).foreign).toBe("NUMBER_MISMATCH")
      expect(seen.length).toBe(1)
    })
  )
})
