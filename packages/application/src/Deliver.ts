import type { App, Claimed, Delivery, Endpoint, NotDelivered, Place } from "@payment-proxy/ports"
import { Apps, Deliveries, DueWork, Vault, WebhookSender } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option, Random, Redacted } from "effect"
import type { Circuits, Ticket, Turn } from "./Circuits.ts"
import { Policies, type Policy } from "./Policy.ts"

/** Where an endpoint's secret is kept: what it is sealed to. */
export const secretContext = (endpoint: string): string => `payment_proxy_app_endpoint/${endpoint}/sealed_secret`

/** How much is written at once of what concerns all that waits for an endpoint. */
const sweepLimit = 1000
const maxSweeps = 10_000

const clamped = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

/**
 * How long after its `tries + 1`st try a delivery is tried next: on schedule, counted from when that began, and at most
 * `jitter` shorter or longer than the schedule's own wait. Null after the last, which is never before the schedule's end.
 */
export const waitOf = (
  { deliver, jitter }: Policy,
  tries: number,
  ageMillis: number,
  chance: number
): Duration.Duration | null => {
  const waits = deliver.map(Duration.toMillis)
  const sum = (count: number) => waits.slice(0, count).reduce((all, wait) => all + wait, 0)
  const wait = waits[tries]
  if (wait === undefined) {
    const left = sum(waits.length) - ageMillis
    return left > 0 ? Duration.millis(left) : null
  }
  const half = (jitter / 2) * wait
  const planned = clamped(sum(tries + 1) - ageMillis, wait - half, wait + half)
  const isLast = tries === waits.length - 1
  return Duration.millis(planned + half * (isLast ? Math.abs(chance) : chance))
}

/** An endpoint may ask for patience: between once and twice the scheduled wait is granted. */
const patient = (wait: Duration.Duration, retryAfterMillis: number | null): Duration.Duration =>
  retryAfterMillis === null
    ? wait
    : Duration.clamp(Duration.millis(retryAfterMillis), { minimum: wait, maximum: Duration.times(wait, 2) })

const givenUp = Effect.fnUntraced(function* (claimed: Claimed, delivery: Delivery, note: string) {
  yield* Effect.logWarning("A delivery was given up.").pipe(
    Effect.annotateLogs({ delivery: delivery.id, payOrderNo: delivery.payOrderNo, reason: note })
  )
  return yield* Effect.flatMap(Deliveries, (deliveries) => deliveries.giveUp(delivery.id, claimed.token, note))
})

/** Nothing more goes to an endpoint that said that it is gone, unless it has moved meanwhile. */
const stopped = Effect.fnUntraced(function* ({ app, endpoint }: Place, { url }: Endpoint, reason: string) {
  const apps = yield* Apps
  const sinceMillis = yield* Clock.currentTimeMillis
  const stop = (known: Endpoint): Endpoint =>
    known.id === endpoint && known.url === url && known.stopped === null
      ? { ...known, stopped: { reason, sinceMillis } }
      : known
  yield* apps.edit(app, (known) => ({ ...known, endpoints: known.endpoints.map(stop) }))
  yield* Effect.logWarning("alarm ENDPOINT_GONE").pipe(Effect.annotateLogs({ app, endpoint, reason }))
})

/** Does something in pieces, until there is nothing left of it. */
const swept = <E, R>(piece: Effect.Effect<number, E, R>) =>
  Effect.iterate(
    { count: sweepLimit, total: 0, pieces: 0 },
    {
      while: ({ count, pieces }) => count === sweepLimit && pieces < maxSweeps,
      body: ({ total, pieces }) => Effect.map(piece, (count) => ({ count, total: total + count, pieces: pieces + 1 }))
    }
  ).pipe(Effect.map(({ total }) => total))

const failed = Effect.fnUntraced(function* (
  claimed: Claimed,
  delivery: Delivery,
  { reason, retryAfterMillis }: NotDelivered
) {
  const policy = yield* Policies
  const ageMillis = (yield* Clock.currentTimeMillis) - delivery.sinceMillis
  const wait = waitOf(policy, claimed.tries, ageMillis, yield* Random.nextRange(-1, 1))
  if (wait === null) return yield* givenUp(claimed, delivery, reason)
  return yield* Effect.flatMap(DueWork, (due) => due.postpone(claimed, patient(wait, retryAfterMillis), reason))
})

const tooLong = "The endpoint took nothing for too long."

const totalOf = ({ deliver }: Policy): Duration.Duration => Duration.sum(Duration.zero, deliver.reduce(Duration.sum))

/** What follows for all that waits for the endpoint from how it took one delivery. */
const turned = Effect.fnUntraced(function* (circuits: Circuits, ticket: Ticket, place: Place, turn: Turn) {
  const deliveries = yield* Deliveries
  if (turn === "closed") {
    const count = yield* swept(deliveries.hasten(place, sweepLimit))
    yield* Effect.logInfo("An endpoint takes events again.").pipe(Effect.annotateLogs({ ...place, hastened: count }))
  }
  if (turn === "opened")
    yield* Effect.logWarning("An endpoint is left alone for a while.").pipe(Effect.annotateLogs({ ...place }))
  if (yield* circuits.isSweepDue(ticket)) {
    const age = totalOf(yield* Policies)
    const count = yield* swept(deliveries.giveUpAged(place, age, sweepLimit, tooLong))
    if (count > 0) yield* Effect.logWarning("Deliveries were given up.").pipe(Effect.annotateLogs({ ...place, count }))
  }
})

/**
 * An endpoint that was left alone is tried with the first of an order's events that wait for it, so that they arrive in order
 * if it is back; whether such a one goes first.
 */
const yielding = Effect.fnUntraced(function* (delivery: Delivery, place: Place, circuits: Circuits, ticket: Ticket) {
  if (!circuits.mayYield(ticket)) return false
  const deliveries = yield* Deliveries
  const { payOrderNo, version } = delivery
  const all = yield* deliveries.ofOrder(payOrderNo)
  const isAhead = all.some(
    (other) =>
      other.payOrderNo === payOrderNo &&
      other.endpoint === place.endpoint &&
      other.version < version &&
      other.state === "waiting"
  )
  if (!isAhead) return false
  circuits.yielded(ticket)
  yield* deliveries.hasten({ ...place, payOrderNo }, sweepLimit)
  return true
})

/** One signed try. */
const tried = Effect.fnUntraced(function* (
  claimed: Claimed,
  delivery: Delivery,
  endpoint: Endpoint,
  circuits: Circuits,
  ticket: Ticket
) {
  const due = yield* DueWork
  const vault = yield* Vault
  const sender = yield* WebhookSender
  const place = { app: delivery.app, endpoint: endpoint.id }
  if (yield* yielding(delivery, place, circuits, ticket)) return void (yield* due.giveBack(claimed, Duration.zero))
  const secrets = yield* Effect.forEach(endpoint.sealedSecrets, (sealed) =>
    Effect.map(vault.open(secretContext(endpoint.id), sealed), (secret) => Redacted.make(secret))
  )
  const { url } = endpoint
  yield* sender.send({ url, secrets, eventId: delivery.eventId, body: delivery.body }).pipe(
    Effect.matchEffect({
      onSuccess: (status) =>
        Effect.zipRight(due.done(claimed, `HTTP ${status}`), circuits.heard(ticket, true)).pipe(
          Effect.flatMap((turn) => turned(circuits, ticket, place, turn))
        ),
      onFailure: (failure) =>
        Effect.gen(function* () {
          if (failure.gone) {
            yield* stopped(place, endpoint, failure.reason)
            return void (yield* givenUp(claimed, delivery, failure.reason))
          }
          const turn = yield* circuits.heard(ticket, false)
          yield* failed(claimed, delivery, failure)
          yield* turned(circuits, ticket, place, turn)
        })
    })
  )
})

/** Handed back untried; what is over its time, and whose endpoint has failed for long, ends. */
const untried = Effect.fnUntraced(function* (claimed: Claimed, delivery: Delivery, circuits: Circuits, ticket: Ticket) {
  const ageMillis = (yield* Clock.currentTimeMillis) - delivery.sinceMillis
  const isOver = ageMillis >= Duration.toMillis(totalOf(yield* Policies)) && (yield* circuits.isLost(ticket))
  if (isOver) return yield* givenUp(claimed, delivery, tooLong)
  const rest = yield* circuits.rest(ticket)
  return yield* Effect.flatMap(DueWork, (due) => due.giveBack(claimed, rest))
})

/** The endpoint that a delivery goes to, or why it goes nowhere. */
const endpointOf = ({ endpoint: id }: Delivery, app: Option.Option<App>): Endpoint | string => {
  if (Option.isSome(app) && app.value.isDisabled) return "The app is disabled."
  const endpoint = Option.getOrUndefined(app)?.endpoints.find((one) => one.id === id)
  if (endpoint === undefined) return "The endpoint was removed."
  return endpoint.stopped === null ? endpoint : `The endpoint is stopped: ${endpoint.stopped.reason}`
}

/**
 * A claimed delivery: one signed try where its endpoint has a place for it; delivered, tried again later on the schedule, or
 * given up. One whose endpoint is left alone, or has all that it may have, is handed back untried.
 */
export const deliver = Effect.fnUntraced(function* (claimed: Claimed, circuits: Circuits) {
  const due = yield* DueWork
  const apps = yield* Apps
  const found = yield* Effect.flatMap(Deliveries, (deliveries) => deliveries.byId(claimed.id))
  if (Option.isNone(found)) return void (yield* due.done(claimed, "There is no such delivery."))
  const delivery = found.value
  const endpoint = endpointOf(delivery, yield* apps.byId(delivery.app))
  if (typeof endpoint === "string") return void (yield* givenUp(claimed, delivery, endpoint))
  yield* Effect.acquireUseRelease(
    circuits.enter({ app: delivery.app, endpoint: endpoint.id }),
    (ticket) =>
      Effect.flatMap(circuits.admitted(ticket), (isAdmitted) =>
        isAdmitted ? tried(claimed, delivery, endpoint, circuits, ticket) : untried(claimed, delivery, circuits, ticket)
      ),
    circuits.leave
  )
})
