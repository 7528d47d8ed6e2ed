import type { Machine, Payment } from "@payment-proxy/domain"
import type { App, Change, NewDelivery, Placing, StoreUnavailable, Unsettled, Vendor } from "@payment-proxy/ports"
import { Announcer, Apps, DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { Clock, Data, Duration, Effect, Either, Option } from "effect"
import { Changes } from "./Changes.ts"
import * as Entropy from "./Entropy.ts"
import * as Moves from "./Moves.ts"
import { dueIn, Policies } from "./Policy.ts"

/** No such order, or not this app's. */
export class OrderNotFound extends Data.TaggedError("OrderNotFound")<{ readonly payOrderNo: string }> {}

/** The order moved under every one of our tries; its need is due, and the caller may try again. */
export class Contended extends Data.TaggedError("Contended")<{ readonly payOrderNo: string }> {}

/** Why something happened, as history shows it. */
export interface Cause {
  readonly cause: string
  readonly detail: string | null
}

/** How often a decision is taken anew when another commit came in between. */
const decisionTries = 10

/** The vendor's settings; an order whose vendor is no longer configured keeps the safest ones. */
export const vendorOf = (
  name: string
): Effect.Effect<Pick<Vendor, "createTimeLimitMillis" | "settlingMillis">, never, Vendors> =>
  Effect.map(Vendors, (vendors) =>
    Option.getOrElse(vendors.get(name), () => ({ createTimeLimitMillis: 30_000, settlingMillis: 300_000 }))
  )

/** The events of a change: one for each endpoint of its app. */
const deliveriesOf = (
  { type, body }: { readonly type: string; readonly body: string },
  eventId: string,
  app: Option.Option<App>
): ReadonlyArray<NewDelivery> =>
  Option.isNone(app) ? [] : app.value.endpoints.map(({ id: endpoint }) => ({ eventId, endpoint, type, body }))

/** The whole change that `payment` is: history, due time and events, to be committed together (design §6, promise 4). */
export const changeOf = (
  payment: Payment.Payment,
  expected: number,
  { cause, detail }: Cause,
  isUrgent: boolean,
  placing: Placing | null
) =>
  Effect.gen(function* () {
    const policy = yield* Policies
    const announcer = yield* Announcer
    const app = yield* Effect.flatMap(Apps, (apps) => apps.byId(payment.app))
    const vendor = yield* vendorOf(payment.vendor)
    const nowMillis = yield* Clock.currentTimeMillis
    // Its time comes first, so that what is written together lies together on disk.
    const eventId = `evt_${nowMillis.toString(16).padStart(12, "0")}${yield* Entropy.hex(10)}`
    const { payOrderNo, version, state } = payment
    return {
      expected,
      payment,
      entry: { payOrderNo, version, state, cause, detail, atMillis: nowMillis },
      placing,
      dueIn: isUrgent ? Duration.zero : dueIn(policy, payment, { nowMillis, tries: 0, isHeard: true }, vendor),
      deliveries: deliveriesOf(announcer.event(payment, nowMillis), eventId, app)
    } satisfies Change
  })

/** Tells operators and whoever waits that a change is on disk: one structured line for each transition. */
export const announce = (before: Payment.State | null, { payment, entry }: Change, alarms: ReadonlyArray<string>) => {
  const { payOrderNo, state, version, vendor, app } = payment
  const moved = { payOrderNo, from: before ?? "-", to: state, version, cause: entry.cause, vendor, app }
  return Effect.logInfo("order moved", moved).pipe(
    Effect.zipRight(
      Effect.forEach(alarms, (alarm) => Effect.logWarning(`alarm ${alarm}`, { payOrderNo }), { discard: true })
    ),
    Effect.zipRight(Changes),
    Effect.flatMap((changes) => {
      if (state !== before) Moves.count(state)
      return changes.committed(payOrderNo, version)
    })
  )
}

/** What a decision comes to: a step of the machine, or a refusal. */
export type Decide<E> = (
  payment: Payment.Payment,
  nowMillis: number,
  settings: Machine.Settings
) => Either.Either<Machine.Step<Payment.Payment>, E>

const readFrom = (orders: Orders["Type"], payOrderNo: string) =>
  Effect.flatMap(
    orders.byNumber(payOrderNo),
    Option.match({ onNone: () => new OrderNotFound({ payOrderNo }), onSome: Effect.succeed })
  )

type Needs = Orders | DueWork | Vendors | Apps | Announcer | Changes

/**
 * Reads an order, decides, and commits what was decided; decides anew where another commit came in between. A step that
 * changes nothing writes nothing, but makes the order's need due where the step says that it is urgent. An order that
 * was just committed need not be read first: `from` is it, and only a commit of what was decided from it counts.
 */
export const decide = <E>(
  { payOrderNo, from }: { readonly payOrderNo: string; readonly from?: Payment.Payment },
  cause: Cause,
  decision: Decide<E>
): Effect.Effect<Payment.Payment, E | OrderNotFound | Contended | StoreUnavailable | Unsettled, Needs> =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const due = yield* DueWork
    const changes = yield* Changes
    let known = from
    for (let tries = 0; tries < decisionTries; tries++) {
      const isRead = known === undefined
      const payment = known ?? (yield* readFrom(orders, payOrderNo))
      known = undefined
      const { settlingMillis } = yield* vendorOf(payment.vendor)
      const decided = decision(payment, yield* Clock.currentTimeMillis, { settlingMillis })
      if (!isRead && (Either.isLeft(decided) || decided.right.order === payment)) continue
      if (Either.isLeft(decided)) return yield* Effect.fail(decided.left)
      const step = decided.right
      if (step.order === payment) {
        if (step.urgent) yield* Effect.zipRight(due.hasten(payOrderNo), changes.nudge("orders"))
        return payment
      }
      const change = yield* changeOf(step.order, payment.version, cause, step.urgent, null)
      const committed = yield* orders
        .commit([change])
        .pipe(
          Effect.as(true),
          Effect.catchTags({ Stale: () => Effect.succeed(false), Duplicate: () => Effect.succeed(false) })
        )
      if (!committed) continue
      yield* announce(payment.state, change, step.alarms)
      return step.order
    }
    return yield* new Contended({ payOrderNo })
  })
