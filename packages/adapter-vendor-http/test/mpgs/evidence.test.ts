import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { aPayment, freshNo } from "@payment-proxy/testkit"
import { Either, FastCheck as fc } from "effect"
import { describe } from "vitest"
import * as Answers from "../../src/mpgs/answers.ts"
import { statuses } from "../../src/mpgs/codes.ts"
import { about, answer, fault, number, order, payment, refundNo, transaction, vectors, word } from "./sample.ts"

const said = (body: unknown, changes: Parameters<typeof about>[0] = {}) =>
  Answers.said(answer(200, body), about(changes))
const evidence = (body: unknown, changes: Parameters<typeof about>[0] = {}) => Either.getOrThrow(said(body, changes))
const usd = (minor: bigint) => Money.make(minor, "USD")

/** The order is known to be paid. */
const paid = aPayment({ ...payment, state: "SUCCEEDED", captured: 1234n })
const unpaid = { totalAuthorizedAmount: 0, totalCapturedAmount: 0, transaction: [] }
const declined = transaction("PAYMENT", { result: "FAILURE", response: { gatewayCode: "EXPIRED_CARD" } })

describe("the vectors' orders", () => {
  const expected: Record<string, readonly [string, object]> = {
    captured: ["paid", { captured: usd(1234n), paidAtMillis: Date.UTC(2026, 10, 23, 13, 20, 35, 123) }],
    authorized: ["authorized", { untilMillis: null }],
    "captured after authorize": ["paid", { captured: usd(1234n) }],
    "partly refunded": ["refunds", { captured: usd(1234n), total: 234n }],
    "declined once, payer may try again": ["open", { next: null }],
    "declined, then paid with a second transaction": ["paid", { captured: usd(1234n) }],
    "unknown at the acquirer": ["InDoubt", {}],
    "other currency": ["paid", { amount: Money.make(1234n, "EUR") }]
  }

  it.each<{ readonly name: string; readonly body: unknown }>(vectors.retrieveOrder.cases)("$name", ({ name, body }) => {
    const [kind, more] = expected[name] ?? expect.fail()
    expect(word(said(body))).toBe(kind)
    if (kind !== "InDoubt")
      expect(evidence(body)).toMatchObject({ kind, transactionNo: null, foreign: null, source: "query", ...more })
  })

  it("a declined order has failed when nobody can pay any more", () => {
    const { body } = vectors.retrieveOrder.cases.find(({ name }: { name: string }) => name.startsWith("declined once"))
    expect(evidence(body, { isOver: true })).toMatchObject({ kind: "failed", code: "DECLINED" })
  })

  it("the error for what is not there, and that for a wrong field, are told apart", () => {
    const { notFound, validationError } = vectors
    expect(word(Answers.said(answer(notFound.status, notFound.body), about()))).toBe("notFound")
    expect(word(Answers.said(answer(validationError.status, validationError.body), about()))).toBe("InDoubt")
  })
})

describe("every status", () => {
  it.each([
    ["INITIATED", "open", "open"],
    ["AUTHENTICATION_INITIATED", "open", "open"],
    ["AUTHENTICATED", "open", "open"],
    ["AUTHENTICATION_NOT_NEEDED", "open", "open"],
    ["AUTHENTICATION_UNSUCCESSFUL", "open", "failed"],
    ["FAILED", "open", "failed"],
    ["VERIFIED", "known", "known"],
    ["FUNDING", "known", "known"],
    ["DISBURSED", "known", "known"],
    ["CANCELLED", "known", "known"],
    ["WHATEVER", "known", "known"],
    ["captured", "known", "known"]
  ])("%s with nothing paid is %s while the page is open, and %s after", (status, open, over) => {
    expect(word(said(order({ ...unpaid, status })))).toBe(open)
    expect(word(said(order({ ...unpaid, status }), { isOver: true }))).toBe(over)
  })

  it.each([
    ["AUTHORIZED", "authorized"],
    ["PARTIALLY_CAPTURED", "paid"],
    ["CAPTURED", "paid"],
    ["PARTIALLY_REFUNDED", "refunds"],
    ["REFUNDED", "refunds"],
    ["EXCESSIVELY_REFUNDED", "refunds"],
    ["REFUND_REQUESTED", "refunds"],
    ["DISPUTED", "paid"],
    ["CHARGEBACK_PROCESSED", "paid"]
  ])("%s with money is %s", (status, kind) => expect(word(said(order({ status })))).toBe(kind))

  it("of the tables is tested", () => expect(statuses.size).toBe(19))
})

it("the answer to a question says which version asked, and when", () => {
  expect(evidence(order())).toMatchObject({ source: "query", asked: about().asked })
})

it("an order of someone else is seen as such", () => {
  expect(evidence(order({ merchant: "OTHER" })).foreign).toBe("MERCHANT_MISMATCH")
  expect(evidence(order({ id: "OTHER" })).foreign).toBe("NUMBER_MISMATCH")
})

it("another amount, or less than asked, is told with that amount: the machine holds the order", () => {
  expect(evidence(order({ amount: 12.35 })).amount).toEqual(usd(1235n))
  expect(evidence(order({ status: "AUTHORIZED", totalAuthorizedAmount: 5 })).amount).toEqual(usd(500n))
  expect(evidence(order({ status: "AUTHORIZED", amount: 99 })).amount).toEqual(usd(9900n))
  expect(evidence(order({ status: "AUTHORIZED" })).amount).toEqual(usd(1234n))
  expect(evidence(order({ status: "PARTIALLY_CAPTURED", totalCapturedAmount: 2.5 }))).toMatchObject({
    kind: "paid",
    amount: usd(1234n),
    captured: usd(250n)
  })
})

it("numbers are read as they are written, however that is", () => {
  const body = JSON.stringify(order()).replaceAll("12.34", "1.2340E+1")
  expect(Either.getOrThrow(Answers.said(answer(200, body), about()))).toMatchObject({ captured: usd(1234n) })
})

describe("what does not fit together is in doubt", () => {
  it.each([
    ["paid, and no total", order({ totalCapturedAmount: undefined })],
    ["paid, and nothing captured", order({ totalCapturedAmount: 0 })],
    ["paid, and no total of refunds", order({ totalRefundedAmount: undefined })],
    ["authorized, and no total", order({ status: "AUTHORIZED", totalAuthorizedAmount: undefined })],
    ["failed, and captured", order({ status: "FAILED" })],
    ["failed, and still held", order({ status: "FAILED", totalCapturedAmount: 0 })],
    ["not begun, and held", order({ status: "INITIATED", totalCapturedAmount: 0 })],
    ["only held, and captured", order({ status: "AUTHORIZED", totalCapturedAmount: 5 })],
    ["too many decimals", order({ amount: 12.345 })],
    ["no amount", order({ amount: undefined })],
    ["no merchant", order({ merchant: undefined })],
    ["no status", order({ status: undefined })],
    ["an unknown currency", order({ currency: "XXX" })],
    [
      "a refund in another currency",
      order({ status: "REFUNDED", transaction: [transaction("REFUND", {}, { currency: "EUR" })] })
    ],
    ["a list", [order()]],
    ["a text", "hello"]
  ])("%s", (_, body) => {
    expect(word(said(body))).toBe("InDoubt")
    expect(word(said(body, { isOver: true }))).toBe("InDoubt")
  })
})

describe("an order of which an attempt is under way", () => {
  const with_ = (changes: object, status = "FAILED") =>
    order({ ...unpaid, status, transaction: [transaction("PAYMENT", changes)] })

  it.each([
    ["PENDING", "PENDING"],
    ["PENDING", "SUBMITTED"],
    ["PENDING", "DEFERRED_TRANSACTION_RECEIVED"],
    ["SUCCESS", "SUBMITTED"]
  ])("(%s, %s) is open while the page is, then in doubt: neither failed nor closed", (result, gatewayCode) => {
    for (const status of ["INITIATED", "FAILED"]) {
      expect(word(said(with_({ result, response: { gatewayCode } }, status)))).toBe("open")
      expect(word(said(with_({ result, response: { gatewayCode } }, status), { isOver: true }))).toBe("InDoubt")
    }
  })

  it("is in doubt at once where the acquirer's answer is unknown", () => {
    for (const changes of [{ result: "UNKNOWN" }, { result: "FAILURE", response: { gatewayCode: "UNKNOWN" } }])
      for (const isOver of [true, false]) expect(word(said(with_(changes), { isOver }))).toBe("InDoubt")
  })

  it("is not one that the payer left at the bank's challenge", () => {
    const left = transaction("AUTHENTICATION", { result: "PENDING", response: { gatewayCode: "PENDING" } })
    const body = order({ ...unpaid, status: "AUTHENTICATION_INITIATED", result: "PENDING", transaction: [left] })
    expect(word(said(body, { isOver: true }))).toBe("open")
  })

  it("has failed by the code of the last attempt", () => {
    const timedOut = transaction("PAYMENT", { result: "FAILURE", response: { gatewayCode: "TIMED_OUT" } })
    const body = order({ ...unpaid, status: "FAILED", transaction: [declined, timedOut] })
    expect(evidence(body, { isOver: true })).toMatchObject({ kind: "failed", code: "EXPIRED_CARD" })
    expect(evidence(order({ ...unpaid, status: "FAILED" }), { isOver: true })).toMatchObject({ code: "DECLINED" })
  })
})

describe("refunds", () => {
  const refundOf = (id: string, changes: object = {}, type = "REFUND") =>
    transaction(type, changes, { id, amount: 2.34 })
  const refunded = (list: ReadonlyArray<unknown>, changes: object = {}) =>
    evidence(
      order({
        status: "PARTIALLY_REFUNDED",
        totalRefundedAmount: 2.34,
        transaction: [transaction("PAYMENT"), ...list],
        ...changes
      })
    )

  it("are listed by their transactions, ours by our numbers", () => {
    expect(refunded([refundOf(refundNo), refundOf("2")])).toMatchObject({
      kind: "refunds",
      total: 234n,
      items: [
        { vendorRefundNo: refundNo, ourNo: refundNo, amountMinor: 234n, state: "succeeded" },
        { vendorRefundNo: "2", ourNo: null, amountMinor: 234n, state: "succeeded" }
      ]
    })
  })

  it.each([
    ["SUCCESS", "APPROVED_PENDING_SETTLEMENT", "REFUND", "succeeded"],
    ["SUCCESS", "SUBMITTED", "REFUND", "pending"],
    ["PENDING", "PENDING", "REFUND", "pending"],
    ["UNKNOWN", "UNKNOWN", "REFUND", "pending"],
    ["FAILURE", "TIMED_OUT", "REFUND", "pending"],
    ["FAILURE", "DECLINED", "REFUND", "failed"],
    ["FAILURE", "LOCK_FAILURE", "REFUND", "failed"],
    ["SUCCESS", "APPROVED", "REFUND_REQUEST", "pending"]
  ])("(%s, %s) of type %s is %s", (result, gatewayCode, type, state) => {
    expect(refunded([refundOf("2", { result, response: { gatewayCode } }, type)])).toMatchObject({ items: [{ state }] })
  })

  it("one that waits for approval has not gone back", () => {
    const list = [refundOf(refundNo, {}, "REFUND_REQUEST")]
    expect(refunded(list, { status: "REFUND_REQUESTED", totalRefundedAmount: 0 })).toMatchObject({
      kind: "refunds",
      total: 0n,
      items: [{ ourNo: refundNo, state: "pending" }]
    })
  })

  it("one that was voided did not go back; where it is not said which, the total speaks alone", () => {
    const back = (own: object) => transaction("VOID_REFUND", {}, { id: "9", amount: 2.34, ...own })
    expect(refunded([refundOf("2"), back({ targetTransactionId: "2" })])).toMatchObject({
      items: [{ state: "failed" }]
    })
    expect(refunded([refundOf("2"), back({})])).toMatchObject({ total: 234n, items: [] })
  })

  it("are seen whatever the status says of them", () => {
    expect(refunded([refundOf("2")], { status: "CAPTURED" })).toMatchObject({ kind: "refunds", total: 234n })
  })
})

describe("a cancelled order", () => {
  const cancelled = (list: ReadonlyArray<unknown>, changes: object = {}) =>
    evidence(order({ ...unpaid, status: "CANCELLED", transaction: list, ...changes }))
  const back = (type: string) => transaction(type, {}, { id: "2", targetTransactionId: "1" })

  it("of which the authorization was voided is closed", () => {
    expect(cancelled([transaction("AUTHORIZATION"), back("VOID_AUTHORIZATION")]).kind).toBe("closed")
  })

  it.each([
    ["VOID_PAYMENT", [transaction("PAYMENT")]],
    ["VOID_CAPTURE", [transaction("AUTHORIZATION"), transaction("CAPTURE", {}, { id: "3" })]]
  ])("that was paid and undone by %s is refunded, all of it", (type, list) => {
    const all = { kind: "refunds", captured: usd(1234n), total: 1234n, items: [] }
    expect(cancelled([...list, back(type)])).toMatchObject(all)
    expect(cancelled([...list, back(type)], { totalCapturedAmount: 12.34 })).toMatchObject(all)
  })

  it("that was cancelled in no way that is known moves nothing", () => {
    expect(cancelled([transaction("PAYMENT")]).kind).toBe("known")
    expect(cancelled([transaction("PAYMENT"), back("VOID_AUTHORIZATION")]).kind).toBe("known")
    const refused = transaction("VOID_AUTHORIZATION", { result: "FAILURE", response: { gatewayCode: "DECLINED" } })
    expect(cancelled([transaction("AUTHORIZATION"), refused]).kind).toBe("known")
  })
})

describe("a dispute", () => {
  it.each([
    ["DISPUTED", { amount: 0, currency: "USD" }, 1234n, "open"],
    ["DISPUTED", undefined, 1234n, "open"],
    ["CHARGEBACK_PROCESSED", { amount: 10, currency: "USD" }, 1000n, "lost"],
    ["CHARGEBACK_PROCESSED", { amount: 10, currency: "EUR" }, 1234n, "lost"]
  ])("of money that is known (%s, %j) is of %s and %s", (status, chargeback, disputedMinor, state) => {
    expect(evidence(order({ status, chargeback }), { payment: paid })).toMatchObject({
      kind: "disputed",
      disputeNo: number,
      disputedMinor,
      state
    })
  })

  it("is told after what is not known yet: that the order was paid, and what went back", () => {
    expect(evidence(order({ status: "DISPUTED" })).kind).toBe("paid")
    const partly = order({ status: "DISPUTED", totalRefundedAmount: 1 })
    expect(evidence(partly, { payment: paid })).toMatchObject({ kind: "refunds", total: 100n })
    const known = aPayment({ ...paid, refundTotal: 100n })
    expect(evidence(partly, { payment: known }).kind).toBe("disputed")
  })
})

it("no word that is not of the tables is ever an end, or money", () => {
  const ends = ["paid", "refunds", "authorized", "failed", "closed", "disputed", "notFound", "Rejected"]
  const word_ = fc.oneof(fc.string(), fc.fullUnicodeString(), fc.constantFrom("toString", "__proto__", "constructor"))
  fc.assert(
    fc.property(word_, fc.string(), fc.boolean(), (status, result, isOver) => {
      fc.pre(!statuses.has(status))
      expect(ends).not.toContain(word(said(order({ status, result }), { isOver })))
    })
  )
})

it("no body is ever a defect, and none of another form says anything", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), fc.integer({ min: 100, max: 599 }), (text, status) => {
      expect(["InDoubt", "Throttled"]).toContain(word(Answers.said(answer(status, text), about())))
    })
  )
})

it("an order of which any one member is another thing is no defect", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(order())), fc.jsonValue(), (name, value) => {
      expect(word(said(order({ [name]: value })))).toBeTypeOf("string")
    })
  )
})

it("a refund's number of another order is no refund of ours by its form alone", () => {
  const no = freshNo()
  const list = [transaction("PAYMENT"), transaction("REFUND", {}, { id: no.toLowerCase(), amount: 2.34 })]
  expect(evidence(order({ status: "REFUNDED", totalRefundedAmount: 2.34, transaction: list }))).toMatchObject({
    items: [{ ourNo: null }]
  })
  expect(word(Answers.said(answer(400, fault("INVALID_REQUEST")), about()))).toBe("notFound")
})
