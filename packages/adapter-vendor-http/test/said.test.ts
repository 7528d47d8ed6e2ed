import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { expect, it } from "@effect/vitest"
import { aPayment } from "@payment-proxy/testkit"
import { Either, FastCheck as fc, Option } from "effect"
import { describe } from "vitest"
import { Mappings } from "../src/index.ts"
import { at } from "./mapping.ts"

const mappingOf = (changes: object = {}) =>
  Option.getOrThrow(Mappings.make({ platform: at("http://127.0.0.1:1", changes) }).of("platform"))

const mapping = mappingOf()
const payment = aPayment({ vendor: "platform", merchantOrderNo: "SHOP-1", version: 7 })

const stated = (changes: object = {}) => ({
  id: "pay_1",
  merchant_id: "merchant-tests",
  merchant_payment_no: "SHOP-1",
  status: "PENDING",
  amount: 1234,
  currency: "CNY",
  action: { type: "qr", url: "https://pay.example/1" },
  ...changes
})

type Operation = Parameters<typeof mapping.said>[0]

const answer = (
  status: number,
  body: unknown,
  headers: ReadonlyArray<string> = [],
  changes: { readonly isWhole?: boolean } = {}
) => ({
  status,
  headers: ["Content-Type", "application/json", ...headers],
  body:
    body instanceof Uint8Array
      ? body
      : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
  isWhole: true,
  askedAtMillis: 1000,
  ...changes
})

const said = (operation: Operation, given: ReturnType<typeof answer>, of = mapping) =>
  Either.match(of.said(operation, given, payment), { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind })

it("an answer says what the same answer says to the order API, about the number that the caller gave", () => {
  const evidence = Either.getOrThrow(mapping.said("create", answer(201, stated()), payment))
  expect(evidence).toMatchObject({
    kind: "open",
    source: "create",
    asked: null,
    transactionNo: "pay_1",
    foreign: null,
    next: { type: "qr", content: "https://pay.example/1" }
  })
  const paid = Either.getOrThrow(mapping.said("query", answer(200, stated({ status: "SUCCEEDED" })), payment))
  expect(paid).toMatchObject({ kind: "paid", source: "query", asked: { version: 7, atMillis: 1000 } })
  const other = Either.getOrThrow(
    mapping.said("create", answer(201, stated({ merchant_payment_no: payment.payOrderNo })), payment)
  )
  expect(other.foreign).toBe("NUMBER_MISMATCH")
})

describe("the classes of answers", () => {
  const badToken = ["WWW-Authenticate", 'Bearer realm="x", error="invalid_token"']
  it.each<readonly [Operation, ReturnType<typeof answer>, string]>([
    ["create", answer(200, stated({ status: "SUCCEEDED" })), "paid"],
    ["create", answer(400, { error: "invalid" }), "Rejected"],
    ["create", answer(422, { error: "number_reused" }), "InDoubt"],
    ["create", answer(401, {}, badToken), "Throttled"],
    ["create", answer(401, "{", badToken, { isWhole: false }), "Throttled"],
    ["query", answer(401, {}, badToken), "Throttled"],
    ["create", answer(403, "<h1>No</h1>"), "Rejected"],
    ["create", answer(404, {}), "Rejected"],
    ["create", answer(409, {}), "InDoubt"],
    ["create", answer(429, {}, ["Retry-After", "3"]), "Throttled"],
    ["create", answer(302, ""), "InDoubt"],
    ["create", answer(500, stated({ status: "FAILED" })), "InDoubt"],
    ["create", answer(204, ""), "InDoubt"],
    ["create", answer(200, ""), "InDoubt"],
    ["create", answer(200, "not JSON"), "InDoubt"],
    ["query", answer(404, {}), "notFound"],
    ["query", answer(200, ""), "InDoubt"],
    ["close", answer(404, {}), "notFound"],
    ["close", answer(200, stated({ status: "CLOSED" })), "closed"],
    ["close", answer(409, { error: "already", payment: stated({ status: "SUCCEEDED" }) }), "paid"]
  ])("to a %s, %j is %s", (operation, given, expected) => expect(said(operation, given)).toBe(expected))
})

describe("a coded body is decoded for reading", () => {
  const bytes = Buffer.from(JSON.stringify(stated()))
  const bomb = Buffer.from(JSON.stringify(stated({ pad: " ".repeat(2_000_000) })))

  it.each([
    ["gzip", gzipSync(bytes), "open"],
    ["GZip", gzipSync(bytes), "open"],
    ["x-gzip", gzipSync(bytes), "open"],
    ["deflate", deflateSync(bytes), "open"],
    ["deflate", deflateRawSync(bytes), "open"],
    ["br", brotliCompressSync(bytes), "open"],
    ["zstd", zstdCompressSync(bytes), "open"],
    ["identity", bytes, "open"],
    ["gzip", bytes, "InDoubt"],
    ["gzip", gzipSync(bytes).subarray(0, -9), "InDoubt"],
    ["gzip, gzip", gzipSync(gzipSync(bytes)), "InDoubt"],
    ["compress", bytes, "InDoubt"],
    ["constructor", bytes, "InDoubt"],
    ["gzip", gzipSync(bomb), "InDoubt"],
    ["deflate", deflateSync(bomb), "InDoubt"],
    ["br", brotliCompressSync(bomb), "InDoubt"],
    ["zstd", zstdCompressSync(bomb), "InDoubt"]
  ])("%s", (coding, body, expected) => {
    expect(said("create", answer(200, body, ["Content-Encoding", coding]))).toBe(expected)
  })

  it("two lines of codings are two codings", () => {
    const twice = ["Content-Encoding", "gzip", "content-encoding", "gzip"]
    expect(said("create", answer(200, gzipSync(gzipSync(bytes)), twice))).toBe("InDoubt")
  })
})

it("what was not read whole, is too large or is not UTF-8 is in doubt", () => {
  expect(said("create", answer(201, stated(), [], { isWhole: false }))).toBe("InDoubt")
  expect(said("query", answer(404, {}, [], { isWhole: false }))).toBe("InDoubt")
  expect(said("create", answer(201, `${JSON.stringify(stated())}${" ".repeat(1_048_576)}`))).toBe("InDoubt")
  expect(said("create", answer(201, Buffer.from(JSON.stringify(stated()), "utf16le")))).toBe("InDoubt")
})

it("a payment stands in an envelope or in a list where the mapping says so; an empty list is notFound", () => {
  const wrapped = mappingOf({ answer: { payment: "/data/items/0" } })
  const list = (...items: ReadonlyArray<unknown>) => answer(200, { data: { items } })
  expect(said("query", list(stated({ status: "SUCCEEDED" })), wrapped)).toBe("paid")
  expect(said("query", list(), wrapped)).toBe("notFound")
  expect(said("create", list(), wrapped)).toBe("InDoubt")
  expect(said("query", answer(200, { data: null }), wrapped)).toBe("InDoubt")
  expect(said("query", answer(200, { data: { items: { length: 0 } } }), wrapped)).toBe("InDoubt")
})

it("an amount in major units is read from text alone, and beside one in minor units has to agree", () => {
  const { amountMinor: _, ...payment } = at("http://127.0.0.1:1").payment
  const major = mappingOf({ payment: { ...payment, amountMajor: "/total" } })
  const both = mappingOf({ payment: { ...payment, amountMajor: "/total", amountMinor: "/amount" } })
  expect(said("query", answer(200, stated({ total: "12.34" })), major)).toBe("open")
  expect(said("query", answer(200, stated({ total: 12.34 })), major)).toBe("InDoubt")
  expect(said("query", answer(200, stated({ total: "12.345" })), major)).toBe("InDoubt")
  expect(said("query", answer(200, stated({ total: "12.34" })), both)).toBe("open")
  expect(said("query", answer(200, stated({ total: "12.35" })), both)).toBe("InDoubt")
})

it("whatever comes, it says something and never more than a payment does", () => {
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .dictionary(fc.constantFrom(...Object.keys(stated())), fc.jsonValue())
      .map((it) => Buffer.from(JSON.stringify(it)))
  )
  const headers = fc.array(
    fc.oneof(
      fc.constantFrom("Content-Encoding", "gzip", "br", "zstd", "deflate", "WWW-Authenticate", "__proto__"),
      fc.string()
    ),
    { maxLength: 7 }
  )
  fc.assert(
    fc.property(
      fc.constantFrom("create" as const, "query" as const, "close" as const),
      fc.oneof(fc.integer(), fc.constantFrom(200, 201, 204, 400, 401, 404, 409, 422, 429, 500)),
      headers,
      bodies,
      fc.boolean(),
      (operation, status, lines, body, isWhole) => {
        const got = said(operation, { status, headers: lines, body, isWhole, askedAtMillis: 0 })
        if (!isWhole) expect(["InDoubt", "Throttled"]).toContain(got)
        if (status >= 500) expect(got).toBe("InDoubt")
      }
    ),
    { numRuns: 1000 }
  )
})
