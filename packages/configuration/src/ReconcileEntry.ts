import { Currency } from "@payment-proxy/domain"
import { DateTime, Option, Schema } from "effect"
import type { Fault } from "./Faults.ts"
import type { VendorEntries, VendorEntry } from "./VendorEntry.ts"

const whole = (least: number, most: number, usual: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.between(least, most)), { exact: true, default: () => usual })

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const decimal = (most: number, message: string) =>
  Schema.String.pipe(
    Schema.filter((text) => /^\d{1,9}(?:\.\d{1,6})?$/.test(text) && Number(text) <= most, { message: () => message })
  )

const Rate = Schema.Struct({
  /** Of which currency; without it, of all that have no rate of their own. */
  currency: Schema.optionalWith(
    Schema.NullOr(
      Schema.String.pipe(
        Schema.filter(Currency.is, { message: () => "This is no currency: write its code, like CNY." })
      )
    ),
    { exact: true, default: () => null }
  ),
  percent: decimal(100, 'A part is a decimal text in percent, in quotes, such as "0.6".'),
  fixed: Schema.optionalWith(decimal(1e9, 'A fixed sum is a decimal text in major units, in quotes, such as "0.30".'), {
    exact: true,
    default: () => "0"
  }),
  toleranceMinor: whole(0, 1_000_000, 0)
})

const Zone = Schema.String.pipe(
  Schema.filter((zone) => Option.isSome(DateTime.zoneMakeNamed(zone)), {
    message: () => "This is no zone: write an IANA name, such as Asia/Shanghai."
  })
)

const VendorBills = Schema.Struct({
  zone: optional(Zone),
  rates: Schema.optionalWith(
    Schema.Array(Rate).pipe(
      Schema.filter((rates) => new Set(rates.map(({ currency }) => currency)).size === rates.length, {
        message: () => "A currency has two rates, or there are two without one: leave one."
      })
    ),
    { exact: true, default: () => [] }
  )
})

const Fields = Schema.Struct({
  readyHour: whole(0, 23, 10),
  lookBackDays: whole(1, 31, 7),
  slackMinutes: whole(0, 720, 10),
  vendors: Schema.optionalWith(Schema.Record({ key: Schema.String, value: VendorBills }), {
    exact: true,
    default: () => ({})
  })
})

/** How vendors' days are reconciled: when, and by which zone and rates. */
export const ReconcileEntry = Schema.optionalWith(Fields, {
  exact: true,
  default: () => ({ readyHour: 10, lookBackDays: 7, slackMinutes: 10, vendors: {} })
})
export type ReconcileEntry = typeof Fields.Type

/** The zone of a kind's days where none is configured: bills of WeChat Pay and Alipay are of Beijing's, all others of UTC's (docs/vendors.md). */
const zoneOf = ({ kind }: VendorEntry): string => (kind === "wechatpay" || kind === "alipay" ? "Asia/Shanghai" : "UTC")

/** The zone and rates of each vendor's bills. */
export const bills = (vendors: VendorEntries, { vendors: entries }: ReconcileEntry) =>
  Object.fromEntries(
    Object.entries(vendors).map(([name, vendor]) => [
      name,
      { zone: entries[name]?.zone ?? zoneOf(vendor), rates: entries[name]?.rates ?? [] }
    ])
  )

/** Vendors that are told of and are not there. */
export const faultsOf = (vendors: ReadonlyArray<string>, reconcile: unknown): ReadonlyArray<Fault> => {
  const { vendors: entries } = Object(reconcile) as { readonly vendors?: unknown }
  return Object.keys(Object(entries))
    .filter((name) => !vendors.includes(name))
    .map((name) => ({ at: `/reconcile/vendors/${name}`, detail: "There is no vendor of this name under vendors." }))
}
