import { DueWork } from "@payment-proxy/ports"
import { SandboxVendors } from "@payment-proxy/testkit"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { open, type Shown, type World } from "./world.ts"

const isPaid = ({ status }: Shown) => status === "SUCCEEDED"
const isPending = ({ status, next }: Shown) => status === "PENDING" && next !== null
const signs = (name: SandboxVendors.Name) => name === "wechatpay" || name === "alipay"

describe.each(SandboxVendors.names)("what %s answers", (name) => {
  let world: World
  beforeAll(async () => {
    world = await open(name)
  }, 60_000)
  afterAll(() => world?.close())

  const asked = (fault: string, times: number, on = "create") => ({ on, fault, times })

  it("F30: too many requests, bad credentials and an error before it was taken end no order; the same number is sent again", async () => {
    await world.faults(asked("throttle", 1), asked("error-before-accept", 1), {
      ...asked("error-before-accept", 1),
      status: 401
    })
    const { order, status } = await world.place()
    expect(status).toBe(202)
    const after = await world.until(order.payOrderNo, isPending)
    expect(after).toMatchObject({ status: "PENDING", inDoubt: false })
    expect(await world.held(order.payOrderNo)).toBe(1)
  })

  it("F30: a number that the vendor does not know yet is no failed order", async () => {
    await world.faults(asked("drop-before-accept", 1), asked("not-found", 2, "query"))
    const { order } = await world.place()
    const after = await world.until(order.payOrderNo, isPending)
    expect(after.status).toBe("PENDING")
  })

  it("F31: a create that was taken and not answered is asked about and sent again: one payment, which is paid", async () => {
    await world.faults(asked("drop-after-accept", 1))
    const { order } = await world.place()
    expect((await world.until(order.payOrderNo, isPending)).status).toBe("PENDING")
    expect(await world.held(order.payOrderNo)).toBe(1)
    await world.pay(await world.read(order.payOrderNo))
    expect((await world.until(order.payOrderNo, isPaid)).status).toBe("SUCCEEDED")
    expect(await world.held(order.payOrderNo)).toBe(1)
  })

  it("F34: an answer with a wrong, lacking or foreign signature says nothing: in doubt, then right", async () => {
    if (!signs(name)) {
      // Its answers carry no signature (TLS alone): one without is taken.
      const { order } = await world.place()
      expect((await world.until(order.payOrderNo, isPending)).status).toBe("PENDING")
      return
    }
    await world.faults(asked("wrong-signature", 1), asked("unsigned", 1), asked("wrong-serial", 1))
    const { order, status } = await world.place()
    expect([status, order.status, order.next]).toEqual([202, "SUBMITTING", null])
    const after = await world.until(order.payOrderNo, isPending)
    expect(after).toMatchObject({ status: "PENDING", inDoubt: false })
    expect(await world.held(order.payOrderNo)).toBe(1)
  })

  for (const fault of ["wrong-amount", "wrong-currency", "foreign-merchant", "other-number"])
    it(`F35: ${fault} in an answer holds the order: automation stops, and the app is told`, async () => {
      // What the vendor's answer has no place for cannot be wrong in it.
      if (name === "alipay" && (fault === "foreign-merchant" || fault === "wrong-currency")) return
      const { order } = await world.place()
      const { payOrderNo: number } = order
      await world.faults({ on: "query", fault, number, times: 50 }, { on: "notify", fault: "suppress", number })
      // A query from before the fault may be answered only now.
      await world.toVendor.idle()
      await world.pay(order)
      const after = await world.until(number, ({ status }) => status === "HELD")
      await world.faults()
      expect(after.status).toBe("HELD")
      const events = world.gateway.events.map(({ body }) => JSON.parse(body) as { type: string; data: Shown })
      expect(events.some(({ type, data }) => type === "order.held" && data.payOrderNo === number)).toBe(true)
    })

  it("F36: a vendor that takes back what it said moves nothing that is established", async () => {
    const { order } = await world.place()
    const pending = await world.until(order.payOrderNo, isPending)
    await world.desk(order.payOrderNo, "open")
    await world.until(pending.payOrderNo, () =>
      world.toVendor.passed.some(({ method, target }) => world.isQuery(method, target))
    )
    const { payOrderNo } = order
    const isOfOrder = ({ body, target }: { readonly body: Buffer; readonly target: string }) =>
      target.includes(payOrderNo) ||
      body.includes(payOrderNo) ||
      (pending.transactionNo !== null && target.includes(pending.transactionNo))
    const waiting = async () => {
      for (let tries = 0; tries < 100; tries++) {
        const found = world.toVendor.passed.findLast(
          (call) => world.isQuery(call.method, call.target) && isOfOrder(call)
        )
        if (found !== undefined) return found
        await new Promise((done) => setTimeout(done, 50))
      }
      return undefined
    }
    const earlier = (await waiting()) ?? expect.fail("nobody asked")
    await world.pay(pending)
    expect((await world.until(payOrderNo, isPaid)).status).toBe("SUCCEEDED")
    world.toVendor.answerBy(world.isQuery, earlier.answer)
    const asks = () =>
      world.toVendor.passed.filter((call) => world.isQuery(call.method, call.target) && isOfOrder(call))
    const before = asks().length
    await world.gateway.run(Effect.flatMap(DueWork, (due) => due.hasten(payOrderNo)))
    await world.until(payOrderNo, () => asks().length > before)
    world.toVendor.answerBy(world.isQuery, undefined)
    expect(asks().at(before)?.answer, "it was told what had been before").toBe(earlier.answer)
    await world.gateway.run(Effect.flatMap(DueWork, (due) => due.hasten(payOrderNo)))
    await world.until(payOrderNo, () => asks().length > before + 1)
    expect((await world.read(payOrderNo)).status).toBe("SUCCEEDED")
  })
})
