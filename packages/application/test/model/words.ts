import type { Payment } from "@payment-proxy/domain"
import type * as Memory from "@payment-proxy/testkit/Memory"
import { holds } from "./Broken.ts"
import { personOf } from "./Persons.ts"
import type { World } from "./World.ts"

type OrderRow = Memory.Tables["orders"] extends Map<string, infer R> ? R : never
type Entry = OrderRow["history"][number]

const open = ["open", "approved", "authorized"]
const undone = [...open, "failed", "closed"]

/** The cells of design §5's table that have a dagger: what late evidence of a kind does not move. */
const daggers: { readonly [S in Payment.State]: ReadonlyArray<string> } = {
  CREATED: [],
  SUBMITTING: ["notFound"],
  PENDING: [],
  AUTHORIZED: ["failed", "closed"],
  CLOSING: ["notFound", "open", "approved", "failed", "closed"],
  FAILED: open,
  CLOSED: open,
  SUCCEEDED: undone,
  LATE_PAID: undone,
  PARTIALLY_REFUNDED: undone,
  REFUNDED: [...open, "failed"],
  HELD: []
}

/** Whether late evidence of this kind moves nothing in this state, and makes a query due. */
export const isDaggered = (state: Payment.State, kind: string): boolean => daggers[state].includes(kind)

/** Design §5: fresh is what was asked for after we last learnt something; whatever is not the answer to a query or close is late. */
const mayBeFresh = (world: World, no: string, history: ReadonlyArray<Entry>, index: number): boolean => {
  if (!/^(query|close):/.test(history[index]?.cause ?? "")) return false
  const learnt = history.findLast(({ cause }, at) => at < index && /^(query|close|notification|operation):/.test(cause))
  return (world.platform.askedVersions.get(no) ?? 0) >= (learnt?.version ?? 0)
}

/** Design §5: in a cell with a dagger only fresh evidence moves. */
const staysLate = (
  world: World,
  no: string,
  history: ReadonlyArray<Entry>,
  index: number,
  from: Payment.State
): void => {
  const { cause = "", state = from } = history[index] ?? {}
  const [source = "", kind = ""] = cause.split(":")
  if (state === from || !isDaggered(from, kind)) return
  // Another amount than the order's holds it from anywhere.
  if (state === "HELD" && source !== "notification" && world.platform.hasLied()) return
  holds(mayBeFresh(world, no, history, index), "§5†", no, () => `Late ${cause} moved it from ${from} to ${state}.`)
}

/** Design §5: a contradiction is what a fresh answer said; nothing late begins one. */
const contradicts = (
  world: World,
  before: Payment.Payment,
  after: Payment.Payment,
  history: ReadonlyArray<Entry>,
  since: number
): void => {
  const { payOrderNo: no, contradiction: is } = after
  if (is === null || is.column === before.contradiction?.column) return
  holds(
    history.some((_, index) => index >= since && mayBeFresh(world, no, history, index)),
    "§5†",
    no,
    () => `Nothing fresh says ${is.column}, and it counts as a contradiction.`
  )
}

const isDead = (state: Payment.State): boolean => state === "FAILED" || state === "CLOSED"
const isPaid = (state: Payment.State): boolean => state === "SUCCEEDED" || state === "PARTIALLY_REFUNDED"

/** Design §5: who was told FAILED or CLOSED is told of money only after somebody has accepted that it came late. */
const isAccepted = (no: string, history: ReadonlyArray<Entry>, index: number): void => {
  const state = history[index]?.state
  if (state === undefined || !isPaid(state)) return
  const dead = history.findIndex((entry, at) => at < index && isDead(entry.state))
  if (dead < 0) return
  const isByWord = history.some(
    (entry, at) =>
      at > dead && at <= index && (entry.cause === "accept" || (entry.cause === "resolve" && isPaid(entry.state)))
  )
  holds(isByWord, "§5³", no, () => `It is told ${state} after ${history[dead]?.state}, and nobody accepted that.`)
}

/** Design §5: an answer to one call ends an order only if no earlier call under the same number may have arrived. */
const isEndedByAnswer = (world: World, no: string, from: Payment.State, { cause, state }: Entry): void => {
  if (!cause.startsWith("answer:") || state === from || !isDead(state)) return
  holds(!world.platform.mayHave(no), "§6.3", no, () => `${cause} made it ${state}; an earlier create may have arrived.`)
}

const signatures = /^Proposed by ("(?:[^"\\]|\\.)*"), approved by ("(?:[^"\\]|\\.)*") /

/** What is held goes on when two different persons say so: by no other cause (a payment), and with both names on record. */
const isSignedByTwo = (no: string, { cause, detail }: Entry): void => {
  if (cause !== "resolve") return
  const [, proposed = '""', approved = '""'] = signatures.exec(detail ?? "") ?? []
  const [one, other] = [personOf(JSON.parse(proposed)), personOf(JSON.parse(approved))]
  holds(one !== null && other !== null && one !== other, "I17", no, () => `It was resolved by ${detail}.`)
}

const causesOf = (news: ReadonlyArray<Entry>): string => news.map(({ cause }) => cause).join(", ")

/** Design §5: an operation keeps its number through all repeats; a new one only after a definite decline. */
const isNumbered = (before: Payment.Payment, after: Payment.Payment, news: ReadonlyArray<Entry>): void => {
  const [was, is] = [before.operation, after.operation]
  if (was === null || is === null || was.no === is.no || was.kind !== is.kind) return
  const isDeclined = news.some(({ cause }) => cause === `${was.kind}:Rejected`)
  holds(isDeclined, "I2", after.payOrderNo, () => `Its ${is.kind} ${was.no} became ${is.no} by ${causesOf(news)}.`)
}

/** Design §5: no call of ours that takes the money is written after its end: the order's deadline, or that of what is held. */
const isInTime = (
  { payOrderNo, deadlineMillis, authorizedUntilMillis: until }: Payment.Payment,
  entry: Entry,
  before: string | undefined
): void => {
  const end = entry.cause === "complete" ? deadlineMillis : entry.cause === "capture" ? (until ?? Infinity) : Infinity
  // What its app asks for at the last moment is tried once.
  const isAsked = before === "capture asked"
  holds(isAsked || entry.atMillis < end, "§5", payOrderNo, () => `${entry.cause} was sent after its end.`)
}

/** What the design's words say of each entry that came to a payment's history, and of what the payment was before. */
export const check = (world: World, { placed: { payment }, history }: OrderRow, before: OrderRow | undefined): void => {
  const no = payment.payOrderNo
  const since = before?.history.length ?? 0
  for (let index = since; index < history.length; index++) {
    const entry = history[index]
    if (entry === undefined) continue
    const from = history[index - 1]?.state ?? "CREATED"
    staysLate(world, no, history, index, from)
    isEndedByAnswer(world, no, from, entry)
    isSignedByTwo(no, entry)
    isAccepted(no, history, index)
    isInTime(payment, entry, history[index - 1]?.cause)
    const isReleased = from === "HELD" && entry.state !== "HELD"
    holds(!isReleased || entry.cause === "resolve", "§5", no, () => `${entry.cause} moved it out of HELD.`)
  }
  if (before === undefined) return
  const news = history.slice(since)
  contradicts(world, before.placed.payment, payment, history, since)
  isNumbered(before.placed.payment, payment, news)
}

/** The same of a refund's history. */
export const checkRefund = (no: string, history: ReadonlyArray<Entry>, since: number): void => {
  for (let index = since; index < history.length; index++) {
    const entry = history[index]
    if (entry !== undefined) isSignedByTwo(no, entry)
  }
}
