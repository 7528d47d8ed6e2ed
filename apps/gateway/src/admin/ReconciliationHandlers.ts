import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Admin, Order } from "@payment-proxy/api"
import { Reconcile, Report } from "@payment-proxy/application"
import { Money } from "@payment-proxy/domain"
import {
  type Day,
  type Difference,
  type DifferenceStatus,
  Reconciliations,
  type Total,
  Vendors
} from "@payment-proxy/ports"
import { Effect, FiberSet, Option } from "effect"
import { answering } from "../Problems.ts"
import * as Csv from "./Csv.ts"
import * as Following from "./Following.ts"
import { acting, body, recorded } from "./Recorded.ts"

type ShownDay = typeof Admin.Reconciliation.AdminDay.Type
type ShownDifference = typeof Admin.Reconciliation.AdminDifference.Type

const mostDays = 60
const page = 100
const atOnce = 4

const timeOf = (millis: number | null): string | null => (millis === null ? null : Order.timeOf(millis))

const total = ({ in: came, out: went, fee }: Total) => ({
  currency: came.currency,
  in: Money.format(came),
  out: Money.format(went),
  fee
})

const day = Effect.fnUntraced(function* (one: Day) {
  const store = yield* Reconciliations
  return {
    vendor: one.vendor,
    day: one.day,
    run: one.run,
    startedAt: timeOf(one.startedAtMillis),
    finishedAt: timeOf(one.finishedAtMillis),
    fault: one.fault,
    dueAt: timeOf(one.dueAtMillis),
    lines: one.counted?.lines ?? null,
    matched: one.counted?.matched ?? null,
    totals: one.counted?.totals.map(total) ?? [],
    differences: one.run === 0 ? [] : yield* store.counts(one.vendor, one.day)
  } satisfies ShownDay
})

const days = Effect.fnUntraced(function* (vendor: string | undefined) {
  const names = vendor === undefined ? (yield* Vendors).names : [vendor]
  const found = yield* Effect.forEach(names, (name) => Reconcile.days(name, mostDays))
  const latest = found.flat().sort((a, b) => (a.day === b.day ? 0 : a.day < b.day ? 1 : -1))
  return yield* Effect.forEach(latest, day, { concurrency: atOnce })
})

const difference = (one: Difference): ShownDifference => {
  const { merchantRefundNo: _, vendorRefundNo: __, ...shown } = Report.difference(one)
  return { ...shown, foundAt: Order.timeOf(one.foundAtMillis) }
}

const differences = Effect.fnUntraced(function* (
  vendor: string,
  ofDay: string,
  status: DifferenceStatus | undefined,
  after: string | null
) {
  const store = yield* Reconciliations
  if (Option.isNone(yield* store.day(vendor, ofDay))) return yield* new Reconcile.DayUnknown({ vendor, day: ofDay })
  const statuses = status === undefined ? null : [status]
  const found = yield* store.differences({ vendor, day: ofDay, statuses, after, limit: page + 1 })
  const items = found.slice(0, page)
  return { items: items.map(difference), next: found.length > page ? (items.at(-1)?.id ?? null) : null }
})

/** On record before its first line leaves. */
const reported = Effect.fnUntraced(function* (vendor: string, ofDay: string) {
  const response = NodeHttpServerRequest.toServerResponse(yield* HttpServerRequest.HttpServerRequest)
  const report = yield* recorded({ action: "day.report", subject: `${vendor}/${ofDay}`, reason: null })(
    Reconcile.report(vendor, ofDay)
  )
  const name = `${vendor.replaceAll(/[^\w.-]/g, "_")}-${report.day.day}.csv`
  yield* Csv.send(response, name, Report.csv(report), yield* Following.standing)
  return HttpServerResponse.empty()
})

type Running = Effect.Effect.Success<ReturnType<typeof Reconcile.begin>>

/** Answers when the day is taken; what runs it goes on by itself, until this process is told to end. */
const run = Effect.fnUntraced(function* (
  vendor: string,
  ofDay: string,
  fork: (running: Running) => Effect.Effect<unknown>
) {
  const { reason } = yield* body(Admin.Orders.Because)
  const by = yield* acting
  yield* Effect.uninterruptible(
    Effect.flatMap(
      recorded({ action: "day.run", subject: `${vendor}/${ofDay}`, reason })(Reconcile.begin(vendor, ofDay, by)),
      fork
    )
  )
  return HttpServerResponse.empty({ status: 202 })
})

const settled = Effect.fnUntraced(function* (vendor: string, ofDay: string, id: string) {
  const { reason } = yield* body(Admin.Orders.Because)
  const by = yield* acting
  yield* recorded({ action: "difference.resolve", subject: `${vendor}/${ofDay}/${id}`, reason })(
    Reconcile.resolve(vendor, ofDay, { id, note: reason }, by)
  )
  return HttpServerResponse.empty({ status: 204 })
})

/** The handlers of vendors' bills against our orders. */
export const layer = HttpApiBuilder.group(Admin.Api, "reconciliation", (handlers) =>
  Effect.gen(function* () {
    const fork = yield* FiberSet.makeRuntime<Effect.Effect.Context<Running>>()
    const going = (running: Running) =>
      Effect.sync(() =>
        fork(
          Effect.catchAllCause(running, (cause) => Effect.logWarning("A day that was run by hand did not end.", cause))
        )
      )
    return handlers
      .handle("days", ({ urlParams }) => answering(days(urlParams.vendor)))
      .handle("differences", ({ path, urlParams }) =>
        answering(differences(path.vendor, path.day, urlParams.status, urlParams.cursor ?? null))
      )
      .handleRaw("report", ({ path }) => answering(reported(path.vendor, path.day)))
      .handleRaw("run", ({ path }) => answering(run(path.vendor, path.day, going)))
      .handleRaw("settle", ({ path }) => answering(settled(path.vendor, path.day, path.id)))
  })
)
