import { Clock, Duration, Effect, Layer, Schema } from "effect"
import { Database, now, patience, typed } from "./Database.ts"

const machine = Clock.make()

/** A clock whose milliseconds are `nowMillis`, and whose nanoseconds and waits nobody can set. */
const telling = (nowMillis: () => number): Clock.Clock => {
  const now = () => Math.floor(nowMillis())
  const nanos = () => machine.unsafeCurrentTimeNanos()
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => machine.sleep(duration)
  }
}

/** Tells how long something takes, not when it is: nobody can set it. */
export const monotonic: Clock.Clock = telling(() => performance.now())

/** What a clock is made from; tests bring their own. */
export interface Source<E> {
  /** The database's time, in milliseconds since the epoch. */
  readonly database: Effect.Effect<number, E>
  /** Milliseconds since whenever, of a clock that is never set. */
  readonly monotonicMillis: () => number
  /** This machine's own time, in milliseconds since the epoch. */
  readonly machineMillis: () => number
}

/** A look at the database's clock proves that it is between so many milliseconds ahead of our monotonic one. */
interface Bounds {
  readonly leastMillis: number
  readonly mostMillis: number
}

const isFar = (millis: number): boolean => Math.abs(millis) > 1000

/** The offset that is nearest to the one that we have and that the look does not disprove: one after a long round trip disproves little. */
const within = (offsetMillis: number, { leastMillis, mostMillis }: Bounds): number =>
  Math.min(Math.max(offsetMillis, leastMillis), mostMillis)

/**
 * Where a look leads. A jump of the database's clock is followed, unless this machine's own clock bears out the time that we
 * have: then it is the database's that was set wrong, as two clocks say.
 */
const led = (offsetMillis: number, bounds: Bounds, machineOffsetMillis: number): number => {
  const thereMillis = within(offsetMillis, bounds)
  const jumpMillis = thereMillis - offsetMillis
  const isBorneOut = Math.abs(machineOffsetMillis - offsetMillis) < Math.abs(jumpMillis) / 2
  return isFar(jumpMillis) && isBorneOut ? offsetMillis : thereMillis
}

/** A look, between two of our moments. */
const looked = <E>({ database, monotonicMillis }: Source<E>) =>
  Effect.gen(function* () {
    const beforeMillis = monotonicMillis()
    const saidMillis = yield* database
    // What it said is cut to whole milliseconds.
    return { leastMillis: saidMillis - monotonicMillis(), mostMillis: saidMillis + 1 - beforeMillis }
  })

/**
 * The database's clock, carried on by one that nobody can set, and `measure`, which holds it against the database's again.
 * Its milliseconds are when something is; its nanoseconds tell how long something takes, and never jump.
 */
export const make = <E>(source: Source<E>) =>
  Effect.gen(function* () {
    const first = yield* looked(source)
    let offsetMillis = (first.leastMillis + first.mostMillis) / 2
    let wasApart = false
    const measure = Effect.gen(function* () {
      const bounds = yield* looked(source)
      const beforeMillis = offsetMillis
      const machineOffsetMillis = source.machineMillis() - source.monotonicMillis()
      offsetMillis = led(offsetMillis, bounds, machineOffsetMillis)
      const setMillis = Math.round(offsetMillis - beforeMillis)
      if (isFar(setMillis))
        yield* Effect.logWarning("alarm CLOCK_SET: the time that orders go by was set.", { setMillis })
      const databaseAheadMillis = Math.round(within(offsetMillis, bounds) - offsetMillis)
      const machineAheadMillis = Math.round(machineOffsetMillis - offsetMillis)
      const isApart = isFar(databaseAheadMillis) || isFar(machineAheadMillis)
      const apart = { databaseAheadMillis, machineAheadMillis }
      if (isApart && !wasApart) yield* Effect.logWarning("alarm CLOCK_APART: a clock is not what orders go by.", apart)
      if (wasApart && !isApart) yield* Effect.logInfo("The clocks agree again.", apart)
      wasApart = isApart
    })
    return { clock: telling(() => source.monotonicMillis() + offsetMillis), measure }
  })

const Rows = Schema.Tuple(Schema.Struct({ now_millis: Schema.Number }))
const firstLooks = 5
const lookEvery = Duration.seconds(2)

/** The database's clock as the clock of all that is built on this layer; while the database is away, it goes on by itself. */
export const layer = Layer.unwrapScoped(
  Effect.gen(function* () {
    const { sql, options } = yield* Database
    const database = Effect.flatMap(now, (said) =>
      sql`SELECT ${sql.literal(said)} AS now_millis`.unprepared.pipe(
        Effect.flatMap((rows) => Effect.orDie(Schema.decodeUnknown(Rows)(rows))),
        Effect.map(([{ now_millis }]) => now_millis)
      )
    ).pipe(typed)
    const first = make({
      database,
      monotonicMillis: () => performance.now(),
      machineMillis: () => machine.unsafeCurrentTimeMillis()
    })
    const { clock, measure } = yield* Effect.retry(first, patience(options))
    yield* Effect.repeatN(Effect.ignore(measure), firstLooks - 1)
    yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.ignore(measure), lookEvery)))
    return Layer.setClock(clock)
  })
)
