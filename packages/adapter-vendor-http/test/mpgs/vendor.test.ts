import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import type { Evidence } from "@payment-proxy/domain"
import { Vendors } from "@payment-proxy/ports"
import { aPayment, FakeVendorTokens } from "@payment-proxy/testkit"
import { Effect, Either, Layer, Logger, Option, Stream, TestClock } from "effect"
import { describe } from "vitest"
import * as VendorHttp from "../../src/index.ts"
import { type Answer, json, platform, type Seen } from "../platform.ts"
import {
  configured,
  encoded,
  fault,
  number,
  operation,
  order,
  payment,
  refund,
  refundNo,
  transaction,
  vectors
} from "./sample.ts"

const pem = (name: string) => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8")
const details = { description: "Travel insurance", payer: {}, returnUrl: "https://shop.example/done" }
const later = Number.MAX_SAFE_INTEGER
const next = "fedcba9876543210fedcba9876543210"
const checkout = json(201, vectors.initiateCheckout.response.body)

/** Uses the vendor at `url`. */
const using = <A, E>(
  url: string,
  use: (vendors: typeof Vendors.Service) => Effect.Effect<A, E>,
  changes: object = {}
) =>
  Effect.flatMap(Vendors, use).pipe(
    Effect.provide(
      VendorHttp.layer({ mpgs: configured({ baseUrl: url, ...changes }) }).pipe(
        Layer.provide(FakeVendorTokens.layer([]))
      )
    )
  )

const created = (vendors: typeof Vendors.Service, untilMillis = later) =>
  Effect.flatMap(vendors.prepare(payment, details), (prepared) => vendors.create(payment, prepared, untilMillis))

/** Answers of a gateway by method and path, each at most as often as it is given. */
const gateway = (answers: Readonly<Record<string, ReadonlyArray<Answer>>>): Answer => {
  const left = new Map(Object.entries(answers).map(([call, list]) => [call, [...list]]))
  return (response, request) => {
    const path = (request.url ?? "").replace("/api/rest/version/100/merchant/TESTMERCHANT1", "")
    const list = left.get(`${request.method} ${path}`) ?? []
    const answer = list.length > 1 ? list.shift() : list[0]
    ;(answer ?? json(404, {}))(response, request)
  }
}

const calls = (seen: ReadonlyArray<Seen>) =>
  seen.map(({ method, url }) => `${method} ${(url ?? "").replace(/^.*TESTMERCHANT1/, "")}`)
const bodyOf = (seen: Seen | undefined) => JSON.parse(String(seen?.body))

it.live(
  "a create is sent as it was prepared, by the vectors' header, and answered with the page and the indicator",
  () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(checkout)
      const { evidence, prepared } = yield* using(url, (vendors) =>
        Effect.all({ evidence: created(vendors), prepared: vendors.prepare(payment, details) })
      )
      expect(evidence).toMatchObject({ kind: "open", keep: "7c56a4f8f0aa4d2e" })
      expect(calls(seen)).toEqual(["POST /session"])
      expect(seen[0]?.headers).toMatchObject({
        authorization: vectors.auth.header,
        "content-type": "application/json;charset=UTF-8"
      })
      expect(String(seen[0]?.body)).toBe(JSON.parse(prepared).body)
    }).pipe(Effect.scoped)
)

it.live(
  "what a vendor can do: bills only with the reporting password; a payer may still pay a session's time after the expiry",
  () =>
    Effect.gen(function* () {
      const of = (changes: object) =>
        using("http://127.0.0.1:1", (vendors) => Effect.succeed(Option.getOrThrow(vendors.get("mpgs"))), changes)
      const plain = yield* of({ sessionSeconds: 600 })
      expect(plain).toMatchObject({ graceMillis: 600_000, createTimeLimitMillis: 10_000, settlingMillis: 300_000 })
      expect(plain.abilities).toEqual(["create", "query", "close", "capture", "refund", "queryRefund", "notification"])
      const full = yield* of({ reportingPassword: next, nextPassword: next })
      expect(full.abilities).toContain("bill")
      expect(full.createTimeLimitMillis).toBe(20_000)
    })
)

describe("a password that is refused", () => {
  const byPassword =
    (taken: string): Answer =>
    (response, request) =>
      (request.headers.authorization === `Basic ${btoa(`merchant.TESTMERCHANT1:${taken}`)}`
        ? checkout
        : json(401, fault("REQUEST_REJECTED")))(response, request)

  it.live("is followed by the next one, once", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(byPassword(next))
      expect((yield* using(url, created, { nextPassword: next })).kind).toBe("open")
      expect(seen.length).toBe(2)
      expect(String(seen[0]?.body)).toBe(String(seen[1]?.body))
    }).pipe(Effect.scoped)
  )

  it.live("ends no order where there is no other, or that is refused, too", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(byPassword("another"))
      const outcomes = yield* Effect.forEach([{}, { nextPassword: next }], (changes) =>
        Effect.flip(using(url, created, changes))
      )
      expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Throttled", "Throttled"])
      expect(seen.length).toBe(3)
    }).pipe(Effect.scoped)
  )

  it.live("is not used where the present one is taken", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(byPassword(encoded.password))
      expect((yield* using(url, created, { nextPassword: next })).kind).toBe("open")
      expect(seen.length).toBe(1)
    }).pipe(Effect.scoped)
  )
})

it.live("with a client certificate no password goes out", () =>
  Effect.gen(function* () {
    const server = { cert: pem("server.crt"), key: pem("server.key"), ca: pem("authority.crt"), requestCert: true }
    const { url, seen } = yield* platform(checkout, server)
    const tls = { ca: pem("authority.crt"), cert: pem("client.crt"), key: pem("client.key") }
    const evidence = yield* using(url, created, { password: undefined, tls }).pipe(
      Effect.catchAll((failure) => Effect.succeed(failure))
    )
    expect(evidence).toMatchObject({ kind: "open" })
    expect(seen[0]?.headers.authorization).toBeUndefined()
  }).pipe(Effect.scoped)
)

it.live("nothing is sent after its time, and a stored request that cannot be read is not sent at all", () =>
  Effect.gen(function* () {
    const { url, seen } = yield* platform(checkout)
    const outcomes = yield* using(url, (vendors) =>
      Effect.all([
        Effect.flip(created(vendors, 1)),
        Effect.flip(vendors.create(payment, "{", later)),
        Effect.flip(vendors.capture(payment, operation, 1)),
        Effect.flip(vendors.refund(payment, refund, 1))
      ])
    )
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Unreachable", "Unreachable", "Unreachable", "Unreachable"])
    expect(seen.length).toBe(0)
  }).pipe(Effect.scoped)
)

it.live(
  "a query asks for the order; not found before the payer tried, failed only after the deadline, when replicas have heard of the last payment",
  () =>
    Effect.gen(function* () {
      const failed = order({ status: "FAILED", totalAuthorizedAmount: 0, totalCapturedAmount: 0, transaction: [] })
      const { url, seen } = yield* platform(
        gateway({ [`GET /order/${number}`]: [json(400, vectors.notFound.body), json(200, failed)] })
      )
      const late = aPayment({ ...payment, deadlineMillis: Date.UTC(2400, 0) })
      const said = yield* using(url, (vendors) => Effect.forEach([payment, payment, late], (of) => vendors.query(of)))
      expect(said.map(({ kind }) => kind)).toEqual(["notFound", "failed", "open"])
      expect(said[0]?.asked?.version).toBe(7)
      expect(said[0]?.asked?.atMillis).toBeGreaterThan(payment.deadlineMillis)
      expect(calls(seen)).toEqual(Array.from({ length: 3 }, () => `GET /order/${number}`))
    }).pipe(Effect.scoped)
)

describe("a close", () => {
  const held = (...more: ReadonlyArray<unknown>) =>
    json(
      200,
      order({ status: "AUTHORIZED", totalCapturedAmount: 0, transaction: [transaction("AUTHORIZATION"), ...more] })
    )
  const gone = { order: { id: number, amount: 12.34, currency: "USD", status: "CANCELLED" } }
  const voided = (changes: object = gone, id = `${number}V`) =>
    json(201, transaction("VOID_AUTHORIZATION", changes, { id, targetTransactionId: "1" }))
  const refused = { result: "FAILURE", response: { gatewayCode: "DECLINED" } }
  const closed = (answers: Parameters<typeof gateway>[0]) =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(gateway(answers))
      const said = yield* using(url, (vendors) => Effect.either(vendors.close(payment)))
      return {
        said: Either.match(said, { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind }),
        said_: said,
        seen
      }
    })

  it.live("of what is only authorized voids it, under a number of its own", () =>
    Effect.gen(function* () {
      const { said, said_, seen } = yield* closed({
        [`GET /order/${number}`]: [held()],
        [`PUT /order/${number}/transaction/${number}V`]: [voided()]
      })
      expect(said).toBe("closed")
      expect(Either.getOrThrow(said_)).toMatchObject({ source: "close", asked: { version: 7 } })
      expect(bodyOf(seen[1])).toEqual({ apiOperation: "VOID", transaction: { targetTransactionId: "1" } })
    }).pipe(Effect.scoped)
  )

  it.live("that the gateway refuses leaves it authorized, and the next one has another number", () =>
    Effect.gen(function* () {
      const first = yield* closed({
        [`GET /order/${number}`]: [held()],
        [`PUT /order/${number}/transaction/${number}V`]: [voided(refused)]
      })
      expect(first.said).toBe("authorized")
      const failed = transaction("VOID_AUTHORIZATION", refused, { id: `${number}V` })
      const second = yield* closed({
        [`GET /order/${number}`]: [held(failed)],
        [`PUT /order/${number}/transaction/${number}V2`]: [voided(gone, `${number}V2`)]
      })
      expect(second.said).toBe("closed")
    }).pipe(Effect.scoped)
  )

  it.live("whose void nobody knows the outcome of is in doubt, and one that waits its turn is asked again", () =>
    Effect.gen(function* () {
      for (const [answer, expected] of [
        [json(500, fault("SERVER_FAILED")), "InDoubt"],
        [voided({ result: "UNKNOWN", response: { gatewayCode: "UNKNOWN" } }), "InDoubt"],
        [voided({ result: "FAILURE", response: { gatewayCode: "LOCK_FAILURE" } }), "Throttled"],
        [json(503, fault("SERVER_BUSY")), "Throttled"],
        [json(400, fault("INVALID_REQUEST")), "authorized"]
      ] as const) {
        const { said } = yield* closed({
          [`GET /order/${number}`]: [held()],
          [`PUT /order/${number}/transaction/${number}V`]: [answer]
        })
        expect(said).toBe(expected)
      }
    }).pipe(Effect.scoped)
  )

  it.live("says what the order is otherwise, and voids nothing of it or of another's", () =>
    Effect.gen(function* () {
      for (const [answer, expected] of [
        [json(200, order()), "paid"],
        [json(400, vectors.notFound.body), "notFound"],
        [
          json(200, order({ status: "AUTHORIZED", merchant: "OTHER", transaction: [transaction("AUTHORIZATION")] })),
          "authorized"
        ],
        [json(500, fault("SERVER_FAILED")), "InDoubt"]
      ] as const) {
        const { said, seen } = yield* closed({ [`GET /order/${number}`]: [answer] })
        expect(said).toBe(expected)
        expect(seen.length).toBe(1)
      }
    }).pipe(Effect.scoped)
  )
})

it.live("capture, refund and its query go to their transactions, the same bytes however often", () =>
  Effect.gen(function* () {
    const total = { order: { id: number, amount: 12.34, currency: "USD", totalCapturedAmount: 12.34 } }
    const back = transaction("REFUND", {}, { id: refundNo, amount: 2.34 })
    const { url, seen } = yield* platform(
      gateway({
        [`PUT /order/${number}/transaction/${operation.no}`]: [
          json(201, transaction("CAPTURE", total, { id: operation.no }))
        ],
        [`PUT /order/${number}/transaction/${refundNo}`]: [json(201, back)],
        [`GET /order/${number}/transaction/${refundNo}`]: [json(200, back)]
      })
    )
    const said = yield* using(url, (vendors) =>
      Effect.all([
        vendors.capture(payment, operation, later),
        vendors.capture(payment, operation, later),
        vendors.refund(payment, refund, later),
        vendors.refund(payment, refund, later),
        vendors.queryRefund(payment, refund)
      ])
    )
    expect(said.map(({ kind }) => kind)).toEqual(["paid", "paid", "succeeded", "succeeded", "succeeded"])
    expect(said[4].asked?.version).toBe(3)
    expect(String(seen[0]?.body)).toBe(String(seen[1]?.body))
    expect(String(seen[2]?.body)).toBe(String(seen[3]?.body))
  }).pipe(Effect.scoped)
)

it.effect("who comes back is compared with every indicator that was kept", () =>
  using("http://127.0.0.1:1", (vendors) =>
    Effect.gen(function* () {
      const kept = aPayment({ ...payment, kept: ["7c56a4f8f0aa4d2e", "aaaaaaaaaaaaaaaa"] })
      const query = (url: string) => Object.fromEntries(new URL(url).searchParams)
      expect(yield* vendors.returned(kept, query(vectors.returnUrl.good))).toBe(true)
      expect(yield* vendors.returned(kept, { resultIndicator: "aaaaaaaaaaaaaaaa" })).toBe(true)
      expect(yield* vendors.returned(kept, query(vectors.returnUrl.bad))).toBe(false)
      expect(yield* vendors.returned(kept, { resultIndicator: "" })).toBe(false)
      expect(yield* vendors.returned(kept, {})).toBeNull()
      expect(yield* vendors.returned(payment, query(vectors.returnUrl.good))).toBe(false)
      const prepared = yield* vendors.prepare(payment, details)
      expect(yield* vendors.onward(payment, prepared)).toBe(details.returnUrl)
    })
  )
)

it.live("no secret and no word of the payer's is in any evidence's failure, or in any line of the log", () =>
  Effect.gen(function* () {
    const lines: Array<unknown> = []
    const logger = Logger.make((line) => {
      lines.push({ ...line, annotations: [...line.annotations] })
    })
    const planted = "PLANTED-4111111111111111-Jane Doe"
    const indicator = vectors.initiateCheckout.response.body.successIndicator
    const spoilt: ReadonlyArray<Answer> = [
      json(200, { ...vectors.initiateCheckout.response.body, result: planted }),
      json(500, fault("SERVER_FAILED", { explanation: planted })),
      json(400, fault("INVALID_REQUEST", { field: planted, explanation: planted })),
      json(401, fault("REQUEST_REJECTED", { explanation: planted })),
      json(200, order({ status: "CAPTURED", totalCapturedAmount: planted, customer: planted })),
      (response) => response.end(`<h1>${planted}</h1>`)
    ]
    const failures: Array<unknown> = []
    for (const answer of spoilt) {
      const { url } = yield* platform(answer)
      const outcomes = yield* using(
        url,
        (vendors) =>
          Effect.all(
            [
              created(vendors),
              vendors.query(payment),
              vendors.close(payment),
              vendors.capture(payment, operation, later),
              vendors.refund(payment, refund, later),
              vendors.queryRefund(payment, refund),
              Stream.runCollect(vendors.bill("mpgs", { day: "2026-01-01", of: "trades" })),
              vendors.notification("mpgs", {
                headers: { "x-notification-secret": planted },
                body: new TextEncoder().encode(planted)
              })
            ].map((call) => Effect.either(call as Effect.Effect<Evidence.Evidence, unknown>))
          ),
        { nextPassword: next, reportingPassword: "reporting-password-of-a-test" }
      ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      failures.push(...outcomes.map(Either.flip))
    }
    expect(lines.length).toBeGreaterThan(0)
    const said = JSON.stringify([lines, failures, String(configured({ nextPassword: next }))])
    for (const secret of [
      "4111111111111111",
      "Jane Doe",
      indicator,
      encoded.password,
      encoded.webhookSecret,
      next,
      "reporting-password-of-a-test",
      vectors.auth.header
    ])
      expect(said).not.toContain(secret)
  }).pipe(Effect.scoped)
)

it.live("a bill comes over the wire; one that is refused, or given up half-way, leaves nothing behind", () =>
  Effect.gen(function* () {
    const header =
      "order.id,transaction.id,transaction.type,transaction.amount,transaction.currency,result,response.gatewayCode,timeOfRecord"
    const rows = Array.from(
      { length: 50_000 },
      (_, at) => `PPX${at},1,PAYMENT,12.34,USD,SUCCESS,APPROVED,2026-01-01T13:20:35Z\n`
    )
    const answers: ReadonlyArray<Answer> = [
      (response) => response.end(`${header}\n${rows.slice(0, 2).join("")}`),
      json(401, "x".repeat(100_000)),
      (response) => response.end(`${header}\n${rows.join("")}`),
      (response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write(`${header}\n`, () => response.destroy())
      }
    ]
    const { url, seen } = yield* platform((response, request) => answers[seen.length - 1]?.(response, request))
    const counted = yield* using(
      url,
      (vendors) => {
        const bill = Stream.take(vendors.bill("mpgs", { day: "2026-01-01", of: "trades" }), 5)
        return Effect.all(answers.map(() => Effect.either(Stream.runCount(bill))))
      },
      { reportingPassword: next }
    )
    expect(counted.map(Either.match({ onLeft: ({ _tag }) => _tag, onRight: String }))).toEqual([
      "2",
      "Throttled",
      "5",
      "InDoubt"
    ])
  }).pipe(Effect.scoped)
)

it.effect("a bill of today is not ready", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24, 0, 4))
    const failure = yield* using(
      "http://127.0.0.1:1",
      (vendors) => Effect.flip(Stream.runCollect(vendors.bill("mpgs", { day: "2026-11-23", of: "trades" }))),
      { reportingPassword: next }
    )
    expect(failure).toMatchObject({ _tag: "Throttled", retryAfterMillis: 60_000 })
  })
)
