import { Reconcile } from "@payment-proxy/application"
import { SandboxVendors } from "@payment-proxy/testkit"
import { Chunk, Effect, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { open, type World } from "./world.ts"

const hourMillis = 3_600_000
const aheadMillis = 36 * hourMillis

/** How far a vendor's day is ahead of UTC's. */
const zoneHours: { readonly [name in SandboxVendors.Name]: number } = { wechatpay: 8, alipay: 8, mpgs: 0, paypal: 0 }

describe.each(SandboxVendors.names)("a day of %s", (name) => {
  let world: World
  beforeAll(async () => {
    world = await open(name, { isWorking: false }, true)
  }, 60_000)
  afterAll(() => world?.close())

  it("a payment that nobody told us of is found by the bill, and one that we know is as it stands", {
    timeout: 60_000
  }, async () => {
    await world.faults({ on: "notify", fault: "suppress", times: 1000 })
    const [known, unheard] = [(await world.place()).order, (await world.place()).order]
    await world.pay(known)
    const day = new Date(Date.now() + zoneHours[name] * hourMillis).toISOString().slice(0, 10)
    const asked = async (payOrderNo: string) => {
      for (let tries = 0; tries < 100 && (await world.read(payOrderNo)).status !== "SUCCEEDED"; tries++) {
        await world.work()
        await new Promise((done) => setTimeout(done, 50))
      }
      return (await world.read(payOrderNo)).status
    }
    expect(await asked(known.payOrderNo)).toBe("SUCCEEDED")
    await world.pay(unheard)
    // At PayPal money moves by a call of ours: what the payer approved is asked about.
    if (name === "paypal") expect(await asked(unheard.payOrderNo)).toBe("SUCCEEDED")
    else expect((await world.read(unheard.payOrderNo)).status).not.toBe("SUCCEEDED")
    await world.sandbox.control("POST", "/_clock", { advanceMillis: aheadMillis })
    world.gateway.putOn(aheadMillis)
    const run = () =>
      world.gateway.run(
        Effect.gen(function* () {
          const report = yield* Reconcile.run(name, day, { name: "ann", role: "operator" })
          const differences = Chunk.toReadonlyArray(yield* Stream.runCollect(report.differences))
          return {
            counted: report.day.counted,
            differences: differences.map(({ kind, status, payOrderNo }) => `${kind} ${status} ${payOrderNo}`)
          }
        })
      )
    const expected = name === "paypal" ? [] : [`STATUS resolved ${unheard.payOrderNo}`]
    const first = await run()
    expect(first.differences).toEqual(expected)
    expect(first.counted).toMatchObject({ matched: 2 - expected.length })
    expect((await world.read(unheard.payOrderNo)).status).toBe("SUCCEEDED")
    const again = await run()
    expect(again.differences).toEqual(expected)
    expect(again.counted).toMatchObject({ matched: 2 })
  })
})
