import { anyOrder, type OrderFilter } from "@payment-proxy/ports"
import { endMillis, rare, startMillis } from "./fill.ts"

const dayMillis = 86_400_000

/** Numbers of an order that is there: its own, its app's, the vendor's, of its refund and of the vendor's refund. */
export interface Numbers {
  readonly own: string
  readonly business: string
  readonly transaction: string
  readonly merchant: string
  readonly refund: string
  readonly vendorRefund: string
}

/** What is searched for, by name. */
export const filters = (numbers: Numbers): { readonly [name: string]: Partial<OrderFilter> } => {
  const lastWeek = { createdFromMillis: endMillis - 7 * dayMillis, createdToMillis: endMillis }
  const midDay = { createdFromMillis: startMillis + 45 * dayMillis, createdToMillis: startMillis + 46 * dayMillis }
  const range = { currency: "CNY", amountFromMinor: 10_000n, amountToMinor: 50_000n } as const
  return {
    nothing: {},
    "number: own": { number: numbers.own },
    "number: business": { number: numbers.business },
    "number: vendor's": { number: numbers.transaction },
    "number: merchant's": { number: numbers.merchant },
    "number: refund": { number: numbers.refund },
    "number: vendor's refund": { number: numbers.vendorRefund },
    "number: none": { number: "nothing-has-this" },
    "state: SUCCEEDED": { state: "SUCCEEDED" },
    "state: HELD (200)": { state: "HELD" },
    "state: AUTHORIZED (none)": { state: "AUTHORIZED" },
    vendor: { vendor: "alipay_main" },
    "vendor: only old": { vendor: rare.oldVendor },
    "vendor: none": { vendor: "vendor_none" },
    "app: a third": { app: "app_0" },
    "app: small": { app: "app_19" },
    "app: only old": { app: rare.oldApp },
    "app: none": { app: "app_none" },
    method: { method: "CARD" },
    "time: last week": lastWeek,
    "time: a day in the middle": midDay,
    "time: before all": { createdToMillis: startMillis - dayMillis },
    "amount: wide": range,
    "amount: narrow": { currency: "USD", amountFromMinor: 12_345n, amountToMinor: 12_346n },
    "amount: only old": { currency: rare.currency },
    "amount: many, all old": { currency: rare.oldCurrency },
    "amount: none": { currency: "CNY", amountFromMinor: 900_000_000n },
    "amount: nearly all": { currency: "CNY", amountFromMinor: 1n },
    "vendor + state": { vendor: "mpgs_main", state: "CLOSED" },
    "vendor: old + state": { vendor: rare.oldVendor, state: "SUCCEEDED" },
    "vendor + state: HELD": { vendor: "mpgs_main", state: "HELD" },
    "app + state": { app: "app_0", state: "FAILED" },
    "app: old + state": { app: rare.oldApp, state: "SUCCEEDED" },
    "app + state: none": { app: "app_0", state: "AUTHORIZED" },
    "state + time": { state: "REFUNDED", ...midDay },
    "state: HELD + time": { state: "HELD", ...lastWeek },
    "app + time + amount": { app: "app_0", ...midDay, ...range },
    "app + time + amount: none": { app: "app_0", ...lastWeek, currency: "CNY", amountFromMinor: 900_000_000n },
    "app + amount: only old": { app: "app_0", currency: rare.currency },
    "app + amount: many, all old": { app: "app_0", currency: rare.oldCurrency },
    "vendor + amount": { vendor: "mpgs_main", ...range },
    "vendor + amount: many, all old": { vendor: "mpgs_main", currency: rare.oldCurrency },
    "method + amount": { method: "CARD", ...range },
    "app + vendor: none": { app: "app_0", vendor: rare.oldVendor },
    "method: CARD + vendor that has it not": { method: "CARD", vendor: "alipay_main" },
    "method + state": { method: "CARD", state: "FAILED" },
    "time + amount": { ...midDay, ...range },
    all: { app: "app_0", vendor: "mpgs_main", state: "SUCCEEDED", method: "CARD", ...lastWeek, ...range }
  }
}

/** With what is left open. */
export const whole = (filter: Partial<OrderFilter>): OrderFilter => ({ ...anyOrder, ...filter })
