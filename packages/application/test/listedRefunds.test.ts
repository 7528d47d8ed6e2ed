import { expect } from "@effect/vitest"
import type { Evidence } from "@payment-proxy/domain"
import { FakeVendors } from "@payment-proxy/testkit"
import { Effect } from "effect"
import { takeIn } from "../src/TakeIn.ts"
import { back, it, now, paid, refundNow } from "./harness.ts"

const vendor = FakeVendors.FakeVendor

const item = (payOrderNo: string, vendorRefundNo: string, state: "succeeded" | "failed"): Evidence.RefundItem => ({
  vendorRefundNo,
  ourNo: `${payOrderNo}R1`,
  amountMinor: 1234n,
  state
})

const listed = (
  foreign: Evidence.Evidence["foreign"],
  ...items: ReadonlyArray<Evidence.RefundItem>
): Evidence.Evidence => ({
  ...{ kind: "refunds", source: "notification", asked: null, foreign, amount: null, transactionNo: null },
  ...{ captured: null, total: null, items }
})

/** A paid order with a refund of all of it, of which the vendor has said nothing. */
const refunding = Effect.gen(function* () {
  const { always } = yield* vendor
  const { payOrderNo } = yield* paid()
  yield* always("refund", "dropBefore")
  yield* back(payOrderNo, 1234n)
  return payOrderNo
})

it.world("a list in which one number of ours stands twice is taken in, by what succeeded", () =>
  Effect.gen(function* () {
    const no = yield* refunding
    yield* takeIn(no, listed(null, item(no, "x1", "failed"), item(no, "x2", "succeeded")))
    expect(yield* refundNow(`${no}R1`)).toMatchObject({ state: "SUCCEEDED", vendorRefundNo: "x2" })
    expect((yield* now(no)).state).toBe("REFUNDED")
  })
)

it.world("a list of another order holds the payment, and tells nothing of its refunds", () =>
  Effect.gen(function* () {
    const no = yield* refunding
    const before = yield* refundNow(`${no}R1`)
    yield* takeIn(no, listed("MERCHANT_MISMATCH", item(no, "x1", "succeeded")))
    expect((yield* now(no)).state).toBe("HELD")
    expect(yield* refundNow(`${no}R1`)).toEqual(before)
  })
)
