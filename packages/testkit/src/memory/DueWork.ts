import { OrderNo } from "@payment-proxy/domain"
import type { Attempt, Delivery, DeliverySearch, Leaving, Place, Queue } from "@payment-proxy/ports"
import { Deliveries, DueWork, maxAttempts } from "@payment-proxy/ports"
import type { Duration } from "effect"
import { Clock, Duration as D, Effect, Option, Random } from "effect"
import * as Due from "./Due.ts"
import { type DeliveryRow, keyOf, type OrderRow, type RefundRow, type Tables } from "./Tables.ts"

/** How long an order's next event to an endpoint waits for the one before it (design §6, promise 6). */
const patienceMillis = 600_000

/** A queue as the claims see it: what may be handed out, and how a row's due time and note are written. */
interface Shelf {
  readonly owner: (id: string) => string
  readonly due: (id: string) => Due.Due | undefined
  readonly candidates: (nowMillis: number) => ReadonlyArray<readonly [id: string, due: Due.Due]>
  readonly write: (id: string, due: Due.Due, note: string | null | undefined, attempts?: ReadonlyArray<Attempt>) => void
  readonly finish: (id: string, note: string | null, attempts?: ReadonlyArray<Attempt>) => void
  /** Where a piece goes to: for `avoiding`. */
  readonly endpoint: (id: string) => string | null
}

const never: Due.Due = Due.make(0, null)

const open = <R extends { readonly due: Due.Due }>(rows: Map<string, R>, nowMillis: number) =>
  [...rows].filter(([, { due }]) => Due.isOpen(due, nowMillis))

const lineOf = ({ payOrderNo, endpoint }: Delivery): string => keyOf(payOrderNo, endpoint ?? "")

/** Whether a delivery waits for one before it: an order's events go to an endpoint one after the other. */
const blockedNow = (tables: Tables, nowMillis: number): ((later: Delivery) => boolean) => {
  const first = new Map<string, number>()
  for (const { delivery, due } of tables.deliveries.values()) {
    const isAhead =
      delivery.state === "waiting" &&
      (nowMillis - delivery.createdAtMillis <= patienceMillis || (due.atMillis !== null && due.atMillis <= nowMillis))
    const line = lineOf(delivery)
    if (isAhead) first.set(line, Math.min(first.get(line) ?? delivery.version, delivery.version))
  }
  return (later) => (first.get(lineOf(later)) ?? later.version) < later.version
}

const remembered = (attempts: ReadonlyArray<Attempt> | undefined) =>
  attempts === undefined ? {} : { attempts: attempts.slice(-maxAttempts) }

const end = (
  tables: Tables,
  id: string,
  state: Delivery["state"],
  note: string | null,
  attempts?: ReadonlyArray<Attempt>
): void => {
  const row = tables.deliveries.get(id)
  if (row !== undefined)
    tables.deliveries.set(id, {
      delivery: { ...row.delivery, state, note, dueAtMillis: null, ...remembered(attempts) },
      due: never
    })
}

const deliveryShelf = (tables: Tables): Shelf => ({
  owner: (id) => tables.deliveries.get(id)?.delivery.app ?? "",
  endpoint: (id) => tables.deliveries.get(id)?.delivery.endpoint ?? null,
  due: (id) => tables.deliveries.get(id)?.due,
  candidates: (nowMillis) => {
    const isBlocked = blockedNow(tables, nowMillis)
    return open(tables.deliveries, nowMillis)
      .filter(([, { delivery }]) => !isBlocked(delivery))
      .map(([id, { due }]) => [id, due])
  },
  write: (id, due, note, attempts) => {
    const row = tables.deliveries.get(id)
    if (row === undefined) return
    const { tries, atMillis: dueAtMillis } = due
    const delivery = {
      ...row.delivery,
      tries,
      dueAtMillis,
      ...(note === undefined ? {} : { note }),
      ...remembered(attempts)
    }
    tables.deliveries.set(id, { delivery, due })
  },
  finish: (id, note, attempts) => end(tables, id, "delivered", note, attempts)
})

const plainShelf = <R extends { readonly due: Due.Due; readonly note: string | null }>(
  rows: Map<string, R>,
  ownerOf: (row: R) => string
): Shelf => {
  const write: Shelf["write"] = (id, due, note) => {
    const row = rows.get(id)
    if (row !== undefined) rows.set(id, { ...row, due, ...(note === undefined ? {} : { note }) })
  }
  return {
    owner: (id) => {
      const row = rows.get(id)
      return row === undefined ? "" : ownerOf(row)
    },
    endpoint: () => null,
    due: (id) => rows.get(id)?.due,
    candidates: (nowMillis) => open(rows, nowMillis).map(([id, { due }]) => [id, due]),
    write,
    finish: (id, note) => write(id, never, note)
  }
}

/** Payments and refunds as one queue. */
const orderShelf = (tables: Tables): Shelf => {
  const payments = plainShelf<OrderRow>(tables.orders, ({ placed }) => placed.payment.app)
  const refunds = plainShelf<RefundRow>(tables.refunds, ({ app }) => app)
  const of = (id: string) => (tables.refunds.has(id) ? refunds : payments)
  return {
    owner: (id) => of(id).owner(id),
    endpoint: () => null,
    due: (id) => of(id).due(id),
    candidates: (nowMillis) => [...payments.candidates(nowMillis), ...refunds.candidates(nowMillis)],
    write: (id, due, note) => of(id).write(id, due, note),
    finish: (id, note) => of(id).finish(id, note)
  }
}

const longestOverdueFirst = (a: readonly [string, Due.Due], b: readonly [string, Due.Due]): number =>
  (a[1].atMillis ?? 0) - (b[1].atMillis ?? 0)

const hex = Effect.map(Random.nextIntBetween(0, 2 ** 32), (chance) => chance.toString(16).padStart(8, "0"))

/** `DueWork` over the tables; its clock is Effect's. */
export const make = (tables: Tables) => {
  let claims = 0
  const shelves: { readonly [Q in Queue]: Shelf } = {
    orders: orderShelf(tables),
    deliveries: deliveryShelf(tables),
    inbox: plainShelf(tables.inbox, ({ kept }) => kept.vendor),
    reconcile: plainShelf(tables.days, ({ vendor }) => vendor)
  }

  /** So many of each group, those first that wait longest. */
  const shared = (
    all: ReadonlyArray<readonly [string, Due.Due]>,
    limit: number,
    groupOf: (id: string) => string
  ): ReadonlyArray<readonly [string, Due.Due]> => {
    const groups = new Set(all.map(([id]) => groupOf(id)))
    const share = Math.ceil(limit / Math.max(groups.size, 1))
    return [...groups].flatMap((group) => all.filter(([id]) => groupOf(id) === group).slice(0, share))
  }

  /** What is handed out of all that is due: a share of each owner's, or of each place's, where something is left out. */
  const picked = (
    shelf: Shelf,
    due: ReadonlyArray<readonly [string, Due.Due]>,
    limit: number,
    { besides, avoiding = [] }: Leaving
  ) => {
    if (besides !== undefined)
      return shared(
        due.filter(([id]) => shelf.owner(id) !== besides),
        limit,
        shelf.owner
      )
    return avoiding.length === 0 ? due : shared(due, limit, (id) => keyOf(shelf.owner(id), shelf.endpoint(id) ?? ""))
  }

  const claim = (
    queue: Queue,
    limit: number,
    lease: Duration.Duration,
    nowMillis: number,
    chance: string,
    leaving: Leaving
  ) => {
    const shelf = shelves[queue]
    const { avoiding = [] } = leaving
    const due = shelf
      .candidates(nowMillis)
      .filter(([id]) => !avoiding.includes(shelf.endpoint(id) ?? ""))
      .sort(longestOverdueFirst)
    const all = picked(shelf, due, limit, leaving).slice(0, limit)
    return all.map(([id, due]) => {
      claims += 1
      const token = `${claims}-${chance}`
      shelf.write(id, Due.leased(due, token, nowMillis, lease), undefined)
      return { queue, id, owner: shelf.owner(id), token, tries: due.tries, isQueryOwed: due.isQueryOwed }
    })
  }

  /** Writes where the token still holds, and answers whether it did. */
  const ifHeld = (
    claimed: { readonly queue: Queue; readonly id: string; readonly token: string },
    write: (shelf: Shelf, due: Due.Due, nowMillis: number) => void
  ) =>
    Effect.map(Clock.currentTimeMillis, (nowMillis) => {
      const shelf = shelves[claimed.queue]
      const due = shelf.due(claimed.id)
      if (due === undefined || !Due.holds(due, claimed.token, nowMillis)) return false
      write(shelf, due, nowMillis)
      return true
    })

  const dueWork = DueWork.of({
    claim: (queue, limit, lease, leaving = {}) =>
      Effect.map(Effect.all([Clock.currentTimeMillis, hex]), ([nowMillis, chance]) =>
        claim(queue, limit, lease, nowMillis, chance, leaving)
      ),
    renew: (claimed, lease) =>
      ifHeld(claimed, (shelf, due, nowMillis) =>
        shelf.write(claimed.id, Due.leased(due, claimed.token, nowMillis, lease), undefined)
      ),
    done: (claimed, note, attempts) => ifHeld(claimed, (shelf) => shelf.finish(claimed.id, note, attempts)),
    postpone: (claimed, after, note, attempts) =>
      ifHeld(claimed, (shelf, due, nowMillis) =>
        shelf.write(claimed.id, Due.postponed(due, nowMillis, after, claimed), note, attempts)
      ),
    giveBack: (claimed, after) =>
      ifHeld(claimed, (shelf, due, nowMillis) =>
        shelf.write(
          claimed.id,
          { ...Due.make(nowMillis, after), tries: due.tries, isQueryOwed: due.isQueryOwed },
          undefined
        )
      ),
    hasten: (payOrderNo) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) =>
        shelves.orders.write(payOrderNo, Due.hastened(nowMillis), undefined)
      )
  })

  const matches = (search: DeliverySearch, { id, app, endpoint, state }: Delivery): boolean =>
    (search.app === null || app === search.app) &&
    (search.endpoint === null || endpoint === search.endpoint) &&
    (search.state === null || state === search.state) &&
    (search.after === null || id < search.after)
  const all = () => [...tables.deliveries.values()].map(({ delivery }) => delivery)
  const inOrder = (a: Delivery, b: Delivery): number => (a.id < b.id ? -1 : 1)

  const waitingAt = ({ app, endpoint }: Place) =>
    [...tables.deliveries.values()].filter(
      ({ delivery }) => delivery.state === "waiting" && delivery.app === app && delivery.endpoint === endpoint
    )
  const anew = (delivery: Delivery, nowMillis: number): DeliveryRow => ({
    delivery: { ...delivery, state: "waiting", tries: 0, dueAtMillis: nowMillis, sinceMillis: nowMillis },
    due: Due.make(nowMillis, D.zero)
  })

  /** Of one instant, a payment's come before its refunds', and an order's by version. */
  const asTheyHappened = (a: Delivery, b: Delivery): number =>
    a.createdAtMillis - b.createdAtMillis ||
    a.payOrderNo.length - b.payOrderNo.length ||
    (a.payOrderNo === b.payOrderNo ? a.version - b.version || inOrder(a, b) : a.payOrderNo < b.payOrderNo ? -1 : 1)

  const deliveries = Deliveries.of({
    byId: (id) => Effect.sync(() => Option.fromNullable(tables.deliveries.get(id)?.delivery)),
    ofOrder: (payOrderNo) =>
      Effect.sync(() =>
        all()
          .filter(({ payOrderNo: no }) => no === payOrderNo || OrderNo.paymentOf(no) === payOrderNo)
          .sort(asTheyHappened)
      ),
    ofEvent: (eventId) => Effect.sync(() => all().filter((delivery) => delivery.eventId === eventId)),
    search: (search) =>
      Effect.sync(() =>
        all()
          .filter((delivery) => matches(search, delivery))
          .sort((a, b) => inOrder(b, a))
          .slice(0, search.limit)
      ),
    giveUp: (id, token, note, attempts) =>
      ifHeld({ queue: "deliveries", id, token }, () => end(tables, id, "given-up", note, attempts)),
    resend: (id) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const row = tables.deliveries.get(id)
        if (row === undefined || row.delivery.state === "kept") return false
        tables.deliveries.set(id, anew(row.delivery, nowMillis))
        return true
      }),
    address: (eventId, endpoints) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const [event] = all().filter((delivery) => delivery.eventId === eventId)
        if (event === undefined) return 0
        for (const endpoint of endpoints) {
          const id = `dlv_${eventId}_${endpoint}`
          const delivery = tables.deliveries.get(id)?.delivery ?? { ...event, id, endpoint, note: null }
          tables.deliveries.set(id, anew(delivery, nowMillis))
        }
        if (endpoints.length > 0) tables.deliveries.delete(`dlv_${eventId}_-`)
        return endpoints.length
      }),
    hasten: (place, limit) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const found = waitingAt(place)
          .filter(({ due }) => (due.atMillis ?? 0) > nowMillis)
          .filter(({ delivery }) => place.payOrderNo === undefined || delivery.payOrderNo === place.payOrderNo)
          .slice(0, limit)
        for (const { delivery, due } of found)
          shelves.deliveries.write(delivery.id, { ...due, atMillis: delivery.createdAtMillis }, undefined)
        return found.length
      }),
    giveUpAged: (place, age, limit, note) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const found = waitingAt(place)
          .filter(({ delivery }) => nowMillis - delivery.sinceMillis >= D.toMillis(age))
          .filter(({ due }) => due.token === null || due.leaseEndMillis <= nowMillis)
          .slice(0, limit)
        for (const { delivery } of found) end(tables, delivery.id, "given-up", note)
        return found.length
      })
  })

  return { dueWork, deliveries }
}
