import type { Money, Payment, Words } from "@payment-proxy/domain"
import type { App, Details } from "@payment-proxy/ports"
import { crashPoint, Orders, UnknownVendor, Vendors } from "@payment-proxy/ports"
import { Context, Data, Duration, Effect, Option } from "effect"
import { Entropy } from "./Entropy.ts"
import { created, intend, type Wanted } from "./Intent.ts"
import { Policies, type Policy } from "./Policy.ts"
import { using } from "./Services.ts"
import { submit } from "./Submission.ts"

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

const wantedOf = (asked: Asked, { expiresIn }: Policy, nowMillis: number): Wanted => {
  const { app, idempotencyKey, vendor, businessNo, amount, method, source, capture, metadata } = asked
  return {
    shardBy: [app.id, idempotencyKey],
    app: app.id,
    vendor,
    businessNo,
    amount,
    method,
    source,
    capture,
    metadata,
    expiresAtMillis: nowMillis + Duration.toMillis(asked.expiresIn ?? expiresIn)
  }
}

/** What is there under the key already: the same order for the same body, refused for another. */
const repeated = (asked: Asked, existing: { readonly payment: Payment.Payment; readonly fingerprint: string }) =>
  existing.fingerprint === asked.fingerprint
    ? Effect.succeed<Placed>({ payment: existing.payment, isNew: false })
    : Effect.fail(new KeyReused({ idempotencyKey: asked.idempotencyKey }))

/** A refusal, unless the key has its order: what was taken once is answered also where it would not be taken any more. */
const unlessPlaced = Effect.fnUntraced(function* <E>(asked: Asked, refusal: E) {
  const orders = yield* Orders
  const known = yield* orders.byKey(asked.app.id, asked.idempotencyKey)
  return Option.isSome(known) ? yield* repeated(asked, known.value) : yield* Effect.fail(refusal)
})

/** What follows the commit of an order's intent: whatever fails leaves it in doubt, and the loops go on with it. */
const followed = (payment: Payment.Payment, prepared: string) =>
  submit(payment, prepared, payment.createdAtMillis).pipe(
    Effect.catchAll((fault) =>
      Effect.logWarning("The vendor's answer could not be taken in; the order stays in doubt.", fault).pipe(
        Effect.as(payment)
      )
    ),
    Effect.map((after): Placed => ({ payment: after, isNew: true })),
    Effect.zipLeft(crashPoint("K10"))
  )

/** What only the vendor needs; `{payOrderNo}` in the app's page stands for the order's number. */
const detailsOf = ({ details }: Asked, { payOrderNo }: Payment.Payment): Details => ({
  ...details,
  returnUrl: details.returnUrl?.replaceAll("{payOrderNo}", payOrderNo) ?? null
})

const intended = (asked: Asked) =>
  using<Vendors>()((services, nowMillis) => {
    const vendors = Context.get(services, Vendors)
    const vendor = Option.getOrUndefined(vendors.get(asked.vendor))
    if (vendor === undefined) return new UnknownVendor({ vendor: asked.vendor })
    const wanted = wantedOf(asked, Context.get(services, Policies), nowMillis)
    const order = created(wanted, vendor, Context.get(services, Entropy).bytes(10), nowMillis)
    return Effect.flatMap(vendors.prepare(order, detailsOf(asked, order)), (prepared) =>
      intend(order, prepared, asked, (payment) => followed(payment, prepared))
    ).pipe(Effect.catchTag("Duplicate", ({ existing }) => repeated(asked, existing)))
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
