import { UnknownVendor, Vendors, VendorTokens } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import * as Http from "./Http.ts"
import type { MappedConfig } from "./mapped/config.ts"
import * as MappedVendor from "./mapped/index.ts"
import type { Vendor } from "./Vendor.ts"

export * as Mappings from "./Mappings.ts"
export { MappedConfig } from "./mapped/config.ts"
export { Tls } from "./Tls.ts"

/** The vendors of `configs`, by name; each with the address that its notifications come to. */
export const make = (configs: { readonly [vendor: string]: MappedConfig & { readonly notifyUrl: string } }) =>
  Effect.gen(function* () {
    const tokens = yield* VendorTokens
    const sendBy = yield* Http.make
    const vendors = new Map<string, Vendor>(
      Object.entries(configs).map(([name, config]) => [
        name,
        MappedVendor.make({ ...config, name }, tokens, sendBy(config.tls))
      ])
    )
    const named = (name: string) => Option.fromNullable(vendors.get(name))
    const of = <A, E>(
      name: string,
      use: (vendor: Vendor) => Effect.Effect<A, E>
    ): Effect.Effect<A, E | UnknownVendor> =>
      Option.match(named(name), { onNone: () => new UnknownVendor({ vendor: name }), onSome: use })
    return Vendors.of({
      get: named,
      names: [...vendors.keys()],
      prepare: (payment, details) => of(payment.vendor, (vendor) => vendor.prepare(payment, details)),
      create: (payment, prepared, untilMillis) =>
        of(payment.vendor, (vendor) => vendor.create(payment, prepared, untilMillis)),
      query: (payment) => of(payment.vendor, (vendor) => vendor.query(payment)),
      close: (payment) => of(payment.vendor, (vendor) => vendor.close(payment)),
      notification: (name, incoming) => of(name, (vendor) => vendor.notification(incoming))
    })
  })

/** `make` as a layer. */
export const layer = (configs: {
  readonly [vendor: string]: MappedConfig & { readonly notifyUrl: string }
}): Layer.Layer<Vendors, never, VendorTokens> => Layer.scoped(Vendors, make(configs))
