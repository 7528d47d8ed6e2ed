import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import type { Order, Transaction } from "../src/vendors/mpgs/Book.ts"
import { approved } from "../src/vendors/mpgs/Cards.ts"
import { errand, retryMillis } from "../src/vendors/mpgs/Notifications.ts"
import { checkoutOf, type GatewayMerchant, merchantOf, openGateway } from "./mpgs.ts"
import type { Got, World } from "./world.ts"
import { merchant, merchantThat } from "./world.ts"

let world: World
let gateway: GatewayMerchant
beforeAll(async () => {
  ;({ world, gateway } = await openGateway())
})
afterEach(() => world.faults())
afterAll(async () => {
  await world.close()
  world.sweep()
})

/** What an honest merchant makes of a notification, by the gateway's rules alone: what is wrong with it, if anything. */
const verdict = (got: Got, id: string): string | undefined => {
  if (got.headers["x-notification-secret"] !== gateway.webhookSecret) return "secret"
  if (got.headers["content-type"] !== "application/json") return "type"
  if (got.body.length > 64 * 1024) return "size"
  let body: {
    readonly merchant: string
    readonly result: string
    readonly order: {
      readonly id: string
      readonly amount: number
      readonly currency: string
      readonly totalCapturedAmount: number
    }
  }
  try {
    body = JSON.parse(got.body)
  } catch {
    return "JSON"
  }
  if (body.merchant !== gateway.merchantId) return "merchant"
  if (body.order.id !== id) return "number"
  if (body.order.currency !== "USD") return "currency"
  return body.order.amount !== 12.34 || body.order.totalCapturedAmount > 12.34 ? "amount" : undefined
}

const payment: Transaction = {
  id: "1",
  amountMinor: 1234,
  currency: "USD",
  targetId: null,
  reference: null,
  card: null,
  session: null,
  entry: "WEB_SERVICES_API",
  version: "100",
  receipt: "1",
  authorizationCode: "1",
  fingerprint: "",
  moments: [{ atMillis: 0, type: "PAYMENT", outcome: approved }]
}

const orderTold = (notificationUrl: string): Order => ({
  facts: { id: "O-1", amountMinor: 1234, currency: "USD", description: null, reference: null, notificationUrl },
  createdAtMillis: 0,
  disputed: null,
  asksForApproval: false,
  transactions: [payment]
})

const took = () => merchantThat(() => ({ status: 200 }))
const came = (got: ReadonlyArray<Got>, count: number) =>
  vi.waitFor(() => expect(got.length).toBe(count), { timeout: 3000, interval: 5 })

describe("a notification", () => {
  it("is what RETRIEVE_TRANSACTION answers, with the secret, a number of its own and that of the try", async () => {
    const { url, got, close } = await took()
    const id = await gateway.paid({ notificationUrl: url })
    await came(got, 1)
    const [first] = got
    expect(first?.headers).toMatchObject({
      "content-type": "application/json",
      "x-notification-secret": gateway.webhookSecret,
      "x-notification-id": expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
      "x-notification-attempt": "1"
    })
    expect(JSON.parse(first?.body ?? "")).toEqual((await gateway.transaction(id, "1")).body)
    expect(first === undefined ? "nothing" : verdict(first, id)).toBeUndefined()
    expect((await world.ledger()).notifications.filter(({ number }) => number === id)).toMatchObject([
      { vendor: "mpgs", event: "PAYMENT 1 SUCCESS", isTaken: true, genuine: true }
    ])
    close()
  })

  it("is written in the version of the request that made it", async () => {
    const { url, got, close } = await took()
    const id = gateway.number()
    await gateway.send("POST", `${gateway.root.replace("100", "72")}/session`, checkoutOf(id, { notificationUrl: url }))
    await gateway.decide(id, "pay")
    await came(got, 1)
    expect(JSON.parse(got[0]?.body ?? "")).toMatchObject({ version: "72" })
    close()
  })

  it("comes for each transaction: failed tries, captures, refunds, voids", async () => {
    const { url, got, close } = await took()
    const id = gateway.number()
    await gateway.initiate(id, { notificationUrl: url }, { interaction: { operation: "AUTHORIZE" } })
    await gateway.decide(id, "refuse")
    await gateway.decide(id, "pay")
    await gateway.capture(id, "C-1", "12.34")
    await gateway.refund(id, "R-1", "1.00")
    await gateway.refund(id, "R-1", "1.00")
    await gateway.voided(id, "V-1", "R-1")
    await came(got, 5)
    const told = got.map(({ body }) => JSON.parse(body)).map((body) => `${body.transaction.type} ${body.order.status}`)
    expect(told.toSorted()).toEqual(
      [
        "AUTHORIZATION FAILED",
        "AUTHORIZATION AUTHORIZED",
        "CAPTURE CAPTURED",
        "REFUND PARTIALLY_REFUNDED",
        "VOID_REFUND CAPTURED"
      ].toSorted()
    )
    expect(new Set(got.map(({ headers }) => headers["x-notification-id"])).size).toBe(5)
    close()
  })

  it("comes for the payer's authentication and for the payment, each by itself", async () => {
    const { url, got, close } = await took()
    const id = gateway.number()
    const session = await gateway.sessionOf(id, { notificationUrl: url })
    await gateway.submit(session, "pay", "mastercard-3ds")
    await gateway.submit(session, "pay")
    await came(got, 3)
    const told = got.map(({ body }) => JSON.parse(body)).map((body) => [body.transaction.type, body.result].join(" "))
    expect(told.toSorted()).toEqual(["AUTHENTICATION PENDING", "AUTHENTICATION SUCCESS", "PAYMENT SUCCESS"])
    close()
  })

  it("comes again when an outcome does", async () => {
    const { url, got, close } = await took()
    const id = gateway.number()
    await gateway.initiate(id, { notificationUrl: url })
    await gateway.decide(id, "pay", { outcome: "PENDING" })
    await gateway.advance(31)
    await came(got, 2)
    expect(got.map(({ body }) => JSON.parse(body).result)).toEqual(["PENDING", "SUCCESS"])
    close()
  })

  it("is taken by 200 alone", async () => {
    for (const [status, isTaken] of [
      [200, true],
      [204, false],
      [302, false],
      [500, false]
    ] as const) {
      const { url, close } = await merchant(status)
      const id = await gateway.paid({ notificationUrl: url })
      const lines = (await world.ledger()).notifications.filter(({ number }) => number === id)
      expect(lines).toMatchObject([{ status, isTaken }])
      close()
    }
  })

  it("is tried up to 20 times over three days, each later than the one before", () => {
    expect(retryMillis).toHaveLength(19)
    expect(retryMillis).toEqual(retryMillis.toSorted((one, other) => one - other))
    const hours = retryMillis.reduce((total, millis) => total + millis, 0) / 3_600_000
    expect(hours).toBeGreaterThan(70)
    expect(hours).toBeLessThan(72)
  })

  it("that was not taken comes after a restart, and one that was taken does not", async () => {
    let status = 500
    const { url, got, close } = await merchantThat(() => ({ status }))
    const { world: first, gateway: before } = await openGateway()
    await before.paid({ notificationUrl: url })
    status = 200
    await before.paid({ notificationUrl: url })
    const [untaken] = got
    await first.close()
    got.length = 0
    const { world: second } = await openGateway({ folder: first.folder })
    await came(got, 1)
    expect(got[0]?.headers["x-notification-id"]).toBe(untaken?.headers["x-notification-id"])
    expect(merchantOf(second).webhookSecret).toBe(got[0]?.headers["x-notification-secret"])
    await second.close()
    second.sweep()
    close()
  })

  it.each([
    ["https://shop.example/notify", true],
    ["http://127.0.0.1:4000/notify", true],
    ["http://localhost:4000/notify", true],
    ["http://shop.example/notify", false],
    ["http://127.0.0.1.shop.example/notify", false]
  ])("to %s bears the secret: %s", (notificationUrl, isTold) => {
    const made = errand(orderTold(notificationUrl), payment, { id: "M", webhookSecret: "throwaway" })
    expect(made?.message(undefined, 0).headers["x-notification-secret"]).toBe(isTold ? "throwaway" : undefined)
  })

  it("can overtake the answer of a refund", async () => {
    let answered = false
    const early: Array<boolean> = []
    const { url, close } = await merchantThat(() => {
      early.push(!answered)
      return { status: 200 }
    })
    const id = await gateway.paid({ notificationUrl: url })
    early.length = 0
    await world.faults({ on: "notify", fault: "before-answer", number: id, times: 1 })
    await gateway.refund(id, "R-1", "1.00")
    answered = true
    expect(early).toEqual([true])
    close()
  })
})

describe("an odd notification", () => {
  it.each([
    ["wrong-signature", "secret"],
    ["altered", "amount"],
    ["wrong-amount", "amount"],
    ["wrong-currency", "currency"],
    ["foreign-merchant", "merchant"],
    ["other-number", "number"],
    ["truncated", "JSON"],
    ["wrong-type", "type"],
    ["huge", "size"]
  ])("%s is refused for its %s, and is not genuine in the ledger", async (fault, why) => {
    const { url, got, close } = await took()
    const id = gateway.number()
    await gateway.initiate(id, { notificationUrl: url })
    await world.faults({ on: "notify", fault, number: id, times: 1 })
    await gateway.decide(id, "pay")
    await came(got, 1)
    expect(await world.fired()).toEqual([1])
    expect(got[0] === undefined ? "nothing" : verdict(got[0], id)).toBe(why)
    const lines = (await world.ledger()).notifications.filter(({ number }) => number === id)
    expect(lines).toMatchObject([{ genuine: false }])
    close()
  })

  it("makes a refusal look like a success", async () => {
    const { url, got, close } = await took()
    const id = gateway.number()
    await gateway.initiate(id, { notificationUrl: url })
    await world.faults({ on: "notify", fault: "altered", number: id, times: 1 })
    await gateway.decide(id, "refuse")
    await came(got, 1)
    expect(JSON.parse(got[0]?.body ?? "")).toMatchObject({ result: "SUCCESS", order: { status: "CAPTURED" } })
    close()
  })

  it("that the gateway does not know is not asked for in vain", async () => {
    const { url, got, close } = await took()
    await world.faults({ on: "notify", fault: "stale" })
    await gateway.paid({ notificationUrl: url })
    await came(got, 1)
    expect(await world.fired()).toEqual([0])
    close()
  })
})
