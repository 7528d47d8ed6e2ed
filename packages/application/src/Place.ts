import type { Money, Words } from "@payment-proxy/domain"
import { OrderNo, Payment, PaymentCommands } from "@payment-proxy/domain"
import type { App, Change, Details, Vendor } from "@payment-proxy/ports"
import { crashPoint, Orders, UnknownVendor, Vault, Vendors } from "@payment-proxy/ports"
import { Context, Data, Duration, Effect, Either, Option } from "effect"
import { announce, changeOf } from "./Decision.ts"
import { Entropy } from "./Entropy.ts"
import { Policies, type Policy } from "./Policy.ts"
import { using } from "./Services.ts"
import { requestContext, submit } from "./Submission.ts"

/** The key was used for another order: `fingerprint` of the body differs. */
export class KeyReused extends Data.TaggedError("KeyReused")<{ readonly idempotencyKey: string }> {}

/** An order as an app asks for it. */
export interface Asked {
  readonly app: App
  readonly idempotencyKey: string
  /** SHA-256 (hex) of the canonical body. */
  readonly fingerprint: string
  readonly vendor: string
  readonly businessNo: string | null
  readonly amount: Money.Money
  readonly method: Words.Method
  readonly source: Words.Source
  readonly capture: "automatic" | "manual"
  readonly expiresIn: Duration.Duration | null
  readonly metadata: { readonly [key: string]: string }
  readonly details: Details
}

/** The order, and whether this call placed it. */
export interface Placed {
  readonly payment: Payment.Payment
  readonly isNew: boolean
}

/** The order as it is before anything is written: its number, and by when it is over. */
const created = (
  asked: Asked,
  { createTimeLimitMillis, settlingMillis }: Vendor,
  { expiresIn }: Policy,
  random: Uint8Array,
  nowMillis: number
) => {
  const { app, idempotencyKey, vendor, businessNo, amount, method, source, capture, metadata } = asked
  const expiresAtMillis = nowMillis + Duration.toMillis(asked.expiresIn ?? expiresIn)
  return Payment.make({
    payOrderNo: OrderNo.make({ nowMillis, shard: OrderNo.shardOf(app.id, idempotencyKey), random }),
    app: app.id,
    vendor,
    businessNo,
    amount,
    method,
    source,
    capture,
    metadata,
    createdAtMillis: nowMillis,
    expiresAtMillis,
    deadlineMillis: expiresAtMillis + createTimeLimitMillis + settlingMillis
  })
}

const submitted = (payment: Payment.Payment): Payment.Payment =>
  Either.getOrThrowWith(PaymentCommands.command(payment, { type: "submit" }), (refused) => refused).order

/** What is there under the key already: the same order for the same body, refused for another. */
const repeated = (asked: Asked, existing: { readonly payment: Payment.Payment; readonly fingerprint: string }) =>
  existing.fingerprint === asked.fingerprint
    ? Effect.succeed<Placed>({ payment: existing.payment, isNew: false })
    : Effect.fail(new KeyReused({ idempotencyKey: asked.idempotencyKey }))

/** A refusal, unless the key has its order: what was taken once is answered also where it would not be taken any more. */
const unlessPlaced = <E>(asked: Asked, refusal: E) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const known = yield* orders.byKey(asked.app.id, asked.idempotencyKey)
    return Option.isSome(known) ? yield* repeated(asked, known.value) : yield* Effect.fail(refusal)
  })

/** What follows the commit of an order's intent: whatever fails leaves it in doubt, and the loops go on with it. */
const followed = (change: Change, prepared: string) =>
  announce("CREATED", change, []).pipe(
    Effect.zipRight(crashPoint("K04")),
    Effect.zipRight(submit(change.payment, prepared, change.payment.createdAtMillis)),
    Effect.catchAll((fault) =>
      Effect.logWarning("The vendor's answer could not be taken in; the order stays in doubt.", fault).pipe(
        Effect.as(change.payment)
      )
    ),
    Effect.map((payment): Placed => ({ payment, isNew: true })),
    Effect.zipLeft(crashPoint("K10"))
  )

const intended = (asked: Asked) =>
  using<Orders | Vendors | Vault>()((services, nowMillis) => {
    const vendors = Context.get(services, Vendors)
    const entropy = Context.get(services, Entropy)
    return Effect.gen(function* () {
      const vendor = Option.getOrUndefined(vendors.get(asked.vendor))
      if (vendor === undefined) return yield* new UnknownVendor({ vendor: asked.vendor })
      const order = created(asked, vendor, Context.get(services, Policies), entropy.bytes(10), nowMillis)
      const prepared = yield* vendors.prepare(order, asked.details)
      const sealedRequest = yield* Context.get(services, Vault).seal(requestContext(order.payOrderNo), prepared)
      const placing = { idempotencyKey: asked.idempotencyKey, fingerprint: asked.fingerprint, sealedRequest }
      const change = yield* changeOf(submitted(order), 0, { cause: "submit", detail: null }, false, placing)
      return yield* Context.get(services, Orders)
        .commit([change])
        .pipe(
          Effect.zipRight(followed(change, prepared)),
          Effect.catchTags({
            Stale: (stale) => Effect.die(stale),
            Duplicate: ({ existing }) => repeated(asked, existing)
          }),
          Effect.uninterruptible
        )
    })
  })

/**
 * Places an order: its intent is on disk before the vendor is called, and the answer is what is on disk after (design
 * §6, promises 1 to 3). A key that was used before answers its order; once on disk, an order is followed to its end
 * even if the caller leaves.
 */
export const place = (asked: Asked) =>
  Effect.zipRight(crashPoint("K01"), intended(asked)).pipe(
    Effect.catchTags({
      UnknownVendor: (refusal) => unlessPlaced(asked, refusal),
      Unfit: (refusal) => unlessPlaced(asked, refusal)
    })
  )
