import { OrderNo, PaymentCommands, type RefundMachine } from "@payment-proxy/domain"
import type { Delivery, Search } from "@payment-proxy/ports"
import { Deliveries, Orders } from "@payment-proxy/ports"
import { Data, Duration, Effect, Option } from "effect"
import { Changes } from "./Changes.ts"
import { OrderNotFound } from "./Decision.ts"
import { EventNotFound, ofEvent } from "./Resend.ts"

/** The order has no such refund. */
export class RefundNotFound extends Data.TaggedError("RefundNotFound")<{ readonly refundNo: string }> {}

/** An app's own order. */
export const order = (app: string, payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.ofApp(app, payOrderNo)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number: payOrderNo }), onSome: Effect.succeed }))
  )

/** A refund of an app's own order. */
export const refund = Effect.fnUntraced(function* (app: string, payOrderNo: string, refundNo: string) {
  yield* order(app, payOrderNo)
  const orders = yield* Orders
  const found = OrderNo.paymentOf(refundNo) === payOrderNo ? yield* orders.refund(refundNo) : Option.none()
  return Option.isSome(found) ? found.value : yield* new RefundNotFound({ refundNo })
})

interface Versioned {
  readonly version: number
}

/** What is read, and read again at the latest after `wait`, where it is no news to the caller. */
const whenChanged = Effect.fnUntraced(function* <A extends Versioned, E, R>(
  read: Effect.Effect<A, E, R>,
  number: string,
  isAwaited: (now: A) => boolean,
  wait: Duration.Duration,
  version: number | null
) {
  const now = yield* read
  const isNews = version === null ? !isAwaited(now) : now.version > version
  if (isNews || Duration.toMillis(wait) === 0) return now
  const changes = yield* Changes
  yield* changes.next(number, Math.max(now.version, version ?? 0), wait)
  return yield* read
})

/**
 * An app's own order, at the latest after `wait`: at once when it has a version above `version`, or, without one, when
 * it waits for nobody; otherwise as soon as it changes.
 */
export const orderWhenChanged = (app: string, payOrderNo: string, wait: Duration.Duration, version: number | null) =>
  whenChanged(order(app, payOrderNo), payOrderNo, PaymentCommands.isAwaited, wait, version)

const isOpen = ({ state }: RefundMachine.Refund): boolean =>
  state === "CREATED" || state === "SUBMITTING" || state === "PENDING"

/** A refund of an app's own order, waited for as an order is. */
export const refundWhenChanged = (
  app: string,
  payOrderNo: string,
  refundNo: string,
  wait: Duration.Duration,
  version: number | null
) => whenChanged(refund(app, payOrderNo, refundNo), refundNo, isOpen, wait, version)

/** The refunds of an app's own order, oldest first. */
export const refunds = Effect.fnUntraced(function* (app: string, payOrderNo: string) {
  yield* order(app, payOrderNo)
  return yield* Effect.flatMap(Orders, (orders) => orders.refundsOf(payOrderNo))
})

/** What happened to an app's own order, oldest first. */
export const history = Effect.fnUntraced(function* (app: string, payOrderNo: string) {
  yield* order(app, payOrderNo)
  return yield* Effect.flatMap(Orders, (orders) => orders.history(payOrderNo))
})

/** One page of an app's orders, newest first, and where the next begins. */
export const orders = Effect.fnUntraced(function* (search: Search) {
  const found = yield* Effect.flatMap(Orders, (orders) => orders.search({ ...search, limit: search.limit + 1 }))
  const items = found.slice(0, search.limit)
  return { items, next: found.length > search.limit ? (items.at(-1)?.payOrderNo ?? null) : null }
})

/** An event, and what became of it: its deliveries, none where no endpoint wanted it. */
export interface Event {
  readonly id: string
  /** The number of the payment or refund that it tells of. */
  readonly number: string
  readonly version: number
  readonly type: string
  /** As it is signed and sent. */
  readonly body: string
  readonly deliveries: ReadonlyArray<Delivery>
}

interface Timed extends Event {
  readonly atMillis: number
}

const byVersion = (a: Event, b: Event): number => a.version - b.version

/** An order's events as they came about: each row's by version, and all of them by time, where that does not say otherwise. */
const inOrder = (events: ReadonlyArray<Timed>): ReadonlyArray<Timed> =>
  [...Map.groupBy(events, ({ number }) => number).values()]
    .flatMap((ofRow) => {
      let latest = 0
      return ofRow.sort(byVersion).map((event) => {
        latest = Math.max(latest, event.atMillis)
        return { ...event, atMillis: latest }
      })
    })
    .sort(
      (a, b) =>
        a.atMillis - b.atMillis ||
        a.number.length - b.number.length ||
        (a.number < b.number ? -1 : Number(a.number > b.number)) ||
        byVersion(a, b)
    )

const gathered = (deliveries: ReadonlyArray<Delivery>): ReadonlyArray<Timed> =>
  [...Map.groupBy(deliveries, ({ eventId }) => eventId)].flatMap(([id, ofEvent]) => {
    const [first] = ofEvent
    if (first === undefined) return []
    const { payOrderNo: number, version, type, body, createdAtMillis: atMillis } = first
    return [{ id, number, version, type, body, atMillis, deliveries: ofEvent.filter((each) => each.endpoint !== null) }]
  })

const eventsOf = (payOrderNo: string) =>
  Effect.flatMap(Deliveries, (deliveries) => deliveries.ofOrder(payOrderNo)).pipe(
    Effect.map((found) => inOrder(gathered(found)))
  )

/** The events of an app's own order and of its refunds, in the order in which they came about. */
export const events = (app: string, payOrderNo: string) =>
  Effect.zipRight(
    order(app, payOrderNo),
    Effect.map(eventsOf(payOrderNo), (found): ReadonlyArray<Event> => found)
  )

/** An event of an app's own. */
export const event = Effect.fnUntraced(function* (app: string, eventId: string) {
  const found = yield* ofEvent(eventId)
  const [known] = gathered(found.filter((delivery) => delivery.app === app))
  return known === undefined ? yield* new EventNotFound({ eventId }) : (known satisfies Event)
})

/** The versions of an order and of its refunds up to which somebody has seen their events. */
export type Seen = ReadonlyMap<string, number>

/** `seen` and these events, too. */
export const seeing = (seen: Seen, events: ReadonlyArray<Pick<Event, "number" | "version">>): Seen => {
  const all = new Map(seen)
  for (const { number, version } of events) all.set(number, Math.max(version, all.get(number) ?? 0))
  return all
}

/** How long before an event another one of the order may have been decided on that was committed after it. */
const overtakingMillis = 5000

const isAfter =
  (seen: Seen) =>
  ({ number, version }: Event): boolean =>
    version > (seen.get(number) ?? 0)

/** What somebody has seen whose last event was `last`. */
const seenUntil = (events: ReadonlyArray<Timed>, last: Timed): Seen =>
  seeing(
    new Map(),
    events.filter(({ number, version, atMillis }) =>
      number === last.number ? version <= last.version : atMillis < last.atMillis - overtakingMillis
    )
  )

/**
 * The events of an app's own order and of its refunds after one that was seen, or all of them, and what is seen before they are. What other rows of the
 * order came to shortly before that one is not taken for seen: it may have been committed later, and an event may come twice
 * but must not go missing.
 */
export const eventsSince = Effect.fnUntraced(function* (app: string, payOrderNo: string, lastEventId: string | null) {
  yield* order(app, payOrderNo)
  const found = yield* eventsOf(payOrderNo)
  const last = found.find(({ id }) => id === lastEventId)
  const seen: Seen = new Map([[payOrderNo, 0], ...(last === undefined ? [] : seenUntil(found, last))])
  const news: ReadonlyArray<Event> = found.filter(isAfter(seen))
  return { events: news, seen }
})

/** The events of an order and of its refunds that are not seen yet, in the order in which they came about. */
export const eventsAfter = (payOrderNo: string, seen: Seen) =>
  Effect.map(eventsOf(payOrderNo), (found): ReadonlyArray<Event> => found.filter(isAfter(seen)))
