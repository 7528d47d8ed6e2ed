import type { Answer } from "../Admin.ts"

type Detail = Answer<"orders.read">

/** What a span of the trace is of. */
export type Lane = "request" | "vendor" | "notification" | "work" | "delivery"

/** One thing that happened, from when to when. */
export interface Span {
  readonly id: string
  readonly lane: Lane
  readonly startMillis: number
  readonly endMillis: number
  /** What it was, in the system's own word. */
  readonly word: string
  readonly number: string
  /** The version that came of it, the status that was answered. */
  readonly version: number | null
  readonly status: number | null
  readonly isFault: boolean
  readonly traceId: string | null
}

/** Spans that follow closely on each other, with the rest before them. */
export interface Burst {
  readonly startMillis: number
  readonly endMillis: number
  /** How long nothing had happened before it; null for the first. */
  readonly restMillis: number | null
  readonly spans: ReadonlyArray<Span>
}

/** A rest that is longer than this parts two bursts, in milliseconds. */
const restMillis = 5000

const fromVendor: ReadonlySet<string> = new Set(["create", "query", "close", "operation", "bill"])

const laneOf = (cause: string): Lane => {
  const [source = ""] = cause.split(":")
  if (source === "notification") return "notification"
  if (cause === "expire" || cause === "send again" || cause === "capture" || cause === "complete") return "work"
  return cause.includes(":") && fromVendor.has(source) ? "vendor" : cause.includes(":") ? "work" : "request"
}

const vendorSpans = ({ answers }: Detail): ReadonlyArray<Span> =>
  answers.map(({ at, call, millis, number, version, status, traceId }, index) => {
    const end = Date.parse(at)
    return {
      id: `answer-${index}`,
      lane: call === "notification" ? "notification" : "vendor",
      startMillis: end - (millis ?? 0),
      endMillis: end,
      word: call,
      number,
      version,
      status,
      isFault: status === null ? millis !== null && call !== "notification" : status >= 400,
      traceId
    }
  })

/** History's rows; those that an answer tells of are that answer's spans already. */
const moveSpans = ({ history, answers }: Detail): ReadonlyArray<Span> => {
  const told = new Set(answers.flatMap(({ number, version }) => (version === null ? [] : [`${number} ${version}`])))
  return history
    .filter(({ number, version }) => !told.has(`${number} ${version}`))
    .map(({ number, version, cause, status, at }) => ({
      id: `move-${number}-${version}`,
      lane: laneOf(cause),
      startMillis: Date.parse(at),
      endMillis: Date.parse(at),
      word: cause,
      number,
      version,
      status: null,
      isFault: status === "HELD",
      traceId: null
    }))
}

const deliverySpans = ({ deliveries }: Detail): ReadonlyArray<Span> =>
  deliveries.flatMap(({ id, type, number, version, tries }) =>
    tries.map(({ at, millis, status }, index) => ({
      id: `try-${id}-${index}`,
      lane: "delivery" as const,
      startMillis: Date.parse(at),
      endMillis: Date.parse(at) + millis,
      word: type,
      number,
      version,
      status,
      isFault: status === null || status >= 300,
      traceId: null
    }))
  )

/** All that happened around an order, in bursts, oldest first. */
export const bursts = (detail: Detail): ReadonlyArray<Burst> => {
  const spans = [...vendorSpans(detail), ...moveSpans(detail), ...deliverySpans(detail)].sort(
    (a, b) => a.startMillis - b.startMillis || a.endMillis - b.endMillis
  )
  const found: Array<{ startMillis: number; endMillis: number; restMillis: number | null; spans: Array<Span> }> = []
  for (const span of spans) {
    const last = found.at(-1)
    if (last !== undefined && span.startMillis - last.endMillis <= restMillis) {
      last.spans.push(span)
      last.endMillis = Math.max(last.endMillis, span.endMillis)
    } else
      found.push({
        startMillis: span.startMillis,
        endMillis: span.endMillis,
        restMillis: last === undefined ? null : span.startMillis - last.endMillis,
        spans: [span]
      })
  }
  return found
}

/** Where a span lies in its burst, in percent; never so thin that it cannot be seen. */
export const placed = (
  { startMillis, endMillis }: Span,
  burst: Burst
): { readonly left: number; readonly width: number } => {
  const whole = Math.max(burst.endMillis - burst.startMillis, 1)
  const left = Math.min(((startMillis - burst.startMillis) / whole) * 100, 99)
  return { left, width: Math.min(Math.max(((endMillis - startMillis) / whole) * 100, 1), 100 - left) }
}
