import type { Effect, Scope } from "effect"
import type { AlipayConfig } from "./alipay/config.ts"
import * as Alipay from "./alipay/index.ts"
import type { MappedConfig } from "./mapped/config.ts"
import * as Mapped from "./mapped/index.ts"
import type { MpgsConfig } from "./mpgs/config.ts"
import * as Mpgs from "./mpgs/index.ts"
import type { PayPalConfig } from "./paypal/config.ts"
import * as PayPal from "./paypal/index.ts"
import type { Fault, Needs, Placed, Vendor } from "./Vendor.ts"
import type { WechatPayConfig } from "./wechatpay/config.ts"
import * as WechatPay from "./wechatpay/index.ts"

/** How a vendor of any kind is spoken to. */
export type VendorConfig = MappedConfig | WechatPayConfig | AlipayConfig | MpgsConfig | PayPalConfig

/** Makes a vendor of whatever kind. */
export const make = (config: VendorConfig & Placed, needs: Needs): Effect.Effect<Vendor, never, Scope.Scope> => {
  switch (config.kind) {
    case "mapped":
      return Mapped.kind.make(config, needs)
    case "wechatpay":
      return WechatPay.kind.make(config, needs)
    case "alipay":
      return Alipay.kind.make(config, needs)
    case "mpgs":
      return Mpgs.kind.make(config, needs)
    case "paypal":
      return PayPal.kind.make(config, needs)
  }
}

/** What is wrong with a vendor's configuration beside its form; expiry is left out where the time is null. */
export const faultsOf = (config: VendorConfig, nowMillis: number | null): ReadonlyArray<Fault> => {
  switch (config.kind) {
    case "mapped":
      return Mapped.kind.faultsOf(config, nowMillis)
    case "wechatpay":
      return WechatPay.kind.faultsOf(config, nowMillis)
    case "alipay":
      return Alipay.kind.faultsOf(config, nowMillis)
    case "mpgs":
      return Mpgs.kind.faultsOf(config, nowMillis)
    case "paypal":
      return PayPal.kind.faultsOf(config, nowMillis)
  }
}

/** The same text for the same account at the same place: two vendors of it would make two orders of one number. */
export const accountOf = (config: VendorConfig): string => {
  switch (config.kind) {
    case "mapped":
      return Mapped.kind.accountOf(config)
    case "wechatpay":
      return WechatPay.kind.accountOf(config)
    case "alipay":
      return Alipay.kind.accountOf(config)
    case "mpgs":
      return Mpgs.kind.accountOf(config)
    case "paypal":
      return PayPal.kind.accountOf(config)
  }
}
