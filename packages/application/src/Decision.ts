import type { Machine, Payment } from "@payment-proxy/domain"
import type { App, Change, Endpoint, NewDelivery, Placing, StoreUnavailable, Unsettled } from "@payment-proxy/ports"
import { Announcer, Apps, DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { Context, Data, Duration, Effect, Either, Encoding, Option } from "effect"
import { Chain } from "./Chain.ts"
import { Changes } from "./Changes.ts"
import { Entropy } from "./Entropy.ts"
import { heardIn } from "./Hearing.ts"
import * as Moves from "./Moves.ts"
import { askedBy } from "./Owed.ts"
import { dueIn, isStillOpen, type Limits, Policies, safest } from "./Policy.ts"
import { using } from "./Services.ts"
import { Tally } from "./Tally.ts"

/** No such order, or not this app's; `number` is what it was asked for by. */
export class OrderNotFound extends Data.TaggedError("OrderNotFound")<{ readonly number: string }> {}

/** The order moved under every one of our tries; its need is due, and the caller may try again. */
export class Contended extends Data.TaggedError("Contended")<{ readonly payOrderNo: string }> {}

/** Why something happened, as history shows it. */
export interface Cause {
  readonly cause: string
  readonly detail: string | null
}

/** How often a decision is taken anew when another commit came in between. */
const decisionTries = 10

/** The limits of a vendor; an order whose vendor is no longer configured keeps the safest ones. */
export const limitsOf = (vendors: Vendors["Type"], { vendor }: Payment.Payment): Limits =>
  Option.getOrElse(vendors.get(vendor), () => safest)

/** Whether an endpoint that is told wants events of this type: `order.*` is all that begin with `order.`. */
export const isWanted =
  (type: string) =>
  ({ events, stopped }: Endpoint): boolean =>
    stopped === null &&
    (events === null ||
      events.some((wanted) => wanted === type || (wanted.endsWith("*") && type.startsWith(wanted.slice(0, -1)))))

/** The events of a change: one for each endpoint of its app that wants it, or one that is only kept. */
const deliveriesOf = (
  { type, body }: { readonly type: string; readonly body: string },
  eventId: string,
  app: Option.Option<App>
): ReadonlyArray<NewDelivery> => {
  const endpoints =
    Option.isNone(app) || app.value.isDisabled ? [] : app.value.endpoints.filter(isWanted(type)).map(({ id }) => id)
  return (endpoints.length === 0 ? [null] : endpoints).map((endpoint) => ({ eventId, endpoint, type, body }))
}

/** The events that a change brings its app. */
export const eventsOf = (
  services: Context.Context<never>,
  event: { readonly type: string; readonly body: string },
  nowMillis: number,
  app: Option.Option<App>
): ReadonlyArray<NewDelivery> =>
  deliveriesOf(event, eventIdOf(nowMillis, Context.get(services, Entropy).bytes(10)), app)

/** Its time comes first, so that what is written together lies together on disk. */
const eventIdOf = (nowMillis: number, random: Uint8Array): string =>
  `evt_${nowMillis.toString(16).padStart(12, "0")}${Encoding.encodeHex(random)}`

/** What an app is told beside a new state: that somebody took money back. */
const wordOf = (before: Payment.Payment | null, after: Payment.Payment): string =>
  before !== null && before.disputes !== after.disputes ? "disputed" : after.state.toLowerCase()

/** Whether what a step leads to needs us at once, and a query before anything else. */
export type Haste = Pick<Machine.Step<unknown>, "urgent" | "owesQuery">

/** Its due time is its schedule's. */
export const inTime: Haste = { urgent: false }

/** The whole change that `after` is: history, due time and events, to be committed together (design §6, promise 4). */
export const changeOf = (
  before: Payment.Payment | null,
  after: Payment.Payment,
  { cause, detail }: Cause,
  { urgent, owesQuery }: Haste,
  placing: Placing | null
): Effect.Effect<Change, StoreUnavailable, Apps | Announcer | Vendors> =>
  using<Apps | Announcer | Vendors>()((services, nowMillis) =>
    Effect.map(Context.get(services, Apps).byId(after.app), (app): Change => {
      const limits = limitsOf(Context.get(services, Vendors), after)
      const asked = { nowMillis, tries: 0, isHeard: true }
      const { payOrderNo, version, state } = after
      const entry = { payOrderNo, version, state, cause, detail, atMillis: nowMillis, answer: heardIn(services) }
      const head = Context.get(services, Chain).link(after.head, entry)
      const payment = { ...after, head }
      return {
        expected: before?.version ?? 0,
        payment,
        refund: null,
        entry: { ...entry, hash: head },
        placing,
        dueIn: urgent ? Duration.zero : dueIn(Context.get(services, Policies), payment, asked, limits),
        putsOff: before !== null && after.unknownCalls > before.unknownCalls,
        owesQuery: owesQuery === true,
        askedBy: askedBy(services, payOrderNo),
        deliveries: eventsOf(
          services,
          Context.get(services, Announcer).event(payment, wordOf(before, payment), nowMillis),
          nowMillis,
          app
        )
      }
    })
  )

const alarmed = (payOrderNo: string, alarms: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.forEach(alarms, (alarm) => Effect.logWarning(`alarm ${alarm}`, { payOrderNo }), { discard: true })

/** Tells operators that an order's vendor is slow to make up its mind. */
export const stillOpen = ({ payOrderNo, state, vendor }: Payment.Payment): Effect.Effect<void> =>
  Effect.logWarning("alarm STILL_OPEN", { payOrderNo, state, vendor })

/** Tells operators and whoever waits that a change is on disk: one structured line for each transition. */
export const announce = (
  before: Payment.State | null,
  { payment, entry, expected }: Change,
  alarms: ReadonlyArray<string>
) =>
  using<Changes>()((services, nowMillis) => {
    const { payOrderNo, state, version, vendor, app } = payment
    const moved = { payOrderNo, from: before ?? "-", to: state, version, cause: entry.cause, vendor, app }
    const logged = Effect.logInfo("order moved", moved)
    if (state !== before) {
      Moves.count(state)
      Context.get(services, Tally).moved(vendor, state, expected === 0, nowMillis)
    }
    return Effect.zipRight(
      alarms.length === 0 ? logged : Effect.zipRight(logged, alarmed(payOrderNo, alarms)),
      Context.get(services, Changes).committed(payOrderNo, version)
    )
  })

/** A step that is gone on with by who takes it: no worker is to be about the same at once. */
export const attended = (step: Machine.Step<Payment.Payment>): Machine.Step<Payment.Payment> => ({
  ...step,
  urgent: false
})

/** What a decision comes to: a step of the machine, or a refusal. */
export type Decide<E> = (
  payment: Payment.Payment,
  nowMillis: number,
  settings: Machine.Settings
) => Either.Either<Machine.Step<Payment.Payment>, E>

const readFrom = (payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.byNumber(payOrderNo)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number: payOrderNo }), onSome: Effect.succeed }))
  )

type Needs = Orders | DueWork | Vendors | Apps | Announcer | Changes

/** Another commit came in between: it is to be decided anew. */
const again = Effect.succeed(null)

/** One decision about an order as it was read, or as it was just committed; `null` where it is to be decided anew. */
const once = <E>(payment: Payment.Payment, isRead: boolean, cause: Cause, decision: Decide<E>) =>
  using<Needs>()(
    (services, nowMillis): Effect.Effect<Payment.Payment | null, E | StoreUnavailable | Unsettled, Needs> => {
      const limits = limitsOf(Context.get(services, Vendors), payment)
      const decided = decision(payment, nowMillis, { settlingMillis: limits.settlingMillis })
      if (!isRead && (Either.isLeft(decided) || decided.right.order === payment)) return again
      if (Either.isLeft(decided)) return Effect.fail(decided.left)
      const { order, urgent, alarms } = decided.right
      if (order === payment)
        return urgent
          ? Context.get(services, DueWork)
              .hasten(payment.payOrderNo)
              .pipe(Effect.zipRight(Context.get(services, Changes).nudge("orders")), Effect.as(payment))
          : Effect.succeed(payment)
      return Effect.flatMap(changeOf(payment, order, cause, decided.right, null), (change) =>
        Context.get(services, Orders)
          .commit([change])
          .pipe(
            Effect.zipRight(Effect.as(announce(payment.state, change, alarms), change.payment)),
            Effect.tap((after) =>
              isStillOpen({ payment, tries: 0 }, { payment: after, tries: 0 }, limits) ? stillOpen(after) : Effect.void
            ),
            Effect.catchTags({ Stale: () => again, Duplicate: () => again })
          )
      )
    }
  )

/**
 * Reads an order, decides, and commits what was decided; decides anew where another commit came in between. A step that
 * changes nothing writes nothing, but has the vendor asked at once where the step says that it is urgent. An order that
 * was just committed need not be read first: `from` is it, and only a commit of what was decided from it counts.
 */
export const decide: <E>(
  known: { readonly payOrderNo: string; readonly from?: Payment.Payment },
  cause: Cause,
  decision: Decide<E>
) => Effect.Effect<Payment.Payment, E | OrderNotFound | Contended | StoreUnavailable | Unsettled, Needs> =
  Effect.fnUntraced(function* <E>(
    { payOrderNo, from }: { readonly payOrderNo: string; readonly from?: Payment.Payment },
    cause: Cause,
    decision: Decide<E>
  ) {
    let known = from
    for (let tries = 0; tries < decisionTries; tries++) {
      const after =
        known === undefined
          ? yield* Effect.flatMap(readFrom(payOrderNo), (payment) => once(payment, true, cause, decision))
          : yield* once(known, false, cause, decision)
      if (after !== null) return after
      known = undefined
    }
    return yield* new Contended({ payOrderNo })
  })
