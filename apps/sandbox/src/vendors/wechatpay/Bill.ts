import * as Beijing from "./Beijing.ts"
import type { Book, Order, Paying, Refund } from "./Book.ts"
import * as Views from "./Views.ts"

/** Which trades a bill is to have. */
export type Kind = "ALL" | "SUCCESS" | "REFUND"

/** Fen as yuan with two decimals. */
const yuan = (minor: number): string => (minor / 100).toFixed(2)

/** The fee of an amount, in whole fen: 0.6 %. */
const feeMinor = (minor: number): number => Math.round((minor * 60) / 10_000)

/** A fee in yuan, which has five decimals. */
const fee = (minor: number): string => (minor / 100).toFixed(5)

/** A text of the merchant's, in which commas and line breaks would be taken for the bill's own. */
const safe = (text: string): string => text.replaceAll(",", "\\ ").replace(/\r\n|\r|\n/g, "\\n")

type Row = { readonly [column: string]: string }

const common = [
  "交易时间",
  "公众账号ID",
  "商户号",
  "特约商户号",
  "设备号",
  "微信订单号",
  "商户订单号",
  "用户标识",
  "交易类型",
  "交易状态",
  "付款银行",
  "货币种类",
  "应结订单金额",
  "代金券金额"
]
const refunded = ["微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态"]
const goods = ["商品名称", "商户数据包", "手续费", "费率", "订单金额"]

/** The columns, which stand in another order in each kind. */
const columns: { readonly [kind in Kind]: ReadonlyArray<string> } = {
  ALL: [...common, ...refunded, ...goods, "申请退款金额", "费率备注"],
  SUCCESS: [...common, ...goods, "费率备注"],
  REFUND: [...common, "退款申请时间", "退款成功时间", ...refunded, ...goods, "申请退款金额", "费率备注"]
}

type Paid = Order & { readonly paying: Paying }

const isPaid = (order: Order | undefined): order is Paid => order !== undefined && order.paying !== null

const paidRow = (order: Paid, mchid: string): Row => ({
  交易时间: Beijing.billText(order.paying.atMillis),
  公众账号ID: order.appid,
  商户号: mchid,
  特约商户号: "0",
  设备号: "",
  微信订单号: order.paying.transactionId,
  商户订单号: order.number,
  用户标识: order.paying.openid,
  交易类型: Views.tradeType(order.scene),
  交易状态: "SUCCESS",
  付款银行: "OTHERS",
  货币种类: "CNY",
  应结订单金额: yuan(order.totalMinor),
  代金券金额: yuan(order.totalMinor - order.paying.payerTotalMinor),
  微信退款单号: "0",
  商户退款单号: "0",
  退款金额: "0.00",
  充值券退款金额: "0.00",
  退款类型: "",
  退款状态: "",
  商品名称: safe(order.description),
  商户数据包: safe(order.attach ?? ""),
  手续费: fee(feeMinor(order.totalMinor)),
  费率: "0.60%",
  订单金额: yuan(order.totalMinor),
  申请退款金额: "0.00",
  费率备注: ""
})

const refundStates = { SUCCESS: "SUCCESS", PROCESSING: "PROCESSING", CLOSED: "FAIL", ABNORMAL: "CHANGE" } as const

/** A refund as the bill knew it when it was made, which is never corrected. */
const asOf = (refund: Refund, madeMillis: number): Refund =>
  refund.movedMillis !== null && refund.movedMillis > madeMillis
    ? { ...refund, status: "PROCESSING", movedMillis: null }
    : refund

const refundRow = (order: Paid, refund: Refund, mchid: string): Row => ({
  ...paidRow(order, mchid),
  交易时间: Beijing.billText(refund.createdMillis),
  交易状态: "REFUND",
  应结订单金额: "0.00",
  代金券金额: "0.00",
  退款申请时间: Beijing.billText(refund.createdMillis),
  退款成功时间: refund.status === "SUCCESS" ? Beijing.billText(refund.movedMillis ?? refund.createdMillis) : "",
  微信退款单号: refund.id,
  商户退款单号: refund.number,
  退款金额: yuan(refund.amountMinor),
  退款类型: "ORIGINAL",
  退款状态: refundStates[refund.status],
  手续费: fee(-feeMinor(refund.amountMinor)),
  订单金额: "0.00",
  申请退款金额: yuan(refund.amountMinor)
})

const line = (values: ReadonlyArray<string>): string => values.map((value) => `\`${value}`).join(",")

/** UTF-8 with its mark, lines that end in CRLF, each value behind a backtick. */
const file = (head: ReadonlyArray<string>, rows: ReadonlyArray<Row>, totals: Row): Buffer => {
  const data = rows.map((row) => line(head.map((column) => row[column] ?? "")))
  const lines = [head.join(","), ...data, Object.keys(totals).join(","), line(Object.values(totals))]
  return Buffer.from(`\uFEFF${lines.join("\r\n")}\r\n`)
}

const sum = (rows: ReadonlyArray<Row>, column: string): number =>
  rows.reduce((total, row) => total + Math.round(Number(row[column]) * 100), 0)

const isWithin = (millis: number, startMillis: number): boolean =>
  millis >= startMillis && millis < Beijing.dayEnd(startMillis)

/** When a day's bill is made: at 10:00 of the next day in Beijing. */
export const madeMillis = (startMillis: number): number => Beijing.dayEnd(startMillis) + 10 * 3_600_000

const refundsIn = (book: Book, startMillis: number): ReadonlyArray<readonly [Paid, Refund]> =>
  [...book.refunds()].flatMap((refund) => {
    const order = book.order(refund.order)
    const isAsked = isPaid(order) && isWithin(refund.createdMillis, startMillis)
    return isAsked ? [[order, asOf(refund, madeMillis(startMillis))] as const] : []
  })

/** The trade bill of the day that begins then; `undefined` where there was no trade. */
export const trades = (book: Book, mchid: string, startMillis: number, kind: Kind): Buffer | undefined => {
  const paid = [...book.orders()].filter(isPaid).filter(({ paying }) => isWithin(paying.atMillis, startMillis))
  const rows = [
    ...(kind === "REFUND" ? [] : paid.map((order) => paidRow(order, mchid))),
    ...(kind === "SUCCESS"
      ? []
      : refundsIn(book, startMillis).map(([order, refund]) => refundRow(order, refund, mchid)))
  ].sort((a, b) => ((a["交易时间"] ?? "") < (b["交易时间"] ?? "") ? -1 : 1))
  if (rows.length === 0) return undefined
  const fees = rows.reduce((total, row) => total + Number(row["手续费"]), 0)
  return file(columns[kind], rows, {
    总交易单数: String(rows.length),
    应结订单总金额: yuan(sum(rows, "应结订单金额")),
    退款总金额: yuan(sum(rows, "退款金额")),
    充值券退款总金额: "0.00",
    手续费总金额: fees.toFixed(5),
    订单总金额: yuan(sum(rows, "订单金额")),
    申请退款总金额: yuan(sum(rows, "申请退款金额"))
  })
}

/** A movement of the merchant's account. */
interface Flow {
  readonly atMillis: number
  readonly business: string
  readonly name: string
  readonly amountMinor: number
  readonly voucher: string
}

const flowsOf = (book: Book): ReadonlyArray<Flow> => {
  const paid = [...book.orders()].filter(isPaid).flatMap(({ paying, totalMinor, number }): Array<Flow> => {
    const { atMillis, transactionId: business } = paying
    const cost = feeMinor(totalMinor)
    const income = { atMillis, business, name: "交易", amountMinor: totalMinor, voucher: number }
    return cost === 0 ? [income] : [income, { ...income, name: "扣除交易手续费", amountMinor: -cost }]
  })
  const back = [...book.refunds()].flatMap((refund): Array<Flow> => {
    const { movedMillis: atMillis, id, number, amountMinor } = refund
    if (refund.status !== "SUCCESS" || atMillis === null) return []
    return [{ atMillis, business: id, name: "退款", amountMinor: feeMinor(amountMinor) - amountMinor, voucher: number }]
  })
  return [...paid, ...back].sort((a, b) => a.atMillis - b.atMillis)
}

const flowColumns = [
  "记账时间",
  "微信支付业务单号",
  "资金流水单号",
  "业务名称",
  "业务类型",
  "收支类型",
  "收支金额(元)",
  "账户结余(元)",
  "资金变更提交申请人",
  "备注",
  "业务凭证号"
]

/** The fund flow bill of the basic account for the day that begins then; `undefined` where nothing moved. */
export const flows = (book: Book, startMillis: number): Buffer | undefined => {
  let balance = 0
  const rows: Array<Row> = []
  const sums = { in: 0, out: 0, ins: 0, outs: 0 }
  for (const [index, { atMillis, business, name, amountMinor, voucher }] of flowsOf(book).entries()) {
    balance += amountMinor
    if (!isWithin(atMillis, startMillis)) continue
    const isIncome = amountMinor > 0
    if (isIncome) sums.in += amountMinor
    else sums.out -= amountMinor
    sums[isIncome ? "ins" : "outs"] += 1
    rows.push({
      记账时间: Beijing.billText(atMillis),
      微信支付业务单号: business,
      资金流水单号: `${Beijing.day(atMillis).replaceAll("-", "")}${String(index + 1).padStart(12, "0")}`,
      业务名称: name,
      业务类型: name,
      收支类型: isIncome ? "收入" : "支出",
      "收支金额(元)": yuan(Math.abs(amountMinor)),
      "账户结余(元)": yuan(balance),
      资金变更提交申请人: "system",
      备注: "",
      业务凭证号: voucher
    })
  }
  if (rows.length === 0) return undefined
  return file(flowColumns, rows, {
    资金流水总笔数: String(rows.length),
    收入笔数: String(sums.ins),
    收入金额: yuan(sums.in),
    支出笔数: String(sums.outs),
    支出金额: yuan(sums.out)
  })
}
