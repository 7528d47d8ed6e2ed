import {
  type Difference,
  DueWork,
  Reconciliations,
  type StoreUnavailable,
  UnknownVendor,
  Vendors
} from "@payment-proxy/ports"
import { Chunk, Clock, Data, Duration, Effect, Option, Stream } from "effect"
import * as Day from "./bills/Day.ts"
import { attempted, said } from "./bills/Perform.ts"
import type { Progress } from "./bills/Run.ts"
import { billsOf, Reconciling } from "./bills/Settings.ts"
import * as Operator from "./Operator.ts"
import type { Report } from "./Report.ts"
import { Paces, renewed } from "./Work.ts"

/** The day cannot be reconciled: it is none, or it is not over in the vendor's zone. */
export class DayInvalid extends Data.TaggedError("DayInvalid")<{ readonly detail: string }> {}

/** Somebody is at this day, or at another of the vendor: try again in a minute. */
export class DayBusy extends Data.TaggedError("DayBusy")<{ readonly vendor: string; readonly day: string }> {}

/** The run came to no end: nothing was concluded, and the day is due again. */
export class NotReconciled extends Data.TaggedError("NotReconciled")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** The day was never reconciled. */
export class DayUnknown extends Data.TaggedError("DayUnknown")<{ readonly vendor: string; readonly day: string }> {}

/** No such difference, or it is resolved already. */
export class DifferenceUnknown extends Data.TaggedError("DifferenceUnknown")<{ readonly id: string }> {}

const page = 500

/** A day's report; its differences come as they are read. */
export const report = Effect.fnUntraced(function* (vendor: string, day: string) {
  const store = yield* Reconciliations
  const known = yield* store.day(vendor, day)
  if (Option.isNone(known)) return yield* new DayUnknown({ vendor, day })
  const { zone } = billsOf(yield* Reconciling, vendor)
  const differences = Stream.paginateChunkEffect<string | null, Difference, StoreUnavailable, never>(null, (after) =>
    Effect.map(store.differences({ vendor, day, statuses: null, after, limit: page }), (some) => [
      Chunk.unsafeFromArray(some),
      some.length < page ? Option.none() : Option.fromNullable(some.at(-1)?.id)
    ])
  )
  const counts = yield* store.counts(vendor, day)
  return { day: known.value, zone, counts, differences } satisfies Report<StoreUnavailable>
})

const checked = Effect.fnUntraced(function* (vendor: string, day: string) {
  const vendors = yield* Vendors
  if (Option.isNone(vendors.get(vendor))) return yield* new UnknownVendor({ vendor })
  if (!Day.is(day)) return yield* new DayInvalid({ detail: `${day} is no day: write it like 2026-11-26.` })
  const { zone } = billsOf(yield* Reconciling, vendor)
  if (Day.window(day, zone).endMillis > (yield* Clock.currentTimeMillis))
    return yield* new DayInvalid({ detail: `${day} is not over yet in ${zone}.` })
})

/**
 * Takes a day as an operator to run it by hand, whether it was run before or not, and answers what runs it: to be begun at once, as the day is
 * nobody else's for as long as a lease. `progress` is told as it goes.
 */
export const begin = Effect.fnUntraced(function* (
  vendor: string,
  day: string,
  by: Operator.Acting,
  progress: (progress: Progress) => Effect.Effect<void> = () => Effect.void
) {
  yield* Operator.allowed(by, "operator")
  yield* checked(vendor, day)
  const store = yield* Reconciliations
  const due = yield* DueWork
  const { lease } = yield* Paces
  const claimed = Option.getOrNull(yield* store.take(vendor, day, lease))
  if (claimed === null) return yield* new DayBusy({ vendor, day })
  return Effect.raceFirst(attempted(claimed, progress), renewed(claimed)).pipe(
    Effect.onInterrupt(() => Effect.ignore(due.giveBack(claimed, Duration.zero))),
    Effect.mapError((failure) =>
      failure._tag === "Busy" ? new DayBusy({ vendor, day }) : new NotReconciled({ detail: said(failure) })
    )
  )
})

/** Runs a day by hand, as `begin` does, to its end, and answers its report. */
export const run = Effect.fnUntraced(function* (
  vendor: string,
  day: string,
  by: Operator.Acting,
  progress: (progress: Progress) => Effect.Effect<void> = () => Effect.void
) {
  yield* Effect.flatten(begin(vendor, day, by, progress))
  return yield* report(vendor, day)
})

/** A vendor's days, the latest first. */
export const days = (vendor: string, limit: number) =>
  Effect.flatMap(Reconciliations, (store) => store.days(vendor, limit))

/** Stores keep so much of a note. */
const maxNoteChars = 256

/** An operator closes a difference that no rule closed; his name and note, of at most 256 characters, stay with it. */
export const resolve = Effect.fnUntraced(function* (
  vendor: string,
  day: string,
  { id, note }: { readonly id: string; readonly note: string },
  by: Operator.Acting
) {
  const resolvedBy = yield* Operator.allowed(by, "operator")
  if ([...note].length > maxNoteChars)
    return yield* new Operator.OperatorInvalid({ field: "note", detail: `Give 1 to ${maxNoteChars} characters.` })
  const store = yield* Reconciliations
  const settlement = { status: "resolved", action: "none", note, resolvedBy } as const
  if (!(yield* store.settle(vendor, day, id, settlement))) return yield* new DifferenceUnknown({ id })
})

export { Reconciling, type Settings } from "./bills/Settings.ts"
export type { Progress }
