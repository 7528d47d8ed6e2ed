import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { FastCheck as fc } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { World } from "./world.ts"
import { open } from "./world.ts"

const folder = mkdtempSync(join(tmpdir(), "payment-proxy-hygiene-"))
let world: World
beforeAll(async () => {
  world = await open(Sqlite.layer({ filename: join(folder, "test.db") }))
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Raw {
  readonly status: number
  readonly head: string
  readonly code: string | undefined
}

const limitMillis = 10_000

/** Sends bytes as they are, in these parts, and answers what came back until the connection ended. */
const raw = (...parts: ReadonlyArray<string>): Promise<Raw> =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(world.url)
    const socket = connect(Number(port), hostname)
    let text = ""
    const timer = setTimeout(() => fail(new Error(`No end within ${limitMillis} ms: ${text}`)), limitMillis)
    socket.on("data", (chunk) => {
      text += chunk.toString()
    })
    socket.on("error", () => undefined)
    socket.on("close", () => {
      clearTimeout(timer)
      const [head = "", body = ""] = text.split("\r\n\r\n")
      const code = /"code":"([A-Z_]+)"/.exec(body)?.[1]
      done({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, code })
    })
    for (const part of parts) socket.write(part)
  })

const lines = (...all: ReadonlyArray<string>) => `${all.join("\r\n")}\r\n\r\n`
const get = (...headers: ReadonlyArray<string>) =>
  raw(lines("GET /v1/orders HTTP/1.1", "Host: gateway", "Connection: close", ...headers))

const asked = {
  vendor: "platform",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days"
}
let keys = 0
const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  world.call("POST", "/v1/orders", { body, headers: { "idempotency-key": `key-${++keys}`, ...headers } })

interface Problem {
  readonly code: string
  readonly errors?: ReadonlyArray<{ readonly pointer: string; readonly code: string; readonly detail: string }>
}
const said = async (answer: ReturnType<typeof post>) => {
  const { status, body } = await answer
  return { status, ...(body as Problem) }
}
const orders = async () => ((await world.call("GET", "/v1/orders?limit=100")).body as { items: Array<object> }).items

describe("what is not HTTP as we take it", () => {
  it.each([
    ["Host", ["Host: other"]],
    ["Authorization", ["Authorization: Bearer a", "authorization: Bearer b"]],
    ["Idempotency-Key", ["Idempotency-Key: a", "IDEMPOTENCY-KEY: a"]],
    ["Content-Type", ["Content-Type: application/json", "Content-Type: text/plain"]]
  ])("a second %s: 400", async (_, headers) => {
    expect(await get(...headers)).toMatchObject({ status: 400, code: "HEADER_REPEATED" })
  })

  it("more than 100 headers: 431, and not the first hundred taken for all", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: 1`)
    expect(await get(...many(98))).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
    expect(await get(...many(99))).toMatchObject({ status: 431, code: "HEADERS_TOO_LARGE" })
    expect(await get(...many(1500))).toMatchObject({ status: 431, code: "HEADERS_TOO_LARGE" })
  })

  it("headers of more than 16 KB: 431", async () => {
    expect(await get(`X-Long: ${"x".repeat(17_000)}`)).toMatchObject({ status: 431, code: "HEADERS_TOO_LARGE" })
  })

  it.each([
    ["a whole address", lines("GET http://elsewhere/v1/orders HTTP/1.1", "Host: gateway", "Connection: close")],
    ["no address at all", lines("OPTIONS * HTTP/1.1", "Host: gateway", "Connection: close")],
    ["no Host", lines("GET / HTTP/1.1", "Connection: close")],
    ["two lengths", lines("POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 2")],
    ["a length and chunks", lines("POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Transfer-Encoding: chunked")],
    ["an unknown coding", lines("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked, identity")],
    ["a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"],
    ["bare line feeds", "GET / HTTP/1.1\nHost: a\n\n"],
    ["NUL in a header", lines("GET / HTTP/1.1", "Host: a", "X: a\u0000b")],
    ["no HTTP", "hello\r\n\r\n"],
    ["HTTP/0.9", "GET /\r\n\r\n"]
  ])("%s: 400, and the connection ends", async (_, text) => {
    expect((await raw(text)).status).toBe(400)
  })

  it("is a problem, also where the parser finds it", async () => {
    const { status, head, code } = await raw("hello\r\n\r\n")
    expect([status, code]).toEqual([400, "REQUEST_MALFORMED"])
    expect(head).toContain("content-type: application/problem+json")
  })

  it("headers that do not come: 408", async () => {
    expect(await raw("GET / HTTP/1.1\r\nHost: a\r\n")).toMatchObject({ status: 408, code: "REQUEST_TIMEOUT" })
  })

  it("a body that does not come: 408, and no order", async () => {
    const before = (await orders()).length
    const head = lines(
      "POST /v1/orders HTTP/1.1",
      "Host: a",
      `Authorization: Bearer ${world.keys.shop}`,
      "Idempotency-Key: slow",
      "Content-Type: application/json",
      "Content-Length: 1000"
    )
    expect(await raw(head, '{"vendor":')).toMatchObject({ status: 408, code: "REQUEST_TIMEOUT" })
    expect((await orders()).length).toBe(before)
  })

  it("a body without an end: 413 once it is too large, and no order", async () => {
    const before = (await orders()).length
    const head = lines(
      "POST /v1/orders HTTP/1.1",
      "Host: a",
      "Connection: close",
      `Authorization: Bearer ${world.keys.shop}`,
      "Idempotency-Key: endless",
      "Content-Type: application/json",
      "Transfer-Encoding: chunked"
    )
    const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`
    expect(await raw(head, ...Array.from({ length: 6 }, () => chunk))).toMatchObject({
      status: 413,
      code: "BODY_TOO_LARGE"
    })
    expect((await orders()).length).toBe(before)
  })

  it("a compressed body: 415", async () => {
    const answer = await said(post(JSON.stringify(asked), { "content-encoding": "gzip" }))
    expect([answer.status, answer.code]).toEqual([415, "CONTENT_TYPE_UNSUPPORTED"])
  })
})

describe("F60 JSON that is hostile changes nothing", () => {
  const text = JSON.stringify(asked)
  const many = (count: number) => Array.from({ length: count }, (_, index) => `"f${index}":1`).join(",")
  it.each([
    ["10^5 levels", `{"metadata":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 400, "BODY_TOO_DEEP"],
    ["10^6 levels", "[".repeat(1_000_000), 413, "BODY_TOO_LARGE"],
    ["20 000 fields", `{${many(20_000)}}`, 422, "BODY_INVALID"],
    ["10^5 fields", `{${many(100_000)}}`, 413, "BODY_TOO_LARGE"],
    ["trailing garbage", `${text}x`, 400, "BODY_NOT_JSON"],
    ["a byte order mark", `\uFEFF${text}`, 400, "BODY_NOT_JSON"],
    ["a field twice", text.replace("{", '{"vendor":"platform",'), 422, "BODY_INVALID"],
    ["an amount twice", text.replace('"value"', '"value":"1.00","value"'), 422, "BODY_INVALID"],
    ["__proto__", text.replace("{", '{"__proto__":{"vendor":"platform"},'), 422, "BODY_INVALID"],
    ["a constructor", text.replace("{", '{"constructor":{"prototype":{"polluted":1}},'), 422, "BODY_INVALID"],
    ["1e999", text.replace("{", '{"expiresIn":1e999,'), 422, "BODY_INVALID"],
    ["a number for an amount", text.replace('"12.34"', "12.34"), 422, "BODY_INVALID"]
  ])("%s", async (_, body, status, code) => {
    const before = (await orders()).length
    const answer = await said(post(body))
    expect([answer.status, answer.code]).toEqual([status, code])
    if (status === 422) expect(answer.errors?.length).toBeGreaterThan(0)
    expect((await orders()).length).toBe(before)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it("bytes that are no UTF-8", async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"a":"'), 0xff, 0xfe, ...new TextEncoder().encode('"}')])
    expect(await said(post(bytes))).toMatchObject({ status: 400, code: "BODY_NOT_JSON" })
  })

  it("any bytes at all are answered 400, 413, 415 or 422", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        const { status } = await said(post(body))
        expect([400, 413, 415, 422]).toContain(status)
      }),
      { numRuns: 100 }
    )
  })
})

describe("F58 amounts that are none are refused by name; others come back as they went in", () => {
  const amounts = ["-1", "0", "1e3", "1.005", "NaN", "٣", "１", " 1", "1,00", "1".repeat(20), "9007199254740993.123"]
  it.each([
    ...amounts.map((value): [string, string, string] => [value, "CNY", "/amount/value"]),
    ["1.5", "JPY", "/amount/value"],
    ["1.2345", "KWD", "/amount/value"],
    ["1.2345", "BHD", "/amount/value"],
    ["1.23456", "CLF", "/amount/value"],
    ["1.23456", "UYW", "/amount/value"],
    ["1.00", "DEM", "/amount/currency"],
    ["1.00", "XXX", "/amount/currency"]
  ])("%j %s", async (value, currency, pointer) => {
    const answer = await said(post(JSON.stringify({ ...asked, amount: { value, currency } })))
    expect([answer.status, answer.errors?.map((fault) => fault.pointer)]).toEqual([422, [pointer]])
  })

  it.each([
    ["0.01", "CNY"],
    ["9999999999999999.99", "CNY"],
    ["90071992547409.93", "CNY"],
    ["15", "JPY"],
    ["1.234", "KWD"],
    ["1.2345", "CLF"]
  ])("%s %s from the API to the database and back", async (value, currency) => {
    const answer = await post(JSON.stringify({ ...asked, amount: { value, currency } }))
    expect(answer.status).toBe(201)
    const { payOrderNo } = answer.body as { readonly payOrderNo: string }
    const shown = (await world.call("GET", `/v1/orders/${payOrderNo}`)).body
    expect(shown).toMatchObject({ amount: { value, currency } })
  })
})
