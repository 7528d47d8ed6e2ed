import { randomUUID } from "node:crypto"
import type { SqlClient, Statement } from "@effect/sql"
import { Deliveries as DeliveryRows } from "@payment-proxy/order-table"
import type { Claimed, Leaving, Queue } from "@payment-proxy/ports"
import { Deliveries, DueWork } from "@payment-proxy/ports"
import { Clock, Context, Duration, Effect, Layer, Option, Random, Schema } from "effect"
import { Database, typed } from "./Database.ts"

/** Where each queue's pieces are, what names them, and whose they are. */
const shelves = {
  orders: { table: "payment_proxy_order", key: "pay_order_no", owner: "app" },
  deliveries: { table: "payment_proxy_delivery", key: "id", owner: "app" },
  inbox: { table: "payment_proxy_inbox", key: "id", owner: "vendor" },
  reconcile: { table: "payment_proxy_day", key: "id", owner: "vendor" }
} as const satisfies Record<Queue, { readonly table: string; readonly key: string; readonly owner: string }>

/** How long an order's next event waits for the one before it (design §6, promise 6). */
const patienceMillis = 600_000

const ClaimedRows = Schema.Array(
  Schema.Struct({
    id: Schema.String,
    owner: Schema.String,
    due_tries: Schema.Number,
    due_millis: Schema.Number,
    due_asks: Schema.Number
  })
)

const Places = Schema.Array(Schema.Struct({ app: Schema.String, endpoint: Schema.String }))
const Ids = Schema.Array(Schema.Struct({ id: Schema.String }))

const maxNote = 256
const noted = (note: string | null): string | null => note?.slice(0, maxNote) ?? null

/** Not while an earlier event of the same order waits for the same endpoint, unless it has waited long and is not due yet again. */
const inOrder = (sql: SqlClient.SqlClient, nowMillis: number) =>
  sql`NOT EXISTS (SELECT 1 FROM payment_proxy_delivery earlier
    WHERE earlier.pay_order_no = piece.pay_order_no AND earlier.endpoint = piece.endpoint
      AND earlier.version < piece.version AND earlier.state = 'waiting'
      AND (earlier.created_millis >= ${nowMillis - patienceMillis} OR earlier.due_millis <= ${nowMillis}))`

const isOpen = (sql: SqlClient.SqlClient, nowMillis: number) =>
  sql`piece.due_millis <= ${nowMillis} AND (piece.due_token IS NULL OR piece.due_lease_millis <= ${nowMillis})`

/** The range is for the index; an id that is only the beginning of others' has their rows in it, too. */
const ofEvent = (sql: SqlClient.SqlClient, eventId: string) =>
  sql`id > ${`dlv_${eventId}_`} AND id < ${`dlv_${eventId}a`} AND event_id = ${eventId}`

/** How many endpoints are looked at for one claim, for each piece that it may have. */
const placesPerPiece = 4

/**
 * A share of what is due at each endpoint but these, the endpoints in an order by chance. However much waits for those that
 * are left out, none of it is looked at: the places are read by skipping from one to the next in their index.
 */
const elsewhere = (sql: SqlClient.SqlClient, limit: number, nowMillis: number, { besides, avoiding = [] }: Leaving) =>
  Effect.gen(function* () {
    const rows = yield* sql`WITH RECURSIVE place(app, endpoint) AS (
        SELECT * FROM (SELECT app, endpoint FROM payment_proxy_delivery
          WHERE due_millis IS NOT NULL ORDER BY app, endpoint LIMIT 1)
        UNION ALL
        SELECT next.app, next.endpoint FROM place, payment_proxy_delivery next WHERE next.rowid = (
          SELECT rowid FROM payment_proxy_delivery
          WHERE due_millis IS NOT NULL AND (app, endpoint) > (place.app, place.endpoint) ORDER BY app, endpoint LIMIT 1))
      SELECT app, endpoint FROM place WHERE NOT ${sql.in("endpoint", avoiding)}
        ${besides === undefined ? sql`` : sql`AND app <> ${besides}`}
        AND EXISTS (SELECT 1 FROM payment_proxy_delivery piece
          WHERE piece.app = place.app AND piece.endpoint = place.endpoint AND ${isOpen(sql, nowMillis)})`.unprepared
    const places = yield* Random.shuffle(yield* Effect.orDie(Schema.decodeUnknown(Places)(rows)))
    const share = Math.ceil(limit / Math.max(places.length, 1))
    const found: Array<string> = []
    for (const { app, endpoint } of [...places].slice(0, placesPerPiece * limit)) {
      if (found.length >= limit) break
      const ids = yield* sql`SELECT id FROM payment_proxy_delivery piece
        WHERE piece.app = ${app} AND piece.endpoint = ${endpoint} AND ${isOpen(sql, nowMillis)} AND ${inOrder(sql, nowMillis)}
        ORDER BY piece.due_millis LIMIT ${Math.min(share, limit - found.length)}`
      found.push(...(yield* Effect.orDie(Schema.decodeUnknown(Ids)(ids))).map(({ id }) => id))
    }
    return found
  })

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database

  const claim = (queue: Queue, limit: number, lease: Duration.Duration, nowMillis: number, leaving: Leaving) =>
    queue === "deliveries" && leaving.avoiding !== undefined && leaving.avoiding.length > 0
      ? Effect.flatMap(elsewhere(sql, limit, nowMillis, leaving), (ids) =>
          ids.length === 0 ? Effect.succeed([]) : taken(queue, lease, nowMillis, sql.in("id", ids))
        )
      : taken(queue, lease, nowMillis, longestOverdue(queue, limit, nowMillis, leaving.besides))

  const longestOverdue = (queue: Queue, limit: number, nowMillis: number, besides: string | undefined) => {
    const { table, key, owner } = shelves[queue]
    const order = queue === "deliveries" ? sql`AND ${inOrder(sql, nowMillis)}` : sql``
    const others = besides === undefined ? sql`` : sql`AND ${sql(owner)} <> ${besides}`
    // With `besides`, the first of each owner come before the second of any.
    const turn =
      besides === undefined ? sql`1` : sql`ROW_NUMBER() OVER (PARTITION BY ${sql(owner)} ORDER BY due_millis)`
    return sql`${sql(key)} IN (
        SELECT ${sql(key)} FROM (SELECT ${sql(key)}, due_millis, ${turn} AS turn FROM ${sql(table)} AS piece
          WHERE ${isOpen(sql, nowMillis)} ${others} ${order})
        ORDER BY turn, due_millis LIMIT ${limit})`
  }

  const taken = (queue: Queue, lease: Duration.Duration, nowMillis: number, which: Statement.Fragment) => {
    const { table, key, owner } = shelves[queue]
    const token = randomUUID()
    const asks = queue === "orders" ? sql`due_asks` : sql`0`
    return sql`UPDATE ${sql(table)} SET due_token = ${token}, due_lease_millis = ${nowMillis + Duration.toMillis(lease)}
      WHERE ${which}
      RETURNING ${sql(key)} AS id, ${sql(owner)} AS owner, due_tries, due_millis, ${asks} AS due_asks`.pipe(
      Effect.flatMap(Schema.decodeUnknown(ClaimedRows)),
      Effect.orDie,
      Effect.map((rows) =>
        [...rows]
          .sort((a, b) => a.due_millis - b.due_millis)
          .map(
            ({ id, owner: whose, due_tries: tries, due_asks }): Claimed => ({
              queue,
              id,
              owner: whose,
              token,
              tries,
              isQueryOwed: due_asks !== 0
            })
          )
      )
    )
  }

  /** Writes where the token still holds, and answers whether it did. */
  const ifHeld = (
    { queue, id, token }: Pick<Claimed, "queue" | "id" | "token">,
    set: (nowMillis: number) => Record<string, unknown>
  ) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      const { table, key } = shelves[queue]
      return transaction(
        sql`UPDATE ${sql(table)} SET ${sql.update(set(nowMillis))}
          WHERE ${sql(key)} = ${id} AND due_token = ${token} AND due_lease_millis > ${nowMillis} RETURNING ${sql(key)}`
      ).pipe(Effect.map((rows) => rows.length === 1))
    })

  const never = { due_millis: null, due_token: null, due_lease_millis: null }
  const owing = ({ queue }: Claimed, isQueryOwed: boolean) =>
    queue === "orders" ? { due_asks: isQueryOwed ? 1 : 0 } : {}

  const dueWork = DueWork.of({
    claim: (queue, limit, lease, leaving = {}) =>
      Effect.gen(function* () {
        const nowMillis = yield* Clock.currentTimeMillis
        const { table } = shelves[queue]
        const due = yield* typed(
          reader`SELECT 1 FROM ${reader(table)} WHERE due_millis <= ${nowMillis}
            AND (due_token IS NULL OR due_lease_millis <= ${nowMillis}) LIMIT 1`
        )
        return due.length === 0 ? [] : yield* transaction(claim(queue, limit, lease, nowMillis, leaving))
      }),
    renew: (claimed, lease) =>
      ifHeld(claimed, (nowMillis) => ({ due_lease_millis: nowMillis + Duration.toMillis(lease) })),
    done: (claimed, note, attempts) =>
      ifHeld(claimed, () => ({
        ...never,
        due_note: noted(note),
        ...owing(claimed, false),
        ...(claimed.queue === "deliveries" ? { state: "delivered", ...DeliveryRows.tried(attempts) } : {})
      })),
    postpone: (claimed, after, note, attempts) =>
      ifHeld(claimed, (nowMillis) => ({
        due_millis: nowMillis + Duration.toMillis(after),
        due_token: null,
        due_lease_millis: null,
        due_tries: claimed.tries + 1,
        ...owing(claimed, claimed.isQueryOwed),
        due_note: noted(note),
        ...DeliveryRows.tried(attempts)
      })),
    giveBack: (claimed, after) =>
      ifHeld(claimed, (nowMillis) => ({ ...never, due_millis: nowMillis + Duration.toMillis(after) })),
    hasten: (payOrderNo) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`UPDATE payment_proxy_order SET ${sql.update({ ...never, due_millis: nowMillis, due_tries: 0, due_asks: 1 })}
            WHERE pay_order_no = ${payOrderNo}`
        )
      ).pipe(Effect.asVoid)
  })

  const columns = reader.literal(DeliveryRows.columns.join(", "))
  const found = (rows: Effect.Effect<unknown, unknown>) =>
    typed(rows.pipe(Effect.flatMap(DeliveryRows.decode), Effect.orDie))

  const anew = (nowMillis: number) => ({
    due_millis: nowMillis,
    due_tries: 0,
    since_millis: nowMillis,
    state: "waiting" as const
  })

  const address = (eventId: string, endpoints: ReadonlyArray<string>, nowMillis: number) =>
    Effect.gen(function* () {
      const [event] = yield* sql`SELECT ${columns} FROM payment_proxy_delivery
        WHERE ${ofEvent(sql, eventId)} LIMIT 1`.pipe(Effect.flatMap(DeliveryRows.decode), Effect.orDie)
      if (event === undefined) return 0
      for (const endpoint of endpoints)
        yield* sql`INSERT INTO payment_proxy_delivery ${sql.insert({
          ...DeliveryRows.toRow(event, endpoint),
          ...never,
          ...anew(nowMillis)
        })} ON CONFLICT (id) DO UPDATE SET ${sql.update({ ...never, ...anew(nowMillis) })}`
      if (endpoints.length > 0)
        yield* sql`DELETE FROM payment_proxy_delivery WHERE ${ofEvent(sql, eventId)} AND state = 'kept'`
      return endpoints.length
    })

  const deliveries = Deliveries.of({
    address: (eventId, endpoints) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => transaction(address(eventId, endpoints, nowMillis))),
    hasten: ({ app, endpoint, payOrderNo }, limit) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`UPDATE payment_proxy_delivery SET due_millis = created_millis WHERE id IN (
            SELECT id FROM payment_proxy_delivery WHERE app = ${app} AND endpoint = ${endpoint}
              AND due_millis > ${nowMillis} AND created_millis <= ${nowMillis}
              ${payOrderNo === undefined ? sql`` : sql`AND pay_order_no = ${payOrderNo}`} LIMIT ${limit}) RETURNING 1 AS one`
        )
      ).pipe(Effect.map((rows) => rows.length)),
    giveUpAged: ({ app, endpoint }, age, limit, note) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`UPDATE payment_proxy_delivery SET ${sql.update({ ...never, state: "given-up", due_note: noted(note) })}
            WHERE id IN (SELECT id FROM payment_proxy_delivery WHERE app = ${app} AND endpoint = ${endpoint}
              AND due_millis IS NOT NULL AND COALESCE(since_millis, created_millis) <= ${nowMillis - Duration.toMillis(age)}
              AND (due_token IS NULL OR due_lease_millis <= ${nowMillis}) LIMIT ${limit}) RETURNING 1 AS one`
        )
      ).pipe(Effect.map((rows) => rows.length)),
    byId: (id) =>
      found(reader`SELECT ${columns} FROM payment_proxy_delivery WHERE id = ${id}`).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    ofOrder: (payOrderNo) =>
      found(reader`SELECT ${columns} FROM payment_proxy_delivery
        WHERE pay_order_no = ${payOrderNo} OR (pay_order_no > ${`${payOrderNo}R`} AND pay_order_no < ${`${payOrderNo}S`})
        ORDER BY created_millis, LENGTH(pay_order_no), pay_order_no, version, id`),
    ofEvent: (eventId) =>
      found(reader`SELECT ${columns} FROM payment_proxy_delivery WHERE ${ofEvent(reader, eventId)} ORDER BY id`),
    search: ({ app, endpoint, state, after, limit }) =>
      found(
        reader`SELECT ${columns} FROM payment_proxy_delivery WHERE ${reader.and([
          reader`1 = 1`,
          ...(app === null ? [] : [reader`app = ${app}`]),
          ...(endpoint === null ? [] : [reader`endpoint = ${endpoint}`]),
          ...(state === null ? [] : [reader`state = ${state}`]),
          ...(after === null ? [] : [reader`id < ${after}`])
        ])} ORDER BY id DESC LIMIT ${limit}`
      ),
    resend: (id) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`UPDATE payment_proxy_delivery SET ${sql.update({ ...never, ...anew(nowMillis) })}
            WHERE id = ${id} AND state <> 'kept' RETURNING id`
        )
      ).pipe(Effect.map((rows) => rows.length === 1)),
    giveUp: (id, token, note, attempts) =>
      ifHeld({ queue: "deliveries", id, token }, () => ({
        ...never,
        state: "given-up",
        due_note: noted(note),
        ...DeliveryRows.tried(attempts)
      }))
  })

  return Context.make(DueWork, dueWork).pipe(Context.add(Deliveries, deliveries))
})

/** Due work and deliveries in the embedded database; its clock is the process's. */
export const layer = Layer.effectContext(make)
