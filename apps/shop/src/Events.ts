import type { WebhookEvent } from "@payment-proxy/client/promise"

/** A verified event as the shop keeps it; times are ISO 8601 in UTC. */
export interface Event {
  readonly id: string
  readonly type: string
  readonly payOrderNo: string | null
  readonly version: number | null
  readonly state: string | null
  readonly amount: { readonly value: string; readonly currency: string } | null
  readonly timestamp: string | null
  readonly receivedAt: string
  readonly verified: true
  /** How often it came again under the same `webhook-id`. */
  readonly duplicates: number
  /** Whether a newer version of the same thing was here before it. */
  readonly isLate: boolean
  readonly data: unknown
}

/** A delivery that was refused: nothing of what it said is kept. */
export interface Refusal {
  readonly receivedAt: string
  readonly reason: string
}

/** What the shop was told. */
export interface Events {
  /** Takes in a verified event, once per `id`; null where it is not new. */
  readonly take: (event: WebhookEvent) => Event | null
  /** At most 200, newest first; of one order where it is named. */
  readonly list: (payOrderNo?: string) => ReadonlyArray<Event>
  readonly refuse: (reason: string) => void
  /** How many were refused, and the last 20 of them, newest first. */
  readonly refused: () => { readonly count: number; readonly last: ReadonlyArray<Refusal> }
}

const keptEvents = 200
const rememberedIds = 2000
const keptRefusals = 20

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const text = (value: unknown): string | null => (typeof value === "string" ? value : null)

const amountOf = (value: unknown): Event["amount"] => {
  const [amount, currency] = [text(member(value, "value")), text(member(value, "currency"))]
  return amount === null || currency === null ? null : { value: amount, currency }
}

/** What an event is about: a refund, else an order. */
const subjectOf = (data: unknown): string | null => text(member(data, "refundNo")) ?? text(member(data, "payOrderNo"))

/** The order that an event speaks of. */
export const orderOf = (data: unknown): string | null => text(member(data, "payOrderNo"))

/** Whatever its kind, so that what a newer gateway tells of is shown as far as it is understood. */
const kept = ({ id, type, timestamp, data }: WebhookEvent, before: ReadonlyArray<Event>): Event => {
  const version = member(data, "version")
  const number = subjectOf(data)
  const isLate = before.some(
    (event) =>
      number !== null &&
      subjectOf(event.data) === number &&
      typeof version === "number" &&
      (event.version ?? 0) > version
  )
  return {
    id,
    type,
    payOrderNo: orderOf(data),
    version: typeof version === "number" ? version : null,
    state: text(member(data, "status")),
    amount: amountOf(member(data, "amount")),
    timestamp,
    receivedAt: new Date().toISOString(),
    verified: true,
    duplicates: 0,
    isLate,
    data
  }
}

/** Events in memory: the last 200, and the last 2000 ids. */
export const make = (): Events => {
  const ids = new Set<string>()
  let events: ReadonlyArray<Event> = []
  let refusals: ReadonlyArray<Refusal> = []
  let refusedCount = 0
  const remember = (id: string) => {
    ids.add(id)
    const [oldest] = ids
    if (ids.size > rememberedIds && oldest !== undefined) ids.delete(oldest)
  }
  return {
    take: (told) => {
      if (ids.has(told.id)) {
        events = events.map((event) => (event.id === told.id ? { ...event, duplicates: event.duplicates + 1 } : event))
        return null
      }
      const event = kept(told, events)
      remember(told.id)
      events = [event, ...events].slice(0, keptEvents)
      return event
    },
    list: (payOrderNo) =>
      payOrderNo === undefined ? events : events.filter((event) => event.payOrderNo === payOrderNo),
    refuse: (reason) => {
      refusedCount += 1
      refusals = [{ receivedAt: new Date().toISOString(), reason }, ...refusals].slice(0, keptRefusals)
    },
    refused: () => ({ count: refusedCount, last: refusals })
  }
}
