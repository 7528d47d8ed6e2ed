import * as Checker from "@payment-proxy/testkit/Checker"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as Refunding from "../../src/faults/Refunding.ts"
import * as World from "../../src/faults/World.ts"
import { desk } from "./desk.ts"
import { isStopped, untilSo } from "./probes.ts"

// The crash points of refunds, closes and events, on a gateway, two workers and a MariaDB.

const chance = Chance.numbers(20_261_129)
const limitMillis = 60_000
const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

let world: World.World
const { fail, placed, until, history, pay } = desk(() => world, chance)

const first = <A>(all: ReadonlyArray<A>): A => {
  const [one] = all
  if (one === undefined) throw new Error("There is none.")
  return one
}
const gateway = () => first(world.gateways)
const services = () => [...world.gateways, ...world.workers]

beforeAll(async () => {
  world = await World.start({ workers: 2, isMariaDb: true })
}, 120_000)
beforeEach(async () => {
  for (const service of services()) service.resume()
  await Promise.all(services().map(async (service) => service.process ?? (await service.up())))
}, 60_000)
afterEach(() => world.platform("PUT", "/_faults", []))
afterAll(async () => {
  for (const service of services()) service.resume()
  await Promise.all(services().map(async (service) => service.process ?? (await service.up())))
  await world.rest(limitMillis)
  const verdict = Checker.check(await world.sources())
  await world.close()
  expect(verdict.violations, "of all points together").toEqual([])
}, 120_000)

const open = async () => {
  const { order, shown } = await placed()
  await until(order.app, shown.payOrderNo, "PENDING")
  return { app: order.app, payOrderNo: shown.payOrderNo, amount: order.body.amount }
}

const paid = async () => {
  const order = await open()
  await pay(order.payOrderNo)
  await until(order.app, order.payOrderNo, "SUCCEEDED")
  return order
}

/** The platform gave all of it back, by one refund. */
const refundedOnce = async ({ app, payOrderNo }: { readonly app: string; readonly payOrderNo: string }) => {
  await until(app, payOrderNo, "REFUNDED")
  const payment = (await world.sources()).ledger.payments.find(({ number }) => number === payOrderNo)
  expect(payment?.refunds?.length).toBe(1)
  expect(payment?.refundedMinor).toBe(payment?.amountMinor)
}

const refundHistory = async ({ payOrderNo }: { readonly payOrderNo: string }) =>
  (await world.sources()).dump.history
    .filter((row) => row.payOrderNo === `${payOrderNo}R1`)
    .sort((a, b) => a.version - b.version)

/** The gateway, stopped by `signal` at its next visit of a point, once it has taken in all else. */
const gatewayAt = async (point: string, signal: "SIGKILL" | "SIGSTOP") => {
  await gateway().end("SIGTERM")
  return gateway().attempt(`${point}:1:${signal}`)
}

/** No worker but the first, which does to itself at `point` what `signal` does. */
const workerAt = async (point: string, signal: "SIGKILL" | "SIGSTOP") => {
  await Promise.all(world.workers.map((service) => service.end("SIGTERM")))
  return first(world.workers).attempt(`${point}:1:${signal}`)
}

/** A refund in doubt, which a worker sends again: the platform never got it. */
const refundInDoubt = async () => {
  const order = await paid()
  await fail({ on: "refund", fault: "drop-before-accept", times: 1 })
  const refund = Refunding.make(order.app, order.payOrderNo, null)
  expect(await world.refunder.askUntilAnswered(refund)).toMatchObject({ type: "ok", status: 202 })
  return order
}

const othersUp = () => Promise.all(world.workers.slice(1).map((service) => service.up()))

const gotOf = (payOrderNo: string) => world.sink.got.filter((got) => got.payOrderNo === payOrderNo)

/** An order's events as they are kept and as they came, and what the workers say, for whoever wonders why one does not come. */
const eventsOf = async (payOrderNo: string): Promise<string> => {
  const { dump } = await world.sources()
  const kept = dump.deliveries.filter((row) => row.payOrderNo === payOrderNo)
  const said = world.workers.map(({ process }) => process?.said() ?? "It does not run.")
  return [`at ${Date.now()}`, JSON.stringify(kept), JSON.stringify(gotOf(payOrderNo)), ...said].join("\n")
}

describe.sequential("crash points of money that moves after a payment", { timeout: 300_000 }, () => {
  it.each(["K18", "K19"])(
    "F03 a gateway is killed at %s of a refund: it goes on, and the money goes back once",
    async (point) => {
      const running = await gatewayAt(point, "SIGKILL")
      const asked: Array<Refunding.Refund> = []
      // Where the machine is so busy that the call's time is over before it can leave, a worker sends it, and the next is tried.
      for (let isAlive = true; isAlive && asked.length < 10; ) {
        const { app, payOrderNo } = await paid()
        const refund = Refunding.make(app, payOrderNo, null)
        asked.push(refund)
        const { type } = await world.refunder.ask(refund)
        isAlive = type !== "info" || (await Promise.race([running.ended, sleep(2000)])) === undefined
      }
      expect((await running.ended).signal).toBe("SIGKILL")
      await gateway().up()
      for (const refund of asked) {
        expect(await world.refunder.askUntilAnswered(refund)).toMatchObject({ type: "ok" })
        await refundedOnce(refund)
      }
    }
  )

  it.each(["K18", "K19"])(
    "F03 a worker is killed at %s of a refund that is sent again: others take over",
    async (point) => {
      const order = await refundInDoubt()
      expect((await (await workerAt(point, "SIGKILL")).ended).signal).toBe("SIGKILL")
      await othersUp()
      await refundedOnce(order)
    }
  )

  it.each(["K18", "K19"])(
    "F04 a worker is paused at %s of a refund past its lease: it changes nothing when it wakes",
    async (point) => {
      const order = await refundInDoubt()
      const paused = await workerAt(point, "SIGSTOP")
      await untilSo("the worker is paused", limitMillis, () => isStopped(paused))
      await othersUp()
      await refundedOnce(order)
      await untilSo("the refund is at its end", limitMillis, async () =>
        (await refundHistory(order)).some(({ state }) => state === "SUCCEEDED")
      )
      const { length } = await refundHistory(order)
      first(world.workers).resume()
      await sleep(2000)
      expect(paused.pid, "it lives on").toBe(first(world.workers).process?.pid)
      // It may write down that its own call was too late to be sent, and nothing else.
      const after = (await refundHistory(order)).slice(length)
      expect(after.filter(({ state, cause }) => state !== "SUCCEEDED" || !cause.startsWith("answer:"))).toEqual([])
      await refundedOnce(order)
    }
  )

  it("F03 a gateway is killed at K20 of a close: the order is closed once", async () => {
    const running = await gatewayAt("K20", "SIGKILL")
    const order = await open()
    let isAlive = true
    const asking = (async () => {
      for (; isAlive; await sleep(100))
        await world.client.call("POST", `/v1/orders/${order.payOrderNo}/close`, order.app).catch(() => undefined)
    })()
    expect((await running.ended).signal).toBe("SIGKILL")
    isAlive = false
    await asking
    await gateway().up()
    await until(order.app, order.payOrderNo, "CLOSED")
    const states = (await history(order.app, order.payOrderNo)).map(([status]) => status)
    expect(states.filter((status) => status === "CLOSED").length).toBe(1)
  })

  it.each(["K21", "K22"])(
    "F03 a worker is killed at %s of an event: it is sent again, with the same id",
    async (point) => {
      const order = await open()
      await world.rest(limitMillis)
      const running = await workerAt(point, "SIGKILL")
      await pay(order.payOrderNo)
      expect((await running.ended).signal).toBe("SIGKILL")
      const told = () => gotOf(order.payOrderNo).filter(({ body }) => body.includes('"order.succeeded"'))
      await untilSo("it had left", limitMillis, () => told().length === 1)
      await othersUp()
      await untilSo(
        "it came again",
        limitMillis,
        () => told().length === 2,
        () => eventsOf(order.payOrderNo)
      )
      expect(new Set(told().map(({ eventId }) => eventId)).size).toBe(1)
      expect(new Set(told().map(({ body }) => body)).size).toBe(1)
    }
  )

  it("F04 a worker is paused at K22 of an event past its lease: sent twice with the same id, and marked once", async () => {
    const order = await open()
    await world.rest(limitMillis)
    const paused = await workerAt("K22", "SIGSTOP")
    await pay(order.payOrderNo)
    await untilSo("the worker is paused", limitMillis, () => isStopped(paused))
    await othersUp()
    const told = () => gotOf(order.payOrderNo).filter(({ body }) => body.includes('"order.succeeded"'))
    await untilSo("it came again", limitMillis, () => told().length === 2)
    const rowOf = async () =>
      (await world.sources()).dump.deliveries.find(({ eventId }) => eventId === told()[0]?.eventId)
    await untilSo("it is marked", limitMillis, async () => (await rowOf())?.state === "delivered")
    const before = await rowOf()
    first(world.workers).resume()
    await sleep(2000)
    expect(paused.pid, "it lives on").toBe(first(world.workers).process?.pid)
    expect(await rowOf()).toEqual(before)
    expect(new Set(told().map(({ eventId }) => eventId)).size).toBe(1)
  })
})
