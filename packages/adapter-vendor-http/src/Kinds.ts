import type { Effect, Schema, Scope } from "effect"
import * as Alipay from "./alipay/index.ts"
import * as Mapped from "./mapped/index.ts"
import * as Mpgs from "./mpgs/index.ts"
import * as PayPal from "./paypal/index.ts"
import type { Fault, Kind, Needs, Placed, Vendor } from "./Vendor.ts"
import * as WechatPay from "./wechatpay/index.ts"

/** Every kind of vendor, by the word that a configuration names it by. */
export const kinds = {
  mapped: Mapped.kind,
  alipay: Alipay.kind,
  mpgs: Mpgs.kind,
  paypal: PayPal.kind,
  wechatpay: WechatPay.kind
}

type Kinds = typeof kinds

/** How a vendor of any kind is spoken to. */
export type VendorConfig = { [K in keyof Kinds]: Schema.Schema.Type<Kinds[K]["config"]> }[keyof Kinds]

/** TypeScript does not see that a configuration and the kind that it names belong together. */
const kindOf = (config: VendorConfig) => kinds[config.kind] as unknown as Kind<VendorConfig, unknown>

/** Makes a vendor of whatever kind. */
export const make = (config: VendorConfig & Placed, needs: Needs): Effect.Effect<Vendor, never, Scope.Scope> =>
  kindOf(config).make(config, needs)

/** What is wrong with a vendor's configuration beside its form; expiry is left out where the time is null. */
export const faultsOf = (config: VendorConfig, nowMillis: number | null): ReadonlyArray<Fault> =>
  kindOf(config).faultsOf(config, nowMillis)

/** What keeps a vendor from sending its notifications to this address. */
export const notifyFaultsOf = (config: VendorConfig, notifyUrl: string): ReadonlyArray<string> =>
  kindOf(config).notifyFaultsOf?.(notifyUrl) ?? []

/** The same text for the same account at the same place: two vendors of it would make two orders of one number. */
export const accountOf = (config: VendorConfig): string => `${config.kind} ${kindOf(config).accountOf(config)}`
