import * as Checker from "@payment-proxy/testkit/Checker"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import { hold } from "../../src/faults/lock.ts"
import * as Traffic from "../../src/faults/Traffic.ts"
import * as World from "../../src/faults/World.ts"
import { desk } from "./desk.ts"

// Faults of the platform, of its messages and of callers, on real processes: two gateways on one SQLite file.

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

const limitMillis = 20_000

let world: World.World
const chance = Chance.numbers(20_261_123)
const { fail, fired, placed, now, until, history, payments, events, pay } = desk(() => world, chance)
beforeAll(async () => {
  world = await World.start({ gateways: 2 })
  await Promise.all(world.gateways.map((gateway) => gateway.up()))
}, 60_000)
afterAll(async () => {
  const verdict = Checker.check(await world.sources())
  await world.close()
  expect(verdict.violations, "of all rows together").toEqual([])
})
afterEach(async () => {
  await world.platform("PUT", "/_faults", [])
})

/** The fault happened, once: where a create's time was over before it could leave, only when it was sent again. */
const happened = () => expect.poll(fired, { timeout: limitMillis }).toEqual([1])

/** In doubt, never failed; then PENDING with its next, and one payment at the platform; and payable to the end. */
const comesBack = async (fault: string, knobs: object = {}) => {
  await fail({ on: "create", fault, times: 1, ...knobs })
  const { order, status, shown } = await placed()
  await happened()
  expect([status, shown.status], "in doubt, not failed").toEqual([202, "SUBMITTING"])
  const pending = await until(order.app, shown.payOrderNo, "PENDING")
  expect(pending.next).toMatchObject({ type: "redirect" })
  expect(await payments(shown.payOrderNo)).toBe(1)
  await pay(shown.payOrderNo)
  await until(order.app, shown.payOrderNo, "SUCCEEDED")
}

describe.sequential("rows of the fault page", { timeout: 60_000 }, () => {
  it("F25 the platform accepts and never answers", () => comesBack("hang"))

  it("F26 the answer comes byte by byte: given up at the call's deadline", () => comesBack("drip", { millis: 200 }))

  it("F27 the connection breaks after the request was read, done or not", async () => {
    const half = { probability: 0.5, seed: 5 }
    await fail(
      { on: "create", fault: "drop-after-accept", ...half },
      { on: "create", fault: "drop-before-accept" },
      // Until all were looked at, none is found out.
      { on: "query", fault: "error-before-accept" }
    )
    const all = await Promise.all(Array.from({ length: 12 }, () => placed()))
    for (const { order, status, shown } of all) {
      expect([status, shown.status]).toEqual([202, "SUBMITTING"])
      // Where its time was over before it could leave, it is in doubt when it was sent again.
      await expect
        .poll(() => now(order.app, shown.payOrderNo), { timeout: limitMillis, message: "both look the same" })
        .toMatchObject({ status: "SUBMITTING", inDoubt: true })
    }
    const [after = 0, before = 0] = await fired()
    expect(after).toBeGreaterThan(2)
    expect(before).toBeGreaterThan(2)
    await fail()
    for (const { order, shown } of all) {
      await until(order.app, shown.payOrderNo, "PENDING")
      expect(await payments(shown.payOrderNo)).toBe(1)
    }
  })

  it.each(["truncate", "cut"])("F28 the answer is cut off: %s", (fault) => comesBack(fault))

  it.each([500, 502, 503, 504])("F29 %d after accepting", (status) => comesBack("error-after-accept", { status }))

  it.each(["garbage", "html", "utf16", "gbk"])("F32 an answer that is no payment: %s", (fault) => comesBack(fault))

  it.each(["bom", "wrong-type"])("F32 a payment, oddly dressed: %s", async (fault) => {
    await fail({ on: "create", fault, times: 1 })
    const { order, shown } = await placed()
    await happened()
    expect((await until(order.app, shown.payOrderNo, "PENDING")).next).not.toBeNull()
    expect(await payments(shown.payOrderNo)).toBe(1)
  })

  it("F39 a notification comes before the create's answer, and the payment does, too", async () => {
    await fail({ on: "notify", fault: "before-answer", times: 1 })
    const first = await placed()
    await happened()
    await until(first.order.app, first.shown.payOrderNo, "PENDING")

    await fail({ on: "create", fault: "late", times: 1, millis: 400 })
    const asking = placed()
    const paid = (async () => {
      for (;;) {
        const held = (await world.sources()).ledger.requests.filter(({ call }) => call === "create").at(-1)
        if (held !== undefined && held.number !== first.shown.payOrderNo) return pay(held.number)
        await sleep(10)
      }
    })()
    const { order, shown } = await asking
    await paid
    await happened()
    await until(order.app, shown.payOrderNo, "SUCCEEDED")
    expect(
      (await history(order.app, shown.payOrderNo)).filter(([status]) => status === "SUCCEEDED").length
    ).toBeLessThan(3)
    await world.rest(limitMillis)
    expect(await payments(shown.payOrderNo)).toBe(1)
  })

  it("F39 F40 a notification ten times over: one history, one SUCCEEDED event", async () => {
    await fail({ on: "notify", fault: "duplicate", copies: 10 })
    const { order, shown } = await placed()
    await until(order.app, shown.payOrderNo, "PENDING")
    await pay(shown.payOrderNo)
    await until(order.app, shown.payOrderNo, "SUCCEEDED")
    const copies = async () =>
      (await world.sources()).ledger.notifications.filter((one) => one.number === shown.payOrderNo && one.isTaken)
    await expect.poll(async () => (await copies()).length, { timeout: limitMillis }).toBe(10)
    await world.rest(limitMillis)
    expect((await fired())[0]).toBeGreaterThan(0)
    expect(await history(order.app, shown.payOrderNo)).toEqual([
      ["SUBMITTING", "submit"],
      // On a busy machine a question may be sooner.
      ["PENDING", expect.stringMatching(/^(?:create|query):open$/)],
      ["SUCCEEDED", expect.stringMatching(/^(?:notification|query):paid$/)]
    ])
    expect(events(shown.payOrderNo, "succeeded")).toBe(1)
  })

  it("F43 the notification never comes: the platform is asked", async () => {
    await fail({ on: "notify", fault: "suppress", times: 1 })
    const { order, shown } = await placed()
    await until(order.app, shown.payOrderNo, "PENDING")
    await pay(shown.payOrderNo)
    await until(order.app, shown.payOrderNo, "SUCCEEDED")
    expect(await fired()).toEqual([1])
    expect((await history(order.app, shown.payOrderNo)).at(-1)).toEqual(["SUCCEEDED", "query:paid"])
  })

  it("F55 a hundred creates with one key, on two gateways: one order, one payment, no 500", async () => {
    const order = Traffic.order(chance)
    const all = await Promise.all(Array.from({ length: 100 }, () => placed(order)))
    expect(new Set(all.map(({ shown }) => shown.payOrderNo)).size).toBe(1)
    expect(all.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(1)
    expect(all.every(({ status }) => status >= 200 && status < 300)).toBe(true)
    const [first] = all
    const number = first?.shown.payOrderNo ?? ""
    // Where the platform's answer took too long, it is still being found out.
    await until(order.app, number, "PENDING")
    expect(await payments(number)).toBe(1)
  })

  it("F55 a hundred creates with one key and two bodies: one order, the other body refused", async () => {
    const order = Traffic.order(chance)
    const other = { ...order, body: { ...order.body, description: "Another order under the same key" } }
    const all = await Promise.all(Array.from({ length: 100 }, (_, index) => placed(index % 2 === 0 ? order : other)))
    const numbers = new Set(all.flatMap(({ shown }) => shown.payOrderNo ?? []))
    expect(numbers.size).toBe(1)
    expect(all.filter(({ status }) => status === 422).length).toBe(50)
    for (const number of numbers) {
      await until(order.app, number, "PENDING")
      expect(await payments(number)).toBe(1)
    }
  })

  it.each(["K02", "K03"])("F55 a hundred creates with one key, the gateway killed at %s", async (point) => {
    const [gateway, other] = world.gateways
    await Promise.all(world.gateways.map((one) => one.end("SIGTERM")))
    const running = await gateway?.attempt(point)
    const order = Traffic.order(chance)
    const all = await Promise.all(Array.from({ length: 100 }, () => world.client.place(order)))
    expect((await running?.ended)?.signal, "it died there").toBe("SIGKILL")
    await Promise.all([gateway?.up(), other?.up()])
    const last = await world.client.placeUntilAnswered(order)
    const numbers = new Set([...all, last].flatMap((outcome) => (outcome.type === "ok" ? [outcome.payOrderNo] : [])))
    expect(numbers.size).toBe(1)
    expect(all.filter(({ type }) => type === "fail")).toEqual([])
    for (const number of numbers) {
      await until(order.app, number, "PENDING")
      expect(await payments(number)).toBe(1)
    }
  })

  it("F23 another process holds the database's lock for two seconds: slower, and nothing else", async () => {
    const holding = hold(world, 2000)
    const begin = Date.now()
    const { status } = await placed()
    expect(Date.now() - begin, "it had to wait").toBeGreaterThan(1000)
    expect([201, 202]).toContain(status)
    expect(await holding, "it was held").toBe(true)
  })

  it("comes to rest", async () => {
    await world.rest(60_000)
  })
})
