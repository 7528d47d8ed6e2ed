import { expect, it } from "@effect/vitest"
import { DueWork, Orders, StoreUnavailable } from "@payment-proxy/ports"
import { aChange, aPayment, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Effect, Either, Layer } from "effect"
import { createConnection } from "mysql2/promise"
import { codeOf } from "../src/Connections.ts"
import * as Mysql from "../src/index.ts"
import { failed } from "./counted.ts"

const { own, proxied, statements } = ThrowawayMariaDb
const many = 20

/** Stores on a server of one's own, behind a proxy. */
const stores = (url: string) =>
  Effect.gen(function* () {
    const through = yield* proxied(url)
    const context = yield* Layer.build(
      Mysql.layer({ url: through.url, maxConnections: 4, acquireMillis: 500, statementMillis: 10_000 })
    )
    return {
      proxy: through.proxy,
      orders: yield* Effect.provide(Orders, context),
      due: yield* Effect.provide(DueWork, context)
    }
  })

/** A server of one's own with a database for us. */
const fresh = (options: Parameters<typeof own>[0] = {}) =>
  Effect.gen(function* () {
    const server = yield* own(options)
    const admin = server.url("information_schema", "admin")
    yield* statements(admin, "CREATE DATABASE proxy")
    return { server, admin, url: server.url("proxy", "app") }
  })

/** Somebody else's connection. */
const somebody = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(() => createConnection({ uri: url })),
    (connection) => Effect.sync(() => connection.destroy())
  )

/** The server's number, or what the connection said, of a failure that came out of a port. */
const codeIn = (failure: unknown): unknown => {
  expect(failure).toBeInstanceOf(StoreUnavailable)
  return codeOf(failure instanceof StoreUnavailable ? failure.cause : failure)
}

const placed = () => aChange(aPayment(), 0)
const next = ({ payment }: ReturnType<typeof placed>) => aChange({ ...payment, state: "PENDING" }, payment.version)

it.scopedLive("F11 the server is killed under load and comes back: no commit that was answered is lost", () =>
  Effect.gen(function* () {
    const { server, url } = yield* fresh()
    yield* Effect.promise(() => server.settle())
    const { orders } = yield* stores(url)
    const before = (yield* failed("lost")) + (yield* failed("unreachable"))
    const kept: Array<string> = []
    let isOpen = true
    const client = Effect.iterate(0, {
      while: () => isOpen,
      body: () =>
        Effect.gen(function* () {
          const change = placed()
          const outcome = yield* Effect.either(orders.commit([change]))
          if (Either.isRight(outcome)) kept.push(change.payment.payOrderNo)
          else yield* Effect.sleep("20 millis")
          return 0
        })
    })
    const accidents = Effect.gen(function* () {
      for (let times = 0; times < 5; times++) {
        yield* Effect.sleep("400 millis")
        yield* Effect.promise(() => server.down("SIGKILL"))
        yield* Effect.promise(() => server.up())
      }
      yield* Effect.sleep("400 millis")
      isOpen = false
    })
    yield* Effect.all(
      [
        accidents,
        Effect.all(
          Array.from({ length: 8 }, () => client),
          { concurrency: "unbounded" }
        )
      ],
      {
        concurrency: "unbounded"
      }
    )
    yield* Effect.retry(orders.ready, { times: 50, schedule: undefined })
    const versions = yield* orders.versions(kept)
    expect(kept.length).toBeGreaterThan(100)
    expect(versions.size).toBe(kept.length)
    expect((yield* failed("lost")) + (yield* failed("unreachable"))).toBeGreaterThan(before)
  })
)

it.scopedLive(
  "F16 a row is locked by somebody: its commit ends in time, its neighbours are written, later it works",
  () =>
    Effect.gen(function* () {
      const { url } = yield* fresh()
      const { orders } = yield* stores(url)
      const changes = Array.from({ length: many }, placed)
      yield* Effect.forEach(changes, (change) => orders.commit([change]), { concurrency: "unbounded" })
      const [locked, ...others] = changes
      if (locked === undefined) return expect.fail("There is no order.")
      const before = yield* failed("lock_wait")
      const other = yield* somebody(url)
      yield* Effect.promise(() => other.query("BEGIN"))
      yield* Effect.promise(() =>
        other.query("SELECT 1 FROM payment_proxy_order WHERE pay_order_no = ? FOR UPDATE", [locked.payment.payOrderNo])
      )
      const outcomes = yield* Effect.forEach(
        [locked, ...others],
        (change) => Effect.either(orders.commit([next(change)])),
        {
          concurrency: "unbounded"
        }
      )
      expect(outcomes.map(Either.isRight)).toEqual([false, ...others.map(() => true)])
      expect(outcomes.filter(Either.isLeft).map(({ left }) => codeIn(left))).toEqual([1205])
      expect(yield* failed("lock_wait")).toBeGreaterThan(before)
      yield* Effect.promise(() => other.query("ROLLBACK"))
      yield* orders.commit([next(locked)])
    })
)

it.scopedLive("F16 deadlocks: done again by themselves, nobody hears of them", () =>
  Effect.gen(function* () {
    const { url, admin } = yield* fresh()
    const { orders } = yield* stores(url)
    const changes = Array.from({ length: many }, placed)
    yield* Effect.forEach(changes, (change) => orders.commit([change]), { concurrency: "unbounded" })
    const numbers = changes.map(({ payment }) => payment.payOrderNo)
    let isOpen = true
    // Others who lock the same rows in the order opposite to a batch's.
    const reversed = Effect.gen(function* () {
      const other = yield* somebody(url)
      while (isOpen) {
        yield* Effect.promise(() => other.query("BEGIN"))
        yield* Effect.forEach(numbers.toReversed(), (no) =>
          Effect.promise(() =>
            other
              .query("UPDATE payment_proxy_order SET remark = 'seen' WHERE pay_order_no = ?", [no])
              .catch(() => undefined)
          )
        )
        yield* Effect.promise(() => other.query("COMMIT"))
        yield* Effect.sleep("5 millis")
      }
    }).pipe(Effect.scoped)
    const deadlocks = Effect.map(statements(admin, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"), ([row]) =>
      Number((row as { readonly Value: string }).Value)
    )
    const ours = Effect.gen(function* () {
      for (let round = 1; round <= 200 && (round <= 20 || (yield* deadlocks) < 3); round++)
        yield* Effect.forEach(
          changes,
          ({ payment }) => orders.commit([aChange({ ...payment, state: "PENDING" }, round)]),
          { concurrency: "unbounded" }
        )
      isOpen = false
    })
    yield* Effect.all([ours, reversed, reversed], { concurrency: "unbounded" })
    expect(yield* deadlocks).toBeGreaterThan(0)
  })
)

it.scopedLive("F17 no connection is left on the server: unavailable, in time; well again by itself", () =>
  Effect.gen(function* () {
    const { url, admin } = yield* fresh()
    const { orders, proxy } = yield* stores(url)
    const keeper = yield* somebody(admin)
    yield* Effect.scoped(
      Effect.gen(function* () {
        proxy.cut()
        yield* Effect.promise(() => keeper.query("SET GLOBAL max_connections = 10"))
        const taken = yield* Effect.forEach(Array.from({ length: 20 }), () =>
          Effect.either(Effect.tryPromise(() => createConnection({ uri: url })))
        )
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            for (const one of taken) if (Either.isRight(one)) one.right.destroy()
          })
        )
        const before = performance.now()
        const refused = yield* failed("too_many_connections")
        expect(codeIn(yield* Effect.flip(orders.commit([placed()])))).toBe(1040)
        expect(codeIn(yield* Effect.flip(orders.ready))).toBe(1040)
        expect(performance.now() - before).toBeLessThan(5000)
        expect((yield* failed("too_many_connections")) - refused).toBeGreaterThanOrEqual(2)
      })
    )
    yield* Effect.retry(orders.commit([placed()]), { times: 20 })
  })
)

it.scopedLive("F18 the server has no room left: unavailable, and counted as full", () =>
  Effect.gen(function* () {
    const { server, url } = yield* fresh({
      extra: ["--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:16M"]
    })
    if (server.program.kind === "mysql") return
    const { orders } = yield* stores(url)
    const before = yield* failed("full")
    yield* statements(url, "CREATE TABLE filling (bytes longblob)")
    const other = yield* somebody(url)
    const fill = (bytes: number) =>
      Effect.flip(
        Effect.forever(Effect.tryPromise(() => other.query(`INSERT INTO filling VALUES (REPEAT('x', ${bytes}))`)))
      )
    yield* fill(100_000)
    yield* fill(4000)
    // What is left of pages that have room is soon used up.
    const refused = yield* Effect.flip(Effect.forever(Effect.suspend(() => orders.commit([placed()]))))
    expect(codeIn(refused)).toBe(1114)
    expect(yield* failed("full")).toBeGreaterThan(before)
  })
)

it.scopedLive("F19 the server becomes read-only: unavailable; well again by itself", () =>
  Effect.gen(function* () {
    const { url, admin } = yield* fresh({ isGuarded: true })
    const { orders, due } = yield* stores(url)
    const change = placed()
    yield* orders.commit([change])
    const before = yield* failed("read_only")
    yield* statements(admin, "SET GLOBAL read_only = 1")
    expect(codeIn(yield* Effect.flip(orders.commit([placed()])))).toBe(1290)
    expect(codeIn(yield* Effect.flip(orders.commit([next(change)])))).toBe(1290)
    expect(codeIn(yield* Effect.flip(orders.ready))).toBe(1290)
    expect(codeIn(yield* Effect.flip(due.hasten(change.payment.payOrderNo)))).toBe(1290)
    expect((yield* failed("read_only")) - before, "each once").toBe(4)
    yield* statements(admin, "SET GLOBAL read_only = 0")
    yield* orders.ready
    yield* orders.commit([next(change)])
  })
)

it.scopedLive("F20 the server's settings are others than ours: each session is set, whatever they are", () =>
  Effect.gen(function* () {
    const { url, admin } = yield* fresh({
      extra: [
        "--sql-mode=",
        "--character-set-server=latin1",
        "--transaction-isolation=SERIALIZABLE",
        "--default-time-zone=+08:00"
      ]
    })
    const { orders } = yield* stores(url)
    const payment = aPayment({ businessNo: "保险-😀", state: "SUCCEEDED", paidAtMillis: Date.UTC(2026, 10, 23, 8) })
    yield* orders.commit([aChange(payment, 0)])
    const [row] = yield* statements(admin, "SELECT business_no, pay_date FROM proxy.payment_proxy_order")
    expect(row).toEqual({ business_no: "保险-😀", pay_date: "2026-11-23 08:00:00" })
    const tooLong = aChange(aPayment({ businessNo: "x".repeat(65) }), 0)
    expect(codeIn(yield* Effect.flip(orders.commit([tooLong])))).toBe(1406)
  })
)

it.scopedLive("F20 a server that does not sync each commit is refused", () =>
  Effect.gen(function* () {
    const { url } = yield* fresh({ extra: ["--innodb-flush-log-at-trx-commit=2"] })
    const failed = yield* Effect.flip(Effect.scoped(Layer.build(Mysql.layer({ url }))))
    expect(String(failed)).toContain("set innodb_flush_log_at_trx_commit to 1, where it is 2")
  })
)
