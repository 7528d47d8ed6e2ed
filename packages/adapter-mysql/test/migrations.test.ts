import { expect, layer } from "@effect/vitest"
import { type CrashPoint, CrashPoints, Orders } from "@payment-proxy/ports"
import { aChange, aPayment, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Effect, Layer, Option } from "effect"
import * as Mysql from "../src/index.ts"
import { record } from "../src/Migrations.ts"
import { originalColumns, steps } from "../src/Schema.ts"
import { database } from "./scratch.ts"

const { statements } = ThrowawayMariaDb

/** Starts on the database, as a process does; what it says when it refuses. */
const start = (url: string) => Effect.scoped(Layer.build(Mysql.layer({ url })))
const refused = (url: string) => Effect.map(Effect.flip(start(url)), String)

/** Everything that `information_schema` says of a database's columns and indexes. */
const schema = (url: string) =>
  Effect.all([
    statements(
      url,
      `SELECT table_name, column_name, column_type, is_nullable, column_default, collation_name, extra
      FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`
    ),
    statements(
      url,
      `SELECT table_name, index_name, seq_in_index, column_name, non_unique
      FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 3`
    )
  ])

const clean = Effect.gen(function* () {
  const url = yield* database
  yield* start(url)
  return yield* schema(url)
})

layer(ThrowawayMariaDb.layer, { excludeTestServices: true })("migrations", (it) => {
  it.scoped("a second start changes nothing", () =>
    Effect.gen(function* () {
      const url = yield* database
      yield* start(url)
      const [before, recorded] = [yield* schema(url), yield* statements(url, "SELECT * FROM payment_proxy_migration")]
      yield* start(url)
      expect(yield* schema(url)).toEqual(before)
      expect(yield* statements(url, "SELECT * FROM payment_proxy_migration")).toEqual(recorded)
    })
  )

  it.scoped("ten processes at once: each step runs once", () =>
    Effect.gen(function* () {
      const url = yield* database
      yield* Effect.all(
        Array.from({ length: 10 }, () => start(url)),
        { concurrency: "unbounded" }
      )
      expect(yield* schema(url)).toEqual(yield* clean)
      const rows = yield* statements(url, "SELECT id FROM payment_proxy_migration WHERE finished_at IS NOT NULL")
      expect(rows.length).toBe(steps("mariadb").length)
    })
  )

  /** A start that dies with a step's statement done and not recorded: with the one that was cut off before, or the next. */
  const dying = (url: string, isFirst: boolean) =>
    Effect.gen(function* () {
      const points: Array<CrashPoint> = []
      const hit = (point: CrashPoint) => {
        points.push(point)
        if (points.length === (isFirst ? 1 : 2)) throw new Error("It died.")
      }
      yield* Effect.flip(Effect.provideService(start(url), CrashPoints, { hit, written: (text) => text }))
      return points
    })

  // Each start finds one step cut off behind its statement and the next one before it, and dies in that.
  const cutOff = Effect.gen(function* () {
    const [url, whole] = [yield* database, yield* database]
    yield* statements(url, record)
    for (const { id, statement } of steps("mariadb")) {
      yield* statements(
        url,
        `INSERT INTO payment_proxy_migration (id, name, started_at) VALUES (${id}, 'step', NOW(3))`
      )
      expect(yield* dying(url, id === 1), `step ${id}`).toEqual(id === 1 ? ["K25"] : ["K25", "K25"])
      yield* statements(whole, record, statement)
      expect(yield* schema(url), `cut off in step ${id}`).toEqual(yield* schema(whole))
      const open = yield* statements(url, "SELECT id FROM payment_proxy_migration WHERE finished_at IS NULL")
      expect(open).toEqual([{ id }])
    }
    yield* start(url)
    expect(yield* schema(url)).toEqual(yield* clean)
    expect(yield* statements(url, "SELECT 1 FROM payment_proxy_migration WHERE finished_at IS NULL")).toEqual([])
  })
  const eachStep =
    "F09 cut off before and after each step's statement: the next start finishes it, with the same schema"
  it.scoped(eachStep, () => cutOff, 120_000)

  const once = (id: number, hasRun: boolean) =>
    Effect.gen(function* () {
      const url = yield* database
      const until = steps("mariadb").filter((step) => step.id <= id)
      const ran = until.filter((step) => step.id < id || hasRun)
      const recorded = until.map((step) => `(${step.id}, 'step', NOW(3), ${step.id < id ? "NOW(3)" : "NULL"})`)
      yield* statements(
        url,
        record,
        ...ran.map(({ statement }) => statement),
        `INSERT INTO payment_proxy_migration VALUES ${recorded.join(", ")}`
      )
      yield* start(url)
      expect(yield* schema(url), `step ${id}, ${hasRun ? "after" : "before"} its statement`).toEqual(yield* clean)
    })
  it.scoped(
    "F09 cut off in one step alone: the next start goes on to the end",
    () => Effect.zipRight(once(2, false), once(50, true)),
    60_000
  )

  it.scoped("the original table is taken over with its rows", () =>
    Effect.gen(function* () {
      const url = yield* database
      yield* statements(
        url,
        `CREATE TABLE payment_proxy_order (${originalColumns.join(", ")}, PRIMARY KEY (id),
          UNIQUE KEY payment_order_pay_order_no_index (pay_order_no))`,
        "INSERT INTO payment_proxy_order (pay_order_no, pay_status, amount) VALUES ('OLD-1', 30, '1.00')"
      )
      const context = yield* Layer.build(Mysql.layer({ url }))
      yield* Effect.flatMap(Orders, (orders) => orders.commit([aChange(aPayment(), 0)])).pipe(Effect.provide(context))
      const rows = yield* statements(url, "SELECT pay_order_no, amount FROM payment_proxy_order ORDER BY id")
      expect(rows[0]).toEqual({ pay_order_no: "OLD-1", amount: "1.00" })
      expect(rows.length).toBe(2)
    })
  )

  it.scoped(
    "of a table that was taken over, numbers at vendors compare by the byte, whatever its texts did before",
    () =>
      Effect.gen(function* () {
        const url = yield* database
        yield* statements(
          url,
          `CREATE TABLE payment_proxy_order (${originalColumns.join(", ")}, PRIMARY KEY (id),
          UNIQUE KEY payment_order_pay_order_no_index (pay_order_no)) CHARACTER SET latin1`,
          `INSERT INTO payment_proxy_order (pay_order_no, third_party_customer_no)
          VALUES ('OLD-1', 'abc'), ('OLD-2', 'ABC'), ('OLD-3', 'ABC')`
        )
        const context = yield* Layer.build(Mysql.layer({ url }))
        const orders = yield* Effect.provide(Orders, context)
        const numbers = ["abc", "ABC", "abc ", "😀"]
        for (const merchantOrderNo of numbers) yield* orders.commit([aChange(aPayment({ merchantOrderNo }), 0)])
        const found = yield* Effect.forEach(numbers, (no) => orders.byMerchantOrderNo("fake", no))
        expect(found.map(Option.map(({ payment }) => payment.merchantOrderNo))).toEqual(numbers.map(Option.some))
        expect((yield* Effect.flip(orders.commit([aChange(aPayment({ merchantOrderNo: "ABC" }), 0)])))._tag).toBe(
          "Duplicate"
        )
      })
  )

  it.scoped("the step to one order for a number keeps the orders that are there, and lets others write meanwhile", () =>
    Effect.gen(function* () {
      const url = yield* database
      const before = steps("mariadb").filter(({ id }) => id < 15)
      yield* statements(url, record, ...before.map(({ statement }) => statement))
      const finished = before.map(({ id }) => `(${id}, 'step', NOW(3), NOW(3))`).join(", ")
      yield* statements(
        url,
        `INSERT INTO payment_proxy_migration VALUES ${finished}`,
        `INSERT INTO payment_proxy_order (pay_order_no, vendor, third_party_customer_no)
          SELECT CONCAT('NO-', seq), 'platform', CONCAT('NO-', seq) FROM seq_1_to_2000`
      )
      const step = steps("mariadb").find(({ id }) => id === 15)?.statement ?? ""
      yield* statements(url, `${step}, ALGORITHM=INPLACE, LOCK=NONE`)
      yield* statements(url, "ALTER TABLE payment_proxy_order DROP KEY payment_proxy_order_merchant_no")
      yield* start(url)
      expect(yield* schema(url)).toEqual(yield* clean)
      expect((yield* statements(url, "SELECT id FROM payment_proxy_order")).length).toBe(2000)
      const explained = yield* statements(
        url,
        `EXPLAIN SELECT pay_order_no FROM payment_proxy_order WHERE vendor = 'platform' AND third_party_customer_no = 'NO-7'
          OR vendor = 'platform' AND third_party_customer_no = 'NO-1234'`
      )
      expect(explained[0]).toMatchObject({ key: "payment_proxy_order_merchant_no" })
    })
  )

  it.scoped("a newer schema, a foreign table of the same name, a column that someone took away: refused, by name", () =>
    Effect.gen(function* () {
      const newer = yield* database
      yield* start(newer)
      yield* statements(newer, "INSERT INTO payment_proxy_migration VALUES (99, 'sharding', NOW(3), NOW(3))")
      expect(yield* refused(newer)).toMatch(/schema is at 99 \(sharding\), and this program knows up to \d+/)

      const foreign = yield* database
      yield* statements(foreign, "CREATE TABLE payment_proxy_order (id int, total decimal(10, 2))")
      const before = yield* statements(foreign, "SHOW CREATE TABLE payment_proxy_order")
      expect(yield* refused(foreign)).toContain("without pay_order_no, pay_status")
      expect(yield* statements(foreign, "SHOW CREATE TABLE payment_proxy_order")).toEqual(before)

      const other = yield* database
      yield* statements(other, "CREATE TABLE payment_proxy_inbox (id int)")
      expect(yield* refused(other)).toContain("a table payment_proxy_inbox that is not ours")

      const lacking = yield* database
      yield* start(lacking)
      yield* statements(lacking, "ALTER TABLE payment_proxy_inbox DROP COLUMN due_note")
      expect(yield* refused(lacking)).toContain("payment_proxy_inbox.due_note is missing")
    })
  )
})
