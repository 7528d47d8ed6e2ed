import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Either, FastCheck as fc } from "effect"
import { describe } from "vitest"
import * as Answers from "../../src/mpgs/answers.ts"
import { outcomeOf } from "../../src/mpgs/codes.ts"
import * as MpgsEvidence from "../../src/mpgs/evidence.ts"
import {
  about,
  answer,
  configured,
  fault,
  number,
  operation,
  order,
  refundNo,
  transaction,
  vectors,
  word
} from "./sample.ts"

const config = configured()
const ours = about({ source: "operation", asked: null })
const usd = (minor: bigint) => Money.make(minor, "USD")
const checkout = vectors.initiateCheckout.response.body

const captureOf = (changes: object = {}, own: object = {}) =>
  transaction(
    "CAPTURE",
    { order: { id: number, amount: 12.34, currency: "USD", totalCapturedAmount: 12.34 }, ...changes },
    {
      id: operation.no,
      ...own
    }
  )
const refundOf = (changes: object = {}, own: object = {}, type = "REFUND") =>
  transaction(type, changes, { id: refundNo, amount: 2.34, ...own })
const voidOf = (changes: object = {}, own: object = {}) =>
  transaction("VOID_AUTHORIZATION", changes, { id: `${number}V`, targetTransactionId: "1", ...own })

type Given = ReturnType<typeof answer>

/** How each call reads an answer. */
const calls = {
  create: (given: Given) => word(Answers.created(given, config)),
  query: (given: Given) => word(Answers.said(given, about())),
  capture: (given: Given) => word(Answers.captured(given, operation.no, ours)),
  void: (given: Given) => word(Answers.voided(given, `${number}V`, about({ source: "close" }))),
  refund: (given: Given) => word(Answers.refunded(given, refundNo, ours)),
  queryRefund: (given: Given) => word(Answers.refundSaid(given, refundNo, about()))
}
type Call = keyof typeof calls
const names = Object.keys(calls) as ReadonlyArray<Call>
const asking: ReadonlyArray<Call> = ["query", "queryRefund"]

describe("a create", () => {
  const created = (body: unknown, by = config) => Answers.created(answer(201, body), by)

  it("says where the payer pays, and what to keep", () => {
    expect(Either.getOrThrow(created(checkout))).toEqual({
      kind: "open",
      source: "create",
      asked: null,
      transactionNo: null,
      amount: null,
      foreign: null,
      keep: checkout.successIndicator,
      next: {
        type: "redirect",
        url: `https://gateway.example/checkout/pay/${checkout.session.id}?checkoutVersion=1.0.0`
      }
    })
  })

  it("or what the gateway's script is started with: never the indicator", () => {
    const said = Either.getOrThrow(created(checkout, configured({ payerPage: "script" })))
    expect(said.kind === "open" && said.next).toEqual({
      type: "app",
      parameters: {
        sessionId: checkout.session.id,
        script: "https://gateway.example/static/checkout/checkout.min.js",
        merchant: "TESTMERCHANT1"
      }
    })
  })

  it("of another merchant is foreign, and without session or indicator in doubt", () => {
    expect(Either.getOrThrow(created({ ...checkout, merchant: "OTHER" })).foreign).toBe("MERCHANT_MISMATCH")
    for (const changes of [
      { session: undefined },
      { session: { id: "short" } },
      { session: { id: "S ".repeat(16) } },
      { successIndicator: undefined },
      { successIndicator: "" },
      { successIndicator: "a b" },
      { result: "FAILURE" },
      { merchant: undefined }
    ])
      expect(word(created({ ...checkout, ...changes }))).toBe("InDoubt")
  })
})

describe("errors of the gateway", () => {
  it.each<readonly [number, string | null, string]>([
    [400, "INVALID_REQUEST", "Rejected"],
    [401, "REQUEST_REJECTED", "Throttled"],
    [401, null, "Throttled"],
    [403, "REQUEST_REJECTED", "Throttled"],
    [403, null, "InDoubt"],
    [429, null, "Throttled"],
    [503, "SERVER_BUSY", "Throttled"],
    [503, null, "InDoubt"],
    [500, "SERVER_FAILED", "InDoubt"],
    [500, "INVALID_REQUEST", "InDoubt"],
    [400, "SERVER_FAILED", "InDoubt"],
    [400, "REQUEST_REJECTED", "InDoubt"],
    [400, "ANYTHING", "InDoubt"],
    [400, null, "InDoubt"],
    [404, null, "InDoubt"],
    [302, null, "InDoubt"],
    [200, "INVALID_REQUEST", "InDoubt"],
    [204, null, "InDoubt"]
  ])("HTTP %s with %s is %s for each call that does something", (status, cause, expected) => {
    const given = answer(status, cause === null ? "<h1>no</h1>" : fault(cause, { field: "order.id" }))
    for (const name of names)
      expect(calls[name](given), name).toBe(asking.includes(name) && expected === "Rejected" ? "InDoubt" : expected)
  })

  it("the busy one of the vectors may be asked again", () => {
    const { status, body } = vectors.serverBusy
    for (const name of names) expect(calls[name](answer(status, body)), name).toBe("Throttled")
  })

  it("a wait that is named is kept, and one that is no count of seconds is not", () => {
    const wait = (text: string) =>
      Either.match(Answers.created(answer(429, "", { "retry-after": text }), config), {
        onLeft: (failure) => (failure._tag === "Throttled" ? failure.retryAfterMillis : undefined),
        onRight: () => undefined
      })
    expect(wait("7")).toBe(7000)
    expect(wait("soon")).toBeNull()
  })

  it("a refusal names the field, and shows nothing else of the answer", () => {
    const detail = (more: object) =>
      Either.match(Answers.created(answer(400, fault("INVALID_REQUEST", more)), config), {
        onLeft: (failure) => failure.detail,
        onRight: () => ""
      })
    expect(detail({ field: "order.amount" })).toContain("order.amount")
    expect(detail({ field: "5123 4567 8901 2346", explanation: "Value '5123' is invalid" })).not.toContain("5123")
  })
})

describe("every gateway code", () => {
  const done = { capture: "paid", void: "closed", refund: "succeeded", queryRefund: "succeeded" }
  const part = { capture: "paid", void: "closed", refund: "abnormal", queryRefund: "abnormal" }
  const pending = { capture: "InDoubt", void: "InDoubt", refund: "pending", queryRefund: "pending" }
  const doubt = { capture: "InDoubt", void: "InDoubt", refund: "InDoubt", queryRefund: "InDoubt" }
  const busy = { capture: "Throttled", void: "Throttled", refund: "Throttled", queryRefund: "failed" }
  const declined = { capture: "Rejected", void: "Rejected", refund: "Rejected", queryRefund: "failed" }

  it.each<readonly [string, string | undefined, Readonly<Record<string, string>>]>([
    ["SUCCESS", "APPROVED", done],
    ["SUCCESS", "APPROVED_AUTO", done],
    ["SUCCESS", "APPROVED_PENDING_SETTLEMENT", done],
    ["SUCCESS", "PARTIALLY_APPROVED", part],
    ["SUCCESS", "PENDING", pending],
    ["SUCCESS", "SUBMITTED", pending],
    ["PENDING", "PENDING", pending],
    ["PENDING", "SUBMITTED", pending],
    ["PENDING", "DEFERRED_TRANSACTION_RECEIVED", pending],
    ["PENDING", "AUTHENTICATION_IN_PROGRESS", pending],
    ["PENDING", undefined, pending],
    ["UNKNOWN", "UNKNOWN", doubt],
    ["FAILURE", "UNKNOWN", doubt],
    ["FAILURE", "SYSTEM_ERROR", doubt],
    ["FAILURE", "ACQUIRER_SYSTEM_ERROR", doubt],
    ["FAILURE", "TIMED_OUT", doubt],
    ["SUCCESS", "TIMED_OUT", doubt],
    ["SUCCESS", "DECLINED", doubt],
    ["FAILURE", "APPROVED", doubt],
    ["PENDING", "APPROVED", doubt],
    ["FAILURE", "SOMETHING_NEW", doubt],
    ["FAILURE", undefined, doubt],
    ["SUCCESS", undefined, doubt],
    ["ERROR", "DECLINED", doubt],
    ["FAILURE", "LOCK_FAILURE", busy],
    ...[
      "DECLINED",
      "DECLINED_AVS",
      "DECLINED_CSC",
      "DECLINED_AVS_CSC",
      "DECLINED_DO_NOT_CONTACT",
      "DECLINED_PAYMENT_PLAN",
      "EXPIRED_CARD",
      "INSUFFICIENT_FUNDS",
      "INVALID_CSC",
      "REFERRED",
      "BLOCKED",
      "AUTHENTICATION_FAILED",
      "NOT_ENROLLED_3D_SECURE",
      "NOT_SUPPORTED",
      "EXCEEDED_RETRY_LIMIT",
      "DUPLICATE_BATCH",
      "UNSPECIFIED_FAILURE",
      "CANCELLED",
      "ABORTED"
    ].map((code) => ["FAILURE", code, declined] as const)
  ])("%s with %s", (result, gatewayCode, expected) => {
    const changes = { result, response: { gatewayCode } }
    const bodies = {
      capture: captureOf(changes),
      void: voidOf(changes),
      refund: refundOf(changes),
      queryRefund: refundOf(changes)
    }
    const said = Object.entries(bodies).map(([name, body]) => [name, calls[name as Call](answer(201, body))])
    expect(Object.fromEntries(said)).toEqual(expected)
  })

  it("a refusal is named by the code", () => {
    const given = answer(201, captureOf({ result: "FAILURE", response: { gatewayCode: "INSUFFICIENT_FUNDS" } }))
    expect(Either.getOrThrow(Either.flip(Answers.captured(given, operation.no, ours)))).toMatchObject({
      _tag: "Rejected",
      code: "INSUFFICIENT_FUNDS"
    })
  })
})

describe("a capture", () => {
  const said = (body: unknown) => Either.getOrThrow(Answers.captured(answer(201, body), operation.no, ours))

  it("is what the order has come to", () => {
    expect(said(captureOf())).toEqual({
      kind: "paid",
      source: "operation",
      asked: null,
      transactionNo: null,
      amount: usd(1234n),
      captured: usd(1234n),
      foreign: null,
      paidAtMillis: Date.UTC(2026, 10, 23, 13, 20, 35, 123)
    })
    const bare = captureOf({ order: { id: number, amount: 12.34, currency: "USD" } }, { amount: 5 })
    expect(said(bare)).toMatchObject({ captured: usd(500n) })
  })

  it("of someone else's order is foreign; of another transaction, or of nothing, in doubt", () => {
    expect(said(captureOf({ merchant: "OTHER" })).foreign).toBe("MERCHANT_MISMATCH")
    const other = captureOf({ order: { id: "OTHER", amount: 12.34, currency: "USD", totalCapturedAmount: 12.34 } })
    expect(said(other).foreign).toBe("NUMBER_MISMATCH")
    const none = { id: number, amount: 12.34, currency: "USD", totalCapturedAmount: 0 }
    for (const body of [
      captureOf({}, { id: "2" }),
      captureOf({}, { type: "REFUND" }),
      captureOf({ order: undefined }),
      captureOf({ order: none })
    ])
      expect(calls.capture(answer(201, body))).toBe("InDoubt")
  })
})

describe("a refund", () => {
  it("is known by its number and amount", () => {
    expect(Either.getOrThrow(Answers.refunded(answer(201, refundOf()), refundNo, ours))).toEqual({
      kind: "succeeded",
      source: "operation",
      asked: null,
      vendorRefundNo: refundNo,
      amount: usd(234n),
      detail: null
    })
  })

  it("that waits for approval is pending, told by its type or by the order's status", () => {
    const waiting = { order: { id: number, amount: 12.34, currency: "USD", status: "REFUND_REQUESTED" } }
    for (const body of [refundOf({}, {}, "REFUND_REQUEST"), refundOf(waiting)]) {
      expect(calls.refund(answer(201, body))).toBe("pending")
      expect(calls.queryRefund(answer(200, body))).toBe("pending")
    }
  })

  it("the gateway does not know is not found; its wrong field is not that", () => {
    expect(calls.queryRefund(answer(400, vectors.notFound.body))).toBe("notFound")
    expect(calls.queryRefund(answer(400, vectors.validationError.body))).toBe("InDoubt")
    expect(calls.refund(answer(400, vectors.notFound.body))).toBe("Rejected")
  })

  it("of another order, number, merchant or type is in doubt, even where it was declined", () => {
    for (const how of [{}, { result: "FAILURE", response: { gatewayCode: "DECLINED" } }])
      for (const body of [
        refundOf({ ...how, merchant: "OTHER" }),
        refundOf({ ...how, order: { id: "OTHER" } }),
        refundOf(how, { id: "2" })
      ])
        for (const name of ["refund", "queryRefund"] as const) expect(calls[name](answer(201, body))).toBe("InDoubt")
    expect(calls.queryRefund(answer(200, refundOf({}, {}, "PAYMENT")))).toBe("InDoubt")
    expect(calls.queryRefund(answer(200, refundOf({}, { amount: undefined })))).toBe("InDoubt")
  })
})

describe("what is voided", () => {
  const held = (list: ReadonlyArray<unknown>) => {
    const read = Answers.order(answer(200, order({ status: "AUTHORIZED", transaction: list })))
    return MpgsEvidence.voidOf(Either.getOrThrow(read) ?? expect.fail())
  }
  const refused = (id: string) =>
    voidOf({ result: "FAILURE", response: { gatewayCode: "DECLINED" } }, { id: `${number}${id}` })
  const auth = transaction("AUTHORIZATION")

  it("is the one authorization, under a number that stays the same until it was refused", () => {
    const refusedAuth = transaction(
      "AUTHORIZATION",
      { result: "FAILURE", response: { gatewayCode: "DECLINED" } },
      { id: "0" }
    )
    expect(held([refusedAuth, auth])).toEqual({ id: `${number}V`, target: "1" })
    const unknown = voidOf({ result: "UNKNOWN", response: { gatewayCode: "UNKNOWN" } })
    expect(held([auth, unknown])?.id).toBe(`${number}V`)
    expect(held([auth, refused("V")])?.id).toBe(`${number}V2`)
    expect(held([auth, refused("V"), refused("V2")])?.id).toBe(`${number}V3`)
  })

  it("is nothing where there is no such authorization, or more than one", () => {
    expect(held([])).toBeNull()
    expect(held([auth, transaction("AUTHORIZATION", {}, { id: "2" })])).toBeNull()
    expect(held([auth, voidOf(), transaction("AUTHORIZATION", {}, { id: "2" })])?.target).toBe("2")
  })

  it("leaves the order closed, unless the order says otherwise", () => {
    expect(calls.void(answer(201, voidOf()))).toBe("closed")
    const still = { order: { id: number, amount: 12.34, currency: "USD", status: "AUTHORIZED" } }
    expect(calls.void(answer(201, voidOf(still)))).toBe("InDoubt")
    expect(calls.void(answer(201, voidOf({}, { id: "2" })))).toBe("InDoubt")
    expect(calls.void(answer(201, voidOf({ order: undefined })))).toBe("InDoubt")
  })
})

describe("nothing that is not of the tables is an end", () => {
  const ends = ["Rejected", "paid", "failed", "closed", "succeeded"]

  it("of random words", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (result, gatewayCode) => {
        fc.pre(outcomeOf(result, gatewayCode) === "doubt")
        const changes = { result, response: { gatewayCode } }
        for (const [name, body] of [
          ["capture", captureOf(changes)],
          ["void", voidOf(changes)],
          ["refund", refundOf(changes)],
          ["queryRefund", refundOf(changes)]
        ] as const)
          expect(ends).not.toContain(calls[name](answer(201, body)))
      })
    )
  })

  it("of random causes and bodies", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 100, max: 599 }), fc.json(), (cause, status, text) => {
        fc.pre(cause !== "INVALID_REQUEST")
        for (const name of names) {
          expect(ends).not.toContain(calls[name](answer(status, fault(cause))))
          expect(ends).not.toContain(calls[name](answer(status, text)))
        }
      })
    )
  })

  it("where one member of a transaction is another thing, there is no defect", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(captureOf())), fc.jsonValue(), (name, value) => {
        expect(calls.capture(answer(201, { ...captureOf(), [name]: value }))).toBeTypeOf("string")
        expect(calls.refund(answer(201, { ...refundOf(), [name]: value }))).toBeTypeOf("string")
      })
    )
  })
})
