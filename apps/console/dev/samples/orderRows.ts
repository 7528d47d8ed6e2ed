import type { Row } from "./orderStories.ts"
import { hostile } from "./orderTexts.ts"

type State = Row["status"]

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** The same numbers for the same seed, each from 0 to below 1. */
const random = (seed: number) => {
  let state = seed
  return (): number => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

const numberAt = (millis: number, next: () => number): string => {
  let time = ""
  for (let left = millis; time.length < 10; left = Math.floor(left / 32)) time = alphabet.charAt(left % 32) + time
  return `${time}${Array.from({ length: 19 }, () => alphabet.charAt(Math.floor(next() * 32))).join("")}`
}

const kinds = [
  { vendor: "wechatpay", method: "WECHAT_PAY", source: "JSAPI", currency: "CNY", app: "shop" },
  { vendor: "alipay", method: "ALIPAY", source: "H5", currency: "CNY", app: "保险商城" },
  { vendor: "mpgs-hk", method: "CARD", source: "WEB", currency: "HKD", app: "ticketing" },
  { vendor: "paypal-eu", method: "PAYPAL", source: "WEB", currency: "EUR", app: "shop" },
  { vendor: "wechatpay", method: "WECHAT_PAY", source: "QR", currency: "CNY", app: "shop" },
  {
    vendor: "paypal-eu",
    method: "PAYPAL",
    source: "APP",
    currency: "JPY",
    app: "ticketing-for-the-whole-of-the-asia-pacific-region"
  }
] as const

const frequent: ReadonlyArray<readonly [State, number]> = [
  ["SUCCEEDED", 0.72],
  ["CLOSED", 0.86],
  ["FAILED", 0.92],
  ["PARTIALLY_REFUNDED", 0.95],
  ["REFUNDED", 0.98],
  ["PENDING", 0.985],
  ["AUTHORIZED", 0.99],
  ["LATE_PAID", 0.994],
  ["HELD", 1]
]

const isPaid = (status: State) => ["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED", "LATE_PAID", "HELD"].includes(status)

const worthOf = (next: () => number, currency: string): string => {
  const whole = Math.floor(10 ** (0.5 + next() * 4))
  return currency === "JPY" ? String(whole) : `${whole}.${String(Math.floor(next() * 100)).padStart(2, "0")}`
}

const half = (value: string): string =>
  value.includes(".") ? (Number(value) / 2).toFixed(2) : String(Math.floor(Number(value) / 2))

const zeroOf = (currency: string): string => (currency === "JPY" ? "0" : "0.00")

const row = (status: State, createdMillis: number, seed: number): Row => {
  const next = random(seed * 7919 + 13)
  const kind = kinds[Math.floor(next() * kinds.length)] ?? kinds[0]
  const payOrderNo = numberAt(createdMillis, next)
  const { currency } = kind
  const value = worthOf(next, currency)
  const money = (text: string) => ({ value: text, currency })
  const refunded = status === "REFUNDED" ? value : status === "PARTIALLY_REFUNDED" ? half(value) : zeroOf(currency)
  return {
    payOrderNo,
    status,
    inDoubt: status === "SUBMITTING",
    version: 3,
    vendor: kind.vendor,
    businessNo:
      next() < 0.85
        ? `B${new Date(createdMillis).toISOString().slice(0, 10).replaceAll("-", "")}-${String(Math.floor(next() * 1e6)).padStart(6, "0")}`
        : null,
    amount: money(value),
    captured: money(isPaid(status) ? value : zeroOf(currency)),
    refunded: money(refunded),
    disputed: money(zeroOf(currency)),
    method: kind.method,
    source: kind.source,
    transactionNo: isPaid(status)
      ? `42000029${String(createdMillis).slice(2)}${String(Math.floor(next() * 1e6)).padStart(6, "0")}`
      : null,
    createdAt: new Date(createdMillis).toISOString(),
    paidAt: isPaid(status) ? new Date(createdMillis + 38_200).toISOString() : null,
    expiresAt: new Date(createdMillis + 900_000).toISOString(),
    failure: status === "FAILED" ? { code: "PAYERROR", detail: "余额不足，请更换银行卡" } : null,
    metadata: next() < 0.3 ? { policy: `P-${Math.floor(next() * 1e5)}`, 渠道: "小程序" } : {},
    next: status === "PENDING" ? { type: "redirect", url: "https://cashier.example/pay?token=…" } : null,
    app: kind.app,
    merchantOrderNo: payOrderNo,
    heldReason: status === "HELD" ? "CONTRADICTED:open" : null
  }
}

/** Orders that every state and every odd text is in; the newest ones. */
const special = (nowMillis: number): ReadonlyArray<Row> => {
  const at = (minutes: number) => nowMillis - minutes * 60_000
  const base = (status: State, minutes: number, seed: number) => row(status, at(minutes), seed)
  return [
    base("CREATED", 0.2, 1),
    base("PENDING", 2, 2),
    base("SUBMITTING", 4, 3),
    base("AUTHORIZED", 9, 9),
    base("CLOSING", 17, 5),
    base("LATE_PAID", 44, 6),
    { ...base("HELD", 95, 7), heldReason: "AMOUNT_MISMATCH" },
    base("PARTIALLY_REFUNDED", 180, 8),
    base("REFUNDED", 200, 10),
    base("FAILED", 230, 11),
    {
      ...base("SUCCEEDED", 240, 12),
      businessNo: hostile.script,
      transactionNo: hostile.rightToLeft,
      metadata: {
        [hostile.script]: hostile.emoji,
        说明: hostile.combining,
        formula: hostile.formula,
        long: "0123456789abcdef".repeat(16)
      }
    },
    {
      ...base("FAILED", 250, 13),
      businessNo: "订单-".repeat(60),
      failure: { code: hostile.script, detail: hostile.long }
    },
    {
      ...base("SUCCEEDED", 260, 14),
      businessNo: hostile.emoji,
      amount: { value: "123456789012345678.99", currency: "CNY" },
      captured: { value: "123456789012345678.99", currency: "CNY" },
      disputed: { value: "1000000.00", currency: "CNY" },
      refunded: { value: "0.00", currency: "CNY" }
    }
  ]
}

/** So many orders, newest first. */
export const rows = (nowMillis: number, count: number): ReadonlyArray<Row> => {
  const next = random(42)
  const made = special(nowMillis)
  let millis = nowMillis - 270 * 60_000
  const more = Array.from({ length: count }, (_, index) => {
    millis -= Math.floor(next() * 60 * 60_000)
    const draw = next()
    const [status] = frequent.find(([, below]) => draw < below) ?? frequent[0] ?? ["SUCCEEDED"]
    return row(status, millis, index + 100)
  })
  return [...made, ...more]
}

/** A new order, as one comes in while the page is open. */
export const fresh = (nowMillis: number, seed: number): Row => row("PENDING", nowMillis, seed)
