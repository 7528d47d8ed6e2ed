import { Payment, type RefundMachine } from "@payment-proxy/domain"
import * as Checker from "@payment-proxy/testkit/Checker"
import type * as FakeVendors from "@payment-proxy/testkit/FakeVendors"
import type * as Memory from "@payment-proxy/testkit/Memory"
import { Effect } from "effect"
import { holds } from "./Broken.ts"
import { goingBackMinor } from "./perform.ts"
import { shop, type World } from "./World.ts"
import * as Words from "./words.ts"

type OrderRow = Memory.Tables["orders"] extends Map<string, infer R> ? R : never
type InboxRow = Memory.Tables["inbox"] extends Map<string, infer R> ? R : never
type RefundRow = Memory.Tables["refunds"] extends Map<string, infer R> ? R : never

/** What was there after the step before; rows are values, so that what has not moved is the same. */
export interface Before {
  readonly orders: Map<string, OrderRow>
  readonly refunds: Map<string, RefundRow>
  readonly inbox: Map<string, InboxRow>
  /** Orders that a person named a state for: from then on it is his word. */
  readonly byHand: Set<string>
  /** Since when a query is owed, by order, where it was not made at once. */
  readonly owed: Map<string, number>
}

export const nothing = (): Before => ({
  orders: new Map(),
  refunds: new Map(),
  inbox: new Map(),
  byHand: new Set(),
  owed: new Map()
})

/** I7: a history without gaps, by the table, that ends as its row; each entry's event is told, or kept, and says what the entry says. */
const chained = (
  world: World,
  { placed: _, ...row }: Pick<OrderRow, "history"> & { readonly placed?: unknown },
  known: number,
  now: { readonly no: string; readonly state: Payment.State; readonly version: number; readonly head: string | null },
  isLegal: (from: Payment.State, to: Payment.State) => boolean
): void => {
  const { history } = row
  for (let index = known; index < history.length; index++) {
    const entry = history[index]
    if (entry === undefined) continue
    const from = history[index - 1]?.state ?? "CREATED"
    holds(entry.version === index + 1, "I7", now.no, () => `Version ${entry.version} where ${index + 1} belongs.`)
    holds(isLegal(from, entry.state), "I7", now.no, () => `It moved from ${from} to ${entry.state} by ${entry.cause}.`)
  }
  const last = history.at(-1)
  holds(
    last?.version === now.version && last.state === now.state && last.hash === now.head,
    "I7",
    now.no,
    () => `It is ${now.state} at ${now.version}; its history ends with ${last?.state} at ${last?.version}.`
  )
  told(world, now.no, history, known)
}

/** Design §6, promises 4 and 6: what an app is told of a version is what the history has of it, and of each version it is told once. */
const told = (world: World, no: string, history: OrderRow["history"], known: number): void => {
  const events = new Map<number, number>()
  for (const { delivery } of world.tables.deliveries.values()) {
    if (delivery.payOrderNo !== no || delivery.version <= known) continue
    events.set(delivery.version, (events.get(delivery.version) ?? 0) + 1)
    const { state, version } = JSON.parse(delivery.body) as { readonly state: string; readonly version: number }
    const entry = history[delivery.version - 1]
    const isTrue = version === delivery.version && entry?.state === state && delivery.app === shop.id
    holds(isTrue, "§6.6", no, () => `Its event ${version} says ${state}; its history ${entry?.state}.`)
  }
  for (let version = known + 1; version <= history.length; version++)
    holds(events.get(version) === 1, "I7", no, () => `Version ${version} has ${events.get(version) ?? 0} events.`)
}

const sumOf = (
  amounts: ReadonlyArray<{ readonly amountMinor: bigint; readonly state: string }>,
  besides: string
): bigint => amounts.reduce((sum, { amountMinor, state }) => (state === besides ? sum : sum + amountMinor), 0n)

/** Design §5, rule 2: what was established stays so; what was asked for never changes. */
const keeps = (before: Payment.Payment, after: Payment.Payment): void => {
  const no = after.payOrderNo
  const lost = (what: string, isLost: boolean) => holds(!isLost, "§5.2", no, () => `Its ${what} was forgotten.`)
  lost("version", after.version <= before.version)
  lost("captured sum", after.captured < before.captured)
  lost("authorized sum", after.authorized < before.authorized)
  lost("refunded sum", Payment.refunded(after) < Payment.refunded(before))
  lost("arrival", before.arrived && !after.arrived)
  lost("toldDead", before.toldDead && !after.toldDead)
  lost("acceptance", before.lateAccepted && !after.lateAccepted)
  lost("vendor's number", before.transactionNo !== null && after.transactionNo !== before.transactionNo)
  lost("disputes", after.disputes.length < before.disputes.length)
  lost("second payments", after.secondPayments.length < before.secondPayments.length)
  lost("refunds", after.ownRefunds.length < before.ownRefunds.length)
  for (const own of before.ownRefunds) {
    const now = after.ownRefunds.find(({ refundNo }) => refundNo === own.refundNo)
    lost("success of a refund", own.state === "succeeded" && now?.state !== "succeeded")
  }
  const isAsAsked =
    before.merchantOrderNo === after.merchantOrderNo &&
    before.amount === after.amount &&
    before.deadlineMillis === after.deadlineMillis &&
    before.expiresAtMillis === after.expiresAtMillis
  holds(isAsAsked, "§5", no, () => "What was asked for has changed.")
}

/** What a state says of the money is what the facts say. */
const agrees = (payment: Payment.Payment): void => {
  const { payOrderNo, state, captured, toldDead, ownRefunds } = payment
  const backMinor = Payment.refunded(payment)
  const is = {
    CREATED: captured === 0n,
    SUBMITTING: captured === 0n,
    PENDING: captured === 0n,
    AUTHORIZED: captured === 0n && payment.authorized > 0n,
    CLOSING: captured === 0n,
    FAILED: captured === 0n && toldDead,
    CLOSED: captured === 0n && toldDead,
    SUCCEEDED: captured > 0n && backMinor === 0n && (!toldDead || payment.lateAccepted),
    PARTIALLY_REFUNDED: captured > backMinor && backMinor > 0n && (!toldDead || payment.lateAccepted),
    REFUNDED: captured > 0n && backMinor >= captured,
    LATE_PAID: captured > backMinor && toldDead && !payment.lateAccepted,
    HELD: payment.heldReason !== null
  }[state]
  holds(
    is,
    "§5",
    payOrderNo,
    () => `It is ${state} with ${captured} captured and ${backMinor} back, toldDead ${toldDead}.`
  )
  const askedMinor = sumOf(ownRefunds, "failed")
  holds(askedMinor <= captured, "I6", payOrderNo, () => `${askedMinor} asked back of ${captured}.`)
}

/** Design §5, rule 4: what has not ended is due, and so is what could still be moved by late money. */
const isDue = (world: World, { placed: { payment }, due }: OrderRow): void => {
  const { state, contradiction, payOrderNo } = payment
  if (state === "HELD" || state === "REFUNDED") return
  const isEnded = state === "SUCCEEDED" || state === "PARTIALLY_REFUNDED" || state === "FAILED" || state === "CLOSED"
  const horizonMillis = payment.deadlineMillis + 300_000
  const mayRest = isEnded && contradiction === null && world.nowMillis() >= horizonMillis
  holds(due.atMillis !== null || mayRest, "§5.4", payOrderNo, () => `It rests in ${state}.`)
}

/** I1 to I4, against what the vendor has: nothing is known that is not so, nothing is ended that can still be paid. */
const isTrue = (world: World, byHand: ReadonlySet<string>, row: OrderRow, held: FakeVendors.Held | undefined): void => {
  const { payment } = row.placed
  const { payOrderNo: no, state, captured } = payment
  const status = held?.status
  if (!world.platform.hasLied()) {
    const isGrounded = captured === 0n || (status === "paid" && held?.capturedMinor === captured)
    holds(
      isGrounded,
      "I5",
      no,
      () => `${captured} is known as captured; the vendor is ${status} with ${held?.capturedMinor}.`
    )
    const backMinor = Payment.refunded(payment)
    holds(
      backMinor <= (held?.refundedMinor ?? 0n),
      "I5",
      no,
      () => `${backMinor} back, the vendor gave ${held?.refundedMinor}.`
    )
  }
  if ((state !== "FAILED" && state !== "CLOSED") || byHand.has(no)) return
  const isPayable = status === "open" || status === "approved" || status === "authorized"
  const isOver = world.nowMillis() > payment.deadlineMillis
  // Its vendor said itself that it would never be paid.
  if (world.reopened.has(no)) return
  holds(!isPayable || isOver, "§6.3", no, () => `It is ${state}; the vendor has it ${status}, and it can be paid.`)
}

const refundsOf = (world: World, before: Before): void => {
  for (const [no, row] of world.tables.refunds) {
    const known = before.refunds.get(no)
    if (known === row) continue
    before.refunds.set(no, row)
    const { refund } = row.placed
    const isOpen = refund.state === "SUBMITTING" || refund.state === "PENDING" || refund.contradiction !== null
    holds(
      refund.state === "HELD" || !isOpen || row.due.atMillis !== null,
      "§5.4",
      no,
      () => `It rests in ${refund.state}.`
    )
    if (known?.placed.refund === refund) continue
    const { state, version, head } = refund
    chained(world, row, known?.history.length ?? 0, { no, state, version, head }, Checker.isLegalOfRefund)
    Words.checkRefund(no, row.history, known?.history.length ?? 0)
    counts(world, refund)
  }
}

/** Both rows move together: a refund that is decided counts so in its payment (design §5). */
const counts = (world: World, { refundNo, payOrderNo, state, amount }: RefundMachine.Refund): void => {
  const payment = world.tables.orders.get(payOrderNo)?.placed.payment
  const own = payment?.ownRefunds.find((one) => one.refundNo === refundNo)
  const isCounted =
    own !== undefined &&
    own.amountMinor === amount.amountMinor &&
    (state === "SUCCEEDED" ? own.state === "succeeded" : state !== "FAILED" || own.state === "failed")
  holds(
    isCounted,
    "§5",
    refundNo,
    () => `It is ${state}; its payment counts it as ${own?.state} of ${own?.amountMinor}.`
  )
}

/** Design §5: what comes late in a cell with a dagger makes a query due now, if it was not asked already, whatever else comes to the order. */
const isAskedAfterLate = (world: World, before: Before, rows: ReadonlyMap<string, OrderRow>): void => {
  for (const [id, row] of world.tables.inbox) {
    const known = before.inbox.get(id)
    if (known === row) continue
    before.inbox.set(id, row)
    const { kept, due, note } = row
    const order = world.tables.orders.get(kept.subject.no)
    const isApplied = due.atMillis === null && note === null && kept.evidence !== null
    if (!isApplied || order === undefined || kept.evidence === null) continue
    const { state, payOrderNo } = order.placed.payment
    const was = rows.get(payOrderNo)
    const { kind } = kept.evidence
    if (was?.placed.payment.state !== state || !Words.isDaggered(state, kind)) continue
    const nowMillis = world.nowMillis()
    const isDue = order.due.atMillis !== null && order.due.atMillis <= nowMillis && order.due.isQueryOwed
    const isAsked = world.platform.askedAtMillis.get(payOrderNo)?.at(-1) === nowMillis
    holds(isDue || isAsked, "§5†", payOrderNo, () => `Late ${kind} in ${state} made no query due.`)
    if (!isAsked && !before.owed.has(payOrderNo)) before.owed.set(payOrderNo, nowMillis)
  }
}

/** Calls that take money or create, as history has the intent to send them. */
const sends = ["send again", "capture", "complete"]
/** As long as somebody who asked before the query was owed may take to go on. */
const underWayMillis = 10_000

/** Design §5: a query that is owed is made before anything is sent by ourselves; what its app asks for goes at once. */
const isAskedFirst = (world: World, before: Before, no: string, { history }: OrderRow, since: number): void => {
  const owedMillis = before.owed.get(no)
  if (owedMillis === undefined) return
  const asked = world.platform.askedAtMillis.get(no) ?? []
  for (let index = since; index < history.length; index++) {
    const { cause = "", atMillis = 0 } = history[index] ?? {}
    if (!sends.includes(cause) || history[index - 1]?.cause === "capture asked") continue
    const isAsked = asked.some((at) => at >= owedMillis - underWayMillis && at <= atMillis)
    holds(isAsked, "§5†", no, () => `${cause} was sent, and the query that is owed since ${owedMillis} was not made.`)
  }
  if ((asked.at(-1) ?? 0) >= owedMillis) before.owed.delete(no)
}

/** All that must hold after each step; only what has moved is looked at again. */
export const check = (world: World, before: Before): void => {
  const payments = Effect.runSync(world.fake.payments)
  const rows = new Map(before.orders)
  for (const held of payments) {
    const backMinor = goingBackMinor(held)
    holds(backMinor <= held.capturedMinor, "I6", held.merchantOrderNo, () => `The vendor gives ${backMinor} back.`)
    const isOurs = world.tables.orders.has(held.merchantOrderNo)
    holds(isOurs, "I1", held.merchantOrderNo, () => "The vendor has it; we do not.")
    for (const { ourNo } of held.refunds)
      holds(ourNo === null || world.tables.refunds.has(ourNo), "I1", ourNo ?? "", () => "The vendor has it; we do not.")
  }
  for (const [no, row] of world.tables.orders) {
    const known = before.orders.get(no)
    if (known !== row) {
      before.orders.set(no, row)
      isDue(world, row)
      const { payment } = row.placed
      if (known?.placed.payment !== payment) {
        const { state, version, head } = payment
        const since = known?.history.length ?? 0
        if (row.history.slice(since).some(({ cause }) => cause === "resolve")) before.byHand.add(no)
        chained(world, row, since, { no, state, version, head }, Checker.isLegal)
        isAskedFirst(world, before, no, row, since)
        Words.check(world, row, known)
        if (known !== undefined) keeps(known.placed.payment, payment)
        agrees(payment)
      }
    }
    isTrue(
      world,
      before.byHand,
      row,
      payments.find(({ merchantOrderNo }) => merchantOrderNo === no)
    )
  }
  refundsOf(world, before)
  isAskedAfterLate(world, before, rows)
}
