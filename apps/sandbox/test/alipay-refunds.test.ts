import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { AlipayWorld } from "./alipay.ts"
import { fresh, openAlipay } from "./alipay.ts"

let alipay: AlipayWorld
beforeAll(async () => {
  alipay = await openAlipay()
})
afterAll(async () => {
  await alipay.close()
  alipay.sweep()
})

const subCodeOf = async (answer: ReturnType<AlipayWorld["call"]>) => (await answer).fields["sub_code"]
const found = (number: string, out_request_no: string) =>
  alipay.call("alipay.trade.fastpay.refund.query", { out_trade_no: number, out_request_no })

describe("refunds", () => {
  it("tell of all that is refunded, and of no change where they are repeated", async () => {
    const number = await alipay.paid()
    expect((await alipay.refund(number, "2.34", "R1")).fields).toMatchObject({ fund_change: "Y", refund_fee: "2.34" })
    expect((await alipay.refund(number, "5", "R2")).fields).toMatchObject({ fund_change: "Y", refund_fee: "7.34" })
    expect((await alipay.refund(number, "2.34", "R1")).fields).toMatchObject({ fund_change: "N", refund_fee: "7.34" })
    expect((await found(number, "R2")).fields).toMatchObject({ refund_amount: "5.00", refund_status: "REFUND_SUCCESS" })
    expect((await alipay.query(number)).fields).toMatchObject({ trade_status: "TRADE_SUCCESS" })
    expect(await alipay.held(number)).toMatchObject({ refunds: [{ amountMinor: 234 }, { amountMinor: 500 }] })
  })

  it("of the whole close the trade, and can still be repeated", async () => {
    const number = await alipay.paid()
    await alipay.refund(number, "2.34", "R1")
    expect((await alipay.refund(number, "10.00", "R2")).fields).toMatchObject({ refund_fee: "12.34" })
    const closed = (await alipay.query(number)).fields
    expect(closed).toMatchObject({ trade_status: "TRADE_CLOSED", send_pay_date: expect.any(String) })
    expect((await alipay.refund(number, "10.00", "R2")).fields).toMatchObject({ code: "10000", fund_change: "N" })
    expect(await subCodeOf(alipay.refund(number, "0.01", "R3"))).toBe("ACQ.TRADE_HAS_CLOSE")
    expect(await alipay.held(number)).toMatchObject({ status: "paid" })
  })

  it("are refused where they cannot be", async () => {
    const number = await alipay.paid()
    await alipay.refund(number, "2.34", "R1")
    expect(await subCodeOf(alipay.refund(number, "2.35", "R1"))).toBe("ACQ.DISCORDANT_REPEAT_REQUEST")
    expect(await subCodeOf(alipay.refund(number, "10.01", "R2"))).toBe("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
    expect(await subCodeOf(alipay.refund(number, "0", "R2"))).toBe("ACQ.REASON_TRADE_REFUND_FEE_ERR")
    expect(await subCodeOf(alipay.refund(number, "-1.00", "R2"))).toBe("ACQ.INVALID_PARAMETER")
    expect(await subCodeOf(alipay.refund(number, "1.00", ""))).toBe("ACQ.INVALID_PARAMETER")
    expect(await subCodeOf(alipay.refund(number, "1.00", "R2", { refund_currency: "CNY" }))).toBe(
      "ACQ.INVALID_PARAMETER"
    )
    expect(await subCodeOf(alipay.refund("NOBODYS", "1.00", "R1"))).toBe("ACQ.TRADE_NOT_EXIST")
    expect(await alipay.held(number)).toMatchObject({ refunds: [{ number: "R1" }] })
  })

  it("are refused for a reason that the merchant asks to see", async () => {
    const number = await alipay.paid()
    const poor = { refund_reason: "退货 [ACQ.SELLER_BALANCE_NOT_ENOUGH]" }
    expect(await subCodeOf(alipay.refund(number, "1.00", "R1", poor))).toBe("ACQ.SELLER_BALANCE_NOT_ENOUGH")
    expect((await alipay.refund(number, "1.00", "R1")).fields).toMatchObject({ fund_change: "Y" })
  })

  it("of what is not paid, is closed, or is finished, are refused", async () => {
    const [open, closed, finished, old] = [fresh(), fresh(), await alipay.paid(), await alipay.paid()]
    await alipay.create(open)
    await alipay.create(closed)
    await alipay.decide(open, "open")
    await alipay.decide(closed, "close")
    await alipay.decide(finished, "finish")
    expect(await subCodeOf(alipay.refund(open, "1.00", "R1"))).toBe("ACQ.TRADE_STATUS_ERROR")
    expect(await subCodeOf(alipay.refund(closed, "1.00", "R1"))).toBe("ACQ.TRADE_HAS_CLOSE")
    expect(await subCodeOf(alipay.refund(finished, "1.00", "R1"))).toBe("ACQ.TRADE_HAS_FINISHED")
    await alipay.advance(366 * 86_400_000)
    expect((await alipay.query(old)).fields).toMatchObject({ trade_status: "TRADE_FINISHED" })
    expect(await subCodeOf(alipay.refund(old, "1.00", "R1"))).toBe("ACQ.TRADE_HAS_FINISHED")
    await alipay.advance(-366 * 86_400_000)
  })

  it("without a number are of the whole", async () => {
    const number = await alipay.paid()
    expect((await alipay.refund(number, "12.34", "")).fields).toMatchObject({ fund_change: "Y", refund_fee: "12.34" })
    expect(await alipay.held(number)).toMatchObject({ refunds: [{ number, amountMinor: 1234 }] })
  })

  it("are itemized where that is asked for", async () => {
    const number = await alipay.paid()
    const itemized = { query_options: ["refund_detail_item_list"] }
    const { fields } = await alipay.refund(number, "2.00", "R1", itemized)
    expect(fields).toMatchObject({ send_back_fee: "2.00", refund_detail_item_list: [{ amount: "2.00" }] })
  })

  it("can be made at the vendor's desk, by a number of its own", async () => {
    const number = await alipay.paid()
    await alipay.decide(number, "refund", { amountMinor: 34 })
    const { refunds = [] } = (await alipay.held(number)) ?? {}
    expect(refunds).toMatchObject([{ number: expect.stringMatching(/^DESK/), amountMinor: 34 }])
    expect((await found(number, refunds[0]?.number ?? "")).fields).toMatchObject({ refund_amount: "0.34" })
    expect((await alipay.decide(number, "refund", { amountMinor: 1201 })).status).toBe(409)
  })
})

describe("the query of a refund", () => {
  it("says nothing of one that is not known, and has its own word for an unknown trade", async () => {
    const number = await alipay.paid()
    const { fields, isSigned } = await found(number, "NOBODYS")
    expect([fields, isSigned]).toEqual([{ code: "10000", msg: "Success" }, true])
    expect(await subCodeOf(found("NOBODYS", "R1"))).toBe("TRADE_NOT_EXIST")
    expect(await subCodeOf(found(number, ""))).toBe("ACQ.INVALID_PARAMETER")
  })
})
