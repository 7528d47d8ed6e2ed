import type { Answer } from "../../src/Admin.ts"
import { rawOf } from "./orderTexts.ts"

export type Row = Answer<"orders.search">["items"][number]
export type Detail = Answer<"orders.read">
type State = Row["status"]
type Refund = Detail["refunds"][number]

/** Seconds after the order was placed, cause, state, detail. */
type Line = readonly [seconds: number, cause: string, state: State, detail?: string]

const opened: ReadonlyArray<Line> = [
  [0, "submit", "SUBMITTING"],
  [0.42, "create:open", "PENDING"]
]
const paid: ReadonlyArray<Line> = [...opened, [38.2, "notification:paid", "SUCCEEDED"]]
const closed: ReadonlyArray<Line> = [...opened, [900, "expire", "CLOSING"], [900.3, "close:closed", "CLOSED"]]

const stories: Readonly<Record<State, ReadonlyArray<Line>>> = {
  CREATED: [],
  SUBMITTING: [
    [0, "submit", "SUBMITTING"],
    [8.004, "answer:InDoubt", "SUBMITTING", "No answer came within 8 s: it may have arrived."]
  ],
  PENDING: opened,
  AUTHORIZED: [...opened, [64, "query:authorized", "AUTHORIZED"]],
  SUCCEEDED: paid,
  PARTIALLY_REFUNDED: [...paid, [7200, "refund", "SUCCEEDED"], [7204, "refund:succeeded", "PARTIALLY_REFUNDED"]],
  REFUNDED: [...paid, [7200, "refund", "SUCCEEDED"], [7204, "refund:succeeded", "REFUNDED"]],
  FAILED: [...opened, [51, "query:failed", "FAILED", "PAYERROR: 余额不足，请更换银行卡"]],
  CLOSING: [...opened, [900, "expire", "CLOSING"], [908, "close:known", "CLOSING", "WAIT_MERCHANT_REVIEW"]],
  CLOSED: closed,
  LATE_PAID: [...closed, [1260, "notification:paid", "LATE_PAID"], [1261, "refund", "LATE_PAID"]],
  HELD: [
    ...paid,
    [3600, "query:open", "SUCCEEDED"],
    [4000, "query:open", "HELD", "The vendor says again that nothing was paid."]
  ]
}

const hex = (seed: number, length: number): string => {
  let value = seed >>> 0 || 1
  let text = ""
  while (text.length < length) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0
    text += value.toString(16).padStart(8, "0")
  }
  return text.slice(0, length)
}

const seedOf = (text: string): number => [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7)

const after = (row: Row, seconds: number): string => new Date(Date.parse(row.createdAt) + seconds * 1000).toISOString()

const fromVendor = /^(create|query|close|operation|notification|bill):(\w+)$/

type Rows = Detail["history"]

const answersOf = (row: Row, history: Rows): Detail["answers"] => {
  const told = history.flatMap(({ cause, at, version, number }) => {
    const [, call = "", kind = ""] = fromVendor.exec(cause) ?? []
    if (call === "") return []
    const isPush = call === "notification"
    return [
      {
        at,
        call,
        version,
        number,
        status: isPush ? null : 200,
        millis: isPush ? null : 90 + (seedOf(`${number}${version}`) % 200),
        raw: rawOf(row.vendor, call, kind, row.merchantOrderNo, row.amount.value),
        traceId: hex(seedOf(`${number}${version}`), 32)
      }
    ]
  })
  if (row.status !== "SUBMITTING") return told
  return [
    ...told,
    {
      at: after(row, 30.2),
      call: "query",
      version: null,
      number: row.payOrderNo,
      status: 502,
      millis: 1204,
      raw: "<html><body><h1>502 Bad Gateway</h1></body></html>",
      traceId: hex(3, 32)
    },
    {
      at: after(row, 94.8),
      call: "query",
      version: null,
      number: row.payOrderNo,
      status: null,
      millis: 8000,
      raw: "No answer within 8000 ms.",
      traceId: hex(4, 32)
    }
  ]
}

const told: ReadonlySet<string> = new Set([
  "SUCCEEDED",
  "PARTIALLY_REFUNDED",
  "REFUNDED",
  "FAILED",
  "CLOSED",
  "LATE_PAID",
  "HELD"
])

const deliveriesOf = (row: Row, history: Rows): Detail["deliveries"] =>
  history.flatMap(({ status, version, at, number }, index) => {
    if (!told.has(status) || history[index - 1]?.status === status) return []
    const isRefund = number !== row.payOrderNo
    const seed = seedOf(`${number}${version}`)
    const isBad = row.app === "ticketing" && status !== "HELD"
    const isWaiting = row.app === "保险商城" && index === history.length - 1
    const type = `${isRefund ? "refund" : "order"}.${status.toLowerCase()}`
    const first = { at: new Date(Date.parse(at) + 160).toISOString(), status: 204, millis: 20 + (seed % 90), said: "" }
    const failing = [0.2, 5, 35, 310, 3900].map((seconds, nth) => ({
      at: new Date(Date.parse(at) + seconds * 1000).toISOString(),
      status: nth % 2 === 0 ? 503 : null,
      millis: nth % 2 === 0 ? 210 + nth * 30 : 10_000,
      said:
        nth % 2 === 0 ? `{"error":"upstream","hint":"<script>alert(1)</script>"}` : "connect ECONNREFUSED 10.4.2.19:443"
    }))
    return [
      {
        id: `dlv_${hex(seed, 16)}`,
        eventId: `evt_${hex(seed + 1, 28)}`,
        type,
        version,
        number,
        endpoint: row.app === "no-endpoint" ? null : `we_${hex(seedOf(row.app), 12)}`,
        url: row.app === "no-endpoint" ? null : "https://shop.example/hooks/payment-proxy?tenant=zh-cn",
        state: row.app === "no-endpoint" ? "kept" : isBad ? "given-up" : isWaiting ? "waiting" : "delivered",
        createdAt: at,
        nextAt: isWaiting ? new Date(Date.now() + 94_000).toISOString() : null,
        body: JSON.stringify({
          type,
          timestamp: at,
          data: { payOrderNo: row.payOrderNo, status, version, amount: row.amount }
        }),
        tries: row.app === "no-endpoint" ? [] : isBad ? failing : isWaiting ? failing.slice(0, 2) : [first]
      }
    ]
  })

const refundsOf = (row: Row): ReadonlyArray<Refund> => {
  if (row.status !== "PARTIALLY_REFUNDED" && row.status !== "REFUNDED" && row.status !== "LATE_PAID") return []
  const isOpen = row.status === "LATE_PAID"
  return [
    {
      refundNo: `${row.payOrderNo.slice(0, 28)}R`,
      payOrderNo: row.payOrderNo,
      status: isOpen ? "SUBMITTING" : "SUCCEEDED",
      inDoubt: isOpen,
      version: isOpen ? 1 : 3,
      amount: isOpen ? row.amount : row.refunded,
      reason: isOpen ? "Money that came after the order had ended" : "客户申请部分退款：行程变更 <b>退差价</b>",
      createdAt: after(row, isOpen ? 1261 : 7200),
      refundedAt: isOpen ? null : after(row, 7204),
      failure: null,
      heldReason: null,
      vendorRefundNo: isOpen ? null : "50302009922026112638174629"
    }
  ]
}

const refundHistory = (row: Row, refunds: ReadonlyArray<Refund>): Rows =>
  refunds.flatMap(({ refundNo, status }) => {
    const begin = status === "SUBMITTING" ? 1261 : 7200
    const lines: ReadonlyArray<Line> =
      status === "SUBMITTING"
        ? [[begin, "submit", "SUBMITTING"]]
        : [
            [begin, "submit", "SUBMITTING"],
            [begin + 0.6, "create:pending", "PENDING"],
            [begin + 4, "notification:succeeded", "SUCCEEDED"]
          ]
    return lines.map(([seconds, cause, state], index) => ({
      version: index + 1,
      status: state,
      cause,
      detail: null,
      at: after(row, seconds),
      number: refundNo,
      chained: true
    }))
  })

const details: Readonly<Record<string, (row: Row) => string>> = {
  refund: (row) =>
    `${row.payOrderNo.slice(0, 28)}R. By "maria.keller": "Customer changed the trip <script>alert(1)</script>"`
}

/** All that is known of an order, made from its row by the story of its state. */
export const storyOf = (row: Row): Omit<Detail, "allowed" | "refundable" | "capturable" | "resolvable"> => {
  const refunds = refundsOf(row)
  const own: Rows = stories[row.status].map(([seconds, cause, status, detail], index) => ({
    version: index + 1,
    status,
    cause,
    detail: detail ?? details[cause]?.(row) ?? null,
    at: after(row, seconds),
    number: row.payOrderNo,
    chained: true
  }))
  const history = [...own, ...refundHistory(row, refunds)].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const isDue = ["SUBMITTING", "PENDING", "CLOSING", "AUTHORIZED", "LATE_PAID"].includes(row.status)
  return {
    order: { ...row, version: own.length },
    refunds,
    history,
    answers: answersOf(row, history),
    deliveries: deliveriesOf(row, history),
    proposals: [],
    refundableAlone: "1000.00",
    dueAt: isDue ? new Date(Date.now() + 42_000).toISOString() : null
  }
}
