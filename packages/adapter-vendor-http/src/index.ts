import { UnknownVendor, Vendors, VendorTokens } from "@payment-proxy/ports"
import { Effect, Layer, Option, Stream } from "effect"
import * as Http from "./Http.ts"
import * as Kinds from "./Kinds.ts"
import type { Placed, Vendor } from "./Vendor.ts"

export { AlipayConfig } from "./alipay/config.ts"
export * as Kinds from "./Kinds.ts"
export * as Mappings from "./Mappings.ts"
export { MappedConfig } from "./mapped/config.ts"
export { MpgsConfig } from "./mpgs/config.ts"
export { oauthOf as payPalOAuthOf, PayPalConfig } from "./paypal/config.ts"
export { Tls } from "./Tls.ts"
export { WechatPayConfig } from "./wechatpay/config.ts"

/** Vendors by name: each with the addresses that its notifications and its payers come to. */
export type Configs = { readonly [vendor: string]: Kinds.VendorConfig & Omit<Placed, "name"> }

/** The vendors of `configs`, by name. */
export const make = (configs: Configs) =>
  Effect.gen(function* () {
    const tokens = yield* VendorTokens
    const http = yield* Http.make
    const vendors = new Map<string, Vendor>()
    for (const [name, config] of Object.entries(configs)) {
      const needs = { tokens, send: http.send(config.tls), open: http.open(config.tls) }
      vendors.set(name, yield* Kinds.make({ ...config, name }, needs))
    }
    const named = (name: string) => Option.fromNullable(vendors.get(name))
    const of = <A, E>(
      name: string,
      use: (vendor: Vendor) => Effect.Effect<A, E>
    ): Effect.Effect<A, E | UnknownVendor> => {
      const vendor = vendors.get(name)
      return vendor === undefined ? new UnknownVendor({ vendor: name }) : use(vendor)
    }
    return Vendors.of({
      get: named,
      names: [...vendors.keys()],
      prepare: (payment, details) => of(payment.vendor, (vendor) => vendor.prepare(payment, details)),
      create: (payment, prepared, untilMillis) =>
        of(payment.vendor, (vendor) => vendor.create(payment, prepared, untilMillis)),
      query: (payment) => of(payment.vendor, (vendor) => vendor.query(payment)),
      close: (payment) => of(payment.vendor, (vendor) => vendor.close(payment)),
      capture: (payment, operation, untilMillis) =>
        of(payment.vendor, (vendor) => vendor.capture(payment, operation, untilMillis)),
      complete: (payment, operation, untilMillis) =>
        of(payment.vendor, (vendor) => vendor.complete(payment, operation, untilMillis)),
      refund: (payment, refund, untilMillis) =>
        of(payment.vendor, (vendor) => vendor.refund(payment, refund, untilMillis)),
      queryRefund: (payment, refund) => of(payment.vendor, (vendor) => vendor.queryRefund(payment, refund)),
      notification: (name, incoming) => of(name, (vendor) => vendor.notification(incoming)),
      returned: (payment, query) => of(payment.vendor, (vendor) => Effect.succeed(vendor.returned(payment, query))),
      onward: (payment, prepared) => of(payment.vendor, (vendor) => Effect.succeed(vendor.onward(prepared))),
      bill: (name, bill) =>
        Option.match(named(name), {
          onNone: () => Stream.fail(new UnknownVendor({ vendor: name })),
          onSome: (vendor) => vendor.bill(bill)
        })
    })
  })

/** `make` as a layer. */
export const layer = (configs: Configs): Layer.Layer<Vendors, never, VendorTokens> =>
  Layer.scoped(Vendors, make(configs))
