import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { errorOf, freshNumber, openWechatPay } from "./wechatpay.ts"
import type { Answer } from "./world.ts"

let world: Awaited<ReturnType<typeof openWechatPay>>
let shop: (typeof world)["wechatpay"]
beforeAll(async () => {
  world = await openWechatPay()
  shop = world.wechatpay
})
afterAll(async () => {
  await world.close()
  world.sweep()
})

const move = (advanceMillis: number) => world.call("POST", "/_clock", { advanceMillis })
/** Moves the clock on for what is done, and back. */
const after = async <A>(millis: number, run: () => Promise<A>): Promise<A> => {
  await move(millis)
  const done = await run()
  await move(-millis)
  return done
}
const minute = 60_000
const amount = (refund: number, more: object = {}) => ({ amount: { refund, total: 1234, currency: "CNY", ...more } })
const statusOf = ({ json }: Answer) => (json as { readonly status?: string }).status

describe("a refund of WeChat Pay", () => {
  it("is accepted at first, and succeeds a second later", async () => {
    const order = await shop.paid()
    const number = `R${order}`
    const accepted = await shop.refund(order, { out_refund_no: number, reason: "Changed their mind" })
    expect(accepted.json).toMatchObject({ out_refund_no: number, out_trade_no: order, status: "PROCESSING" })
    expect(accepted.json).not.toHaveProperty("success_time")
    await after(1001, async () => {
      const settled = await shop.queryRefund(number)
      expect(settled.json).toMatchObject({
        status: "SUCCESS",
        success_time: expect.stringMatching(/\+08:00$/),
        create_time: expect.stringMatching(/\+08:00$/),
        channel: "ORIGINAL",
        amount: { total: 1234, refund: 234, payer_total: 1234, payer_refund: 234, settlement_refund: 234 }
      })
    })
    const held = (await world.ledger()).held?.find((one) => one.number === order)
    expect(held?.refunds).toMatchObject([{ number, amountMinor: 234, status: "SUCCESS" }])
  })

  it("that is asked for again under its number is one refund, of one amount and order", async () => {
    const order = await shop.paid()
    const terms = { out_refund_no: `R${order}` }
    const [first, second] = [await shop.heldRefund(order, terms), await shop.heldRefund(order, terms)]
    expect(second.json).toEqual(first.json)
    expect(errorOf(await shop.refund(order, { ...terms, ...amount(1) }))).toEqual([403, "REFUND_FEE_MISMATCH"])
    expect(errorOf(await shop.refund(await shop.paid(), terms))).toEqual([400, "INVALID_REQUEST"])
    expect((await world.ledger()).held?.find((one) => one.number === order)?.refunds.length).toBe(1)
  })

  it("is of an order by either number", async () => {
    const order = await shop.paid()
    const { transaction_id } = (await shop.query(order)).json as { readonly transaction_id: string }
    const refund = await shop.refund(order, { out_trade_no: undefined, transaction_id })
    expect(refund.json).toMatchObject({ transaction_id, out_trade_no: order })
    const neither = await shop.refund(order, { out_trade_no: undefined })
    expect(errorOf(neither)).toEqual([400, "PARAM_ERROR"])
    const others = await shop.refund(await shop.paid(), { transaction_id })
    expect(errorOf(others)).toEqual([400, "PARAM_ERROR"])
  })

  it.each([
    ["/out_refund_no", { out_refund_no: undefined }],
    ["/out_refund_no", { out_refund_no: "x".repeat(65) }],
    ["/out_refund_no", { out_refund_no: "a b" }],
    ["/reason", { reason: "x".repeat(81) }],
    ["/notify_url", { notify_url: "ftp://shop.example" }],
    ["/funds_account", { funds_account: "MINE" }],
    ["/amount/refund", amount(0)],
    ["/amount/total", amount(1, { total: undefined })],
    ["/amount/currency", amount(1, { currency: undefined })],
    ["/amount/currency", amount(1, { currency: "USD" })]
  ])("is refused where %s is wrong: %o", async (field, changes) => {
    const answer = await shop.refund("ORDER-1", changes)
    expect(errorOf(answer)).toEqual([400, "PARAM_ERROR"])
    expect(answer.json).toMatchObject({ detail: { field } })
  })

  it("is refused of an order that is unknown or not paid, of another total, of more than is left, and after a year", async () => {
    expect(errorOf(await shop.refund("NOBODYS-1"))).toEqual([404, "RESOURCE_NOT_EXISTS"])
    const open = freshNumber()
    await shop.create({ out_trade_no: open })
    expect(errorOf(await shop.refund(open))).toEqual([404, "RESOURCE_NOT_EXISTS"])
    const order = await shop.paid()
    expect(errorOf(await shop.refund(order, amount(1, { total: 1235 })))).toEqual([400, "INVALID_REQUEST"])
    expect(errorOf(await shop.refund(order, amount(1235)))).toEqual([400, "INVALID_REQUEST"])
    const late = await after(366 * 86_400_000, () => shop.refund(order))
    expect(errorOf(late)).toEqual([403, "TRADE_OVERDUE"])
    expect((await shop.refund(order, amount(1234))).status).toBe(200)
    expect(errorOf(await shop.refund(order, amount(1)))).toEqual([400, "INVALID_REQUEST"])
    expect(errorOf(await shop.queryRefund("NOBODYS-1"))).toEqual([404, "RESOURCE_NOT_EXISTS"])
  })

  it("comes a minute after another of its order at least, and is one of fifty at most", async () => {
    const order = await shop.paid()
    expect((await shop.refund(order, amount(1))).status).toBe(200)
    expect(errorOf(await shop.refund(order, amount(1)))).toEqual([429, "FREQUENCY_LIMITED"])
    for (let count = 1; count < 50; count += 1) {
      await move(minute)
      expect((await shop.refund(order, amount(1))).status).toBe(200)
    }
    await move(minute)
    expect(errorOf(await shop.refund(order, amount(1)))).toEqual([403, "RULE_LIMIT"])
    await move(-50 * minute)
  })

  it("takes what the merchant has", async () => {
    await shop.decide("-", "balance-wechatpay", { amountMinor: 300 })
    const order = await shop.paid()
    expect((await shop.refund(order, amount(200))).status).toBe(200)
    const poor = await shop.refund(await shop.paid(), amount(101))
    expect(errorOf(poor)).toEqual([403, "NOT_ENOUGH"])
    await shop.decide("-", "balance-wechatpay")
    expect((await shop.refund(await shop.paid(), amount(101))).status).toBe(200)
  })

  it("that the bank refuses is abnormal, and can still succeed; one that is closed gives the money back", async () => {
    const order = await shop.paid()
    const number = `R${order}`
    await shop.heldRefund(order, { out_refund_no: number, ...amount(1234) })
    const abnormal = await shop.decide(order, "refund-abnormal", { refund: number })
    expect(statusOf(abnormal)).toBe("ABNORMAL")
    expect(statusOf(await after(minute, () => shop.queryRefund(number)))).toBe("ABNORMAL")
    expect(statusOf(await shop.decide(order, "refund-settle", { refund: number }))).toBe("SUCCESS")
    expect((await shop.decide(order, "refund-fail", { refund: number })).status).toBe(409)
    const other = await shop.paid()
    await shop.heldRefund(other, amount(1234))
    expect(statusOf(await shop.decide(other, "refund-fail"))).toBe("CLOSED")
    expect((await after(minute, () => shop.refund(other, amount(1234)))).status).toBe(200)
  })

  it("is decided beforehand where the desk knows its number", async () => {
    const [abnormal, held] = [await shop.paid(), await shop.paid()]
    await shop.decide(abnormal, "refund-abnormal", { refund: `R${abnormal}` })
    await shop.decide(held, "refund-hold", { refund: `R${held}` })
    for (const order of [abnormal, held]) await shop.refund(order, { out_refund_no: `R${order}` })
    const statuses = await after(minute, async () =>
      Promise.all([abnormal, held].map(async (order) => statusOf(await shop.queryRefund(`R${order}`))))
    )
    expect(statuses).toEqual(["ABNORMAL", "PROCESSING"])
    expect(statusOf(await shop.decide(held, "refund-settle"))).toBe("SUCCESS")
  })

  it("can be made at the console", async () => {
    const order = await shop.paid()
    const made = await shop.decide(order, "refund", { amountMinor: 34, refund: `R${order}` })
    expect(made.json).toMatchObject({ out_refund_no: `R${order}`, amount: { refund: 34 } })
    expect((await shop.queryRefund(`R${order}`)).status).toBe(200)
    expect((await shop.query(order)).json).toMatchObject({ trade_state: "REFUND" })
    expect((await shop.decide(order, "refund", { amountMinor: 1201 })).status).toBe(409)
    expect((await shop.decide(order, "refund")).json).toMatchObject({ amount: { refund: 1200 } })
  })
})
