import type { Machine, Payment } from "@payment-proxy/domain"
import type { App, Change, NewDelivery, Placing, StoreUnavailable, Unsettled, Vendor } from "@payment-proxy/ports"
import { Announcer, Apps, DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { Clock, Data, Duration, Effect, Either, Option } from "effect"
import { Changes } from "./Changes.ts"
import * as Entropy from "./Entropy.ts"
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

const deliveriesOf = (payment: Payment.Payment, atMillis: number, app: Option.Option<App>) =>
  Effect.gen(function* () {
    const announcer = yield* Announcer
    const { type, body } = announcer.event(payment, atMillis)
    const eventId = `evt_${yield* Entropy.hex(16)}`
    return Option.match(app, {
      onNone: (): ReadonlyArray<NewDelivery> => [],
      onSome: ({ endpoints }) => endpoints.map(({ id: endpoint }) => ({ eventId, endpoint, type, body }))
    })
  })

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
    const apps = yield* Apps
    const nowMillis = yield* Clock.currentTimeMillis
    const vendor = yield* vendorOf(payment.vendor)
    const deliveries = yield* deliveriesOf(payment, nowMillis, yield* apps.byId(payment.app))
    return {
      expected,
      payment,
      entry: {
        payOrderNo: payment.payOrderNo,
        version: payment.version,
        state: payment.state,
        cause,
        detail,
        atMillis: nowMillis
      },
      placing,
      dueIn: isUrgent ? Duration.zero : dueIn(policy, payment, { nowMillis, tries: 0, isHeard: true }, vendor),
      deliveries
    } satisfies Change
  })

/** Tells operators and whoever waits that a change is on disk: one structured line for each transition. */
export const announce = (before: Payment.State | null, { payment, entry }: Change, alarms: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const changes = yield* Changes
    yield* Effect.logInfo("order moved").pipe(
      Effect.annotateLogs({
        payOrderNo: payment.payOrderNo,
        from: before ?? "-",
        to: payment.state,
        version: payment.version,
        cause: entry.cause,
        vendor: payment.vendor,
        app: payment.app
      })
    )
    yield* Effect.forEach(
      alarms,
      (alarm) => Effect.logWarning(`alarm ${alarm}`).pipe(Effect.annotateLogs({ payOrderNo: payment.payOrderNo })),
      {
        discard: true
      }
    )
    yield* changes.committed(payment.payOrderNo, payment.version)
  })

/** What a decision comes to: a step of the machine, or a refusal. */
export type Decide<E> = (
  payment: Payment.Payment,
  nowMillis: number,
  settings: Machine.Settings
) => Either.Either<Machine.Step<Payment.Payment>, E>

type Needs = Orders | DueWork | Vendors | Apps | Announcer | Changes

/**
 * Reads an order, decides, and commits what was decided; decides anew where another commit came in between. A step that
 * changes nothing writes nothing, but makes the order's need due where the step says that it is urgent.
 */
export const decide = <E>(
  payOrderNo: string,
  cause: Cause,
  decision: Decide<E>
): Effect.Effect<Payment.Payment, E | OrderNotFound | Contended | StoreUnavailable | Unsettled, Needs> =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const due = yield* DueWork
    const changes = yield* Changes
    for (let tries = 0; tries < decisionTries; tries++) {
      const found = yield* orders.byNumber(payOrderNo)
      if (Option.isNone(found)) return yield* new OrderNotFound({ payOrderNo })
      const payment = found.value
      const { settlingMillis } = yield* vendorOf(payment.vendor)
      const decided = decision(payment, yield* Clock.currentTimeMillis, { settlingMillis })
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
