import * as Checker from "@payment-proxy/testkit/Checker"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as Refunding from "../../src/faults/Refunding.ts"
import * as Traffic from "../../src/faults/Traffic.ts"
import * as World from "../../src/faults/World.ts"
import { desk } from "./desk.ts"
import { untilSo } from "./probes.ts"

// Refunds that race, on two gateways and a worker on one MariaDB.

const chance = Chance.numbers(20_261_127)
const unit = { value: "0.01", currency: "CNY" }
const hundred = { value: "1.00", currency: "CNY" }
const limitMillis = 90_000

let world: World.World
const { fail, placed, until, pay } = desk(() => world, chance)

beforeAll(async () => {
  world = await World.start({ gateways: 2, workers: 1, isMariaDb: true })
  world.client.patienceMillis = 30_000
  await Promise.all([...world.gateways, ...world.workers].map((service) => service.up()))
}, 120_000)
afterAll(async () => {
  await world.rest(limitMillis)
  const verdict = Checker.check(await world.sources())
  await world.close()
  expect(verdict.violations, "of all rows together").toEqual([])
}, 120_000)

const paid = async (amount: Checker.Amount) => {
  const order = Traffic.order(chance)
  const { shown } = await placed({ ...order, body: { ...order.body, amount } })
  await until(order.app, shown.payOrderNo, "PENDING")
  await pay(shown.payOrderNo)
  await until(order.app, shown.payOrderNo, "SUCCEEDED")
  return { app: order.app, payOrderNo: shown.payOrderNo }
}

/** What came of so many refunds of this much at once, each with a key of its own. */
const atOnce = async (
  { app, payOrderNo }: { readonly app: string; readonly payOrderNo: string },
  count: number,
  amount: Checker.Amount
) => {
  const asked = Array.from({ length: count }, () => Refunding.make(app, payOrderNo, amount))
  const outcomes = await Promise.all(asked.map((one) => world.refunder.askUntilAnswered(one, limitMillis)))
  return {
    done: outcomes.filter(({ type }) => type === "ok"),
    refused: outcomes.flatMap((outcome) => (outcome.type === "fail" ? [`${outcome.status} ${outcome.code}`] : [])),
    lost: outcomes.filter(({ type }) => type === "info")
  }
}

const atThePlatform = async (payOrderNo: string) => {
  const { ledger, dump } = await world.sources()
  const payment = ledger.payments.find(({ number }) => number === payOrderNo)
  const rows = dump.refunds?.filter((row) => row.payOrderNo === payOrderNo) ?? []
  return { refundedMinor: payment?.refundedMinor, refunds: payment?.refunds ?? [], rows }
}

describe.sequential("refunds that race", { timeout: 240_000 }, () => {
  it("F57 200 refunds of 1 unit at once on a payment of 100, through two gateways: 100 succeed, 100 are refused", async () => {
    // No refund is at its end before all were asked for: the last ones meet a payment that is reserved, not one that is over.
    await fail({ on: "refund", fault: "refund-pending" })
    const order = await paid(hundred)
    const { done, refused, lost } = await atOnce(order, 200, unit)
    expect(lost, "nobody was left without an answer").toEqual([])
    expect(done.length).toBe(100)
    expect(refused.length).toBe(100)
    console.log(`${world.refunder.log.length} calls for 200 refunds`)
    expect(new Set(refused), "refused for good").toEqual(new Set(["422 NOTHING_REFUNDABLE"]))
    await fail()
    await untilSo(
      "the platform has them all",
      limitMillis,
      async () => (await atThePlatform(order.payOrderNo)).refunds.length === 100
    )
    await world.platform("POST", `/_payments/${order.payOrderNo}/settle`)
    await world.rest(limitMillis)
    await until(order.app, order.payOrderNo, "REFUNDED")
    // The payment is told of all of them at once; each refund is asked about by itself.
    await untilSo("each refund is at its end", limitMillis, async () =>
      (await atThePlatform(order.payOrderNo)).rows.every(({ state }) => state !== "SUBMITTING" && state !== "PENDING")
    )
    const { refundedMinor, refunds, rows } = await atThePlatform(order.payOrderNo)
    expect([refundedMinor, refunds.length, rows.length]).toEqual([100n, 100, 100])
    expect(rows.filter(({ state }) => state !== "SUCCEEDED")).toEqual([])
  })
})
