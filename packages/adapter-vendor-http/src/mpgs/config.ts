import { Schema } from "effect"
import { Address, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"

/** How Mpgs is spoken to. */
export const MpgsConfig = Schema.Struct({
  kind: Schema.Literal("mpgs"),
  baseUrl: Address,
  limits,
  settlingMillis,
  tls: optional(Tls)
})
export type MpgsConfig = typeof MpgsConfig.Type
