import { expect, layer } from "@effect/vitest"
import type { Payment } from "@payment-proxy/domain"
import { PaymentCommands, PaymentMachine } from "@payment-proxy/domain"
import { Vendors } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Clock, Effect, Either, Option } from "effect"
import { aPayment } from "../Samples.ts"

/** The platform behind a vendor, as a test moves it. */
export interface Platform<R> {
  readonly pay: (merchantOrderNo: string) => Effect.Effect<unknown, unknown, R>
  readonly refuse: (merchantOrderNo: string) => Effect.Effect<unknown, unknown, R>
  /** The next create goes so: taken and not answered, not taken and not answered, or definitely refused. */
  readonly nextCreate: (
    merchantOrderNo: string,
    how: "dropAfter" | "dropBefore" | "reject"
  ) => Effect.Effect<unknown, unknown, R>
  /** How many payments the platform holds for the number. */
  readonly payments: (merchantOrderNo: string) => Effect.Effect<number, unknown, R>
}

const settings = { settlingMillis: 300_000 }
/** Beyond any test. */
const later = Number.MAX_SAFE_INTEGER
const details = { description: "Travel insurance, 3 days", payer: {}, returnUrl: null }

/** What every vendor must do; its adapter may speak to a real platform, so time is real. */
export const vendorsContract = <R>(
  name: string,
  vendors: Layer.Layer<Vendors | R, unknown>,
  vendor: string,
  platform: Platform<R>
): void =>
  layer(vendors, { excludeTestServices: true })(`Vendors: ${name}`, (it) => {
    /** An order of now that is about to be sent, with its request. */
    const prepared = Effect.gen(function* () {
      const service = yield* Vendors
      const createdAtMillis = yield* Clock.currentTimeMillis
      const created = aPayment({ vendor, createdAtMillis })
      const payment = Either.getOrThrow(PaymentCommands.command(created, { type: "submit" })).order
      return { service, payment, request: yield* service.prepare(payment, details) }
    })
    const placed = Effect.gen(function* () {
      const { service, payment, request } = yield* prepared
      return { service, payment, request, evidence: yield* service.create(payment, request, later) }
    })

    it.effect("a create is answered with what the payer needs next, and the vendor's number", () =>
      Effect.gen(function* () {
        const { evidence } = yield* placed
        expect(evidence).toMatchObject({ kind: "open", source: "create", asked: null })
        expect(evidence.transactionNo).not.toBeNull()
        expect(evidence.kind === "open" && evidence.next).not.toBeNull()
      })
    )

    it.effect("an order that has the caller's own number is known there by that number, and by no other", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* prepared
        const merchantOrderNo = `shop-${payment.payOrderNo.slice(-20)}`
        const proxied = { ...payment, merchantOrderNo }
        const request = yield* service.prepare(proxied, details)
        expect((yield* service.create(proxied, request, later)).kind).toBe("open")
        expect([yield* platform.payments(merchantOrderNo), yield* platform.payments(payment.payOrderNo)]).toEqual([
          1, 0
        ])
        expect((yield* service.query(proxied)).kind).toBe("open")
        expect((yield* service.query(payment)).kind).toBe("notFound")
        expect((yield* service.close(proxied)).kind).toBe("closed")
      })
    )

    it.effect("the same request again makes no second payment, and is answered with the same", () =>
      Effect.gen(function* () {
        const { service, payment, request, evidence } = yield* placed
        expect(yield* service.create(payment, request, later)).toEqual(evidence)
        expect(yield* platform.payments(payment.merchantOrderNo)).toBe(1)
      })
    )

    it.effect("a request is prepared the same each time", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared
        expect(yield* service.prepare(payment, details)).toBe(request)
      })
    )

    it.effect("a query says paid once the payer has paid, with amount, time, and when it was asked", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* placed
        const before = yield* Clock.currentTimeMillis
        expect((yield* service.query(payment)).kind).toBe("open")
        yield* platform.pay(payment.merchantOrderNo)
        const evidence = yield* service.query(payment)
        expect(evidence).toMatchObject({ kind: "paid", source: "query", foreign: null })
        expect(evidence.amount === null || evidence.amount.amountMinor === 1234n).toBe(true)
        expect(evidence.asked?.version).toBe(payment.version)
        expect(evidence.asked?.atMillis).toBeGreaterThanOrEqual(before)
      })
    )

    it.effect("a query says failed once the payer has refused", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* placed
        yield* platform.refuse(payment.merchantOrderNo)
        expect((yield* service.query(payment)).kind).toBe("failed")
      })
    )

    it.effect("an order that never came is notFound, for a query and for a close", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* prepared
        expect((yield* service.query(payment)).kind).toBe("notFound")
        expect((yield* service.close(payment)).kind).toBe("notFound")
      })
    )

    it.effect("an open order is closed when asked; a paid one is never said to be", () =>
      Effect.gen(function* () {
        const open = yield* placed
        expect(yield* open.service.close(open.payment)).toMatchObject({ kind: "closed", source: "close" })
        const paid = yield* placed
        yield* platform.pay(paid.payment.merchantOrderNo)
        const evidence = yield* Effect.either(paid.service.close(paid.payment))
        expect(Either.isRight(evidence) && evidence.right.kind).not.toBe("closed")
      })
    )

    it.effect("accepted and dropped is in doubt, and one payment", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared
        yield* platform.nextCreate(payment.merchantOrderNo, "dropAfter")
        const answer = yield* Effect.either(service.create(payment, request, later))
        expect(Either.isLeft(answer) && answer.left._tag).toBe("InDoubt")
        expect((yield* service.query(payment)).kind).toBe("open")
        yield* service.create(payment, request, later)
        expect(yield* platform.payments(payment.merchantOrderNo)).toBe(1)
      })
    )

    it.effect("nothing is written after the time that a create may take", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared
        const answer = yield* Effect.flip(service.create(payment, request, (yield* Clock.currentTimeMillis) - 1))
        expect(answer._tag).toBe("Unreachable")
        expect(yield* platform.payments(payment.merchantOrderNo)).toBe(0)
      })
    )

    it.effect("a definite refusal is Rejected, with a code", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared
        yield* platform.nextCreate(payment.merchantOrderNo, "reject")
        const answer = yield* Effect.either(service.create(payment, request, later))
        expect(Either.isLeft(answer) && answer.left._tag).toBe("Rejected")
        expect(yield* platform.payments(payment.merchantOrderNo)).toBe(0)
      })
    )

    it.effect("dropped, then the repeat rejected: the order is not FAILED", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared
        let order: Payment.Payment = payment
        for (const how of ["dropBefore", "reject"] as const) {
          yield* platform.nextCreate(payment.merchantOrderNo, how)
          const answer = yield* Effect.flip(service.create(order, request, later))
          if (answer._tag === "UnknownVendor") return yield* Effect.die(answer)
          order = PaymentMachine.answered(order, "create", answer).order
          if (how === "dropBefore") order = PaymentMachine.sending(order, "create")
        }
        expect(order.state).toBe("SUBMITTING")
        const evidence = yield* service.query(order)
        const nowMillis = yield* Clock.currentTimeMillis
        expect(PaymentMachine.absorb(order, evidence, nowMillis, settings).order.state).toBe("SUBMITTING")
      })
    )

    it.effect("accepted and dropped, then the repeat rejected: the order is not FAILED, and the platform has it", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared
        let order: Payment.Payment = payment
        for (const how of ["dropAfter", "reject"] as const) {
          yield* platform.nextCreate(payment.merchantOrderNo, how)
          const answer = yield* Effect.flip(service.create(order, request, later))
          if (answer._tag === "UnknownVendor") return yield* Effect.die(answer)
          order = PaymentMachine.answered(order, "create", answer).order
          if (how === "dropAfter") order = PaymentMachine.sending(order, "create")
        }
        expect(order.state).toBe("SUBMITTING")
        const evidence = yield* service.query(order)
        const nowMillis = yield* Clock.currentTimeMillis
        expect(PaymentMachine.absorb(order, evidence, nowMillis, settings).order.state).toBe("PENDING")
        expect(yield* platform.payments(payment.merchantOrderNo)).toBe(1)
      })
    )

    it.effect("a vendor that is not configured is unknown to every call", () =>
      Effect.gen(function* () {
        const service = yield* Vendors
        const payment = aPayment({ vendor: "nobody" })
        const incoming = { headers: {}, body: new Uint8Array() }
        expect(Option.isNone(service.get("nobody"))).toBe(true)
        for (const call of [
          service.prepare(payment, details),
          service.create(payment, "{}", later),
          service.query(payment),
          service.close(payment),
          service.notification("nobody", incoming)
        ]) {
          const answer = yield* Effect.either(call as Effect.Effect<unknown, { readonly _tag: string }>)
          expect(Either.isLeft(answer) && answer.left._tag).toBe("UnknownVendor")
        }
      })
    )

    it.effect("a notification without a right signature is refused", () =>
      Effect.gen(function* () {
        const service = yield* Vendors
        const body = new TextEncoder().encode('{"data":{}}')
        const answer = yield* Effect.either(service.notification(vendor, { headers: {}, body }))
        expect(Either.isLeft(answer) && answer.left._tag).toBe("NotVerified")
      })
    )
  })
