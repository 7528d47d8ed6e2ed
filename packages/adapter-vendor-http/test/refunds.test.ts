import { expect, it } from "@effect/vitest"
import { Money, type Payment, RefundMachine } from "@payment-proxy/domain"
import { aPayment, freshNo } from "@payment-proxy/testkit"
import { Clock, Effect, Either, FastCheck as fc, ParseResult, Schema, Stream } from "effect"
import { describe } from "vitest"
import * as VendorHttp from "../src/index.ts"
import * as Kinds from "../src/Kinds.ts"
import * as Refunds from "../src/mapped/refunds.ts"
import { vendorsAt } from "./mappedVendors.ts"
import { at, encoded } from "./mapping.ts"
import { type Answer, json, platform, type Seen } from "./platform.ts"

const payment = aPayment({ vendor: "platform", version: 7, transactionNo: "pay_1" })
const refundNo = freshNo()
const refund: RefundMachine.Refund = {
  refundNo,
  payOrderNo: payment.payOrderNo,
  amount: Money.make(34n, "CNY"),
  reason: "returned",
  createdAtMillis: 0,
  deadlineMillis: 600_000,
  state: "SUBMITTING",
  version: 3,
  learntVersion: 0,
  vendorRefundNo: null,
  unknownCalls: 1,
  contradiction: null,
  failure: null,
  heldReason: null,
  refundedAtMillis: null,
  head: null
}
const stated = (changes: object = {}) => ({
  id: "ref_1",
  merchant_refund_no: refundNo,
  status: "SUCCEEDED",
  amount: 34,
  currency: "CNY",
  ...changes
})

const later = Number.MAX_SAFE_INTEGER
const without = { refund: undefined, queryRefund: undefined, refunds: undefined, bill: undefined }
type Call = "refund" | "queryRefund"
const ask = (url: string, call: Call, of: Payment.Payment = payment, changes: object = {}, untilMillis = later) =>
  Effect.flatMap(vendorsAt(url, changes), (vendors) =>
    Effect.either(call === "refund" ? vendors.refund(of, refund, untilMillis) : vendors.queryRefund(of, refund))
  )
const said = (call: Call, answer: Answer) =>
  Effect.gen(function* () {
    const { url } = yield* platform(answer)
    return Either.match(yield* ask(url, call), { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind })
  }).pipe(Effect.scoped)

describe("an answer about a refund", () => {
  const cases: ReadonlyArray<readonly [what: string, Answer, sent: string, asked?: string]> = [
    ["201 with a refund", json(201, stated()), "succeeded"],
    ["200 with one that is on its way", json(200, stated({ status: "PENDING" })), "pending"],
    ["200 with one that failed", json(200, stated({ status: "failed" })), "failed"],
    ["200 with a status that is not listed", json(200, stated({ status: "MYSTERY" })), "InDoubt"],
    ["200 with no status", json(200, stated({ status: 7 })), "InDoubt"],
    ["200 with another refund", json(200, stated({ merchant_refund_no: freshNo() })), "InDoubt"],
    ["200 with a refund of no number", json(200, stated({ merchant_refund_no: null })), "InDoubt"],
    ["200 with an amount that is none", json(200, stated({ amount: "0.34" })), "InDoubt"],
    ["200 with a number that no column holds", json(200, stated({ id: "9".repeat(257) })), "InDoubt"],
    ["200 with half a JSON", (r) => void r.writeHead(200).end('{"id":"ref_'), "InDoubt"],
    ["200 with HTML", (r) => void r.writeHead(200).end("<h1>It works!</h1>"), "InDoubt"],
    ["200 with nothing", (r) => void r.writeHead(200).end(), "InDoubt"],
    ["302 to elsewhere", (r) => void r.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), "InDoubt"],
    ["400", json(400, {}), "Rejected"],
    ["401", json(401, {}), "Throttled"],
    ["403", json(403, {}), "Rejected"],
    [
      "403 for what our token may do",
      json(403, {}, { "www-authenticate": 'Bearer realm="x", error="insufficient_scope", scope="pay"' }),
      "Throttled"
    ],
    ["404", json(404, {}), "Rejected", "notFound"],
    ["409", json(409, { error: "payment_pending" }), "InDoubt"],
    ["422", json(422, { error: "refund_exceeds" }), "Rejected"],
    ["422 of a number that was used for another refund", json(422, { error: "number_reused" }), "InDoubt"],
    ["429", json(429, {}), "Throttled"],
    ["500 with a refund", json(500, stated()), "InDoubt"],
    ["503", json(503, {}), "InDoubt"],
    ["none: the connection is reset", (r) => void r.destroy(), "InDoubt"],
    ["none within the time limit", () => {}, "InDoubt"]
  ]
  for (const [what, answer, sent, asked = sent] of cases)
    it.live(`${what} is ${sent}${asked === sent ? "" : `; to the question ${asked}`}`, () =>
      Effect.gen(function* () {
        expect(yield* said("refund", answer)).toBe(sent)
        expect(yield* said("queryRefund", answer)).toBe(asked)
      })
    )

  it.live("says when it was asked, and the vendor's number and amount; a refusal says its code", () =>
    Effect.gen(function* () {
      const { url } = yield* platform(json(200, stated()))
      const common = { kind: "succeeded", vendorRefundNo: "ref_1", amount: Money.make(34n, "CNY"), detail: null }
      expect(Either.getOrThrow(yield* ask(url, "refund"))).toEqual({ ...common, source: "operation", asked: null })
      const before = yield* Clock.currentTimeMillis
      const asked = Either.getOrThrow(yield* ask(url, "queryRefund"))
      expect(asked).toEqual({ ...common, source: "query", asked: { version: 3, atMillis: expect.any(Number) } })
      expect(asked.asked?.atMillis).toBeGreaterThanOrEqual(before)
      const refused = yield* platform(json(422, { error: "refund_exceeds" }))
      expect(Either.getLeft(yield* ask(refused.url, "refund"))).toMatchObject({ value: { code: "refund_exceeds" } })
    }).pipe(Effect.scoped)
  )

  it("whatever its status and word, moves a refund only as the mapping says", () => {
    const config = { ...at("http://127.0.0.1:1"), name: "platform" }
    const refunding = Refunds.of(config) ?? expect.fail("no refunds")
    const words = fc.oneof(
      fc.constantFrom("PENDING", "succeeded", "Failed", "__proto__", "constructor", "toString"),
      fc.string()
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        words,
        fc.constantFrom("refund" as const, "queryRefund" as const),
        fc.boolean(),
        (status, word, call, isWhole) => {
          const text = JSON.stringify(stated({ status: word, error: word }))
          const answer = { status, headers: {}, text: isWhole ? text : text.slice(0, -1), askedAtMillis: 1 }
          const got = Refunds.read(answer, refund, call, refunding, config)
          const meaning = Object.hasOwn(encoded.refunds.statuses, word.toUpperCase()) ? word.toLowerCase() : undefined
          const isSuccess = status < 300
          if (Either.isRight(got) && got.right.kind === "notFound") expect([call, status]).toEqual(["queryRefund", 404])
          else if (Either.isRight(got)) expect([isSuccess, isWhole, got.right.kind]).toEqual([true, true, meaning])
          else if (isSuccess) expect([got.left._tag, isWhole ? meaning : undefined]).toEqual(["InDoubt", undefined])
          else if (status >= 500 || status < 400) expect(got.left._tag).toBe("InDoubt")
          const { state } = Either.isLeft(got)
            ? RefundMachine.answered({ ...refund, unknownCalls: 2 }, got.left).order
            : RefundMachine.absorb(refund, got.right, 1, { settlingMillis: 0 }).order
          if (state === "SUCCEEDED" || state === "PENDING") expect(meaning?.toUpperCase()).toBe(state)
          else
            expect(state === "FAILED" ? [call, meaning] : state).toEqual(
              state === "FAILED" ? ["queryRefund", "failed"] : "SUBMITTING"
            )
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe("a refund's request", () => {
  const requestOf = ({ method, url, headers, body }: Seen) => [
    method,
    url,
    headers["content-type"],
    headers["idempotency-key"],
    String(body)
  ]

  it.live("is the same bytes each time, with a token, under the refund's number", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(503, {}))
      yield* ask(url, "refund")
      yield* ask(url, "refund", { ...payment, version: 9 })
      const [first, second] = seen.map(requestOf)
      expect(first).toEqual(second)
      expect(first).toEqual([
        "POST",
        `/payments/by-merchant-no/${payment.merchantOrderNo}/refunds`,
        "application/json",
        `"${refundNo}"`,
        `{"merchant_refund_no":"${refundNo}","amount":34,"reason":"returned","notify_url":"http://127.0.0.1:1/notify/platform"}`
      ])
      expect(seen[0]?.headers.authorization).toBe("Bearer token-1-of-platform")
    }).pipe(Effect.scoped)
  )

  it.live("is sent once more with another token where the first is called bad", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform((response, request) =>
        request.headers.authorization === "Bearer token-1-of-platform"
          ? json(401, {}, { "www-authenticate": 'Bearer error="invalid_token"' })(response, request)
          : json(200, stated())(response, request)
      )
      expect(Either.getOrThrow(yield* ask(url, "refund")).kind).toBe("succeeded")
      expect(new Set(seen.map((call) => requestOf(call).join())).size).toBe(1)
      expect(seen.length).toBe(2)
    }).pipe(Effect.scoped)
  )

  it.live("is not written after its time, nor without what it needs", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(200, stated()))
      const late = yield* ask(url, "refund", payment, {}, (yield* Clock.currentTimeMillis) - 1)
      const byTheirs = { ...encoded.refund, path: "/payments/{transactionNo}/refunds" }
      const inBody = { ...encoded.refund, body: { ...encoded.refund.body, payment: { from: "transactionNo" } } }
      const unnumbered = { ...payment, transactionNo: null }
      const answers = [
        late,
        yield* ask(url, "refund", unnumbered, { refund: byTheirs }),
        yield* ask(url, "refund", unnumbered, { refund: inBody })
      ]
      expect(answers.map((answer) => Either.isLeft(answer) && answer.left._tag)).toEqual(
        answers.map(() => "Unreachable")
      )
      expect(seen.length).toBe(0)
      expect(Either.isRight(yield* ask(url, "refund", payment, { refund: byTheirs }))).toBe(true)
    }).pipe(Effect.scoped)
  )

  it.live("is refused here where it could not say exactly what is meant", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(200, stated()))
      const vendors = yield* vendorsAt(url)
      const large = { ...refund, amount: Money.make(2n ** 53n, "CNY") }
      expect(yield* Effect.flip(vendors.refund(payment, large, later))).toMatchObject({ code: "AMOUNT_INVALID" })
      const body = { ...encoded.refund.body, currency: { from: "currency", words: { EUR: "978" } } }
      const wordless = yield* ask(url, "refund", payment, { refund: { ...encoded.refund, body } })
      expect(Either.getLeft(wordless)).toMatchObject({ value: { code: "NOT_SUPPORTED" } })
      expect(seen.length).toBe(0)
      const asText = { ...encoded.refund.body, amount: { from: "refundMinor", as: "text" } }
      const exact = yield* vendorsAt(url, { refund: { ...encoded.refund, body: asText } })
      yield* Effect.either(exact.refund(payment, large, later))
      expect(String(seen[0]?.body)).toContain('"amount":"9007199254740992"')
    }).pipe(Effect.scoped)
  )
})

describe("a mapping without refunds or bills", () => {
  it.live("lacks the abilities, and says so by name", () =>
    Effect.gen(function* () {
      const vendors = yield* vendorsAt("http://127.0.0.1:1", without)
      const abilities = (service: typeof vendors) =>
        Either.getOrThrow(Either.fromOption(service.get("platform"), () => "missing")).abilities
      expect(abilities(vendors)).toEqual(["create", "query", "close", "notification"])
      expect(abilities(yield* vendorsAt("http://127.0.0.1:1"))).toEqual([
        ...["create", "query", "close", "refund", "queryRefund", "notification", "bill"]
      ])
      for (const call of [
        vendors.refund(payment, refund, later),
        vendors.queryRefund(payment, refund),
        Stream.runDrain(vendors.bill("platform", { day: "2026-11-23", of: "trades" }))
      ])
        expect(yield* Effect.flip<unknown, unknown, never>(call)).toMatchObject({
          _tag: "Rejected",
          code: "NOT_SUPPORTED"
        })
    }).pipe(Effect.scoped)
  )
})

describe("what does not fit together is said in words, by place", () => {
  const { currency: _, ...uncurrencied } = encoded.payment
  const { transactionNo: __, ...unnumbered } = encoded.payment
  const { id: ___, ...unidentified } = encoded.refunds
  const { refundedMinor: _____, ...unreturned } = uncurrencied
  const { currency: ____, ...uncounted } = encoded.refunds
  const byTheirs = { path: "/refunds/{vendorRefundNo}", also: ["/refunds/by/{refundNo}"] }
  it.each<readonly [what: string, changes: object, places: ReadonlyArray<string>]>([
    ["nothing", {}, []],
    ["nothing, without refunds", without, []],
    ["no question", { queryRefund: undefined }, ["/queryRefund"]],
    ["a question alone", { refund: undefined, refunds: undefined }, ["/refund", "/refunds"]],
    [
      "no place of the payment's number",
      { payment: unnumbered, refund: { ...encoded.refund, path: "/p/{transactionNo}" } },
      ["/payment/transactionNo"]
    ],
    ["no place of the refund's number", { refunds: unidentified, queryRefund: byTheirs }, ["/refunds/id"]],
    ["no place of the currency", { payment: uncurrencied }, ["/payment/currency"]],
    ["no place of the currency of the amount alone", { payment: unreturned }, ["/payment/currency"]],
    ["no place of a refund's currency", { refunds: uncounted }, ["/refunds/currency"]]
  ])("%s", (_what, changes, places) =>
    expect(Kinds.faultsOf(at("http://127.0.0.1:1", changes), null).map((fault) => fault.at)).toEqual(places)
  )

  const decode = Schema.decodeUnknownEither(VendorHttp.MappedConfig, { errors: "all", onExcessProperty: "error" })
  it.each<readonly [what: string, changes: object, at: string, words: string]>([
    ["a refund without its number", { refund: { path: "/r", body: {} } }, "/refund/body", "map a member from refundNo"],
    [
      "a refund of no amount, which would be all of the payment",
      { refund: { path: "/r/{refundNo}", body: { total: { from: "amountMinor" } } } },
      "/refund/body",
      "map a member from refundMinor or refundMajor"
    ],
    [
      "a member of a payment alone",
      { refund: { path: "/r/{refundNo}", body: { a: { from: "method" } } } },
      "/refund/body/a/from",
      "This is one of refundNo"
    ],
    [
      "a form with depth",
      { refund: { path: "/r/{refundNo}", type: "form", body: { "/a/b": { text: "x" } } } },
      "/refund/body//a/b",
      "plain name"
    ],
    ["a question about no refund", { queryRefund: { path: "/p/{payOrderNo}" } }, "/queryRefund/path", "put {refundNo}"],
    [
      "a question by what is not known",
      { queryRefund: { path: "/r/{vendorRefundNo}" } },
      "/queryRefund/path",
      "into also"
    ],
    [
      "a status that means nothing",
      { refunds: { ...encoded.refunds, statuses: { X: "paid" } } },
      "/refunds/statuses/X",
      "pending, succeeded or failed"
    ],
    ["a bill of no day", { bill: { ...encoded.bill, path: "/b?c={cursor}" } }, "/bill/path", "put {day}"],
    ["a bill of pages without a next", { bill: { ...encoded.bill, next: undefined } }, "/bill/next", "Pages need both"],
    [
      "a bill of no pages with a next",
      { bill: { ...encoded.bill, path: "/b/{day}" } },
      "/bill/next",
      "Pages need both"
    ],
    [
      "a bill without amounts",
      { bill: { ...encoded.bill, amountMinor: undefined } },
      "/bill/amountMinor",
      "line's amount"
    ],
    [
      "a bill without payments",
      { bill: { ...encoded.bill, number: undefined, transactionNo: undefined } },
      "/bill/number",
      "which payment"
    ],
    ["a kind that is none", { bill: { ...encoded.bill, kinds: { FEE: "fee" } } }, "/bill/kinds/FEE", "another movement"]
  ])("%s", (_what, changes, place, words) => {
    // As a file has it: what is left out is not there.
    const found = Either.match(decode(JSON.parse(JSON.stringify({ ...encoded, ...changes }))), {
      onLeft: (error) => ParseResult.ArrayFormatter.formatErrorSync(error),
      onRight: () => []
    }).map(({ path, message }) => [`/${path.map(String).join("/")}`, message] as const)
    expect(found.find(([where]) => where === place)?.[1]).toContain(words)
  })
})

describe("what went back, by the payment's own answer", () => {
  const paid = {
    ...stated(),
    merchant_id: "merchant-tests",
    merchant_payment_no: payment.merchantOrderNo,
    amount: 1234,
    paid_at: null
  }
  const query = (changes: object, mapping: object = {}) =>
    Effect.gen(function* () {
      const { url } = yield* platform(json(200, { ...paid, ...changes }))
      return yield* Effect.either(Effect.flatMap(vendorsAt(url, mapping), (vendors) => vendors.query(payment)))
    }).pipe(Effect.scoped)
  const { refundedMinor: _, ...unstated } = encoded.payment
  const inMajor = { payment: { ...unstated, refundedMajor: "/refunded" } }

  it.live("is evidence of refunds where it is more than nothing, in minor or major units", () =>
    Effect.gen(function* () {
      for (const [refunded, mapping] of [
        [34, {}],
        ["34", {}],
        ["0.34", inMajor]
      ] as const)
        expect(Either.getOrThrow(yield* query({ refunded }, mapping))).toMatchObject({
          kind: "refunds",
          source: "query",
          total: 34n,
          items: [],
          captured: Money.make(1234n, "CNY"),
          foreign: null
        })
      for (const [refunded, mapping] of [
        [0, {}],
        [null, {}],
        [undefined, {}],
        ["0.00", inMajor]
      ] as const)
        expect(Either.getOrThrow(yield* query({ refunded }, mapping)).kind).toBe("paid")
    })
  )

  it.live("that is no amount is in doubt, whatever else is said", () =>
    Effect.gen(function* () {
      for (const refunded of [-1, 1.5, "0.34", "all", true, {}])
        expect(Either.isLeft(yield* query({ refunded }))).toBe(true)
      expect(Either.isLeft(yield* query({ refunded: 0.34 }, inMajor))).toBe(true)
    })
  )

  it.live("says nothing of one that is not paid", () =>
    Effect.map(query({ refunded: 34, status: "CLOSED" }), (answer) =>
      expect(Either.getOrThrow(answer).kind).toBe("closed")
    )
  )
})
