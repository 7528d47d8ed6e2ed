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
  readonly data: unknown
}

/** What the shop was told. */
export interface Events {
  /** Takes in a verified event, once per `id`; null where it is not new. */
  readonly take: (event: WebhookEvent) => Event | null
  /** At most 200, newest first; of one order where it is named. */
  readonly list: (payOrderNo?: string) => ReadonlyArray<Event>
}

const keptEvents = 200
const rememberedIds = 2000

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const text = (value: unknown): string | null => (typeof value === "string" ? value : null)

const amountOf = (value: unknown): Event["amount"] => {
  const [amount, currency] = [text(member(value, "value")), text(member(value, "currency"))]
  return amount === null || currency === null ? null : { value: amount, currency }
}

/** Whatever its kind, so that what a newer gateway tells of is shown as far as it is understood. */
const kept = ({ id, type, timestamp, data }: WebhookEvent): Event => {
  const version = member(data, "version")
  return {
    id,
    type,
    payOrderNo: text(member(data, "payOrderNo")),
    version: typeof version === "number" ? version : null,
    state: text(member(data, "status")),
    amount: amountOf(member(data, "amount")),
    timestamp,
    receivedAt: new Date().toISOString(),
    verified: true,
    duplicates: 0,
    data
  }
}

/** Events in memory: the last 200, and the last 2000 ids. */
export const make = (): Events => {
  const ids = new Set<string>()
  let events: ReadonlyArray<Event> = []
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
      const event = kept(told)
      remember(told.id)
      events = [event, ...events].slice(0, keptEvents)
      return event
    },
    list: (payOrderNo) =>
      payOrderNo === undefined ? events : events.filter((event) => event.payOrderNo === payOrderNo)
  }
}
