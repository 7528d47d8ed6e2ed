import { Money } from "@payment-proxy/domain"
import { Checker, FakeVendors, FakeWebhookSender, FaultyPorts, ManualClock, Memory } from "@payment-proxy/testkit"
import { Cause, Effect, Exit, Fiber, FastCheck as fc, Layer, Logger, LogLevel, Option, Random } from "effect"
import { expect } from "vitest"
import * as Changes from "../src/Changes.ts"
import { receive } from "../src/Receive.ts"
import { round } from "../src/Work.ts"
import { ports, withShop } from "./harness.ts"

const startMillis = Date.UTC(2026, 10, 23, 8)
const queues = ["inbox", "orders", "deliveries"] as const
export const amount = Money.make(1234n, "CNY")
/** The same each time, so that no change fails by chance; `FC_SEED` gives others. */
const seed = Number(process.env["FC_SEED"] ?? 20_261_127)

/** What chance decides in one life: what goes wrong with each call, and what the actors do. */
export interface Fate {
  readonly schedule: <A>(value: A, label: string) => Promise<A>
  readonly fault: () => FaultyPorts.Fault | null
  readonly number: (below: number) => number
}

/** What happened in one life, beside what the ports' fakes know. */
export interface Witness {
  readonly client: Array<Checker.ClientOp>
  readonly notifications: Array<Checker.VendorNotification>
  readonly fired: Map<string, number>
  isFaulty: boolean
}

const planOf = (fate: Fate, witness: Witness) =>
  Layer.succeed(FaultyPorts.FaultPlan, {
    next: (call) =>
      Effect.suspend(() => {
        if (!witness.isFaulty) return Effect.succeed(null)
        return Effect.promise(() => fate.schedule(fate.fault(), call)).pipe(
          Effect.map((fault) => (witness.isFaulty ? fault : null)),
          Effect.tap((fault) =>
            Effect.sync(() => {
              if (fault !== null) witness.fired.set(fault, (witness.fired.get(fault) ?? 0) + 1)
            })
          )
        )
      })
  })

const worldOf = (fate: Fate, witness: Witness) => {
  const faulty = Layer.merge(FaultyPorts.layer, FaultyPorts.platform)
  return Layer.provideMerge(Changes.layer, faulty.pipe(Layer.provide(planOf(fate, witness)), Layer.provideMerge(ports)))
}

/** Whoever acts in a life, until it ends. */
export type Actor = Effect.Effect<void, never, Layer.Layer.Success<ReturnType<typeof worldOf>>>

/** The tag of what an exit failed with. */
export const tagOf = (exit: Exit.Exit<unknown, unknown>): string | null => {
  const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : null
  return typeof failure === "object" && failure !== null && "_tag" in failure ? String(failure._tag) : null
}

/** What a client asked, written down with how it ended; while it lasts it is unanswered. */
export const witnessed = <E, R>(
  witness: Witness,
  asked: Omit<Checker.ClientOp, "amount" | "outcome">,
  call: Effect.Effect<Checker.ClientOp["outcome"], E, R>
) =>
  Effect.gen(function* () {
    const op: Checker.ClientOp = { ...asked, amount: { value: "12.34", currency: "CNY" }, outcome: { type: "info" } }
    const index = witness.client.push(op) - 1
    witness.client[index] = { ...op, outcome: yield* call }
  })

/** The platform and its payers: what it tells is true, but comes late, again and out of order, and some of it is forged. */
export const payers = (fate: Fate, witness: Witness): Actor =>
  Effect.gen(function* () {
    const { payments, pay, refuse, approve, authorize } = yield* FakeVendors.FakeVendor
    const moves = [refuse, pay, pay, approve, authorize]
    for (let times = 0; times < 8; times++) {
      yield* Effect.promise(() => fate.schedule(0, "payer"))
      const all = yield* payments
      const one = all[fate.number(all.length)]
      if (one === undefined) continue
      if (fate.number(3) === 0) yield* (moves[fate.number(moves.length)] ?? pay)(one.merchantOrderNo)
      const now = (yield* payments).find(({ merchantOrderNo }) => merchantOrderNo === one.merchantOrderNo)
      const status = now?.status ?? "open"
      yield* Effect.fork(
        told(witness, one.merchantOrderNo, fate.number(4) === 0 ? "open" : status, fate.number(6) === 0)
      )
    }
  })

/** The platform tells of a payment; forged, it has no proof. */
export const told = (witness: Witness, number: string, kind: FakeVendors.Held["status"], isForged: boolean) =>
  Effect.gen(function* () {
    const bodySha256 = `${number} ${kind}${isForged ? " forged" : ""}`
    const good = FakeVendors.notification(number, kind)
    const exit = yield* Effect.exit(receive("platform", isForged ? { ...good, headers: {} } : good, bodySha256))
    const isTaken = Exit.isSuccess(exit)
    witness.notifications.push({ number, bodySha256, isGenuine: !isForged, saysPaid: kind === "paid", isTaken })
  })

export const worker = (fate: Fate): Actor =>
  Effect.gen(function* () {
    for (let times = 0; times < 6; times++) {
      yield* Effect.promise(() => fate.schedule(0, "worker"))
      yield* Effect.exit(round(queues[fate.number(3)] ?? "orders"))
    }
  })

const time = (fate: Fate, { advance }: ManualClock.ManualClock) =>
  Effect.gen(function* () {
    for (let times = 0; times < 20; times++) {
      yield* Effect.promise(() => fate.schedule(0, "time"))
      advance(fate.number(4000))
    }
  })

const breath = Effect.promise(() => new Promise((done) => setImmediate(done)))

const patientBreaths = 50

/** One round of a queue. Whoever waits in it for a turn that somebody took and died with gets it by time, which goes on only here. */
const worked = (queue: (typeof queues)[number], { advance }: ManualClock.ManualClock) =>
  Effect.gen(function* () {
    const working = yield* Effect.fork(round(queue))
    for (let breaths = 1; Option.isNone(yield* Fiber.poll(working)); breaths++) {
      if (breaths % patientBreaths === 0) advance(1000)
      yield* breath
    }
    yield* Fiber.join(working)
  })

/** Everything goes right again: what was asked is asked once more, time goes on, and who works works, until nothing is open. */
const healed = (witness: Witness, again: Actor, clock: ManualClock.ManualClock) =>
  Effect.gen(function* () {
    witness.isFaulty = false
    yield* again
    for (let steps = 0; steps < 100; steps++) {
      for (const queue of queues) yield* worked(queue, clock)
      if (steps > 10) {
        const sources = yield* sourcesOf(witness)
        const isOpen = Checker.check(sources).violations.some(({ invariant }) => invariant === "I10")
        const isKept = sources.dump.inbox.some(({ dueMillis }) => dueMillis !== null)
        if (!isOpen && !isKept) return sources
      }
      clock.advance(15_000)
      yield* breath
    }
    return yield* sourcesOf(witness)
  })

/** What an event is about: an order, or a refund. */
const subjectOf = (body: string) => {
  const { payOrderNo, refundNo, version } = JSON.parse(body) as {
    readonly payOrderNo: string
    readonly refundNo?: string
    readonly version: number
  }
  return { payOrderNo: refundNo ?? payOrderNo, version }
}

const sourcesOf = (witness: Witness) =>
  Effect.gen(function* () {
    const vendor = yield* FakeVendors.FakeVendor
    const endpoint = yield* FakeWebhookSender.FakeEndpoint
    const payments = yield* vendor.payments
    const requests = yield* vendor.got
    const got = yield* endpoint.got
    const sources: Checker.Sources = {
      client: witness.client,
      told: [],
      ledger: {
        requests: requests.map(({ call, merchantOrderNo, prepared, operationNo, atMillis }) => ({
          call: call === "queryRefund" ? "other" : call,
          number: merchantOrderNo,
          bodyHash: prepared ?? "",
          ...(operationNo === null ? {} : { operationNo }),
          atMillis
        })),
        notifications: witness.notifications,
        payments: payments.map(({ merchantOrderNo, transactionNo, status, capturedMinor, refundedMinor, refunds }) => ({
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
      dump: yield* yield* Memory.MemoryDump,
      sink: got.map(({ atMillis, eventId, body, status }) => ({
        ...subjectOf(body),
        atMillis,
        endpoint: "shop-webhook",
        eventId,
        isVerified: true,
        body,
        status: status ?? 0
      }))
    }
    return sources
  })

/** A kind of life: who acts in it, and what is asked again once all goes right. */
export interface Kind {
  readonly actors: (fate: Fate, witness: Witness) => ReadonlyArray<Actor>
  readonly again: (witness: Witness) => Actor
}

/** One life: everybody at once, in an order that the scheduler picks, until the process dies; then all goes right again. */
const life = ({ actors, again }: Kind, fate: Fate, witness: Witness) => {
  const clock = ManualClock.make(startMillis)
  return Effect.gen(function* () {
    yield* withShop
    witness.isFaulty = true
    const fibers = yield* Effect.forEach(actors(fate, witness), (actor) => Effect.forkDaemon(actor))
    yield* time(fate, clock)
    yield* Effect.forEach(fibers, Fiber.interruptFork, { discard: true })
    return yield* healed(witness, again(witness), clock)
  }).pipe(
    Effect.provide(worldOf(fate, witness)),
    Effect.withClock(clock.clock),
    Effect.withRandom(Random.make("jitter")),
    Logger.withMinimumLogLevel(LogLevel.None)
  )
}

/** Lives `runs` lives of a kind: each ends without a violation, every fault has happened, and so have the ends that matter. */
export const livedThrough = async (runs: number, kind: Kind): Promise<void> => {
  const total = new Map<string, number>()
  const states = new Map<string, number>()
  const some = fc.constantFrom<FaultyPorts.Fault | null>(...FaultyPorts.faults, null)
  const sometimes = fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: some })
  const faults = fc.infiniteStream(sometimes)
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), faults, fc.infiniteStream(fc.nat()), async (scheduler, stricken, numbers) => {
      const witness: Witness = { client: [], notifications: [], fired: new Map(), isFaulty: false }
      const fate: Fate = {
        schedule: (value, label) => scheduler.schedule(Promise.resolve(value), label),
        fault: () => stricken.next().value,
        number: (below) => (below <= 0 ? 0 : numbers.next().value % below)
      }
      const sources = await scheduler.waitFor(Effect.runPromise(life(kind, fate, witness)))
      const { violations, totals } = Checker.check(sources)
      for (const [fault, count] of witness.fired) total.set(fault, (total.get(fault) ?? 0) + count)
      for (const [state, count] of Object.entries(totals.states)) states.set(state, (states.get(state) ?? 0) + count)
      expect(violations).toEqual([])
    }),
    { numRuns: runs, seed }
  )
  for (const fault of FaultyPorts.faults) expect(total.get(fault), fault).toBeGreaterThan(runs)
  for (const state of ["SUCCEEDED", "FAILED", "CLOSED"]) expect(states.get(state), state).toBeGreaterThan(runs / 100)
}
