import { fork } from "node:child_process"
import { join } from "node:path"
import * as Mysql from "@payment-proxy/adapter-mysql"
import { DueWork } from "@payment-proxy/ports"
import { Server } from "@payment-proxy/testkit/mariadb/Server"
import { Duration, Effect } from "effect"
import { createConnection } from "mysql2/promise"
import type { Arguments } from "../Arguments.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"

const orders = 1_000_000
const dueOrders = 100_000
const workers = 2
const claims = 50
const batch = 100
const expectedPerSecond = 5000
const expectedMillis = 50

interface Done {
  readonly done: number
  readonly millis: number
}

/** A worker process, ready; `go` lets it begin. */
const worker = async (url: string) => {
  const child = fork(join(import.meta.dirname, "dueWorker.ts"), [], {
    execArgv: ["--conditions=source"],
    env: { ...process.env, DATABASE_URL: url, NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "inherit", "ipc"]
  })
  await new Promise<void>((ready, failed) => {
    child.stdout?.once("data", () => ready())
    child.once("exit", (code) => failed(new Error(`A worker ended: ${code}.`)))
  })
  const go = () =>
    new Promise<Done>((done) => {
      child.once("message", (said) => done(said as Done))
      child.send("go")
    })
  return { go, end: () => child.kill("SIGKILL") }
}

const claimTimes = (url: string) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const times: Array<number> = []
    for (let count = 0; count < claims; count++) {
      const begin = performance.now()
      const claimed = yield* due.claim("orders", batch, Duration.seconds(60))
      times.push(performance.now() - begin)
      if (claimed.length !== batch) return yield* Effect.dieMessage(`${claimed.length} orders were claimed.`)
    }
    return times.sort((a, b) => a - b)
  }).pipe(Effect.provide(Mysql.layer({ url })))

const now = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"
const explained = `EXPLAIN SELECT piece.pay_order_no AS id, piece.due_tries, piece.due_asks FROM payment_proxy_order AS piece
  WHERE piece.due_millis <= ${now} AND (piece.due_token IS NULL OR piece.due_lease_millis <= ${now})
  ORDER BY piece.due_millis LIMIT ${batch} FOR UPDATE SKIP LOCKED`

/** How fast due work is claimed and done by two workers, and how long a claim takes among a million orders. */
export const run = ({ name, seed }: Arguments) =>
  Effect.promise(async (): Promise<Printed> => {
    const server = await Server.start()
    const all: Array<Awaited<ReturnType<typeof worker>>> = []
    try {
      const admin = await createConnection({ uri: server.url("information_schema") })
      await admin.query("CREATE DATABASE bench")
      await admin.query("USE bench")
      const url = server.url("bench")
      await Effect.runPromise(Effect.provide(Effect.void, Mysql.layer({ url })))
      await admin.query(`INSERT INTO payment_proxy_order
        (pay_order_no, pay_status, amount, currency, trans_type, app, vendor, version, idempotency_key, facts, due_millis)
        SELECT CONCAT('01K', LPAD(seq, 26, '0')), 20, '12.34', 156, 1, 'shop', 'platform', 2, CONCAT('key-', seq), '{}',
          IF(seq % ${orders / dueOrders} = 0, seq, NULL) FROM seq_1_to_${orders}`)
      await admin.query("ANALYZE TABLE payment_proxy_order")
      const [plan] = await admin.query(explained)
      const times = await Effect.runPromise(claimTimes(url))
      await admin.query(
        "UPDATE payment_proxy_order SET due_token = NULL, due_lease_millis = NULL WHERE due_token IS NOT NULL"
      )
      for (let count = 0; count < workers; count++) all.push(await worker(url))
      const did = await Promise.all(all.map(({ go }) => go()))
      admin.destroy()
      const done = did.reduce((sum, one) => sum + one.done, 0)
      const perSecond = Math.round((1000 * done) / Math.max(...did.map(({ millis }) => millis)))
      const medianMillis = Number((times[Math.floor(times.length / 2)] ?? Number.NaN).toPrecision(3))
      const longestMillis = Number((times.at(-1) ?? Number.NaN).toPrecision(3))
      return {
        lines: [
          `${orders.toLocaleString("en")} orders, ${dueOrders.toLocaleString("en")} of them due.`,
          `A claim of ${batch}: median ${medianMillis} ms, longest of ${claims} ${longestMillis} ms (at most ${expectedMillis} ms is expected).`,
          `Claimed and done by ${workers} workers: ${done.toLocaleString("en")}, ${perSecond.toLocaleString("en")} per second (at least ${expectedPerSecond} are expected).`,
          `The claim's plan: ${JSON.stringify(plan)}`
        ],
        json: { name, seed, perSecond, done, claim: { medianMillis, longestMillis }, plan, machine: Report.machine() },
        isRight: done === dueOrders
      }
    } finally {
      for (const { end } of all) end()
      await server.close()
    }
  })
