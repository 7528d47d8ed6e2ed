import type { Evidence } from "@payment-proxy/domain"
import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** The order that a notification speaks of: by what the vendor was given to know it by, by the vendor's own number, or by ours. */
export interface Subject {
  readonly by: "merchantOrderNo" | "transactionNo" | "payOrderNo"
  readonly no: string
}

/** A verified notification; `evidence` is null where it proves nothing and a query has to be asked. */
export interface Notification {
  readonly vendor: string
  readonly subject: Subject
  /** As received, at most 64 KB. */
  readonly body: string
  /** SHA-256 of the received bytes, hex. */
  readonly sha256: string
  readonly evidence: Evidence.Evidence | null
}

/** A notification as kept. */
export interface Kept extends Notification {
  readonly id: string
  readonly receivedAtMillis: number
}

/** Verified notifications, once per vendor, number and SHA-256 of the body; the `inbox` queue of `DueWork` hands them out. */
export class Inbox extends Context.Tag("@payment-proxy/ports/Inbox")<
  Inbox,
  {
    /** On disk when it answers; `known` where the very same was kept before. */
    readonly keep: (notification: Notification) => Effect.Effect<"kept" | "known", StoreUnavailable>
    readonly byId: (id: string) => Effect.Effect<Option.Option<Kept>, StoreUnavailable>
  }
>() {}
