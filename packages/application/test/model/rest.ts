import { OrderNo, Payment } from "@payment-proxy/domain"
import * as Checker from "@payment-proxy/testkit/Checker"
import * as Memory from "@payment-proxy/testkit/Memory"
import { Context, Effect } from "effect"
import { verify } from "../../src/Audit.ts"
import { sync } from "../../src/Sync.ts"
import * as Always from "./always.ts"
import { Broken, holds } from "./Broken.ts"
import type * as Model from "./Model.ts"
import { answering, released, told } from "./perform.ts"
import { amount, shop, type World } from "./World.ts"

const minuteMillis = 60_000
const maxRounds = 60

/** Orders of which the vendor told another amount than it has, so that a person had to take its word: they keep no balance with it. */
const liedOf = (world: World): ReadonlySet<string> => {
  if (!world.platform.hasLied()) return new Set()
  const payments = Effect.runSync(world.fake.payments)
  const capturedOf = new Map(payments.map((held) => [held.merchantOrderNo, held.capturedMinor]))
  return new Set(
    [...world.tables.orders.values()].flatMap(({ placed: { payment } }) =>
      payment.acceptedMinor !== null && payment.captured !== (capturedOf.get(payment.payOrderNo) ?? 0n)
        ? [payment.payOrderNo]
        : []
    )
  )
}

/**
 * What is looked at for ever, by the rules: late money that cannot go back, because what is left of it is in dispute, held or not there;
 * what a hold of the payment keeps from being sent; and held money that is its app's, or a person's, to take, where the vendor names no end.
 */
const isForever = (world: World, no: string, lied: ReadonlySet<string>): boolean => {
  const payment = world.tables.orders.get(no)?.placed.payment
  if (payment === undefined)
    return world.tables.orders.get(OrderNo.paymentOf(no) ?? "")?.placed.payment.state === "HELD"
  const isAppsTurn = payment.state === "AUTHORIZED" && payment.operation === null
  if (isAppsTurn && Payment.releaseMillis(payment, 0) === Number.POSITIVE_INFINITY) return true
  const isStuck = lied.has(no) || Payment.refundable(payment) === 0n
  return payment.state === "LATE_PAID" && isStuck
}

/** When something of ours is due next; null where nothing is. */
const nextDueMillis = (world: World): number | null => {
  const { orders, refunds, deliveries, inbox } = world.tables
  const lied = liedOf(world)
  let next: number | null = null
  for (const rows of [orders, refunds, deliveries, inbox])
    for (const [no, { due }] of rows) {
      if (due.atMillis !== null && !isForever(world, no, lied)) {
        const atMillis = due.token === null ? due.atMillis : Math.max(due.atMillis, due.leaseEndMillis)
        if (next === null || atMillis < next) next = atMillis
      }
    }
  return next
}

/** Works at what is due; whether there was anything. Empty rounds would only take time. */
const workedAtDue = (world: World): boolean => {
  const { orders, refunds, deliveries, inbox } = world.tables
  const nowMillis = world.nowMillis()
  const isDue = (rows: ReadonlyMap<string, { readonly due: { readonly atMillis: number | null } }>): boolean => {
    for (const { due } of rows.values()) if (due.atMillis !== null && due.atMillis <= nowMillis) return true
    return false
  }
  const isBusy = isDue(inbox) && world.work("inbox")
  const isOrder = (isDue(orders) || isDue(refunds)) && world.work("orders")
  const isDelivery = isDue(deliveries) && world.work("deliveries")
  return isBusy || isOrder || isDelivery
}

/** Time passes in longer and longer steps, and who works works, until nothing is due any more. */
const rested = (world: World, before: Always.Before): void => {
  for (let rounds = 0; rounds < maxRounds; rounds++) {
    for (let tries = 0; workedAtDue(world); tries++)
      if (tries > 200) throw new Broken("I10", "work", "It does not come to rest.")
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

const sourcesOf = (world: World): Checker.Sources => {
  const payments = Effect.runSync(world.fake.payments)
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
      payments: payments.map(
        ({ merchantOrderNo, transactionNo, status, capturedMinor, refundedMinor, refunds, amount }) => ({
          transactionNo,
          number: merchantOrderNo,
          isPaid: status === "paid",
          amountMinor: capturedMinor,
          currency: amount.currency,
          refundedMinor,
          refunds: refunds.flatMap(({ ourNo, amountMinor, state }) =>
            ourNo === null ? [] : { refundNo: ourNo, amountMinor, state }
          )
        })
      )
    },
    dump,
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

/**
 * What the checker may find by the rules: events that were not told while the endpoint was gone, and the balance and the refunds of what the
 * vendor lied about, which it holds anew each time that it says what is so.
 */
const isExcused = ({ invariant, subject, detail }: Checker.Violation, lied: ReadonlySet<string>): boolean => {
  if (invariant === "I7") return /has 0 deliveries/.test(detail)
  if (invariant !== "I5" && invariant !== "I6" && invariant !== "I10") return false
  return (
    lied.has(subject) || lied.has(OrderNo.paymentOf(subject) ?? "") || (lied.size > 0 && subject === amount.currency)
  )
}

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
  const lied = liedOf(world)
  for (const { invariant, subject, detail } of violations.filter((found) => !isExcused(found, lied)))
    throw new Broken(invariant, subject, detail)
  delivered(world)
  audited(world)
}
