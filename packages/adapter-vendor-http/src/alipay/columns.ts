import type { Money } from "@payment-proxy/domain"
import type { Bill, BillLine } from "@payment-proxy/ports"
import { Either } from "effect"
import * as AlipayEvidence from "./evidence.ts"
import * as Time from "./time.ts"

/** A row's value under the name of a column, without what stands around it. */
export type Cell = (column: string) => string

/** A column's name, whichever form of parentheses and signs it is written with. */
export const nameOf = (column: string): string => column.normalize("NFKC").trim()

const trades = {
  transactionNo: "支付宝交易号",
  orderNo: "商户订单号",
  kind: "业务类型",
  at: "完成时间",
  amount: "订单金额(元)",
  refundNo: "退款批次号/请求号",
  fee: "服务费(元)"
} as const

const funds = {
  transactionNo: "业务流水号",
  orderNo: "商户订单号",
  kind: "业务类型",
  at: "发生时间",
  income: "收入金额(+元)",
  outgo: "支出金额(-元)"
} as const

/** The columns that a bill is read by: a file without them is not its details. */
export const needed: { readonly [O in Bill["of"]]: ReadonlyArray<string> } = {
  trades: Object.values(trades),
  funds: Object.values(funds)
}

const orNull = (text: string): string | null => (text === "" ? null : text)

/** An amount with its sign: refunds and what leaves the account are written below zero (vendors' reference §2d). */
const signedYuan = (text: string): Either.Either<{ readonly isOut: boolean; readonly amount: Money.Money }, string> => {
  const isOut = text.startsWith("-")
  return Either.mapBoth(AlipayEvidence.yuan(text.replace(/^[-+]/, "")), {
    onLeft: () => "A line of the bill has an amount that is none.",
    onRight: (amount) => ({ isOut, amount })
  })
}

/** What was kept: Alipay writes a fee below zero, and what it gives back of one above. */
const keptOf = (text: string): string | null => {
  const [, sign, digits = ""] = /^([-+]?)(\d{1,16}(?:\.\d{1,8})?)$/.exec(text) ?? []
  if (digits === "") return null
  return sign === "-" || /^[0.]+$/.test(digits) ? digits : `-${digits}`
}

const tradeKinds: { readonly [word: string]: BillLine["kind"] } = { 交易: "payment", 退款: "refund" }

const kindOf = (kinds: typeof tradeKinds, word: string): BillLine["kind"] =>
  Object.hasOwn(kinds, word) ? (kinds[word] ?? "other") : "other"

const trade = (cell: Cell): Either.Either<BillLine, string> =>
  Either.map(signedYuan(cell(trades.amount)), ({ isOut, amount }) => {
    const kind = kindOf(tradeKinds, cell(trades.kind))
    return {
      kind,
      merchantOrderNo: orNull(cell(trades.orderNo)),
      transactionNo: orNull(cell(trades.transactionNo)),
      refundNo: kind === "refund" ? orNull(cell(trades.refundNo)) : null,
      vendorRefundNo: null,
      amount,
      direction: kind === "refund" || (kind === "other" && isOut) ? "out" : "in",
      fee: keptOf(cell(trades.fee)),
      state: "succeeded",
      atMillis: Time.millisOf(cell(trades.at))
    }
  })

const fundKinds: typeof tradeKinds = {
  在线支付: "payment",
  交易付款: "payment",
  交易退款: "refund"
}

const isNothing = (text: string): boolean => /^[-+]?0*(?:\.0*)?$/.test(text)

const fund = (cell: Cell): Either.Either<BillLine, string> => {
  const income = cell(funds.income)
  const isOut = isNothing(income)
  const text = isOut ? cell(funds.outgo) : income
  return Either.map(signedYuan(text === "" ? "0" : text), ({ amount }) => ({
    kind: kindOf(fundKinds, cell(funds.kind)),
    merchantOrderNo: orNull(cell(funds.orderNo)),
    transactionNo: orNull(cell(funds.transactionNo)),
    refundNo: null,
    vendorRefundNo: null,
    amount,
    direction: isOut ? "out" : "in",
    fee: null,
    state: "succeeded",
    atMillis: Time.millisOf(cell(funds.at))
  }))
}

/** How a row of each bill is read; a left says why it cannot be. */
export const read: { readonly [O in Bill["of"]]: (cell: Cell) => Either.Either<BillLine, string> } = {
  trades: trade,
  funds: fund
}
