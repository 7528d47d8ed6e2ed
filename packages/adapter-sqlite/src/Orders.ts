import { Deliveries, History, Refunds, Orders as Rows, Searching } from "@payment-proxy/order-table"
import type { Change, PlacedOrder } from "@payment-proxy/ports"
import { crashPoint, Duplicate, Orders, Stale, StoreUnavailable } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import { Database } from "./Database.ts"

const changing = ({ payment, refund }: Change) => (refund === null ? Rows.changing(payment) : Refunds.changing(refund))

/** A number or the key of a new order is taken; who has it is read once the transaction is undone. */
class Taken extends Schema.TaggedClass<Taken>()("Taken", {}) {}

/** Searches as SQLite is asked for them. */
export const dialect: Searching.Dialect = {
  by: (index) => `INDEXED BY ${index}`,
  eachThen: "CROSS JOIN",
  is: (column, text) => [`${column} = ?`, text],
  // From one to the next in their index: SQLite would read all of it.
  names: (column, index) => `WITH RECURSIVE each(name) AS (
    SELECT (SELECT ${column} FROM payment_proxy_order INDEXED BY ${index} WHERE ${column} IS NOT NULL
      ORDER BY ${column} LIMIT 1)
    UNION ALL SELECT (SELECT ${column} FROM payment_proxy_order INDEXED BY ${index} WHERE ${column} > each.name
      ORDER BY ${column} LIMIT 1) FROM each WHERE each.name IS NOT NULL)
    SELECT name FROM each WHERE name IS NOT NULL`
}

export const make = Effect.gen(function* () {
  const { reader, writer, transaction } = yield* Database
  const columns = reader.literal(Rows.columns.join(", "))
  const refundColumns = reader.literal(Refunds.columns.join(", "))
  const entries = reader.literal(History.columns.join(", "))

  const insert = (change: Change, dueMillis: number | null) =>
    writer`INSERT INTO payment_proxy_order ${writer.insert({
      ...(change.refund === null ? Rows.lasting(change.payment) : Refunds.lasting(change.refund, change.payment)),
      ...changing(change),
      ...Rows.placing(change),
      due_millis: dueMillis
    })} ON CONFLICT DO NOTHING RETURNING id`.pipe(
      Effect.flatMap((rows): Effect.Effect<void, Taken | Stale> => {
        if (rows.length === 1) return Effect.void
        return change.refund === null ? Effect.fail(new Taken()) : new Stale({ payOrderNo: change.refund.refundNo })
      })
    )

  const update = (change: Change, dueMillis: number | null, nowMillis: number) =>
    writer`UPDATE payment_proxy_order SET due_millis = CASE
      WHEN ${change.putsOff ? 0 : 1} AND due_millis <= ${nowMillis}
        AND (due_token IS NULL OR due_lease_millis <= ${nowMillis}) THEN due_millis
      WHEN ${dueMillis} IS NULL AND due_asks = 1 AND due_token IS NOT ${change.askedBy ?? ""} THEN due_millis
      ELSE ${dueMillis} END, due_asks = CASE
      WHEN ${change.owesQuery ? 1 : 0} THEN 1
      WHEN due_token = ${change.askedBy} THEN 0
      ELSE due_asks END, ${writer.update({
        ...changing(change),
        due_token: null,
        due_lease_millis: null,
        due_tries: 0,
        due_note: null
      })} WHERE pay_order_no = ${change.entry.payOrderNo} AND version = ${change.expected} RETURNING id`.pipe(
      Effect.flatMap((rows) => (rows.length === 1 ? Effect.void : new Stale({ payOrderNo: change.entry.payOrderNo })))
    )

  const record = ({ entry }: Change) => writer`INSERT INTO payment_proxy_history ${writer.insert(History.toRow(entry))}`

  const send = (change: Change, nowMillis: number) =>
    change.deliveries.length === 0
      ? Effect.void
      : writer`INSERT INTO payment_proxy_delivery ${writer.insert(
          Deliveries.toRows(change).map((row) => ({
            ...row,
            created_millis: nowMillis,
            due_millis: row.state === "kept" ? null : nowMillis
          }))
        )}`

  const write = (change: Change, nowMillis: number) =>
    Effect.gen(function* () {
      const dueMillis = change.dueIn === null ? null : nowMillis + Duration.toMillis(change.dueIn)
      yield* change.expected === 0 ? insert(change, dueMillis) : update(change, dueMillis, nowMillis)
      yield* record(change)
      yield* send(change, nowMillis)
      yield* crashPoint(change.expected === 0 ? "K02" : "K09")
    })

  const first = (rows: Effect.Effect<ReadonlyArray<unknown>, unknown>) =>
    Effect.flatMap(rows, (found) =>
      found[0] === undefined ? Effect.succeedNone : Effect.asSome(Rows.toPayment(found[0]))
    )

  const firstPlaced = (rows: Effect.Effect<ReadonlyArray<unknown>, unknown>) =>
    rows.pipe(
      Effect.flatMap(
        ([row]): Effect.Effect<Option.Option<PlacedOrder>, unknown> =>
          row === undefined ? Effect.succeedNone : Effect.asSome(Rows.toPlaced(row))
      ),
      toPort
    )

  const existing = ({ payment, placing }: Change) =>
    reader`SELECT ${columns}, fingerprint FROM payment_proxy_order
      WHERE pay_order_no = ${payment.payOrderNo}
        OR (app = ${payment.app} AND idempotency_key = ${placing?.idempotencyKey ?? null})
        OR (vendor = ${payment.vendor} AND third_party_customer_no = ${payment.merchantOrderNo})`.pipe(
      Effect.flatMap(([row]) => Rows.toPlaced(row)),
      toPort,
      Effect.flatMap((placed) => new Duplicate({ existing: placed }))
    )

  const searching = Searching.make(dialect, ({ text, values }) => reader.unsafe(text, [...values]).unprepared)

  return Orders.of({
    commit: (changes) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(Effect.forEach(changes, (change) => write(change, nowMillis), { discard: true }))
      ).pipe(
        Effect.zipLeft(changes.some(({ expected }) => expected === 0) ? crashPoint("K03") : Effect.void),
        Effect.catchTag("Taken", () =>
          Effect.firstSuccessOf(
            changes
              .filter(({ expected, refund }) => expected === 0 && refund === null)
              .map((change) => existing(change))
          )
        )
      ),
    byNumber: (payOrderNo) =>
      first(
        reader`SELECT ${columns} FROM payment_proxy_order WHERE pay_order_no = ${payOrderNo} AND trans_type = 1`
      ).pipe(toPort),
    ofApp: (app, payOrderNo) =>
      first(
        reader`SELECT ${columns} FROM payment_proxy_order WHERE app = ${app} AND pay_order_no = ${payOrderNo}
          AND trans_type = 1`
      ).pipe(toPort),
    byKey: (app, idempotencyKey) =>
      firstPlaced(reader`SELECT ${columns}, fingerprint FROM payment_proxy_order
        WHERE app = ${app} AND idempotency_key = ${idempotencyKey}`),
    byMerchantOrderNo: (vendor, merchantOrderNo) =>
      firstPlaced(reader`SELECT ${columns}, fingerprint FROM payment_proxy_order
        WHERE vendor = ${vendor} AND third_party_customer_no = ${merchantOrderNo} AND trans_type = 1`),
    byTransactionNo: (vendor, transactionNo) =>
      first(
        reader`SELECT ${columns} FROM payment_proxy_order
          WHERE transaction_no = ${transactionNo} AND vendor = ${vendor} AND trans_type = 1`
      ).pipe(toPort),
    sealedRequest: (payOrderNo) =>
      reader`SELECT sealed_request FROM payment_proxy_order WHERE pay_order_no = ${payOrderNo}`.pipe(
        Effect.flatMap(([row]) =>
          row === undefined ? Effect.succeedNone : Effect.map(Rows.toSealed(row), Option.fromNullable)
        ),
        toPort
      ),
    refund: (refundNo) =>
      reader`SELECT ${refundColumns} FROM payment_proxy_order WHERE pay_order_no = ${refundNo} AND trans_type = 2`.pipe(
        Effect.flatMap(Refunds.toRefunds),
        Effect.map(([refund]) => Option.fromNullable(refund)),
        toPort
      ),
    refundsOf: (payOrderNo) =>
      reader`SELECT ${refundColumns} FROM payment_proxy_order WHERE parent_no = ${payOrderNo} ORDER BY id`.pipe(
        Effect.flatMap(Refunds.toRefunds),
        toPort
      ),
    refundByKey: (payOrderNo, idempotencyKey) =>
      reader`SELECT ${refundColumns}, fingerprint FROM payment_proxy_order
        WHERE parent_no = ${payOrderNo} AND idempotency_key = ${Refunds.keyOf(payOrderNo, idempotencyKey)}`.pipe(
        Effect.flatMap(([row]) => (row === undefined ? Effect.succeedNone : Effect.asSome(Refunds.toPlaced(row)))),
        toPort
      ),
    history: (payOrderNo) =>
      reader`SELECT ${entries} FROM payment_proxy_history WHERE pay_order_no = ${payOrderNo}
        UNION ALL SELECT ${entries} FROM payment_proxy_history_old WHERE pay_order_no = ${payOrderNo}
        ORDER BY version`.pipe(Effect.flatMap(History.decode), toPort),
    search: (search) => toPort(Effect.flatMap(searching.search(search), Rows.readable)),
    count: (filter) => toPort(searching.count(filter)),
    versions: (payOrderNos) =>
      payOrderNos.length === 0
        ? Effect.succeed(new Map())
        : reader`SELECT pay_order_no, version FROM payment_proxy_order WHERE ${reader.in("pay_order_no", payOrderNos)}`.unprepared.pipe(
            Effect.flatMap(Rows.toVersions),
            toPort
          ),
    // A full disk shows only when something is written.
    ready: Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      transaction(writer`INSERT INTO payment_proxy_pulse ${writer.insert({ id: 1, at_millis: nowMillis })}
        ON CONFLICT (id) DO UPDATE SET at_millis = excluded.at_millis`)
    ).pipe(Effect.asVoid)
  })
})

/** Every failure of a read as the port's own. */
const toPort = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, StoreUnavailable, R> =>
  effect.pipe(
    Effect.catchAllDefect((cause) => new StoreUnavailable({ cause })),
    Effect.mapError((cause) => (cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ cause })))
  )

/** Orders in the embedded database. */
export const layer = Layer.effect(Orders, make)
