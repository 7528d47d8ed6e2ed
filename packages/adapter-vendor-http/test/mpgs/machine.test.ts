import { expect, it } from "@effect/vitest"
import { type Payment, PaymentMachine } from "@payment-proxy/domain"
import { aPayment } from "@payment-proxy/testkit"
import { Either } from "effect"
import * as Answers from "../../src/mpgs/answers.ts"
import { about, answer, order, payment, transaction } from "./sample.ts"

const settings = { settlingMillis: 300_000 }
const { deadlineMillis } = payment
const unpaid = { totalAuthorizedAmount: 0, totalCapturedAmount: 0, transaction: [] }

/** What a payment in a state comes to by an order that was asked for at a time. */
const after = (
  state: Payment.State,
  body: object,
  {
    atMillis = payment.createdAtMillis + 60_000,
    facts = {}
  }: { atMillis?: number; facts?: Partial<Payment.Payment> } = {}
) => {
  const before = aPayment({ ...payment, arrived: true, state, ...facts })
  const said = about({
    payment: before,
    source: state === "CLOSING" ? "close" : "query",
    asked: { version: before.version, atMillis },
    isOver: atMillis > deadlineMillis
  })
  const evidence = Either.getOrThrow(Answers.said(answer(200, body), said))
  const { order: moved, alarms } = PaymentMachine.absorb(before, evidence, atMillis, settings)
  return { state: moved.state, heldReason: moved.heldReason, alarms, moved }
}

const paid = { captured: 1234n, authorized: 1234n }

it("an order that is captured has succeeded, by one attempt or several", () => {
  expect(after("PENDING", order()).state).toBe("SUCCEEDED")
  expect(after("AUTHORIZED", order()).state).toBe("SUCCEEDED")
  expect(after("CLOSED", order(), { facts: { toldDead: true } }).state).toBe("LATE_PAID")
})

it("less than asked, another amount or another currency is held for a person", () => {
  for (const body of [
    order({ status: "AUTHORIZED", totalAuthorizedAmount: 5 }),
    order({ totalCapturedAmount: 5 }),
    order({ status: "PARTIALLY_CAPTURED", totalCapturedAmount: 5 }),
    order({ amount: 12.35 })
  ])
    expect(after("PENDING", body)).toMatchObject({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
  expect(after("PENDING", order({ currency: "EUR" })).heldReason).toBe("CURRENCY_MISMATCH")
  expect(after("PENDING", order({ merchant: "OTHER" })).heldReason).toBe("MERCHANT_MISMATCH")
  expect(after("SUCCEEDED", order({ totalCapturedAmount: 24.68 }), { facts: paid }).heldReason).toBe("SECOND_PAYMENT")
})

it("a part that the app asked for is all of it", () => {
  const part = order({ status: "PARTIALLY_CAPTURED", totalCapturedAmount: 5 })
  expect(after("AUTHORIZED", part, { facts: { authorized: 1234n, captureAsked: 500n } }).state).toBe("SUCCEEDED")
})

it("the payer may try again while the page is open; past the deadline nothing came, and the order is over", () => {
  const failed = order({ ...unpaid, status: "FAILED" })
  const left = order({ ...unpaid, status: "AUTHENTICATION_INITIATED", result: "PENDING" })
  const challenged = { ...left, transaction: [transaction("AUTHENTICATION", { result: "PENDING" })] }
  expect(after("PENDING", failed).state).toBe("PENDING")
  expect(after("PENDING", failed, { atMillis: deadlineMillis + 1 }).state).toBe("FAILED")
  expect(after("CLOSING", challenged).state).toBe("CLOSING")
  expect(after("CLOSING", challenged, { atMillis: deadlineMillis + 1 }).state).toBe("CLOSED")
})

it("refunds are counted by the total, and more than was paid is an alarm", () => {
  const refunded = (status: string, total: number) =>
    after("SUCCEEDED", order({ status, totalRefundedAmount: total }), { facts: paid })
  expect(refunded("PARTIALLY_REFUNDED", 2.34).state).toBe("PARTIALLY_REFUNDED")
  expect(refunded("REFUNDED", 12.34).state).toBe("REFUNDED")
  expect(refunded("EXCESSIVELY_REFUNDED", 20)).toMatchObject({ state: "REFUNDED", alarms: ["REFUNDS_EXCEED"] })
  expect(refunded("REFUND_REQUESTED", 0).state).toBe("SUCCEEDED")
})

it("a dispute leaves the order as it is, and takes from what may be refunded", () => {
  const chargeback = { amount: 10, currency: "USD" }
  const { state, moved } = after("SUCCEEDED", order({ status: "CHARGEBACK_PROCESSED", chargeback }), { facts: paid })
  expect(state).toBe("SUCCEEDED")
  expect(moved.disputes).toEqual([{ disputeNo: payment.merchantOrderNo, amountMinor: 1000n, state: "lost" }])
})

it("a status that Hosted Checkout does not know moves nothing, and is an alarm", () => {
  for (const status of ["VERIFIED", "FUNDING", "DISBURSED", "NEW"])
    expect(after("CLOSING", order({ ...unpaid, status }), { atMillis: deadlineMillis + 1 })).toMatchObject({
      state: "CLOSING",
      alarms: ["UNKNOWN_STATUS"]
    })
})
