import { OrderNo, Payment, Words } from "@payment-proxy/domain"
import {
  type Attempt,
  type Behind,
  type LastFailure,
  type Place,
  type Queue,
  type QueueLag,
  queues,
  type Troubled
} from "@payment-proxy/ports"
import { Array as Arr, Clock, Effect, Schema } from "effect"
import { Attempts } from "./Deliveries.ts"
import { indexes, type Query, type Dialect as Searched } from "./SearchWays.ts"

/** What the databases say differently. */
export interface Dialect extends Pick<Searched, "by"> {
  /** Every app and endpoint that deliveries wait for, as `app` and `endpoint`, without reading all deliveries. */
  readonly places: string
  /** When the last of the tries in this column was made, as an expression. */
  readonly lastTriedAt: (column: string) => string
}

const tables: { readonly [Q in Queue]: string } = {
  orders: "payment_proxy_order",
  deliveries: "payment_proxy_delivery",
  inbox: "payment_proxy_inbox",
  reconcile: "payment_proxy_day"
}

const most = 10_000
/** Of states in which most orders are in no doubt, so many are looked at, the oldest first. */
const looked = 2000
/** Of what waits for one endpoint, so much of what is due last is looked at for what was tried, and so many of these tries are read. */
const mostLate = 1000
const mostTried = 300
/** So many endpoints are asked about at once. */
const placesAtOnce = 50
/** A call that is under way is in no doubt yet. */
const underWayMillis = 10_000

/** How many in a state may be looked at for whether they are in doubt. */
const doubtful = { SUBMITTING: most, CLOSING: most, PENDING: looked, AUTHORIZED: looked } as const

const codeOf = (state: Payment.State): number => Payment.states[state]

/** `Payment.inDoubt` of a row, told by the text of its facts. */
const inDoubt = `CASE WHEN JSON_VALID(seen.facts) THEN
  (seen.pay_status IN (${codeOf("SUBMITTING")}, ${codeOf("CLOSING")}) AND seen.facts LIKE '%"arrived":false%'
    AND JSON_EXTRACT(seen.facts, '$.unknownCalls') > 0)
  OR (seen.pay_status = ${codeOf("PENDING")} AND seen.facts LIKE '%"next":null%')
  OR JSON_EXTRACT(seen.facts, '$.operation.unknownCalls') > 0 ELSE 0 END`

const Numbers = Schema.Array(Schema.Struct({ pay_order_no: Schema.String }))
const Held = Schema.parseJson(Schema.Struct({ heldReason: Schema.NullOr(Schema.String) }))
const Rows = Schema.Array(
  Schema.Struct({
    pay_order_no: Schema.String,
    vendor: Schema.NullOr(Schema.String),
    app: Schema.NullOr(Schema.String),
    pay_status: Schema.Number,
    created_millis: Schema.NullOr(Schema.Number),
    due_note: Schema.NullOr(Schema.String),
    facts: Schema.NullOr(Schema.String),
    at_millis: Schema.NullOr(Schema.Number)
  })
)
const Lag = Schema.Tuple(Schema.Struct({ n: Schema.Number, lag: Schema.NullOr(Schema.Number) }))
const Waiting = Schema.Tuple(
  Schema.Struct({
    n: Schema.Number,
    lag: Schema.NullOr(Schema.Number),
    next: Schema.NullOr(Schema.Number),
    tried_due: Schema.NullOr(Schema.Number)
  })
)
const Failed = Schema.Array(
  Schema.Struct({
    app: Schema.String,
    endpoint: Schema.String,
    tried: Schema.NullOr(Attempts),
    due_note: Schema.NullOr(Schema.String)
  })
)
const First = Schema.Tuple(Schema.Struct({ due: Schema.NullOr(Schema.Number) }))
const Places = Schema.Array(Schema.Struct({ app: Schema.String, endpoint: Schema.String }))

const decoded = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(schema)
  return (rows: unknown) => Effect.orDie(decode(rows))
}
const numbersOf = decoded(Numbers)
const rowsOf = decoded(Rows)
const lagOf = decoded(Lag)
const waitingOf = decoded(Waiting)
const failedOf = decoded(Failed)
const firstOf = decoded(First)
const placesOf = decoded(Places)
const heldOf = Schema.decodeUnknownOption(Held)

const troubled = (row: (typeof Rows.Type)[number]): Troubled => {
  const held = heldOf(row.facts)
  return {
    payOrderNo: row.pay_order_no,
    vendor: row.vendor ?? "",
    app: row.app ?? "",
    state: Words.wordOf(Payment.states, row.pay_status) ?? String(row.pay_status),
    sinceMillis: row.at_millis ?? row.created_millis ?? 0,
    reason: (held._tag === "Some" ? held.value.heldReason : null) ?? row.due_note
  }
}

/** How it was last tried in vain: by its last try, or by its note where that went well or is not known. */
const lastFailure = (attempts: ReadonlyArray<Attempt>, note: string | null): LastFailure | null => {
  const last = attempts.at(-1)
  if (last !== undefined && !(last.status !== null && last.status < 300))
    return { atMillis: last.atMillis, status: last.status, said: last.said }
  return note === null ? null : { atMillis: null, status: null, said: note }
}

/** What waits at an endpoint; `triedDueMillis`: when something of it that was tried in vain is due. */
interface Waits extends Omit<Behind, "lastFailure"> {
  readonly triedDueMillis: number | null
}

const keyOf = ({ app, endpoint }: Place): string => JSON.stringify([app, endpoint])

const bySince = (one: Troubled, other: Troubled): number => one.sinceMillis - other.sinceMillis

/** What waits, counted up to 10 000, and how long the oldest has been due. */
const waiting = (queue: Queue, now: string, { by }: Dialect): string =>
  `SELECT COUNT(*) AS n, ${now} - MIN(due_millis) AS lag FROM (
    SELECT due_millis FROM ${tables[queue]} ${by(`${tables[queue]}_due`)}
    WHERE due_millis <= ${now} AND (due_token IS NULL OR due_lease_millis <= ${now})
    ORDER BY due_millis LIMIT ${most}) AS waiting`

const thereBy = (by: Dialect["by"]): string =>
  `FROM payment_proxy_delivery ${by("payment_proxy_delivery_place")} WHERE app = ? AND endpoint = ?`

/** What waits for one endpoint, also what is not due yet; of what was tried in vain, the last due time. */
const waitingAt = (now: string, { by }: Dialect): string =>
  `SELECT COUNT(*) AS n, ${now} - MIN(created_millis) AS lag, MIN(due_millis) AS next,
    MAX(CASE WHEN due_tries > 0 THEN due_millis END) AS tried_due
    FROM (SELECT created_millis, due_millis, due_tries ${thereBy(by)} AND due_millis >= 0
      ORDER BY due_millis LIMIT ${most}) AS waiting`

/**
 * How each of these endpoints was last tried in vain: by what is due last, as a try puts off what it was made with, and by what
 * `waitingAt` came upon. The texts of tries are read of these alone.
 */
const failedAt = (places: ReadonlyArray<Waits>, { by, lastTriedAt }: Dialect): Query => {
  const there = thereBy(by)
  const parts = places.map(
    ({ triedDueMillis }, index) => `SELECT * FROM (SELECT one.app, one.endpoint, one.tried, one.due_note FROM (
        SELECT * FROM (SELECT id FROM (SELECT id, due_millis, due_tries ${there} AND due_millis >= 0
          ORDER BY due_millis DESC LIMIT ${mostLate}) AS late
          WHERE due_tries > 0 ORDER BY due_millis DESC LIMIT ${mostTried}) AS tried_late
        UNION SELECT * FROM (SELECT id ${there} AND due_millis = ${triedDueMillis ?? -1} AND due_tries > 0
          LIMIT ${mostTried}) AS tried_early) AS failing
      JOIN payment_proxy_delivery AS one ON one.id = failing.id
      ORDER BY ${lastTriedAt("one.tried")} DESC LIMIT 1) AS failed${index}`
  )
  return {
    text: parts.join(" UNION ALL "),
    values: places.flatMap(({ app, endpoint }) => [app, endpoint, app, endpoint])
  }
}

/** The places whose next event was made first. */
const furthest = (now: string, limit: number, { by, places }: Dialect): string =>
  `SELECT app, endpoint FROM (SELECT place.app, place.endpoint,
      (SELECT created_millis FROM payment_proxy_delivery ${by("payment_proxy_delivery_place")}
        WHERE app = place.app AND endpoint = place.endpoint AND due_millis >= 0 ORDER BY due_millis LIMIT 1) AS made
      FROM (${places}) AS place) AS next
    WHERE made <= ${now} - ${underWayMillis} ORDER BY made LIMIT ${Math.trunc(limit)}`

/** `Insight` over a database; `run` asks it, `now` is its clock as an expression. */
export const make = <E>(
  dialect: Dialect,
  run: (query: Query) => Effect.Effect<ReadonlyArray<unknown>, E>,
  now: Effect.Effect<string>
) => {
  const byState = `payment_proxy_order ${dialect.by(indexes.state)}`

  /** The oldest of these numbers, as operators see them. */
  const shown = (numbers: ReadonlyArray<string>, limit: number) => {
    const some = numbers.slice(0, limit)
    return some.length === 0
      ? Effect.succeed([])
      : run({
          text: `SELECT one.pay_order_no, one.vendor, one.app, one.pay_status, one.created_millis, one.due_note, one.facts,
            moved.at_millis FROM payment_proxy_order AS one LEFT JOIN payment_proxy_history AS moved
            ON moved.pay_order_no = one.pay_order_no AND moved.version = one.version
            WHERE one.pay_order_no IN (${some.map(() => "?").join(", ")})`,
          values: some
        }).pipe(
          Effect.flatMap(rowsOf),
          Effect.map((rows) => rows.map(troubled).toSorted(bySince))
        )
  }

  const found = (query: Query, limit: number) =>
    Effect.gen(function* () {
      const numbers = (yield* Effect.flatMap(run(query), numbersOf)).map(({ pay_order_no }) => pay_order_no)
      return { count: numbers.length, oldest: yield* shown(numbers, limit) }
    })

  const doubts = (nowMillis: number): Query => {
    const before = OrderNo.least(nowMillis - underWayMillis)
    const parts = Object.entries(doubtful).map(
      ([state, limit]) => `SELECT seen.pay_order_no FROM (SELECT pay_order_no FROM ${byState}
        WHERE pay_status = ${codeOf(state as Payment.State)} AND trans_type = ${Words.transTypes.PAYMENT}
        AND pay_order_no < ? ORDER BY pay_order_no LIMIT ${limit}) AS oldest
        JOIN payment_proxy_order AS seen ON seen.pay_order_no = oldest.pay_order_no WHERE ${inDoubt}`
    )
    return {
      text: `SELECT pay_order_no FROM (${parts.join(" UNION ALL ")}) AS doubt ORDER BY pay_order_no LIMIT ${most}`,
      values: parts.map(() => before)
    }
  }

  const lagIn = (queue: Queue) =>
    Effect.gen(function* () {
      const text = waiting(queue, yield* now, dialect)
      const [{ n, lag }] = yield* Effect.flatMap(run({ text, values: [] }), lagOf)
      return { queue, waiting: n, oldestMillis: Math.max(lag ?? 0, 0) } satisfies QueueLag
    })

  const waitsAt = ({ app, endpoint }: Place) =>
    Effect.gen(function* () {
      const text = waitingAt(yield* now, dialect)
      const [{ n, lag, next, tried_due }] = yield* Effect.flatMap(run({ text, values: [app, endpoint] }), waitingOf)
      const oldestMillis = Math.max(lag ?? 0, 0)
      return {
        app,
        endpoint,
        waiting: n,
        oldestMillis,
        nextAtMillis: next ?? 0,
        triedDueMillis: tried_due
      } satisfies Waits
    })

  /** What is known to have been tried, or may be among what was not counted. */
  const mayHaveFailed = ({ waiting, triedDueMillis }: Waits) => triedDueMillis !== null || waiting >= most

  const failuresAt = (places: ReadonlyArray<Waits>) =>
    Effect.forEach(Arr.chunksOf(places.filter(mayHaveFailed), placesAtOnce), (some) =>
      Effect.flatMap(run(failedAt(some, dialect)), failedOf)
    ).pipe(
      Effect.map((all) => new Map(all.flat().map((row) => [keyOf(row), lastFailure(row.tried ?? [], row.due_note)])))
    )

  return {
    inDoubt: (limit: number) => Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => found(doubts(nowMillis), limit)),
    held: (limit: number) =>
      found(
        {
          text: `SELECT pay_order_no FROM ${byState} WHERE pay_status = ${codeOf("HELD")}
            AND trans_type IN (${Object.values(Words.transTypes).join(", ")}) ORDER BY pay_order_no LIMIT ${most}`,
          values: []
        },
        limit
      ),
    queues: Effect.forEach(queues, lagIn, { concurrency: "unbounded" }),
    dueAt: (numbers: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        if (numbers.length === 0) return null
        const text = `SELECT MIN(due_millis) AS due FROM payment_proxy_order
          WHERE pay_order_no IN (${numbers.map(() => "?").join(", ")})`
        const [{ due }] = yield* Effect.flatMap(run({ text, values: numbers }), firstOf)
        return due
      }),
    behind: (limit: number) =>
      Effect.gen(function* () {
        const text = furthest(yield* now, limit, dialect)
        const places = yield* Effect.flatMap(run({ text, values: [] }), placesOf)
        const all = (yield* Effect.forEach(places, waitsAt)).filter(({ waiting }) => waiting > 0)
        const failures = yield* failuresAt(all)
        return all
          .map(
            ({ triedDueMillis: _, ...waits }): Behind => ({ ...waits, lastFailure: failures.get(keyOf(waits)) ?? null })
          )
          .toSorted((one, other) => other.oldestMillis - one.oldestMillis)
      })
  }
}
