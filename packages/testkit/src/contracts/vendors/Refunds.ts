import { expect, type Vitest } from "@effect/vitest"
import { Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { type Incoming, Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Either, Schedule } from "effect"
import { freshNo } from "../../Samples.ts"
import { knowing, later, type Platform, paid, placed, type Scene } from "./Platform.ts"
import * as Reached from "./Reached.ts"

/** A refund of a payment, about to be sent. */
export const aRefund = (payment: Payment.Payment, amountMinor: bigint) =>
  Effect.map(
    Clock.currentTimeMillis,
    (nowMillis): RefundMachine.Refund => ({
      refundNo: freshNo(),
      payOrderNo: payment.payOrderNo,
      amount: Money.make(amountMinor, payment.amount.currency),
      reason: "returned",
      createdAtMillis: nowMillis,
      deadlineMillis: nowMillis + 600_000,
      state: "SUBMITTING",
      version: 1,
      learntVersion: 0,
      vendorRefundNo: null,
      unknownCalls: 1,
      contradiction: null,
      failure: null,
      heldReason: null,
      refundedAtMillis: null,
      head: null
    })
  )

/** Another character than the first of a text, in its place. */
const altered = (text: string): string => `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`

/** A notification whose proof is another, and, where the proof is of the body, one whose body is: each differs in one character. */
const forgeriesOf = ({ headers, body }: Incoming): ReadonlyArray<Incoming> => {
  const text = Buffer.from(body).toString("latin1")
  const bodyOf = (changed: string) => ({ headers, body: Buffer.from(changed, "latin1") })
  const proof = Object.keys(headers).find((name) => /(?:signature|secret|transmission-sig)$/i.test(name))
  const other = bodyOf(text.replace(/\d/, (digit) => (digit === "1" ? "2" : "1")))
  if (proof === undefined) return [bodyOf(text.replace(/(?<=(?:^|&)sign=)\w/, altered)), other]
  const unproven = { headers: { ...headers, [proof]: altered(String(headers[proof])) }, body }
  return /secret$/i.test(proof) ? [unproven] : [unproven, other]
}

/** Held money, captures, refunds and notifications, as far as a vendor has them; what it has not is refused by name. */
export const refundsContract = <R>(
  it: Vitest.MethodsNonLive<Vendors | R, true>,
  vendor: string,
  platform: Platform<R>,
  scene: Scene
): void => {
  const { traits } = platform

  /** Sends a refund and asks until the vendor has decided. */
  const refunded = (payment: Payment.Payment, refund: RefundMachine.Refund) =>
    Effect.gen(function* () {
      const service = yield* Vendors
      const sent = yield* Effect.either(service.refund(payment, refund, later))
      if (Either.isRight(sent) && sent.right.kind === "succeeded") return sent.right
      yield* platform.settle
      const vendorRefundNo = Either.isRight(sent) ? sent.right.vendorRefundNo : null
      return yield* service.queryRefund(payment, { ...refund, vendorRefundNo })
    })

  if (!traits.refunds)
    it.effect("refunds are refused by name", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* placed(vendor, scene)
        const refund = yield* aRefund(payment, 1n)
        const answer = yield* Effect.flip(service.refund(payment, refund, later))
        expect(answer).toMatchObject({ _tag: "Rejected", code: "NOT_SUPPORTED" })
      })
    )
  else {
    it.effect("a part of a payment goes back once, however often it is sent", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* paid(vendor, platform, scene)
        const refund = yield* aRefund(payment, 34n)
        const evidence = yield* refunded(payment, refund)
        Reached.note(vendor, "refund", null, evidence.kind)
        expect(evidence.kind).toBe("succeeded")
        expect(evidence.amount === null || evidence.amount.amountMinor === 34n).toBe(true)
        yield* Effect.either(service.refund(payment, refund, later))
        yield* platform.settle
        const all = yield* aRefund(payment, 1200n)
        expect((yield* refunded(payment, all)).kind).toBe("succeeded")
        const after = yield* knowing(payment, yield* service.query(payment))
        expect(["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED"]).toContain(after.state)
        Reached.note(vendor, "query after a refund of all", null, after.state)
      })
    )

    it.effect("more than was paid never goes back", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* paid(vendor, platform, scene)
        const answer = yield* Effect.either(service.refund(payment, yield* aRefund(payment, 1235n), later))
        expect(Either.isLeft(answer) && answer.left._tag).not.toBe("Throttled")
        expect(Either.isLeft(answer)).toBe(true)
      })
    )

    it.effect("a refund that never came is not found, and none of it is guessed", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* paid(vendor, platform, scene)
        const { kind } = yield* service.queryRefund(payment, yield* aRefund(payment, 1n))
        Reached.note(vendor, "queryRefund of none", null, kind)
        expect(["notFound", "pending"]).toContain(kind)
      })
    )

    it.effect("a refund that was taken and not answered is found, and is one", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* paid(vendor, platform, scene)
        const refund = yield* aRefund(payment, 1000n)
        yield* platform.next("refund", payment.merchantOrderNo, "dropAfter")
        expect((yield* Effect.flip(service.refund(payment, refund, later)))._tag).toBe("InDoubt")
        expect((yield* refunded(payment, refund)).kind).toBe("succeeded")
        yield* platform.settle
        const more = yield* Effect.either(service.refund(payment, yield* aRefund(payment, 1000n), later))
        expect(Either.isLeft(more)).toBe(true)
      })
    )
  }

  if (traits.authorizes)
    it.effect("held money is authorized, and taken by a capture, once", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* placed(vendor, scene, { capture: "manual" })
        yield* platform.pay(payment)
        let held = yield* knowing(payment, yield* service.query(payment))
        if (held.operation?.kind === "complete")
          held = yield* knowing(held, yield* service.complete(held, held.operation, later))
        Reached.note(vendor, "pay, captured by hand", null, held.state)
        expect(held).toMatchObject({ state: "AUTHORIZED", operation: null, captured: 0n })
        const operation = { no: `${held.payOrderNo}C9`, kind: "capture", amountMinor: 1234n, unknownCalls: 1 } as const
        const first = yield* knowing(held, yield* service.capture(held, operation, later))
        Reached.note(vendor, "capture", null, first.state)
        expect(first).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
        const again = yield* Effect.either(service.capture(first, operation, later))
        if (Either.isRight(again))
          expect(yield* knowing(first, again.right)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
        else expect(again.left._tag).not.toBe("UnknownVendor")
        const after = yield* knowing(first, yield* service.query(first))
        expect(after).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
      })
    )

  if (traits.authorizes)
    it.effect("held money that is closed is released", () =>
      Effect.gen(function* () {
        const { service, payment } = yield* placed(vendor, scene, { capture: "manual" })
        yield* platform.pay(payment)
        let held = yield* knowing(payment, yield* service.query(payment))
        if (held.operation?.kind === "complete")
          held = yield* knowing(held, yield* service.complete(held, held.operation, later))
        const { kind } = yield* service.close(held)
        Reached.note(vendor, "close of held money", null, kind)
        expect(kind).toBe("closed")
        expect((yield* service.query(held)).kind).toBe("closed")
      })
    )

  it.effect("the vendor's own notification of a payment is verified; a byte of it altered, it is refused", () =>
    Effect.gen(function* () {
      const { service, payment } = yield* paid(vendor, platform, scene)
      const numbers = [payment.merchantOrderNo, payment.transactionNo]
      const find = Effect.gen(function* () {
        for (const incoming of yield* platform.notifications) {
          const verified = yield* service.notification(vendor, incoming)
          if (numbers.includes(verified.subject.no) && (verified.evidence?.kind === "paid") === traits.tells)
            return { incoming, verified }
        }
        return null
      })
      const found = yield* Effect.repeat(find, {
        until: (one) => one !== null,
        schedule: Schedule.intersect(Schedule.spaced(50), Schedule.recurs(200))
      }).pipe(Effect.zipRight(find))
      if (found === null) return expect.fail("no notification came")
      const { incoming, verified } = found
      if (traits.tells) expect(verified.evidence).toMatchObject({ source: "notification", foreign: null })
      for (const forgery of forgeriesOf(incoming)) {
        const forged = yield* Effect.either(service.notification(vendor, forgery))
        expect(Either.isLeft(forged) && forged.left._tag).toBe("NotVerified")
      }
      expect((yield* service.notification(vendor, incoming)).subject).toEqual(verified.subject)
    })
  )
}
