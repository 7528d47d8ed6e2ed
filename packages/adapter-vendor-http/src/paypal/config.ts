import { Schema } from "effect"
import { Address, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"

/** How PayPal is spoken to. */
export const PayPalConfig = Schema.Struct({
  kind: Schema.Literal("paypal"),
  baseUrl: Address,
  limits,
  settlingMillis,
  tls: optional(Tls)
})
export type PayPalConfig = typeof PayPalConfig.Type
