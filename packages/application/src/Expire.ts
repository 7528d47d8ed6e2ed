import { PaymentCommands } from "@payment-proxy/domain"
import { Duration, Effect, Either } from "effect"
import { askToClose } from "./Close.ts"
import { attended, decide } from "./Decision.ts"
import { Policies } from "./Policy.ts"

/** Closes an order whose time is over, and asks the vendor whether the payer was faster. */
export const expire = Effect.fnUntraced(function* (payOrderNo: string) {
  const marginMillis = Duration.toMillis((yield* Policies).authorizationMargin)
  const closing = yield* decide({ payOrderNo }, { cause: "expire", detail: null }, (payment, nowMillis) =>
    Either.map(PaymentCommands.command(payment, { type: "expire", nowMillis, marginMillis }), attended)
  )
  return closing.state === "CLOSING" ? yield* askToClose(closing) : closing
})
