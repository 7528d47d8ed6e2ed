import { OrderNo, Payment, PaymentCommands } from "@payment-proxy/domain"
import type { Placing, Vendor } from "@payment-proxy/ports"
import { crashPoint, Orders, Vault } from "@payment-proxy/ports"
import { Context, Effect, Either } from "effect"
import { announce, changeOf, inTime } from "./Decision.ts"
import { using } from "./Services.ts"

/** Where a vendor's request is kept: what it is sealed to. */
export const requestContext = (payOrderNo: string): string => `payment_proxy_order/${payOrderNo}/sealed_request`

/** An order as it is asked for, by either door; `shardBy` are the texts that it is found by (design §4). */
export interface Wanted
  extends Omit<Payment.Identity, "payOrderNo" | "merchantOrderNo" | "createdAtMillis" | "deadlineMillis"> {
  /** The caller's own number; without one the vendor is given ours. */
  readonly merchantOrderNo?: string
  readonly shardBy: ReadonlyArray<string>
}

/** The order as it is before anything is written: its number, and by when no call of ours and no payer can be under way any more. */
export const created = (
  { shardBy, ...wanted }: Wanted,
  { createTimeLimitMillis, settlingMillis, graceMillis }: Vendor,
  random: Uint8Array,
  nowMillis: number
): Payment.Payment =>
  Payment.make({
    ...wanted,
    payOrderNo: OrderNo.make({ nowMillis, shard: OrderNo.shardOf(...shardBy), random }),
    createdAtMillis: nowMillis,
    // The first call leaves also where the payer's time is said to be over.
    deadlineMillis:
      Math.max(wanted.expiresAtMillis, nowMillis) + Math.max(createTimeLimitMillis, graceMillis) + settlingMillis
  })

const submitted = (payment: Payment.Payment): Payment.Payment =>
  Either.getOrThrowWith(PaymentCommands.command(payment, { type: "submit" }), (refused) => refused).order

/**
 * Puts the intent to send `prepared` on disk with its new order, and then goes on with it; from the commit on nobody stops
 * that, whoever leaves. A number or key that is taken is a `Duplicate`, and nothing was done.
 */
export const intend = <A, E, R>(
  order: Payment.Payment,
  prepared: string,
  { idempotencyKey, fingerprint }: Pick<Placing, "idempotencyKey" | "fingerprint">,
  goOn: (payment: Payment.Payment) => Effect.Effect<A, E, R>
) =>
  using<Orders | Vault>()((services) =>
    Effect.flatMap(Context.get(services, Vault).seal(requestContext(order.payOrderNo), prepared), (sealedRequest) =>
      Effect.flatMap(
        changeOf(null, submitted(order), { cause: "submit", detail: null }, inTime, {
          idempotencyKey,
          fingerprint,
          sealedRequest
        }),
        (change) =>
          Context.get(services, Orders)
            .commit([change])
            .pipe(
              Effect.catchTag("Stale", (stale) => Effect.die(stale)),
              Effect.zipRight(announce("CREATED", change, [])),
              Effect.zipRight(crashPoint("K04")),
              Effect.zipRight(goOn(change.payment)),
              Effect.uninterruptible
            )
      )
    )
  )
