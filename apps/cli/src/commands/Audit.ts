import { Command } from "@effect/cli"
import { Audit, OrderNotFound } from "@payment-proxy/application"
import { Effect, Option } from "effect"
import * as Failed from "../Failed.ts"
import * as Heads from "../Heads.ts"
import { argument, leaf, optional } from "../Leaf.ts"
import * as Progress from "../Progress.ts"
import * as Shown from "../Shown.ts"

const timeOf = (millis: number): string => new Date(millis).toISOString()

const shownAs = ({ keyId, sinceMillis, ...report }: Audit.Report) => ({ keyId, since: timeOf(sinceMillis), ...report })

const shown = (report: Audit.Report): Shown.Shown => {
  const { keyId, since, orders, entries, unchained, faults, found } = shownAs(report)
  const head = Shown.fields({
    "orders and refunds": orders,
    entries,
    "older than the chain": unchained,
    faults,
    "chained by key": keyId,
    since
  })
  const table = Shown.table(
    ["NUMBER", "VERSION", "FAULT", "DETAIL"],
    found.map(({ payOrderNo, version, fault, detail }) => [payOrderNo, version, fault, detail])
  )
  const fault = new Failed.Failed({
    exit: Failed.exits.refused,
    code: "HISTORY_BROKEN",
    detail: `${faults} orders or refunds are not as they were written: compare them with a backup and with the vendor.`
  })
  return {
    json: shownAs(report),
    text: faults === 0 ? head : `${head}\n\n${table}`,
    fault: faults === 0 ? undefined : fault
  }
}

const verify = leaf(
  "verify",
  {
    about: "Looks whether every history is as it was written: nothing altered, taken out or put in.",
    example: "audit verify",
    config: {
      order: optional("order", "Only this order and its refunds"),
      heads: optional(
        "heads",
        "A file that audit heads wrote, kept elsewhere: shows what was removed or put back since"
      )
    }
  },
  ({ order, heads }) =>
    Effect.gen(function* () {
      if (Option.isSome(order) && Option.isSome(heads))
        return yield* new Failed.Failed({
          exit: Failed.exits.usage,
          code: "MALFORMED",
          detail: "Heads are of all orders: leave --order out, or --heads."
        })
      const progress = yield* Progress.make("verified", null)
      const number = Option.getOrUndefined(order)
      const report = yield* Audit.verify({
        number,
        heads: Option.isSome(heads) ? yield* Heads.read(heads.value) : undefined,
        onProgress: ({ orders }) => progress(orders)
      })
      if (number !== undefined && report.orders === 0) return yield* new OrderNotFound({ number })
      return shown(report)
    }).pipe(
      Effect.scoped,
      // A line of the file that is none ends the reading in the middle.
      Effect.catchSomeDefect((defect) =>
        defect instanceof Failed.Failed ? Option.some(Effect.fail(defect)) : Option.none()
      )
    )
)

const heads = leaf(
  "heads",
  {
    about:
      "Writes down what each history ends with, into a new file. Kept elsewhere, it shows later what was removed or put back.",
    example: "audit heads /backup/heads-2026-11-26.jsonl",
    config: { file: argument("file", "A file that is not there yet") }
  },
  ({ file }) =>
    Effect.gen(function* () {
      const write = yield* Heads.create(file)
      const progress = yield* Progress.make("written", null)
      let written = 0
      const count = yield* Audit.heads((page) => {
        written += page.length
        return Effect.zipRight(write(page), progress(written))
      })
      return { json: { file, heads: count }, text: `${count} heads were written to ${file}.` }
    })
)

/** `payment-proxy audit …` */
export const audit = Command.make("audit").pipe(
  Command.withDescription("Whether histories are as they were written"),
  Command.withSubcommands([verify, heads])
)
