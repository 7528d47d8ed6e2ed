import * as Checker from "@payment-proxy/testkit/Checker"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as World from "../../src/faults/World.ts"
import { desk } from "./desk.ts"

// Payers and closes that race, on a gateway and one SQLite file.

const seed = 20_261_128
const count = 500
const atOnce = 8
const spreadMillis = 50
const limitMillis = 120_000

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

let world: World.World
const chance = Chance.numbers(seed)
const { placed, until } = desk(() => world, chance)

beforeAll(async () => {
  world = await World.start()
  world.client.patienceMillis = 30_000
  await Promise.all(world.gateways.map((gateway) => gateway.up()))
}, 60_000)
afterAll(() => world.close(), 60_000)

/** How long a close is on its way to the platform, as of late: half of what its answer took. */
let onItsWayMillis = 20

/** Closes an order, and pays it so long before or after the platform hears of that: with money that a bank had sent off already, or not. */
const closedAndPaid = async (offsetMillis: number, isSentOff: boolean): Promise<string> => {
  const { order, shown } = await placed()
  if (shown.status !== "PENDING") await until(order.app, shown.payOrderNo, "PENDING")
  const payMillis = onItsWayMillis + offsetMillis
  const close = async () => {
    await sleep(Math.max(0, -payMillis))
    const begin = performance.now()
    const answer = await world.client.call("POST", `/v1/orders/${shown.payOrderNo}/close`, order.app)
    onItsWayMillis += ((performance.now() - begin) / 2 - onItsWayMillis) / 10
    return answer
  }
  const pay = async () => {
    await sleep(Math.max(0, payMillis))
    return world.platform("POST", `/_payments/${shown.payOrderNo}/${isSentOff ? "pay-late" : "pay"}`)
  }
  const [closing] = await Promise.all([close(), pay()])
  // An order that is paid before it is asked to close says so.
  expect([200, 202, 409]).toContain(closing.status)
  return shown.payOrderNo
}

interface Told {
  readonly type: string
  readonly data: { readonly status: string; readonly version: number }
}

describe("F38 money that comes as an order is closed", { timeout: 240_000 }, () => {
  it("500 orders closed and paid within 50 ms: each is paid, or closed without money, or its money goes back; and its app knows", async () => {
    const numbers: Array<string> = []
    let left = count
    const racers = Array.from({ length: atOnce }, async () => {
      while (left-- > 0)
        numbers.push(await closedAndPaid(Chance.between(-spreadMillis, spreadMillis, chance), chance() < 0.7))
    })
    await Promise.all(racers)
    const hasEnded = async () => {
      const { dump } = await world.sources()
      return dump.orders.every(({ state }) => ends.has(state))
    }
    for (const end = Date.now() + limitMillis; !(await hasEnded()) && Date.now() < end; ) await sleep(500)
    await world.rest(limitMillis)
    const sources = await world.sources()
    expect(Checker.check(sources).violations).toEqual([])
    expect(numbers.length).toBe(count)

    const counts = new Map<string, number>()
    for (const payOrderNo of numbers) {
      const end = ended(sources, payOrderNo)
      counts.set(end, (counts.get(end) ?? 0) + 1)
      toldTheTruth(sources, payOrderNo)
    }
    console.log(`of ${count}: ${[...counts].map(([end, times]) => `${times} ${end}`).join(", ")}`)
    for (const end of ["SUCCEEDED", "CLOSED", "LATE_PAID and REFUNDED"])
      expect(counts.get(end) ?? 0, `some were ${end}`).toBeGreaterThan(0)
    const { payments } = sources.ledger
    const heldMinor = payments.reduce(
      (sum, { isPaid, amountMinor, refundedMinor }) => sum + (isPaid ? amountMinor : 0n) - refundedMinor,
      0n
    )
    const keptMinor = sources.dump.orders
      .filter(({ state }) => state === "SUCCEEDED")
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
    expect(heldMinor, "the platform holds what was paid in time, and nothing else").toBe(keptMinor)
  })
})

const ends: ReadonlySet<string> = new Set(["SUCCEEDED", "REFUNDED", "CLOSED"])

const historyOf = ({ dump }: Checker.Sources, payOrderNo: string) =>
  dump.history.filter((row) => row.payOrderNo === payOrderNo).sort((a, b) => a.version - b.version)

/** How an order ended, which is as the platform has it. */
const ended = (sources: Checker.Sources, payOrderNo: string): string => {
  const states = historyOf(sources, payOrderNo).map(({ state }) => state)
  const payment = sources.ledger.payments.find(({ number }) => number === payOrderNo)
  const end = states.at(-1) ?? "nothing"
  const isLate = states.includes("LATE_PAID")
  if (end === "REFUNDED")
    expect([isLate, payment?.isPaid, payment?.refundedMinor]).toEqual([true, true, payment?.amountMinor])
  if (end === "SUCCEEDED") expect([isLate, payment?.isPaid, payment?.refundedMinor]).toEqual([false, true, 0n])
  if (end === "CLOSED") expect([isLate, payment?.isPaid]).toEqual([false, false])
  return isLate ? `LATE_PAID and ${end}` : end
}

/** Every event said what the order was at its version, in their order, up to the end. */
const toldTheTruth = (sources: Checker.Sources, payOrderNo: string): void => {
  const history = historyOf(sources, payOrderNo)
  const told = sources.sink
    .filter((got) => got.payOrderNo === payOrderNo)
    .map(({ body }) => JSON.parse(body) as Told)
    .filter(({ data }, index, all) => data.version !== all[index - 1]?.data.version)
  expect(told.map(({ type, data }) => [data.version, data.status, type])).toEqual(
    history.map(({ version, state }) => [version, state, `order.${state.toLowerCase()}`])
  )
}
