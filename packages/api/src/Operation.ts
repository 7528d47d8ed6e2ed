import { Schema } from "effect"
import { optional, PositiveMoney } from "./Order.ts"
import * as Text from "./Text.ts"

/** How much of held funds is taken. */
export const Capture = Schema.Struct({
  amount: optional(PositiveMoney).annotations({
    description: "All of it unless given; of what is taken less, the rest is released"
  })
}).annotations({ identifier: "Capture" })
export type Capture = typeof Capture.Type

/** How much goes back, and why. */
export const PlaceRefund = Schema.Struct({
  amount: optional(PositiveMoney).annotations({ description: "What is left to be refunded unless given" }),
  reason: optional(Text.between(1, 256)).annotations({
    description: "Shown to the payer where the vendor shows it, as long as it has room"
  })
}).annotations({ identifier: "PlaceRefund" })
export type PlaceRefund = typeof PlaceRefund.Type
