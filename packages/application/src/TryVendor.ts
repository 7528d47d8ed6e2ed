import { Currency, OrderNo, Payment } from "@payment-proxy/domain"
import { UnknownVendor, Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Option } from "effect"
import * as Operator from "./Operator.ts"

/**
 * What a vendor did: it knew of no such order (`knows-us`), told of one that cannot exist (`odd`), refused to say (`refused`), asked for
 * patience (`throttled`), was not reached (`not-sent`), or said nothing that is understood (`unclear`).
 */
export type Outcome = "knows-us" | "odd" | "refused" | "throttled" | "not-sent" | "unclear"

/** What a try came to: whether the vendor was reached and answered, in how long, and what that means. */
export interface Tried {
  readonly isReached: boolean
  readonly outcome: Outcome
  readonly millis: number
  readonly detail: string
}

const currency = "CNY"

/** An order that nobody placed: its number is of the first millisecond of 1970, its random part zeros. */
const nobodys = (vendor: string, nowMillis: number): Payment.Payment => ({
  ...Payment.make({
    payOrderNo: OrderNo.make({ nowMillis: 0, shard: 0, random: new Uint8Array(10) }),
    app: "operator",
    vendor,
    businessNo: null,
    amount: { amountMinor: 1n, currency: Currency.is(currency) ? currency : "USD" },
    method: "ALIPAY",
    source: "WEB",
    capture: "automatic",
    metadata: {},
    createdAtMillis: nowMillis,
    expiresAtMillis: nowMillis + 60_000,
    deadlineMillis: nowMillis + 60_000
  }),
  state: "SUBMITTING",
  version: 1
})

/** Asks a vendor as an operator for an order that cannot exist: nothing moves, and nothing is kept. */
export const tryVendor = Effect.fnUntraced(function* (vendor: string, by: Operator.Acting) {
  yield* Operator.allowed(by, "operator")
  const vendors = yield* Vendors
  if (Option.isNone(vendors.get(vendor))) return yield* new UnknownVendor({ vendor })
  const sinceMillis = yield* Clock.currentTimeMillis
  const came = (outcome: Outcome, detail: string) => ({
    isReached: outcome !== "not-sent" && outcome !== "unclear",
    outcome,
    detail
  })
  const said = yield* vendors.query(nobodys(vendor, sinceMillis)).pipe(
    Effect.map(({ kind }) =>
      kind === "notFound"
        ? came("knows-us", "It answered that it has no such order: it is reached, and knows us.")
        : came("odd", `It answered, and said ${kind} of an order that cannot exist: look at its settings.`)
    ),
    Effect.catchTags({
      Rejected: ({ code, detail }) =>
        Effect.succeed(came("refused", `It is reached, and refused the question (${code}): ${detail}`)),
      Throttled: ({ detail }) => Effect.succeed(came("throttled", `It is reached, and asks for patience: ${detail}`)),
      Unreachable: ({ detail }) => Effect.succeed(came("not-sent", `Nothing was sent: ${detail}`)),
      InDoubt: ({ detail }) => Effect.succeed(came("unclear", `No answer that is understood: ${detail}`))
    })
  )
  const tried: Tried = { ...said, millis: (yield* Clock.currentTimeMillis) - sinceMillis }
  return tried
})
