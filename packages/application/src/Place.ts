import type { Money, Words } from "@payment-proxy/domain"
import { OrderNo, Payment, PaymentCommands } from "@payment-proxy/domain"
import type { App, Details } from "@payment-proxy/ports"
import { crashPoint, Orders, UnknownVendor, Vault, Vendors } from "@payment-proxy/ports"
import { Clock, Data, Duration, Effect, Either, Option } from "effect"
import { announce, changeOf } from "./Decision.ts"
import * as Entropy from "./Entropy.ts"
import { Policies } from "./Policy.ts"
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

const identify = (
  asked: Asked,
  payOrderNo: string,
  nowMillis: number,
  expiresIn: Duration.Duration,
  settlingMillis: number,
  limitMillis: number
) => {
  const expiresAtMillis = nowMillis + Duration.toMillis(expiresIn)
  return Payment.make({
    payOrderNo,
    app: asked.app.id,
    vendor: asked.vendor,
    businessNo: asked.businessNo,
    amount: asked.amount,
    method: asked.method,
    source: asked.source,
    capture: asked.capture,
    metadata: asked.metadata,
    createdAtMillis: nowMillis,
    expiresAtMillis,
    deadlineMillis: expiresAtMillis + limitMillis + settlingMillis
  })
}

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

/**
 * Places an order: its intent is on disk before the vendor is called, and the answer is what is on disk after (design
 * §6, promises 1 to 3). A key that was used before answers its order; once on disk, an order is followed to its end
 * even if the caller leaves.
 */
export const place = (asked: Asked) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const vendors = yield* Vendors
    const vault = yield* Vault
    const policy = yield* Policies
    yield* crashPoint("K01")
    const vendor = yield* Effect.mapError(vendors.get(asked.vendor), () => new UnknownVendor({ vendor: asked.vendor }))
    const nowMillis = yield* Clock.currentTimeMillis
    const payOrderNo = OrderNo.make({
      nowMillis,
      shard: OrderNo.shardOf(asked.app.id, asked.idempotencyKey),
      random: yield* Entropy.bytes(10)
    })
    const expiresIn = asked.expiresIn ?? policy.expiresIn
    const created = identify(
      asked,
      payOrderNo,
      nowMillis,
      expiresIn,
      vendor.settlingMillis,
      vendor.createTimeLimitMillis
    )
    const prepared = yield* vendors.prepare(created, asked.details)
    const submitted = yield* Either.match(PaymentCommands.command(created, { type: "submit" }), {
      onLeft: (refused) => Effect.die(refused),
      onRight: ({ order }) => Effect.succeed(order)
    })
    const sealedRequest = yield* vault.seal(requestContext(payOrderNo), prepared)
    const placing = { idempotencyKey: asked.idempotencyKey, fingerprint: asked.fingerprint, sealedRequest }
    const change = yield* changeOf(submitted, 0, { cause: "submit", detail: null }, false, placing)
    // From here on there is an order: whatever fails after its commit leaves it in doubt, and the loops go on with it.
    const followed = announce("CREATED", change, []).pipe(
      Effect.zipRight(crashPoint("K04")),
      Effect.zipRight(submit(submitted, prepared, nowMillis)),
      Effect.catchAll((fault) =>
        Effect.logWarning("The vendor's answer could not be taken in; the order stays in doubt.", fault).pipe(
          Effect.as(submitted)
        )
      ),
      Effect.map((payment): Placed => ({ payment, isNew: true })),
      Effect.zipLeft(crashPoint("K10"))
    )
    return yield* orders.commit([change]).pipe(
      Effect.zipRight(followed),
      Effect.catchTags({
        Stale: (stale) => Effect.die(stale),
        Duplicate: ({ existing }) => repeated(asked, existing)
      }),
      Effect.uninterruptible
    )
  }).pipe(
    Effect.catchTags({
      UnknownVendor: (refusal) => unlessPlaced(asked, refusal),
      Unfit: (refusal) => unlessPlaced(asked, refusal)
    })
  )
