import { expect, it } from "@effect/vitest"
import type { Incoming } from "@payment-proxy/ports"
import { Effect, Either, FastCheck as fc, Logger, TestClock } from "effect"
import { describe } from "vitest"
import type { Call, Send } from "../../src/Http.ts"
import * as Certificates from "../../src/paypal/certificates.ts"
import * as Notification from "../../src/paypal/notification.ts"
import { event, signed } from "./deliveries.ts"
import { at, captureId, orderId, payment, problem, refundId, refundNo, resource, usd } from "./desk.ts"
import { vectors } from "./vectors.ts"

const certificates = { authorities: vectors.trust_anchor_pem }
const config = at("https://api-m.paypal.com", { certificates, webhookId: vectors.webhook_id })

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A PayPal that has the certificate, and answers questions for captures so. */
const paypal = (answer: Answer = { status: 500, body: {} }, pem = vectors.certificates.good) => {
  const calls: Array<Call> = []
  const send: Send = (call) =>
    Effect.sync(() => {
      calls.push(call)
      return call.path.startsWith("/v1/notifications/certs/")
        ? { status: 200, headers: {}, text: pem, askedAtMillis: 0 }
        : { status: answer.status, headers: {}, text: JSON.stringify(answer.body), askedAtMillis: 0 }
    })
  return { calls, send }
}

/** What becomes of deliveries at a vendor that is made once. */
const receiver = ({ send } = paypal(), configured = config) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.UTC(2026, 10, 26))
    const signerAt = yield* Certificates.make(configured, send)
    return (incoming: Incoming) => Effect.either(Notification.read(incoming, { config: configured, send }, signerAt))
  })

const received = (incoming: Incoming, ...where: Parameters<typeof receiver>) =>
  Effect.flatMap(receiver(...where), (receive) => receive(incoming))

const verified = (given: unknown, answer?: Answer, configured = config) =>
  Effect.map(received(signed(JSON.stringify(given)), paypal(answer), configured), Either.getOrThrow)

const good = JSON.stringify(event("PAYMENT.CAPTURE.COMPLETED", resource(captureId, "COMPLETED")))

describe("a notification that is not PayPal's", () => {
  const altered = (incoming: Incoming, at: number) => ({
    ...incoming,
    body: Uint8Array.from(incoming.body, (byte, index) => (index === at ? byte ^ 1 : byte))
  })

  it.effect.each<readonly [string, Incoming, string, number]>([
    ["an altered body", altered(signed(good), 40), "SIGNATURE", 401],
    ["an altered signature", signed(good, { "paypal-transmission-sig": `${"A".repeat(342)}==` }), "SIGNATURE", 401],
    ["no base64", signed(good, { "paypal-transmission-sig": "!!!" }), "SIGNATURE", 401],
    ["a signature that is too long", signed(good, { "paypal-transmission-sig": "A".repeat(4000) }), "SIGNATURE", 401],
    ["another algorithm", signed(good, { "paypal-auth-algo": "SHA1withRSA" }), "SIGNATURE", 401],
    ["a bar in its id", signed(good, { "paypal-transmission-id": "a|b" }), "SIGNATURE", 401],
    ["a certificate from elsewhere", signed(good, { "paypal-cert-url": "https://evil.example/c" }), "KEY", 401],
    ["a huge body", signed(JSON.stringify({ id: "WH-1", pad: "x".repeat(65_536) })), "CONTENT", 400],
    ["another type", signed(good, { "content-type": "text/html" }), "CONTENT", 400],
    ["no JSON", signed("{"), "CONTENT", 400],
    ["no UTF-8", signed(Uint8Array.of(0x7b, 0xff, 0x7d)), "CONTENT", 400],
    ["no event", signed("[]"), "CONTENT", 400],
    ["an event without a number", signed("{}"), "CONTENT", 400]
  ])("for %s is refused", ([_, incoming, reason, status]) =>
    Effect.gen(function* () {
      const refusal = Either.getOrThrow(Either.flip(yield* received(incoming)))
      expect(refusal).toMatchObject({ reason, reply: { status } })
    })
  )

  it.effect.each(
    ["id", "time", "sig"].map((name) => `paypal-transmission-${name}`).concat("paypal-cert-url", "paypal-auth-algo")
  )("without %s is refused", (name) =>
    Effect.gen(function* () {
      const { headers, body } = signed(good)
      const refused = yield* received({ headers: { ...headers, [name]: undefined }, body })
      expect(Either.getOrThrow(Either.flip(refused)).reason).toBe("SIGNATURE")
    })
  )

  it.effect("fetches nothing where its own words are enough to refuse it", () =>
    Effect.gen(function* () {
      const host = paypal()
      for (const incoming of [
        signed("{"),
        signed(good, { "paypal-auth-algo": "none" }),
        signed(good, { "paypal-cert-url": "https://evil.example/c" }),
        signed(JSON.stringify({ id: "x".repeat(70_000) }))
      ])
        expect(Either.isLeft(yield* received(incoming, host))).toBe(true)
      expect(host.calls).toEqual([])
    })
  )

  it.effect("leaves the true one after it as it was, and the same again is the same", () =>
    Effect.gen(function* () {
      const host = paypal()
      expect(Either.isLeft(yield* received(altered(signed(good), 40), host))).toBe(true)
      const once = Either.getOrThrow(yield* received(signed(good), host))
      expect(Either.getOrThrow(yield* received(signed(good), host))).toEqual(once)
      expect(once).toEqual({
        subject: { by: "merchantOrderNo", no: payment.merchantOrderNo },
        evidence: null,
        reply: { status: 200, contentType: null, body: "" },
        refusal: { status: 503, contentType: null, body: "" }
      })
    })
  )

  it.effect("may come again where its certificate cannot be had", () =>
    Effect.gen(function* () {
      const send: Send = () => Effect.succeed({ status: 503, headers: {}, text: "", askedAtMillis: 0 })
      const refusal = Either.getOrThrow(Either.flip(yield* received(signed(good), { calls: [], send })))
      expect(refusal).toMatchObject({ reason: "UNAVAILABLE", reply: { status: 503 } })
    })
  )

  it.effect("of another merchant is refused, though signed", () =>
    Effect.gen(function* () {
      const ours = at("https://api-m.paypal.com", {
        certificates,
        webhookId: vectors.webhook_id,
        merchantId: "RD465XN5VS364"
      })
      const of = (merchant_id: string) =>
        Effect.map(
          received(
            signed(JSON.stringify(event("X", resource(captureId, "COMPLETED", { payee: { merchant_id } })))),
            paypal(),
            ours
          ),
          Either.match({ onLeft: ({ reason }) => reason, onRight: () => "taken" })
        )
      expect(yield* of("RD465XN5VS364")).toBe("taken")
      expect(yield* of("2222222222222")).toBe("FOREIGN")
      const unit = event("CHECKOUT.ORDER.APPROVED", {
        id: orderId,
        purchase_units: [{ payee: { merchant_id: "2222222222222" } }]
      })
      const refused = yield* received(signed(JSON.stringify(unit)), paypal(), ours)
      expect(Either.getOrThrow(Either.flip(refused)).reason).toBe("FOREIGN")
    })
  )

  it.effect("is told without a word of what it says", () =>
    Effect.gen(function* () {
      const planted = "payer-secret@example.com"
      const body = JSON.stringify(event("X", { id: planted, custom_id: planted }))
      for (const incoming of [
        altered(signed(body), 40),
        signed(`${body}}`),
        signed(JSON.stringify({ id: 1, planted })),
        signed(body, { "paypal-cert-url": `https://${planted}/c` })
      ]) {
        const refusal = Either.getOrThrow(Either.flip(yield* received(incoming)))
        expect(JSON.stringify(refusal)).not.toContain("payer-secret")
      }
    })
  )
})

it.effect("whatever comes, it is refused or taken, and unsigned it is never taken", () =>
  Effect.gen(function* () {
    const runs = fc.sample(
      fc.record({
        body: fc.oneof(fc.string(), fc.json()),
        name: fc.constantFrom(...Object.keys(signed("").headers)),
        value: fc.string()
      }),
      100
    )
    const receive = yield* receiver()
    for (const { body, name, value } of runs) {
      const incoming = signed(good)
      const unsigned = yield* receive({ ...incoming, body: Buffer.from(body) })
      expect(Either.isLeft(unsigned)).toBe(true)
      const strange = yield* receive({ ...incoming, headers: { ...incoming.headers, [name]: value } })
      expect(Either.isLeft(strange)).toBe(true)
      yield* receive(signed(body))
    }
  })
)

const related = (ids: object) => ({ supplementary_data: { related_ids: ids } })
const up = (id: string) => ({
  links: [
    { rel: "self", href: "x" },
    { rel: "up", href: `https://api.paypal.com/v2/payments/captures/${id}` }
  ]
})
const ours = { by: "merchantOrderNo", no: payment.merchantOrderNo }
const theirs = { by: "transactionNo", no: orderId }
const unnamed = { by: "transactionNo", no: "event:WH-58D329510W468432D-8HN650336L201105X" }

describe("a notification is a reason to read the order", () => {
  it.effect.each<readonly [string, unknown, object]>([
    ["CHECKOUT.ORDER.APPROVED", { id: orderId, purchase_units: [{ custom_id: payment.merchantOrderNo }] }, ours],
    ["CHECKOUT.ORDER.COMPLETED", { id: orderId, purchase_units: [{}] }, theirs],
    ["CHECKOUT.ORDER.COMPLETED", { id: orderId }, theirs],
    ["PAYMENT.CAPTURE.COMPLETED", resource(captureId, "COMPLETED"), ours],
    ["PAYMENT.CAPTURE.PENDING", resource(captureId, "PENDING"), ours],
    ["PAYMENT.CAPTURE.DENIED", resource(captureId, "DECLINED"), ours],
    ["PAYMENT.CAPTURE.DECLINED", resource(captureId, "DECLINED"), ours],
    ["PAYMENT.AUTHORIZATION.CREATED", resource("A1", "CREATED"), ours],
    ["PAYMENT.AUTHORIZATION.VOIDED", resource("A1", "VOIDED"), ours],
    ["PAYMENT.CAPTURE.COMPLETED", { id: captureId, ...related({ order_id: orderId }) }, theirs],
    ["PAYMENT.CAPTURE.REFUNDED", resource(refundId, "COMPLETED", related({ order_id: orderId })), theirs],
    ["PAYMENT.CAPTURE.REVERSED", resource(captureId, "REVERSED"), ours],
    ["SOMETHING.NEW", resource(captureId, "NEW"), ours],
    ["SOMETHING.NEW", { id: "X" }, unnamed],
    ["PAYMENT.CAPTURE.COMPLETED", { id: captureId }, unnamed],
    ["PAYMENT.CAPTURE.COMPLETED", { id: captureId, custom_id: "two words" }, unnamed],
    ["PAYMENT.CAPTURE.COMPLETED", "nonsense", unnamed],
    ["PAYMENT.CAPTURE.COMPLETED", { custom_id: 7 }, unnamed]
  ])("%s about %j", ([type, stated, subject]) =>
    Effect.gen(function* () {
      expect(yield* verified(event(type, stated))).toMatchObject({ subject, evidence: null, reply: { status: 200 } })
    })
  )

  it.effect("one that says nothing is taken, and named after itself: no order has such a number", () =>
    Effect.gen(function* () {
      expect(yield* verified({ id: "WH-30" })).toMatchObject({ subject: { by: "transactionNo", no: "event:WH-30" } })
    })
  )

  const refund = event(
    "PAYMENT.CAPTURE.REFUNDED",
    resource(refundId, "COMPLETED", { custom_id: refundNo, ...up(captureId) }),
    {
      resource_type: "refund"
    }
  )

  it.effect.each<readonly [string, Answer, object]>([
    ["ours", { status: 200, body: resource(captureId, "REFUNDED") }, ours],
    [
      "PayPal's",
      { status: 200, body: { id: captureId, status: "REFUNDED", ...related({ order_id: orderId }) } },
      theirs
    ],
    ["none", { status: 200, body: { id: captureId, status: "REFUNDED" } }, unnamed],
    ["not there", { status: 404, body: problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID") }, unnamed]
  ])("a refund's order is asked for by its capture, whose number is %s", ([_, answer, subject]) =>
    Effect.gen(function* () {
      const host = paypal(answer)
      const taken = Either.getOrThrow(yield* received(signed(JSON.stringify(refund)), host))
      expect(taken).toMatchObject({ subject, evidence: null })
      expect(host.calls.map(({ path }) => path)).toContain(`/v2/payments/captures/${captureId}`)
    })
  )

  it.effect.each<Answer>([
    { status: 500, body: {} },
    { status: 429, body: {} },
    { status: 200, body: "nonsense" }
  ])("a refund whose capture is answered with %j may come again", (answer) =>
    Effect.gen(function* () {
      const refused = yield* received(signed(JSON.stringify(refund)), paypal(answer))
      expect(Either.getOrThrow(Either.flip(refused))).toMatchObject({ reason: "UNAVAILABLE", reply: { status: 503 } })
    })
  )
})

describe("a dispute", () => {
  const dispute = (more: object = {}, transaction: object = { custom: payment.merchantOrderNo }) => ({
    dispute_id: "PP-000-042-663-135",
    status: "OPEN",
    dispute_amount: usd("3.00"),
    disputed_transactions: [{ seller_transaction_id: captureId, ...transaction }],
    ...more
  })
  const disputed = (stated: unknown, answer?: Answer) => verified(event("CUSTOMER.DISPUTE.UPDATED", stated), answer)

  it.effect("is evidence: no read of the order shows it", () =>
    Effect.gen(function* () {
      expect(yield* disputed(dispute())).toMatchObject({
        subject: ours,
        evidence: {
          kind: "disputed",
          source: "notification",
          asked: null,
          disputeNo: "PP-000-042-663-135",
          disputedMinor: 300n,
          state: "open",
          amount: null
        }
      })
      expect(yield* disputed(dispute({}, { invoice_number: payment.merchantOrderNo }))).toMatchObject({ subject: ours })
    })
  )

  it.effect.each<readonly [string, string | undefined, string]>([
    ["RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"],
    ["RESOLVED", "ACCEPTED", "lost"],
    ["RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"],
    ["RESOLVED", "CANCELED_BY_BUYER", "won"],
    ["RESOLVED", "DENIED", "won"],
    ["RESOLVED", "RESOLVED_WITH_PAYOUT", "open"],
    ["RESOLVED", "NONE", "open"],
    ["RESOLVED", undefined, "open"],
    ["UNDER_REVIEW", "RESOLVED_SELLER_FAVOUR", "open"]
  ])("%s %s is %s", ([status, outcome_code, state]) =>
    Effect.gen(function* () {
      const { evidence } = yield* disputed(dispute({ status, dispute_outcome: { outcome_code } }))
      expect(evidence).toMatchObject({ kind: "disputed", state })
    })
  )

  it.effect("is found by the capture, where it names nothing of ours", () =>
    Effect.gen(function* () {
      const unnamed = dispute({}, {})
      const found = yield* disputed(unnamed, { status: 200, body: resource(captureId, "COMPLETED") })
      expect(found).toMatchObject({ subject: ours, evidence: { kind: "disputed", disputedMinor: 300n } })
      const euro = { amount: { currency_code: "EUR", value: "12.34" } }
      const other = yield* disputed(unnamed, { status: 200, body: resource(captureId, "COMPLETED", euro) })
      expect(other).toMatchObject({ subject: ours, evidence: null })
    })
  )

  it.effect("is no evidence where its amount is not understood, or it is of several payments", () =>
    Effect.gen(function* () {
      expect((yield* disputed(dispute({ dispute_amount: undefined }))).evidence).toBe(null)
      expect((yield* disputed(dispute({ dispute_amount: usd("three") }))).evidence).toBe(null)
      const gross = { custom: payment.merchantOrderNo, gross_amount: { currency_code: "EUR", value: "12.34" } }
      expect((yield* disputed(dispute({}, gross))).evidence).toBe(null)
      const [one] = dispute().disputed_transactions
      expect((yield* disputed(dispute({ disputed_transactions: [one, one] }))).evidence).toBe(null)
    })
  )
})

it.effect("operators hear of disputes, of money that was taken back, and of what nobody documented", () =>
  Effect.gen(function* () {
    const heard: Array<unknown> = []
    const logger = Logger.make(({ message }) => heard.push(String(message)))
    const taken = (type: string | undefined) => verified(event(type, resource(captureId, "X")))
    yield* Effect.all([
      taken("PAYMENT.CAPTURE.COMPLETED"),
      taken("PAYMENT.CAPTURE.REVERSED"),
      taken("SOMETHING.NEW"),
      taken(undefined),
      taken("CUSTOMER.DISPUTE.CREATED")
    ]).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
    expect(heard).toEqual(["alarm CAPTURE_REVERSED", "alarm UNKNOWN_EVENT", "alarm UNKNOWN_EVENT", "alarm DISPUTED"])
  })
)
