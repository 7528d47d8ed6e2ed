import { Schema } from "effect"
import { Address, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"

/** How WechatPay is spoken to. */
export const WechatPayConfig = Schema.Struct({
  kind: Schema.Literal("wechatpay"),
  baseUrl: Address,
  limits,
  settlingMillis,
  tls: optional(Tls)
})
export type WechatPayConfig = typeof WechatPayConfig.Type
