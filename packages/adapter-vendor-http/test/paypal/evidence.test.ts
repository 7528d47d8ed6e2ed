import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Either, FastCheck as fc, Schema } from "effect"
import { describe } from "vitest"
import * as Answers from "../../src/paypal/answers.ts"
import { fromOrder } from "../../src/paypal/evidence.ts"
import { Order } from "../../src/paypal/wire.ts"
import { at, authorizationId, captureId, order, orderId, payment, refundNo, resource, usd } from "./desk.ts"

const config = at("https://api-m.paypal.com")
const said = { source: "query", asked: { version: 7, atMillis: 1000 } } as const

const of = (stated: unknown, configured = config, ours = payment) =>
  fromOrder(Schema.decodeUnknownSync(Order)(stated), ours, configured, said)
const evidence = (stated: unknown, configured = config, ours = payment) =>
  Either.getOrThrow(of(stated, configured, ours))
const kind = (stated: unknown) => Either.match(of(stated), { onLeft: () => "InDoubt", onRight: ({ kind }) => kind })

const capture = (status: string, more: object = {}) => ({ captures: [resource(captureId, status, more)] })
const authorization = (status: string, more: object = {}) => ({
  authorizations: [resource(authorizationId, status, more)]
})

describe("the words of an order", () => {
  it.each([
    ["CREATED", "open"],
    ["SAVED", "open"],
    ["PAYER_ACTION_REQUIRED", "open"],
    ["APPROVED", "approved"],
    ["VOIDED", "closed"],
    ["COMPLETED", "known"],
    ["SOMETHING_NEW", "known"],
    ["completed", "known"],
    ["constructor", "known"]
  ])("%s is %s, as long as nothing was captured or authorized", (status, expected) =>
    expect(kind(order(status))).toBe(expected)
  )

  it("an unknown word is told as it came, but no longer than 64 characters", () => {
    expect(evidence(order("X".repeat(100)))).toMatchObject({ kind: "known", word: "X".repeat(64) })
  })

  it("an open order has the payer's next step, whichever of the two links PayPal gives", () => {
    const url = `https://www.paypal.com/checkoutnow?token=${orderId}`
    expect(evidence(order("CREATED"))).toMatchObject({ next: { type: "redirect", url } })
    const approve = { links: [{ rel: "approve", href: url }] }
    expect(evidence(order("CREATED", {}, approve))).toMatchObject({ next: { type: "redirect", url } })
    const bad = { links: [{ rel: "approve", href: "javascript:alert(1)" }] }
    expect(evidence(order("CREATED", {}, bad))).toMatchObject({ next: null })
    expect(evidence(order("CREATED", {}, { links: undefined }))).toMatchObject({ next: null })
  })
})

describe("the words of a capture", () => {
  it.each([
    ["COMPLETED", "paid"],
    ["PENDING", "open"],
    ["DECLINED", "failed"],
    ["FAILED", "failed"],
    ["PARTIALLY_REFUNDED", "refunds"],
    ["REFUNDED", "refunds"],
    ["SOMETHING_NEW", "known"]
  ])("%s makes the order %s", (status, expected) => expect(kind(order("COMPLETED", capture(status)))).toBe(expected))

  it("that took money counts whatever the order's own word is", () => {
    for (const status of ["APPROVED", "CREATED", "VOIDED", "SOMETHING_NEW"])
      expect(kind(order(status, capture("COMPLETED")))).toBe("paid")
  })

  it("that was declined leaves an order alive that the payer can still pay", () => {
    expect(kind(order("APPROVED", capture("DECLINED")))).toBe("approved")
    expect(kind(order("PAYER_ACTION_REQUIRED", capture("DECLINED")))).toBe("open")
  })

  it("that waits asks nothing more of the payer", () => {
    const waiting = capture("PENDING", { status_details: { reason: "ECHECK" } })
    expect(evidence(order("COMPLETED", waiting))).toMatchObject({ kind: "open", next: { type: "none" } })
  })

  it("that was declined says why", () => {
    const lost = capture("DECLINED", { status_details: { reason: "OTHER" } })
    expect(evidence(order("COMPLETED", lost))).toMatchObject({ kind: "failed", code: "OTHER" })
    const strange = capture("DECLINED", { status_details: { reason: "<script>" } })
    expect(evidence(order("COMPLETED", strange))).toMatchObject({ code: "DECLINED" })
  })

  it("is the money that came, by its own amount, and its number is kept for refunds", () => {
    expect(evidence(order("COMPLETED", capture("COMPLETED")))).toEqual({
      kind: "paid",
      ...said,
      transactionNo: orderId,
      amount: Money.make(1234n, "USD"),
      foreign: null,
      keep: `capture:${captureId}`,
      captured: Money.make(1234n, "USD"),
      paidAtMillis: Date.UTC(2026, 0, 1, 0, 1)
    })
    const other = evidence(order("COMPLETED", capture("COMPLETED", { amount: usd("12.33") })))
    expect(other).toMatchObject({ captured: Money.make(1233n, "USD"), amount: Money.make(1234n, "USD") })
    const euro = { amount: { currency_code: "EUR", value: "12.34" } }
    expect(evidence(order("COMPLETED", capture("COMPLETED", euro)))).toMatchObject({
      captured: Money.make(1234n, "EUR")
    })
  })

  it("and another capture are the sum of both; two currencies are not understood", () => {
    const twice = (second: object) => ({
      captures: [resource(captureId, "COMPLETED"), resource("2GG", "COMPLETED", second)]
    })
    expect(evidence(order("COMPLETED", twice({})))).toMatchObject({
      captured: Money.make(2468n, "USD"),
      keep: "capture:2GG"
    })
    const euro = { amount: { currency_code: "EUR", value: "1.00" } }
    expect(kind(order("COMPLETED", twice(euro)))).toBe("InDoubt")
  })

  it.each([{ amount: undefined }, { amount: usd("12,34") }, { amount: usd("-12.34") }, { amount: usd("1e3") }])(
    "with %j is not understood",
    (more) => expect(kind(order("COMPLETED", capture("COMPLETED", more)))).toBe("InDoubt")
  )

  it("decimals that say nothing are tolerated", () => {
    expect(evidence(order("COMPLETED", capture("COMPLETED", { amount: usd("12.340") })))).toMatchObject({
      captured: Money.make(1234n, "USD")
    })
  })
})

describe("the words of an authorization", () => {
  it.each([
    ["CREATED", "authorized"],
    ["PENDING", "open"],
    ["DENIED", "failed"],
    ["VOIDED", "closed"],
    ["CAPTURED", "known"],
    ["PARTIALLY_CAPTURED", "known"],
    ["SOMETHING_NEW", "known"]
  ])("%s makes the order %s", (status, expected) =>
    expect(kind(order("COMPLETED", authorization(status)))).toBe(expected)
  )

  it.each(["VOIDED", "DENIED"])(
    "that is %s ends no order of which another is undecided, captured or unknown",
    (status) => {
      for (const [other, expected] of [
        ["PENDING", "open"],
        ["CAPTURED", "known"],
        ["SOMETHING_NEW", "known"]
      ] as const) {
        const one = resource("A1", other)
        const ended = resource("A2", status)
        for (const authorizations of [
          [one, ended],
          [ended, one]
        ])
          expect(kind(order("COMPLETED", { authorizations }))).toBe(expected)
      }
    }
  )

  it.each(["CAPTURED", "PARTIALLY_CAPTURED"])("%s counts by its captures", (status) => {
    const both = { ...authorization(status), ...capture("COMPLETED", { amount: usd("10.00") }) }
    expect(evidence(order("COMPLETED", both))).toMatchObject({ kind: "paid", captured: Money.make(1000n, "USD") })
  })

  it("holds funds until it ends, also after a capture of it was declined", () => {
    const held = authorization("CREATED", { expiration_time: "2026-01-30T00:00:00Z" })
    expect(evidence(order("COMPLETED", held))).toMatchObject({
      kind: "authorized",
      keep: `authorization:${authorizationId}`,
      untilMillis: Date.UTC(2026, 0, 30),
      amount: Money.make(1234n, "USD")
    })
    expect(kind(order("COMPLETED", { ...held, ...capture("DECLINED") }))).toBe("authorized")
    const less = authorization("CREATED", { amount: usd("1.00") })
    expect(evidence(order("COMPLETED", less))).toMatchObject({ amount: Money.make(100n, "USD") })
  })
})

describe("refunds of an order", () => {
  const refunded = (...refunds: ReadonlyArray<object>) =>
    order("COMPLETED", { ...capture("PARTIALLY_REFUNDED"), refunds })

  it("are listed, ours by the number that we gave them", () => {
    const list = refunded(
      resource("R1", "COMPLETED", { amount: usd("5.00"), custom_id: refundNo }),
      resource("R2", "PENDING", { amount: usd("1.00"), custom_id: undefined }),
      resource("R3", "FAILED", { amount: usd("2.00") }),
      resource("R4", "CANCELLED", { amount: usd("3.00") }),
      resource("R5", "SOMETHING_NEW", { amount: usd("0.50") })
    )
    expect(evidence(list)).toMatchObject({
      kind: "refunds",
      total: null,
      captured: Money.make(1234n, "USD"),
      keep: `capture:${captureId}`,
      items: [
        { vendorRefundNo: "R1", ourNo: refundNo, amountMinor: 500n, state: "succeeded" },
        { vendorRefundNo: "R2", ourNo: null, amountMinor: 100n, state: "pending" },
        { vendorRefundNo: "R3", ourNo: null, amountMinor: 200n, state: "failed" },
        { vendorRefundNo: "R4", ourNo: null, amountMinor: 300n, state: "failed" },
        { vendorRefundNo: "R5", ourNo: null, amountMinor: 50n, state: "pending" }
      ]
    })
  })

  it("that are not listed are all of it where the capture says so", () => {
    expect(evidence(order("COMPLETED", capture("REFUNDED")))).toMatchObject({ total: 1234n, items: [] })
    expect(evidence(order("COMPLETED", capture("PARTIALLY_REFUNDED")))).toMatchObject({ total: null, items: [] })
  })

  it("without an amount or in another currency are not understood", () => {
    expect(kind(refunded(resource("R1", "COMPLETED", { amount: undefined })))).toBe("InDoubt")
    expect(kind(refunded(resource("R1", "COMPLETED", { amount: { currency_code: "EUR", value: "1.00" } })))).toBe(
      "InDoubt"
    )
  })
})

describe("an order of someone else", () => {
  const foreign = (stated: unknown, configured = config, ours = payment) => evidence(stated, configured, ours).foreign

  it("is told by its number", () => {
    expect(foreign(order("COMPLETED", capture("COMPLETED")))).toBe(null)
    expect(foreign(order("CREATED", {}, { id: "OTHER" }))).toBe("NUMBER_MISMATCH")
    expect(foreign(order("CREATED", {}, {}, { custom_id: "OTHER" }))).toBe("NUMBER_MISMATCH")
    expect(foreign(order("CREATED", {}, {}, { custom_id: undefined, invoice_id: "OTHER" }))).toBe("NUMBER_MISMATCH")
    expect(foreign(order("COMPLETED", capture("COMPLETED", { custom_id: "OTHER" })))).toBe("NUMBER_MISMATCH")
    expect(foreign(order("COMPLETED", authorization("CREATED", { custom_id: "OTHER" })))).toBe("NUMBER_MISMATCH")
  })

  it("is told by its payee, where one is configured and named", () => {
    const ours = at("https://api-m.paypal.com", { merchantId: "RD465XN5VS364" })
    const others = at("https://api-m.paypal.com", { merchantId: "2222222222222" })
    expect(foreign(order("CREATED"), ours)).toBe(null)
    expect(foreign(order("CREATED"), others)).toBe("MERCHANT_MISMATCH")
    expect(foreign(order("CREATED", {}, {}, { payee: undefined }), others)).toBe(null)
  })

  it("an order of several units is not ours to understand", () => {
    const two = order("CREATED")
    expect(kind({ ...two, purchase_units: [...two.purchase_units, ...two.purchase_units] })).toBe("InDoubt")
  })
})

it("whatever words come, no unknown one is money, an end, or a defect", () => {
  const familiar = new Set(
    "CREATED SAVED APPROVED VOIDED COMPLETED PENDING DECLINED FAILED DENIED REFUNDED PARTIALLY_REFUNDED".split(" ")
  )
  const strange = fc.string({ unit: "binary", maxLength: 80 }).filter((text) => !familiar.has(text))
  fc.assert(
    fc.property(strange, strange, strange, fc.constantFrom("COMPLETED", "X"), (a, b, c, own) => {
      const stated = order(own === "X" ? a : own, {
        captures: [resource("C1", b)],
        authorizations: [resource("A1", c)]
      })
      expect(["known", "InDoubt"]).toContain(kind(stated))
      const [alone] = [order(a)].map(kind)
      expect(alone === "known" || a === "PAYER_ACTION_REQUIRED").toBe(true)
    }),
    { numRuns: 100 }
  )
})

it("whatever text comes as an answer, it is read or in doubt", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify({ id: "A", status: value }))
  )
  fc.assert(
    fc.property(texts, (text) => {
      const answer = { status: 200, headers: {}, text, askedAtMillis: 0 }
      const read = Answers.evidence(answer, payment, config, said)
      if (Either.isRight(read)) expect(["known", "open", "approved", "closed"]).toContain(read.right.kind)
      else expect(read.left._tag).toBe("InDoubt")
    }),
    { numRuns: 500 }
  )
})
