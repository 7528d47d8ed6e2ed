import { readFileSync } from "node:fs"
import { Reconcile, Work } from "@payment-proxy/application"
import { Chunk, Effect, Stream } from "effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { json } from "../proxied/calls.ts"
import * as Gateway from "../proxied/world.ts"

const demonstration = readFileSync(new URL("../../../../payment-proxy.config.yaml", import.meta.url), "utf8")
const hourMillis = 3_600_000
const aheadMillis = 36 * hourMillis

interface Order {
  readonly payOrderNo: string
  readonly status: string
}
interface Refund {
  readonly refundNo: string
  readonly status: string
}

let sandbox: Gateway.SandboxWorld
let gateway: Gateway.World
let serial = 0

beforeAll(async () => {
  sandbox = await Gateway.openSandbox()
  Object.assign(process.env, {
    PLATFORM_URL: sandbox.url,
    PLATFORM_ISSUER: sandbox.issuer,
    PLATFORM_CLIENT_ID: sandbox.clientId,
    PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
    PLATFORM_WEBHOOK_SECRET: sandbox.webhookSecret,
    PLATFORM_MERCHANT_ID: sandbox.merchantId
  })
  gateway = await Gateway.open(demonstration, { isWorking: false })
}, 60_000)
afterAll(async () => {
  await gateway?.close()
  await sandbox?.close()
})

const post = (path: string, body: object) => {
  serial += 1
  const headers = { "content-type": "application/json", "idempotency-key": `reconcile-${process.pid}-${serial}` }
  return gateway.call("POST", path, { headers, body: JSON.stringify(body) })
}
const amountOf = (value: string) => ({ value, currency: "CNY" })
const place = async () => {
  const asked = { vendor: "platform", amount: amountOf("12.34"), method: "ALIPAY", source: "WEB" }
  return json<Order>(await post("/v1/orders", { ...asked, businessNo: "POLICY-1", description: "Travel, 3 days" }))
    .payOrderNo
}
const read = async (payOrderNo: string) => json<Order>(await gateway.call("GET", `/v1/orders/${payOrderNo}`)).status
const desk = (payOrderNo: string, verb: string, body?: object) =>
  sandbox.control("POST", `/_payments/${payOrderNo}/${verb}`, body)

const paid = async (): Promise<string> => {
  const payOrderNo = await place()
  await desk(payOrderNo, "pay")
  for (let tries = 0; tries < 200 && (await read(payOrderNo)) !== "SUCCEEDED"; tries++) {
    await gateway.run(Work.round("orders"))
    await new Promise((done) => setTimeout(done, 50))
  }
  expect(await read(payOrderNo)).toBe("SUCCEEDED")
  return payOrderNo
}

const run = (day: string) =>
  gateway.run(
    Effect.gen(function* () {
      const report = yield* Reconcile.run("platform", day, { name: "ann", role: "operator" })
      const differences = Chunk.toReadonlyArray(yield* Stream.runCollect(report.differences))
      return {
        counted: report.day.counted,
        differences: differences.map(
          ({ kind, of, status, payOrderNo, refundNo }) => `${kind} ${of} ${status} ${refundNo ?? payOrderNo}`
        )
      }
    })
  )

it("a day of a mapped vendor: the bill finds a payment, a refund of ours and one of the desk's that nobody told us of", {
  timeout: 60_000
}, async () => {
  await sandbox.faults({ on: "notify", fault: "suppress", times: 1000 }, { on: "refund", fault: "refund-pending" })
  const [known, refunding, desked, unheard] = [await paid(), await paid(), await paid(), await place()]
  const day = new Date().toISOString().slice(0, 10)
  const asked = await post(`/v1/orders/${refunding}/refunds`, { amount: amountOf("0.34") })
  const { refundNo, status } = json<Refund>(asked)
  expect(status).toBe("PENDING")
  await desk(refunding, "settle")
  await desk(desked, "refund", { amount: 100 })
  await desk(unheard, "pay")
  expect([await read(refunding), await read(desked), await read(unheard)]).toEqual([
    "SUCCEEDED",
    "SUCCEEDED",
    "PENDING"
  ])
  await sandbox.control("POST", "/_clock", { advanceMillis: aheadMillis })
  gateway.putOn(aheadMillis)
  const first = await run(day)
  expect(first.differences.sort()).toEqual([
    `MISSING_HERE refund resolved ${desked}`,
    `STATUS payment resolved ${unheard}`,
    `STATUS refund resolved ${refundNo}`
  ])
  expect(first.counted).toMatchObject({ lines: 6, matched: 3 })
  expect([await read(known), await read(refunding), await read(desked), await read(unheard)]).toEqual([
    "SUCCEEDED",
    "PARTIALLY_REFUNDED",
    "PARTIALLY_REFUNDED",
    "SUCCEEDED"
  ])
  const refunds = json<{ readonly items: ReadonlyArray<Refund> }>(
    await gateway.call("GET", `/v1/orders/${refunding}/refunds`)
  )
  expect(refunds.items).toMatchObject([{ refundNo, status: "SUCCEEDED" }])
  const again = await run(day)
  expect(again.differences.sort()).toEqual(first.differences)
  expect(again.counted).toMatchObject({ lines: 6, matched: 6 })
})

it("a day's settings are those of the configuration in force", async () => {
  const settings = () =>
    gateway.run(Effect.map(Reconcile.Reconciling, ({ readyHour, vendors }) => [readyHour, vendors["platform"]?.zone]))
  expect(await settings()).toEqual([10, "UTC"])
  await gateway.reload(
    `${demonstration}\nreconcile: { readyHour: 12, vendors: { platform: { zone: Asia/Shanghai } } }\n`
  )
  expect(await settings()).toEqual([12, "Asia/Shanghai"])
})
