import { Reconciliations, Vendors } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option, Schedule } from "effect"
import { Changes } from "../Changes.ts"
import * as Day from "./Day.ts"
import { billsOf, Reconciling } from "./Settings.ts"

/** The vendors that have bills. */
export const billed = Effect.map(Vendors, (vendors) =>
  vendors.names.filter((name) => Option.exists(vendors.get(name), ({ abilities }) => abilities.includes("bill")))
)

/** Opens the days that were never reconciled: yesterday, and some before it, each due at its hour; the earliest comes first. */
export const plan = Effect.gen(function* () {
  const store = yield* Reconciliations
  const settings = yield* Reconciling
  const nowMillis = yield* Clock.currentTimeMillis
  for (const vendor of yield* billed) {
    const { zone } = billsOf(settings, vendor)
    const today = Day.of(nowMillis, zone)
    const days = Array.from({ length: settings.lookBackDays }, (_, at) => Day.after(today, at - settings.lookBackDays))
    yield* store.open(
      days.map((day, at) => ({
        vendor,
        day,
        dueIn: Duration.millis(Math.max(Day.dueMillis(day, zone, settings.readyHour) - nowMillis, at))
      }))
    )
  }
  yield* Effect.flatMap(Changes, (changes) => changes.nudge("reconcile"))
})

/** Plans every now and then, for ever. */
export const loop = Effect.flatMap(Reconciling, ({ every }) =>
  plan.pipe(
    Effect.catchAllCause((cause) => Effect.logWarning("Days to reconcile could not be planned.", cause)),
    Effect.repeat(Schedule.spaced(every))
  )
)
