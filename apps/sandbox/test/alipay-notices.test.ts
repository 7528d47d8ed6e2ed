import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { retryMillis } from "../src/vendors/alipay/Notices.ts"
import type { AlipayWorld } from "./alipay.ts"
import { formIn, fresh, isGenuine, openAlipay, signedText, verifies } from "./alipay.ts"
import { merchantThat } from "./world.ts"

let alipay: AlipayWorld
let merchant: Awaited<ReturnType<typeof merchantThat>>
let answer = { status: 200, body: "success" }
beforeAll(async () => {
  alipay = await openAlipay()
  merchant = await merchantThat(() => answer)
})
afterEach(async () => {
  answer = { status: 200, body: "success" }
  merchant.got.length = 0
  await alipay.faults()
})
afterAll(async () => {
  await alipay.close()
  alipay.sweep()
  merchant.close()
})

const paid = (changes: object = {}) => alipay.paid(fresh(), changes, { notify_url: merchant.url })
const told = (index = 0) => formIn(merchant.got[index]?.body ?? "")
const noticesOf = async (number: string) =>
  (await alipay.ledger()).notifications.filter((notice) => notice.number === number)
const key = () => alipay.credentials.alipayPublicKey

describe("a notice", () => {
  it("tells that a trade is paid, signed as the public SDK wants it", async () => {
    const number = await paid({ subject: "测试 + 100% 保险", passback_params: "a%3D1%26b" })
    const form = told()
    const { appId, sellerId, buyerId } = alipay.credentials
    expect(merchant.got[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded; charset=utf-8")
    expect(form).toMatchObject({
      app_id: appId,
      auth_app_id: appId,
      buyer_id: buyerId,
      buyer_pay_amount: "12.34",
      charset: "utf-8",
      notify_type: "trade_status_sync",
      out_trade_no: number,
      passback_params: "a%3D1%26b",
      receipt_amount: "12.34",
      seller_id: sellerId,
      sign_type: "RSA2",
      subject: "测试 + 100% 保险",
      total_amount: "12.34",
      trade_no: (await alipay.query(number)).fields["trade_no"],
      trade_status: "TRADE_SUCCESS",
      version: "1.0"
    })
    for (const name of ["gmt_create", "gmt_payment", "notify_time"])
      expect(form[name]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    expect(JSON.parse(form["fund_bill_list"] ?? "")).toEqual([{ amount: "12.34", fundChannel: "ALIPAYACCOUNT" }])
    expect(form["refund_fee"]).toBeUndefined()
    expect([
      isGenuine(form, key()),
      alipay.sdk.checkNotifySignV2(form),
      alipay.certified.checkNotifySignV2(form)
    ]).toEqual([true, true, true])
  })

  it("tells of a refund that leaves something, with all that is refunded", async () => {
    const number = await paid()
    await alipay.refund(number, "2.34", "R1")
    await vi.waitFor(() => expect(merchant.got.length).toBe(2))
    await alipay.refund(number, "1.00", "R2")
    await vi.waitFor(() => expect(merchant.got.length).toBe(3))
    const expected = { trade_status: "TRADE_SUCCESS", total_amount: "12.34" }
    expect(told(1)).toMatchObject({ ...expected, refund_fee: "2.34", out_biz_no: "R1" })
    expect(told(2)).toMatchObject({ ...expected, refund_fee: "3.34", send_back_fee: "1.00", out_biz_no: "R2" })
    expect(told(2)["gmt_refund"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
    expect([0, 1, 2].map((index) => alipay.sdk.checkNotifySignV2(told(index)))).toEqual([true, true, true])
    expect(new Set([0, 1, 2].map((index) => told(index)["notify_id"])).size).toBe(3)
  })

  it("is not sent of a refund of the whole, of one that is repeated, or of what is closed", async () => {
    const number = await paid()
    await alipay.refund(number, "12.34", "R1")
    await alipay.refund(number, "12.34", "R1")
    const closed = fresh()
    await alipay.create(closed, {}, { notify_url: merchant.url })
    await alipay.decide(closed, "open")
    await alipay.decide(closed, "close")
    await paid()
    expect((await noticesOf(number)).length + (await noticesOf(closed)).length).toBe(1)
  })

  it("is not sent where the order names no address", async () => {
    const number = await alipay.paid()
    expect(await noticesOf(number)).toEqual([])
  })

  it.each([
    [200, "success", true],
    [200, "SUCCESS", false],
    [200, "success\n", false],
    [200, "fail", false],
    [201, "success", false],
    [302, "success", false],
    [500, "success", false]
  ])("is, with %i and %j, taken: %s", async (status, body, isTaken) => {
    answer = { status, body }
    const number = await paid()
    expect(await noticesOf(number)).toMatchObject([{ event: "TRADE_SUCCESS", status, isTaken }])
  })

  it("is tried again for a day and an hour", () => {
    const minutes = retryMillis.map((millis) => millis / 60_000)
    expect(minutes).toEqual([4, 10, 10, 60, 120, 360, 900])
  })

  it("has the same number when it comes again, after a restart", async () => {
    const first = await openAlipay()
    answer = { status: 200, body: "fail" }
    const number = await first.paid(fresh(), {}, { notify_url: merchant.url })
    answer = { status: 200, body: "success" }
    await first.paid(fresh(), {}, { notify_url: merchant.url })
    await first.close()
    const second = await openAlipay({ folder: first.folder })
    await vi.waitFor(() => expect(merchant.got.length).toBe(3))
    expect(told(2)).toMatchObject({ out_trade_no: number, notify_id: told(0)["notify_id"] })
    await vi.waitFor(async () => {
      const { notifications } = await second.ledger()
      expect(notifications.filter((one) => one.isTaken === true).length).toBe(2)
    })
    await second.close()
    const third = await openAlipay({ folder: first.folder })
    await third.paid(fresh(), {}, { notify_url: merchant.url })
    expect(merchant.got.length).toBe(4)
    await third.close()
    third.sweep()
  })
})

describe("a notice that a fault makes odd", () => {
  const odd = async (fault: string) => {
    await alipay.faults({ on: "notify", fault })
    const number = await paid()
    expect(await alipay.fired()).toEqual([1])
    expect(await noticesOf(number)).toMatchObject([{ genuine: false }])
    return { number, form: told(), got: merchant.got[0] }
  }

  it.each(["wrong-signature", "altered"])("as %s has a signature that is not the vendor's", async (fault) => {
    const { form } = await odd(fault)
    expect(form["sign"]).toMatch(/^[\w+/]{342}==$/)
    expect([isGenuine(form, key()), alipay.sdk.checkNotifySignV2(form)]).toEqual([false, false])
    expect(form["total_amount"]).toBe(fault === "altered" ? "13.34" : "12.34")
  })

  it.each([
    ["wrong-amount", { total_amount: "13.34" }],
    ["foreign-merchant", { seller_id: "2088000000000000" }],
    ["other-app", { app_id: "2021000000000000" }]
  ])("as %s is signed by the vendor and not of this order, shop or app", async (fault, expected) => {
    const { form, number } = await odd(fault)
    expect(form).toMatchObject({ out_trade_no: number, ...expected })
    expect(isGenuine(form, key())).toBe(true)
  })

  it("as other-number is signed by the vendor and of another order", async () => {
    const { form, number } = await odd("other-number")
    expect([form["out_trade_no"], isGenuine(form, key())]).toEqual([`${number}X`, true])
  })

  it("as sign-type-kept is signed by the rule of other products", async () => {
    const { form } = await odd("sign-type-kept")
    expect(isGenuine(form, key())).toBe(false)
    expect(verifies(signedText(form, "sign"), form["sign"] ?? "", key())).toBe(true)
  })

  it("as wrong-type says that its form is JSON", async () => {
    const { form, got } = await odd("wrong-type")
    expect([got?.headers["content-type"], isGenuine(form, key())]).toEqual(["application/json", true])
  })

  it("as truncated ends in the middle", async () => {
    const { form } = await odd("truncated")
    expect([form["gmt_create"] !== undefined, isGenuine(form, key())]).toEqual([true, false])
  })

  it("as huge has more than a megabyte, signed", async () => {
    const { form, got } = await odd("huge")
    expect(got?.body.length).toBeGreaterThan(1024 * 1024)
    expect(isGenuine(form, key())).toBe(true)
  })

  it("is none that other vendors know", async () => {
    await alipay.faults({ on: "notify", fault: "wrong-serial" }, { on: "notify", fault: "wrong-currency" })
    const number = await paid()
    expect(await alipay.fired()).toEqual([0, 0])
    expect(await noticesOf(number)).toMatchObject([{ genuine: true, isTaken: true }])
  })
})
