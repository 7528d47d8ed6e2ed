import { randomUUID } from "node:crypto"
import { Deliveries as DeliveryRows } from "@payment-proxy/order-table"
import type { Claimed, Queue } from "@payment-proxy/ports"
import { Deliveries, DueWork } from "@payment-proxy/ports"
import { Context, Duration, Effect, Layer, Option, Schema } from "effect"
import { Database, now, typed } from "./Database.ts"

/** Where each queue's pieces are, and what names them. */
const shelves = {
  orders: { table: "payment_proxy_order", key: "pay_order_no" },
  deliveries: { table: "payment_proxy_delivery", key: "id" },
  inbox: { table: "payment_proxy_inbox", key: "id" }
} as const satisfies Record<Queue, { readonly table: string; readonly key: string }>

/** How long an order's next event waits for the one before it (design §6, promise 6). */
const patienceMillis = 600_000

const DueRows = Schema.Array(Schema.Struct({ id: Schema.String, due_tries: Schema.Number }))
const Header = Schema.Struct({ affectedRows: Schema.Number })
const countOf = (result: unknown) =>
  Effect.map(Effect.orDie(Schema.decodeUnknown(Header)(result)), ({ affectedRows }) => affectedRows)

const maxNote = 256
const noted = (note: string | null): string | null => (note === null ? null : [...note].slice(0, maxNote).join(""))

export const make = Effect.gen(function* () {
  const { sql, transaction } = yield* Database
  const clock = Effect.map(now, (said) => sql.literal(said))

  /** Not while an earlier event of the same order is waiting for the same endpoint, unless it has waited long. */
  const inOrder = (now: ReturnType<typeof sql.literal>) =>
    sql`AND NOT EXISTS (SELECT 1 FROM payment_proxy_delivery earlier
      WHERE earlier.pay_order_no = piece.pay_order_no AND earlier.endpoint = piece.endpoint
        AND earlier.version < piece.version AND earlier.state = 'waiting'
        AND earlier.created_millis >= ${now} - ${patienceMillis})`

  const claimed = (queue: Queue, limit: number, lease: Duration.Duration) =>
    Effect.gen(function* () {
      const { table, key } = shelves[queue]
      const now = yield* clock
      const rows = yield* sql`SELECT piece.${sql(key)} AS id, piece.due_tries FROM ${sql(table)} AS piece
        WHERE piece.due_millis <= ${now} AND (piece.due_token IS NULL OR piece.due_lease_millis <= ${now})
          ${queue === "deliveries" ? inOrder(now) : sql``}
        ORDER BY piece.due_millis LIMIT ${sql.literal(String(Math.trunc(limit)))} FOR UPDATE SKIP LOCKED`.unprepared
      const due = yield* Effect.orDie(Schema.decodeUnknown(DueRows)(rows))
      if (due.length === 0) return []
      const token = randomUUID()
      yield* sql`UPDATE ${sql(table)} SET due_token = ${token}, due_lease_millis = ${now} + ${Duration.toMillis(lease)}
        WHERE ${sql.in(
          key,
          due.map(({ id }) => id)
        )}`.unprepared
      return due.map(({ id, due_tries }): Claimed => ({ queue, id, token, tries: due_tries }))
    })

  /** Writes where the token still holds, and answers whether it did. */
  const ifHeld = (
    { queue, id, token }: Pick<Claimed, "queue" | "id" | "token">,
    set: (now: ReturnType<typeof sql.literal>) => ReturnType<typeof sql.literal>
  ) =>
    Effect.gen(function* () {
      const { table, key } = shelves[queue]
      const now = yield* clock
      const result = yield* sql`UPDATE ${sql(table)} SET ${set(now)}
        WHERE ${sql(key)} = ${id} AND due_token = ${token} AND due_lease_millis > ${now}`.raw
      return (yield* countOf(result)) === 1
    }).pipe(typed)

  const never = sql`due_millis = NULL, due_token = NULL, due_lease_millis = NULL`

  const dueWork = DueWork.of({
    claim: (queue, limit, lease) =>
      Effect.gen(function* () {
        const { table } = shelves[queue]
        const now = yield* clock
        const due = yield* typed(
          sql`SELECT 1 FROM ${sql(table)} WHERE due_millis <= ${now}
          AND (due_token IS NULL OR due_lease_millis <= ${now}) LIMIT 1`.unprepared
        )
        return due.length === 0 ? [] : yield* transaction(claimed(queue, limit, lease))
      }),
    renew: (piece, lease) => ifHeld(piece, (now) => sql`due_lease_millis = ${now} + ${Duration.toMillis(lease)}`),
    done: (piece, note) =>
      ifHeld(piece, () =>
        piece.queue === "deliveries"
          ? sql`${never}, due_note = ${noted(note)}, state = 'delivered'`
          : sql`${never}, due_note = ${noted(note)}`
      ),
    postpone: (piece, after, note) =>
      ifHeld(
        piece,
        (now) => sql`due_millis = ${now} + ${Duration.toMillis(after)}, due_token = NULL, due_lease_millis = NULL,
          due_tries = ${piece.tries + 1}, due_note = ${noted(note)}`
      ),
    hasten: (payOrderNo) =>
      Effect.flatMap(clock, (now) =>
        typed(sql`UPDATE payment_proxy_order
          SET due_millis = ${now}, due_token = NULL, due_lease_millis = NULL, due_tries = 0
          WHERE pay_order_no = ${payOrderNo}`)
      ).pipe(Effect.asVoid)
  })

  const columns = sql.literal(DeliveryRows.columns.join(", "))
  const deliveries = Deliveries.of({
    byId: (id) =>
      sql`SELECT ${columns} FROM payment_proxy_delivery WHERE id = ${id}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(DeliveryRows.decode(rows))),
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      ),
    ofOrder: (payOrderNo) =>
      sql`SELECT ${columns} FROM payment_proxy_delivery WHERE pay_order_no = ${payOrderNo} ORDER BY version, id`.pipe(
        Effect.flatMap((rows) => Effect.orDie(DeliveryRows.decode(rows))),
        typed
      ),
    giveUp: (id, token, note) =>
      ifHeld({ queue: "deliveries", id, token }, () => sql`${never}, state = 'given-up', due_note = ${noted(note)}`)
  })

  return Context.make(DueWork, dueWork).pipe(Context.add(Deliveries, deliveries))
})

/** Due work and deliveries in MySQL or MariaDB; the clock is the database's. */
export const layer = Layer.effectContext(make)
