import type { App, Attempt, Claimed, Delivery, Endpoint, Listener, Place } from "@payment-proxy/ports"
import {
  Apps,
  crashPoint,
  Deliveries,
  DueWork,
  Listening,
  NotDelivered,
  Vault,
  WebhookSender
} from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option, Random, Redacted } from "effect"
import type { Circuits, Ticket, Turn } from "./Circuits.ts"
import { rememberedMillis } from "./KnownApps.ts"
import { Policies, type Policy } from "./Policy.ts"

/** Where an endpoint's secret is kept: what it is sealed to. */
export const secretContext = (endpoint: string): string => `payment_proxy_app_endpoint/${endpoint}/sealed_secret`

/** How much is written at once of what concerns all that waits for an endpoint. */
const sweepLimit = 1000
const maxSweeps = 10_000

/** For how long what lets another order's event go first is left alone. */
const yieldRest = Duration.millis(250)

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

/**
 * How many of a delivery's tries its schedule counts: what failed for our own reasons was counted, too, and must not bring the
 * long waits at its end before their time.
 */
const countedOf = ({ deliver }: Policy, tries: number, ageMillis: number): number => {
  const begins = deliver.map((_, index) =>
    Duration.toMillis(deliver.slice(0, index).reduce(Duration.sum, Duration.zero))
  )
  return Math.min(tries, begins.filter((begin) => begin <= ageMillis).length)
}

/** An endpoint may ask for patience: between once and twice the scheduled wait is granted. */
const patient = (wait: Duration.Duration, retryAfterMillis: number | null): Duration.Duration =>
  retryAfterMillis === null
    ? wait
    : Duration.clamp(Duration.millis(retryAfterMillis), { minimum: wait, maximum: Duration.times(wait, 2) })

const givenUp = Effect.fnUntraced(function* (
  claimed: Claimed,
  delivery: Delivery,
  note: string,
  attempts?: ReadonlyArray<Attempt>
) {
  yield* Effect.logWarning("A delivery was given up.").pipe(
    Effect.annotateLogs({ delivery: delivery.id, payOrderNo: delivery.payOrderNo, reason: note })
  )
  return yield* Effect.flatMap(Deliveries, (deliveries) =>
    deliveries.giveUp(delivery.id, claimed.token, note, attempts)
  )
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
  { reason, retryAfterMillis }: NotDelivered,
  attempts: ReadonlyArray<Attempt>
) {
  const policy = yield* Policies
  const ageMillis = (yield* Clock.currentTimeMillis) - delivery.sinceMillis
  const wait = waitOf(policy, countedOf(policy, claimed.tries, ageMillis), ageMillis, yield* Random.nextRange(-1, 1))
  if (wait === null) return yield* givenUp(claimed, delivery, reason, attempts)
  return yield* Effect.flatMap(DueWork, (due) =>
    due.postpone(claimed, patient(wait, retryAfterMillis), reason, attempts)
  )
})

/** What cannot be signed is not sent, and ends with its schedule as what is not taken does. */
const unsigned = new NotDelivered({
  reason: "The endpoint's secret cannot be opened: give it a new one.",
  status: null,
  retryAfterMillis: null,
  gone: false
})

const tooLong = "The endpoint took nothing for too long."

const totalOf = ({ deliver }: Policy): Duration.Duration => Duration.sum(Duration.zero, deliver.reduce(Duration.sum))

/** What follows for all that waits for the endpoint from how it took one delivery. */
const turned = Effect.fnUntraced(function* (circuits: Circuits, ticket: Ticket, place: Place, turn: Turn) {
  const deliveries = yield* Deliveries
  if (turn === "opened")
    yield* Effect.logWarning("An endpoint is left alone for a while.").pipe(Effect.annotateLogs({ ...place }))
  if (yield* circuits.isSweepDue(ticket)) {
    const age = totalOf(yield* Policies)
    const count = yield* swept(deliveries.giveUpAged(place, age, sweepLimit, tooLong))
    if (count > 0) yield* Effect.logWarning("Deliveries were given up.").pipe(Effect.annotateLogs({ ...place, count }))
  }
})

/**
 * The endpoint took it. What waits for one that was left alone is made due before anything else may go to it, so that no later
 * event of an order overtakes it.
 */
const taken = Effect.fnUntraced(function* (circuits: Circuits, ticket: Ticket, place: Place) {
  if (circuits.closes(ticket)) {
    const deliveries = yield* Deliveries
    yield* swept(deliveries.hasten(place, sweepLimit)).pipe(
      Effect.matchCauseEffect({
        onSuccess: (hastened) =>
          Effect.logInfo("An endpoint takes events again.").pipe(Effect.annotateLogs({ ...place, hastened })),
        onFailure: (cause) =>
          Effect.logWarning("What waits for an endpoint that takes events again waits for its schedule.", cause).pipe(
            Effect.annotateLogs({ ...place })
          )
      })
    )
  }
  yield* turned(circuits, ticket, place, yield* circuits.heard(ticket, true))
})

/**
 * An endpoint that was left alone is tried with the first of an order's events that wait for it, so that they arrive in order
 * if it is back; for how long this one then rests, null where it goes. What waits for its own order's is not handed out before that.
 */
const yielding = Effect.fnUntraced(function* (delivery: Delivery, place: Place, circuits: Circuits, ticket: Ticket) {
  const owed = yield* circuits.owed(ticket)
  if (owed === "nothing") return null
  const deliveries = yield* Deliveries
  const { payOrderNo, version } = delivery
  const ahead = (yield* deliveries.ofOrder(payOrderNo)).filter(
    (other) =>
      other.payOrderNo === payOrderNo &&
      other.endpoint === place.endpoint &&
      other.version < version &&
      other.state === "waiting"
  )
  if (owed === "due") {
    const nowMillis = yield* Clock.currentTimeMillis
    const isDue = ahead.some(({ dueAtMillis }) => dueAtMillis !== null && dueAtMillis <= nowMillis)
    return isDue ? Duration.zero : null
  }
  if (ahead.length === 0) return null
  if (owed === "wait") return yieldRest
  yield* circuits.yielded(ticket)
  yield* deliveries.hasten({ ...place, payOrderNo }, sweepLimit)
  return Duration.zero
})

const maxSaidChars = 500

/** What an endpoint said, or what went wrong, for operators to read. */
const wordsOf = ({ said }: Listener, reason: string): string =>
  [reason, said?.raw ?? ""]
    .filter((text) => text !== "")
    .join(" ")
    .slice(0, maxSaidChars)
    .toWellFormed()

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
  const rest = yield* yielding(delivery, place, circuits, ticket)
  if (rest !== null) return void (yield* due.giveBack(claimed, rest))
  const secrets = yield* Effect.forEach(endpoint.sealedSecrets, (sealed) =>
    Effect.map(vault.open(secretContext(endpoint.id), sealed), (secret) => Redacted.make(secret))
  ).pipe(Effect.catchTag("Unsealable", () => Effect.succeed(null)))
  const { url } = endpoint
  const { eventId, body } = delivery
  const sent: Effect.Effect<number, NotDelivered> =
    secrets === null ? unsigned : sender.send({ url, secrets, eventId, body })
  const listener: Listener = { call: "deliver", said: null }
  const sinceMillis = yield* Clock.currentTimeMillis
  /** The tries with this one, which came to a status or to none. */
  const after = (status: number | null, reason: string) =>
    Effect.map(Clock.currentTimeMillis, (nowMillis) => [
      ...delivery.attempts,
      { atMillis: sinceMillis, millis: nowMillis - sinceMillis, status, said: wordsOf(listener, reason) }
    ])
  yield* sent.pipe(
    Effect.provideService(Listening, listener),
    Effect.matchEffect({
      onSuccess: (status) =>
        crashPoint("K22").pipe(
          Effect.zipRight(
            Effect.flatMap(after(status, ""), (attempts) => due.done(claimed, `HTTP ${status}`, attempts))
          ),
          Effect.zipRight(taken(circuits, ticket, place))
        ),
      onFailure: (failure) =>
        Effect.gen(function* () {
          const attempts = yield* after(failure.status, failure.reason)
          if (failure.gone) {
            yield* stopped(place, endpoint, failure.reason)
            return void (yield* givenUp(claimed, delivery, failure.reason, attempts))
          }
          const turn = yield* circuits.heard(ticket, false)
          yield* failed(claimed, delivery, failure, attempts)
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

/** Twice as long as an app may be remembered: by then nobody's clock makes what we know older than the event. */
const doubtMillis = 2 * rememberedMillis

/**
 * It goes nowhere, as far as we know. Whoever committed it, or asked for it again, may have known the app better a moment ago:
 * it ends once what we know is newer.
 */
const refused = Effect.fnUntraced(function* (claimed: Claimed, delivery: Delivery, why: string) {
  const leftMillis = delivery.sinceMillis + doubtMillis - (yield* Clock.currentTimeMillis)
  if (leftMillis <= 0) return yield* givenUp(claimed, delivery, why)
  const rest = Duration.millis(Math.min(leftMillis, doubtMillis))
  return yield* Effect.flatMap(DueWork, (due) => due.giveBack(claimed, rest))
})

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
  if (typeof endpoint === "string") return void (yield* refused(claimed, delivery, endpoint))
  yield* Effect.acquireUseRelease(
    circuits.enter({ app: delivery.app, endpoint: endpoint.id }),
    (ticket) =>
      Effect.flatMap(circuits.admitted(ticket), (isAdmitted) =>
        isAdmitted ? tried(claimed, delivery, endpoint, circuits, ticket) : untried(claimed, delivery, circuits, ticket)
      ),
    circuits.leave
  )
})
