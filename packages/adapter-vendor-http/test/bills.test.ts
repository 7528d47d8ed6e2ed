import { expect, it } from "@effect/vitest"
import type { Bill } from "@payment-proxy/ports"
import { Chunk, Effect, Either, Stream } from "effect"
import { describe } from "vitest"
import { vendorsAt } from "./mappedVendors.ts"
import { type Answer, json, platform } from "./platform.ts"

describe("a bill", () => {
  const line = (changes: object = {}) => ({
    type: "payment",
    payment_id: "pay_1",
    merchant_payment_no: "SHOP-1",
    amount: 1234,
    currency: "CNY",
    status: "SUCCEEDED",
    fee: "0.07",
    at: "2026-11-23T08:03:00Z",
    ...changes
  })
  const text = (...lines: ReadonlyArray<unknown>) => lines.map((one) => `${JSON.stringify(one)}\n`).join("")
  const trades: Bill = { day: "2026-11-23", of: "trades" }
  const fetched = (url: string, bill: Bill = trades) =>
    Effect.flatMap(vendorsAt(url), (vendors) =>
      Effect.either(Effect.map(Stream.runCollect(vendors.bill("platform", bill)), Chunk.toReadonlyArray))
    )
  const file =
    (body: string | Buffer, headers: Record<string, string> = {}): Answer =>
    (response) =>
      response.writeHead(200, { "content-type": "application/x-ndjson", ...headers }).end(body)

  it.live("is read page by page, with a token, until there is no next", () =>
    Effect.gen(function* () {
      const pages = [
        line({ merchant_payment_no: "SHOP-1" }),
        line({ merchant_payment_no: "保险" }),
        line({ type: "refund" })
      ]
      const { url, seen } = yield* platform((response, request) => {
        const cursor = Number(new URL(request.url ?? "", "http://x").searchParams.get("cursor") ?? 0)
        const next = cursor + 1 < pages.length ? { "next-cursor": String(cursor + 1) } : {}
        file(text(pages[cursor]), next)(response, request)
      })
      const lines = Either.getOrThrow(yield* fetched(url))
      expect(lines.map(({ kind, merchantOrderNo }) => [kind, merchantOrderNo])).toEqual([
        ["payment", "SHOP-1"],
        ["payment", "保险"],
        ["refund", "SHOP-1"]
      ])
      expect(seen.map((call) => call.url)).toEqual(
        ["", "1", "2"].map((cursor) => `/statements?date=2026-11-23&cursor=${cursor}`)
      )
      expect(new Set(seen.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer token-1-of-platform"]))
    }).pipe(Effect.scoped)
  )

  it.live("of a day without business is empty", () =>
    Effect.gen(function* () {
      const { url } = yield* platform(file(""))
      expect(yield* fetched(url)).toEqual(Either.right([]))
    }).pipe(Effect.scoped)
  )

  it.live("is asked for with another token where the first is called bad", () =>
    Effect.gen(function* () {
      const { url } = yield* platform((response, request) =>
        request.headers.authorization === "Bearer token-1-of-platform"
          ? json(401, {}, { "www-authenticate": 'Bearer error="invalid_token"' })(response, request)
          : file(text(line()))(response, request)
      )
      expect(Either.getOrThrow(yield* fetched(url)).length).toBe(1)
    }).pipe(Effect.scoped)
  )

  it.live.each<readonly [what: string, Answer, outcome: string]>([
    ["a day that is not ready", json(404, { error: "not_ready" }), "Throttled"],
    ["429", json(429, {}), "Throttled"],
    ["401", json(401, {}), "Throttled"],
    ["503", json(503, {}), "Throttled"],
    ["another 404", json(404, { error: "not_found" }), "Rejected"],
    ["422", json(422, { error: "invalid" }), "Rejected"],
    ["500", json(500, {}), "InDoubt"],
    ["206", (r) => void r.writeHead(206).end(text(line())), "InDoubt"],
    ["HTML", (r) => void r.writeHead(200).end("<h1>It works!</h1>"), "InDoubt"],
    ["a line that is cut", (r) => void r.writeHead(200).end(text(line(), line()).slice(0, -9)), "InDoubt"],
    [
      "one that breaks off",
      (r) => void r.writeHead(200, { "content-length": "900" }).write(text(line()), () => r.destroy()),
      "InDoubt"
    ],
    ["what is no UTF-8", file(Buffer.from(text(line({ fee: "é" })), "latin1")), "InDoubt"],
    ["a line without end, though it can be read", file(`${" ".repeat(200_000)}${text(line())}`), "InDoubt"],
    ["a line of another kind", file(text(line({ type: "chargeback" }))), "InDoubt"],
    ["a line of another status", file(text(line({ status: "MYSTERY" }))), "InDoubt"],
    ["a line of no amount", file(text(line({ amount: null }))), "InDoubt"],
    ["a line below zero", file(text(line({ amount: -1 }))), "InDoubt"],
    ["a line of no currency", file(text(line({ currency: "RMB" }))), "InDoubt"],
    ["a line with a fee that is none", file(text(line({ fee: 7 }))), "InDoubt"]
  ])("%s", ([, answer, outcome]) =>
    Effect.gen(function* () {
      const { url } = yield* platform(answer)
      const got = yield* fetched(url)
      expect(Either.isLeft(got) ? got.left._tag : got.right).toBe(outcome)
    }).pipe(Effect.scoped)
  )

  it.live("whose next page is the same again has no end, and is not asked for on and on", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(file(text(line()), { "next-cursor": "7" }))
      expect(yield* Effect.flip(Effect.flatten(fetched(url)))).toMatchObject({ _tag: "InDoubt" })
      expect(seen.length).toBe(2)
    }).pipe(Effect.scoped)
  )

  it.live("of the account's movements, or of no day, is none that this kind has", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(file(""))
      const answers = [
        yield* fetched(url, { ...trades, of: "funds" }),
        yield* fetched(url, { ...trades, day: "2026-02-30" })
      ]
      expect(answers.map((one) => Either.isLeft(one) && one.left._tag === "Rejected" && one.left.code)).toEqual([
        "NOT_SUPPORTED",
        "DAY_INVALID"
      ])
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )
})
