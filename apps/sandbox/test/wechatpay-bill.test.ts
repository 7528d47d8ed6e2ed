import { createHash } from "node:crypto"
import { gunzipSync } from "node:zlib"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { Formatter } from "wechatpay-axios-plugin"
import { errorOf, freshNumber, openWechatPay } from "./wechatpay.ts"

/** Ten in the evening in Beijing, on a day that has had no trade before. */
const evening = Date.parse("2026-03-10T22:00:00+08:00")
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let world: Awaited<ReturnType<typeof openWechatPay>>
let shop: (typeof world)["wechatpay"]
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: evening })
  world = await openWechatPay()
  shop = world.wechatpay
})
afterEach(() => vi.setSystemTime(evening))
afterAll(async () => {
  vi.useRealTimers()
  await world.close()
  world.sweep()
})

interface Offer {
  readonly hash_type: string
  readonly hash_value: string
  readonly download_url: string
}

const ask = (date: string, more = "", path = "tradebill") =>
  shop.call("GET", `/v3/bill/${path}?bill_date=${date}${more}`)

/** A file as a client without an SDK fetches it. */
const fetched = async ({ download_url }: Offer) => {
  const { pathname, search } = new URL(download_url)
  const target = `${pathname}${search}`
  const { mchid, serial, privateKey } = shop.credentials
  const client = (await import("wechatpay-axios-plugin")).Rsa
  const [timestamp, nonce] = [Formatter.timestamp(), Formatter.nonce()]
  const signature = client.sign(Formatter.request("GET", target, timestamp, nonce), privateKey)
  const authorization = Formatter.authorization(mchid, nonce, signature, timestamp, serial)
  const headers = { accept: "*/*", "user-agent": "tests", authorization }
  const response = await fetch(download_url, { headers })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

const sha1 = (bytes: Buffer) => createHash("sha1").update(bytes).digest("hex")

type Rows = ReadonlyArray<{ readonly [column: string]: string }>
const cast = (bytes: Buffer) => Formatter.castCsvBill(bytes) as { readonly rows: Rows; readonly summary: Rows[number] }

/** Two payments and a refund on a day of their own, so many days after the first; the clock stays at that evening. */
const traded = async (daysOn: number) => {
  vi.setSystemTime(evening + daysOn * day)
  const date = new Date(Date.now() + 8 * hour).toISOString().slice(0, 10)
  const [number, refunded] = [freshNumber(), freshNumber()]
  await shop.create({ out_trade_no: number, description: "One, two\r\nthree", attach: "A-1" })
  await shop.create({ out_trade_no: refunded, amount: { total: 100 } })
  await shop.decide(number, "pay", { payerTotalMinor: 1200 })
  vi.setSystemTime(Date.now() + minute)
  await shop.decide(refunded, "pay")
  vi.setSystemTime(Date.now() + minute)
  const amount = { refund: 50, total: 100, currency: "CNY" }
  await shop.refund(refunded, { out_refund_no: `R${refunded}`, amount })
  await shop.decide(refunded, "refund-settle")
  return { date, number, refunded, morning: evening + daysOn * day + 12 * hour }
}

describe("a bill of WeChat Pay", () => {
  it("is fetched and read by the public SDK, with its hash", async () => {
    const { date, number, refunded, morning } = await traded(1)
    vi.setSystemTime(morning)
    const { mchid, appid, openid, publicKeyId, publicKey } = shop.credentials
    const client = shop.client({ [publicKeyId]: publicKey })
    const params = { bill_date: date, bill_type: "ALL" }
    const offer = (await client["v3"]?.["bill"]?.["tradebill"]?.get({ params } as never))?.data as Offer
    const { pathname, searchParams } = new URL(offer.download_url)
    expect(pathname).toBe("/v3/billdownload/file")
    const token = { params: { token: searchParams.get("token") }, responseType: "arraybuffer" }
    const file = (await client["v3"]?.["billdownload"]?.["file"]?.get(token as never))?.data as unknown as Buffer
    expect([offer.hash_type, offer.hash_value]).toEqual(["SHA1", sha1(file)])
    const { rows, summary } = cast(file)
    expect(rows).toMatchObject([
      {
        交易时间: `${date} 22:00:00`,
        公众账号ID: appid,
        商户号: mchid,
        微信订单号: expect.stringMatching(/^\d{28}$/),
        商户订单号: number,
        用户标识: openid,
        交易类型: "NATIVE",
        交易状态: "SUCCESS",
        货币种类: "CNY",
        代金券金额: "0.34",
        商户退款单号: "0",
        商品名称: "One\\  two\\nthree",
        商户数据包: "A-1",
        手续费: "0.07000",
        费率: "0.60%",
        订单金额: "12.34"
      },
      { 商户订单号: refunded, 交易状态: "SUCCESS", 订单金额: "1.00" },
      {
        交易时间: `${date} 22:02:00`,
        商户订单号: refunded,
        交易状态: "REFUND",
        商户退款单号: `R${refunded}`,
        退款金额: "0.50",
        退款状态: "SUCCESS",
        订单金额: "0.00",
        申请退款金额: "0.50"
      }
    ])
    expect(summary).toMatchObject({ 总交易单数: "3", 订单总金额: "13.34", 退款总金额: "0.50", 手续费总金额: "0.08000" })
  })

  it("has the payments or the refunds alone, where asked so, and is zipped where asked so", async () => {
    const { date, number, refunded, morning } = await traded(2)
    vi.setSystemTime(morning)
    const offered = async (more: string) => (await ask(date, more)).json as Offer
    const paid = await offered("&bill_type=SUCCESS")
    const file = await fetched(paid)
    expect([...file.headers.keys()].filter((name) => name.startsWith("wechatpay-"))).toEqual([])
    expect(cast(file.bytes).rows.map((row) => row["商户订单号"])).toEqual([number, refunded])
    const zipped = await offered("&bill_type=REFUND&tar_type=GZIP")
    const bytes = gunzipSync((await fetched(zipped)).bytes)
    expect(sha1(bytes)).toBe(zipped.hash_value)
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
    expect(cast(bytes).rows).toMatchObject([{ 商户退款单号: `R${refunded}`, 退款申请时间: `${date} 22:02:00` }])
  })

  it("tells a refund as it was when the bill was made, whatever became of it", async () => {
    vi.setSystemTime(evening + 3 * day)
    const order = freshNumber()
    await shop.create({ out_trade_no: order })
    await shop.decide(order, "pay")
    await shop.decide(order, "refund-hold", { refund: `R${order}` })
    await shop.refund(order, { out_refund_no: `R${order}` })
    vi.setSystemTime(evening + 3 * day + 13 * hour)
    await shop.decide(order, "refund-settle")
    const offer = (await ask("2026-03-13", "&bill_type=REFUND")).json as Offer
    expect(cast((await fetched(offer)).bytes).rows).toMatchObject([{ 退款状态: "PROCESSING", 退款成功时间: "" }])
    expect((await shop.queryRefund(`R${order}`)).json).toMatchObject({ status: "SUCCESS" })
  })

  it("of the account has each movement and what is left", async () => {
    const { date, number, morning } = await traded(9)
    vi.setSystemTime(morning)
    const offer = (await ask(date, "&account_type=BASIC", "fundflowbill")).json as Offer
    const { rows, summary } = cast((await fetched(offer)).bytes)
    expect(rows.map((row) => [row["业务名称"], row["收支类型"], row["收支金额(元)"]])).toEqual([
      ["交易", "收入", "12.34"],
      ["扣除交易手续费", "支出", "0.07"],
      ["交易", "收入", "1.00"],
      ["扣除交易手续费", "支出", "0.01"],
      ["退款", "支出", "0.50"]
    ])
    expect(rows[0]?.["业务凭证号"]).toBe(number)
    const left = rows.map((row) => Math.round(Number(row["账户结余(元)"]) * 100))
    expect((left[0] ?? 0) - (left[4] ?? 0)).toBe(-100 + 7 + 1 + 50)
    expect(summary).toMatchObject({ 资金流水总笔数: "5", 收入金额: "13.34", 支出金额: "0.58" })
    const fees = await ask(date, "&account_type=FEES", "fundflowbill")
    expect(errorOf(fees)).toEqual([400, "NO_STATEMENT_EXIST"])
  })

  it("is made at ten in the morning of the next day, and none of a day without trade", async () => {
    const { date, morning } = await traded(5)
    vi.setSystemTime(morning - 1000)
    expect(errorOf(await ask(date))).toEqual([400, "STATEMENT_CREATING"])
    vi.setSystemTime(morning)
    expect((await ask(date)).status).toBe(200)
    expect(errorOf(await ask("2026-03-01"))).toEqual([400, "NO_STATEMENT_EXIST"])
  })

  it.each([
    ["2026-03-10", ""],
    ["2026-03-11", ""],
    ["2025-12-09", ""],
    ["20260309", ""],
    ["2026-02-30", ""],
    ["2026-03-09", "&bill_type=ALLE"],
    ["2026-03-09", "&account_type=SAVINGS"]
  ])("is refused of %s%s", async (date, more) => {
    const path = more.includes("account") ? "fundflowbill" : "tradebill"
    expect(errorOf(await ask(date, more, path))).toEqual([400, "PARAM_ERROR"])
  })

  it("is there to be fetched for five minutes, by its merchant", async () => {
    const { date, morning } = await traded(6)
    vi.setSystemTime(morning)
    const offer = (await ask(date)).json as Offer
    expect((await fetch(offer.download_url, { headers: { "user-agent": "tests" } })).status).toBe(401)
    vi.setSystemTime(morning + 5 * minute - 1000)
    expect((await fetched(offer)).status).toBe(200)
    vi.setSystemTime(morning + 5 * minute)
    expect((await fetched(offer)).status).toBe(400)
  })
})
