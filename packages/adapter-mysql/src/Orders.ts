import { History, Refunds, Orders as Rows } from "@payment-proxy/order-table"
import type { PlacedOrder, PlacedRefund } from "@payment-proxy/ports"
import { Duplicate, Orders, StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import { Database, now } from "./Database.ts"
import * as GroupCommit from "./GroupCommit.ts"
import * as GroupRead from "./GroupRead.ts"
import * as Searches from "./Searches.ts"

/** Every failure of a read as the port's own. */
const toPort = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, StoreUnavailable, R> =>
  effect.pipe(
    Effect.catchAllDefect((cause) => new StoreUnavailable({ cause })),
    Effect.mapError((cause) => (cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ cause })))
  )

const first = (rows: Effect.Effect<ReadonlyArray<unknown>, unknown>) =>
  Effect.flatMap(rows, (found) =>
    found[0] === undefined ? Effect.succeedNone : Effect.asSome(Rows.toPayment(found[0]))
  )

export const make = Effect.gen(function* () {
  const database = yield* Database
  const { sql } = database
  const { commit } = yield* GroupCommit.make(database)
  const byNumber = yield* GroupRead.byNumber(sql)
  const byMerchantOrderNo = yield* GroupRead.byMerchantOrderNo(sql)
  const columns = sql.literal(Rows.columns.join(", "))
  const refundColumns = sql.literal(Refunds.columns.join(", "))
  const entries = sql.literal(History.columns.join(", "))

  const existing = ({ change: { payment, placing } }: GroupCommit.Taken) =>
    sql`SELECT ${columns}, fingerprint FROM payment_proxy_order
      WHERE pay_order_no = ${payment.payOrderNo}
        OR (app = ${payment.app} AND idempotency_key = ${placing?.idempotencyKey ?? null})
        OR (vendor = ${payment.vendor} AND third_party_customer_no = ${payment.merchantOrderNo})`.pipe(
      Effect.flatMap(([row]) => Rows.toPlaced(row)),
      toPort,
      Effect.flatMap((placed) => new Duplicate({ existing: placed }))
    )

  const searching = Searches.make(({ text, values }) => sql.unsafe(text, [...values]).unprepared)

  return Orders.of({
    commit: (changes) => Effect.catchTag(commit(changes), "Taken", existing),
    byNumber,
    ofApp: (app, payOrderNo) =>
      Effect.map(
        byNumber(payOrderNo),
        Option.filter((payment) => payment.app === app)
      ),
    byKey: (app, idempotencyKey) =>
      sql`SELECT ${columns}, fingerprint FROM payment_proxy_order
        WHERE app = ${app} AND idempotency_key = ${idempotencyKey}`.pipe(
        Effect.flatMap(
          ([row]): Effect.Effect<Option.Option<PlacedOrder>, unknown> =>
            row === undefined ? Effect.succeedNone : Effect.asSome(Rows.toPlaced(row))
        ),
        toPort
      ),
    byMerchantOrderNo: (vendor, merchantOrderNo) => byMerchantOrderNo([vendor, merchantOrderNo]),
    byTransactionNo: (vendor, transactionNo) =>
      first(
        sql`SELECT ${columns} FROM payment_proxy_order
          WHERE transaction_no = ${transactionNo} AND vendor = ${vendor} AND trans_type = 1`
      ).pipe(toPort),
    sealedRequest: (payOrderNo) =>
      sql`SELECT sealed_request FROM payment_proxy_order WHERE pay_order_no = ${payOrderNo}`.pipe(
        Effect.flatMap(([row]) =>
          row === undefined ? Effect.succeedNone : Effect.map(Rows.toSealed(row), Option.fromNullable)
        ),
        toPort
      ),
    refund: (refundNo) =>
      sql`SELECT ${refundColumns} FROM payment_proxy_order WHERE pay_order_no = ${refundNo} AND trans_type = 2`.pipe(
        Effect.flatMap(Refunds.toRefunds),
        Effect.map(([refund]) => Option.fromNullable(refund)),
        toPort
      ),
    refundsOf: (payOrderNo) =>
      sql`SELECT ${refundColumns} FROM payment_proxy_order WHERE parent_no = ${payOrderNo} ORDER BY id`.pipe(
        Effect.flatMap(Refunds.toRefunds),
        toPort
      ),
    refundByKey: (payOrderNo, idempotencyKey) =>
      sql`SELECT ${refundColumns}, fingerprint FROM payment_proxy_order
        WHERE parent_no = ${payOrderNo} AND idempotency_key = ${Refunds.keyOf(payOrderNo, idempotencyKey)}`.pipe(
        Effect.flatMap(
          ([row]): Effect.Effect<Option.Option<PlacedRefund>, unknown> =>
            row === undefined ? Effect.succeedNone : Effect.asSome(Refunds.toPlaced(row))
        ),
        toPort
      ),
    history: (payOrderNo) =>
      sql`SELECT ${entries} FROM payment_proxy_history WHERE pay_order_no = ${payOrderNo}
        UNION ALL SELECT ${entries} FROM payment_proxy_history_old WHERE pay_order_no = ${payOrderNo}
        ORDER BY version`.pipe(Effect.flatMap(History.decode), toPort),
    search: (search) => toPort(Effect.flatMap(searching.search(search), Rows.readable)),
    count: (filter) => toPort(searching.count(filter)),
    versions: (payOrderNos) =>
      payOrderNos.length === 0
        ? Effect.succeed(new Map())
        : sql`SELECT pay_order_no, version FROM payment_proxy_order WHERE ${sql.in("pay_order_no", payOrderNos)}`.unprepared.pipe(
            Effect.flatMap(Rows.toVersions),
            toPort
          ),
    // A server that is read-only or full shows only when something is written.
    ready: Effect.flatMap(now, (clock) =>
      toPort(
        sql`INSERT INTO payment_proxy_pulse (id, at_millis) VALUES (1, ${sql.literal(clock)})
          ON DUPLICATE KEY UPDATE at_millis = VALUES(at_millis)`
      )
    ).pipe(Effect.asVoid)
  })
})

/** Orders in MySQL or MariaDB. */
export const layer = Layer.scoped(Orders, make)
