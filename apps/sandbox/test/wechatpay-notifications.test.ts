import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { retryMillis } from "../src/vendors/wechatpay/Notices.ts"
import type { Credentials } from "./wechatpay.ts"
import { freshNumber, openWechatPay, received } from "./wechatpay.ts"
import type { Got } from "./world.ts"
import { merchant } from "./world.ts"

let world: Awaited<ReturnType<typeof openWechatPay>>
let shop: (typeof world)["wechatpay"]
beforeAll(async () => {
  world = await openWechatPay()
  shop = world.wechatpay
})
afterEach(async () => {
  await world.faults()
})
afterAll(async () => {
  await world.close()
  world.sweep()
})

const keysOf = ({ publicKeyId, publicKey, platformCertificates }: Credentials) => ({
  ...Object.fromEntries(platformCertificates.map(({ serial, certificate }) => [serial, certificate])),
  [publicKeyId]: publicKey
})
const read = async (got: Got | undefined) => {
  if (got === undefined) throw new Error("Nothing came.")
  const credentials = await world.credentials()
  return received(got, credentials, keysOf(credentials))
}

/** An order that is paid, of a merchant that listens. */
const paidFor = async (listener: { readonly url: string }, changes: object = {}) =>
  shop.paid({ notify_url: listener.url, ...changes })

describe("a notification of WeChat Pay", () => {
  it("tells of a payment, signed with the public key, encrypted with the APIv3 key", async () => {
    const listener = await merchant()
    const number = await paidFor(listener, { attach: "A-1" })
    const [got] = listener.got
    expect(await read(got)).toMatchObject({
      mchid: shop.credentials.mchid,
      appid: shop.credentials.appid,
      out_trade_no: number,
      transaction_id: expect.stringMatching(/^\d{28}$/),
      trade_type: "NATIVE",
      trade_state: "SUCCESS",
      attach: "A-1",
      success_time: expect.stringMatching(/\+08:00$/),
      payer: { openid: shop.credentials.openid },
      amount: { total: 1234, payer_total: 1234, currency: "CNY", payer_currency: "CNY" }
    })
    expect(got?.headers["wechatpay-serial"]).toBe(shop.credentials.publicKeyId)
    expect(got?.headers["content-type"]).toBe("application/json")
    expect(JSON.parse(got?.body ?? "")).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      create_time: expect.stringMatching(/\+08:00$/),
      resource_type: "encrypt-resource",
      event_type: "TRANSACTION.SUCCESS",
      resource: { original_type: "transaction", algorithm: "AEAD_AES_256_GCM", associated_data: "transaction" }
    })
    listener.close()
  })

  it("is signed with the newest platform certificate where the merchant is set up so", async () => {
    const listener = await merchant()
    await shop.decide("-", "notify-key-wechatpay", { key: "certificate" })
    await paidFor(listener)
    await shop.decide("-", "rotate-wechatpay")
    await paidFor(listener)
    const serials = listener.got.map(({ headers }) => headers["wechatpay-serial"])
    const { platformCertificates } = await world.credentials()
    expect(serials).toEqual([platformCertificates[1]?.serial, platformCertificates[0]?.serial])
    for (const got of listener.got) expect(await read(got)).toMatchObject({ trade_state: "SUCCESS" })
    expect((await shop.decide("-", "notify-key-wechatpay", { key: "public-key" })).status).toBe(200)
    expect((await shop.decide("-", "notify-key-wechatpay", { key: "none" })).status).toBe(400)
    listener.close()
  })

  it.each([
    ["refund-settle", "REFUND.SUCCESS", "SUCCESS"],
    ["refund-abnormal", "REFUND.ABNORMAL", "ABNORMAL"],
    ["refund-fail", "REFUND.CLOSED", "CLOSED"]
  ])("tells what came of a refund: %s", async (verb, event, status) => {
    const listener = await merchant()
    const order = await shop.paid()
    await shop.heldRefund(order, { out_refund_no: `R${order}`, notify_url: listener.url })
    await shop.decide(order, verb)
    const [got] = listener.got
    expect(JSON.parse(got?.body ?? "")).toMatchObject({ event_type: event, resource: { original_type: "refund" } })
    const told = await read(got)
    expect(told).toMatchObject({
      mchid: shop.credentials.mchid,
      out_trade_no: order,
      out_refund_no: `R${order}`,
      refund_status: status,
      amount: { total: 1234, refund: 234, payer_total: 1234, payer_refund: 234 }
    })
    expect(told).not.toHaveProperty("status")
    expect(told).not.toHaveProperty("amount.currency")
    listener.close()
  })

  it("does not tell of an order that is not paid, nor of a refund without an address", async () => {
    const listener = await merchant()
    const open = freshNumber()
    await shop.create({ out_trade_no: open, notify_url: listener.url })
    await shop.decide(open, "refuse")
    const order = await shop.paid()
    await shop.heldRefund(order, { notify_url: undefined })
    await shop.decide(order, "refund-settle")
    const { notifications } = await world.ledger()
    expect(notifications.filter(({ number, event }) => number === order && event.startsWith("REFUND"))).toEqual([])
    expect(listener.got).toEqual([])
    listener.close()
  })

  it.each([
    ["wrong-signature", "signature"],
    ["altered", "signature"],
    ["probe", "signature"],
    ["stale", "stale"],
    ["wrong-serial", "serial"],
    ["expired-certificate", "serial"],
    ["wrong-type", "type"],
    ["truncated", "ciphertext"],
    ["huge", "huge"]
  ])("that is odd is refused by what verifies it: %s", async (fault, why) => {
    const listener = await merchant()
    await world.faults({ on: "notify", fault, times: 1 })
    const number = await paidFor(listener)
    expect(await read(listener.got[0])).toBe(why)
    const { notifications } = await world.ledger()
    expect(notifications.filter((one) => one.number === number)).toMatchObject([
      { vendor: "wechatpay", genuine: false }
    ])
    listener.close()
  })

  it.each([
    ["wrong-amount", { amount: { total: 1235, currency: "CNY" } }],
    ["wrong-currency", { amount: { total: 1234, currency: "USD" } }]
  ])("can be right in all but what it says: %s", async (fault, said) => {
    const listener = await merchant()
    await world.faults({ on: "notify", fault, times: 1 })
    const number = await paidFor(listener)
    expect(await read(listener.got[0])).toMatchObject({ out_trade_no: number, ...said })
    listener.close()
  })

  it.each([
    ["foreign-merchant", "mchid"],
    ["other-app", "appid"],
    ["other-number", "out_trade_no"]
  ])("can be right in all but whose it is: %s", async (fault, field) => {
    const listener = await merchant()
    await world.faults({ on: "notify", fault, times: 1 })
    const number = await paidFor(listener)
    const right = { mchid: shop.credentials.mchid, appid: shop.credentials.appid, out_trade_no: number }
    const told = (await read(listener.got[0])) as Record<string, unknown>
    const differing = Object.entries(right).filter(([name, value]) => told[name] !== value)
    expect(differing.map(([name]) => name)).toEqual([field])
    listener.close()
  })

  it("of a refund is not odd in what it does not tell", async () => {
    const listener = await merchant()
    const order = await shop.paid()
    await shop.heldRefund(order, { notify_url: listener.url })
    await world.faults({ on: "notify", fault: "wrong-currency" }, { on: "notify", fault: "wrong-amount", times: 1 })
    await shop.decide(order, "refund-settle")
    expect(await read(listener.got[0])).toMatchObject({ amount: { refund: 235 } })
    expect(await world.fired()).toEqual([0, 1])
    listener.close()
  })

  it("is sent again until it is taken, under its number, with a time and signature of its own", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const listener = await merchant(500, 302)
    const number = await paidFor(listener)
    for (const count of [1, 2]) {
      expect(listener.got.length).toBe(count)
      await vi.advanceTimersByTimeAsync(15_000)
      await vi.waitFor(() => expect(listener.got.length).toBe(count + 1))
      await vi.waitFor(async () => {
        const { notifications } = await world.ledger()
        expect(notifications.filter((one) => one.number === number).length).toBe(count + 1)
      })
    }
    await vi.advanceTimersByTimeAsync(3_600_000)
    vi.useRealTimers()
    expect(listener.got.length).toBe(3)
    const ids = listener.got.map(({ body }) => JSON.parse(body).id)
    expect(new Set(ids).size).toBe(1)
    const signatures = listener.got.map(({ headers }) => headers["wechatpay-signature"])
    expect(new Set(signatures).size).toBe(3)
    listener.close()
  })

  it("is tried fifteen times more, over 24 hours and 4 minutes", () => {
    expect(retryMillis.length).toBe(15)
    expect(retryMillis.reduce((sum, millis) => sum + millis, 0)).toBe((24 * 60 + 4) * 60_000)
  })

  it("that was not taken is sent again after a restart, each refund's for itself", async () => {
    const listener = await merchant(204, 204, 500, 500)
    const taken = await paidFor(listener)
    await shop.heldRefund(taken, { notify_url: listener.url })
    await shop.decide(taken, "refund-settle")
    const untaken = await paidFor(listener)
    const other = await shop.paid()
    await shop.heldRefund(other, { out_refund_no: `R${other}`, notify_url: listener.url })
    await shop.decide(other, "refund-settle")
    expect(listener.got.length).toBe(4)
    await world.close()
    world = await openWechatPay({ folder: world.folder })
    shop = world.wechatpay
    await vi.waitFor(() => expect(listener.got.length).toBe(6))
    const told = await Promise.all(listener.got.slice(4).map(read))
    expect(told).toMatchObject([{ out_trade_no: untaken }, { out_refund_no: `R${other}` }])
    listener.close()
  })
})
