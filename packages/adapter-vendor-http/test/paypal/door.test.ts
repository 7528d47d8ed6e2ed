import { readFileSync } from "node:fs"
import type { TLSSocket } from "node:tls"
import { expect, it } from "@effect/vitest"
import { Vendors } from "@payment-proxy/ports"
import { FakeVendorTokens } from "@payment-proxy/testkit"
import { Effect, Either, Layer, Logger, LogLevel, Option, TestClock } from "effect"
import { describe } from "vitest"
import * as VendorHttp from "../../src/index.ts"
import { type Answer, json, platform } from "../platform.ts"
import { event, signed } from "./deliveries.ts"
import {
  aRefund,
  at,
  captureId,
  encoded,
  lines,
  operation,
  order,
  paths,
  payment,
  problem,
  refundId,
  refundNo,
  resource,
  using,
  word
} from "./desk.ts"
import { vectors } from "./vectors.ts"

const nowMillis = Date.UTC(2026, 10, 26)
const pem = (name: string) => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8")
const good = JSON.stringify(event("PAYMENT.CAPTURE.COMPLETED", resource(captureId, "COMPLETED")))
const webhook = { webhookId: vectors.webhook_id }

const file: Answer = (response) => response.writeHead(200).end(vectors.certificates.good)

/** What becomes of a delivery whose certificate is at `host`, at a vendor with these settings. */
const delivered = (host: string, baseUrl: string, changes: object = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(nowMillis)
    const config = at(baseUrl, {
      ...webhook,
      certificates: { hosts: [host], authorities: vectors.trust_anchor_pem },
      ...changes
    })
    const incoming = signed(good, { "paypal-cert-url": `${host}/v1/notifications/certs/CERT-1` })
    return yield* Effect.flatMap(Vendors, (vendors) => Effect.either(vendors.notification("paypal", incoming))).pipe(
      Effect.provide(VendorHttp.layer({ paypal: config }).pipe(Layer.provide(FakeVendorTokens.layer(["paypal"]))))
    )
  })

describe("the host of certificates", () => {
  it.effect("is asked without a token, and once", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(file)
      expect(Either.isRight(yield* delivered(url, url))).toBe(true)
      expect(lines(seen)).toEqual(["GET /v1/notifications/certs/CERT-1"])
      expect(seen[0]?.headers.authorization).toBe(undefined)
    }).pipe(Effect.scoped)
  )

  it.effect("is followed nowhere else", () =>
    Effect.gen(function* () {
      const elsewhere = yield* platform(file)
      const { url } = yield* platform((response) =>
        response.writeHead(302, { location: `${elsewhere.url}/v1/notifications/certs/CERT-1` }).end()
      )
      const refusal = Either.getOrThrow(Either.flip(yield* delivered(url, url)))
      expect(refusal).toMatchObject({ reason: "UNAVAILABLE", reply: { status: 503 } })
      expect(elsewhere.seen).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.effect("that sends without end is not listened to", () =>
    Effect.gen(function* () {
      const { url } = yield* platform((response) => response.writeHead(200).end("x".repeat(2_000_000)))
      expect(Either.getOrThrow(Either.flip(yield* delivered(url, url)))).toMatchObject({ reason: "UNAVAILABLE" })
    }).pipe(Effect.scoped)
  )

  it.effect("that cannot be reached is tried another time", () =>
    Effect.gen(function* () {
      const { url, close } = yield* platform(file)
      close()
      expect(Either.getOrThrow(Either.flip(yield* delivered(url, url)))).toMatchObject({ reason: "UNAVAILABLE" })
    }).pipe(Effect.scoped)
  )

  it.effect("is not shown the certificate that the API is shown, unless it is the API's own", () =>
    Effect.gen(function* () {
      const shown: Array<unknown> = []
      const asking: Answer = (response, request) => {
        const { socket } = request
        shown.push("getPeerCertificate" in socket ? (socket as TLSSocket).getPeerCertificate().subject?.CN : "plain")
        file(response, request)
      }
      const server = {
        cert: pem("server.crt"),
        key: pem("server.key"),
        ca: pem("authority.crt"),
        requestCert: true,
        rejectUnauthorized: false
      }
      const tls = { ca: pem("authority.crt"), cert: pem("client.crt"), key: pem("client.key") }
      const api = yield* platform(asking, server)
      expect(Either.isRight(yield* delivered(api.url, api.url, { tls }))).toBe(true)
      const plain = yield* platform(asking)
      expect(Either.isRight(yield* delivered(plain.url, api.url, { tls }))).toBe(true)
      const other = yield* platform(asking, server)
      expect(Either.getOrThrow(Either.flip(yield* delivered(other.url, api.url, { tls })))).toMatchObject({
        reason: "UNAVAILABLE"
      })
      expect(shown).toEqual(["Throwaway client of tests", "plain"])
    }).pipe(Effect.scoped)
  )
})

it.effect("PayPal can do everything that can be asked of a vendor", () =>
  using({}, (vendors) =>
    Effect.sync(() => {
      const { abilities, kind, graceMillis, createTimeLimitMillis } = Option.getOrThrow(vendors.get("paypal"))
      expect(kind).toBe("paypal")
      expect(abilities.length).toBe(9)
      expect(graceMillis).toBe(0)
      expect(createTimeLimitMillis).toBe(30_000)
    })
  )
)

const planted = [
  "throwaway-client-secret",
  "token-1-of",
  "token-2-of",
  "payer-secret",
  "Jane Q Payer",
  "4032039317984658"
]

/** Answers that say what nobody may see. */
const telling = (status: number, body: object): Answer =>
  json(
    status,
    {
      ...body,
      payer: {
        email_address: "payer-secret@example.com",
        name: { given_name: "Jane Q Payer" },
        card: "4032039317984658"
      }
    },
    { "paypal-debug-id": "f1234567890ab", "www-authenticate": "Bearer token-1-of-paypal" }
  )

it.effect("no secret and nothing of the payer is in any error, detail, evidence or line of a log", () =>
  Effect.gen(function* () {
    const told: Array<string> = []
    const logger = Logger.map(Logger.jsonLogger, (line) => {
      told.push(line)
    })
    const paid = order("COMPLETED", { captures: [resource(captureId, "COMPLETED")] })
    const bodies: ReadonlyArray<readonly [number, object]> = [
      [200, paid],
      [200, { nonsense: "payer-secret" }],
      [400, problem("INVALID_REQUEST", "payer-secret@example.com")],
      [401, problem("AUTHENTICATION_FAILURE")],
      [403, problem("NOT_AUTHORIZED", "PERMISSION_DENIED")],
      [404, problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")],
      [422, problem("UNPROCESSABLE_ENTITY", "SOMETHING_NEW")],
      [422, problem("UNPROCESSABLE_ENTITY", "TRANSACTION_REFUSED")],
      [422, problem("UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED")],
      [500, problem("INTERNAL_SERVER_ERROR")]
    ]
    yield* TestClock.setTime(payment.createdAtMillis)
    for (const [status, body] of bodies) {
      const answer = telling(status, body)
      const routes = Object.fromEntries(Object.values(paths).map((path) => [path, answer]))
      const { outcome } = yield* using(routes, (vendors) =>
        Effect.gen(function* () {
          const prepared = yield* vendors.prepare(payment, { description: "d", payer: {}, returnUrl: null })
          const until = Number.MAX_SAFE_INTEGER
          const known = { ...payment, kept: [`capture:${captureId}`] }
          return yield* Effect.all(
            [
              vendors.create({ ...payment, transactionNo: null }, prepared, until),
              vendors.query(payment),
              vendors.close(payment),
              vendors.complete(payment, operation("complete"), until),
              vendors.refund(known, aRefund(), until),
              vendors.queryRefund(known, aRefund({ vendorRefundNo: refundId })),
              vendors.notification("paypal", signed(good))
            ].map((call) => Effect.either<unknown, unknown, never>(call))
          )
        })
      ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)), Logger.withMinimumLogLevel(LogLevel.All))
      told.push(JSON.stringify(outcome, (_, value) => (typeof value === "bigint" ? String(value) : value)))
    }
    expect(told.length).toBeGreaterThan(bodies.length)
    expect(told.join("\n")).toContain("f1234567890ab")
    for (const secret of planted) expect(told.join("\n")).not.toContain(secret)
  })
)

it("the secret is not shown by the configuration that has it", () => {
  const config = at("https://api-m.paypal.com")
  expect(JSON.stringify(config)).not.toContain(encoded.clientSecret)
  expect(String(config.clientSecret)).not.toContain(encoded.clientSecret)
})

it.effect("a refund that PayPal answers is found again by its number", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(payment.createdAtMillis)
    const stated = resource(refundId, "COMPLETED", {
      amount: { currency_code: "USD", value: "5.00" },
      custom_id: refundNo
    })
    const routes = { [paths.refund]: json(201, stated), [paths.refundById]: json(200, stated) }
    const { outcome } = yield* using(routes, (vendors) =>
      Effect.flatMap(
        vendors.refund({ ...payment, kept: [`capture:${captureId}`] }, aRefund(), Number.MAX_SAFE_INTEGER),
        ({ vendorRefundNo }) => vendors.queryRefund(payment, aRefund({ vendorRefundNo }))
      )
    )
    expect(word(outcome)).toBe("succeeded")
  })
)
