import { randomUUID } from "node:crypto"
import { Deliveries as DeliveryRows } from "@payment-proxy/order-table"
import type { Attempt, Claimed, Leaving, Queue } from "@payment-proxy/ports"
import { Deliveries, DueWork } from "@payment-proxy/ports"
import { Context, Duration, Effect, Layer, Random, Schema } from "effect"
import { Database, now, typed } from "./Database.ts"
import * as GroupRead from "./GroupRead.ts"
import * as GroupUpdate from "./GroupUpdate.ts"

/**
 * Where each queue's pieces are, what names them, whose they are, and the index that has an owner's by their time. A planner
 * that is not told reads all orders that an owner has ever had.
 */
const shelves = {
  orders: { table: "payment_proxy_order", key: "pay_order_no", owner: "app", owned: "payment_proxy_order_app_due" },
  deliveries: { table: "payment_proxy_delivery", key: "id", owner: "app", owned: "payment_proxy_delivery_app_due" },
  inbox: { table: "payment_proxy_inbox", key: "id", owner: "vendor", owned: "payment_proxy_inbox_vendor_due" },
  // A day of a vendor is one piece: what is due of all vendors are a few.
  reconcile: { table: "payment_proxy_day", key: "id", owner: "vendor", owned: "payment_proxy_day_due" }
} as const satisfies Record<Queue, { readonly [part in "table" | "key" | "owner" | "owned"]: string }>

/** How long an order's next event waits for the one before it (design §6, promise 6). */
const patienceMillis = 600_000

/** The index of deliveries that has what is due at each endpoint of an app. */
const endpoints = "payment_proxy_delivery_place"

const DueRow = Schema.Struct({
  id: Schema.String,
  owner: Schema.NullOr(Schema.String),
  due_tries: Schema.Number,
  due_asks: Schema.Number
})
const decodeDue = Schema.decodeUnknown(Schema.Array(DueRow))
/** Where work may be due: an owner's, or an owner's at one endpoint. */
const Place = Schema.Struct({ owner: Schema.String, endpoint: Schema.optional(Schema.String) })
type Place = typeof Place.Type
const decodePlaces = Schema.decodeUnknown(Schema.Array(Place))
const decodeOpen = Schema.decodeUnknown(Schema.Array(Schema.Struct({ place: Schema.Number })))

/** So many owners or endpoints are looked at for one claim. */
const maxPlaces = 256

/** And of so many something is claimed, for each piece that it may have. */
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

  /** A queue's table, by the index that has what is due there in its order. */
  const shelved = (queue: Queue, place?: Place) => {
    const { table, owned } = shelves[queue]
    const everybodys = `${table}_due`
    const index = place === undefined ? everybodys : place.endpoint === undefined ? owned : endpoints
    return sql`${sql(table)} AS piece FORCE INDEX (${sql(index)})`
  }
  const isAt = (queue: Queue, { owner, endpoint }: Place) =>
    sql`AND piece.${sql(shelves[queue].owner)} = ${owner} ${endpoint === undefined ? sql`` : sql`AND piece.endpoint = ${endpoint}`}`

  /** Pieces that are due and nobody's, held until the transaction ends; of one place, or of anybody. */
  const due = (queue: Queue, now: Fragment, limit: number, place?: Place) => {
    const { key, owner } = shelves[queue]
    return sql`SELECT piece.${sql(key)} AS id, piece.${sql(owner)} AS owner, piece.due_tries,
        ${queue === "orders" ? sql`piece.due_asks` : sql`0`} AS due_asks
      FROM ${shelved(queue, place)}
      WHERE ${isOpen(now)} ${place === undefined ? sql`` : isAt(queue, place)} ${queue === "deliveries" ? inOrder(now) : sql``}
      ORDER BY piece.due_millis LIMIT ${sql.literal(String(Math.trunc(limit)))} FOR UPDATE SKIP LOCKED`.unprepared.pipe(
      Effect.flatMap((rows) => Effect.orDie(decodeDue(rows)))
    )
  }

  /** Those of some places where something is due and nobody's: each is looked at by its own range of the index. */
  const open = (queue: Queue, now: Fragment, places: ReadonlyArray<Place>) =>
    places.length === 0
      ? Effect.succeed([])
      : sql`${sql.join(
          " UNION ALL ",
          false
        )(
          places.map(
            (place, index) => sql`(SELECT ${sql.literal(String(index))} AS place FROM ${shelved(queue, place)}
              WHERE ${isOpen(now)} ${isAt(queue, place)} LIMIT 1)`
          )
        )}`.unprepared.pipe(
          Effect.flatMap((rows) => Effect.orDie(decodeOpen(rows))),
          Effect.map((rows) => rows.flatMap(({ place }) => places[place] ?? []))
        )

  /** A share of each of some places that have something, in an order by chance: what one has not, those after it may have. */
  const spread = (queue: Queue, now: Fragment, limit: number, places: ReadonlyArray<Place>) =>
    Effect.gen(function* () {
      const asked = [...(yield* Random.shuffle(places))].slice(0, maxPlaces)
      const there = (yield* open(queue, now, asked)).slice(0, placesPerPiece * limit)
      const found: Array<typeof DueRow.Type> = []
      for (const [index, place] of there.entries()) {
        if (found.length >= limit) break
        const share = Math.ceil((limit - found.length) / (there.length - index))
        found.push(...(yield* due(queue, now, share, place)))
      }
      return found
    })

  /**
   * Where something is due: of whom, or of whom and at which endpoint. The index is read by leaps, from one place to the next:
   * what is not due is not looked at, however much there is of it.
   */
  const placesDue = (queue: Queue, now: Fragment, isByEndpoint: boolean) => {
    const { table, owner, owned } = shelves[queue]
    const [index, endpoint] = isByEndpoint ? [endpoints, sql`, endpoint`] : [owned, sql``]
    return sql`SELECT ${sql(owner)} AS owner ${endpoint} FROM ${sql(table)} FORCE INDEX (${sql(index)})
      WHERE due_millis IS NOT NULL GROUP BY ${sql(owner)} ${endpoint}
      HAVING MIN(due_millis) <= ${now} AND owner IS NOT NULL`.unprepared.pipe(
      Effect.flatMap((rows) => Effect.orDie(decodePlaces(rows)))
    )
  }

  /** What is due; where an owner or some endpoints are left out, a share of each other place: nothing of theirs is looked at. */
  const chosen = (queue: Queue, now: Fragment, limit: number, { besides, avoiding = [] }: Leaving) => {
    const isByEndpoint = queue === "deliveries" && avoiding.length > 0
    if (besides === undefined && !isByEndpoint) return due(queue, now, limit)
    return placesDue(queue, now, isByEndpoint).pipe(
      Effect.map((all) => all.filter(({ owner, endpoint = "" }) => owner !== besides && !avoiding.includes(endpoint))),
      Effect.flatMap((places) => spread(queue, now, limit, places))
    )
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
        const some = yield* typed(sql`SELECT 1 FROM ${shelved(queue)} WHERE ${isOpen(now)} LIMIT 1`.unprepared)
        return some.length === 0 ? [] : yield* transaction(claimed(queue, limit, lease, leaving))
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
