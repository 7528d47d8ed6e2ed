import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { Work } from "@payment-proxy/application"
import { FakeVendors, FakeWebhookSender } from "@payment-proxy/testkit"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json } from "./proxied/calls.ts"
import * as Vendor from "./vendors/world.ts"
import { type Answer, open, type World } from "./world.ts"

// What users of other systems lost, each on record there, by the doors that they use: the name of a test says what does not happen here.

interface Amount {
  readonly value: string
  readonly currency: string
}
interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly captured: Amount
  readonly refunded: Amount
}

const cny = (value: string): Amount => ({ value, currency: "CNY" })
const order = ({ body }: Answer) => body as Shown

describe("what users of other systems lost, at a gateway on SQLite", () => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-lost-"))
  let world: World
  let serial = 0
  beforeAll(async () => {
    world = await open(Sqlite.layer({ filename: join(folder, "test.db") }), { works: false })
  }, 20_000)
  afterAll(async () => {
    await world?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const body = JSON.stringify({
    vendor: "platform",
    amount: cny("100.00"),
    method: "ALIPAY",
    source: "WEB",
    description: "Travel insurance, 3 days"
  })
  const place = (key: string) => world.call("POST", "/v1/orders", { headers: { "idempotency-key": key }, body })
  const read = async (payOrderNo: string) => order(await world.call("GET", `/v1/orders/${payOrderNo}`))
  const placed = async () => {
    serial += 1
    return order(await place(`lost-${serial}`)).payOrderNo
  }
  /** The platform's word that it is paid; each copy has bytes of its own. */
  const notify = (payOrderNo: string, copy = 0) => {
    const { headers, body: told } = FakeVendors.notification(payOrderNo, "paid")
    return world.call("POST", "/notify/platform", {
      headers: { "x-fake-secret": headers["x-fake-secret"] ?? "" },
      body: new TextDecoder().decode(told) + " ".repeat(copy)
    })
  }
  /** Works until nothing is due. */
  const worked = async () => {
    for (let rounds = 0; rounds < 20; rounds++) {
      const done = await world.run(Effect.all([Work.round("inbox"), Work.round("orders"), Work.round("deliveries")]))
      if (done.every(({ count }) => count === 0)) return
    }
    expect.fail("work does not come to rest")
  }
  const held = async (payOrderNo: string) =>
    (await world.run(world.fake.payments)).filter(({ merchantOrderNo }) => merchantOrderNo === payOrderNo)
  const calls = async (call: FakeVendors.Call, payOrderNo: string) =>
    (await world.run(world.fake.got)).filter((got) => got.call === call && got.merchantOrderNo === payOrderNo).length
  /** How often an order's app has heard this, once all is told. */
  const timesHeard = async (payOrderNo: string, type: string) => {
    await worked()
    const { got } = await world.run(FakeWebhookSender.FakeEndpoint)
    return (await world.run(got))
      .map((message) => JSON.parse(message.body) as { readonly type: string; readonly data: Shown })
      .filter((event) => event.data.payOrderNo === payOrderNo && event.type === type).length
  }

  it("two refunds of 60 at once on a payment of 100 never both go back (hyperswitch#13182)", async () => {
    const payOrderNo = await placed()
    await world.run(world.fake.pay(payOrderNo))
    await notify(payOrderNo)
    await worked()
    await world.run(world.fake.always("refund", "pending"))
    const answers = await Promise.all(
      ["a", "b"].map((key) =>
        world.call("POST", `/v1/orders/${payOrderNo}/refunds`, {
          headers: { "idempotency-key": `lost-refund-${key}` },
          body: JSON.stringify({ amount: cny("60.00") })
        })
      )
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422])
    await world.run(world.fake.settleRefund(`${payOrderNo}R1`, "succeeded"))
    await world.call("POST", `/v1/orders/${payOrderNo}/sync`)
    expect(await timesHeard(payOrderNo, "refund.succeeded")).toBe(1)
    expect(await calls("refund", payOrderNo)).toBe(1)
    expect(await held(payOrderNo)).toMatchObject([{ capturedMinor: 10_000n, refundedMinor: 6000n }])
    expect(await read(payOrderNo)).toMatchObject({ captured: cny("100.00"), refunded: cny("60.00") })
  })

  it("an app's questions and the notifications, all at once, never count a payment twice (saleor#14648, medusa#13301)", async () => {
    const payOrderNo = await placed()
    await world.run(world.fake.pay(payOrderNo))
    const sync = () => world.call("POST", `/v1/orders/${payOrderNo}/sync`)
    const answers = await Promise.all(
      Array.from({ length: 10 }, async (_, copy) => {
        const told = await notify(payOrderNo, copy)
        const [asked] = await Promise.all([sync(), world.run(Work.round("inbox"))])
        return [told.status, asked.status]
      })
    )
    expect(new Set(answers.flat())).toEqual(new Set([200]))
    expect(await timesHeard(payOrderNo, "order.succeeded")).toBe(1)
    expect(await read(payOrderNo)).toMatchObject({ status: "SUCCEEDED", captured: cny("100.00") })
    expect(await calls("create", payOrderNo)).toBe(1)
    expect(await held(payOrderNo)).toMatchObject([{ capturedMinor: 10_000n }])
  })

  it("of fifty creates at once with one key nobody is answered an error for a race that he lost (pay-connector#4460)", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => place("lost-race")))
    expect(answers.filter(({ status }) => status >= 300)).toEqual([])
    expect(answers.filter(({ status }) => status === 201).length, "it is new once").toBeLessThanOrEqual(1)
    const [payOrderNo = "", ...others] = new Set(answers.map((answer) => order(answer).payOrderNo))
    expect(others).toEqual([])
    expect(await calls("create", payOrderNo)).toBe(1)
    expect(await held(payOrderNo)).toHaveLength(1)
  })
})

describe("what users of other systems lost, at a vendor that is spoken to directly", () => {
  let world: Vendor.World
  beforeAll(async () => {
    world = await Vendor.open("wechatpay")
  }, 60_000)
  afterAll(() => world?.close())

  /** What the customer's button does, each time that it is pressed. */
  const buy = async () => {
    const { method, source, currency, details } = world.scenes[0]
    const answer = await world.gateway.call("POST", "/v1/orders", {
      headers: { "content-type": "application/json", "idempotency-key": "lost-customer" },
      body: JSON.stringify({
        vendor: world.name,
        amount: { value: "12.34", currency },
        method,
        source,
        description: details.description,
        payer: details.payer
      })
    })
    return { status: answer.status, order: json<Vendor.Shown>(answer) }
  }

  it("a customer who tries again after an error is never charged under a second number (woocommerce-payments#5188, #3520, globalpayments/dotnet-sdk#94)", async () => {
    await world.faults({ on: "create", fault: "error-after-accept", times: 1 })
    const first = await buy()
    expect([first.status, first.order.status], "the platform has it, and we do not know").toEqual([202, "SUBMITTING"])
    const { payOrderNo } = first.order
    const second = await buy()
    expect(second.order.payOrderNo).toBe(payOrderNo)
    const pending = await world.until(payOrderNo, ({ status, next }) => status === "PENDING" && next !== null)
    const creates = world.toVendor.passed.filter(
      ({ method, target }) => method === "POST" && !target.endsWith("/close")
    )
    expect(creates.length, "it was repeated").toBeGreaterThan(1)
    expect(new Set(creates.map(({ body }) => body.toString())).size, "byte for byte").toBe(1)
    expect(creates[0]?.body.includes(payOrderNo)).toBe(true)
    await world.pay(pending)
    expect((await world.until(payOrderNo, ({ status }) => status === "SUCCEEDED")).status).toBe("SUCCEEDED")
    expect(await world.held(payOrderNo)).toBe(1)
    const succeeded = () =>
      world.gateway.events.filter(
        ({ body }) => body.includes(payOrderNo) && (JSON.parse(body) as { type: string }).type === "order.succeeded"
      )
    await expect.poll(succeeded, { timeout: 10_000 }).toHaveLength(1)
  })
})
