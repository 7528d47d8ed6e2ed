import { expect, type Vitest } from "@effect/vitest"
import type { Vendors } from "@payment-proxy/ports"
import { Effect, Either } from "effect"
import { later, type Platform, placed, prepared, type Scene, type Wrong } from "./Platform.ts"

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
