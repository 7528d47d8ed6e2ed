import { Evidence, Money, Payment, PaymentCommands, PaymentMachine } from "@payment-proxy/domain"
import { Either, Schema } from "effect"
import { expect, it } from "vitest"
import { Event, Order } from "../src/index.ts"

const createdAtMillis = Date.UTC(2026, 10, 23, 8)

/** The design's example: an order placed and answered, then paid. */
const placed = Payment.make({
  payOrderNo: "01M8568C8QMXKYM5Q8XT7B0EG0NPC",
  app: "shop",
  vendor: "platform",
  businessNo: "POLICY-2026-0001",
  amount: Money.make(1234n, "CNY"),
  method: "ALIPAY",
  source: "WEB",
  capture: "automatic",
  metadata: { policy: "0001" },
  createdAtMillis,
  expiresAtMillis: createdAtMillis + 900_000,
  deadlineMillis: createdAtMillis + 1_200_000
})
const submitted = Either.getOrThrow(PaymentCommands.command(placed, { type: "submit" })).order
const settings = { settlingMillis: 300_000 }
const next = { type: "redirect", url: "https://pay.example/1" } as const
const pending = PaymentMachine.created(
  submitted,
  Evidence.make("open", "create", { next, transactionNo: "pay_1" }),
  createdAtMillis,
  settings
).order
const paid = PaymentMachine.absorb(
  pending,
  Evidence.make("paid", "notification", { captured: null, paidAtMillis: createdAtMillis + 1000 }),
  createdAtMillis,
  settings
).order

it("an order is shown as the design page shows it", () => {
  expect(Order.fromPayment(pending)).toEqual({
    payOrderNo: "01M8568C8QMXKYM5Q8XT7B0EG0NPC",
    status: "PENDING",
    inDoubt: false,
    version: 2,
    vendor: "platform",
    businessNo: "POLICY-2026-0001",
    amount: { value: "12.34", currency: "CNY" },
    captured: { value: "0.00", currency: "CNY" },
    refunded: { value: "0.00", currency: "CNY" },
    disputed: { value: "0.00", currency: "CNY" },
    method: "ALIPAY",
    source: "WEB",
    transactionNo: "pay_1",
    createdAt: "2026-11-23T08:00:00.000Z",
    paidAt: null,
    expiresAt: "2026-11-23T08:15:00.000Z",
    failure: null,
    metadata: { policy: "0001" },
    next
  })
})

it("what the payer needs next is shown while there is something to do, and the time of payment from then on", () => {
  expect(Order.fromPayment(submitted)).toMatchObject({ status: "SUBMITTING", inDoubt: true, next: null })
  expect(Order.fromPayment(paid)).toMatchObject({ status: "SUCCEEDED", next: null, paidAt: "2026-11-23T08:00:01.000Z" })
})

it("an event tells of the order as it then was, in the words of its schema", () => {
  const { type, body } = Event.of(paid, "succeeded", createdAtMillis)
  expect(type).toBe("order.succeeded")
  const event = Schema.decodeUnknownSync(Schema.parseJson(Event.Event), { onExcessProperty: "error" })(body)
  expect(event).toEqual({ type, timestamp: "2026-11-23T08:00:00.000Z", data: Order.fromPayment(paid) })
})

it("times are written as JavaScript writes them, over all of its years and in any order", () => {
  const seed = 20_261_126
  let state = seed
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const known = [0, -1, 1, 86_399_999, 86_400_000, createdAtMillis, 253_402_300_799_999, 8.64e15, -8.64e15]
  const some = Array.from({ length: 2000 }, () => Math.floor((chance() - 0.5) * 1.7e16))
  for (const millis of [...known, ...some])
    expect(Order.timeOf(millis), `seed ${seed}`).toBe(new Date(millis).toISOString())
})

it("an order's text is the order, and an event's holds it", () => {
  for (const payment of [submitted, pending, paid]) {
    expect(JSON.parse(Order.textOf(payment))).toEqual(JSON.parse(JSON.stringify(Order.fromPayment(payment))))
    expect(JSON.parse(Event.of(payment, payment.state.toLowerCase(), createdAtMillis).body).data).toEqual(
      JSON.parse(Order.textOf(payment))
    )
  }
})
