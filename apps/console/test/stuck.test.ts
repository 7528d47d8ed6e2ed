import { describe, expect, it } from "vitest"
import type { Answer } from "../src/Admin.ts"
import * as Stuck from "../src/order/Stuck.ts"
import { stuck } from "../src/words/order.ts"

type Detail = Answer<"orders.read">

const nowMillis = Date.parse("2026-11-23T08:10:00Z")
const made = (order: object, rest: object = {}): Detail =>
  ({
    order: { status: "SUCCEEDED", inDoubt: false, heldReason: null, expiresAt: "2026-11-23T08:15:00Z", ...order },
    refunds: [],
    deliveries: [],
    proposals: [],
    ...rest
  }) as unknown as Detail
const ids = (detail: Detail) => Stuck.reasons(detail, nowMillis).map(({ id }) => id)

describe("Why an order does not go on", () => {
  it("is nothing where it is through", () => {
    for (const status of ["SUCCEEDED", "REFUNDED", "FAILED", "CLOSED"]) expect(ids(made({ status }))).toEqual([])
  })

  it("is the hold's own reason", () => {
    expect(Stuck.reasons(made({ status: "HELD", heldReason: "AMOUNT_MISMATCH" }), nowMillis)).toEqual([
      { id: "held", tone: "act", about: "AMOUNT_MISMATCH" }
    ])
  })

  it("tells who waits for a payer from whose time is over", () => {
    expect(ids(made({ status: "PENDING" }))).toEqual(["pendingWaiting"])
    expect(ids(made({ status: "PENDING", expiresAt: "2026-11-23T08:05:00Z" }))).toEqual(["pendingExpired"])
  })

  it("tells an order whose create is in doubt from one that is on its way", () => {
    expect(ids(made({ status: "SUBMITTING", inDoubt: true }))).toEqual(["submittingInDoubt"])
    expect(ids(made({ status: "SUBMITTING" }))).toEqual(["submitting"])
  })

  it("has what wants a person before what passes by itself", () => {
    const refunds = [{ refundNo: "R1", status: "SUBMITTING", heldReason: null }]
    const deliveries = [
      { state: "given-up", tries: [{}] },
      { state: "waiting", tries: [{}] },
      { state: "waiting", tries: [] }
    ]
    expect(ids(made({ status: "LATE_PAID" }, { refunds, deliveries }))).toEqual([
      "latePaid",
      "deliveryGivenUp",
      "refundInDoubt",
      "deliveryWaiting"
    ])
  })

  it("says of each reason what helps", () => {
    for (const key of Object.keys(stuck.en).filter((name) => !name.endsWith("Help")))
      expect(stuck.en).toHaveProperty(`${key}Help`)
  })
})
