import { expect, layer } from "@effect/vitest"
import { type Payment, PaymentMachine } from "@payment-proxy/domain"
import { Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Either, type Layer, Option } from "effect"
import { afterAll } from "vitest"
import { aPayment } from "../Samples.ts"
import { billsContract } from "./vendors/Bills.ts"
import { later, type Platform, paid, placed, prepared, settings } from "./vendors/Platform.ts"
import * as Reached from "./vendors/Reached.ts"
import { refundsContract } from "./vendors/Refunds.ts"
import { wrongAnswersContract } from "./vendors/WrongAnswers.ts"

export type { Platform, Scene, Struck, Traits, Wrong } from "./vendors/Platform.ts"

/** What every vendor must do; its adapter may speak to a real platform, so time is real. */
export const vendorsContract = <R>(
  name: string,
  vendors: Layer.Layer<Vendors | R, unknown>,
  vendor: string,
  platform: Platform<R>
): void => {
  const { scenes, traits } = platform
  const [scene] = scenes
  const remote = scenes.find(({ isLocal }) => isLocal === undefined) ?? scene

  layer(vendors, { excludeTestServices: true, timeout: 60_000 })(`Vendors: ${name}`, (it) => {
    for (const each of scenes) {
      const title = `${each.method}, ${each.source}`

      it.effect(`${title}: a create is answered with what the payer needs next`, () =>
        Effect.gen(function* () {
          const { evidence } = yield* placed(vendor, each)
          expect(evidence).toMatchObject({ kind: "open", source: "create", asked: null, foreign: null })
          expect(evidence.kind === "open" && evidence.next).not.toBeNull()
          if (traits.numbered) expect(evidence.transactionNo).not.toBeNull()
        })
      )

      it.effect(`${title}: a request is prepared the same each time`, () =>
        Effect.gen(function* () {
          const { service, payment, request } = yield* prepared(vendor, each)
          expect(yield* service.prepare(payment, each.details)).toBe(request)
        })
      )

      it.effect(`${title}: the same request again makes no second payment, and gives the payer what he needs`, () =>
        Effect.gen(function* () {
          const { service, payment, request } = yield* placed(vendor, each)
          const again = yield* service.create(payment, request, later)
          expect(again.kind === "open" && again.next?.type).toBe(payment.next?.type)
          expect(yield* platform.payments(payment.merchantOrderNo)).toBeLessThanOrEqual(1)
        })
      )

      it.effect(`${title}: the payer pays, and the order is paid, with amount, time, and when it was asked`, () =>
        Effect.gen(function* () {
          const { service, payment } = yield* placed(vendor, each)
          const before = yield* Clock.currentTimeMillis
          expect((yield* service.query(payment)).kind).toBe(each.unopened ?? traits.unopened)
          yield* platform.pay(payment)
          const evidence = yield* service.query(payment)
          expect(evidence).toMatchObject({
            kind: traits.completes ? "approved" : "paid",
            source: "query",
            foreign: null
          })
          expect(evidence.amount === null || evidence.amount.amountMinor === 1234n).toBe(true)
          expect(evidence.asked?.version).toBe(payment.version)
          expect(evidence.asked?.atMillis).toBeGreaterThanOrEqual(before)
          const { payment: taken } = yield* paid(vendor, platform, each)
          expect(taken).toMatchObject({ state: "SUCCEEDED", captured: 1234n, operation: null })
        })
      )
    }

    it.effect("an order that has the caller's own number is known there by that number, and by no other", () =>
      Effect.gen(function* () {
        const { payOrderNo } = aPayment()
        const merchantOrderNo = `SHOP${payOrderNo.slice(-20)}`
        const { service, payment } = yield* placed(vendor, remote, { payOrderNo, merchantOrderNo })
        yield* platform.pay(payment)
        expect([yield* platform.payments(merchantOrderNo), yield* platform.payments(payOrderNo)]).toEqual([1, 0])
        expect((yield* service.query(payment)).kind).toBe(traits.completes ? "approved" : "paid")
        const stranger = { ...payment, merchantOrderNo: payOrderNo, transactionNo: null }
        expect((yield* service.query(stranger)).kind).toBe("notFound")
      })
    )

    it.effect("a payer who refuses has not paid", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* placed(vendor, scene)
        yield* platform.refuse(payment.merchantOrderNo)
        const { kind } = yield* service.query(payment)
        Reached.note(vendor, "query after a refusal", null, kind)
        expect(kind).toBe(traits.refused)
      })
    )

    it.effect("an order that never came is notFound for a query, and nothing else for a close", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* prepared(vendor, scene)
        expect((yield* service.query(payment)).kind).toBe("notFound")
        const closed = yield* Effect.either(service.close(payment))
        expect(Either.isRight(closed) ? closed.right.kind : closed.left._tag).toMatch(/^(?:notFound|InDoubt)$/)
      })
    )

    it.effect("an open order is asked to be closed; a paid one is never said to be", () =>
      Effect.gen(function* () {
        const open = yield* placed(vendor, remote)
        const said = yield* open.service.close(open.payment)
        Reached.note(vendor, "close", null, said.kind)
        expect(said).toMatchObject({ kind: traits.close, source: "close" })
        const done = yield* paid(vendor, platform, remote)
        const evidence = yield* Effect.either(done.service.close(done.payment))
        expect(Either.isRight(evidence) && evidence.right.kind).not.toBe("closed")
        expect(Either.isRight(evidence) && evidence.right.kind).not.toBe("failed")
      })
    )

    it.effect("nothing is written after the time that a create may take", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared(vendor, remote)
        const answer = yield* Effect.flip(service.create(payment, request, (yield* Clock.currentTimeMillis) - 1))
        expect(answer._tag).toBe("Unreachable")
        expect(yield* platform.payments(payment.merchantOrderNo)).toBe(0)
      })
    )

    it.effect("a definite refusal is Rejected, with a code", () =>
      Effect.gen(function* () {
        const { service, payment, request } = yield* prepared(vendor, remote)
        yield* platform.next("create", payment.merchantOrderNo, "reject")
        const answer = yield* Effect.flip(service.create(payment, request, later))
        expect(answer._tag).toBe("Rejected")
        expect(yield* platform.payments(payment.merchantOrderNo)).toBe(0)
      })
    )

    for (const first of ["dropBefore", "dropAfter"] as const)
      it.effect(`${first}, then the repeat rejected: the order is not FAILED`, () =>
        Effect.gen(function* () {
          const { service, payment, request } = yield* prepared(vendor, remote)
          let order: Payment.Payment = payment
          for (const how of [first, "reject"] as const) {
            yield* platform.next("create", payment.merchantOrderNo, how)
            const answer = yield* Effect.flip(service.create(order, request, later))
            if (answer._tag === "UnknownVendor") return yield* Effect.die(answer)
            order = PaymentMachine.answered(order, "create", answer).order
            if (how === first) order = PaymentMachine.sending(order, "create")
          }
          expect(order.state).toBe("SUBMITTING")
          const evidence = yield* service.query(order)
          const nowMillis = yield* Clock.currentTimeMillis
          const { state } = PaymentMachine.absorb(order, evidence, nowMillis, settings).order
          expect(state === "SUBMITTING" || state === "PENDING").toBe(true)
          expect(yield* platform.payments(payment.merchantOrderNo)).toBeLessThanOrEqual(first === "dropAfter" ? 1 : 0)
        })
      )

    it.effect("a vendor that is not configured is unknown to every call", () =>
      Effect.gen(function* () {
        const service = yield* Vendors
        const payment = aPayment({ vendor: "nobody" })
        const incoming = { headers: {}, body: new Uint8Array() }
        expect(Option.isNone(service.get("nobody"))).toBe(true)
        for (const call of [
          service.prepare(payment, scene.details),
          service.create(payment, "{}", later),
          service.query(payment),
          service.close(payment),
          service.returned(payment, {}),
          service.onward(payment, "{}"),
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
        const answer = yield* Effect.flip(service.notification(vendor, { headers: {}, body }))
        expect(answer._tag).toBe("NotVerified")
      })
    )

    refundsContract(it, vendor, platform, remote)
    wrongAnswersContract(it, vendor, platform, remote)
    billsContract(it, vendor, platform, remote)
  })

  afterAll(() => {
    console.log(`| vendor | operation | reached |\n| --- | --- | --- |\n${Reached.table(vendor)}`)
  })
}
