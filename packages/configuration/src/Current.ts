import { Clock, Context, Effect, Either, Layer, Schedule, type Scope } from "effect"
import { type Changes, type Configuration, changes, kindFaults, ofSnapshot } from "./Configuration.ts"
import { ConfigurationInvalid, type Fault, lines } from "./Faults.ts"
import * as Snapshot from "./Snapshot.ts"

const everyMillis = 1000
/** A file that is being written is not what it was a moment before. */
const settleMillis = 250
const maxLooks = 8
/** What is wrong need not be in the files: a package that is missing, a certificate that is not valid yet. */
const againMillis = 10_000

const isoOf = (millis: number): string => new Date(millis).toISOString()

/** What a person should know of the configuration in force. */
export interface Status {
  /** When the one in force was taken up (ISO 8601). */
  readonly loadedAt: string
  /** Since when the file is refused, and why: the one before stays in force. */
  readonly refused: {
    readonly since: string
    readonly source: string
    readonly faults: ReadonlyArray<Fault>
  } | null
}

/** The configuration in force. */
export class Current extends Context.Tag("@payment-proxy/configuration/Current")<
  Current,
  {
    readonly status: Effect.Effect<Status>
    /** Looks at the file now; done when what it says is in force or refused. */
    readonly look: Effect.Effect<void>
  }
>() {}

export interface Options<R> {
  /** What is in force. */
  readonly loaded: Configuration
  readonly environment: Snapshot.Variables
  readonly readFile: Snapshot.ReadFile
  /** Puts another in force, all of it or nothing. */
  readonly take: (next: Configuration) => Effect.Effect<void, ConfigurationInvalid, R>
}

interface Refusal {
  readonly revision: string
  readonly since: string
  readonly invalid: ConfigurationInvalid
  readonly triedMillis: number
}

const isSame = (one: ConfigurationInvalid, other: ConfigurationInvalid): boolean =>
  lines(one.faults).join("\n") === lines(other.faults).join("\n")

const taken = ({ routes, vendors, isTrustChanged, isReconcileChanged, isOperatorsChanged }: Changes) =>
  Effect.logInfo("The configuration was taken up.", {
    routes: routes.join(", "),
    vendors: vendors.join(", "),
    isTrustChanged,
    ...(isReconcileChanged ? { isReconcileChanged } : {}),
    ...(isOperatorsChanged ? { isOperatorsChanged } : {})
  })

const isNothing = ({ routes, vendors, isTrustChanged, isReconcileChanged, isOperatorsChanged }: Changes): boolean =>
  routes.length + vendors.length === 0 && !isTrustChanged && !isReconcileChanged && !isOperatorsChanged

/** Puts `next` in force; whatever goes wrong is a refusal. */
const putInForce = <R>(take: Options<R>["take"], next: Configuration) =>
  take(next).pipe(
    Effect.catchAllDefect((defect) =>
      Effect.zipRight(
        Effect.logError("The configuration could not be taken up.", defect),
        new ConfigurationInvalid({
          source: next.source,
          faults: [{ at: "", detail: "It could not be taken up: the log says why." }]
        })
      )
    ),
    Effect.either
  )

/** What the files say, once they have said the same twice; null where they do not come to rest. */
const settled = <R>({ environment, readFile }: Options<R>, first: Snapshot.Snapshot) =>
  Effect.gen(function* () {
    let last = first
    for (let at = 0; at < maxLooks; at++) {
      yield* Effect.sleep(settleMillis)
      const next = yield* Snapshot.take(environment, readFile, last)
      if (next.revision === last.revision) return next
      last = next
    }
    return null
  })

const following = <R>(options: Options<R>, startedMillis: number) => {
  const { environment, readFile, take } = options
  let inForce = options.loaded
  let loadedAt = isoOf(startedMillis)
  let refusal: Refusal | null = null
  let last: Snapshot.Snapshot | undefined

  const refused = (revision: string, invalid: ConfigurationInvalid, nowMillis: number) => {
    const isTold = refusal !== null && isSame(refusal.invalid, invalid)
    refusal = { revision, invalid, since: refusal?.since ?? isoOf(nowMillis), triedMillis: nowMillis }
    return isTold
      ? Effect.void
      : Effect.logError("The configuration is refused: the one before stays in force.", {
          source: invalid.source,
          faults: lines(invalid.faults)
        })
  }
  const asBefore = () => {
    const wasRefused = refusal !== null
    refusal = null
    return wasRefused ? Effect.logInfo("The configuration says again what is in force.") : Effect.void
  }
  const judged = (snapshot: Snapshot.Snapshot) =>
    Effect.gen(function* () {
      const nowMillis = yield* Clock.currentTimeMillis
      const next = ofSnapshot(snapshot, environment, nowMillis)
      if (Either.isLeft(next)) return yield* refused(snapshot.revision, next.left, nowMillis)
      const moved = kindFaults(inForce, next.right)
      if (moved.length > 0)
        return yield* refused(
          snapshot.revision,
          new ConfigurationInvalid({ source: next.right.source, faults: moved }),
          nowMillis
        )
      const differences = changes(inForce, next.right)
      if (!isNothing(differences)) {
        const outcome = yield* putInForce(take, next.right)
        if (Either.isLeft(outcome)) return yield* refused(snapshot.revision, outcome.left, nowMillis)
        loadedAt = isoOf(yield* Clock.currentTimeMillis)
        refusal = null
        yield* taken(differences)
      } else yield* asBefore()
      inForce = next.right
    })
  const look = (isAsked: boolean) =>
    Effect.gen(function* () {
      const seen = yield* Snapshot.take(environment, readFile, last)
      last = seen
      if (seen.revision === inForce.revision) return yield* asBefore()
      const nowMillis = yield* Clock.currentTimeMillis
      const isKnown = refusal?.revision === seen.revision && nowMillis - refusal.triedMillis < againMillis
      if (isKnown && !isAsked) return
      const snapshot = yield* settled(options, seen)
      if (snapshot !== null) yield* judged(snapshot)
    })
  const status = Effect.sync((): Status => {
    if (refusal === null) return { loadedAt, refused: null }
    const { since, invalid } = refusal
    return { loadedAt, refused: { since, source: invalid.source, faults: invalid.faults } }
  })
  return { look, status }
}

/**
 * Goes on from a configuration that is in force: each second the files are looked at, by content, and what has changed and
 * come to rest is offered to `take`. What cannot be taken up is refused: the one before stays, the log says it once and `status`
 * as long as it holds, and it is tried again every ten seconds. `PAYMENT_PROXY_…` variables stay as they were at the start.
 */
export const make = <R>(options: Options<R>): Effect.Effect<Current["Type"], never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { look, status } = following(options, yield* Clock.currentTimeMillis)
    const turn = yield* Effect.makeSemaphore(1)
    const context = yield* Effect.context<R>()
    const inTurn = (isAsked: boolean) =>
      turn
        .withPermits(1)(look(isAsked))
        .pipe(
          Effect.catchAllDefect((defect) => Effect.logError("The configuration could not be looked at.", defect)),
          Effect.provide(context)
        )
    yield* Effect.forkScoped(Effect.schedule(inTurn(false), Schedule.spaced(everyMillis)))
    return Current.of({ status, look: inTurn(true) })
  })

/** `make` as a layer. */
export const layer = <R>(options: Options<R>): Layer.Layer<Current, never, Exclude<R, Scope.Scope>> =>
  Layer.scoped(Current, make(options))
