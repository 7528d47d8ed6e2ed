import { expect, layer } from "@effect/vitest"
import { Orders, StoreUnavailable } from "@payment-proxy/ports"
import { aChange, aPayment, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Effect, Either, Fiber, Layer, Metric, Option } from "effect"
import { createConnection } from "mysql2/promise"
import * as Mysql from "../src/index.ts"
import * as Metrics from "../src/Metrics.ts"
import { batches, failed, shed, standing } from "./counted.ts"
import { database } from "./scratch.ts"

const all = { concurrency: "unbounded" } as const
const placed = () => aChange(aPayment(), 0)

/** The orders in a fresh database, behind a proxy, and somebody else's connection to it. */
const store = (options: Partial<Parameters<typeof Mysql.layer>[0]> = {}) =>
  Effect.gen(function* () {
    const url = yield* database
    const { url: through, proxy } = yield* ThrowawayMariaDb.proxied(url)
    const orders = yield* Effect.provide(Orders, yield* Layer.build(Mysql.layer({ ...options, url: through })))
    const other = yield* Effect.acquireRelease(
      Effect.promise(() => createConnection({ uri: url })),
      (connection) => Effect.sync(() => connection.destroy())
    )
    const query = (sql: string, ...values: ReadonlyArray<string>) =>
      Effect.map(
        Effect.promise(() => other.query({ sql, values: [...values] })),
        ([rows]) => (Array.isArray(rows) ? rows : [])
      )
    return { orders, proxy, query }
  })

/** Looks until a gauge is at a value or above. */
const reaches = (gauge: Metric.Metric.Gauge<number>, value: number) =>
  standing(gauge).pipe(
    Effect.zipLeft(Effect.sleep("5 millis")),
    Effect.repeat({ until: (now) => now >= value }),
    Effect.timeout("10 seconds")
  )

layer(ThrowawayMariaDb.layer, { excludeTestServices: true })("what is counted of the database", (it) => {
  it.scoped("every kind of failure is there from the start", () =>
    Effect.gen(function* () {
      yield* store()
      const snapshot = yield* Metric.snapshot
      const kinds = snapshot
        .filter(({ metricKey }) => metricKey.name === "payment_proxy_database_failures")
        .flatMap(({ metricKey }) => metricKey.tags.map(({ value }) => value))
      expect(kinds).toEqual(expect.arrayContaining(["deadlock", "lock_wait", "read_only", "full", "lost", "silent"]))
    })
  )

  it.scoped("the transactions that were committed, and the commits that each carried", () =>
    Effect.gen(function* () {
      const { orders } = yield* store()
      const before = yield* batches
      yield* Effect.forEach(Array.from({ length: 200 }, placed), (change) => orders.commit([change]), all)
      const after = yield* batches
      expect(after.sum - before.sum).toBe(200)
      expect(after.count - before.count).toBeGreaterThanOrEqual(Math.ceil(200 / 128))
      expect(after.count - before.count, "they shared transactions").toBeLessThan(200)
    })
  )

  it.scoped("commits that no lane takes in time: how many wait, and that they were sent away", () =>
    Effect.gen(function* () {
      const { orders, proxy } = yield* store({ acquireMillis: 500, statementMillis: 2000 })
      yield* orders.commit([placed()])
      const [before, silent] = [yield* shed("waited_too_long"), yield* failed("silent")]
      proxy.darken()
      // Two lanes take 128 each at most: the others wait.
      const commits = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 300 }, placed), (change) => Effect.either(orders.commit([change])), all)
      )
      yield* reaches(Metrics.waiting, 300 - 2 * 128)
      const outcomes = yield* Fiber.join(commits)
      expect(outcomes.filter(Either.isLeft).every(({ left }) => left instanceof StoreUnavailable)).toBe(true)
      expect((yield* shed("waited_too_long")) - before).toBeGreaterThanOrEqual(300 - 2 * 128)
      expect(yield* failed("silent")).toBeGreaterThan(silent)
      proxy.lighten()
      yield* Effect.retry(orders.commit([placed()]), { times: 20 })
      expect(yield* standing(Metrics.waiting)).toBe(0)
    })
  )

  it.scoped("who has a connection of the pool, who waits for one, and who waited too long", () =>
    Effect.gen(function* () {
      const { orders, query } = yield* store({ maxConnections: 1, acquireMillis: 1000 })
      yield* orders.ready
      expect(yield* standing(Metrics.connectionsMax)).toBe(1)
      const before = yield* failed("acquire_timeout")
      yield* query("BEGIN")
      yield* query("SELECT 1 FROM payment_proxy_pulse WHERE id = 1 FOR UPDATE")
      const calls = yield* Effect.fork(Effect.all([Effect.either(orders.ready), Effect.either(orders.ready)], all))
      yield* reaches(Metrics.connectionsInUse, 1)
      yield* reaches(Metrics.connectionsWaiting, 1)
      const outcomes = yield* Fiber.join(calls)
      expect(outcomes.every(Either.isLeft)).toBe(true)
      expect(yield* failed("acquire_timeout")).toBeGreaterThan(before)
      yield* query("ROLLBACK")
      yield* orders.ready
      expect([yield* standing(Metrics.connectionsInUse), yield* standing(Metrics.connectionsWaiting)]).toEqual([0, 0])
    })
  )

  it.scoped("F14 a statement that is the first of its kind is silent no longer than any other", () =>
    Effect.gen(function* () {
      const { orders, proxy } = yield* store({ statementMillis: 300 })
      yield* orders.versions(["01"])
      const before = yield* failed("silent")
      proxy.darken()
      const refused = yield* Effect.flip(Effect.timeout(orders.byKey("app", "key"), "10 seconds"))
      expect(refused).toBeInstanceOf(StoreUnavailable)
      expect((yield* failed("silent")) - before).toBe(1)
      proxy.lighten()
      expect(yield* Effect.retry(orders.byKey("app", "key"), { times: 20 })).toEqual(Option.none())
    })
  )

  it.scoped("F16 a deadlock of which we are the victim: done again by itself, and counted", () =>
    Effect.gen(function* () {
      const { orders, query } = yield* store()
      const [one, two] = [placed(), placed()]
      yield* orders.commit([one])
      yield* orders.commit([two])
      const [first, second] = [one.payment.payOrderNo, two.payment.payOrderNo]
      // Whoever has written more is spared.
      yield* query("CREATE TABLE heavy (id int PRIMARY KEY)")
      yield* query("BEGIN")
      yield* query(`INSERT INTO heavy VALUES ${Array.from({ length: 500 }, (_, id) => `(${id})`).join()}`)
      const touch = (no: string) => query("UPDATE payment_proxy_order SET remark = 'seen' WHERE pay_order_no = ?", no)
      yield* touch(second)
      const before = yield* failed("deadlock")
      const moved = [one, two].map(({ payment }) => aChange({ ...payment, state: "PENDING" }, 1))
      const commit = yield* Effect.fork(orders.commit(moved))
      yield* query("SHOW GLOBAL STATUS WHERE variable_name = 'Innodb_row_lock_current_waits' AND value > 0").pipe(
        Effect.repeat({ until: (rows) => rows.length > 0 }),
        Effect.timeout("10 seconds")
      )
      yield* touch(first)
      yield* query("COMMIT")
      yield* Fiber.join(commit)
      expect(yield* failed("deadlock")).toBeGreaterThan(before)
      expect(yield* orders.versions([first, second])).toEqual(
        new Map([
          [first, 2],
          [second, 2]
        ])
      )
    })
  )
})
