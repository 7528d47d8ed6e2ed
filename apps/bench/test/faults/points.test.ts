import * as Checker from "@payment-proxy/testkit/Checker"
import { expect, it } from "vitest"
import * as Chance from "../../src/Chance.ts"
import * as World from "../../src/faults/World.ts"
import { desk } from "./desk.ts"

// The crash points that no ordinary load comes by, on a gateway, a worker and a MariaDB.

const limits = { timeout: 180_000 }

const inWorld = async (options: World.Options, test: (world: World.World) => Promise<void>) => {
  const world = await World.start({ isMariaDb: true, ...options })
  try {
    await test(world)
  } finally {
    await world.close()
  }
}

const first = <A>(all: ReadonlyArray<A>): A => {
  const [one] = all
  if (one === undefined) throw new Error("There is none.")
  return one
}

it(
  "K25 a gateway is killed between a step of the schema and its record: the next start goes on from there",
  limits,
  () =>
    inWorld({}, async (world) => {
      const { admin } = desk(() => world, Chance.numbers(25))
      const shape = () =>
        admin(`SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns
        WHERE table_schema = 'payment_proxy' ORDER BY table_name, ordinal_position`)
      const whole = await shape()
      expect(whole.length).toBeGreaterThan(50)
      await admin("DROP DATABASE payment_proxy")
      await admin("CREATE DATABASE payment_proxy", "information_schema")
      const gateway = first(world.gateways)
      for (const visit of [1, 2, 4]) {
        const running = await gateway.attempt(`K25:${visit}`)
        expect((await running.ended).signal).toBe("SIGKILL")
        expect((await shape()).length).toBeLessThan(whole.length)
      }
      await gateway.up()
      expect(await shape()).toEqual(whole)
    })
)

it("K23 a worker is killed after it renewed its lease, the vendor being slow: others go on", limits, () =>
  inWorld({ isCalm: true, workers: 1 }, async (world) => {
    const { placed, fail, admin, pay, until } = desk(() => world, Chance.numbers(23))
    const worker = first(world.workers)
    await first(world.gateways).up()
    const { order, shown } = await placed()
    expect(shown.status).toBe("PENDING")
    await fail({ on: "query", fault: "hang" })
    await admin(`UPDATE payment_proxy_order SET due_millis = 1 WHERE pay_order_no = '${shown.payOrderNo}'`)
    const running = await worker.attempt("K23:1")
    expect((await running.ended).signal).toBe("SIGKILL")
    await fail()
    await worker.up()
    await pay(shown.payOrderNo)
    await until(order.app, shown.payOrderNo, "SUCCEEDED")
    await world.rest(30_000)
    expect(Checker.check(await world.sources()).violations).toEqual([])
  })
)
