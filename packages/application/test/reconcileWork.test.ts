import { expect, it as vitest } from "@effect/vitest"
import { CrashPoints, DueWork, Reconciliations, Rejected, Throttled } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Deferred, Duration, Effect, Fiber, Option, Stream, TestClock } from "effect"
import { perform } from "../src/bills/Perform.ts"
import { plan } from "../src/bills/Plan.ts"
import * as Reconcile from "../src/Reconcile.ts"
import { round } from "../src/Work.ts"
import {
  ann,
  Bills,
  bill,
  day,
  found,
  hourMillis,
  lineOf,
  nextDay,
  paid,
  startMillis,
  vendor,
  world
} from "./billing.ts"
import { withShop } from "./harness.ts"

/** A test at midnight, when the day has begun. */
const it = <E>(name: string, test: () => Effect.Effect<unknown, E, Layer.Layer.Success<typeof world>>) =>
  vitest.effect(name, () =>
    TestClock.setTime(startMillis).pipe(Effect.zipRight(withShop), Effect.zipRight(test()), Effect.provide(world))
  )

const record = (of: string) =>
  Effect.flatMap(Reconciliations, (store) => store.day(vendor, of)).pipe(Effect.map(Option.getOrThrow))

/** Works until no day is due; answers how many pieces there were. */
const worked = Effect.gen(function* () {
  for (let count = 0; count < 100; count++) if ((yield* round("reconcile")).count === 0) return count
  return yield* Effect.dieMessage("Work does not come to rest.")
})

const lastDays = ["2025-12-25", "2025-12-26", "2025-12-27", "2025-12-28", "2025-12-29", "2025-12-30", "2025-12-31"]

it("yesterday and up to seven days back are run by themselves, the earliest first, each at ten of the next day at the soonest", () =>
  Effect.gen(function* () {
    for (const of of [...lastDays, day]) yield* bill(of)
    yield* plan
    yield* TestClock.adjust(Duration.seconds(1))
    expect(yield* worked, "yesterday's bill is not due before ten").toBe(6)
    expect((yield* record("2025-12-31")).dueAtMillis).toBe(startMillis + 10 * hourMillis)
    yield* TestClock.adjust(Duration.hours(10))
    yield* plan
    expect(yield* worked).toBe(1)
    const days = yield* Reconcile.days(vendor, 10)
    expect(days.map(({ day: of, run }) => [of, run])).toEqual(lastDays.map((of) => [of, 1]).reverse())
    yield* TestClock.adjust(Duration.days(1))
    yield* plan
    yield* TestClock.adjust(Duration.seconds(1))
    expect(yield* worked, "only the new day").toBe(1)
    expect((yield* record(day)).finishedAtMillis).not.toBeNull()
  }))

it("a day's hour is the vendor's own", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(startMillis + 20 * hourMillis)
    yield* Effect.provideServiceEffect(
      plan,
      Reconcile.Reconciling,
      Effect.map(Reconcile.Reconciling, (usual) => ({
        ...usual,
        vendors: { [vendor]: { zone: "Asia/Shanghai", rates: [] } }
      }))
    )
    expect((yield* record(day)).dueAtMillis, "ten in Beijing of the day after").toBe(startMillis + 26 * hourMillis)
  }))

it("a bill that is not ready is tried again later, when the vendor says or by the schedule; nothing is concluded", () =>
  Effect.gen(function* () {
    yield* paid()
    const store = yield* Reconciliations
    yield* TestClock.setTime(startMillis + 34 * hourMillis)
    yield* store.open([{ vendor, day, dueIn: Duration.zero }])
    expect(yield* worked).toBe(1)
    const first = yield* record(day)
    expect(first).toMatchObject({ finishedAtMillis: null, fault: "Throttled: It is not ready." })
    expect(first.dueAtMillis).toBe(startMillis + 34 * hourMillis + 60_000)
    expect(yield* found()).toEqual([])
    yield* Bills.write(day, Stream.fail(new Throttled({ retryAfterMillis: 2 * hourMillis, detail: "Later." })))
    yield* TestClock.adjust(Duration.minutes(1))
    expect(yield* worked).toBe(1)
    expect((yield* record(day)).dueAtMillis).toBe(startMillis + 36 * hourMillis + 60_000)
    yield* bill(day)
    yield* TestClock.adjust(Duration.hours(2))
    expect(yield* worked).toBe(1)
    expect(yield* record(day)).toMatchObject({ run: 3, fault: null, dueAtMillis: null })
    expect((yield* found()).map(({ kind }) => kind)).toEqual(["MISSING_THERE"])
  }))

it("a vendor that has no bills after all is not asked again", () =>
  Effect.gen(function* () {
    const store = yield* Reconciliations
    yield* Bills.write(day, Stream.fail(new Rejected({ code: "NOT_SUPPORTED", detail: "There are none." })))
    yield* store.open([{ vendor, day, dueIn: Duration.zero }])
    expect(yield* worked).toBe(1)
    expect(yield* record(day)).toMatchObject({ dueAtMillis: null, fault: "Rejected: There are none." })
  }))

it("K24: who dies in the middle of a bill is taken over when his lease ends, and the day comes to the same", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(startMillis + 34 * hourMillis)
    const orders = yield* Effect.forEach(Array.from({ length: 5 }), () => paid())
    const ghost = { ...lineOf(yield* paid({ paidAtMillis: 0 })), merchantOrderNo: "GHOST", transactionNo: "ghost" }
    yield* bill(day, ...orders.slice(1).map((order) => lineOf(order)), ghost)
    const store = yield* Reconciliations
    const due = yield* DueWork
    yield* store.open([{ vendor, day, dueIn: Duration.zero }])
    const reached = yield* Deferred.make<void>()
    const small = Effect.map(Reconcile.Reconciling, (usual) => ({ ...usual, page: 2 }))
    const hit = (point: string) => {
      if (point === "K24") Deferred.unsafeDone(reached, Effect.void)
    }
    const [claimed] = yield* due.claim("reconcile", 1, Duration.seconds(10))
    if (claimed === undefined) return yield* Effect.dieMessage("nothing was due")
    const dying = yield* perform(claimed).pipe(
      Effect.zipRight(Effect.never),
      Effect.provideServiceEffect(Reconcile.Reconciling, small),
      Effect.provideService(CrashPoints, { hit, written: (text) => text }),
      Effect.fork
    )
    yield* Deferred.await(reached)
    yield* Fiber.interrupt(dying)
    expect(yield* worked, "it is still his").toBe(0)
    yield* TestClock.adjust(Duration.seconds(10))
    expect(yield* worked).toBe(1)
    expect(yield* record(day)).toMatchObject({ run: 2, fault: null, counted: { lines: 5, matched: 4 } })
    expect((yield* found()).map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      "MISSING_HERE open",
      "MISSING_THERE open"
    ])
    expect(yield* due.done(claimed, null), "what the dead one knew is worth nothing").toBe(false)
  }))

it("two days of a vendor are not run side by side: one comes again later", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(startMillis + 58 * hourMillis)
    const store = yield* Reconciliations
    const held = Option.getOrThrow(yield* store.take(vendor, nextDay, Duration.minutes(5)))
    yield* store.begin(held)
    yield* bill(day)
    const busy = yield* Effect.flip(Reconcile.run(vendor, day, ann))
    expect(busy._tag).toBe("DayBusy")
    yield* store.open([{ vendor, day, dueIn: Duration.zero }])
    yield* Effect.flatMap(DueWork, (due) => due.done(held, null))
    yield* TestClock.adjust(Duration.seconds(30))
    expect(yield* worked).toBe(1)
    expect((yield* record(day)).run).toBe(1)
  }))
