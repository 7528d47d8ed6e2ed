import { expect, it } from "@effect/vitest"
import type { Payment } from "@payment-proxy/domain"
import { Vendors, VendorTokens } from "@payment-proxy/ports"
import { aPayment, FakeVendorTokens } from "@payment-proxy/testkit"
import { Context, Effect, Either, Layer, Logger, Redacted } from "effect"
import { describe } from "vitest"
import * as VendorHttp from "../src/index.ts"
import { at } from "./mapping.ts"
import { type Answer, json, platform } from "./platform.ts"

const payment = aPayment({ vendor: "platform", version: 7 })
const number = payment.payOrderNo

const stated = (changes: object = {}) => ({
  id: "pay_1",
  merchant_id: "merchant-tests",
  merchant_payment_no: number,
  status: "PENDING",
  amount: 1234,
  currency: "CNY",
  paid_at: null,
  failure_reason: null,
  action: { type: "redirect", url: "https://pay.example/1" },
  ...changes
})

const details = { description: "d", payer: {}, returnUrl: null }
const limits = { createMillis: 300, queryMillis: 300, closeMillis: 300 }

const ask = (url: string, call: "create" | "query" | "close", of: Payment.Payment = payment) =>
  Effect.gen(function* () {
    const vendors = yield* Vendors
    return yield* Effect.either(
      call === "create"
        ? Effect.flatMap(vendors.prepare(of, details), (prepared) =>
            vendors.create(of, prepared, Number.MAX_SAFE_INTEGER)
          )
        : vendors[call](of)
    )
  }).pipe(
    Effect.provide(
      VendorHttp.layer({ platform: at(url, { limits }) }).pipe(Layer.provideMerge(FakeVendorTokens.layer(["platform"])))
    )
  )

const said = (call: "create" | "query" | "close", answer: Answer) =>
  Effect.gen(function* () {
    const { url } = yield* platform(answer)
    const outcome = yield* ask(url, call)
    return Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind })
  }).pipe(Effect.scoped)

const drip: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json" })
  const timer = setInterval(() => response.write(" "), 20)
  response.on("close", () => clearInterval(timer))
}

describe("a create's answer", () => {
  const cases: ReadonlyArray<readonly [what: string, Answer, outcome: string]> = [
    ["201 with a payment", json(201, stated()), "open"],
    ["200 with a payment that is paid", json(200, stated({ status: "SUCCEEDED" })), "paid"],
    ["200 with a status that is not listed", json(200, stated({ status: "MYSTERY" })), "known"],
    ["200 with a status of another case", json(200, stated({ status: "succeeded" })), "paid"],
    ["200 with no status", json(200, stated({ status: undefined })), "InDoubt"],
    ["200 with an amount that is none", json(200, stated({ amount: "12.34" })), "InDoubt"],
    ["200 with half a JSON", (r) => void r.writeHead(200).end('{"id":"pay_'), "InDoubt"],
    [
      "200 with HTML",
      (r) => void r.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>"),
      "InDoubt"
    ],
    ["200 with UTF-16", (r) => void r.writeHead(200).end(Buffer.from(JSON.stringify(stated()), "utf16le")), "InDoubt"],
    ["200 with nothing", (r) => void r.writeHead(200).end(), "InDoubt"],
    ["200 with a number of 256 characters", json(200, stated({ id: "😀".repeat(256) })), "open"],
    ["200 with a number that no column holds", json(200, stated({ id: "9".repeat(257) })), "InDoubt"],
    ["200 with a number of half a character", json(200, stated({ id: "pay_\ud800" })), "InDoubt"],
    ["204", (r) => void r.writeHead(204).end(), "InDoubt"],
    ["302 to elsewhere", (r) => void r.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), "InDoubt"],
    ["400", json(400, { error: "invalid" }), "Rejected"],
    ["403", json(403, {}), "Rejected"],
    [
      "403 for what our token may do",
      json(403, {}, { "www-authenticate": 'Bearer realm="x", error="insufficient_scope", scope="pay"' }),
      "Throttled"
    ],
    ["404", json(404, {}), "Rejected"],
    ["408", json(408, {}), "InDoubt"],
    ["409", json(409, { error: "running" }), "InDoubt"],
    ["422", json(422, { error: "declined" }), "Rejected"],
    ["422 of a number that was used for another request", json(422, { error: "number_reused" }), "InDoubt"],
    ["425", json(425, {}), "InDoubt"],
    ["429", json(429, {}, { "retry-after": "3" }), "Throttled"],
    ["500", json(500, { error: "declined" }), "InDoubt"],
    ["502", json(502, {}), "InDoubt"],
    ["503", json(503, {}), "InDoubt"],
    ["none: the connection is reset", (r) => void r.destroy(), "InDoubt"],
    ["none within the time limit", () => {}, "InDoubt"],
    ["one that drips past the time limit", drip, "InDoubt"],
    [
      "one that is cut short",
      (r) => void r.writeHead(200, { "content-length": "500" }).write("{", () => r.destroy()),
      "InDoubt"
    ],
    ["one that is larger than 1 MB", (r) => void r.writeHead(200).end(Buffer.alloc(2_000_000, " ")), "InDoubt"]
  ]
  for (const [what, answer, outcome] of cases)
    it.live(`${what} is ${outcome}`, () => Effect.map(said("create", answer), (got) => expect(got).toBe(outcome)))

  it.live("a reason of any length and a date of any year are kept as far as the stores keep them", () =>
    Effect.gen(function* () {
      const failed = yield* platform(
        json(200, stated({ status: "FAILED", failure_reason: "😀\ud800".repeat(100_000) }))
      )
      const detail = yield* ask(failed.url, "query")
      expect(Either.getOrThrow(detail)).toMatchObject({ kind: "failed", detail: "😀\ufffd".repeat(128) })
      const paid = yield* platform(json(200, stated({ status: "SUCCEEDED", paid_at: "+123456-01-01T00:00:00Z" })))
      expect(Either.getOrThrow(yield* ask(paid.url, "query"))).toMatchObject({ kind: "paid", paidAtMillis: null })
    }).pipe(Effect.scoped)
  )

  it.live("a platform that is not there was certainly not sent to", () =>
    Effect.map(ask("http://127.0.0.1:1", "create"), (outcome) =>
      expect(Either.isLeft(outcome) && outcome.left._tag).toBe("Unreachable")
    )
  )

  it.live("a token that cannot be had means that nothing was sent", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(200, stated()))
      const vendors = yield* Vendors.pipe(
        Effect.provide(VendorHttp.layer({ platform: at(url) }).pipe(Layer.provide(FakeVendorTokens.layer([]))))
      )
      const prepared = yield* vendors.prepare(payment, details)
      const failed = yield* Effect.flip(vendors.create(payment, prepared, Number.MAX_SAFE_INTEGER))
      expect([failed._tag, seen.length]).toEqual(["Unreachable", 0])
    }).pipe(Effect.scoped)
  )
})

describe("a query's or close's answer", () => {
  it.live("404 is notFound", () =>
    Effect.map(Effect.all([said("query", json(404, {})), said("close", json(404, {}))]), (got) =>
      expect(got).toEqual(["notFound", "notFound"])
    )
  )

  it.live("a close that is refused with the payment says what the payment is", () =>
    Effect.map(
      said("close", json(409, { error: "already_succeeded", payment: stated({ status: "SUCCEEDED" }) })),
      (got) => expect(got).toBe("paid")
    )
  )

  it.live("5xx, silence and nonsense say nothing", () =>
    Effect.map(
      Effect.all([said("query", json(500, stated())), said("query", () => {}), said("close", json(200, [1]))]),
      (got) => expect(got).toEqual(["InDoubt", "InDoubt", "InDoubt"])
    )
  )

  it.live("carries the version that was asked about", () =>
    Effect.gen(function* () {
      const { url } = yield* platform(json(200, stated({ status: "SUCCEEDED", paid_at: "2026-11-23T08:00:00.000Z" })))
      const evidence = Either.getOrThrow(yield* ask(url, "query"))
      expect(evidence.asked?.version).toBe(7)
      expect(evidence).toMatchObject({
        kind: "paid",
        transactionNo: "pay_1",
        captured: { amountMinor: 1234n, currency: "CNY" },
        paidAtMillis: Date.UTC(2026, 10, 23, 8)
      })
    }).pipe(Effect.scoped)
  )

  it.live("another merchant's or another number's payment is foreign", () =>
    Effect.gen(function* () {
      for (const [changes, foreign] of [
        [{ merchant_id: "other" }, "MERCHANT_MISMATCH"],
        [{ merchant_payment_no: "OTHER" }, "NUMBER_MISMATCH"]
      ] as const) {
        const { url } = yield* platform(json(200, stated(changes)))
        expect(Either.getOrThrow(yield* ask(url, "query")).foreign).toBe(foreign)
      }
    }).pipe(Effect.scoped)
  )
})

describe("the access token", () => {
  it.live("one that the platform calls invalid is discarded, and the call made once more with the next", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform((response, request) =>
        request.headers.authorization === "Bearer token-1-of-platform"
          ? json(401, {}, { "www-authenticate": 'Bearer realm="x", error="invalid_token"' })(response, request)
          : json(200, stated())(response, request)
      )
      expect(Either.isRight(yield* ask(url, "create"))).toBe(true)
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([
        "Bearer token-1-of-platform",
        "Bearer token-2-of-platform"
      ])
      expect(new Set(seen.map(({ headers }) => headers["idempotency-key"])).size).toBe(1)
    }).pipe(Effect.scoped)
  )

  it.live("a second refusal is an answer, not a loop", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(json(401, {}, { "www-authenticate": 'Bearer error="invalid_token"' }))
      const outcome = yield* ask(url, "create")
      expect(Either.isLeft(outcome) && outcome.left._tag, "about us, not about the order").toBe("Throttled")
      expect(seen.length).toBe(2)
    }).pipe(Effect.scoped)
  )

  it.live("is in no error and no log", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.map(Logger.jsonLogger, (line) => void logged.push(line))
      )
      const canary = "canary-token-4f1c"
      const tokens = Layer.succeed(
        VendorTokens,
        VendorTokens.of({ get: () => Effect.succeed(Redacted.make(canary)), discard: () => Effect.void })
      )
      for (const answer of [
        json(500, { echo: canary }),
        json(422, { error: canary }),
        json(200, stated({ status: canary })),
        () => {}
      ]) {
        const { url } = yield* platform(answer)
        const vendors = Context.get(
          yield* Layer.build(VendorHttp.layer({ platform: at(url, { limits }) }).pipe(Layer.provide(tokens))),
          Vendors
        )
        const outcome = yield* Effect.either(
          Effect.flatMap(vendors.prepare(payment, details), (p) => vendors.create(payment, p, Number.MAX_SAFE_INTEGER))
        ).pipe(Effect.provide(logger))
        if (Either.isLeft(outcome)) expect(JSON.stringify(outcome.left)).not.toContain(`Bearer ${canary}`)
      }
      expect(logged.join("\n")).not.toContain(canary)
    }).pipe(Effect.scoped)
  )
})
