import { OrderNo, Payment } from "@payment-proxy/domain"
import {
  type Behind,
  type Delivery,
  Insight,
  type LastFailure,
  type Queue,
  queues,
  Tallies,
  type Tally,
  type Troubled
} from "@payment-proxy/ports"
import { Clock, Effect } from "effect"
import * as Due from "./Due.ts"
import type { Tables } from "./Tables.ts"

const most = 10_000
const underWayMillis = 10_000

const counted = (all: ReadonlyArray<Troubled>, limit: number) => ({
  count: Math.min(all.length, most),
  oldest: all
    .toSorted((one, other) => (one.payOrderNo < other.payOrderNo ? -1 : 1))
    .slice(0, limit)
    .sort((one, other) => one.sinceMillis - other.sinceMillis)
})

const lastFailure = ({ attempts, note }: Delivery): LastFailure | null => {
  const last = attempts.at(-1)
  if (last !== undefined && !(last.status !== null && last.status < 300))
    return { atMillis: last.atMillis, status: last.status, said: last.said }
  return note === null ? null : { atMillis: null, status: null, said: note }
}

const lastTried = (one: Delivery, other: Delivery): number =>
  (other.attempts.at(-1)?.atMillis ?? 0) - (one.attempts.at(-1)?.atMillis ?? 0)

/** `Insight` over the tables. */
export const insight = (tables: Tables): Insight["Type"] => {
  const payments = (isMeant: (payment: Payment.Payment) => boolean): ReadonlyArray<Troubled> =>
    [...tables.orders.values()].flatMap(({ placed: { payment }, history, note }) =>
      isMeant(payment)
        ? {
            payOrderNo: payment.payOrderNo,
            vendor: payment.vendor,
            app: payment.app,
            state: payment.state,
            sinceMillis: history.at(-1)?.atMillis ?? payment.createdAtMillis,
            reason: payment.heldReason ?? note
          }
        : []
    )
  const heldRefunds = (): ReadonlyArray<Troubled> =>
    [...tables.refunds.values()].flatMap(({ placed: { refund }, app, history, note }) =>
      refund.state === "HELD"
        ? {
            payOrderNo: refund.refundNo,
            vendor: tables.orders.get(refund.payOrderNo)?.placed.payment.vendor ?? "",
            app,
            state: refund.state,
            sinceMillis: history.at(-1)?.atMillis ?? refund.createdAtMillis,
            reason: refund.heldReason ?? note
          }
        : []
    )
  const dues: { readonly [Q in Queue]: () => ReadonlyArray<Due.Due> } = {
    orders: () => [...tables.orders.values(), ...tables.refunds.values()].map(({ due }) => due),
    deliveries: () => [...tables.deliveries.values()].map(({ due }) => due),
    inbox: () => [...tables.inbox.values()].map(({ due }) => due),
    reconcile: () => [...tables.days.values()].map(({ due }) => due)
  }
  const lag = (queue: Queue, nowMillis: number) => {
    const open = dues[queue]().filter((due) => Due.isOpen(due, nowMillis))
    const oldest = Math.min(nowMillis, ...open.flatMap(({ atMillis }) => atMillis ?? []))
    return { queue, waiting: Math.min(open.length, most), oldestMillis: nowMillis - oldest }
  }
  const behind = (nowMillis: number): ReadonlyArray<Behind> => {
    const places = new Map<string, Behind>()
    const failing = [...tables.deliveries.values()].flatMap(({ delivery, due }) =>
      due.atMillis !== null && due.tries > 0 ? delivery : []
    )
    for (const { delivery, due } of tables.deliveries.values()) {
      if (due.atMillis === null || delivery.endpoint === null) continue
      const { app, endpoint, createdAtMillis } = delivery
      const known = places.get(`${app} ${endpoint}`)
      places.set(`${app} ${endpoint}`, {
        app,
        endpoint,
        waiting: (known?.waiting ?? 0) + 1,
        oldestMillis: Math.max(known?.oldestMillis ?? 0, nowMillis - createdAtMillis),
        nextAtMillis: Math.min(known?.nextAtMillis ?? due.atMillis, due.atMillis),
        lastFailure: null
      })
    }
    return [...places.values()]
      .filter(({ oldestMillis }) => oldestMillis >= underWayMillis)
      .map((one) => {
        const tried = failing.filter(({ app, endpoint }) => app === one.app && endpoint === one.endpoint)
        const [last] = tried.toSorted(lastTried)
        return last === undefined ? one : { ...one, lastFailure: lastFailure(last) }
      })
  }
  return Insight.of({
    inDoubt: (limit) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const before = OrderNo.least(nowMillis - underWayMillis)
        return counted(
          payments((payment) => Payment.inDoubt(payment) && payment.payOrderNo < before),
          limit
        )
      }),
    held: (limit) =>
      Effect.sync(() => counted([...payments(({ state }) => state === "HELD"), ...heldRefunds()], limit)),
    queues: Effect.map(Clock.currentTimeMillis, (nowMillis) => queues.map((queue) => lag(queue, nowMillis))),
    dueAt: (numbers) =>
      Effect.sync(() => {
        const dues = numbers.flatMap((no) => (tables.orders.get(no) ?? tables.refunds.get(no))?.due.atMillis ?? [])
        return dues.length === 0 ? null : Math.min(...dues)
      }),
    behind: (limit) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) =>
        behind(nowMillis)
          .toSorted((one, other) => other.oldestMillis - one.oldestMillis)
          .slice(0, limit)
      )
  })
}

const added = (one: Tally, other: Tally): Tally => ({
  ...one,
  placed: one.placed + other.placed,
  succeeded: one.succeeded + other.succeeded,
  failed: one.failed + other.failed,
  calls: one.calls + other.calls,
  errors: one.errors + other.errors,
  buckets: one.buckets.map((count, at) => count + (other.buckets[at] ?? 0))
})

/** `Tallies` in memory. */
export const tallies = (): Tallies["Type"] => {
  let all: ReadonlyArray<Tally> = []
  return Tallies.of({
    add: (_, some) =>
      Effect.sync(() => {
        for (const tally of some) {
          const isSame = (other: Tally) => other.minute === tally.minute && other.vendor === tally.vendor
          const known = all.find(isSame)
          all = [...all.filter((other) => !isSame(other)), known === undefined ? tally : added(known, tally)]
        }
      }),
    since: (minute) =>
      Effect.sync(() =>
        all
          .filter((tally) => tally.minute >= minute)
          .toSorted((one, other) => one.minute - other.minute || (one.vendor < other.vendor ? -1 : 1))
      ),
    forget: (beforeMinute) =>
      Effect.sync(() => {
        all = all.filter(({ minute }) => minute >= beforeMinute)
      })
  })
}
