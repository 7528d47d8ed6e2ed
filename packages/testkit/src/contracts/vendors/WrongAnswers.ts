import { expect, type Vitest } from "@effect/vitest"
import type { Vendors } from "@payment-proxy/ports"
import { Effect, Either } from "effect"
import { knowing, later, type Platform, paid, placed, prepared, type Scene, type Wrong } from "./Platform.ts"
import { aRefund } from "./Refunds.ts"

const mangled = ["error", "garbage", "html", "truncate", "cut", "hang"] as const satisfies ReadonlyArray<Wrong>

/** Answers that say nothing, whatever they look like: the call is in doubt, and the next one tells. */
export const wrongAnswersContract = <R>(
  it: Vitest.MethodsNonLive<Vendors | R, true>,
  vendor: string,
  platform: Platform<R>,
  scene: Scene
): void => {
  it.effect("accepted and dropped is in doubt, and one payment", () =>
    Effect.gen(function* () {
      const { service, payment, request } = yield* prepared(vendor, scene)
      yield* platform.next("create", payment.merchantOrderNo, "dropAfter")
      expect((yield* Effect.flip(service.create(payment, request, later)))._tag).toBe("InDoubt")
      const again = yield* service.create(payment, request, later)
      expect(again.kind === "open" && again.next).not.toBeNull()
      expect(yield* platform.payments(payment.merchantOrderNo)).toBeLessThanOrEqual(1)
    })
  )

  if (platform.traits.refunds)
    for (const how of mangled)
      it.effect(`a refund whose answer is wrong (${how}) is in doubt; asked about, it is one refund`, () =>
        Effect.gen(function* () {
          const { service, payment } = yield* paid(vendor, platform, scene)
          const refund = yield* aRefund(payment, 1000n)
          yield* platform.next("refund", payment.merchantOrderNo, how)
          expect((yield* Effect.flip(service.refund(payment, refund, later)))._tag).toBe("InDoubt")
          yield* platform.settle
          yield* platform.next("queryRefund", payment.merchantOrderNo, how)
          // Who asks about the payment instead is not struck by what strikes questions about refunds.
          const struck = yield* Effect.either(service.queryRefund(payment, refund))
          expect(Either.isRight(struck) ? struck.right.kind : struck.left._tag).toMatch(/^(?:succeeded|InDoubt)$/)
          expect((yield* service.queryRefund(payment, refund)).kind).toBe("succeeded")
          const more = yield* Effect.either(service.refund(payment, yield* aRefund(payment, 1000n), later))
          expect(Either.isLeft(more)).toBe(true)
        })
      )

  if (platform.traits.completes)
    for (const how of mangled)
      it.effect(`a completion whose answer is wrong (${how}) is in doubt; the money is taken once`, () =>
        Effect.gen(function* () {
          const { service, payment } = yield* placed(vendor, scene)
          yield* platform.pay(payment)
          const approved = yield* knowing(payment, yield* service.query(payment))
          const { operation } = approved
          if (operation === null) return expect.fail("nothing is to be completed")
          yield* platform.next("complete", payment.merchantOrderNo, how)
          expect((yield* Effect.flip(service.complete(approved, operation, later)))._tag).toBe("InDoubt")
          const asked = yield* knowing(approved, yield* service.query(approved))
          expect(asked).toMatchObject({ state: "SUCCEEDED", captured: 1234n, operation: null })
          const again = yield* Effect.either(service.complete(approved, operation, later))
          if (Either.isRight(again)) expect((yield* knowing(asked, again.right)).state).toBe("SUCCEEDED")
        })
      )

  for (const how of mangled) {
    it.effect(`a create whose answer is wrong (${how}) is in doubt; sent again, it is the same payment`, () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared(vendor, scene)
        yield* platform.next("create", payment.merchantOrderNo, how)
        expect((yield* Effect.flip(service.create(payment, request, later)))._tag).toBe("InDoubt")
        expect((yield* service.create(payment, request, later)).kind).toBe("open")
        expect(yield* platform.payments(payment.merchantOrderNo)).toBeLessThanOrEqual(1)
      })
    )

    it.effect(`a query whose answer is wrong (${how}) says nothing; the next one tells`, () =>
      Effect.gen(function* () {
        const { service, payment } = yield* placed(vendor, scene)
        yield* platform.pay(payment)
        yield* platform.next("query", payment.merchantOrderNo, how)
        const answer = yield* Effect.either(service.query(payment))
        expect(Either.isLeft(answer) && answer.left._tag).toBe("InDoubt")
        expect((yield* service.query(payment)).kind).toBe(platform.traits.completes ? "approved" : "paid")
      })
    )
  }
}
