import { Context, Effect } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** What the other side said to a call of ours, without secrets and payers' data. */
export interface Said {
  /** Its HTTP status; null where there is none. */
  readonly status: number | null
  readonly millis: number | null
  /** At most 4 KB. */
  readonly raw: string
}

/** Somebody who wants to know what the other side says word by word, and the last that it said. */
export interface Listener {
  /** `create`, `query`, `notification` … */
  readonly call: string
  said: Said | null
}

/** Who listens to the calls that a fiber makes; null: nobody. Adapters tell it each whole answer. */
export class Listening extends Context.Reference<Listening>()("@payment-proxy/ports/Listening", {
  defaultValue: (): Listener | null => null
}) {}

/** An answer of a vendor that moved nothing, and is the last one of its order. */
export interface NotedAnswer {
  /** The payment's or refund's number. */
  readonly payOrderNo: string
  readonly atMillis: number
  /** A `Said` with its call, as JSON. */
  readonly answer: string
}

/** What vendors said last of orders that it did not move: why an order is where it is. Where no store keeps them, none are kept. */
export class VendorAnswers extends Context.Reference<VendorAnswers>()("@payment-proxy/ports/VendorAnswers", {
  defaultValue: (): {
    /** In place of what was noted before. */
    readonly note: (noted: NotedAnswer) => Effect.Effect<void, StoreUnavailable>
    readonly of: (payOrderNos: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<NotedAnswer>, StoreUnavailable>
  } => ({ note: () => Effect.void, of: () => Effect.succeed([]) })
}) {}
