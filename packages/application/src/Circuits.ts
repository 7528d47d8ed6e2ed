import type { Place } from "@payment-proxy/ports"
import { Clock, Deferred, Duration, Effect, FiberId } from "effect"
import { Paces } from "./Paces.ts"
import { Policies } from "./Policy.ts"

/** A call's way to its endpoint: under way, waiting for a place, or not let through. */
export interface Ticket {
  readonly key: string
  /** It is the one call that goes to an endpoint that was left alone. */
  readonly isProbe: boolean
  way: "in" | "waiting" | "held"
  readonly settled: Deferred.Deferred<void>
}

/** What a call's outcome changed: the endpoint takes again what it did not take, or is left alone from now on. */
export type Turn = "closed" | "opened" | "none"

/**
 * What a call owes to events of its order that wait before it. `lead`: one of these goes in its stead, once for each time that
 * an endpoint is tried again. `wait`: another order's goes first, and only an event that has none before it may go beside.
 * `due`: what waited while the endpoint was left alone was made due, and goes first. `nothing`: its claim looked to their order.
 */
export type Owed = "lead" | "wait" | "due" | "nothing"

/**
 * How each endpoint fares, as this process knows it: how many calls are on their way to it, and whether it is left alone. A
 * circuit opens after some failures in a row, for a time that grows; then one call goes through, and a success closes it.
 */
export interface Circuits {
  /** Endpoints to which nothing can go now: they have all the calls that they may have, or are left alone. */
  readonly avoiding: Effect.Effect<ReadonlyArray<string>>
  /** Asks for a call's way; whoever has a ticket gives it back by `leave`. */
  readonly enter: (place: Place) => Effect.Effect<Ticket>
  /** Waits a moment for a place; whether the call may go. */
  readonly admitted: (ticket: Ticket) => Effect.Effect<boolean>
  /** How long to leave alone what was not let through. */
  readonly rest: (ticket: Ticket) => Effect.Effect<Duration.Duration>
  /** What a call owes to those events of its order that wait before it. */
  readonly owed: (ticket: Ticket) => Effect.Effect<Owed>
  /** Something else goes first; should that fail, this call has its chance yet. */
  readonly yielded: (ticket: Ticket) => Effect.Effect<void>
  /** Whether a success of this call closes the circuit. */
  readonly closes: (ticket: Ticket) => boolean
  /** The call has ended. */
  readonly heard: (ticket: Ticket, isTaken: boolean) => Effect.Effect<Turn>
  /** Whether the endpoint has failed for so long that what is over its time may end untried. */
  readonly isLost: (ticket: Ticket) => Effect.Effect<boolean>
  /** Whether it is time to end all of that, where the endpoint is lost: at most once in ten minutes. */
  readonly isSweepDue: (ticket: Ticket) => Effect.Effect<boolean>
  readonly leave: (ticket: Ticket) => Effect.Effect<void>
}

interface Circuit {
  readonly endpoint: string
  inAir: number
  waiting: Array<Ticket>
  failures: number
  openings: number
  openUntilMillis: number
  yielding: "not yet" | "one goes first" | "no more"
  yieldedAtMillis: number
  closedAtMillis: number | null
  failingSinceMillis: number
  sweptAtMillis: number
}

/** The bounds of `make`. */
export interface Limits {
  readonly perEndpoint: number
  /** So many failures in a row open a circuit. */
  readonly failures: number
  /** For how long, time after time; the last repeats. */
  readonly openFor: ReadonlyArray<Duration.Duration>
}

const maxKnown = 10_000
const maxAvoided = 1000
const placePatience = Duration.millis(250)
const maxRest = Duration.seconds(10)
const lostAfterMillis = 3_600_000
const sweepEveryMillis = 600_000
/** For how long something else may go first: longer than any call. */
const yieldMillis = 15_000
/** For how long after a circuit closed there may be pieces that were claimed before. */
const claimedBeforeMillis = 15_000

/** By a clock that nobody sets, in milliseconds. */
const nowMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const fresh = (endpoint: string): Circuit => ({
  endpoint,
  inAir: 0,
  waiting: [],
  failures: 0,
  openings: 0,
  openUntilMillis: 0,
  yielding: "not yet",
  yieldedAtMillis: 0,
  closedAtMillis: null,
  failingSinceMillis: 0,
  sweptAtMillis: 0
})

const settle = (ticket: Ticket, way: "in" | "held"): void => {
  ticket.way = way
  Deferred.unsafeDone(ticket.settled, Effect.void)
}

/** The rules of one circuit, at a time. */
const rulesOf = ({ perEndpoint, failures, openFor }: Limits) => {
  const isOpen = (circuit: Circuit) => circuit.failures >= failures
  const room = (circuit: Circuit, now: number): number =>
    isOpen(circuit) ? Number(now >= circuit.openUntilMillis) - circuit.inAir : perEndpoint - circuit.inAir

  const admit = (circuit: Circuit, now: number): void => {
    while (circuit.waiting.length > 0 && (isOpen(circuit) || room(circuit, now) > 0)) {
      const ticket = circuit.waiting.shift()
      if (ticket === undefined) return
      const way = isOpen(circuit) ? "held" : "in"
      if (way === "in") circuit.inAir += 1
      settle(ticket, way)
    }
  }

  const failed = (circuit: Circuit, now: number): Turn => {
    if (circuit.failures === 0) circuit.failingSinceMillis = now
    circuit.failures += 1
    // What was on its way when it opened says nothing new.
    if (!isOpen(circuit) || now < circuit.openUntilMillis) return "none"
    if (circuit.yielding === "one goes first") {
      circuit.yielding = "no more"
      return "none"
    }
    const rest = openFor[Math.min(circuit.openings, openFor.length - 1)] ?? Duration.zero
    circuit.openUntilMillis = now + Duration.toMillis(rest)
    circuit.openings += 1
    circuit.yielding = "not yet"
    return "opened"
  }

  const succeeded = (circuit: Circuit, now: number): Turn => {
    const turn = isOpen(circuit) ? "closed" : "none"
    if (turn === "closed") circuit.closedAtMillis = now
    circuit.failures = 0
    circuit.openings = 0
    circuit.openUntilMillis = 0
    circuit.yielding = "not yet"
    return turn
  }

  const isJustClosed = ({ closedAtMillis }: Circuit, now: number): boolean =>
    closedAtMillis !== null && now - closedAtMillis < claimedBeforeMillis

  const owed = (circuit: Circuit, isProbe: boolean, now: number): Owed => {
    if (!isProbe) return isJustClosed(circuit, now) ? "due" : "nothing"
    if (circuit.yielding === "not yet") return "lead"
    return circuit.yielding === "one goes first" && now - circuit.yieldedAtMillis < yieldMillis ? "wait" : "nothing"
  }
  return { isOpen, room, admit, failed, succeeded, isJustClosed, owed }
}

/** Circuits within `limits`; of more than 10 000, those are forgotten first that nothing goes to and that were known longest. */
export const within = (limits: Limits): Circuits => {
  const circuits = new Map<string, Circuit>()
  const { isOpen, room, admit, failed, succeeded, isJustClosed, owed } = rulesOf(limits)
  const at = <A>(then: (now: number) => A) => Effect.map(nowMillis, then)
  const isIdle = ({ inAir, waiting }: Circuit) => inAir === 0 && waiting.length === 0

  const isLost = (circuit: Circuit | undefined, now: number): boolean =>
    circuit !== undefined && isOpen(circuit) && now - circuit.failingSinceMillis >= lostAfterMillis

  const known = (key: string, endpoint: string): Circuit => {
    const circuit = circuits.get(key) ?? fresh(endpoint)
    if (circuits.size >= maxKnown && !circuits.has(key))
      for (const [other, one] of circuits)
        if (isIdle(one)) {
          circuits.delete(other)
          break
        }
    circuits.set(key, circuit)
    return circuit
  }

  const enter = ({ app, endpoint }: Place) =>
    at((now): Ticket => {
      const key = JSON.stringify([app, endpoint])
      const circuit = known(key, endpoint)
      const hasRoom = room(circuit, now) > 0
      const way = hasRoom ? "in" : isOpen(circuit) ? "held" : "waiting"
      const ticket: Ticket = {
        key,
        way,
        isProbe: hasRoom && isOpen(circuit),
        settled: Deferred.unsafeMake<void>(FiberId.none)
      }
      if (hasRoom) circuit.inAir += 1
      if (way === "waiting") circuit.waiting.push(ticket)
      return ticket
    })

  const leave = (ticket: Ticket) =>
    at((now) => {
      const circuit = circuits.get(ticket.key)
      if (circuit === undefined) return
      if (ticket.way === "in") circuit.inAir -= 1
      else circuit.waiting = circuit.waiting.filter((other) => other !== ticket)
      admit(circuit, now)
      if (isIdle(circuit) && circuit.failures === 0 && !isJustClosed(circuit, now)) circuits.delete(ticket.key)
    })

  return {
    avoiding: at((now) =>
      [...circuits.values()]
        .filter((circuit) => room(circuit, now) <= 0)
        .slice(0, maxAvoided)
        .map(({ endpoint }) => endpoint)
    ),
    enter,
    admitted: (ticket) =>
      ticket.way === "waiting"
        ? Effect.map(
            Effect.timeoutOption(Deferred.await(ticket.settled), placePatience),
            // Its place may have come in the very moment.
            () => isIn(ticket)
          )
        : Effect.succeed(isIn(ticket)),
    rest: ({ key }) =>
      at((now) => {
        const left = (circuits.get(key)?.openUntilMillis ?? 0) - now
        return left > 0 ? Duration.min(Duration.millis(left), maxRest) : placePatience
      }),
    owed: ({ key, isProbe }) =>
      at((now) => {
        const circuit = circuits.get(key)
        return circuit === undefined ? "nothing" : owed(circuit, isProbe, now)
      }),
    yielded: ({ key }) =>
      at((now) => {
        const circuit = circuits.get(key)
        if (circuit === undefined) return
        circuit.yielding = "one goes first"
        circuit.yieldedAtMillis = now
      }),
    closes: ({ key }) => {
      const circuit = circuits.get(key)
      return circuit !== undefined && isOpen(circuit)
    },
    heard: ({ key }, isTaken) =>
      at((now) => {
        const circuit = circuits.get(key)
        if (circuit === undefined) return "none"
        const turn = isTaken ? succeeded(circuit, now) : failed(circuit, now)
        admit(circuit, now)
        return turn
      }),
    isLost: ({ key }) => at((now) => isLost(circuits.get(key), now)),
    isSweepDue: ({ key }) =>
      at((now) => {
        const circuit = circuits.get(key)
        if (circuit === undefined || !isLost(circuit, now)) return false
        if (circuit.sweptAtMillis > 0 && now - circuit.sweptAtMillis < sweepEveryMillis) return false
        circuit.sweptAtMillis = now
        return true
      }),
    leave
  }
}

const isIn = ({ way }: Ticket): boolean => way === "in"

/** Circuits as `Paces` and `Policies` want them. */
export const make: Effect.Effect<Circuits> = Effect.gen(function* () {
  const { perEndpoint } = yield* Paces
  const { circuitAfter, circuitOpen } = yield* Policies
  return within({ perEndpoint, failures: circuitAfter, openFor: circuitOpen })
})

/** Circuits that let everything through. */
export const none = (): Circuits =>
  within({ perEndpoint: Number.POSITIVE_INFINITY, failures: Number.POSITIVE_INFINITY, openFor: [] })
