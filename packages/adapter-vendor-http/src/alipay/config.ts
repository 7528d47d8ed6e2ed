import { Schema } from "effect"
import { Address, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"

/** How Alipay is spoken to. */
export const AlipayConfig = Schema.Struct({
  kind: Schema.Literal("alipay"),
  baseUrl: Address,
  limits,
  settlingMillis,
  tls: optional(Tls)
})
export type AlipayConfig = typeof AlipayConfig.Type
