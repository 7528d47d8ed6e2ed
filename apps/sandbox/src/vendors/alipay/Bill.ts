import { encode } from "iconv-lite"
import type { Clock } from "../../Clock.ts"
import { randomHex } from "../../Random.ts"
import type { Call, Reply } from "../Vendor.ts"
import * as Beijing from "./Beijing.ts"
import type { Book, Refund, Trade } from "./Book.ts"
import { Fields } from "./Fields.ts"
import { Refusal } from "./Refusal.ts"
import * as Yuan from "./Yuan.ts"
import { zipped } from "./Zip.ts"

const linkMillis = 30_000
const maxLinks = 1000
const dayMillis = 86_400_000
/** A bill is ready at nine: a day's on the next day, a month's on the third of the next month. */
const readyMillis = 9 * 3_600_000

/** The time of which a bill is, in milliseconds since the epoch; `end` is its first moment no more. */
interface Span {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly ready: number
}

const startOf = (day: string): number => Date.parse(`${day}T00:00:00+08:00`)

const monthAfter = (month: string): string => {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5, 7))]
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`
}

const spanOf = (date: string): Span | undefined => {
  const isMonth = /^\d{4}-\d\d$/.test(date)
  const day = isMonth ? `${date}-01` : date
  if (Beijing.millisOf(`${day} 00:00:00`) === undefined) return undefined
  const start = startOf(day)
  const end = isMonth ? startOf(`${monthAfter(date)}-01`) : start + dayMillis
  const ready = end + readyMillis + (isMonth ? 2 * dayMillis : 0)
  return { name: date.replaceAll("-", ""), start, end, ready }
}

const columns =
  "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"

const rule = (said: string): string => `#-----------------------------------------${said}----------------------------`

/** Six in a thousand, of which a refund gives its part back. */
const feeMinor = (amountMinor: number): number => Math.round(amountMinor * 0.006)

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const line = (trade: Trade, refund: Refund | undefined): string => {
  const { order, tradeNo, createdMillis, paid } = trade
  const amount = Yuan.text(refund === undefined ? order.amountMinor : -refund.amountMinor)
  const fee = refund === undefined ? Yuan.text(-feeMinor(order.amountMinor)) : Yuan.text(feeMinor(refund.amountMinor))
  const done = Beijing.text(refund?.atMillis ?? paid?.atMillis ?? createdMillis)
  return [
    `${tradeNo}\t`,
    `${order.number}\t`,
    `${refund === undefined ? "交易" : "退款"}\t`,
    cell(order.subject),
    refund === undefined ? Beijing.text(createdMillis) : done,
    done,
    ...["\t", "\t", "\t", "\t"],
    "**宝(159******20)\t",
    ...[amount, amount, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00"],
    `${refund?.requestNo ?? ""}\t`,
    ...[fee, "0.00", ""]
  ].join(",")
}

/** What happened in a span, in the order in which it did. */
const lines = (book: Book, { start, end }: Span) => {
  const isIn = (millis: number) => millis >= start && millis < end
  return book
    .trades()
    .flatMap((trade) => [
      ...(trade.paid === null ? [] : [{ trade, refund: undefined, atMillis: trade.paid.atMillis }]),
      ...trade.refunds.map((refund) => ({ trade, refund, atMillis: refund.atMillis }))
    ])
    .filter(({ atMillis }) => isIn(atMillis))
    .sort((one, other) => one.atMillis - other.atMillis)
}

type Lines = ReturnType<typeof lines>

const sums = (
  all: Lines
): { readonly paid: Lines; readonly refunded: Lines; readonly footer: ReadonlyArray<string> } => {
  const paid = all.filter(({ refund }) => refund === undefined)
  const refunded = all.filter(({ refund }) => refund !== undefined)
  const paidMinor = paid.reduce((sum, { trade }) => sum + trade.order.amountMinor, 0)
  const refundedMinor = refunded.reduce((sum, { refund }) => sum + (refund?.amountMinor ?? 0), 0)
  const footer = [
    `#交易合计：${paid.length}笔，商家实收共${Yuan.text(paidMinor)}元，商家优惠共0.00元`,
    `#退款合计：${refunded.length}笔，商家实收退款共${Yuan.text(-refundedMinor)}元，商家优惠退款共0.00元`
  ]
  return { paid, refunded, footer }
}

const chineseTime = (millis: number): string => {
  const [date = "", time = ""] = Beijing.text(millis).split(" ")
  const [year, month, day] = date.split("-")
  return `${year}年${month}月${day}日 ${time}`
}

const gbk = (all: ReadonlyArray<string>): Buffer => encode(`${all.join("\r\n")}\r\n`, "gbk")

const archive = (all: Lines, span: Span, sellerId: string, nowMillis: number): Buffer => {
  const { paid, refunded, footer } = sums(all)
  const head = [
    `#账号：[${sellerId}0156]`,
    `#起始日期：[${chineseTime(span.start)}]   终止日期：[${chineseTime(span.end)}]`
  ]
  const exported = `#导出时间：[${chineseTime(nowMillis)}]`
  const details = [
    "#支付宝业务明细查询",
    ...head,
    rule("业务明细列表"),
    columns,
    ...all.map(({ trade, refund }) => line(trade, refund)),
    rule("业务明细列表结束"),
    ...footer,
    exported
  ]
  const total = [
    "#支付宝业务汇总查询",
    ...head,
    rule("业务汇总列表"),
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数",
    `合计\t,\t,${paid.length},${refunded.length}`,
    rule("业务汇总列表结束"),
    exported
  ]
  const named = (kind: string) => encode(`${sellerId}0156_${span.name}_${kind}.csv`, "gbk")
  return zipped([
    { name: named("业务明细"), content: gbk(details) },
    { name: named("业务明细(汇总)"), content: gbk(total) }
  ])
}

/** What bills are made of, and the address below which they are loaded. */
export interface Parts {
  readonly book: Book
  readonly clock: Clock
  readonly sellerId: string
  readonly url: string
}

/** The bills, and the links by which they are loaded. */
export class Bills {
  readonly #parts: Parts
  readonly #links = new Map<string, { readonly zip: Buffer; readonly expireMillis: number }>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A link, good for 30 seconds, to the bill that is asked for; throws a `Refusal`. */
  link(biz: { readonly [name: string]: unknown }): string {
    const { book, clock, sellerId, url } = this.#parts
    const fields = new Fields(biz, ["bill_type", "bill_date", "smid"])
    const type = fields.required("bill_type", 20)
    if (type === "signcustomer") throw new Refusal("isv.insufficient-isv-permissions")
    const span = spanOf(fields.required("bill_date", 15))
    const nowMillis = clock.now()
    if (type !== "trade" || span === undefined || span.end > nowMillis) throw new Refusal("INVAILID_ARGUMENTS")
    if (span.ready > nowMillis) throw new Refusal("BILL_NOT_EXIST", { detail: "账单尚未生成" })
    const all = lines(book, span)
    if (all.length === 0) throw new Refusal("NO_BILL_DATA")
    const key = randomHex(16)
    this.#forget(nowMillis)
    this.#links.set(key, {
      zip: archive(all, span, sellerId, nowMillis),
      expireMillis: nowMillis + linkMillis
    })
    return `${url}/bill/${key}?fileType=csv.zip&bizType=trade&userId=${sellerId}0156&downloadFileName=${span.name}.csv.zip`
  }

  #forget(nowMillis: number): void {
    for (const [key, { expireMillis }] of this.#links)
      if (expireMillis <= nowMillis || this.#links.size >= maxLinks) this.#links.delete(key)
  }

  /** The archive that a link leads to. */
  load(call: Call): Reply {
    const key = call.url.pathname.slice("/bill/".length)
    const found = this.#links.get(key)
    const isGood = call.method === "GET" && found !== undefined && found.expireMillis > this.#parts.clock.now()
    if (isGood)
      return {
        status: 200,
        headers: { "content-type": "application/zip", "content-disposition": 'attachment; filename="bill.csv.zip"' },
        body: found.zip,
        did: "loaded a bill",
        numbers: []
      }
    const body =
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>\n'
    return { status: 403, headers: { "content-type": "application/xml" }, body, did: "refused:expired", numbers: [] }
  }
}
