import { randomUUID } from "node:crypto"
import type { SqlClient } from "@effect/sql"
import { Deliveries as DeliveryRows } from "@payment-proxy/order-table"
import type { Claimed, Leaving, Queue } from "@payment-proxy/ports"
import { Deliveries, DueWork } from "@payment-proxy/ports"
import { Clock, Context, Duration, Effect, Layer, Option, Schema } from "effect"
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
  Schema.Struct({ id: Schema.String, owner: Schema.String, due_tries: Schema.Number, due_millis: Schema.Number })
)

const maxNote = 256
const noted = (note: string | null): string | null => note?.slice(0, maxNote) ?? null

/** Not while an earlier event of the same order is waiting for the same endpoint, unless it has waited long. */
const inOrder = (sql: SqlClient.SqlClient, nowMillis: number) =>
  sql`NOT EXISTS (SELECT 1 FROM payment_proxy_delivery earlier
    WHERE earlier.pay_order_no = piece.pay_order_no AND earlier.endpoint = piece.endpoint
      AND earlier.version < piece.version AND earlier.state = 'waiting'
      AND earlier.created_millis >= ${nowMillis - patienceMillis})`

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database

  const claim = (
    queue: Queue,
    limit: number,
    lease: Duration.Duration,
    nowMillis: number,
    { besides, avoiding = [] }: Leaving
  ) => {
    const { table, key, owner } = shelves[queue]
    const token = randomUUID()
    const order = queue === "deliveries" ? sql`AND ${inOrder(sql, nowMillis)}` : sql``
    const elsewhere =
      queue === "deliveries" && avoiding.length > 0 ? sql`AND NOT ${sql.in("endpoint", avoiding)}` : sql``
    const others = besides === undefined ? sql`` : sql`AND ${sql(owner)} <> ${besides}`
    // With `besides`, the first of each owner come before the second of any.
    const turn =
      besides === undefined ? sql`1` : sql`ROW_NUMBER() OVER (PARTITION BY ${sql(owner)} ORDER BY due_millis)`
    return sql`UPDATE ${sql(table)} SET due_token = ${token}, due_lease_millis = ${nowMillis + Duration.toMillis(lease)}
      WHERE ${sql(key)} IN (
        SELECT ${sql(key)} FROM (SELECT ${sql(key)}, due_millis, ${turn} AS turn FROM ${sql(table)} AS piece
          WHERE due_millis <= ${nowMillis} AND (due_token IS NULL OR due_lease_millis <= ${nowMillis}) ${others} ${elsewhere} ${order})
        ORDER BY turn, due_millis LIMIT ${limit})
      RETURNING ${sql(key)} AS id, ${sql(owner)} AS owner, due_tries, due_millis`.pipe(
      Effect.flatMap(Schema.decodeUnknown(ClaimedRows)),
      Effect.orDie,
      Effect.map((rows) =>
        [...rows]
          .sort((a, b) => a.due_millis - b.due_millis)
          .map(({ id, owner: whose, due_tries }): Claimed => ({ queue, id, owner: whose, token, tries: due_tries }))
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
    done: (claimed, note) =>
      ifHeld(claimed, () => ({
        ...never,
        due_note: noted(note),
        ...(claimed.queue === "deliveries" ? { state: "delivered" } : {})
      })),
    postpone: (claimed, after, note) =>
      ifHeld(claimed, (nowMillis) => ({
        due_millis: nowMillis + Duration.toMillis(after),
        due_token: null,
        due_lease_millis: null,
        due_tries: claimed.tries + 1,
        due_note: noted(note)
      })),
    giveBack: (claimed, after) =>
      ifHeld(claimed, (nowMillis) => ({ ...never, due_millis: nowMillis + Duration.toMillis(after) })),
    hasten: (payOrderNo) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`UPDATE payment_proxy_order SET ${sql.update({ ...never, due_millis: nowMillis, due_tries: 0 })}
            WHERE pay_order_no = ${payOrderNo}`
        )
      ).pipe(Effect.asVoid)
  })

  const columns = reader.literal(DeliveryRows.columns.join(", "))
  const found = (rows: Effect.Effect<unknown, unknown>) =>
    typed(rows.pipe(Effect.flatMap(DeliveryRows.decode), Effect.orDie))

  const deliveries = Deliveries.of({
    byId: (id) =>
      found(reader`SELECT ${columns} FROM payment_proxy_delivery WHERE id = ${id}`).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    ofOrder: (payOrderNo) =>
      found(reader`SELECT ${columns} FROM payment_proxy_delivery
        WHERE pay_order_no = ${payOrderNo} OR (pay_order_no > ${`${payOrderNo}R`} AND pay_order_no < ${`${payOrderNo}S`})
        ORDER BY created_millis, LENGTH(pay_order_no), pay_order_no, version, id`),
    ofEvent: (eventId) =>
      found(reader`SELECT ${columns} FROM payment_proxy_delivery
        WHERE id > ${`dlv_${eventId}_`} AND id < ${`dlv_${eventId}a`} ORDER BY id`),
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
          sql`UPDATE payment_proxy_delivery SET ${sql.update({ ...never, due_millis: nowMillis, due_tries: 0, state: "waiting" })}
            WHERE id = ${id} AND state <> 'kept' RETURNING id`
        )
      ).pipe(Effect.map((rows) => rows.length === 1)),
    giveUp: (id, token, note) =>
      ifHeld({ queue: "deliveries", id, token }, () => ({ ...never, state: "given-up", due_note: noted(note) }))
  })

  return Context.make(DueWork, dueWork).pipe(Context.add(Deliveries, deliveries))
})

/** Due work and deliveries in the embedded database; its clock is the process's. */
export const layer = Layer.effectContext(make)
