import { type Tally, tallyBoundsMillis } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"

/** The columns of `payment_proxy_tally` beside whose row it is. */
export const columns = ["minute", "vendor", "placed", "succeeded", "failed", "calls", "errors", "buckets"] as const

const Row = Schema.Struct({
  minute: Schema.Number,
  vendor: Schema.String,
  placed: Schema.Number,
  succeeded: Schema.Number,
  failed: Schema.Number,
  calls: Schema.Number,
  errors: Schema.Number,
  buckets: Schema.String
})
const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

const bucketsOf = (text: string): ReadonlyArray<number> => {
  const counts = text.split(" ").map(Number)
  return Array.from({ length: tallyBoundsMillis.length + 1 }, (_, at) => counts[at] || 0)
}

/** Rows as tallies. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Tally>> =>
  Effect.map(Effect.orDie(decodeRows(rows)), (all) => all.map((row) => ({ ...row, buckets: bucketsOf(row.buckets) })))

/** A process's tally as its row. */
export const toRow = (process: string, { buckets, ...tally }: Tally) => ({
  ...tally,
  process,
  buckets: buckets.join(" ")
})

const added = (one: Tally, other: Tally): Tally => ({
  ...one,
  placed: one.placed + other.placed,
  succeeded: one.succeeded + other.succeeded,
  failed: one.failed + other.failed,
  calls: one.calls + other.calls,
  errors: one.errors + other.errors,
  buckets: one.buckets.map((count, at) => count + (other.buckets[at] ?? 0))
})

/** One tally for each minute and vendor, the oldest first. */
export const sum = (tallies: ReadonlyArray<Tally>): ReadonlyArray<Tally> => {
  const all = new Map<string, Tally>()
  for (const tally of tallies) {
    const key = `${tally.minute} ${tally.vendor}`
    const known = all.get(key)
    all.set(key, known === undefined ? tally : added(known, tally))
  }
  return [...all.values()].sort((one, other) => one.minute - other.minute || (one.vendor < other.vendor ? -1 : 1))
}
