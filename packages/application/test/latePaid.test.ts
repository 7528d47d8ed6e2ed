import { expect } from "@effect/vitest"
import { Deliveries, InDoubt, Vendors } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect } from "effect"
import { close } from "../src/Close.ts"
import { accept } from "../src/Operators.ts"
import { receive } from "../src/Receive.ts"
import { back, callsOf, causes, held, it, lived, now, placed, refundNow, states, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor

const told = (payOrderNo: string) =>
  receive("platform", FakeVendors.notification(payOrderNo, "paid"), `paid ${payOrderNo}`)

/** An order that was closed, and then paid all the same. */
const latePaid = Effect.gen(function* () {
  const { payLate } = yield* vendor
  const { payOrderNo } = yield* placed()
  expect((yield* close("shop", payOrderNo)).state).toBe("CLOSED")
  yield* payLate(payOrderNo)
  yield* told(payOrderNo)
  yield* worked
  return payOrderNo
})

it.world("money that comes after the end goes back by itself, all of it, and the app is told each time", () =>
  Effect.gen(function* () {
    const deliveries = yield* Deliveries
    const payOrderNo = yield* latePaid
    yield* lived(Duration.seconds(5), 3)
    expect((yield* states(payOrderNo)).slice(-4)).toEqual(["CLOSED", "LATE_PAID", "LATE_PAID", "REFUNDED"])
    expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({
      state: "SUCCEEDED",
      reason: "Paid after the order had ended"
    })
    expect((yield* held).refundedMinor).toBe(1234n)
    const types = (yield* deliveries.ofOrder(payOrderNo)).map(({ type }) => type)
    expect(types).toEqual(
      expect.arrayContaining(["order.closed", "order.late_paid", "refund.succeeded", "order.refunded"])
    )
  })
)

it.world("late money is asked about once more before it goes back: what the desk gave back is not sent again", () =>
  Effect.gen(function* () {
    const { refundAtDesk } = yield* vendor
    const payOrderNo = yield* latePaid
    yield* refundAtDesk(payOrderNo, 1234n)
    yield* lived(Duration.seconds(5), 3)
    expect((yield* now(payOrderNo)).state).toBe("REFUNDED")
    expect(yield* callsOf("refund")).toHaveLength(0)
  })
)

it.world("late money that an operator accepts while the vendor is asked about it does not go back", () =>
  Effect.gen(function* () {
    const vendors = yield* Vendors
    const payOrderNo = yield* latePaid
    const ann = { name: "ann", role: "operator" as const }
    const accepted = Effect.orDie(accept({ payOrderNo, note: "The customer wants the policy after all." }, ann))
    const context = yield* Effect.context<Effect.Effect.Context<typeof accepted>>()
    /** It says nothing, and takes its time. */
    const query = () =>
      Effect.zipRight(Effect.provide(accepted, context), new InDoubt({ detail: "It did not answer in time." }))
    yield* lived(Duration.seconds(5), 1).pipe(Effect.provideService(Vendors, { ...vendors, query }))
    yield* lived(Duration.seconds(5), 3)
    expect((yield* causes(payOrderNo)).at(-1)).toBe("accept")
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    expect(yield* callsOf("refund")).toHaveLength(0)
  })
)

it.world("where the vendor's policy says so, late money is accepted, and not asked about as late any more", () =>
  Effect.gen(function* () {
    const { configure } = yield* vendor
    yield* configure({ latePaid: "accept" })
    const payOrderNo = yield* latePaid
    yield* lived(Duration.seconds(5), 3)
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", lateAccepted: true })
    expect((yield* causes(payOrderNo)).at(-1)).toBe("accept")
    expect(yield* callsOf("refund")).toHaveLength(0)
  })
)

it.world(
  "a refund of late money that is refused is tried again under a new number, more and more rarely, until it goes back",
  () =>
    Effect.gen(function* () {
      const { always } = yield* vendor
      yield* always("refund", "reject")
      const payOrderNo = yield* latePaid
      yield* lived(Duration.minutes(5), 12)
      const hour = (yield* callsOf("refund")).map(({ operationNo }) => operationNo)
      expect(hour.length).toBeGreaterThan(1)
      expect(hour.length).toBeLessThan(5)
      expect(new Set(hour).size, "each under a number of its own").toBe(hour.length)
      yield* lived(Duration.hours(1), 24)
      const day = (yield* callsOf("refund")).length
      expect(day).toBeGreaterThan(hour.length)
      expect(day).toBeLessThan(12)
      expect((yield* now(payOrderNo)).state).toBe("LATE_PAID")
      yield* always("refund", "normal")
      yield* lived(Duration.hours(12), 4)
      expect((yield* now(payOrderNo)).state).toBe("REFUNDED")
      expect((yield* held).refundedMinor).toBe(1234n)
    })
)

it.world("late money at a vendor that cannot refund stays LATE_PAID: nothing is sent, nothing guessed", () =>
  Effect.gen(function* () {
    const { configure } = yield* vendor
    yield* configure({ abilities: ["create", "query", "close", "notification"] })
    const payOrderNo = yield* latePaid
    yield* lived(Duration.hours(6), 12)
    expect((yield* now(payOrderNo)).state).toBe("LATE_PAID")
    expect(yield* callsOf("refund")).toHaveLength(0)
    expect((yield* callsOf("query")).length).toBeLessThan(10)
  })
)

it.world("F57: an app that refunds late money itself and the rule that does give it back once", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* latePaid
    const own = yield* back(payOrderNo, 1000n)
    expect(own.refund.state).toBe("SUCCEEDED")
    yield* lived(Duration.seconds(5), 3)
    expect((yield* now(payOrderNo)).state).toBe("REFUNDED")
    expect((yield* refundNow(`${payOrderNo}R2`)).amount.amountMinor).toBe(234n)
    expect((yield* held).refundedMinor).toBe(1234n)
  })
)

for (const order of ["the payer first", "the close first"] as const)
  it.world(`F38: closing while the payer pays, a hundred times, ${order}: paid, or given back, and the app knows`, () =>
    Effect.gen(function* () {
      const { pay, payLate, payments } = yield* vendor
      const deliveries = yield* Deliveries
      const numbers: Array<string> = []
      const isFirst = order === "the payer first"
      for (let times = 0; times < 100; times++) {
        const { payOrderNo } = yield* placed({ idempotencyKey: `key-${times}` })
        numbers.push(payOrderNo)
        const paying = Effect.zipRight((isFirst ? pay : payLate)(payOrderNo), told(payOrderNo))
        const closing = Effect.ignore(close("shop", payOrderNo))
        yield* Effect.all(isFirst ? [paying, closing] : [closing, paying], {
          concurrency: times % 2 === 0 ? "unbounded" : 1
        })
        yield* worked
      }
      yield* lived(Duration.seconds(30), 10)
      const all = new Map((yield* payments).map((one) => [one.merchantOrderNo, one]))
      const ends: Array<string> = []
      for (const payOrderNo of numbers) {
        const { state } = yield* now(payOrderNo)
        ends.push(state)
        const refundedMinor = state === "REFUNDED" ? 1234n : 0n
        expect(all.get(payOrderNo)).toMatchObject({ status: "paid", capturedMinor: 1234n, refundedMinor })
        const types = (yield* deliveries.ofOrder(payOrderNo)).map(({ type }) => type)
        expect(types).toContain(`order.${state.toLowerCase()}`)
      }
      expect(ends.every((state) => state === "SUCCEEDED" || state === "REFUNDED")).toBe(true)
      expect(ends.filter((_, times) => times % 2 === 1)).toEqual(Array(50).fill(isFirst ? "SUCCEEDED" : "REFUNDED"))
    })
  )
