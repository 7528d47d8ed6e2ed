import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Effect, Schema } from "effect"
import type { Printed } from "./Printed.ts"

const main = fileURLToPath(new URL("../../gateway/test/reconcile/main.ts", import.meta.url))
const orders = 50_000

const Run = Schema.Struct({
  found: Schema.Number,
  lacking: Schema.Array(Schema.String),
  beside: Schema.Array(Schema.String),
  lines: Schema.Number,
  matched: Schema.Number,
  seconds: Schema.Number,
  beforeMb: Schema.Number,
  peakMb: Schema.Number
})
const Came = Schema.parseJson(Schema.Struct({ seedSeconds: Schema.Number, first: Run, again: Run }))

const isRight = ({ found, lacking, beside }: typeof Run.Type): boolean =>
  found === 40 && lacking.length === 0 && beside.length === 0

const line = (name: string, { found, lacking, beside, lines, seconds, beforeMb, peakMb }: typeof Run.Type): string =>
  `${name}: ${lines} lines in ${seconds.toFixed(1)} s, ${found} of 40 differences (${lacking.length} lacking, ${beside.length} beside them), RSS ${beforeMb.toFixed(0)} MB before, ${peakMb.toFixed(0)} MB at most`

/** A day of 50 000 orders in the embedded database, with 40 planted differences of every kind, run twice. */
export const run = (): Effect.Effect<Printed> =>
  Effect.promise(() => promisify(execFile)(process.execPath, ["--conditions=source", main, String(orders)])).pipe(
    Effect.flatMap(({ stdout }) => Schema.decode(Came)(stdout)),
    Effect.orDie,
    Effect.map(({ first, again }) => ({
      lines: [line("first run", first), line("second run", again)],
      json: { name: "reconcile", orders, first, again },
      isRight: isRight(first) && isRight(again)
    }))
  )
