import { expect } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Orders } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect } from "effect"
import * as Actor from "../src/Actor.ts"
import { capture } from "../src/Capture.ts"
import { close } from "../src/Close.ts"
import { refund } from "../src/Refund.ts"
import { it, lived, now, placed } from "./harness.ts"

const byAlice = Actor.as("alice", "asked for by phone")

/** What history says of a cause. */
const detailsOf = (payOrderNo: string, cause: string) =>
  Effect.map(
    Effect.flatMap(Orders, (orders) => orders.history(payOrderNo)),
    (entries) => entries.filter((entry) => entry.cause === cause).map(({ detail }) => detail)
  )

it.world("history names the person who closed an order, and why; of an app's own close it names nobody", () =>
  Effect.gen(function* () {
    const [one, other] = [yield* placed(), yield* placed({ idempotencyKey: "other" })]
    yield* byAlice(close("shop", one.payOrderNo))
    yield* close("shop", other.payOrderNo)
    expect(yield* detailsOf(one.payOrderNo, "close")).toEqual(['By "alice": "asked for by phone"'])
    expect(yield* detailsOf(other.payOrderNo, "close")).toEqual([null])
  })
)

it.world("its app is told that an operator did it, and neither who nor why", () =>
  Effect.sync(() => {
    const second = { name: "bob", proposal: "prp_1", remark: 'sure? "yes"' }
    const said = [{ second }, {}].map((more) => Actor.saidBy({ name: "alice", reason: 'By "them". Look.', ...more }))
    for (const detail of said) {
      expect(Actor.unsigned(detail)).toBe("By an operator.")
      expect(Actor.unsigned(`as SUCCEEDED. ${detail}`)).toBe("as SUCCEEDED. By an operator.")
    }
    for (const detail of [null, "NOT_ENOUGH: Stand by.", 'Refused "By hand"'])
      expect(Actor.unsigned(detail)).toBe(detail)
  })
)

it.world("who captures and who refunds is on record beside what is done", () =>
  Effect.gen(function* () {
    const { authorize } = yield* FakeVendors.FakeVendor
    const { payOrderNo } = yield* placed({ method: "CARD", capture: "manual" })
    yield* authorize(payOrderNo)
    yield* lived(Duration.seconds(6), 1)
    yield* Actor.as("bob")(capture("shop", payOrderNo, null))
    const asked = { app: "shop", payOrderNo, idempotencyKey: null, fingerprint: "", reason: null }
    const { refund: made } = yield* byAlice(refund({ ...asked, amount: Money.make(100n, "CNY") }))
    expect(yield* detailsOf(payOrderNo, "capture asked")).toEqual(['By "bob"'])
    expect(yield* detailsOf(payOrderNo, "refund")).toEqual([`${made.refundNo}. By "alice": "asked for by phone"`])
    expect(yield* detailsOf(made.refundNo, "submit")).toEqual(['By "alice": "asked for by phone"'])
  })
)

it.world("a name that cannot be put on record does nothing", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    for (const as of [Actor.as(" "), Actor.as("alice", "two\nlines")])
      expect((yield* Effect.flip(as(close("shop", payOrderNo))))._tag).toBe("OperatorInvalid")
    expect((yield* now(payOrderNo)).state).toBe("PENDING")
  })
)
