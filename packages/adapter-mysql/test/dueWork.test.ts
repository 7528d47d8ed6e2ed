import { expect, it } from "@effect/vitest"
import { DueWork } from "@payment-proxy/ports"
import { ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Duration, Effect, Layer } from "effect"
import * as Mysql from "../src/index.ts"

const digits =
  "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
/** 20 000 numbers, from 0 on. */
const numbers = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS i
  FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f WHERE f.d < 2) AS numbers`
const aSecondAgo = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) - 1000"

/** A server whose tables have 20 000 rows that are done, of twenty owners, and a few that are due, of two; and one order of nobody. */
const crowded = Effect.gen(function* () {
  const server = yield* ThrowawayMariaDb.own()
  yield* ThrowawayMariaDb.statements(server.url("information_schema", "admin"), "CREATE DATABASE crowded")
  const url = server.url("crowded", "admin")
  const context = yield* Layer.build(Mysql.layer({ url }))
  const owner = "CONCAT('app-', i % 20)"
  const dueAt = `CASE WHEN i < 10 THEN ${aSecondAgo} WHEN i = 11 THEN ${aSecondAgo} END`
  const whose = `CASE WHEN i < 10 THEN 'busy' ELSE ${owner} END`
  yield* ThrowawayMariaDb.statements(
    url,
    `INSERT INTO payment_proxy_order
      (pay_order_no, pay_status, amount, currency, trans_type, app, vendor, version, idempotency_key, facts, due_millis)
      SELECT CONCAT('01K', LPAD(i, 26, '0')), 20, '12.34', 156, 1, ${whose}, 'platform', 2, CONCAT('key-', i), '{}', ${dueAt}
      FROM ${numbers}`,
    "UPDATE payment_proxy_order SET app = NULL WHERE pay_order_no = CONCAT('01K', LPAD(9, 26, '0'))",
    `INSERT INTO payment_proxy_delivery
      (id, event_id, pay_order_no, version, app, endpoint, type, body, state, created_millis, due_millis)
      SELECT CONCAT('dlv_', i), CONCAT('evt_', i), CONCAT('no-', i), 1, ${whose}, CONCAT('end-', ${whose}), 'order.succeeded', '{}',
        IF(i < 12, 'waiting', 'delivered'), i, ${dueAt} FROM ${numbers}`,
    "ANALYZE TABLE payment_proxy_order, payment_proxy_delivery"
  )
  const read = ThrowawayMariaDb.statements(url, "SHOW GLOBAL STATUS LIKE 'Handler_read_%'").pipe(
    Effect.map((rows) =>
      (rows as ReadonlyArray<{ readonly Value: string }>).reduce((sum, { Value }) => sum + Number(Value), 0)
    )
  )
  return { url, due: yield* Effect.provide(DueWork, context), read }
})

it.scopedLive("a claim reads what is due, not all that is done, however it is shared", () =>
  Effect.gen(function* () {
    const { due, read } = yield* crowded
    const lease = Duration.seconds(60)
    const claims = [
      ["orders", { besides: "busy" }, ["app-11"]],
      ["deliveries", { besides: "busy" }, ["app-11"]],
      ["deliveries", { avoiding: ["end-app-11"] }, Array.from({ length: 10 }, () => "busy")]
    ] as const
    for (const [queue, leaving, owners] of claims) {
      const before = yield* read
      const claimed = yield* due.claim(queue, 20, lease, leaving)
      expect(claimed.map(({ owner }) => owner)).toEqual(owners)
      expect((yield* read) - before, `rows read for ${queue} ${JSON.stringify(leaving)}`).toBeLessThan(2000)
    }
  })
)

it.scopedLive("of more endpoints than are looked at for one claim, as many as there is room for have their share", () =>
  Effect.gen(function* () {
    const { url, due } = yield* crowded
    const dueNow = `UPDATE payment_proxy_delivery SET due_millis = ${aSecondAgo}, state = 'waiting', endpoint = CONCAT('end-', id)
      WHERE created_millis BETWEEN 1000 AND 1599`
    yield* ThrowawayMariaDb.statements(url, dueNow)
    const claimed = yield* due.claim("deliveries", 20, Duration.seconds(60), { avoiding: ["end-busy"] })
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(20)
    const shared = yield* due.claim("deliveries", 20, Duration.seconds(60), {
      avoiding: ["end-busy"],
      besides: "app-1"
    })
    expect(shared.length).toBe(20)
    expect(shared.map(({ owner }) => owner)).not.toContain("app-1")
  })
)
