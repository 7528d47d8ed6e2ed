import { expect, it } from "@effect/vitest"
import { Vendors } from "@payment-proxy/ports"
import { aPayment, FakeVendorTokens } from "@payment-proxy/testkit"
import { Context, Effect, Layer, Option } from "effect"
import * as VendorHttp from "../src/index.ts"
import { at, encoded } from "./mapping.ts"
import { json, platform } from "./platform.ts"

const payment = aPayment({ vendor: "platform", merchantOrderNo: "SHOP-1", transactionNo: "pay/1" })
const stated = {
  merchant_payment_no: "SHOP-1",
  merchant_id: "merchant-tests",
  status: "PENDING",
  amount: 1234,
  currency: "CNY"
}
const text = '{ "merchant_payment_no": "SHOP-1",\n  "amount":1234, "currency":"CNY", "scene":"QR", "subject":"天" }'

const call = (headers: ReadonlyArray<string>, body = text, method = "POST") => ({
  method,
  path: "/payments",
  query: "?a=%7e&b={x}",
  headers,
  body: new TextEncoder().encode(body)
})

const configOf = (url: string, changes: object = {}) => ({ platform: at(`${url}/svc/`, changes) })

const prepared = (url: string, of: ReturnType<typeof call>, changes: object = {}) =>
  Option.getOrThrow(VendorHttp.Mappings.make(configOf(url, changes)).of("platform")).prepared(of)

/** The vendors of a configuration, for as long as the test goes on. */
const vendors = (url: string, changes: object = {}) =>
  Effect.map(
    Layer.build(VendorHttp.layer(configOf(url, changes)).pipe(Layer.provide(FakeVendorTokens.layer(["platform"])))),
    Context.get(Vendors)
  )

/** The lines of these names, as they came. */
const lines = (raw: ReadonlyArray<string>, ...names: ReadonlyArray<string>) =>
  raw.flatMap((value, index) => (index % 2 === 1 && names.includes(raw[index - 1] ?? "") ? [value] : []))

it.live("a caller's create goes out again byte for byte, with our token in place of what it proved itself by", () =>
  Effect.gen(function* () {
    const { url, seen } = yield* platform(json(200, stated))
    const headers = [
      ...[
        "Content-Type",
        "application/json; charset=utf-8",
        "Idempotency-Key",
        "theirs-1",
        "X-Trace",
        "a",
        "X-Trace",
        "b"
      ],
      ...["Accept", "application/vnd.pay+json", "X-Latin", "caf\u00e9"],
      ...["Authorization", "Bearer canary-of-the-caller", "Cookie", "canary=1", "Proxy-Authorization", "Basic canary"],
      ...["Host", "proxy.example", "Content-Length", "1", "Accept-Encoding", "gzip", "User-Agent", "canary/1"],
      ...["Via", "1.1 canary", "Forwarded", "for=canary", "X-Forwarded-For", "canary", "X-Real-IP", "canary"],
      ...[
        "Expect",
        "100-continue",
        "TE",
        "trailers",
        "Date",
        "canary",
        "traceparent",
        "canary",
        "tracestate",
        "canary"
      ],
      ...["Connection", "close", "Transfer-Encoding", "chunked"]
    ]
    const request = prepared(url, call(headers))
    expect(request).not.toContain("canary")
    const all = yield* vendors(url)
    expect((yield* all.create(payment, request, Number.MAX_SAFE_INTEGER)).kind).toBe("open")
    yield* all.create(payment, request, Number.MAX_SAFE_INTEGER)
    for (const { method, url: path, rawHeaders, headers: sent, body } of seen) {
      expect([method, path, body.toString()]).toEqual(["POST", "/svc/payments?a=%7e&b={x}", text])
      expect(lines(rawHeaders, "X-Trace")).toEqual(["a", "b"])
      expect(lines(rawHeaders, "accept", "Accept")).toEqual(["application/vnd.pay+json"])
      expect(lines(rawHeaders, "X-Latin")).toEqual(["caf\u00e9"])
      expect(sent).toMatchObject({
        "content-type": "application/json; charset=utf-8",
        "content-length": String(Buffer.byteLength(text)),
        "idempotency-key": "theirs-1",
        authorization: "Bearer token-1-of-platform",
        "accept-encoding": "identity",
        "user-agent": "payment-proxy"
      })
    }
    expect(seen.length).toBe(2)
  }).pipe(Effect.scoped)
)

it.live("a create by PUT goes out by PUT", () =>
  Effect.gen(function* () {
    const { url, seen } = yield* platform(json(200, stated))
    const changes = { create: { ...encoded.create, path: "/payments/{payOrderNo}", method: "PUT" } }
    const all = yield* vendors(url, changes)
    const own = yield* all.prepare(payment, { description: "d", payer: {}, returnUrl: null })
    yield* all.create(payment, own, Number.MAX_SAFE_INTEGER)
    yield* all.create(payment, prepared(url, call([], text, "PUT"), changes), Number.MAX_SAFE_INTEGER)
    expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      "PUT /svc/payments/SHOP-1",
      "PUT /svc/payments?a=%7e&b={x}"
    ])
  }).pipe(Effect.scoped)
)

it.live("a request that was stored before callers' headers were goes out as it did", () =>
  Effect.gen(function* () {
    const { url, seen } = yield* platform(json(200, stated))
    const stored = JSON.stringify({
      path: "/payments",
      headers: { "content-type": "application/json", "idempotency-key": '"SHOP-1"' },
      body: "{}"
    })
    yield* Effect.flatMap(vendors(url), (all) => all.create(payment, stored, Number.MAX_SAFE_INTEGER))
    expect(seen[0]).toMatchObject({ method: "POST", url: "/svc/payments", body: Buffer.from("{}") })
    expect(seen[0]?.headers).toMatchObject({ "idempotency-key": '"SHOP-1"', accept: "application/json" })
    const broken = yield* Effect.flatMap(vendors(url), (all) =>
      Effect.flip(all.create(payment, "{}", Number.MAX_SAFE_INTEGER))
    )
    expect(broken._tag).toBe("Unreachable")
  }).pipe(Effect.scoped)
)

it.live("a query and a close name the order as the vendor knows it, by the first path whose number is known", () =>
  Effect.gen(function* () {
    const { url, seen } = yield* platform(json(200, stated))
    const ask = (changes: object, of = payment) =>
      Effect.flatMap(vendors(url, changes), (all) => Effect.zipRight(all.query(of), all.close(of)))
    yield* ask({})
    const byTheirs = {
      query: { path: "/payments/{transactionNo}", also: ["/payments?no={payOrderNo}"] },
      close: { path: "/payments/{transactionNo}", also: ["/payments/close?no={payOrderNo}"], method: "DELETE" }
    }
    yield* ask(byTheirs)
    yield* ask(byTheirs, { ...payment, transactionNo: null })
    expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      "GET /svc/payments/by-merchant-no/SHOP-1",
      "POST /svc/payments/by-merchant-no/SHOP-1/close",
      "GET /svc/payments/pay%2F1",
      "DELETE /svc/payments/pay%2F1",
      "GET /svc/payments?no=SHOP-1",
      "DELETE /svc/payments/close?no=SHOP-1"
    ])
  }).pipe(Effect.scoped)
)

it("a mapping says what it reads, how much of it, and how long a call may take", () => {
  const limits = { createMillis: 1000, queryMillis: 2000, closeMillis: 3000 }
  const changes = { limits, proxied: { method: "CARD", maxBodyBytes: 100 }, query: { path: "/p?no={payOrderNo}" } }
  const mapping = Option.getOrThrow(VendorHttp.Mappings.make(configOf("http://127.0.0.1:1", changes)).of("platform"))
  expect(mapping).toMatchObject({
    vendor: "platform",
    maxBodyBytes: 100,
    operations: [
      { operation: "create", method: "POST", path: "/payments" },
      { operation: "query", method: "GET", path: "/p" },
      { operation: "close", method: "POST", path: "/payments/by-merchant-no/{payOrderNo}/close" }
    ]
  })
  expect((["create", "query", "close"] as const).map(mapping.limitMillis)).toEqual([1000, 2000, 3000])
})
