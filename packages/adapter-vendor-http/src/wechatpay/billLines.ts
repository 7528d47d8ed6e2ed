import { Currency, Money } from "@payment-proxy/domain"
import type { Bill, BillLine } from "@payment-proxy/ports"
import { Either } from "effect"

/** A row's values by their column's name, without what stands in parentheses behind it. */
export type Row = ReadonlyMap<string, string>

const bare = (name: string): string => name.replace(/[（(].*$/, "").trim()

/** The columns that a bill's first line names. */
export const columnsOf = (line: string): ReadonlyArray<string> =>
  line.split(",").map((name) => bare(name.replace(/^`/, "")))

/** Whether a line is a row: every value of one has a backtick before it (vendors' reference §1d). */
export const isRow = (line: string): boolean => line.startsWith("`")

/** The row of a line; a left says why it is not understood. */
export const rowOf = (line: string, columns: ReadonlyArray<string>): Either.Either<Row, string> => {
  const values = line.slice(1).split(",`")
  return values.length === columns.length
    ? Either.right(new Map(columns.map((name, at) => [name, values[at] ?? ""])))
    : Either.left("A line of the bill has other columns than its head.")
}

const cellOf = (row: Row, name: string): Either.Either<string, string> => {
  const value = row.get(name)
  return value === undefined ? Either.left(`The bill has no column ${name}.`) : Either.right(value.trim())
}

/** WeChat Pay writes 0 where there is no number. */
const numberOf = (text: string): string | null => (text === "" || text === "0" ? null : text)

const amountOf = (text: string, currency: string): Either.Either<Money.Money, string> => {
  if (!Currency.is(currency)) return Either.left("A line of the bill is in a currency that is not known.")
  const tidy = text.replace(/(\.\d\d)0+$/, "$1")
  return Either.mapLeft(Money.parse(tidy, currency), () => "A line of the bill has an amount that is not understood.")
}

const timeForm = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/

const timeOf = (text: string): number | null => {
  const [, day, time] = timeForm.exec(text) ?? []
  const millis = day === undefined ? Number.NaN : Date.parse(`${day}T${time}+08:00`)
  return Number.isNaN(millis) ? null : millis
}

const feeForm = /^-?\d{1,15}(?:\.\d{1,10})?$/

const refundStates: { readonly [word: string]: BillLine["state"] } = {
  SUCCESS: "succeeded",
  PROCESSING: "pending",
  CHANGE: "pending",
  FAIL: "failed"
}

const refundStateOf = (word: string): Either.Either<BillLine["state"], string> => {
  const state = Object.hasOwn(refundStates, word) ? refundStates[word] : undefined
  return state === undefined ? Either.left("A refund in the bill has a state that is not known.") : Either.right(state)
}

/** A trade, a refund, or a reversal at a till: what is another is not understood. */
const trade = (row: Row): Either.Either<BillLine, string> =>
  Either.gen(function* () {
    const word = yield* cellOf(row, "交易状态")
    const currency = yield* cellOf(row, "货币种类")
    const fee = yield* cellOf(row, "手续费")
    const common = {
      merchantOrderNo: numberOf(yield* cellOf(row, "商户订单号")),
      transactionNo: numberOf(yield* cellOf(row, "微信订单号")),
      fee: feeForm.test(fee) ? fee : null,
      atMillis: timeOf(yield* cellOf(row, "交易时间"))
    }
    const none = { refundNo: null, vendorRefundNo: null }
    if (word === "SUCCESS") {
      const amount = yield* amountOf(yield* cellOf(row, "订单金额"), currency)
      return { ...common, ...none, kind: "payment", amount, direction: "in", state: "succeeded" } as const
    }
    const amount = yield* amountOf(yield* cellOf(row, "申请退款金额"), currency)
    if (word === "REVOKED")
      return { ...common, ...none, kind: "other", amount, direction: "out", state: "succeeded" } as const
    if (word !== "REFUND") return yield* Either.left("A line of the bill has a state that is not known.")
    return {
      ...common,
      kind: "refund",
      refundNo: numberOf(yield* cellOf(row, "商户退款单号")),
      vendorRefundNo: numberOf(yield* cellOf(row, "微信退款单号")),
      amount,
      direction: "out",
      state: yield* refundStateOf(yield* cellOf(row, "退款状态"))
    } as const
  })

const directions: { readonly [word: string]: BillLine["direction"] } = { 收入: "in", 支出: "out" }

/** A movement on the account; the voucher is our number of the payment or refund that it comes from. */
const movement = (row: Row): Either.Either<BillLine, string> =>
  Either.gen(function* () {
    const word = yield* cellOf(row, "收支类型")
    const direction = Object.hasOwn(directions, word) ? directions[word] : undefined
    if (direction === undefined) return yield* Either.left("A line of the bill says not whether money came or went.")
    const type = yield* cellOf(row, "业务类型")
    const theirs = numberOf(yield* cellOf(row, "微信支付业务单号"))
    const ours = numberOf(yield* cellOf(row, "业务凭证号"))
    const kind: BillLine["kind"] =
      type === "交易" && direction === "in" ? "payment" : type === "退款" && direction === "out" ? "refund" : "other"
    return {
      kind,
      merchantOrderNo: kind === "payment" ? ours : null,
      transactionNo: kind === "payment" ? theirs : null,
      refundNo: kind === "refund" ? ours : null,
      vendorRefundNo: kind === "refund" ? theirs : null,
      amount: yield* amountOf(yield* cellOf(row, "收支金额"), "CNY"),
      direction,
      fee: null,
      state: "succeeded",
      atMillis: timeOf(yield* cellOf(row, "记账时间"))
    } as const
  })

/** What a row of a bill says; a left says why it is not understood. */
export const read = (row: Row, of: Bill["of"]): Either.Either<BillLine, string> =>
  of === "trades" ? trade(row) : movement(row)
