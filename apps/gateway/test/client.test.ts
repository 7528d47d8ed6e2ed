import { createClient, type Order, PaymentProxyError, verifyWebhook } from "@payment-proxy/client/promise"
import { afterAll, beforeAll, expect, it } from "vitest"
import {
  openSandbox,
  open as openWorld,
  type SandboxWorld,
  sandboxVendor,
  type World,
  webhookSecret
} from "./proxied/world.ts"

const refunding = {
  refund: {
    path: "/payments/by-merchant-no/{payOrderNo}/refunds",
    body: { merchant_refund_no: { from: "refundNo" }, amount: { from: "refundMinor" }, reason: { from: "reason" } }
  },
  queryRefund: { path: "/refunds/by-merchant-no/{refundNo}" },
  refunds: {
    number: "/merchant_refund_no",
    id: "/id",
    status: "/status",
    amountMinor: "/amount",
    currency: "/currency",
    statuses: { PENDING: "pending", SUCCEEDED: "succeeded", FAILED: "failed" }
  }
}

let sandbox: SandboxWorld
let gateway: World
beforeAll(async () => {
  sandbox = await openSandbox()
  gateway = await openWorld({ vendors: { platform: sandboxVendor(sandbox, {}, refunding) } })
}, 60_000)
afterAll(async () => {
  await gateway?.close()
  await sandbox?.close()
})

const clientOf = (key: string) => createClient({ baseUrl: gateway.url, key })

const order = {
  vendor: "platform",
  businessNo: "POLICY-1",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days",
  returnUrl: "https://shop.example/done"
} as const

const isPaid = ({ status }: Order) => status === "SUCCEEDED"
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("It was kept."),
    (error: unknown) => error
  )

it("an app places an order with the client, has it paid, refunds a part and the rest, and verifies what it is told", async () => {
  const { orders } = clientOf(gateway.keys.shop)
  const placed = await orders.create(order)
  const { payOrderNo } = placed.order
  expect(placed.order).toMatchObject({ status: "PENDING", next: { type: "redirect" } })
  const again = await orders.create(order, { idempotencyKey: placed.idempotencyKey })
  expect(again.order.payOrderNo).toBe(payOrderNo)

  const paying = orders.waitUntil(payOrderNo, isPaid, { withinMillis: 20_000 })
  await sandbox.control("POST", `/_payments/${payOrderNo}/pay`)
  expect(await paying).toMatchObject({ status: "SUCCEEDED", amount: { value: "12.34", currency: "CNY" } })

  const part = await orders.refund(payOrderNo, { amount: { value: "2.34", currency: "CNY" }, reason: "Rain" })
  expect(part.refund).toMatchObject({ payOrderNo, amount: { value: "2.34", currency: "CNY" } })
  const twice = await orders.refund(payOrderNo, { amount: { value: "2.34", currency: "CNY" }, reason: "Rain" }, part)
  expect(twice.refund.refundNo).toBe(part.refund.refundNo)
  const over = orders.refund(payOrderNo, { amount: { value: "10.01", currency: "CNY" } })
  expect(await rejection(over)).toMatchObject({ code: "AMOUNT_INVALID", status: 422 })
  const rest = await orders.refund(payOrderNo)
  expect(rest.refund.amount.value).toBe("10.00")

  const told: Array<string> = []
  for await (const event of orders.watch(payOrderNo)) {
    told.push(event.type)
    if (event.type === "order.refunded") break
  }
  expect(told).toEqual(expect.arrayContaining(["order.pending", "order.succeeded", "refund.succeeded"]))
  expect(await orders.get(payOrderNo)).toMatchObject({ status: "REFUNDED", refunded: order.amount })
  expect((await orders.refunds(payOrderNo)).map(({ refundNo }) => refundNo)).toEqual([
    part.refund.refundNo,
    rest.refund.refundNo
  ])
  expect((await orders.history(payOrderNo)).at(0)?.cause).toBe("submit")
  const found = await orders.search({ businessNo: "POLICY-1" })
  expect(found.items.map((one) => one.payOrderNo)).toEqual([payOrderNo])

  const isLast = ({ body }: { readonly body: string }) => body.includes('"order.refunded"')
  while (!gateway.events.some(isLast)) await new Promise((done) => setTimeout(done, 20))
  const kept = new Map((await orders.events(payOrderNo)).map((event) => [event.id, event]))
  for (const { headers, body } of gateway.events) {
    const event = verifyWebhook({ secrets: [webhookSecret], headers, body })
    expect(event.kind).not.toBe("other")
    expect(kept.get(event.id)).toMatchObject({ type: event.type, data: event.data })
    const forged = () => verifyWebhook({ secrets: [webhookSecret], headers, body: `${body} ` })
    expect(forged).toThrow(PaymentProxyError)
  }
}, 60_000)

it("an app cancels an order with the client, and another app knows nothing of it", async () => {
  const shop = clientOf(gateway.keys.shop)
  const other = clientOf(gateway.keys.other)
  const placed = await shop.orders.create({ ...order, businessNo: "POLICY-2" })
  const { payOrderNo } = placed.order
  expect(await rejection(other.orders.get(payOrderNo))).toMatchObject({ code: "ORDER_NOT_FOUND", status: 404 })
  const watching = other.orders.watch(payOrderNo)[Symbol.asyncIterator]().next()
  expect(await rejection(watching)).toMatchObject({ code: "ORDER_NOT_FOUND", status: 404 })
  await shop.orders.close(payOrderNo)
  const closed = await shop.orders.waitUntil(payOrderNo, ({ status }) => status === "CLOSED", { withinMillis: 20_000 })
  expect(closed.status).toBe("CLOSED")
  expect(await shop.orders.sync(payOrderNo)).toMatchObject({ status: "CLOSED" })
  expect(await rejection(shop.orders.refund(payOrderNo))).toMatchObject({ name: "PaymentProxyError" })
  const wrong = clientOf(`${gateway.keys.shop}x`)
  expect(await rejection(wrong.orders.get(payOrderNo))).toMatchObject({ code: "UNAUTHORIZED", status: 401 })
}, 60_000)

it("a create whose answer is lost places one order, under the client's one key", async () => {
  let cuts = 2
  const losing: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init)
    cuts -= 1
    if (cuts < 0) return answer
    await answer.arrayBuffer()
    throw new TypeError("fetch failed", { cause: { code: "ECONNRESET" } })
  }
  const { orders } = createClient({ baseUrl: gateway.url, key: gateway.keys.shop, fetch: losing })
  const placed = await orders.create({ ...order, businessNo: "POLICY-3" })
  expect(placed.order.status).toBe("PENDING")
  expect((await orders.search({ businessNo: "POLICY-3" })).items).toHaveLength(1)
}, 60_000)
