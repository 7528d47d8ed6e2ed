import type { Payment } from "@payment-proxy/domain"
import { type Tally as Minute, Tallies, tallyBoundsMillis } from "@payment-proxy/ports"
import { Clock, Context, Duration, Effect, Encoding, Layer, Schedule } from "effect"
import { Entropy } from "./Entropy.ts"

/** What this process counts of its vendors, in memory; nothing of it is an Effect. */
export interface Counts {
  /** An order came into a state; `isPlaced`: by being placed. */
  readonly moved: (vendor: string, to: Payment.State, isPlaced: boolean, nowMillis: number) => void
  /** A call to a vendor has ended; `isError`: without a definite answer. */
  readonly called: (vendor: string, tookMillis: number, isError: boolean, nowMillis: number) => void
  /** All that was counted since it was last taken. */
  readonly take: () => ReadonlyArray<Minute>
  /** Counts what was taken in vain once more. */
  readonly putBack: (minutes: ReadonlyArray<Minute>) => void
}

/** Where this process counts; nowhere unless `layer` is there. */
export class Tally extends Context.Reference<Tally>()("@payment-proxy/application/Tally", {
  defaultValue: (): Pick<Counts, "moved" | "called"> => ({ moved: () => {}, called: () => {} })
}) {}

interface Cell {
  placed: number
  succeeded: number
  failed: number
  calls: number
  errors: number
  readonly buckets: Array<number>
}

const minuteMillis = 60_000
/** Minutes by vendor that are kept while the store is away; the oldest go first. */
const mostCells = 10_000
const every = Duration.seconds(2)
const forgetEvery = Duration.minutes(10)
const keptMinutes = 24 * 60

const bucketOf = (millis: number): number => {
  const at = tallyBoundsMillis.findIndex((bound) => millis <= bound)
  return at < 0 ? tallyBoundsMillis.length : at
}

/** Counts that begin at zero. */
export const counts = (): Counts => {
  /** By minute and vendor, in the order of their first count. */
  let cells = new Map<number, Map<string, Cell>>()
  let size = 0

  const cellOf = (minute: number, vendor: string): Cell => {
    const known = cells.get(minute)?.get(vendor)
    if (known !== undefined) return known
    const vendors = cells.get(minute) ?? new Map<string, Cell>()
    const cell: Cell = {
      placed: 0,
      succeeded: 0,
      failed: 0,
      calls: 0,
      errors: 0,
      buckets: tallyBoundsMillis.map(() => 0).concat(0)
    }
    cells.set(minute, vendors.set(vendor, cell))
    size += 1
    if (size > mostCells) drop()
    return cell
  }
  const drop = (): void => {
    let oldest = Number.POSITIVE_INFINITY
    for (const minute of cells.keys()) if (minute < oldest) oldest = minute
    size -= cells.get(oldest)?.size ?? 0
    cells.delete(oldest)
  }
  const cellAt = (nowMillis: number, vendor: string): Cell => cellOf(Math.floor(nowMillis / minuteMillis), vendor)

  return {
    moved: (vendor, to, isPlaced, nowMillis) => {
      if (!isPlaced && to !== "SUCCEEDED" && to !== "FAILED") return
      const cell = cellAt(nowMillis, vendor)
      if (isPlaced) cell.placed += 1
      if (to === "SUCCEEDED") cell.succeeded += 1
      if (to === "FAILED") cell.failed += 1
    },
    called: (vendor, tookMillis, isError, nowMillis) => {
      const cell = cellAt(nowMillis, vendor)
      const bucket = bucketOf(tookMillis)
      cell.calls += 1
      if (isError) cell.errors += 1
      cell.buckets[bucket] = (cell.buckets[bucket] ?? 0) + 1
    },
    take: () => {
      const taken = [...cells].flatMap(([minute, vendors]) =>
        [...vendors].map(([vendor, cell]): Minute => ({ minute, vendor, ...cell }))
      )
      cells = new Map()
      size = 0
      return taken
    },
    putBack: (minutes) => {
      for (const { minute, vendor, buckets, ...some } of minutes) {
        const cell = cellOf(minute, vendor)
        cell.placed += some.placed
        cell.succeeded += some.succeeded
        cell.failed += some.failed
        cell.calls += some.calls
        cell.errors += some.errors
        for (const [at, count] of buckets.entries()) cell.buckets[at] = (cell.buckets[at] ?? 0) + count
      }
    }
  }
}

/** Hands what was counted to the store; what it does not take now is counted on and handed over later. */
export const flush = (tallies: Tallies["Type"], process: string, counted: Counts): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.suspend(() => {
      const taken = counted.take()
      if (taken.length === 0) return Effect.void
      return Effect.catchAllCause(tallies.add(process, taken), (cause) =>
        Effect.zipRight(
          Effect.sync(() => counted.putBack(taken)),
          Effect.logDebug("What was counted could not be put down; it is tried again.", cause)
        )
      )
    })
  )

/** Counts, put down every two seconds and at the end; what is older than a day is forgotten. */
export const layer: Layer.Layer<Tally, never, Tallies> = Layer.scoped(
  Tally,
  Effect.gen(function* () {
    const tallies = yield* Tallies
    const { bytes } = yield* Entropy
    const process = Encoding.encodeHex(bytes(8))
    const counted = counts()
    const flushed = flush(tallies, process, counted)
    const forgotten = Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      Effect.ignore(tallies.forget(Math.floor(nowMillis / minuteMillis) - keptMinutes))
    )
    yield* Effect.addFinalizer(() => flushed)
    yield* Effect.forkScoped(Effect.repeat(flushed, Schedule.spaced(every)))
    yield* Effect.forkScoped(Effect.repeat(forgotten, Schedule.spaced(forgetEvery)))
    return counted
  })
)
