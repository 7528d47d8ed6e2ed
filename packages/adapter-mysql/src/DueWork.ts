import { randomUUID } from "node:crypto"
import { Deliveries as DeliveryRows } from "@payment-proxy/order-table"
import type { Attempt, Claimed, Leaving, Queue } from "@payment-proxy/ports"
import { Deliveries, DueWork } from "@payment-proxy/ports"
import { Context, Duration, Effect, Layer, Random, Schema } from "effect"
import { Database, now, typed } from "./Database.ts"
import * as GroupRead from "./GroupRead.ts"
import * as GroupUpdate from "./GroupUpdate.ts"

/** Where each queue's pieces are, what names them, and whose they are. */
const shelves = {
  orders: { table: "payment_proxy_order", key: "pay_order_no", owner: "app" },
  deliveries: { table: "payment_proxy_delivery", key: "id", owner: "app" },
  inbox: { table: "payment_proxy_inbox", key: "id", owner: "vendor" },
  reconcile: { table: "payment_proxy_day", key: "id", owner: "vendor" }
} as const satisfies Record<Queue, { readonly table: string; readonly key: string; readonly owner: string }>

/** How long an order's next event waits for the one before it (design §6, promise 6). */
const patienceMillis = 600_000

const DueRow = Schema.Struct({
  id: Schema.String,
  owner: Schema.NullOr(Schema.String),
  due_tries: Schema.Number,
  due_asks: Schema.Number
})
const decodeDue = Schema.decodeUnknown(Schema.Array(DueRow))
const decodeOwners = Schema.decodeUnknown(Schema.Array(Schema.Struct({ owner: Schema.String })))
const decodePlaces = Schema.decodeUnknown(Schema.Array(Schema.Struct({ app: Schema.String, endpoint: Schema.String })))

/** How many endpoints are looked at for one claim, for each piece that it may have. */
const placesPerPiece = 4

const maxNote = 256
const noted = (note: string | null): string | null => (note === null ? null : [...note].slice(0, maxNote).join(""))

export const make = Effect.gen(function* () {
  const database = yield* Database
  const { sql, transaction } = database
  const { update } = yield* GroupUpdate.make(database)
  const clock = Effect.map(now, (said) => sql.literal(said))

  /** Not while an earlier event of the same order waits for the same endpoint, unless it has waited long and is not due yet again. */
  const inOrder = (now: ReturnType<typeof sql.literal>) =>
    sql`AND NOT EXISTS (SELECT 1 FROM payment_proxy_delivery earlier
      WHERE earlier.pay_order_no = piece.pay_order_no AND earlier.endpoint = piece.endpoint
        AND earlier.version < piece.version AND earlier.state = 'waiting'
        AND (earlier.created_millis >= ${now} - ${patienceMillis} OR earlier.due_millis <= ${now}))`

  type Fragment = ReturnType<typeof sql.literal>
  const isOpen = (now: Fragment) =>
    sql`piece.due_millis <= ${now} AND (piece.due_token IS NULL OR piece.due_lease_millis <= ${now})`

  /** Pieces that are due and nobody's, held until the transaction ends; of one owner, or of anybody. */
  const due = (queue: Queue, now: Fragment, limit: number, owner?: string, endpoint?: string) => {
    const shelf = shelves[queue]
    const [index, there] =
      endpoint === undefined
        ? [sql``, sql``]
        : [sql`FORCE INDEX (payment_proxy_delivery_place)`, sql`AND piece.endpoint = ${endpoint}`]
    return sql`SELECT piece.${sql(shelf.key)} AS id, piece.${sql(shelf.owner)} AS owner, piece.due_tries,
        ${queue === "orders" ? sql`piece.due_asks` : sql`0`} AS due_asks
      FROM ${sql(shelf.table)} AS piece ${index}
      WHERE ${isOpen(now)} ${owner === undefined ? sql`` : sql`AND piece.${sql(shelf.owner)} = ${owner}`}
        ${there} ${queue === "deliveries" ? inOrder(now) : sql``}
      ORDER BY piece.due_millis LIMIT ${sql.literal(String(Math.trunc(limit)))} FOR UPDATE SKIP LOCKED`.unprepared.pipe(
      Effect.flatMap((rows) => Effect.orDie(decodeDue(rows)))
    )
  }

  /** A share of each owner's but this one's, in an order by chance where there are more of them than pieces. */
  const shared = (queue: Queue, now: Fragment, limit: number, besides: string) =>
    Effect.gen(function* () {
      const { table, owner } = shelves[queue]
      const rows =
        yield* sql`SELECT owners.owner FROM (SELECT DISTINCT ${sql(owner)} AS owner FROM ${sql(table)}) AS owners
        WHERE owners.owner <> ${besides}
          AND EXISTS (SELECT 1 FROM ${sql(table)} AS piece WHERE piece.${sql(owner)} = owners.owner AND ${isOpen(now)})`
      const owners = yield* Random.shuffle(yield* Effect.orDie(decodeOwners(rows)))
      const share = Math.ceil(limit / Math.max(owners.length, 1))
      const found: Array<typeof DueRow.Type> = []
      for (const { owner: one } of owners)
        if (found.length < limit) found.push(...(yield* due(queue, now, Math.min(share, limit - found.length), one)))
      return found
    })

  /**
   * A share of what is due at each endpoint but these, the endpoints in an order by chance. However much waits for those that
   * are left out, none of it is looked at.
   */
  const elsewhere = (now: Fragment, limit: number, besides: string | undefined, avoiding: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const rows = yield* sql`SELECT place.app, place.endpoint
        FROM (SELECT DISTINCT app, endpoint FROM payment_proxy_delivery FORCE INDEX (payment_proxy_delivery_place)) AS place
        WHERE NOT (${sql.in("place.endpoint", avoiding)}) ${besides === undefined ? sql`` : sql`AND place.app <> ${besides}`}
          AND EXISTS (SELECT 1 FROM payment_proxy_delivery AS piece FORCE INDEX (payment_proxy_delivery_place)
            WHERE piece.app = place.app AND piece.endpoint = place.endpoint AND ${isOpen(now)})`.unprepared
      const places = yield* Random.shuffle(yield* Effect.orDie(decodePlaces(rows)))
      const share = Math.ceil(limit / Math.max(places.length, 1))
      const found: Array<typeof DueRow.Type> = []
      for (const { app, endpoint } of [...places].slice(0, placesPerPiece * limit))
        if (found.length < limit)
          found.push(...(yield* due("deliveries", now, Math.min(share, limit - found.length), app, endpoint)))
      return found
    })

  const chosen = (queue: Queue, now: Fragment, limit: number, { besides, avoiding = [] }: Leaving) => {
    if (queue === "deliveries" && avoiding.length > 0) return elsewhere(now, limit, besides, avoiding)
    return besides === undefined ? due(queue, now, limit) : shared(queue, now, limit, besides)
  }

  const claimed = (queue: Queue, limit: number, lease: Duration.Duration, leaving: Leaving) =>
    Effect.gen(function* () {
      const { table, key } = shelves[queue]
      const now = yield* clock
      const found = yield* chosen(queue, now, limit, leaving)
      if (found.length === 0) return []
      const token = randomUUID()
      yield* sql`UPDATE ${sql(table)} SET due_token = ${token}, due_lease_millis = ${now} + ${Duration.toMillis(lease)}
        WHERE ${sql.in(
          key,
          found.map(({ id }) => id)
        )}`.unprepared
      return found.map(
        ({ id, owner, due_tries: tries, due_asks }): Claimed => ({
          queue,
          id,
          owner: owner ?? "",
          token,
          tries,
          isQueryOwed: due_asks !== 0
        })
      )
    })

  /** Writes where the token still holds, and answers whether it did. */
  const ifHeld = ({ queue, id, token }: Pick<Claimed, "queue" | "id" | "token">, set: (now: Fragment) => Fragment) =>
    Effect.flatMap(clock, (now) => {
      const { table, key } = shelves[queue]
      return Effect.map(
        update(sql`UPDATE ${sql(table)} SET ${set(now)}
          WHERE ${sql(key)} = ${id} AND due_token = ${token} AND due_lease_millis > ${now}`),
        (found) => found === 1
      )
    })

  const never = sql`due_millis = NULL, due_token = NULL, due_lease_millis = NULL`

  const owing = ({ queue }: Claimed, isQueryOwed: boolean): Fragment =>
    queue === "orders" ? sql`, due_asks = ${isQueryOwed ? 1 : 0}` : sql.literal("")

  const remembered = (attempts: ReadonlyArray<Attempt> | undefined): Fragment => {
    const { tried } = DeliveryRows.tried(attempts)
    return tried === undefined ? sql.literal("") : sql`, tried = ${tried}`
  }

  const dueWork = DueWork.of({
    claim: (queue, limit, lease, leaving = {}) =>
      Effect.gen(function* () {
        const now = yield* clock
        const open = yield* typed(
          sql`SELECT 1 FROM ${sql(shelves[queue].table)} AS piece WHERE ${isOpen(now)} LIMIT 1`.unprepared
        )
        return open.length === 0 ? [] : yield* transaction(claimed(queue, limit, lease, leaving))
      }),
    renew: (piece, lease) => ifHeld(piece, (now) => sql`due_lease_millis = ${now} + ${Duration.toMillis(lease)}`),
    done: (piece, note, attempts) =>
      ifHeld(piece, () =>
        piece.queue === "deliveries"
          ? sql`${never}, due_note = ${noted(note)}, state = 'delivered'${remembered(attempts)}`
          : sql`${never}, due_note = ${noted(note)}${owing(piece, false)}`
      ),
    postpone: (piece, after, note, attempts) =>
      ifHeld(
        piece,
        (now) => sql`due_millis = ${now} + ${Duration.toMillis(after)}, due_token = NULL, due_lease_millis = NULL,
          due_tries = ${piece.tries + 1}, due_note = ${noted(note)}${owing(piece, piece.isQueryOwed)}${remembered(attempts)}`
      ),
    giveBack: (piece, after) =>
      ifHeld(
        piece,
        (now) => sql`due_millis = ${now} + ${Duration.toMillis(after)}, due_token = NULL, due_lease_millis = NULL`
      ),
    hasten: (payOrderNo) =>
      Effect.flatMap(clock, (now) =>
        update(sql`UPDATE payment_proxy_order
          SET due_millis = ${now}, due_token = NULL, due_lease_millis = NULL, due_tries = 0, due_asks = 1
          WHERE pay_order_no = ${payOrderNo}`)
      ).pipe(Effect.asVoid)
  })

  const columns = sql.literal(DeliveryRows.columns.join(", "))
  const found = <E>(rows: Effect.Effect<unknown, E>) =>
    typed(Effect.flatMap(rows, (all) => Effect.orDie(DeliveryRows.decode(all))))
  /** The range is for the index; an id that is only the beginning of others' has their rows in it, too. */
  const isOf = (eventId: string) =>
    sql`id > ${`dlv_${eventId}_`} AND id < ${`dlv_${eventId}a`} AND event_id = ${eventId}`
  const anew = (now: Fragment) => sql`due_millis = ${now}, due_token = NULL, due_lease_millis = NULL, due_tries = 0,
    since_millis = ${now}, state = 'waiting'`
  const count = (limit: number) => sql.literal(String(Math.trunc(limit)))

  const address = (eventId: string, endpoints: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const now = yield* clock
      const rows = yield* sql`SELECT ${columns} FROM payment_proxy_delivery WHERE ${isOf(eventId)} FOR UPDATE`
      const [event] = yield* Effect.orDie(DeliveryRows.decode(rows))
      if (event === undefined || endpoints.length === 0) return 0
      for (const endpoint of endpoints) {
        const row = DeliveryRows.toRow(event, endpoint)
        yield* sql`INSERT IGNORE INTO payment_proxy_delivery ${sql.insert(row)}`
        yield* sql`UPDATE payment_proxy_delivery SET ${anew(now)} WHERE id = ${row.id}`.unprepared
      }
      yield* sql`DELETE FROM payment_proxy_delivery WHERE ${isOf(eventId)} AND state = 'kept'`
      return endpoints.length
    })

  const deliveries = Deliveries.of({
    address: (eventId, endpoints) => transaction(address(eventId, endpoints)),
    hasten: ({ app, endpoint, payOrderNo }, limit) =>
      Effect.flatMap(clock, (now) =>
        update(sql`UPDATE payment_proxy_delivery SET due_millis = created_millis
          WHERE app = ${app} AND endpoint = ${endpoint} AND due_millis > ${now} AND created_millis <= ${now}
            ${payOrderNo === undefined ? sql`` : sql`AND pay_order_no = ${payOrderNo}`}
          LIMIT ${count(limit)}`)
      ),
    giveUpAged: ({ app, endpoint }, age, limit, note) =>
      Effect.flatMap(clock, (now) =>
        update(sql`UPDATE payment_proxy_delivery SET ${never}, state = 'given-up', due_note = ${noted(note)}
          WHERE app = ${app} AND endpoint = ${endpoint} AND due_millis IS NOT NULL
            AND COALESCE(since_millis, created_millis) <= ${now} - ${Duration.toMillis(age)}
            AND (due_token IS NULL OR due_lease_millis <= ${now}) LIMIT ${count(limit)}`)
      ),
    byId: yield* GroupRead.delivery(sql),
    ofOrder: (payOrderNo) =>
      found(sql`SELECT ${columns} FROM payment_proxy_delivery
        WHERE pay_order_no = ${payOrderNo} OR (pay_order_no > ${`${payOrderNo}R`} AND pay_order_no < ${`${payOrderNo}S`})
        ORDER BY created_millis, LENGTH(pay_order_no), pay_order_no, version, id`),
    ofEvent: (eventId) => found(sql`SELECT ${columns} FROM payment_proxy_delivery WHERE ${isOf(eventId)} ORDER BY id`),
    search: ({ app, endpoint, state, after, limit }) =>
      found(
        sql`SELECT ${columns} FROM payment_proxy_delivery WHERE ${sql.and([
          sql`1 = 1`,
          ...(app === null ? [] : [sql`app = ${app}`]),
          ...(endpoint === null ? [] : [sql`endpoint = ${endpoint}`]),
          ...(state === null ? [] : [sql`state = ${state}`]),
          ...(after === null ? [] : [sql`id < ${after}`])
        ])} ORDER BY id DESC LIMIT ${sql.literal(String(Math.trunc(limit)))}`.unprepared
      ),
    resend: (id) =>
      Effect.flatMap(clock, (now) =>
        update(sql`UPDATE payment_proxy_delivery SET ${anew(now)} WHERE id = ${id} AND state <> 'kept'`)
      ).pipe(Effect.map((count) => count === 1)),
    giveUp: (id, token, note, attempts) =>
      ifHeld(
        { queue: "deliveries", id, token },
        () => sql`${never}, state = 'given-up', due_note = ${noted(note)}${remembered(attempts)}`
      )
  })

  return Context.make(DueWork, dueWork).pipe(Context.add(Deliveries, deliveries))
})

/** Due work and deliveries in MySQL or MariaDB; the clock is the database's. */
export const layer = Layer.scopedContext(make)
