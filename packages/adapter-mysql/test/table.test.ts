import { expect, layer } from "@effect/vitest"
import { anyOrder, Orders } from "@payment-proxy/ports"
import { aChange, aPayment, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Effect, Layer } from "effect"
import * as Mysql from "../src/index.ts"
import { database } from "./scratch.ts"

/** The original table, from the design page: name, type, whether it may be null, default. */
const columns = [
  ["id", "bigint", "NO", null],
  ["pay_order_no", "varchar(64)", "YES", null],
  ["pay_status", "smallint", "YES", null],
  ["amount", "varchar(64)", "YES", null],
  ["currency", "smallint", "YES", null],
  ["trans_type", "smallint", "YES", null],
  ["pay_method", "smallint", "YES", null],
  ["pay_source", "smallint", "YES", null],
  ["transaction_no", "varchar(256)", "YES", null],
  ["third_party_no", "varchar(256)", "YES", null],
  ["third_party_customer_no", "varchar(256)", "YES", null],
  ["pay_date", "datetime", "YES", null],
  ["is_deleted", "char(1)", "YES", null],
  ["creator", "varchar(64)", "NO", "SYSTEM"],
  ["modifier", "varchar(64)", "NO", "SYSTEM"],
  ["gmt_created", "datetime", "YES", "current_timestamp"],
  ["gmt_modified", "datetime", "YES", "current_timestamp"],
  ["remark", "varchar(256)", "YES", null],
  ["extra_info", "varchar(256)", "YES", null],
  ["business_no", "varchar(64)", "YES", null]
] as const

const indexes = [
  ["PRIMARY", "id", 0],
  ["payment_order_pay_order_no_index", "pay_order_no", 0],
  ["payment_order_pay_status_index", "pay_status", 1],
  ["payment_order_trans_type", "trans_type", 1],
  ["payment_order_transaction_no_index", "transaction_no", 1],
  ["payment_order_business_no_index", "business_no", 1]
] as const

/** As one server writes it and another does: `bigint(20)` and `bigint`, `'SYSTEM'` and `SYSTEM`, `NULL` and nothing. */
const plain = (value: unknown): string | null => {
  if (value === null || value === "NULL") return null
  return String(value)
    .replace(/^(bigint|smallint)\(\d+\)$/, "$1")
    .replace(/^'(.*)'$/, "$1")
    .replace(/\(\)$/, "")
    .toLowerCase()
}

const migrated = Effect.gen(function* () {
  const url = yield* database
  const context = yield* Layer.build(Mysql.layer({ url }))
  return { url, orders: yield* Effect.provide(Orders, context) }
})

layer(ThrowawayMariaDb.layer, { excludeTestServices: true })("payment_proxy_order", (it) => {
  it.scoped("keeps the original's columns, in their order, their types, nullability and defaults", () =>
    Effect.gen(function* () {
      const { url } = yield* migrated
      const rows = yield* ThrowawayMariaDb.statements(
        url,
        `SELECT column_name AS name, column_type AS type, is_nullable AS nullable, column_default AS fallback
        FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'payment_proxy_order'
        ORDER BY ordinal_position LIMIT ${columns.length}`
      )
      const ours = (rows as ReadonlyArray<Record<string, unknown>>).map((row) => [
        row["name"],
        plain(row["type"]),
        row["nullable"],
        plain(row["fallback"])
      ])
      expect(ours).toEqual(columns.map(([name, type, nullable, fallback]) => [name, type, nullable, plain(fallback)]))
    })
  )

  it.scoped("keeps the original's indexes by name, and makes the number the only unique one of them", () =>
    Effect.gen(function* () {
      const { url } = yield* migrated
      const rows = yield* ThrowawayMariaDb.statements(
        url,
        `SELECT index_name AS name, column_name AS first, non_unique AS repeats FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = 'payment_proxy_order' AND seq_in_index = 1`
      )
      for (const [name, first, repeats] of indexes) {
        const row = (rows as ReadonlyArray<Record<string, unknown>>).find((index) => index["name"] === name)
        expect([name, row?.["first"], Number(row?.["repeats"])]).toEqual([name, first, repeats])
      }
    })
  )

  it.scoped("has no foreign key and no trigger, so that it can be spread", () =>
    Effect.gen(function* () {
      const { url } = yield* migrated
      for (const query of [
        "SELECT 1 FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()",
        "SELECT 1 FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
      ])
        expect(yield* ThrowawayMariaDb.statements(url, query)).toEqual([])
    })
  )

  it.scoped("its original columns hold what they always held", () =>
    Effect.gen(function* () {
      const { url, orders } = yield* migrated
      const payment = aPayment({
        state: "SUCCEEDED",
        transactionNo: "txn-1",
        kept: ["indicator-1", "indicator-2"],
        paidAtMillis: Date.UTC(2026, 10, 23, 8),
        businessNo: "POLICY-😀"
      })
      yield* orders.commit([aChange(payment, 0)])
      const [row] = yield* ThrowawayMariaDb.statements(url, "SELECT * FROM payment_proxy_order")
      expect(row).toMatchObject({
        pay_status: 30,
        amount: "12.34",
        currency: 156,
        trans_type: 1,
        pay_method: 1,
        pay_source: 3,
        transaction_no: "txn-1",
        third_party_no: "indicator-1 indicator-2",
        third_party_customer_no: payment.payOrderNo,
        pay_date: "2026-11-23 08:00:00",
        is_deleted: "N",
        creator: "app_demo",
        modifier: "SYSTEM",
        business_no: "POLICY-😀"
      })
    })
  )

  it.scoped("a row that cannot be read does not hide the others", () =>
    Effect.gen(function* () {
      const { url, orders } = yield* migrated
      const [good, bad] = [aPayment({ app: "poisoned" }), aPayment({ app: "poisoned" })]
      yield* orders.commit([aChange(good, 0)])
      yield* orders.commit([aChange(bad, 0)])
      yield* ThrowawayMariaDb.statements(
        url,
        `UPDATE payment_proxy_order SET facts = 'broken' WHERE pay_order_no = '${bad.payOrderNo}'`
      )
      const found = yield* orders.search({ ...anyOrder, app: "poisoned", after: null, limit: 10 })
      expect(found.map(({ payOrderNo }) => payOrderNo)).toEqual([good.payOrderNo])
      expect((yield* Effect.flip(orders.byNumber(bad.payOrderNo)))._tag).toBe("StoreUnavailable")
    })
  )
})
