import * as Checker from "@payment-proxy/testkit/Checker"
import { describe, expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import { Client } from "../../src/faults/Client.ts"
import * as Faketime from "../../src/faults/Faketime.ts"
import * as Inspector from "../../src/faults/Inspector.ts"
import * as Traffic from "../../src/faults/Traffic.ts"
import type * as Witnesses from "../../src/faults/Witnesses.ts"
import * as World from "../../src/faults/World.ts"
import { desk } from "./desk.ts"

// Clocks that are wrong, on real processes: libfaketime lies to one of them, the platform and this test go by the true time.

const faketime = Faketime.find()
if ("fault" in faketime) {
  if (process.env["CI"] !== undefined) throw new Error(faketime.fault)
  console.warn(`No libfaketime, so F21 and F22 are not tried: ${faketime.fault}`)
}
const clockAt = (time: string) => Faketime.clock("library" in faketime ? faketime.library : "", time)

const hourMillis = 3_600_000
const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** Waits until it is so, at most this long. */
const untilSo = async (what: string, limitMillis: number, isSo: () => Promise<boolean> | boolean): Promise<void> => {
  const end = Date.now() + limitMillis
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`After ${limitMillis} ms still not: ${what}.`)
    await sleep(50)
  }
}

/** How long an answer of the platform to a query takes: two that are at it would show. */
const queryMillis = 400

const tokenMillis = 8000

/** The database's time. */
const nowSql = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"

const near = (millis: number) => (found: number) => Math.abs(found - millis) < 2000

/** No process kept a token past its end, or fetched one before its time, which is at four fifths of its life. */
const tokens = async (world: World.World, lastedMillis: number) => {
  const { requests } = (await world.platform("GET", "/_ledger")) as Witnesses.Shown
  const fetched = requests.filter(({ path }) => path === "/oauth/token").length
  const processes = world.gateways.length + world.workers.length
  expect(fetched).toBeGreaterThanOrEqual(world.gateways.length * 2 + 1)
  expect(fetched).toBeLessThanOrEqual(processes * (1 + lastedMillis / (tokenMillis * 0.8)))
  // Where the machine is busy, one may end on its way.
  expect(requests.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(1)
}

/** A world for one test, and what the test asks of it. */
const inWorld = async (
  clocks: { readonly [process: string]: Faketime.WallClock },
  options: World.Options,
  test: (at: ReturnType<typeof tools>) => Promise<void>
) => {
  const own = Object.entries(clocks).map(([process, { environment }]) => [process, environment] as const)
  const environmentOf = { ...options.environmentOf, ...Object.fromEntries(own) }
  try {
    const world = await World.start({ isMariaDb: true, environment: Inspector.environment, ...options, environmentOf })
    try {
      await Promise.all([...world.gateways, ...world.workers].map((service) => service.up()))
      await test(tools(world))
      await world.rest(30_000)
      expect(Checker.check(await world.sources()).violations).toEqual([])
    } finally {
      await world.close()
    }
  } finally {
    for (const { close } of Object.values(clocks)) close()
  }
}

interface Timed {
  readonly app: string
  readonly payOrderNo: string
}

const tools = (world: World.World) => {
  const asked = desk(() => world, Chance.numbers(20_261_126))
  const chance = Chance.numbers(21)

  /** How far a process's own wall clock is ahead. */
  const aheadMillis = async (address: string) => Number(await Inspector.evaluate(address, "Date.now()")) - Date.now()

  /** An order placed at one gateway, whose times are the true ones. */
  const placedAt = async (index: number): Promise<Timed> => {
    const { url = "" } = (await world.gateways[index]?.process?.ready) ?? {}
    const client = new Client(world.keys, () => [url])
    const order = Traffic.order(chance)
    const beforeMillis = Date.now()
    const outcome = await client.placeUntilAnswered(order)
    const afterMillis = Date.now()
    world.client.log.push(...client.log)
    if (outcome.type !== "ok") throw new Error("It was not placed.")
    await asked.until(order.app, outcome.payOrderNo, "PENDING")
    const response = await client.call("GET", `/v1/orders/${outcome.payOrderNo}`, order.app)
    const shown = (await response.json()) as { readonly createdAt: string; readonly expiresAt: string }
    const createdMillis = Date.parse(shown.createdAt)
    expect(createdMillis).toBeGreaterThan(beforeMillis - 500)
    expect(createdMillis).toBeLessThan(afterMillis + 500)
    expect(Date.parse(shown.expiresAt) - createdMillis).toBe(900_000)
    return { app: order.app, payOrderNo: outcome.payOrderNo }
  }

  const requests = async (call: Checker.VendorRequest["call"] | "any", { payOrderNo }: Timed) =>
    (await world.sources()).ledger.requests.filter(
      (one) => (call === "any" || one.call === call) && one.number === payOrderNo
    )

  /** Its payer has only so long, and it is due then, or after `dueMillis`; answers when its time is over. */
  const expireIn = async ({ payOrderNo }: Timed, millis: number, dueMillis = millis): Promise<number> => {
    const atMillis = Date.now() + millis
    await untilSo("nobody has it in hand", 10_000, async () => {
      await asked.admin(`UPDATE payment_proxy_order SET expires_millis = ${atMillis}, due_millis = ${nowSql} + ${dueMillis}
        WHERE pay_order_no = '${payOrderNo}' AND due_token IS NULL`)
      const [row] = await asked.admin(
        `SELECT expires_millis FROM payment_proxy_order WHERE pay_order_no = '${payOrderNo}'`
      )
      return Number(row?.["expires_millis"]) === atMillis
    })
    return atMillis
  }

  /** They wait for their payers, as before. */
  const waiting = async (orders: ReadonlyArray<Timed>) => {
    for (const order of orders) {
      expect(await asked.now(order.app, order.payOrderNo)).toMatchObject({ status: "PENDING" })
      expect(await requests("close", order)).toEqual([])
    }
  }

  /** Nobody asked the platform about an order while somebody else still did. */
  const oneAtATime = async (orders: ReadonlyArray<Timed>) => {
    for (const order of orders) {
      const times = (await requests("query", order)).map(({ atMillis }) => atMillis)
      expect(times.length).toBeGreaterThan(0)
      for (const [index, atMillis] of times.slice(1).entries())
        expect(atMillis - (times[index] ?? 0)).toBeGreaterThanOrEqual(queryMillis)
    }
  }

  const paid = async (order: Timed) => {
    await asked.pay(order.payOrderNo)
    await asked.until(order.app, order.payOrderNo, "SUCCEEDED")
  }

  /** The order was closed at its time. */
  const closedAt = async (order: Timed, atMillis: number, lateMillis: number) => {
    await asked.until(order.app, order.payOrderNo, "CLOSED")
    const [close] = await requests("close", order)
    expect(close?.atMillis).toBeGreaterThan(atMillis - 50)
    expect(close?.atMillis).toBeLessThan(atMillis + lateMillis)
  }

  return { world, ...asked, aheadMillis, placedAt, requests, expireIn, waiting, oneAtATime, paid, closedAt }
}

describe.skipIf("fault" in faketime)("clocks that are wrong", { timeout: 240_000 }, () => {
  it("F21 machines an hour ahead and behind, one ten times too fast, one that jumps: every order ends at its time", () => {
    const jumping = clockAt("+0")
    const clocks = {
      "gateway 0": clockAt("+3600"),
      "gateway 1": clockAt("-3600"),
      "worker 0": clockAt("+600 x10"),
      "worker 1": jumping
    }
    const environmentOf = { platform: { SANDBOX_TOKEN_TTL_SECONDS: String(tokenMillis / 1000) } }
    return inWorld(clocks, { gateways: 2, workers: 2, environmentOf }, async (at) => {
      const { world, aheadMillis, placedAt, expireIn, requests, waiting, oneAtATime, paid, closedAt, fail } = at
      const beginMillis = Date.now()
      const [ahead = "", behind = "", fast = "", set = ""] = [...world.gateways, ...world.workers].map((service) =>
        Inspector.addressOf(service.process)
      )
      expect(await aheadMillis(ahead)).toSatisfy(near(hourMillis))
      expect(await aheadMillis(behind)).toSatisfy(near(-hourMillis))
      expect(await aheadMillis(fast)).toBeGreaterThan(600_000)
      for (const { process } of world.gateways) expect(process?.said()).toContain("CLOCK_APART")
      await fail({ on: "query", fault: "latency", millis: queryMillis })
      const patient = [await placedAt(0), await placedAt(1)]
      await paid(await placedAt(0))
      await paid(await placedAt(1))

      jumping.set("+600")
      expect(await aheadMillis(set)).toSatisfy(near(600_000))
      const begun = Date.now()
      for (const order of patient) await expireIn(order, 300_000, 0)
      for (const order of patient)
        await untilSo("a worker whose machine says that its time is over has it in hand", 20_000, async () =>
          (await requests("any", order)).some(({ atMillis }) => atMillis > begun)
        )
      await sleep(1000)
      await waiting(patient)
      await oneAtATime(patient)

      expect(await aheadMillis(fast), "it runs away").toBeGreaterThan(630_000)
      await world.workers[0]?.end("SIGTERM")
      jumping.set("-600")
      expect(await aheadMillis(set)).toSatisfy(near(-600_000))
      const short = await placedAt(0)
      await closedAt(short, await expireIn(short, 4000), 10_000)
      await sleep(beginMillis + tokenMillis - Date.now())
      await paid(await placedAt(0))
      await paid(await placedAt(1))
      await waiting(patient)
      await tokens(world, Date.now() - beginMillis)
    })
  })

  it("F22 the database's clock jumps back by 300 s, and on again: times stay true, work waits no longer than the jump", () => {
    const clock = clockAt("+0")
    return inWorld({ database: clock }, { workers: 1 }, async (at) => {
      const { world, placedAt, expireIn, waiting, oneAtATime, paid, closedAt, fail, admin, requests } = at
      const aheadMillis = async () =>
        Number((await admin(`SELECT ${nowSql} AS now_millis`))[0]?.["now_millis"]) - Date.now()
      const said = () => [...world.gateways, ...world.workers].map((service) => service.process?.said() ?? "")
      await fail({ on: "query", fault: "latency", millis: queryMillis })
      const [before, toPay, short] = [await placedAt(0), await placedAt(0), await placedAt(0)]
      const endMillis = await expireIn(short, 4000)

      clock.set("-300")
      expect(await aheadMillis()).toSatisfy(near(-300_000))
      await untilSo("both processes say so", 10_000, () => said().every((lines) => lines.includes("CLOCK_APART")))
      await paid(toPay)
      const during = await placedAt(0)
      await untilSo("it is asked about as ever", 15_000, async () => (await requests("query", during)).length > 0)
      await waiting([before, during, short])
      const [late] = await admin(`SELECT MAX(due_millis) - ${nowSql} AS wait FROM payment_proxy_order
        WHERE pay_order_no IN ('${before.payOrderNo}', '${short.payOrderNo}')`)
      expect(Number(late?.["wait"])).toBeGreaterThan(200_000)
      expect(Number(late?.["wait"]), "no longer than the jump").toBeLessThan(300_000 + 20_000)

      clock.set("+0")
      expect(await aheadMillis()).toSatisfy(near(0))
      await closedAt(short, endMillis, 300_000)
      await paid(before)
      await oneAtATime([during])
      await waiting([during])
      expect(said().filter((lines) => lines.includes("CLOCK_SET"))).toEqual([])
    })
  })
})
