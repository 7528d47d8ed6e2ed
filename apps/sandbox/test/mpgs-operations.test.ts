import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { type GatewayMerchant, openGateway } from "./mpgs.ts"
import type { World } from "./world.ts"

let world: World
let gateway: GatewayMerchant
beforeAll(async () => {
  ;({ world, gateway } = await openGateway())
})
afterEach(() => world.faults())
afterAll(async () => {
  await world.close()
  world.sweep()
})

const invalid = { status: 400, body: { result: "ERROR", error: { cause: "INVALID_REQUEST" } } }
const invalidIn = (field: string, validationType = "INVALID") => ({
  status: 400,
  body: { error: { cause: "INVALID_REQUEST", field, validationType } }
})
const totals = (authorized: number, captured: number, refunded: number) => ({
  totalAuthorizedAmount: authorized,
  totalCapturedAmount: captured,
  totalRefundedAmount: refunded
})
const stands = async (id: string, status: string, ...amounts: [number, number, number]) =>
  expect((await gateway.order(id)).body).toMatchObject({ status, ...totals(...amounts) })

describe("CAPTURE", () => {
  it("takes what is authorized, in parts, up to all of it", async () => {
    const id = await gateway.authorized()
    await stands(id, "AUTHORIZED", 12.34, 0, 0)
    const first = await gateway.capture(id, "C-1", "10.00")
    expect(first).toMatchObject({
      status: 201,
      body: {
        result: "SUCCESS",
        response: { gatewayCode: "APPROVED" },
        gatewayEntryPoint: "WEB_SERVICES_API",
        transaction: { id: "C-1", type: "CAPTURE", amount: 10, currency: "USD" },
        order: { status: "PARTIALLY_CAPTURED", ...totals(12.34, 10, 0) }
      }
    })
    expect(await gateway.capture(id, "C-2", "2.35")).toMatchObject(invalidIn("transaction.amount"))
    expect((await gateway.capture(id, "C-2", "2.34")).body.order.status).toBe("CAPTURED")
    await stands(id, "CAPTURED", 12.34, 12.34, 0)
    expect(await gateway.capture(id, "C-3", "0.01")).toMatchObject(invalidIn("transaction.amount"))
  })

  it("is refused where nothing is authorized", async () => {
    expect(await gateway.capture(await gateway.paid(), "C-1", "1.00")).toMatchObject(invalid)
    expect(await gateway.capture(gateway.number(), "C-1", "1.00")).toMatchObject(invalid)
    const id = gateway.number()
    await gateway.initiate(id, {}, { interaction: { operation: "AUTHORIZE" } })
    await gateway.decide(id, "refuse")
    expect(await gateway.capture(id, "C-1", "1.00")).toMatchObject(invalid)
  })

  it("answers a repeat the same, and refuses its number with other data", async () => {
    const id = await gateway.authorized()
    const first = await gateway.capture(id, "C-1", "5.00")
    await gateway.capture(id, "C-2", "1.00")
    expect(await gateway.capture(id, "C-1", "5.00")).toMatchObject({ status: 201, body: first.body })
    expect(await gateway.capture(id, "C-1", "5.01")).toMatchObject(invalidIn("transaction.id"))
    expect(await gateway.refund(id, "C-1", "5.00")).toMatchObject(invalidIn("transaction.id"))
    expect(await gateway.refund(id, "1", "5.00")).toMatchObject(invalidIn("transaction.id"))
    await stands(id, "PARTIALLY_CAPTURED", 12.34, 6, 0)
  })

  it("may find that nobody knows its outcome, until it comes", async () => {
    const id = await gateway.authorized()
    await world.faults({ on: "capture", fault: "unknown-status", number: id, times: 1 })
    const lost = await gateway.capture(id, "C-1", "12.34")
    expect(lost.body).toMatchObject({ result: "UNKNOWN", response: { gatewayCode: "UNKNOWN" } })
    expect(await gateway.capture(id, "C-2", "0.01")).toMatchObject(invalidIn("transaction.amount"))
    await stands(id, "AUTHORIZED", 12.34, 0, 0)
    await gateway.advance(31)
    expect((await gateway.transaction(id, "C-1")).body.result).toBe("SUCCESS")
    await stands(id, "CAPTURED", 12.34, 12.34, 0)
  })
})

describe("REFUND", () => {
  it("gives back what is captured, in parts, up to all of it and never more", async () => {
    const id = await gateway.paid()
    expect((await gateway.refund(id, "R-1", "2.34")).body).toMatchObject({
      result: "SUCCESS",
      transaction: { id: "R-1", type: "REFUND", amount: 2.34 },
      order: { status: "PARTIALLY_REFUNDED", ...totals(12.34, 12.34, 2.34) }
    })
    expect(await gateway.refund(id, "R-2", "10.01")).toMatchObject(invalidIn("transaction.amount"))
    expect((await gateway.refund(id, "R-2", "10.00")).body.order.status).toBe("REFUNDED")
    expect(await gateway.refund(id, "R-3", "0.01")).toMatchObject(invalidIn("transaction.amount"))
    await stands(id, "REFUNDED", 12.34, 12.34, 12.34)
  })

  it("of a part of an authorization gives back no more than was captured", async () => {
    const id = await gateway.authorized()
    expect(await gateway.refund(id, "R-1", "1.00")).toMatchObject(invalid)
    await gateway.capture(id, "C-1", "4.00")
    expect(await gateway.refund(id, "R-1", "4.01")).toMatchObject(invalidIn("transaction.amount"))
    expect((await gateway.refund(id, "R-1", "4.00")).body.order.status).toBe("REFUNDED")
  })

  it.each([
    ["transaction.amount", { amount: undefined }, "MISSING"],
    ["transaction.amount", { amount: 1 }, "INVALID"],
    ["transaction.amount", { amount: "1.001" }, "INVALID"],
    ["transaction.currency", { currency: undefined }, "MISSING"],
    ["transaction.currency", { currency: "EUR" }, "INVALID"],
    ["transaction.reference", { reference: "" }, "INVALID"],
    ["transaction.why", { why: "x" }, "UNSUPPORTED"]
  ])("refuses a wrong %s: %j", async (field, changes, type) => {
    const id = await gateway.paid()
    const body = { apiOperation: "REFUND", transaction: { amount: "1.00", currency: "USD", ...changes } }
    expect(await gateway.put(id, "R-1", body)).toMatchObject(invalidIn(field, type))
    await stands(id, "CAPTURED", 12.34, 12.34, 0)
  })

  it("takes a number of 1 to 40 characters", async () => {
    const id = await gateway.paid()
    expect((await gateway.refund(id, "R".repeat(40), "1.00")).status).toBe(201)
    expect(await gateway.refund(id, "R".repeat(41), "1.00")).toMatchObject(invalidIn("transaction.id"))
  })

  it.each([
    ["JPY", "1000", "400", "600", "601"],
    ["BHD", "1.000", "0.400", "0.6", "0.601"]
  ])("counts in the decimals of %s", async (currency, amount, first, left, more) => {
    const id = await gateway.paid({ currency, amount })
    await gateway.refund(id, "R-1", first, currency)
    expect(await gateway.refund(id, "R-2", more, currency)).toMatchObject(invalidIn("transaction.amount"))
    expect((await gateway.refund(id, "R-2", left, currency)).body.order.status).toBe("REFUNDED")
  })

  it("can wait for approval at the merchant's desk", async () => {
    const id = await gateway.paid()
    await gateway.decide(id, "refund-request")
    const asked = await gateway.refund(id, "R-1", "10.00")
    expect(asked.body).toMatchObject({ result: "PENDING", transaction: { id: "R-1", type: "REFUND_REQUEST" } })
    await stands(id, "REFUND_REQUESTED", 12.34, 12.34, 0)
    expect(await gateway.refund(id, "R-2", "2.35")).toMatchObject(invalidIn("transaction.amount"))
    await gateway.advance(3600)
    await stands(id, "REFUND_REQUESTED", 12.34, 12.34, 0)
    await gateway.decide(id, "refund-settle", { refund: "R-1" })
    expect((await gateway.transaction(id, "R-1")).body).toMatchObject({
      result: "SUCCESS",
      transaction: { type: "REFUND" }
    })
    await stands(id, "PARTIALLY_REFUNDED", 12.34, 12.34, 10)
  })

  it("can be declined at the merchant's desk", async () => {
    const id = await gateway.paid()
    await gateway.decide(id, "refund-request", { amountMinor: 500, refund: "MA-1" })
    await stands(id, "REFUND_REQUESTED", 12.34, 12.34, 0)
    await gateway.decide(id, "refund-fail")
    await stands(id, "CAPTURED", 12.34, 12.34, 0)
    expect((await gateway.transaction(id, "MA-1")).body).toMatchObject({ result: "FAILURE" })
  })

  it("can be made at the merchant's desk, and be excessive there alone", async () => {
    const id = await gateway.paid()
    expect((await gateway.decide(id, "refund", { amountMinor: 234 })).status).toBe(200)
    await stands(id, "PARTIALLY_REFUNDED", 12.34, 12.34, 2.34)
    expect((await gateway.decide(id, "refund", { amountMinor: 1001 })).status).toBe(409)
    await gateway.decide(id, "refund", { amountMinor: 1001, excessive: true })
    await stands(id, "EXCESSIVELY_REFUNDED", 12.34, 12.34, 12.35)
    const { body } = await gateway.order(id)
    expect(body.transaction.at(-1).gatewayEntryPoint).toBe("MERCHANT_ADMINISTRATION")
  })
})

describe("VOID", () => {
  it("lets an authorization go, once, after which nothing can be captured", async () => {
    const id = await gateway.authorized()
    const gone = await gateway.voided(id, "V-1", "1")
    expect(gone.body).toMatchObject({
      result: "SUCCESS",
      transaction: { type: "VOID_AUTHORIZATION", targetTransactionId: "1" },
      order: { status: "CANCELLED", ...totals(0, 0, 0) }
    })
    expect((await gateway.voided(id, "V-1", "1")).body).toEqual(gone.body)
    expect(await gateway.voided(id, "V-2", "1")).toMatchObject(invalidIn("transaction.targetTransactionId"))
    expect(await gateway.capture(id, "C-1", "1.00")).toMatchObject(invalid)
    expect(await gateway.initiate(id)).toMatchObject(invalidIn("order.id"))
  })

  it("takes a payment back before the day (UTC) is over, and not after", async () => {
    await gateway.setNow("2031-03-04T23:00:00Z")
    const [early, late] = [await gateway.paid(), await gateway.paid()]
    await gateway.setNow("2031-03-04T23:55:00Z")
    expect((await gateway.voided(early, "V-1", "1")).body).toMatchObject({
      transaction: { type: "VOID_PAYMENT" },
      order: { status: "CANCELLED" }
    })
    await gateway.setNow("2031-03-05T00:00:00Z")
    expect(await gateway.voided(late, "V-1", "1")).toMatchObject(invalidIn("transaction.targetTransactionId"))
    expect((await gateway.refund(late, "V-1", "12.34")).body.order.status).toBe("REFUNDED")
  })

  it("lets an authorization go on a later day, too", async () => {
    const id = await gateway.authorized()
    await gateway.advance(3 * 86_400)
    expect((await gateway.voided(id, "V-1", "1")).body.order.status).toBe("CANCELLED")
  })

  it("takes captures and refunds back", async () => {
    await gateway.setNow("2031-03-06T12:00:00Z")
    const id = await gateway.authorized()
    await gateway.capture(id, "C-1", "12.34")
    await gateway.refund(id, "R-1", "2.34")
    expect(await gateway.voided(id, "V-1", "C-1")).toMatchObject(invalidIn("transaction.targetTransactionId"))
    expect((await gateway.voided(id, "V-1", "R-1")).body.order).toMatchObject({
      status: "CAPTURED",
      ...totals(12.34, 12.34, 0)
    })
    expect(await gateway.voided(id, "V-2", "1")).toMatchObject(invalidIn("transaction.targetTransactionId"))
    expect((await gateway.voided(id, "V-2", "C-1")).body.order).toMatchObject({
      status: "AUTHORIZED",
      ...totals(12.34, 0, 0)
    })
  })

  it("may find that nobody knows its outcome: nothing is let go so far, and nothing can be captured", async () => {
    const id = await gateway.authorized()
    await world.faults({ on: "close", fault: "unknown-status", number: id, times: 1 })
    expect((await gateway.voided(id, "V-1", "1")).body).toMatchObject({ result: "UNKNOWN" })
    await stands(id, "AUTHORIZED", 12.34, 0, 0)
    expect(await gateway.capture(id, "C-1", "1.00")).toMatchObject(invalid)
    expect(await gateway.voided(id, "V-2", "1")).toMatchObject(invalidIn("transaction.targetTransactionId"))
    await gateway.decide(id, "settle")
    await stands(id, "CANCELLED", 0, 0, 0)
  })

  it("is refused while nobody knows whether the authorization has been captured", async () => {
    const id = await gateway.authorized()
    await world.faults({ on: "capture", fault: "unknown-status", number: id, times: 1 })
    await gateway.capture(id, "C-1", "12.34")
    expect(await gateway.voided(id, "V-1", "1")).toMatchObject(invalidIn("transaction.targetTransactionId"))
    await gateway.decide(id, "fail")
    expect((await gateway.voided(id, "V-1", "1")).body.order.status).toBe("CANCELLED")
  })

  it("names a transaction that there is", async () => {
    const id = await gateway.authorized()
    expect(await gateway.put(id, "V-1", { apiOperation: "VOID" })).toMatchObject(
      invalidIn("transaction.targetTransactionId", "MISSING")
    )
    expect(await gateway.voided(id, "V-1", "7")).toMatchObject(invalidIn("transaction.targetTransactionId"))
  })
})

describe("PAY and AUTHORIZE", () => {
  const payBy = (session: string, more: object = {}) => ({ apiOperation: "PAY", session: { id: session }, ...more })

  it("take the money of a session, from server to server", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id)
    const done = await gateway.put(id, "P-1", payBy(session, { order: { amount: "12.34", currency: "USD" } }))
    expect(done).toMatchObject({
      status: 201,
      body: { result: "SUCCESS", transaction: { id: "P-1", type: "PAYMENT" } }
    })
    await stands(id, "CAPTURED", 12.34, 12.34, 0)
    expect((await gateway.page(session)).text).not.toContain('id="pay"')
    expect(await gateway.put(id, "P-2", payBy(session))).toMatchObject(invalidIn("session.id"))
  })

  it("can reserve it", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id)
    await gateway.put(id, "A-1", { ...payBy(session), apiOperation: "AUTHORIZE" })
    await stands(id, "AUTHORIZED", 12.34, 0, 0)
  })

  it("take no cards, no other order's session, and no other amount", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id)
    const card = { sourceOfFunds: { type: "CARD", provided: { card: {} } } }
    expect(await gateway.put(id, "P-1", payBy(session, card))).toMatchObject(
      invalidIn("sourceOfFunds.provided", "UNSUPPORTED")
    )
    expect(await gateway.put(id, "P-1", { apiOperation: "PAY" })).toMatchObject(invalidIn("session.id", "MISSING"))
    expect(await gateway.put(gateway.number(), "P-1", payBy(session))).toMatchObject(invalidIn("session.id"))
    const order = { amount: "12.35", currency: "USD" }
    expect(await gateway.put(id, "P-1", payBy(session, { order }))).toMatchObject(invalidIn("order.amount"))
    expect(await gateway.order(id)).toMatchObject(invalid)
  })

  it("are the only ones beside CAPTURE, VOID and REFUND", async () => {
    const answer = await gateway.put(await gateway.paid(), "X-1", { apiOperation: "DISBURSE" })
    expect(answer).toMatchObject(invalidIn("apiOperation"))
  })
})

describe("the desk", () => {
  it("knows no order that was never asked for, and no verb that is none", async () => {
    expect((await gateway.decide("NOBODYS", "pay")).status).toBe(404)
    expect((await gateway.decide(await gateway.paid(), "teleport")).status).toBe(400)
  })

  it("disputes what is paid", async () => {
    const id = await gateway.paid()
    await gateway.decide(id, "dispute")
    await stands(id, "DISPUTED", 12.34, 12.34, 0)
    await gateway.decide(id, "dispute", { chargeback: true })
    await stands(id, "CHARGEBACK_PROCESSED", 12.34, 12.34, 0)
    expect((await gateway.decide(await gateway.authorized(), "dispute")).status).toBe(409)
  })

  it("authorizes what asks for an authorization alone, and pays nothing twice", async () => {
    const id = gateway.number()
    await gateway.initiate(id)
    expect((await gateway.decide(id, "authorize")).status).toBe(409)
    expect((await gateway.decide(id, "pay")).json).toMatchObject({ id, status: "CAPTURED" })
    expect((await gateway.decide(id, "pay")).status).toBe(409)
    const other = gateway.number()
    await gateway.initiate(other, {}, { interaction: { operation: "AUTHORIZE" } })
    expect((await gateway.decide(other, "authorize")).json).toMatchObject({ status: "AUTHORIZED" })
  })

  it("pays with an outcome that is still to come, which it then says", async () => {
    const id = gateway.number()
    await gateway.initiate(id)
    expect((await gateway.decide(id, "pay", { outcome: "UNKNOWN" })).json).toMatchObject({
      status: "INITIATED",
      result: "UNKNOWN",
      ...totals(0, 0, 0)
    })
    expect((await gateway.decide(id, "pay")).status).toBe(409)
    await gateway.decide(id, "fail")
    await stands(id, "FAILED", 0, 0, 0)
    await gateway.decide(id, "pay", { outcome: "PENDING" })
    expect((await gateway.order(id)).body).toMatchObject({ status: "INITIATED", result: "PENDING" })
    await gateway.decide(id, "settle")
    await stands(id, "CAPTURED", 12.34, 12.34, 0)
  })

  it("holds every order in minor units", async () => {
    const held = async (id: string) => (await world.ledger()).held?.find(({ number }) => number === id)
    const [open, refused, paid, authorized, voided] = [
      gateway.number(),
      gateway.number(),
      await gateway.paid({ currency: "KWD", amount: "1.5" }),
      await gateway.authorized(),
      await gateway.authorized()
    ]
    for (const id of [open, refused]) await gateway.initiate(id)
    await gateway.decide(refused, "refuse")
    expect(await held(refused)).toMatchObject({ status: "open" })
    await gateway.decide(refused, "close")
    await gateway.refund(paid, "R-1", "0.25", "KWD")
    await gateway.voided(voided, "V-1", "1")
    expect(await held(open)).toMatchObject({ vendor: "mpgs", status: "open", amountMinor: 1234, capturedMinor: 0 })
    expect(await held(refused)).toMatchObject({ status: "failed", capturedMinor: 0 })
    expect(await held(paid)).toMatchObject({
      status: "paid",
      amountMinor: 1500,
      currency: "KWD",
      capturedMinor: 1500,
      refunds: [{ number: "R-1", amountMinor: 250, status: "SUCCESS" }]
    })
    expect(await held(authorized)).toMatchObject({ status: "authorized", capturedMinor: 0 })
    expect(await held(voided)).toMatchObject({ status: "closed", capturedMinor: 0 })
    await gateway.decide(open, "close")
    expect(await held(open)).toMatchObject({ status: "closed" })
  })
})
