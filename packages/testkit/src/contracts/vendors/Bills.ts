import { expect, type Vitest } from "@effect/vitest"
import { Vendors } from "@payment-proxy/ports"
import { Chunk, type Clock, Effect, Either, Stream } from "effect"
import { later, type Platform, paid, type Scene } from "./Platform.ts"
import * as Reached from "./Reached.ts"
import { aRefund } from "./Refunds.ts"

/** Long enough for every vendor's books of a day to be closed. */
const aheadMillis = 36 * 3_600_000

/** A clock that stands at `atMillis` now and goes on from there. */
const clockAt = (atMillis: number) =>
  Effect.map(Effect.clock, (clock): Clock.Clock => {
    const offsetMillis = atMillis - clock.unsafeCurrentTimeMillis()
    return {
      ...clock,
      unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + offsetMillis,
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (millis) => millis + offsetMillis),
      sleep: (duration) => clock.sleep(duration)
    }
  })

/** The day's books, as the vendor shows them when the day is over; it comes last, as the platform's clock goes on for it. */
export const billsContract = <R>(
  it: Vitest.MethodsNonLive<Vendors | R, true>,
  vendor: string,
  platform: Platform<R>,
  scene: Scene
): void => {
  if (!platform.traits.bills)
    it.effect("bills are refused by name", () =>
      Effect.gen(function* () {
        const service = yield* Vendors
        const answer = yield* Effect.flip(Stream.runDrain(service.bill(vendor, { day: "2026-11-26", of: "trades" })))
        expect(answer).toMatchObject({ _tag: "Rejected", code: "NOT_SUPPORTED" })
      })
    )
  else
    it.effect("the bill of the day has the payment and its refund, when the day is over", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* paid(vendor, platform, scene)
        const day = yield* platform.day
        const refund = yield* aRefund(payment, 34n)
        yield* Effect.either(service.refund(payment, refund, later))
        yield* platform.settle
        const then = yield* Effect.flatMap(platform.advance(aheadMillis), clockAt)
        const bill = Stream.runCollect(service.bill(vendor, { day, of: "trades" }))
        const lines = Chunk.toReadonlyArray(yield* Effect.withClock(bill, then))
        const numbers = [payment.merchantOrderNo, payment.transactionNo]
        const own = lines.filter(
          ({ kind, merchantOrderNo, transactionNo, refundNo }) =>
            kind !== "other" &&
            ([merchantOrderNo, transactionNo].some((no) => no !== null && numbers.includes(no)) ||
              refundNo === refund.refundNo)
        )
        Reached.note(
          vendor,
          "bill",
          null,
          own
            .map(({ kind }) => kind)
            .sort()
            .join(" and ")
        )
        expect(own.map(({ kind, amount }) => [kind, amount.amountMinor]).sort()).toEqual([
          ["payment", 1234n],
          ["refund", 34n]
        ])
        const none = yield* Effect.either(
          Effect.withClock(Stream.runCollect(service.bill(vendor, { day: "2026-01-02", of: "trades" })), then)
        )
        if (Either.isRight(none)) expect(Chunk.size(none.right)).toBe(0)
      })
    )
}
