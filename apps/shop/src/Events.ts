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

/** What became of a verified delivery. */
export type Taken =
  | { readonly outcome: "new"; readonly event: Event }
  | { readonly outcome: "duplicate" }
  | { readonly outcome: "unreadable" }

/** What the shop was told. */
export interface Events {
  /** Takes in a body whose signature was right: once per `id`. */
  readonly take: (id: string, body: string) => Taken
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

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const read = (id: string, body: string): Event | null => {
  const json = parse(body)
  const type = text(member(json, "type"))
  if (type === null) return null
  const data = member(json, "data")
  const version = member(data, "version")
  return {
    id,
    type,
    payOrderNo: text(member(data, "payOrderNo")),
    version: typeof version === "number" ? version : null,
    state: text(member(data, "status")),
    amount: amountOf(member(data, "amount")),
    timestamp: text(member(json, "timestamp")),
    receivedAt: new Date().toISOString(),
    verified: true,
    duplicates: 0,
    data: data ?? null
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
    take: (id, body) => {
      if (ids.has(id)) {
        events = events.map((event) => (event.id === id ? { ...event, duplicates: event.duplicates + 1 } : event))
        return { outcome: "duplicate" }
      }
      const event = read(id, body)
      if (event === null) return { outcome: "unreadable" }
      remember(id)
      events = [event, ...events].slice(0, keptEvents)
      return { outcome: "new", event }
    },
    list: (payOrderNo) =>
      payOrderNo === undefined ? events : events.filter((event) => event.payOrderNo === payOrderNo)
  }
}
