import type { Evidence } from "@payment-proxy/domain"
import { Currency, Money, Payment, PaymentCommands, PaymentMachine, Words } from "@payment-proxy/domain"
import type { FastCheck } from "effect"
import { Either, FastCheck as fc } from "effect"
import { epochMillis, freshNo } from "./Samples.ts"

type Arbitrary<A> = FastCheck.Arbitrary<A>

const maxMinor = 10n ** 17n
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 24 })
const no = fc.string({ unit: fc.constantFrom(..."0123456789abcdefXYZ-_"), minLength: 1, maxLength: 32 })
const timeMillis = fc.integer({ min: epochMillis, max: epochMillis + 400 * 86_400_000 })
const minor = fc.bigInt({ min: 0n, max: maxMinor })
const positive = fc.bigInt({ min: 1n, max: maxMinor })
const orNull = <A>(arbitrary: Arbitrary<A>): Arbitrary<A | null> => fc.option(arbitrary, { nil: null })
const notes = fc.dictionary(
  text.filter((key) => key !== "__proto__"),
  text,
  { noNullPrototype: true, maxKeys: 4 }
)

/** Any of the words of a table in `Words` or `Payment`. */
const wordOf = <W extends string>(words: { readonly [K in W]: unknown }): Arbitrary<W> =>
  fc.constantFrom(...(Object.keys(words) as Array<W>))

/** A state that a payment can be in. */
export const state: Arbitrary<Payment.State> = wordOf(Payment.states)

/** More than nothing, at most 17 digits, of any currency. */
export const money: Arbitrary<Money.Money> = fc
  .tuple(positive, fc.constantFrom(...Currency.all))
  .map(([amountMinor, currency]) => Money.make(amountMinor, currency))

/** What a payer can be shown next. */
export const next: Arbitrary<Words.Next> = fc.oneof(
  fc.record({ type: fc.constant("redirect" as const), url: fc.webUrl() }),
  fc.record({ type: fc.constant("qr" as const), content: text }),
  fc.record({ type: fc.constant("form" as const), action: fc.webUrl(), fields: notes }),
  fc.record({ type: fc.constant("app" as const), parameters: notes }),
  fc.constant({ type: "none" as const })
)

/** Our number and what the vendor knows the order by; a proxied order has the caller's own. */
const numbers = (payOrderNo: string, isProxied: boolean) => ({
  payOrderNo,
  merchantOrderNo: isProxied ? `shop-${payOrderNo}` : payOrderNo
})

/** What an app asks for: under a fresh number, with times that follow each other. */
export const identity: Arbitrary<Payment.Identity> = fc
  .record({
    app: no,
    vendor: no,
    businessNo: orNull(text),
    amount: money,
    method: wordOf(Words.methods),
    source: wordOf(Words.sources),
    capture: fc.constantFrom("automatic" as const, "manual" as const),
    metadata: notes,
    createdAtMillis: timeMillis,
    expiresInMillis: fc.integer({ min: 1000, max: 7_200_000 }),
    settlingMillis: fc.integer({ min: 0, max: 600_000 }),
    isProxied: fc.boolean()
  })
  .map(({ expiresInMillis, settlingMillis, isProxied, ...asked }) => ({
    ...asked,
    ...numbers(freshNo(), isProxied),
    expiresAtMillis: asked.createdAtMillis + expiresInMillis,
    deadlineMillis: asked.createdAtMillis + expiresInMillis + settlingMillis
  }))

const refundItem: Arbitrary<Evidence.RefundItem> = fc.record({
  vendorRefundNo: no,
  ourNo: orNull(no),
  amountMinor: positive,
  state: fc.constantFrom("pending" as const, "succeeded" as const, "failed" as const)
})

const failure = fc.record({ code: no, detail: text })

const facts: Arbitrary<Payment.Facts> = fc.record({
  arrived: fc.boolean(),
  unknownCalls: fc.nat(3),
  authorized: minor,
  authorizedUntilMillis: orNull(timeMillis),
  captureAsked: orNull(positive),
  captured: minor,
  refundTotal: minor,
  refundItems: fc.array(refundItem, { maxLength: 3 }),
  ownRefunds: fc.array(
    fc.record({
      refundNo: no,
      amountMinor: positive,
      state: fc.constantFrom("open" as const, "succeeded" as const, "failed" as const)
    }),
    { maxLength: 3 }
  ),
  toldDead: fc.boolean(),
  lateAccepted: fc.boolean(),
  acceptedMinor: orNull(positive),
  operation: orNull(
    fc.record({
      no,
      kind: fc.constantFrom("capture" as const, "complete" as const),
      amountMinor: positive,
      unknownCalls: fc.nat(3)
    })
  ),
  operationCount: fc.nat(5),
  contradiction: orNull(fc.record({ column: no, sinceMillis: timeMillis })),
  disputes: fc.array(
    fc.record({
      disputeNo: no,
      amountMinor: positive,
      state: fc.constantFrom("open" as const, "won" as const, "lost" as const)
    }),
    { maxLength: 2 }
  ),
  secondPayments: fc.array(fc.record({ transactionNo: no, amountMinor: positive }), { maxLength: 2 }),
  failure: orNull(failure),
  heldReason: orNull(no),
  next: orNull(next)
})

/** A payment in `state` with any facts, also such as no life leads to: what a store must keep and a machine must bear. */
export const paymentIn = (state: Payment.State): Arbitrary<Payment.Payment> =>
  fc
    .tuple(identity, facts, fc.nat(30), fc.nat(30), orNull(no), orNull(timeMillis), fc.array(no, { maxLength: 4 }))
    .map(([asked, known, version, learnt, transactionNo, paidAtMillis, kept]) => ({
      ...Payment.make(asked),
      ...known,
      state,
      version,
      learntVersion: Math.min(version, learnt),
      transactionNo,
      kept,
      paidAtMillis
    }))

/** A payment in any state with any facts. */
export const payment: Arbitrary<Payment.Payment> = state.chain(paymentIn)

type Body = Evidence.Evidence extends infer E ? (E extends Evidence.Evidence ? Omit<E, keyof Common> : never) : never
type Common = Pick<Evidence.Evidence, "source" | "asked" | "transactionNo" | "amount" | "foreign">

/** What only one kind of evidence says; money is the order's, or now and then another. */
const bodyOf = ({ amount, createdAtMillis }: Payment.Payment): Arbitrary<Body> => {
  const captured = orNull(fc.oneof({ weight: 9, arbitrary: fc.constant(amount) }, { weight: 1, arbitrary: money }))
  const part = fc.bigInt({ min: 0n, max: amount.amountMinor })
  const kind = <K extends Evidence.Kind>(name: K) => fc.constant(name)
  return fc.oneof(
    fc.record({ kind: kind("notFound") }),
    fc.record({ kind: kind("known"), word: text }),
    fc.record({ kind: kind("open"), next: orNull(next) }),
    fc.record({ kind: kind("approved") }),
    fc.record({ kind: kind("authorized"), untilMillis: orNull(timeMillis) }),
    fc.record({ kind: kind("paid"), captured, paidAtMillis: orNull(fc.constant(createdAtMillis + 1000)) }),
    fc.record({
      kind: kind("refunds"),
      captured,
      total: orNull(part),
      items: fc.array(refundItem, { maxLength: 3 })
    }),
    fc.record({ kind: kind("failed"), code: no, detail: text }),
    fc.record({ kind: kind("closed") }),
    fc.record({
      kind: kind("disputed"),
      disputeNo: no,
      disputedMinor: part,
      state: fc.constantFrom("open" as const, "won" as const, "lost" as const)
    })
  )
}

const commonOf = (payment: Payment.Payment): Arbitrary<Common> => {
  const { amount, version, createdAtMillis, transactionNo } = payment
  const said = {
    transactionNo: orNull(transactionNo === null ? no : fc.oneof(fc.constant(transactionNo), no)),
    amount: orNull(fc.oneof({ weight: 19, arbitrary: fc.constant(amount) }, { weight: 1, arbitrary: money })),
    foreign: fc.oneof(
      { weight: 19, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom("MERCHANT_MISMATCH" as const, "NUMBER_MISMATCH" as const) }
    )
  }
  return fc.oneof(
    fc.record({
      source: fc.constantFrom("query" as const, "close" as const),
      asked: fc.record({
        version: fc.integer({ min: Math.max(version - 2, 0), max: version }),
        atMillis: fc.integer({ min: createdAtMillis, max: payment.deadlineMillis + 3_600_000 })
      }),
      ...said
    }),
    fc.record({
      source: fc.constantFrom("create" as const, "operation" as const, "notification" as const, "bill" as const),
      asked: fc.constant(null),
      ...said
    })
  )
}

/** Evidence of any kind about `payment`: mostly with its own amount and numbers, fresh or late. */
export const evidenceAbout = (payment: Payment.Payment): Arbitrary<Evidence.Evidence> =>
  fc.tuple(commonOf(payment), bodyOf(payment)).map(([common, body]) => ({ ...common, ...body }))

/** Evidence of any kind about an order of its own. */
export const evidence: Arbitrary<Evidence.Evidence> = identity.map(Payment.make).chain(evidenceAbout)

/** The answer to one call that is not evidence. */
export const answer: Arbitrary<Evidence.Answer> = fc.oneof(
  fc.record({ _tag: fc.constant("Rejected" as const), code: no, detail: text }),
  fc.record({ _tag: fc.constant("Throttled" as const), retryAfterMillis: orNull(fc.nat(60_000)), detail: text }),
  fc.record({ _tag: fc.constant("Unreachable" as const), detail: text }),
  fc.record({ _tag: fc.constant("InDoubt" as const), detail: text })
)

const submitted = (created: Payment.Payment): Payment.Payment =>
  Either.match(PaymentCommands.command(created, { type: "submit" }), {
    onLeft: () => created,
    onRight: ({ order }) => order
  })

/** A payment that the machine itself led to: submitted, then told up to 8 pieces of evidence. */
export const lived: Arbitrary<Payment.Payment> = identity
  .map((asked) => submitted(Payment.make(asked)))
  .chain((placed) =>
    fc
      .array(evidenceAbout(placed), { maxLength: 8 })
      .map((told) =>
        told.reduce(
          (known, said) =>
            PaymentMachine.absorb(known, said, placed.createdAtMillis, { settlingMillis: 300_000 }).order,
          placed
        )
      )
  )
