import { OAuthConfig, unfit } from "@payment-proxy/adapter-oauth"
import {
  AlipayConfig,
  type Configs,
  Kinds,
  MappedConfig,
  Mappings,
  MpgsConfig,
  PayPalConfig,
  payPalOAuthOf,
  WechatPayConfig
} from "@payment-proxy/adapter-vendor-http"
import { Schema } from "effect"
import type { Fault } from "./Faults.ts"
import * as Tls from "./Tls.ts"

/** How a vendor proves itself, and we to it, is read the same for all kinds. */
const tls = Schema.optionalWith(Tls.Tls, { exact: true })

const Mapped = Schema.Struct({ ...MappedConfig.fields, oauth: OAuthConfig, tls })

/** A vendor of the file, by its kind: how to speak to it, and how each proves itself. */
export const VendorEntry = Schema.Union(
  Mapped,
  Schema.Struct({ ...WechatPayConfig.fields, tls }),
  Schema.Struct({ ...AlipayConfig.fields, tls }),
  Schema.Struct({ ...MpgsConfig.fields, tls }),
  Schema.Struct({ ...PayPalConfig.fields, tls })
)
export type VendorEntry = typeof VendorEntry.Type

/** Vendors by name. */
export type VendorEntries = { readonly [name: string]: VendorEntry }

/** PayPal's is the ordinary client, at the address that follows from its API's. */
const usual = {
  authMethod: "client_secret_basic",
  basicEncoding: "form",
  shared: false,
  timeLimitMillis: 10_000
} as const

/** The OAuth client that we are at a vendor, where it has such. */
export const oauthOf = (vendor: VendorEntry): OAuthConfig | undefined => {
  if (vendor.kind === "paypal") return { ...usual, ...payPalOAuthOf(vendor) }
  return vendor.kind === "mapped" ? vendor.oauth : undefined
}

/** What is wrong with a vendor beside its form; expiry is left out where the time is null. */
export const faultsOf = (vendor: VendorEntry, nowMillis: number | null): ReadonlyArray<Fault> => {
  const tlsFaults = vendor.tls === undefined ? [] : Tls.faultsOf(vendor.tls, "/tls", nowMillis)
  if (tlsFaults.length > 0) return tlsFaults
  const oauth = oauthOf(vendor)
  return [
    ...(oauth === undefined ? [] : unfit({ ...oauth, ...(vendor.tls && { tls: vendor.tls }) })),
    ...Kinds.faultsOf(vendor, nowMillis)
  ]
}

/** What the vendors' clients for tokens are made from. */
export const clientsOf = (vendors: VendorEntries) =>
  Object.fromEntries(
    Object.entries(vendors).flatMap(([name, vendor]) => {
      const oauth = oauthOf(vendor)
      return oauth === undefined ? [] : [[name, { ...oauth, ...(vendor.tls && { tls: vendor.tls }) }] as const]
    })
  )

/** What the vendors are made from; notifications and payers come to `publicUrl`. */
export const placed = (vendors: VendorEntries, publicUrl: string): Configs => {
  const base = publicUrl.replace(/\/+$/, "")
  return Object.fromEntries(
    Object.entries(vendors).map(([name, vendor]) => [
      name,
      { ...vendor, notifyUrl: `${base}/notify/${name}`, returnUrl: `${base}/return/${name}` }
    ])
  )
}

/** What keeps vendors from sending their notifications to us at `publicUrl`. */
export const publicFaultsOf = (vendors: VendorEntries, publicUrl: string): ReadonlyArray<Fault> =>
  Object.entries(placed(vendors, publicUrl)).flatMap(([name, vendor]) =>
    Kinds.notifyFaultsOf(vendor, vendor.notifyUrl).map((detail) => ({
      at: "PAYMENT_PROXY_PUBLIC_URL",
      detail: `${name} would be given ${vendor.notifyUrl}. ${detail}`
    }))
  )

/** Those whose own API is read by a mapping. */
export const mapped = (vendors: VendorEntries): { readonly [name: string]: MappedConfig } =>
  Object.fromEntries(
    Object.entries(vendors).flatMap(([name, vendor]) => (vendor.kind === "mapped" ? [[name, vendor] as const] : []))
  )

/** What keeps a vendor's own API from being read as orders. */
export const mappingFaultsOf = (vendor: VendorEntry): ReadonlyArray<Fault> =>
  vendor.kind === "mapped" ? Mappings.faultsOf(vendor) : []
