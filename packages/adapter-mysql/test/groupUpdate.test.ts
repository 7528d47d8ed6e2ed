import { SqlClient } from "@effect/sql"
import { expect, it } from "@effect/vitest"
import { DueWork, Orders, StoreUnavailable } from "@payment-proxy/ports"
import { aChange, aPayment, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Duration, Effect, Either, Layer } from "effect"
import * as Database from "../src/Database.ts"
import * as GroupUpdate from "../src/GroupUpdate.ts"
import * as Mysql from "../src/index.ts"
import { ownDatabase } from "./scratch.ts"

const all = { concurrency: "unbounded" } as const
const options = { maxConnections: 4, acquireMillis: 500, statementMillis: 1000, settleMillis: 5000, startSeconds: 60 }
const lease = Duration.seconds(30)

/** Updates on a table of ten rows, behind a proxy that counts the packets. */
const updating = Effect.gen(function* () {
  const url = yield* ownDatabase
  const { url: through, proxy } = yield* ThrowawayMariaDb.proxied(url)
  yield* ThrowawayMariaDb.statements(
    url,
    "CREATE TABLE row_of (id int PRIMARY KEY, note varchar(8) NOT NULL) ENGINE=InnoDB",
    "INSERT INTO row_of VALUES (1, ''), (2, ''), (3, ''), (4, ''), (5, ''), (6, ''), (7, ''), (8, ''), (9, ''), (10, '')"
  )
  const context = yield* Layer.build(Database.layer({ ...options, url: through }))
  const database = yield* Effect.provide(Database.Database, context)
  const { update } = yield* GroupUpdate.make(database)
  const { sql } = database
  const set = (id: number, note: string) => update(sql`UPDATE row_of SET note = ${note} WHERE id = ${id}`)
  const notes = Effect.map(ThrowawayMariaDb.statements(url, "SELECT note FROM row_of ORDER BY id"), (rows) =>
    rows.map((row) => (row as { readonly note: string }).note)
  )
  return { set, notes, proxy, url }
})
const ids = Array.from({ length: 10 }, (_, index) => index + 1)

it.scopedLive("each caller is told of his own row, and they share transactions", () =>
  Effect.gen(function* () {
    const { set, notes, proxy } = yield* updating
    yield* set(1, "first")
    let packets = 0
    proxy.fate = () => {
      packets += 1
      return "pass"
    }
    const found = yield* Effect.forEach([...ids, 99], (id) => set(id, `n'${id}\\`), all)
    expect(found).toEqual([...ids.map(() => 1), 0])
    expect(yield* notes).toEqual(ids.map((id) => `n'${id}\\`))
    expect(packets, "fewer than there are callers").toBeLessThan(ids.length)
  })
)

it.scopedLive("one that the server does not take fails alone, and leaves nothing open", () =>
  Effect.gen(function* () {
    const { set, notes } = yield* updating
    const outcomes = yield* Effect.forEach(ids, (id) => Effect.either(set(id, id === 5 ? "far too long" : "ok")), all)
    expect(outcomes.map(Either.isRight)).toEqual(ids.map((id) => id !== 5))
    expect(yield* notes).toEqual(ids.map((id) => (id === 5 ? "" : "ok")))
    expect(yield* set(5, "ok")).toBe(1)
  })
)

it.scopedLive("in the dark all who wait are told within the time limit, and it works again after", () =>
  Effect.gen(function* () {
    const { set, proxy } = yield* updating
    yield* set(1, "a")
    proxy.darken()
    const begin = performance.now()
    const outcomes = yield* Effect.forEach([...ids, ...ids, ...ids], (id) => Effect.either(set(id, "b")), all)
    expect(outcomes.every((one) => Either.isLeft(one) && one.left instanceof StoreUnavailable)).toBe(true)
    expect(performance.now() - begin).toBeLessThan(5000)
    proxy.lighten()
    expect(yield* Effect.retry(set(1, "c"), { times: 20 })).toBe(1)
  })
)

it.scopedLive("a row that somebody holds keeps its own caller waiting, and the others for two seconds at most", () =>
  Effect.gen(function* () {
    const url = yield* ownDatabase
    const context = yield* Layer.build(Mysql.layer({ ...options, statementMillis: 4000, url }))
    const orders = yield* Effect.provide(Orders, context)
    const due = yield* Effect.provide(DueWork, context)
    const changes = Array.from({ length: 5 }, () => aChange(aPayment(), 0, { dueIn: Duration.zero }))
    yield* Effect.forEach(changes, (change) => orders.commit([change]), all)
    const claimed = yield* due.claim("orders", 5, lease)
    const holder = yield* Layer.build(Database.layer({ ...options, url }))
    const outcomes = yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`SELECT 1 FROM payment_proxy_order WHERE pay_order_no = ${claimed[0]?.id ?? ""} FOR UPDATE`.unprepared
      return yield* Effect.forEach(claimed, (piece) => Effect.either(due.done(piece, null)), all)
    }).pipe((held) =>
      Effect.flatMap(Effect.provide(Database.Database, holder), ({ sql, transaction }) =>
        transaction(Effect.provideService(held, SqlClient.SqlClient, sql))
      )
    )
    expect(outcomes.map(Either.isRight)).toEqual([false, true, true, true, true])
    expect(outcomes.filter(Either.isRight).map(({ right }) => right)).toEqual([true, true, true, true])
  })
)
