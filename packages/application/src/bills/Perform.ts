import { type Claimed, DueWork, type Run as Numbered, Reconciliations } from "@payment-proxy/ports"
import { Data, Duration, Effect, Option } from "effect"
import { waitAfter } from "../Policy.ts"
import * as Run from "./Run.ts"
import { Reconciling } from "./Settings.ts"

/** A vendor's days are run one at a time: who finds another being run comes again so much later. */
const busyRest = Duration.seconds(30)

const shortest = Duration.minutes(1)
const longest = Duration.hours(6)
const triesToAlarm = 6

/** The vendor and day of a piece of due work. */
export const subjectOf = ({ id }: Pick<Claimed, "id">): { readonly vendor: string; readonly day: string } => {
  const at = id.lastIndexOf("/")
  return { vendor: id.slice(0, at), day: id.slice(at + 1) }
}

const detailOf = (failure: Run.Failure): string => {
  switch (failure._tag) {
    case "UnknownVendor":
      return `No vendor ${failure.vendor} is configured.`
    case "OrderNotFound":
    case "Contended":
    case "StoreUnavailable":
    case "Unsettled":
    case "Overtaken":
      return failure._tag
    default:
      return `${failure._tag}: ${failure.detail}`
  }
}

/** Whether it is of no use to try again. */
const isFinal = (failure: Run.Failure): boolean =>
  failure._tag === "UnknownVendor" || (failure._tag === "Rejected" && failure.code === "NOT_SUPPORTED")

const waitOf = (
  waits: ReadonlyArray<Duration.Duration>,
  { tries }: Claimed,
  failure: Run.Failure
): Duration.Duration =>
  failure._tag === "Throttled" && failure.retryAfterMillis !== null
    ? Duration.clamp(Duration.millis(failure.retryAfterMillis), { minimum: shortest, maximum: longest })
    : waitAfter(waits, tries)

/** A run that came to no end: why is written down, and it is due again later. */
const failed = (claimed: Claimed, run: Numbered, failure: Run.Failure) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const store = yield* Reconciliations
    const { waits } = yield* Reconciling
    const detail = detailOf(failure)
    const about = { vendor: run.vendor, day: run.day, detail }
    yield* Effect.logInfo("A day could not be reconciled.", about)
    if (claimed.tries >= triesToAlarm || failure._tag === "BillUnfit")
      yield* Effect.logWarning("alarm RECONCILE_STUCK", about)
    yield* store.fail(run, detail)
    return yield* isFinal(failure)
      ? due.done(claimed, detail)
      : due.postpone(claimed, waitOf(waits, claimed, failure), detail)
  })

/** Another day of the vendor is being run, or the claim is lost. */
export class Busy extends Data.TaggedError("Busy")<{ readonly vendor: string }> {}

/** Runs a claimed day. Why a run comes to no end is told and kept, and the day is due again. */
export const attempted = Effect.fnUntraced(function* (claimed: Claimed, report: Run.Report) {
  const store = yield* Reconciliations
  const due = yield* DueWork
  const begun = yield* store.begin(claimed)
  if (Option.isNone(begun)) {
    yield* due.giveBack(claimed, busyRest)
    return yield* new Busy({ vendor: claimed.owner })
  }
  const run = { ...subjectOf(claimed), run: begun.value }
  yield* Run.make(run, report).pipe(
    Effect.tapError((failure) => failed(claimed, run, failure)),
    Effect.zipLeft(due.done(claimed, null))
  )
})

/** A claimed day: whatever comes of it is written down with it. */
export const perform = (claimed: Claimed) => Effect.ignore(attempted(claimed, () => Effect.void))

/** What a failure says to who asked for the run. */
export const said = detailOf
