import type { Currency, Payment } from "@payment-proxy/domain"
import { PaymentCommands, PaymentMachine } from "@payment-proxy/domain"
import { type Details, type Incoming, Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Either } from "effect"
import { aPayment } from "../../Samples.ts"
import * as Reached from "./Reached.ts"

/** An order as payers of a vendor ask for one, by method and source, with what the vendor needs to know of it. */
export interface Scene {
  readonly method: Payment.Payment["method"]
  readonly source: Payment.Payment["source"]
  readonly currency: Currency.Currency
  readonly details: Details
  /** Nothing is sent to create it: there is no call that could go wrong, and nothing at the vendor before the payer is there. */
  readonly isLocal?: true
  /** Where it is another than the vendor's usual: what a query says before the payer was there. */
  readonly unopened?: Traits["unopened"]
}

/** How one call of a vendor goes wrong; `error`: done, and answered with a server's error. */
export type Wrong = "dropAfter" | "dropBefore" | "error" | "garbage" | "html" | "truncate" | "cut" | "hang" | "reject"

/** The calls that can go wrong. */
export type Struck = "create" | "query" | "close" | "capture" | "complete" | "refund" | "queryRefund"

/** What differs between vendors that all keep the same promises. */
export interface Traits {
  /** What a query says before the payer was there: Alipay and MPGS know nothing of such an order. */
  readonly unopened: "open" | "notFound"
  /** What a query says after the payer refused: with some he may try again. */
  readonly refused: "failed" | "open" | "notFound" | "closed"
  /** What a close comes to while nobody has paid: some have none, and the order runs out. */
  readonly close: "closed" | "open" | "notFound"
  /** The vendor gives its number with the create. */
  readonly numbered: boolean
  /** The payer approves, and a further call of ours takes the money. */
  readonly completes: boolean
  /** Money can be held first. */
  readonly authorizes: boolean
  readonly refunds: boolean
  readonly bills: boolean
  /** A notification says what became of the order; otherwise it makes us ask. */
  readonly tells: boolean
}

/** The platform behind a vendor, as a test moves it. */
export interface Platform<R> {
  readonly scenes: readonly [Scene, ...ReadonlyArray<Scene>]
  readonly traits: Traits
  /** The payer opens what he was given, and pays. */
  readonly pay: (payment: Payment.Payment) => Effect.Effect<unknown, unknown, R>
  readonly refuse: (merchantOrderNo: string) => Effect.Effect<unknown, unknown, R>
  /** The next call of this kind about this order goes so. */
  readonly next: (on: Struck, merchantOrderNo: string, how: Wrong) => Effect.Effect<unknown, unknown, R>
  /** How many payments the platform holds for the number. */
  readonly payments: (merchantOrderNo: string) => Effect.Effect<number, unknown, R>
  /** The platform's refunds come to an end, and the next is not too soon after the last. */
  readonly settle: Effect.Effect<unknown, unknown, R>
  /** Every notification that has come to the vendor's address so far, unverified. */
  readonly notifications: Effect.Effect<ReadonlyArray<Incoming>, unknown, R>
  /** The day that the platform's books have now, yyyy-MM-dd in its own zone. */
  readonly day: Effect.Effect<string, unknown, R>
  /** Moves the platform's clock on, and answers its time then; nothing is asked of it at the old time after that. */
  readonly advance: (millis: number) => Effect.Effect<number, unknown, R>
}

/** Beyond any test. */
export const later = Number.MAX_SAFE_INTEGER

/** What the machine goes by in a test. */
export const settings = { settlingMillis: 300_000 }

/** An order of now that is about to be sent, with its request. */
export const prepared = (vendor: string, scene: Scene, overrides: Partial<Payment.Payment> = {}) =>
  Effect.gen(function* () {
    const service = yield* Vendors
    const { method, source, currency, details } = scene
    const createdAtMillis = yield* Clock.currentTimeMillis
    const amount = { amountMinor: 1234n, currency }
    const created = aPayment({ vendor, createdAtMillis, method, source, amount, ...overrides })
    const payment = Either.getOrThrow(PaymentCommands.command(created, { type: "submit" })).order
    return { service, scene, payment, request: yield* service.prepare(payment, details) }
  })

/** The order with evidence taken in. */
export const knowing = (payment: Payment.Payment, evidence: Parameters<typeof PaymentMachine.absorb>[1]) =>
  Effect.map(
    Clock.currentTimeMillis,
    (nowMillis) => PaymentMachine.absorb(payment, evidence, nowMillis, settings).order
  )

/** An order that the vendor has. */
export const placed = (vendor: string, scene: Scene, overrides: Partial<Payment.Payment> = {}) =>
  Effect.gen(function* () {
    const ready = yield* prepared(vendor, scene, overrides)
    const evidence = yield* ready.service.create(ready.payment, ready.request, later)
    const payment = yield* knowing(ready.payment, evidence)
    Reached.note(vendor, "create", scene, payment.state)
    return { ...ready, evidence, payment }
  })

/** An order whose money was taken, by as many calls as the vendor wants. */
export const paid = <R>(vendor: string, platform: Platform<R>, scene: Scene = platform.scenes[0]) =>
  Effect.gen(function* () {
    const { service, payment } = yield* placed(vendor, scene)
    yield* platform.pay(payment)
    const asked = yield* knowing(payment, yield* service.query(payment))
    const { operation } = asked
    const taken =
      operation === null ? asked : yield* knowing(asked, yield* service[operation.kind](asked, operation, later))
    Reached.note(vendor, operation?.kind ?? "query", scene, taken.state)
    return { service, payment: taken }
  })
