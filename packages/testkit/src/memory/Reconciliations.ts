import { OrderNo, type Payment, type RefundMachine } from "@payment-proxy/domain"
import type { Booked, Claimed, Day, Difference, MovedSearch, Numbers, Run, Settlement } from "@payment-proxy/ports"
import { Reconciliations } from "@payment-proxy/ports"
import { Clock, type Duration, Effect, Option, Random } from "effect"
import * as Due from "./Due.ts"
import { type DayRow, keyOf, type Tables } from "./Tables.ts"

const idOf = (vendor: string, day: string): string => `${vendor}/${day}`

const dayMillis = 86_400_000
const rememberedDays = 60

const daysFrom = (day: string, count: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMillis).toISOString().slice(0, 10)

const freshDay = (vendor: string, day: string, due: Due.Due): DayRow => ({
  vendor,
  due,
  note: null,
  begunToken: null,
  record: {
    vendor,
    day,
    run: 0,
    startedAtMillis: null,
    finishedAtMillis: null,
    fault: null,
    counted: null,
    dueAtMillis: null
  }
})

const shown = ({ record, due }: DayRow): Day => ({ ...record, dueAtMillis: due.atMillis })

const paidStates: ReadonlyArray<Payment.State> = ["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED", "LATE_PAID"]

const bookedPayment = (payment: Payment.Payment): Booked => ({
  no: payment.payOrderNo,
  of: "payment",
  payOrderNo: payment.payOrderNo,
  merchantOrderNo: payment.merchantOrderNo,
  vendorNo: payment.transactionNo,
  amount: payment.amount,
  state: payment.state,
  atMillis: payment.paidAtMillis
})

const bookedRefund = (refund: RefundMachine.Refund): Booked => ({
  no: refund.refundNo,
  of: "refund",
  payOrderNo: refund.payOrderNo,
  merchantOrderNo: refund.refundNo,
  vendorNo: refund.vendorRefundNo,
  amount: refund.amount,
  state: refund.state,
  atMillis: refund.refundedAtMillis
})

const isPaid = ({ state, paidAtMillis }: Payment.Payment): boolean =>
  paidStates.includes(state) || (state === "HELD" && paidAtMillis !== null)

/** Those with a time first, by it; then those without, by number. */
const inOrder = (a: Booked, b: Booked): number =>
  (a.atMillis ?? Number.POSITIVE_INFINITY) - (b.atMillis ?? Number.POSITIVE_INFINITY) || (a.no < b.no ? -1 : 1)

/** Our side of a bill. */
const ours = (tables: Tables) => {
  const payments = (vendor: string) =>
    [...tables.orders.values()].map(({ placed }) => placed.payment).filter((payment) => payment.vendor === vendor)
  const refunds = (vendor: string) =>
    [...tables.refunds.values()]
      .map(({ placed }) => placed.refund)
      .filter(({ payOrderNo }) => tables.orders.get(payOrderNo)?.placed.payment.vendor === vendor)
  return {
    counterparts: (vendor: string, { given, theirs }: Numbers) =>
      Effect.sync(() => {
        const [byUs, byThem] = [new Set(given), new Set(theirs)]
        return {
          payments: payments(vendor).filter(
            ({ merchantOrderNo, transactionNo }) => byUs.has(merchantOrderNo) || byThem.has(transactionNo ?? "")
          ),
          refunds: refunds(vendor).filter(
            ({ refundNo, vendorRefundNo }) => byUs.has(refundNo) || byThem.has(vendorRefundNo ?? "")
          )
        }
      }),
    moved: ({ vendor, fromMillis, toMillis, after, limit }: MovedSearch) =>
      Effect.sync(() => {
        const isIn = ({ no, atMillis }: Booked) =>
          atMillis === null
            ? no >= OrderNo.least(fromMillis) && no < OrderNo.least(toMillis)
            : atMillis >= fromMillis && atMillis < toMillis
        return [
          ...payments(vendor).filter(isPaid).map(bookedPayment),
          ...refunds(vendor)
            .filter(({ state }) => state === "SUCCEEDED")
            .map(bookedRefund)
        ]
          .filter(isIn)
          .filter((one) => after === null || inOrder(after, one) < 0)
          .sort(inOrder)
          .slice(0, limit)
      }),
    elsewhere: (vendor: string, numbers: ReadonlyArray<string>, day: string) =>
      Effect.sync(() => new Set(numbers.filter((no) => (tables.elsewhere.get(keyOf(vendor, no)) ?? day) !== day)))
  }
}

/** Days and their runs. */
const days = (tables: Tables) => {
  let claims = 0
  const isLeased = ({ due }: DayRow, nowMillis: number): boolean => due.token !== null && nowMillis < due.leaseEndMillis
  return {
    open: (all: ReadonlyArray<{ readonly vendor: string; readonly day: string; readonly dueIn: Duration.Duration }>) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        for (const { vendor, day, dueIn } of all)
          if (!tables.days.has(idOf(vendor, day)))
            tables.days.set(idOf(vendor, day), freshDay(vendor, day, Due.make(nowMillis, dueIn)))
      }),
    take: (vendor: string, day: string, lease: Duration.Duration) =>
      Effect.map(
        Effect.all([Clock.currentTimeMillis, Random.nextIntBetween(0, 2 ** 32)]),
        ([nowMillis, chance]): Option.Option<Claimed> => {
          const id = idOf(vendor, day)
          const row = tables.days.get(id) ?? freshDay(vendor, day, Due.make(nowMillis, null))
          if (isLeased(row, nowMillis)) return Option.none()
          claims += 1
          const token = `take-${claims}-${chance.toString(16)}`
          const due = { ...Due.leased(row.due, token, nowMillis, lease), atMillis: nowMillis }
          tables.days.set(id, { ...row, due })
          return Option.some({ queue: "reconcile", id, owner: vendor, token, tries: due.tries, isQueryOwed: false })
        }
      ),
    begin: ({ id, owner, token }: Claimed) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis): Option.Option<number> => {
        const row = tables.days.get(id)
        const isBusy = [...tables.days].some(
          ([other, { vendor, due, begunToken }]) =>
            other !== id && vendor === owner && Due.holds(due, begunToken ?? "-", nowMillis)
        )
        if (row === undefined || !Due.holds(row.due, token, nowMillis) || isBusy) return Option.none()
        const run = row.record.run + 1
        tables.days.set(id, { ...row, begunToken: token, record: { ...row.record, run, startedAtMillis: nowMillis } })
        return Option.some(run)
      }),
    day: (vendor: string, day: string) =>
      Effect.sync(() => Option.map(Option.fromNullable(tables.days.get(idOf(vendor, day))), shown)),
    days: (vendor: string, limit: number) =>
      Effect.sync(() =>
        [...tables.days.values()]
          .filter((row) => row.vendor === vendor)
          .map(shown)
          .sort((a, b) => (a.day < b.day ? 1 : -1))
          .slice(0, limit)
      )
  }
}

/** `Reconciliations` over the tables; its clock is Effect's. */
export const make = (tables: Tables) => {
  const all = (vendor: string, day: string | null) =>
    [...tables.differences].filter(([, one]) => one.vendor === vendor && (day === null || one.day === day))
  const isOpen = ({ status }: Difference): boolean => status !== "resolved"
  const settled = (key: string, one: Difference, to: Settlement, nowMillis: number): void => {
    tables.differences.set(key, { ...one, ...to, resolvedAtMillis: to.status === "resolved" ? nowMillis : null })
  }
  const resolve = (key: string, one: Difference, resolvedBy: string, note: string, nowMillis: number): void =>
    settled(key, one, { status: "resolved", action: one.action, note, resolvedBy }, nowMillis)

  const ifLast = ({ vendor, day, run }: Run, write: (row: DayRow, nowMillis: number) => void) =>
    Effect.map(Clock.currentTimeMillis, (nowMillis) => {
      const row = tables.days.get(idOf(vendor, day))
      if (row === undefined || row.record.run !== run) return false
      write(row, nowMillis)
      return true
    })

  return Reconciliations.of({
    ...days(tables),
    ...ours(tables),
    note: (run, { differences, elsewhere }) =>
      ifLast(run, (_, nowMillis) => {
        for (const difference of differences) {
          const key = keyOf(run.vendor, run.day, difference.id)
          const known = tables.differences.get(key)
          const found = { ...difference, vendor: run.vendor, day: run.day, run: run.run, foundAtMillis: nowMillis }
          tables.differences.set(
            key,
            known === undefined || known.resolvedBy === "run"
              ? { ...found, resolvedAtMillis: null, resolvedBy: null }
              : { ...known, run: run.run }
          )
        }
        for (const no of elsewhere) tables.elsewhere.set(keyOf(run.vendor, no), run.day)
      }),
    found: ({ vendor, day }, numbers) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        for (const [key, one] of all(vendor, null))
          if (
            isOpen(one) &&
            one.kind === "MISSING_THERE" &&
            one.day !== day &&
            numbers.includes(one.refundNo ?? one.payOrderNo ?? "")
          )
            resolve(key, one, "bill", `It is in the bill of ${day}.`, nowMillis)
      }),
    settle: (vendor, day, id, settlement) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const key = keyOf(vendor, day, id)
        const one = tables.differences.get(key)
        if (one === undefined || !isOpen(one)) return false
        settled(key, one, settlement, nowMillis)
        return true
      }),
    finish: (run, counted) =>
      ifLast(run, (row, nowMillis) => {
        const { vendor, day } = run
        for (const [key, one] of all(vendor, null).filter(([, one]) => isOpen(one))) {
          if (one.day === day && one.run < run.run) resolve(key, one, "run", "It was not found again.", nowMillis)
          else if (one.day !== day && one.status === "awaited" && one.day <= daysFrom(day, 1))
            tables.differences.set(key, { ...one, status: "open" })
        }
        for (const [key, since] of tables.elsewhere)
          if (since < daysFrom(day, -rememberedDays)) tables.elsewhere.delete(key)
        const record = { ...row.record, finishedAtMillis: nowMillis, fault: null, counted }
        tables.days.set(idOf(vendor, day), { ...row, record })
      }),
    fail: (run, fault) =>
      ifLast(run, (row) => {
        tables.days.set(idOf(run.vendor, run.day), { ...row, record: { ...row.record, fault } })
      }).pipe(Effect.asVoid),
    differences: ({ vendor, day, statuses, after, limit }) =>
      Effect.sync(() =>
        all(vendor, day)
          .map(([, one]) => one)
          .filter(({ id, status }) => (after === null || id > after) && (statuses?.includes(status) ?? true))
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit)
      ),
    counts: (vendor, day) =>
      Effect.sync(() => {
        const counts = new Map<string, { kind: Difference["kind"]; status: Difference["status"]; count: number }>()
        for (const [, { kind, status }] of all(vendor, day)) {
          const key = `${kind} ${status}`
          counts.set(key, { kind, status, count: (counts.get(key)?.count ?? 0) + 1 })
        }
        return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count)
      })
  })
}
