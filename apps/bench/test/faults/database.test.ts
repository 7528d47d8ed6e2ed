import { execFileSync } from "node:child_process"
import * as Checker from "@payment-proxy/testkit/Checker"
import { type Connection, createConnection } from "mysql2/promise"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import { Client } from "../../src/faults/Client.ts"
import * as Inspector from "../../src/faults/Inspector.ts"
import * as Passing from "../../src/faults/Passing.ts"
import type { Running } from "../../src/faults/Processes.ts"
import * as Traffic from "../../src/faults/Traffic.ts"
import * as World from "../../src/faults/World.ts"
import { crowd, crowded } from "./crowd.ts"
import { desk } from "./desk.ts"
import { counted, isReady, isStopped, untilSo } from "./probes.ts"

// Faults of our processes and of the database, on real ones: two gateways and three workers on one MariaDB.

const chance = Chance.numbers(20_261_124)
const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

let world: World.World
const { fail, placed, until, history, payments, pay, now, admin, events } = desk(() => world, chance)

const services = () => [...world.gateways, ...world.workers]
const database = (): World.Database => {
  if (world.database === undefined) throw new Error("There is no database.")
  return world.database
}
const gateway = (index: number): World.Service => {
  const service = world.gateways[index]
  if (service === undefined) throw new Error(`There is no gateway ${index}.`)
  return service
}
const worker = (index: number): World.Service => {
  const service = world.workers[index]
  if (service === undefined) throw new Error(`There is no worker ${index}.`)
  return service
}

/** A client of one gateway alone. */
const at = async (index: number): Promise<Client> => {
  const { url = "" } = (await gateway(index).process?.ready) ?? {}
  return new Client(world.keys, () => [url])
}

/** Taken: with the vendor's answer, or in doubt, as on a busy machine the vendor may be slower than its short limit. */
const taken = expect.toSatisfy((status: number) => status === 201 || status === 202, "201 or 202")

/** How a create is answered, and how long that takes. */
const asked = async (client: Client) => {
  const { app, key, body } = Traffic.order(chance)
  const begin = Date.now()
  const init = { body: JSON.stringify(body), headers: { "idempotency-key": key } }
  const response = await client.call("POST", "/v1/orders", app, init)
  return { status: response.status, retryAfter: response.headers.get("retry-after"), millis: Date.now() - begin }
}

beforeAll(async () => {
  world = await World.start({ gateways: 2, workers: 3, isMariaDb: true, environment: Inspector.environment })
}, 90_000)
beforeEach(async () => {
  for (const service of services()) service.resume()
  await Promise.all(services().map(async (service) => service.process ?? (await service.up())))
}, 60_000)
afterEach(async () => {
  await world.platform("PUT", "/_faults", [])
})
afterAll(async () => {
  for (const service of services()) service.resume()
  await Promise.all(services().map(async (service) => service.process ?? (await service.up())))
  await world.rest(60_000)
  const verdict = Checker.check(await world.sources())
  await world.close()
  expect(verdict.violations, "of all rows together").toEqual([])
}, 120_000)

/** An order in doubt: only a worker's question brings it on. */
const inDoubt = async () => {
  await fail({ on: "create", fault: "hang", times: 1 })
  const { order, shown } = await placed()
  expect(shown.status).toBe("SUBMITTING")
  return { app: order.app, payOrderNo: shown.payOrderNo }
}

/** No worker but the first, which does to itself at `point` what `signal` does. */
const workerAt = async (point: string, signal: "SIGKILL" | "SIGSTOP"): Promise<Running> => {
  await Promise.all(world.workers.map((service) => service.end("SIGTERM")))
  return worker(0).attempt(`${point}:1:${signal}`)
}

describe.sequential("rows of the fault page, on a MariaDB", { timeout: 90_000 }, () => {
  it.each(["K16", "K17"])("F03 a worker is killed at %s: others take over within a lease", async (point) => {
    const { app, payOrderNo } = await inDoubt()
    const dead = await workerAt(point, "SIGKILL")
    expect((await dead.ended).signal).toBe("SIGKILL")
    const begin = Date.now()
    await Promise.all([worker(1).up(), worker(2).up()])
    await until(app, payOrderNo, "PENDING")
    expect(Date.now() - begin).toBeLessThan(15_000)
    expect(await payments(payOrderNo)).toBe(1)
  })

  it.each(["K16", "K17"])(
    "F04 a worker is paused at %s past its lease: it changes nothing when it wakes",
    async (point) => {
      const { app, payOrderNo } = await inDoubt()
      const paused = await workerAt(point, "SIGSTOP")
      await untilSo("the worker is paused", 20_000, () => isStopped(paused))
      await Promise.all([worker(1).up(), worker(2).up()])
      await until(app, payOrderNo, "PENDING")
      const before = await history(app, payOrderNo)
      worker(0).resume()
      await sleep(2000)
      expect(paused.pid, "it lives on").toBe(worker(0).process?.pid)
      expect(await history(app, payOrderNo)).toEqual(before)
      expect(await payments(payOrderNo)).toBe(1)
    }
  )

  it.each(["K02", "K09"])(
    "F05 a gateway is stopped inside a transaction, at %s: nobody waits for it for long",
    async (point) => {
      await gateway(0).end("SIGTERM")
      const running = await gateway(0).attempt(`${point}:1:SIGSTOP`)
      const [first, second] = [await at(0), await at(1)]
      const order = Traffic.order(chance)
      const left = first.place(order)
      await untilSo("the gateway is stopped", 10_000, () => isStopped(running))
      const others = await Promise.all(Array.from({ length: 5 }, () => asked(second)))
      for (const { status, millis } of others) {
        expect(status).toEqual(taken)
        expect(millis).toBeLessThan(6000)
      }
      const begin = Date.now()
      const outcome = await second.placeUntilAnswered(order)
      if (outcome.type !== "ok") return expect.fail("The same key, whose row it holds, was not taken.")
      expect(Date.now() - begin).toBeLessThan(10_000)
      gateway(0).resume()
      await left
      await until(order.app, outcome.payOrderNo, "PENDING")
      const again = await second.place(order)
      expect(again).toMatchObject({ type: "ok", status: 200, payOrderNo: outcome.payOrderNo })
      world.client.log.push(...first.log, ...second.log)
    }
  )

  it("F05 a gateway is stopped in the transaction of a notification, at K13: it comes through", async () => {
    await gateway(0).end("SIGTERM")
    const running = await gateway(0).attempt("K13:1:SIGSTOP")
    const first = await at(0)
    const { app, key, body } = Traffic.order(chance)
    const outcome = await first.place({ app, key, body })
    world.client.log.push(...first.log)
    if (outcome.type !== "ok") throw new Error("It was not placed.")
    await pay(outcome.payOrderNo)
    await untilSo("the gateway is stopped", 10_000, () => isStopped(running))
    gateway(0).resume()
    await until(app, outcome.payOrderNo, "SUCCEEDED")
  })

  it("F06 a worker's event loop is blocked past its lease: its work goes on elsewhere, and once", async () => {
    const { app, payOrderNo } = await inDoubt()
    await Promise.all(world.workers.map((service) => service.end("SIGTERM")))
    await worker(0).up()
    await fail({ on: "query", fault: "hang" })
    const isAsked = async () =>
      (await world.sources()).ledger.requests.some(({ call, number }) => call === "query" && number === payOrderNo)
    await untilSo("the worker asks", 20_000, isAsked)
    await block(worker(0).process, 12)
    await fail()
    await worker(1).up()
    await until(app, payOrderNo, "PENDING")
    const before = await history(app, payOrderNo)
    await sleep(3000)
    expect(await history(app, payOrderNo)).toEqual(before)
    expect(await payments(payOrderNo)).toBe(1)
  })

  it("F07 SIGTERM under load: what it has taken is answered, and it ends in time", async () => {
    await fail({ on: "create", fault: "latency", millis: 300 })
    const client = await at(0)
    const running = gateway(0).process
    let isOpen = true
    const calls: Array<{ readonly begin: number; readonly end: number; readonly isAnswered: boolean }> = []
    const caller = async () => {
      while (isOpen) {
        const begin = Date.now()
        const { type } = await client.place(Traffic.order(chance))
        calls.push({ begin, end: Date.now(), isAnswered: type !== "info" })
        if (type === "info") await sleep(20)
      }
    }
    const callers = Array.from({ length: 20 }, caller)
    await sleep(1500)
    const told = Date.now()
    running?.kill("SIGTERM")
    expect(await running?.ended).toEqual({ code: 0, signal: null })
    expect(Date.now() - told).toBeLessThan(10_000)
    isOpen = false
    await Promise.all(callers)
    world.client.log.push(...client.log)
    const taken = calls.filter(({ begin, end }) => begin < told - 50 && end >= told)
    expect(taken.length).toBeGreaterThan(5)
    expect(taken.filter(({ isAnswered }) => !isAnswered)).toEqual([])
  })

  it("a worker that is told to end hands its leases back within ten seconds", async () => {
    const { app, payOrderNo } = await inDoubt()
    await Promise.all([worker(1).end("SIGTERM"), worker(2).end("SIGTERM")])
    await fail({ on: "query", fault: "hang" })
    const claims = () => admin("SELECT id FROM payment_proxy_order WHERE due_token IS NOT NULL")
    await untilSo("the worker has claimed it", 20_000, async () => (await claims()).length > 0)
    const running = worker(0).process
    const begin = Date.now()
    running?.kill("SIGTERM")
    expect((await running?.ended)?.code).toBe(0)
    expect(Date.now() - begin).toBeLessThan(10_000)
    expect(await claims()).toEqual([])
    await fail()
    await worker(1).up()
    await until(app, payOrderNo, "PENDING")
  })

  it("F08 all processes are killed at once, three times under load: nothing is lost", async () => {
    let isOpen = true
    const caller = async () => {
      while (isOpen) expect((await world.client.placeUntilAnswered(Traffic.order(chance))).type).toBe("ok")
    }
    const callers = Array.from({ length: 8 }, caller)
    for (let round = 0; round < 3; round++) {
      await sleep(1000)
      await Promise.all(services().map((service) => service.end("SIGKILL")))
      await Promise.all(services().map((service) => service.up()))
    }
    isOpen = false
    await Promise.all(callers)
  })

  it("F14 the database is a black hole: 503 within its time limit, and all well by itself", async () => {
    const client = await at(0)
    const before = await counted(client, "silent")
    database().proxy.darken()
    const answers = await Promise.all(Array.from({ length: 10 }, () => asked(client)))
    for (const { status, retryAfter, millis } of answers) {
      expect([status, retryAfter]).toEqual([503, "1"])
      expect(millis).toBeLessThan(7000)
    }
    expect(await isReady(client)).toBe(false)
    expect(await counted(client, "silent")).toBeGreaterThan(before)
    database().proxy.lighten()
    await untilSo("it is ready", 15_000, () => isReady(client))
    for (let count = 0; count < 30; count++) expect((await asked(client)).status).toEqual(taken)
  })

  it("F17 the server has no connection left: 503 within a second or two, and all well by itself", async () => {
    const client = await at(0)
    const before = await counted(client, "too_many_connections")
    const places = 10
    const [row] = await admin("SELECT @@max_connections AS max")
    const uri = database().server.url("payment_proxy", "app")
    await admin(`SET GLOBAL max_connections = ${places}`)
    const held: Array<Connection> = []
    try {
      await untilSo("every place is ours", 15_000, async () => {
        database().proxy.cut()
        const come = Array.from({ length: places }, () => createConnection({ uri }).catch(() => undefined))
        for (const connection of await Promise.all(come)) if (connection !== undefined) held.push(connection)
        return held.length === places
      })
      await untilSo("it is not ready", 15_000, async () => !(await isReady(client)))
      const answer = await asked(client)
      expect([answer.status, answer.retryAfter]).toEqual([503, "1"])
      expect(answer.millis).toBeLessThan(4000)
      expect(await counted(client, "too_many_connections")).toBeGreaterThan(before)
    } finally {
      for (const connection of held) connection.destroy()
      await untilSo("there is room for one", 10_000, () =>
        admin(`SET GLOBAL max_connections = ${row?.["max"]}`).then(
          () => true,
          () => false
        )
      )
    }
    await untilSo("it is ready", 15_000, () => isReady(client))
    expect((await asked(client)).status).toEqual(taken)
  })

  it("F18 the database's disk is full: it dies of it, and all is well once it has room and is started", async () => {
    const client = await at(0)
    const { server } = database()
    execFileSync("prlimit", ["--pid", String(server.pid), "--fsize=65536:unlimited"])
    await untilSo("it is not ready", 30_000, async () => {
      await asked(client).catch(() => undefined)
      return !(await isReady(client))
    })
    const answer = await asked(client)
    expect([answer.status, answer.retryAfter]).toEqual([503, "1"])
    await server.down()
    await server.up()
    await untilSo("it is ready", 20_000, () => isReady(client))
    expect((await asked(client)).status).toEqual(taken)
  })

  it("F19 the database takes no writes: 503, readiness red, and green again by itself", async () => {
    const client = await at(0)
    const before = await counted(client, "read_only")
    await admin("SET GLOBAL read_only = 1")
    try {
      const answer = await asked(client)
      expect([answer.status, answer.retryAfter]).toEqual([503, "1"])
      expect(await isReady(client)).toBe(false)
      expect(await counted(client, "read_only")).toBeGreaterThan(before)
    } finally {
      await admin("SET GLOBAL read_only = 0")
    }
    await untilSo("it is ready", 10_000, () => isReady(client))
    expect((await asked(client)).status).toEqual(taken)
  })

  it("F53 200 poisoned orders at the head of the queue: the others go on, and the poison rests and is told of", async () => {
    const rows = Array.from(
      { length: 200 },
      (_, index) => `('POISON${index}', 'shop', 'platform', 1, 10, 'no JSON', 1)`
    )
    await admin(
      `INSERT INTO payment_proxy_order (pay_order_no, app, vendor, version, pay_status, facts, due_millis) VALUES ${rows.join(", ")}`
    )
    try {
      const { app, payOrderNo } = await inDoubt()
      await until(app, payOrderNo, "PENDING")
      await untilSo("each was tried", 20_000, async () => {
        const [row] = await admin(
          "SELECT COUNT(*) AS left_over FROM payment_proxy_order WHERE facts = 'no JSON' AND due_millis = 1"
        )
        return Number(row?.["left_over"]) === 0
      })
      const [row] = await admin("SELECT MAX(due_tries) AS tries FROM payment_proxy_order WHERE facts = 'no JSON'")
      expect(Number(row?.["tries"])).toBeLessThan(10)
    } finally {
      await admin("DELETE FROM payment_proxy_order WHERE facts = 'no JSON'")
    }
  })

  it("F54 an app with a hundred thousand pieces of due work: the others are served as if it were not there", {
    timeout: 240_000
  }, async () => {
    const { shown } = await placed()
    const left = async (table: string) => {
      const [row] = await admin(`SELECT COUNT(*) AS due FROM ${table} WHERE app = 'noisy' AND due_millis = 1`)
      return Number(row?.["due"])
    }
    const rest = () => Promise.all(world.workers.map((service) => service.end("SIGTERM")))
    try {
      // Rows come and go ten times as fast while nobody is at them.
      await rest()
      await crowd(admin, shown.payOrderNo, "noisy")
      await Promise.all(world.workers.map((service) => service.up()))
      await untilSo("the workers are at it", 20_000, async () => (await left("payment_proxy_order")) < crowded)
      for (let times = 0; times < 2; times++) {
        const { app, payOrderNo } = await inDoubt()
        await until(app, payOrderNo, "PENDING")
        await untilSo("the app was told", 20_000, () => events(payOrderNo, "pending") === 1)
      }
      expect(await left("payment_proxy_order"), "the crowd is still there").toBeGreaterThan(crowded / 2)
      expect(await left("payment_proxy_delivery")).toBeGreaterThan(crowded / 2)
    } finally {
      await rest()
      for (const table of ["payment_proxy_order", "payment_proxy_delivery"])
        await admin(`DELETE FROM ${table} WHERE app = 'noisy'`)
    }
  })

  it("F55 a hundred creates with one key at two gateways: one order, one payment", async () => {
    const order = Traffic.order(chance)
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => world.client.placeUntilAnswered(order)))
    const numbers = new Set(outcomes.map((outcome) => (outcome.type === "ok" ? outcome.payOrderNo : outcome.type)))
    expect([...numbers]).toEqual([expect.stringMatching(/^[0-9A-Z]{29}$/)])
    const [number = ""] = numbers
    await until(order.app, number, "PENDING")
    expect(await payments(number)).toBe(1)
  })

  it("F55 a hundred proxied creates with one number at two gateways: one order, one payment", async () => {
    const { passer } = world
    const passing = Passing.make("shop", { value: "12.34", currency: "CNY" }, world.notifyUrl, "Travel insurance")
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => passer.pass(passing)))
    const last = await passer.passUntilAnswered(passing)
    const numbers = new Set([...outcomes, last].flatMap((one) => (one.type === "ok" ? [one.payOrderNo] : [])))
    expect([...numbers]).toEqual([expect.stringMatching(/^[0-9A-Z]{29}$/)])
    // Whoever comes while others are at the same order is told to try again.
    const refused = new Set(outcomes.flatMap((one) => (one.type === "fail" ? [one.code] : [])))
    expect([...refused].filter((code) => code !== "CONTENDED")).toEqual([])
    expect(await payments(passing.number)).toBe(1)
    const { ledger } = await world.sources()
    const accepted = ledger.requests.filter(({ number, isAccepted }) => number === passing.number && isAccepted)
    expect(accepted).toHaveLength(1)
    await passer.ask([passing])
    expect(passer.told.at(-1)?.orders).toEqual([{ payOrderNo: [...numbers][0], state: null }])
  })

  it("F56 keys are compared by the byte, and are each app's own", async () => {
    const { body } = Traffic.order(chance)
    const keys = ["Key-56", "key-56", "KEY-56", "key-56.", `${"k".repeat(255)}`]
    const all = [...keys.map((key) => ({ app: "shop", key, body })), { app: "other", key: "key-56", body }]
    const outcomes = await Promise.all(all.map((order) => world.client.place(order)))
    expect(outcomes.map(({ type }) => type)).toEqual(all.map(() => "ok"))
    expect(new Set(outcomes.map((outcome) => (outcome.type === "ok" ? outcome.payOrderNo : "")))).toHaveLength(
      all.length
    )
    const quoted = await world.client.place({ app: "shop", key: '"key-56"', body })
    expect(quoted, "in quotes it is the same").toMatchObject({ status: 200 })
    const bad = ["k".repeat(256), "key 56", "k\u00e9y"]
    for (const key of bad) expect(await world.client.place({ app: "shop", key, body })).toMatchObject({ status: 400 })
    world.client.log.length -= 1 + bad.length
  })

  it("200 closes and the payer's payment at once: one legal history, its versions without a gap", async () => {
    const { order, shown } = await placed()
    const closes = Array.from({ length: 200 }, () =>
      world.client.call("POST", `/v1/orders/${shown.payOrderNo}/close`, order.app).then(({ status }) => status)
    )
    const [, ...statuses] = await Promise.all([pay(shown.payOrderNo), ...closes])
    expect(statuses.filter((status) => status >= 500 && status !== 503)).toEqual([])
    await untilSo("it has ended", 30_000, async () =>
      ["SUCCEEDED", "CLOSED"].includes((await now(order.app, shown.payOrderNo)).status)
    )
    const rows = await admin(
      `SELECT version FROM payment_proxy_history WHERE pay_order_no = '${shown.payOrderNo}' ORDER BY version`
    )
    expect(rows.map(({ version }) => Number(version))).toEqual(rows.map((_, index) => index + 1))
  })
})

/** Keeps a process from doing anything else for so many seconds. */
const block = async (running: Running | undefined, seconds: number): Promise<void> => {
  const expression = `{ const end = Date.now() + ${seconds * 1000}; while (Date.now() < end); }`
  Inspector.evaluate(Inspector.addressOf(running), expression).catch(() => undefined)
  await sleep(100)
}
