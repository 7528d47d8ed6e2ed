import { expect, it } from "@effect/vitest"
import { anyOrder, Duplicate, Orders, Stale } from "@payment-proxy/ports"
import { aChange, aPayment } from "@payment-proxy/testkit"
import { Effect, Either, Exit, Layer, Option, Scope } from "effect"
import * as DatabaseModule from "../src/Database.ts"
import { Database } from "../src/Database.ts"
import * as Sqlite from "../src/index.ts"
import * as OrdersStore from "../src/Orders.ts"
import { file } from "./scratch.ts"

/** The original table, from the design page: name, type, whether it may be null, default. */
const columns = [
  ["id", "INTEGER", true, null],
  ["pay_order_no", "varchar(64)", true, null],
  ["pay_status", "smallint", true, null],
  ["amount", "varchar(64)", true, null],
  ["currency", "smallint", true, null],
  ["trans_type", "smallint", true, null],
  ["pay_method", "smallint", true, null],
  ["pay_source", "smallint", true, null],
  ["transaction_no", "varchar(256)", true, null],
  ["third_party_no", "varchar(256)", true, null],
  ["third_party_customer_no", "varchar(256)", true, null],
  ["pay_date", "datetime", true, null],
  ["is_deleted", "char", true, null],
  ["creator", "varchar(64)", false, "'SYSTEM'"],
  ["modifier", "varchar(64)", false, "'SYSTEM'"],
  ["gmt_created", "datetime", true, "CURRENT_TIMESTAMP"],
  ["gmt_modified", "datetime", true, "CURRENT_TIMESTAMP"],
  ["remark", "varchar(256)", true, null],
  ["extra_info", "varchar(256)", true, null],
  ["business_no", "varchar(64)", true, null]
] as const

const indexes = [
  ["payment_order_pay_order_no_index", "pay_order_no", 1],
  ["payment_order_pay_status_index", "pay_status", 0],
  ["payment_order_trans_type", "trans_type", 0],
  ["payment_order_transaction_no_index", "transaction_no", 0],
  ["payment_order_business_no_index", "business_no", 0]
] as const

const withOrders = Layer.unwrapScoped(
  Effect.map(file, (filename) => Layer.provideMerge(OrdersStore.layer, DatabaseModule.layer(filename)))
)
const opened = Layer.unwrapScoped(Effect.map(file, DatabaseModule.layer))

it.effect("the table keeps the original's columns, types, nullability, defaults and index names", () =>
  Effect.gen(function* () {
    const { reader } = yield* Database
    const info = yield* reader<{ name: string; type: string; notnull: number; dflt_value: string | null }>`
      PRAGMA table_info(payment_proxy_order)`
    const ours = new Map(
      info.map((column) => [column.name, [column.name, column.type, column.notnull === 0, column.dflt_value]])
    )
    for (const column of columns) expect(ours.get(column[0])).toEqual([...column])
    const list = yield* reader<{ name: string; unique: number }>`PRAGMA index_list(payment_proxy_order)`
    for (const [name, column, unique] of indexes) {
      expect(list.find((index) => index.name === name)?.unique, name).toBe(unique)
      const [first] = yield* reader<{ name: string }>`SELECT name FROM pragma_index_info(${name})`
      expect(first?.name).toBe(column)
    }
  }).pipe(Effect.provide(opened))
)

it.effect("it is written ahead, synced at each commit, and patient with other writers", () =>
  Effect.gen(function* () {
    const { reader, writer } = yield* Database
    for (const sql of [reader, writer]) {
      expect(yield* sql`PRAGMA journal_mode`).toEqual([{ journal_mode: "wal" }])
      expect(yield* sql`PRAGMA synchronous`).toEqual([{ synchronous: 2 }])
      expect(yield* sql`PRAGMA busy_timeout`).toEqual([{ timeout: 50 }])
    }
  }).pipe(Effect.provide(opened))
)

it.effect("the original columns hold what they always held", () =>
  Effect.gen(function* () {
    const { reader } = yield* Database
    const orders = yield* Orders
    const payment = aPayment({
      state: "SUCCEEDED",
      transactionNo: "txn-1",
      kept: ["indicator-1", "indicator-2"],
      paidAtMillis: Date.UTC(2026, 10, 23, 8),
      businessNo: "POLICY-1"
    })
    yield* orders.commit([aChange(payment, 0)])
    const [row] = yield* reader`SELECT * FROM payment_proxy_order WHERE pay_order_no = ${payment.payOrderNo}`
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
      business_no: "POLICY-1"
    })
  }).pipe(Effect.provide(withOrders))
)

/** The stores on `filename`, as another process would open them. */
const another = (filename: string) => Effect.map(Layer.build(Sqlite.layer({ filename })), (context) => context)

it.scoped("what was committed outlives the process, and the migrations of a second start change nothing", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const payment = aPayment()
    const first = yield* Scope.make()
    yield* Effect.flatMap(Orders, (orders) => orders.commit([aChange(payment, 0)])).pipe(
      Effect.provide(yield* Scope.extend(another(filename), first))
    )
    yield* Scope.close(first, Exit.void)
    const found = yield* Effect.flatMap(Orders, (orders) => orders.byNumber(payment.payOrderNo)).pipe(
      Effect.provide(yield* another(filename))
    )
    expect(Option.map(found, ({ version }) => version)).toEqual(Option.some(1))
  })
)

it.scopedLive(
  "of two processes that commit from one version, one is Stale; of a hundred with one key, one places",
  () =>
    Effect.gen(function* () {
      const filename = yield* file
      const [one, two] = [yield* another(filename), yield* another(filename)]
      const commit = (context: typeof one, change: ReturnType<typeof aChange>) =>
        Effect.either(Effect.flatMap(Orders, (orders) => orders.commit([change])).pipe(Effect.provide(context)))
      const payment = aPayment()
      yield* commit(one, aChange(payment, 0))
      const race = yield* Effect.all([commit(one, aChange(payment, 1)), commit(two, aChange(payment, 1))], {
        concurrency: 2
      })
      expect(race.filter(Either.isRight).length).toBe(1)
      expect(race.filter(Either.isLeft).map(({ left }) => left instanceof Stale)).toEqual([true])

      const placing = { idempotencyKey: "race", fingerprint: "f", sealedRequest: "s" }
      const places = Array.from({ length: 100 }, (_, index) =>
        commit(index % 2 === 0 ? one : two, aChange(aPayment(), 0, { placing }))
      )
      const placed = yield* Effect.all(places, { concurrency: "unbounded" })
      expect(placed.filter(Either.isRight).length).toBe(1)
      const duplicates = placed
        .filter(Either.isLeft)
        .map(({ left }) => (left instanceof Duplicate ? left.existing.payment.payOrderNo : left._tag))
      expect(new Set(duplicates).size).toBe(1)
    })
)

it.effect("a row that cannot be read does not hide the others", () =>
  Effect.gen(function* () {
    const { writer, transaction } = yield* Database
    const orders = yield* Orders
    const [good, bad] = [aPayment({ app: "poisoned" }), aPayment({ app: "poisoned" })]
    yield* orders.commit([aChange(good, 0)])
    yield* orders.commit([aChange(bad, 0)])
    yield* transaction(writer`UPDATE payment_proxy_order SET facts = 'broken' WHERE pay_order_no = ${bad.payOrderNo}`)
    const search = { ...anyOrder, app: "poisoned", after: null, limit: 10 }
    expect((yield* orders.search(search)).map(({ payOrderNo }) => payOrderNo)).toEqual([good.payOrderNo])
    expect((yield* Effect.flip(orders.byNumber(bad.payOrderNo)))._tag).toBe("StoreUnavailable")
  }).pipe(Effect.provide(withOrders))
)

it.scoped("a file that cannot be opened is a value that says so", () =>
  Effect.gen(function* () {
    const failed = yield* Effect.exit(another("/nonexistent-folder/test.db"))
    expect(String(failed)).toContain("StoreUnavailable")
  })
)
