import { Command, Options } from "@effect/cli"
import { FileSystem } from "@effect/platform"
import { Reconcile, Report } from "@payment-proxy/application"
import { Money } from "@payment-proxy/domain"
import { type Difference, type StoreUnavailable, Vendors } from "@payment-proxy/ports"
import { Effect, Option, Stream } from "effect"
import * as Failed from "../Failed.ts"
import * as Layers from "../Layers.ts"
import { argument, leaf, optional } from "../Leaf.ts"
import * as Operator from "../Operator.ts"
import * as Progress from "../Progress.ts"
import * as Shown from "../Shown.ts"

const vendor = argument("vendor", "The vendor's name in the configuration")
const day = argument("day", "A day of the vendor's, like 2025-11-25")

/** So many differences are in a table; JSON and CSV have all of them. */
const mostShown = 50

type Day = Report.Report<StoreUnavailable>

const headOf = (report: Day): string => {
  const { vendor, day, zone, run, finishedAt, fault, counted } = Report.summary(report)
  return Shown.fields({
    vendor,
    day: `${day} (${zone})`,
    runs: run,
    finished: finishedAt,
    fault,
    lines: counted?.lines ?? null,
    "as they stand here": counted?.matched ?? null,
    differences: report.counts.reduce((sum, { count }) => sum + count, 0)
  })
}

const sideOf = (side: Difference["ours"]): string | null =>
  side === null ? null : `${Money.format(side.amount)} ${side.amount.currency} ${side.state}`

const tableOf = (differences: ReadonlyArray<Difference>): string =>
  Shown.table(
    ["ID", "KIND", "OF", "STATUS", "NUMBER", "OURS", "THEIRS", "NOTE"],
    differences.map(({ id, kind, of, status, payOrderNo, refundNo, merchantOrderNo, ours, theirs, note }) => [
      id,
      kind,
      of,
      status,
      refundNo ?? payOrderNo ?? merchantOrderNo,
      sideOf(ours),
      sideOf(theirs),
      note
    ])
  )

const shown = (report: Day) =>
  Effect.map(Stream.runCollect(report.differences), (found): Shown.Shown => {
    const differences = [...found]
    const more = differences.length - mostShown
    const parts = [
      headOf(report),
      ...(differences.length === 0 ? [] : [tableOf(differences.slice(0, mostShown))]),
      ...(more > 0 ? [`${more} more: --json and --csv have all of them.`] : [])
    ]
    return {
      json: { summary: Report.summary(report), differences: differences.map(Report.difference) },
      text: parts.join("\n\n")
    }
  })

const written = (report: Day, file: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    yield* Stream.run(Stream.encodeText(Report.csv(report)), files.sink(file)).pipe(
      Effect.catchTags({
        SystemError: ({ message }) => fileFailed(message),
        BadArgument: ({ message }) => fileFailed(message)
      })
    )
    return { json: { file, summary: Report.summary(report) }, text: `${headOf(report)}\nwritten to ${file}` }
  })

const fileFailed = (message: string) =>
  new Failed.Failed({ exit: Failed.exits.refused, code: "FILE_NOT_WRITTEN", detail: message })

const run = leaf(
  "run",
  {
    about: "Reconciles a day: the vendor's bill against our orders and the other way round. It can be run again.",
    example: "reconcile run platform 2025-11-25",
    config: { vendor, day }
  },
  ({ vendor, day }) =>
    Effect.gen(function* () {
      const progress = yield* Progress.make("lines", null)
      const by = yield* Operator.typing
      const doing = Operator.did("day.run", `${vendor}/${day}`)
      return yield* shown(yield* doing(Reconcile.run(vendor, day, by, ({ lines }) => progress(lines))))
    })
)

const report = leaf(
  "report",
  {
    about: "Shows what a reconciled day came to: a summary, and every difference.",
    example: "reconcile report platform 2025-11-25 --csv differences.csv",
    config: { vendor, day, csv: optional("csv", "Writes the differences as CSV into this file; -: to stdout") }
  },
  ({ vendor, day, csv }) =>
    Effect.gen(function* () {
      const found = yield* Reconcile.report(vendor, day)
      if (Option.isNone(csv)) return yield* shown(found)
      if (csv.value !== "-") return yield* written(found, csv.value)
      const text = yield* Stream.mkString(Report.csv(found))
      const { json } = yield* shown(found)
      // The line's end that follows is its last one's.
      return { json, text: text.slice(0, -1) }
    })
)

const list = leaf(
  "list",
  {
    about: "Lists the days that were reconciled or are due, the latest first.",
    example: "reconcile list --vendor platform",
    config: {
      vendor: optional("vendor", "Only this vendor's; all of the configuration unless given"),
      limit: Options.integer("limit").pipe(
        Options.withDescription("At most so many of a vendor"),
        Options.withDefault(20)
      )
    }
  },
  ({ vendor, limit }) =>
    Effect.gen(function* () {
      const { names } = yield* Vendors
      const wanted = Option.match(vendor, { onNone: () => names, onSome: (name) => [name] })
      const days = yield* Effect.forEach(wanted, (name) => Reconcile.days(name, limit))
      const timeOf = (millis: number | null) => (millis === null ? null : new Date(millis).toISOString())
      return Shown.list(
        days.flat().map((one) => ({
          vendor: one.vendor,
          day: one.day,
          runs: one.run,
          finishedAt: timeOf(one.finishedAtMillis),
          fault: one.fault,
          dueAt: timeOf(one.dueAtMillis),
          lines: one.counted?.lines ?? null
        })),
        ["VENDOR", "DAY", "RUNS", "LINES", "FINISHED", "FAULT", "DUE"],
        ({ vendor, day, runs, lines, finishedAt, fault, dueAt }) => [
          vendor,
          day,
          runs,
          lines,
          finishedAt,
          fault,
          dueAt
        ],
        "No day was reconciled yet."
      )
    })
)

const resolve = leaf(
  "resolve",
  {
    about: "Closes a difference that no rule closed: name and note stay with it.",
    example: 'reconcile resolve platform 2025-11-25 ID --note "settled with the vendor" --operator alice',
    config: {
      vendor,
      day,
      id: argument("difference", "The difference's id, as the report has it"),
      note: Operator.note,
      operator: Operator.operator
    }
  },
  ({ vendor, day, id, note, operator }) =>
    Effect.flatMap(Operator.named(operator), (name) =>
      Effect.as(
        Reconcile.resolve(vendor, day, { id, note }, Operator.acting(name)).pipe(
          Operator.by(name, Option.some(note), { action: "difference.resolve", subject: `${vendor}/${day}/${id}` })
        ),
        {
          json: { id, status: "resolved", resolvedBy: name },
          text: `Difference ${id} is resolved.`
        }
      )
    )
)

/** `payment-proxy reconcile …` */
export const reconcile = Command.make("reconcile").pipe(
  Command.withDescription("Days of vendors: their bills against our orders"),
  Command.withSubcommands([run, report, list, resolve]),
  Command.provide(Layers.whole)
)
