import { Payment } from "@payment-proxy/domain"
import { Checker, Memory } from "@payment-proxy/testkit"
import { Context, Effect } from "effect"
import { verify } from "../../src/Audit.ts"
import { sync } from "../../src/Sync.ts"
import * as Always from "./always.ts"
import { Broken, holds } from "./Broken.ts"
import type * as Model from "./Model.ts"
import { answering, released, told, worked } from "./perform.ts"
import { shop, type World } from "./World.ts"

const minuteMillis = 60_000
const maxRounds = 60

/** Late money of which a part is in dispute is looked at for ever: LATE_PAID is no end, and what is left cannot go back. */
const isForever = ({ state, disputes, captured, ...refunds }: Payment.Payment): boolean =>
  state === "LATE_PAID" && Payment.disputed({ disputes }) + Payment.refunded(refunds) >= captured

/** When something of ours is due next; null where nothing is. */
const nextDueMillis = ({ tables }: World): number | null => {
  let next: number | null = null
  for (const rows of [tables.orders, tables.refunds, tables.deliveries, tables.inbox])
    for (const row of rows.values()) {
      const { due } = row
      if ("placed" in row && "payment" in row.placed && isForever(row.placed.payment)) continue
      if (due.atMillis !== null) {
        const atMillis = due.token === null ? due.atMillis : Math.max(due.atMillis, due.leaseEndMillis)
        if (next === null || atMillis < next) next = atMillis
      }
    }
  return next
}

/** Time passes in longer and longer steps, and who works works, until nothing is due any more. */
const rested = (world: World, before: Always.Before): void => {
  for (let rounds = 0; rounds < maxRounds; rounds++) {
    for (let tries = 0; worked(world); tries++)
      if (tries > 50) throw new Broken("I10", "work", "It does not come to rest.")
    Always.check(world, before)
    const next = nextDueMillis(world)
    if (next === null) return
    const stepMillis = rounds < 4 ? 0 : 10 * minuteMillis * 2 ** Math.min(rounds - 4, 8)
    world.pass(Math.max(next - world.nowMillis(), stepMillis))
  }
  throw new Broken("I10", "work", `Something is due again and again: ${waiting(world)}.`)
}

const waiting = ({ tables }: World): string =>
  [
    ...[...tables.orders].flatMap(([no, { due, placed }]) =>
      due.atMillis === null ? [] : `${no} ${placed.payment.state}`
    ),
    ...[...tables.refunds].flatMap(([no, { due, placed }]) =>
      due.atMillis === null ? [] : `${no} ${placed.refund.state}`
    ),
    ...[...tables.deliveries].flatMap(([no, { due }]) => (due.atMillis === null ? [] : no)),
    ...[...tables.inbox].flatMap(([no, { due }]) => (due.atMillis === null ? [] : no))
  ].join(", ")

/** The vendor decides all that it has left open. */
const decided = ({ fake }: World): void => {
  for (const { refunds } of Effect.runSync(fake.payments))
    for (const { ourNo, state } of refunds)
      if (ourNo !== null && (state === "pending" || state === "abnormal"))
        Effect.runSync(fake.settleRefund(ourNo, "succeeded"))
}

/** Everything goes right from now on: whoever was about something has died, the vendor decides and tells, the app asks. */
const healed = (world: World, model: Model.Model): void => {
  world.crash()
  world.platform.calm()
  answering(world, "ok")
  decided(world)
  for (const { merchantOrderNo, status } of Effect.runSync(world.fake.payments))
    told(world, model, merchantOrderNo, status, `${status} at last`)
  for (const no of world.tables.orders.keys()) world.call(sync(shop.id, no), () => {})
}

const subjectOf = (body: string) => {
  const { payOrderNo, refundNo, version } = JSON.parse(body) as {
    readonly payOrderNo: string
    readonly refundNo?: string
    readonly version: number
  }
  return { payOrderNo: refundNo ?? payOrderNo, version }
}

/** Whether the vendor told of this order another amount than it has, and a person had to take its word. */
const isLiedAbout = (payment: Payment.Payment, capturedMinor: bigint): boolean =>
  payment.captured !== capturedMinor && payment.acceptedMinor !== null

const sourcesOf = (world: World): Checker.Sources => {
  const payments = Effect.runSync(world.fake.payments)
  const capturedOf = new Map(payments.map((held) => [held.merchantOrderNo, held.capturedMinor]))
  const lied = new Set(
    world.platform.hasLied()
      ? [...world.tables.orders.values()].flatMap(({ placed: { payment } }) =>
          isLiedAbout(payment, capturedOf.get(payment.payOrderNo) ?? 0n) ? [payment.payOrderNo] : []
        )
      : []
  )
  const store = Memory.over(world.tables)
  const dump = Effect.runSync(Effect.withClock(Context.get(store, Memory.MemoryDump), world.clock.clock))
  return {
    client: world.client,
    told: [],
    ledger: {
      requests: Effect.runSync(world.fake.got).map(({ call, merchantOrderNo, prepared, operationNo, atMillis }) => ({
        call: call === "queryRefund" ? "other" : call,
        number: merchantOrderNo,
        bodyHash: prepared ?? "",
        ...(operationNo === null ? {} : { operationNo }),
        atMillis
      })),
      notifications: world.notifications,
      payments: payments
        .filter(({ merchantOrderNo }) => !lied.has(merchantOrderNo))
        .map(({ merchantOrderNo, transactionNo, status, capturedMinor, refundedMinor, refunds, amount }) => ({
          transactionNo,
          number: merchantOrderNo,
          isPaid: status === "paid",
          amountMinor: capturedMinor,
          currency: amount.currency,
          refundedMinor,
          refunds: refunds.flatMap(({ ourNo, amountMinor, state }) =>
            ourNo === null ? [] : { refundNo: ourNo, amountMinor, state }
          )
        }))
    },
    dump: lied.size === 0 ? dump : without(dump, lied),
    sink: world.sink.map(({ atMillis, eventId, body, status }) => ({
      ...subjectOf(body),
      atMillis,
      endpoint: "shop-webhook",
      eventId,
      isVerified: true,
      body,
      status: status ?? 0
    }))
  }
}

/** Orders about which the vendor lied keep no balance with it. */
const without = (dump: Checker.Dump, lied: ReadonlySet<string>): Checker.Dump => ({
  ...dump,
  orders: dump.orders.map((row) => (lied.has(row.payOrderNo) ? { ...row, capturedMinor: 0n, refundedMinor: 0n } : row)),
  refunds: (dump.refunds ?? []).filter(({ payOrderNo }) => !lied.has(payOrderNo))
})

/** What the checker may find that was the endpoint's own wish: events that it was not told while it was gone. */
const isExcused = ({ invariant, detail }: Checker.Violation): boolean =>
  invariant === "I7" && /has 0 deliveries/.test(detail)

/** The histories are as they were written (`audit verify`). */
const audited = (world: World): void => {
  const store = Memory.over(world.tables)
  const report = Effect.runSync(Effect.provide(verify(), store))
  holds(report.faults === 0, "I17", "history", () => JSON.stringify(report.found))
}

/** An event ends delivered, or given up because its endpoint was gone. */
const delivered = ({ tables }: World): void => {
  for (const { delivery } of tables.deliveries.values()) {
    const isGone = delivery.state === "given-up" && delivery.note !== null
    const isEnd = delivery.state === "delivered" || delivery.state === "kept" || isGone
    holds(isEnd, "I8", delivery.id, () => `It ends ${delivery.state}.`)
  }
}

/** Heals the world, lets time pass until it rests, resolves what is held, and holds all that is left to the rules. */
export const check = (world: World, model: Model.Model, before: Always.Before): void => {
  healed(world, model)
  rested(world, before)
  for (let times = 0; times < 4; times++) {
    const held = [...world.tables.orders.values()].filter(({ placed: { payment } }) => {
      const { state, payOrderNo } = payment
      const own = [...world.tables.refunds.values()].map(({ placed }) => placed.refund)
      return state === "HELD" || own.some((refund) => refund.payOrderNo === payOrderNo && refund.state === "HELD")
    })
    if (held.length === 0) break
    for (const { placed } of held) released(world, placed.payment)
    rested(world, before)
  }
  const { violations } = Checker.check(sourcesOf(world))
  for (const { invariant, subject, detail } of violations.filter((found) => !isExcused(found)))
    throw new Broken(invariant, subject, detail)
  delivered(world)
  audited(world)
}
