import {
  type BillLine,
  type Booked,
  crashPoint,
  InDoubt,
  Reconciliations,
  type Run,
  Vendors
} from "@payment-proxy/ports"
import { type Chunk, Data, Duration, Effect, Option, Stream } from "effect"
import { Entropy } from "../Entropy.ts"
import * as Compare from "./Compare.ts"
import * as Day from "./Day.ts"
import { Seen } from "./Seen.ts"
import { billsOf, Reconciling, type Settings } from "./Settings.ts"
import { review, settle } from "./Settling.ts"
import { Tally } from "./Tally.ts"

/** Another run of the day has begun: this one writes nothing more. */
export class Overtaken extends Data.TaggedError("Overtaken")<{ readonly vendor: string; readonly day: string }> {}

/** What a bill says cannot be what it is: nothing is concluded, and a person has to look. */
export class BillUnfit extends Data.TaggedError("BillUnfit")<{ readonly detail: string }> {}

/** How far a run is. */
export interface Progress {
  readonly phase: "bill" | "ours" | "evidence"
  readonly lines: number
  readonly differences: number
}

/** Whom a run tells how far it is. */
export type Report = (progress: Progress) => Effect.Effect<void>

const maxLines = 10_000_000

/** All that a run goes by, and what it knows so far. */
interface Running {
  readonly run: Run
  readonly settings: Settings
  readonly scope: Compare.Scope
  readonly tally: Tally
  /** Lines that are not of success, of orders of ours that this bill has not as succeeded. */
  readonly unsettled: Map<string, BillLine>
  readonly report: Report
}

const told = ({ report, tally }: Running, phase: Progress["phase"]) =>
  report({ phase, lines: tally.lines, differences: tally.differences })

const noted = Effect.fnUntraced(function* (
  running: Running,
  differences: Parameters<Reconciliations["Type"]["note"]>[1]["differences"],
  elsewhere: ReadonlyArray<string>
) {
  const { run, tally, settings } = running
  const store = yield* Reconciliations
  tally.differences += differences.length
  if (tally.differences > settings.maxDifferences)
    return yield* new BillUnfit({
      detail: `There are more than ${settings.maxDifferences} differences: look whether it is this account, and whether its zone is ${billsOf(settings, run.vendor).zone}.`
    })
  // The same number twice would be one row twice in one statement.
  const once = [...new Map(differences.map((difference) => [difference.id, difference])).values()]
  if (once.length + elsewhere.length === 0) return
  if (!(yield* store.note(run, { differences: once, elsewhere: [...new Set(elsewhere)] })))
    return yield* new Overtaken(run)
})

/** Compares a page of lines, all looked up in one question. */
const paged = Effect.fnUntraced(function* (running: Running, page: Chunk.Chunk<BillLine>) {
  const { run, scope, tally, unsettled } = running
  const lines = [...page]
  const store = yield* Reconciliations
  const book = Compare.bookOf(yield* store.counterparts(run.vendor, Compare.numbersOf(lines)))
  const verdicts = lines.map((line) => {
    const verdict = Compare.judge(line, book, scope)
    tally.line(line)
    const isSettled = line.kind !== "other" && line.state === "succeeded"
    if (isSettled && verdict.differences.length === 0) tally.matched += 1
    if (isSettled && verdict.payment !== null) tally.disputed(verdict.payment)
    if (verdict.unsettledNo !== null) unsettled.set(verdict.unsettledNo, line)
    if (verdict.no !== null) unsettled.delete(verdict.no)
    return verdict
  })
  if (tally.lines > maxLines || unsettled.size > running.settings.maxDifferences)
    return yield* new BillUnfit({ detail: `The bill has more than ${maxLines} lines, or too many that are undecided.` })
  yield* noted(
    running,
    verdicts.flatMap(({ differences }) => differences),
    verdicts.flatMap(({ no, isElsewhere }) => (no !== null && isElsewhere ? [no] : []))
  )
  yield* store.found(
    run,
    verdicts.flatMap(({ no }) => no ?? [])
  )
  yield* crashPoint("K24")
  yield* told(running, "bill")
})

/** Whether a neighbour day's bill may still have it. */
const awaiting = Effect.fnUntraced(function* ({ run, settings, scope }: Running) {
  const store = yield* Reconciliations
  const isDone = (day: string) =>
    Effect.map(
      store.day(run.vendor, day),
      Option.exists(({ finishedAtMillis }) => finishedAtMillis !== null)
    )
  const isNextDone = yield* isDone(Day.after(run.day, 1))
  const isPreviousDone = yield* isDone(Day.after(run.day, -1))
  const slackMillis = Duration.toMillis(settings.slack)
  const { startMillis, endMillis } = scope.window
  return ({ of, atMillis }: Booked): boolean => {
    // When a refund came to be is known by when we heard of it.
    const isLate = of === "refund" || atMillis === null || atMillis >= endMillis - slackMillis
    const isEarly = of === "refund" || atMillis === null || atMillis < startMillis + slackMillis
    return (isLate && !isNextDone) || (isEarly && !isPreviousDone)
  }
})

/** Our own money of the day that the bill does not have. */
const lacking = Effect.fnUntraced(function* (running: Running) {
  const { run, settings, scope, unsettled } = running
  const store = yield* Reconciliations
  const isAwaited = yield* awaiting(running)
  const { startMillis: fromMillis, endMillis: toMillis } = scope.window
  for (let after: Booked | null = null; ; ) {
    const page: ReadonlyArray<Booked> = yield* store.moved({
      vendor: run.vendor,
      fromMillis,
      toMillis,
      after,
      limit: settings.page
    })
    const missing = page.filter((booked) => !Compare.isSeen(booked, scope.seen))
    const elsewhere = yield* store.elsewhere(
      run.vendor,
      missing.map(({ no }) => no),
      run.day
    )
    yield* noted(
      running,
      missing
        .filter(({ no }) => !elsewhere.has(no))
        .map((booked) => Compare.lacking(booked, unsettled.get(booked.no), isAwaited(booked))),
      []
    )
    yield* told(running, "ours")
    after = page.at(-1) ?? null
    if (page.length < settings.page) return
  }
})

const seedOf = (bytes: Uint8Array): number => bytes.reduce((seed, byte) => (seed << 8) | byte, 0)

const runningOf = Effect.fnUntraced(function* (run: Run, report: Report) {
  const settings = yield* Reconciling
  const { zone, rates } = billsOf(settings, run.vendor)
  const seen = new Seen(seedOf((yield* Entropy).bytes(4)))
  const scope = { window: Day.window(run.day, zone), rates, seen }
  return { run, settings, scope, tally: new Tally(), unsettled: new Map(), report } satisfies Running
})

/** Says what a day came to. */
const logged = ({ run, tally }: Running) =>
  Effect.gen(function* () {
    const store = yield* Reconciliations
    const counts = yield* store.counts(run.vendor, run.day)
    const open = counts.filter(({ status }) => status === "open")
    const about = { vendor: run.vendor, day: run.day, lines: tally.lines, matched: tally.matched }
    yield* Effect.logInfo("a day was reconciled", about)
    if (open.length > 0)
      yield* Effect.logWarning("alarm RECONCILE_DIFFERENCES", {
        ...about,
        open: Object.fromEntries(open.map(({ kind, count }) => [kind, count]))
      })
  })

/**
 * Runs a day: the bill against our orders, then our orders against the bill, then evidence and questions. Only what a whole bill says
 * moves anything, and only a run that came to its end says that something is missing.
 */
export const make = Effect.fnUntraced(function* (run: Run, report: Report) {
  const running = yield* runningOf(run, report)
  const { settings } = running
  const vendors = yield* Vendors
  const store = yield* Reconciliations
  yield* vendors.bill(run.vendor, { day: run.day, of: "trades" }).pipe(
    Stream.timeoutFail(() => new InDoubt({ detail: "The bill does not go on." }), settings.lineLimit),
    Stream.grouped(settings.page),
    Stream.runForEach((page) => paged(running, page))
  )
  yield* lacking(running)
  yield* told(running, "evidence")
  yield* settle(run.vendor, run.day, run.run)
  if (!(yield* store.finish(run, running.tally.counted()))) return yield* new Overtaken(run)
  for (let back = 0; back <= settings.lookBackDays; back++) yield* review(run.vendor, Day.after(run.day, -back))
  yield* logged(running)
})

/** What a run may come to instead of its end. */
export type Failure = Effect.Effect.Error<ReturnType<typeof make>>
