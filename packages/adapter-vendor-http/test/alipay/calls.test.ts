import { createPublicKey } from "node:crypto"
import { expect, it } from "@effect/vitest"
import type { Evidence } from "@payment-proxy/domain"
import { Effect, Either } from "effect"
import { describe } from "vitest"
import { methods } from "../../src/alipay/requests.ts"
import * as Signing from "../../src/alipay/signing.ts"
import { type Answer, platform, type Seen } from "../platform.ts"
import {
  certificates,
  certified,
  details,
  error,
  gateway,
  nowMillis,
  ok,
  payment,
  refund,
  requests,
  signedText,
  speaking
} from "./world.ts"

const number = "PPX20261123000001"
const never = Number.MAX_SAFE_INTEGER
const appKey = { alipay: createPublicKey(requests.appPublicKeyPem) }

const methodOf = (request: { readonly url?: string | undefined }): string =>
  new URL(request.url ?? "", "http://gateway").searchParams.get("method") ?? ""

/** A gateway that answers each method so, signed. */
const answering =
  (bodies: { readonly [method: string]: object | Answer }): Answer =>
  (response, request) => {
    const body = bodies[methodOf(request)]
    if (body === undefined) throw new Error(`Nobody expected ${request.url}.`)
    if (typeof body === "function") return (body as Answer)(response, request)
    return gateway(signedText(methodOf(request), body))(response, request)
  }

/** All that a call said, in its query and its body. */
const parametersOf = (call: Seen | undefined): Record<string, string> => ({
  ...Object.fromEntries(new URL(call?.url ?? "", "http://gateway").searchParams),
  ...Object.fromEntries(new URLSearchParams(call?.body.toString() ?? ""))
})

const isSigned = ({ sign = "", ...parameters }: Record<string, string>): boolean =>
  Signing.verify(Signing.contentOf(Object.entries(parameters)), sign, appKey)

const trade = {
  ...ok,
  out_trade_no: number,
  trade_no: "2026112322001400001111111111",
  total_amount: "12.34",
  trade_status: "WAIT_BUYER_PAY"
}

describe("a call", () => {
  it.effect("is a form whose public parameters stand in the query, signed as of now", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering({ [methods.query]: trade }))
      expect(yield* speaking(url, (vendors) => vendors.query(payment()))).toMatchObject({ kind: "open" })
      const [call] = seen
      expect(call?.method).toBe("POST")
      expect(call?.headers["content-type"]).toBe("application/x-www-form-urlencoded;charset=utf-8")
      expect(new URLSearchParams(call?.body.toString()).get("biz_content")).toBe(`{"out_trade_no":"${number}"}`)
      const parameters = parametersOf(call)
      expect(parameters).toMatchObject({
        method: "alipay.trade.query",
        app_id: "2021000000000000",
        charset: "utf-8",
        sign_type: "RSA2",
        version: "1.0",
        timestamp: "2026-11-23 21:20:35"
      })
      expect(isSigned(parameters)).toBe(true)
      expect(isSigned({ ...parameters, timestamp: "2026-11-23 21:20:36" })).toBe(false)
    }).pipe(Effect.scoped)
  )

  it.effect("names its certificates in certificate mode", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering({ [methods.query]: trade }))
      yield* speaking(url, (vendors) => Effect.either(vendors.query(payment())), certified)
      const parameters = parametersOf(seen[0])
      expect(parameters).toMatchObject({
        app_cert_sn: certificates.app_cert_sn,
        alipay_root_cert_sn: certificates.alipay_root_cert_sn
      })
      expect(isSigned(parameters)).toBe(true)
    }).pipe(Effect.scoped)
  )

  it.effect("that cannot connect was not sent; one whose answer breaks off is in doubt", () =>
    Effect.gen(function* () {
      const broken = yield* platform((response) => void response.destroy())
      const tag = Effect.map(
        Effect.flip(speaking(broken.url, (vendors) => vendors.query(payment()))),
        ({ _tag }) => _tag
      )
      expect(yield* tag).toBe("InDoubt")
      broken.close()
      expect(yield* tag).toBe("Unreachable")
    }).pipe(Effect.scoped)
  )
})

describe("a create", () => {
  const created = (changes: Parameters<typeof payment>[0], url: string, times = 1, said = {}) =>
    speaking(url, (vendors) =>
      Effect.gen(function* () {
        const order = payment(changes)
        const prepared = yield* vendors.prepare(order, { ...details, ...said })
        return yield* Effect.all(
          Array.from({ length: times }, () => Effect.either(vendors.create(order, prepared, never)))
        )
      })
    )
  const first = (all: ReadonlyArray<Either.Either<Evidence.Evidence, unknown>>) =>
    Either.getOrThrow(all[0] ?? Either.left("none"))

  it.effect("of a code asks Alipay for it, the same bytes however often", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(
        answering({ [methods.precreate]: { ...ok, out_trade_no: number, qr_code: "https://qr.alipay.com/1" } })
      )
      const all = yield* created({ source: "QR" }, url, 2)
      expect(first(all)).toMatchObject({ kind: "open", next: { type: "qr", content: "https://qr.alipay.com/1" } })
      expect(seen[0]?.body).toEqual(seen[1]?.body)
      expect(isSigned(parametersOf(seen[0]))).toBe(true)
    }).pipe(Effect.scoped)
  )

  it.effect("in a mini program makes the trade that it opens", () =>
    Effect.gen(function* () {
      const { url } = yield* platform(
        answering({ [methods.create]: { ...ok, out_trade_no: number, trade_no: "2026" } })
      )
      expect(first(yield* created({ source: "JSAPI" }, url, 1, { payer: { openId: "openid" } }))).toMatchObject({
        kind: "open",
        next: { type: "app", parameters: { tradeNO: "2026" } }
      })
    }).pipe(Effect.scoped)
  )

  it.effect.each(["WEB", "H5"] as const)("in a browser (%s) is a signed address, and nothing is called", (source) =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering({}))
      const evidence = first(yield* created({ source }, url))
      expect(evidence).toMatchObject({ kind: "open", source: "create", asked: null, transactionNo: null })
      const next = evidence.kind === "open" ? evidence.next : null
      const address = new URL(next?.type === "redirect" ? next.url : "")
      expect(`${address.origin}${address.pathname}`).toBe(`${url}/gateway.do`)
      const parameters = Object.fromEntries(address.searchParams)
      expect(parameters).toMatchObject({
        return_url: `https://proxy.example/return/alipay?order=${number}`,
        notify_url: "https://proxy.example/notify/alipay",
        timestamp: "2026-11-23 21:20:35"
      })
      expect(isSigned(parameters)).toBe(true)
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )

  it.effect("in an app is a signed text for Alipay's kit, and nothing is called", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering({}))
      const evidence = first(yield* created({ source: "APP" }, url))
      const next = evidence.kind === "open" ? evidence.next : null
      const text = next?.type === "app" ? (next.parameters["orderString"] ?? "") : ""
      expect(text).toContain("method=alipay.trade.app.pay&")
      expect(text).toContain("timestamp=2026-11-23%2021%3A20%3A35")
      const parameters = Object.fromEntries(
        text.split("&").map((pair) => pair.split("=").map((part) => decodeURIComponent(part)) as [string, string])
      )
      expect(parameters).not.toHaveProperty("return_url")
      expect(isSigned(parameters)).toBe(true)
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )

  it.effect.each(["WEB", "QR"] as const)("whose time is over makes nothing (%s)", (source) =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering({}))
      const failure = yield* speaking(url, (vendors) =>
        Effect.flatMap(vendors.prepare(payment({ source }), details), (prepared) =>
          Effect.flip(vendors.create(payment({ source }), prepared, nowMillis))
        )
      )
      expect(failure).toMatchObject({ _tag: "Unreachable" })
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )

  it.effect("of a stored text that is none was not sent", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering({}))
      const tags = yield* speaking(url, (vendors) =>
        Effect.forEach(["", "{}", "null", '{"path":1}'], (text) => Effect.flip(vendors.create(payment(), text, never)))
      )
      expect(new Set(tags.map(({ _tag }) => _tag))).toEqual(new Set(["Unreachable"]))
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )
})

describe("a close", () => {
  const closed = (bodies: { readonly [method: string]: object }) =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering(bodies))
      const said = yield* speaking(url, (vendors) => Effect.either(vendors.close(payment())))
      return { said: Either.merge(said), calls: seen.map(methodOf) }
    }).pipe(Effect.scoped)

  it.effect("closes", () =>
    Effect.gen(function* () {
      const { said, calls } = yield* closed({ [methods.close]: { ...ok, out_trade_no: number, trade_no: "2026" } })
      expect(said).toMatchObject({ kind: "closed", source: "close", asked: { version: 7, atMillis: nowMillis } })
      expect(calls).toEqual([methods.close])
    })
  )

  it.effect("of what nobody opened finds nothing", () =>
    Effect.gen(function* () {
      const { said } = yield* closed({ [methods.close]: error("ACQ.TRADE_NOT_EXIST") })
      expect(said).toMatchObject({ kind: "notFound", source: "close" })
    })
  )

  it.effect.each(["ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS"])(
    "that is refused as %s asks what the order is, and never cancels it",
    (code) =>
      Effect.gen(function* () {
        const { said, calls } = yield* closed({
          [methods.close]: error(code),
          [methods.query]: { ...trade, trade_status: "TRADE_SUCCESS" }
        })
        expect(said).toMatchObject({ kind: "paid", source: "query", asked: { version: 7, atMillis: nowMillis } })
        expect(calls).toEqual([methods.close, methods.query])
      })
  )

  it.effect("that is refused, and cannot be asked about, decides nothing", () =>
    Effect.gen(function* () {
      const { said } = yield* closed({
        [methods.close]: error("ACQ.TRADE_STATUS_ERROR"),
        [methods.query]: error("ACQ.SYSTEM_ERROR")
      })
      expect(said).toMatchObject({ _tag: "InDoubt" })
    })
  )
})

describe("a refund", () => {
  it.effect("goes out under its number, the same bytes however often", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(
        answering({ [methods.refund]: { ...ok, out_trade_no: number, fund_change: "Y", refund_fee: "9.99" } })
      )
      const said = yield* speaking(url, (vendors) =>
        Effect.all([vendors.refund(payment(), refund(), never), vendors.refund(payment(), refund(), never)])
      )
      expect(said[0]).toMatchObject({ kind: "succeeded", amount: null, source: "operation", asked: null })
      expect(JSON.parse(parametersOf(seen[0])["biz_content"] ?? "")).toEqual({
        out_trade_no: number,
        refund_amount: "2.34",
        out_request_no: "RFX20261123000001",
        refund_reason: "退货"
      })
      expect(seen[0]?.body).toEqual(seen[1]?.body)
      expect(parametersOf(seen[0])).not.toHaveProperty("notify_url")
    }).pipe(Effect.scoped)
  )

  it.effect("without a reason says none, and a long one is cut", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(
        answering({ [methods.refund]: { ...ok, out_trade_no: number, fund_change: "N" } })
      )
      const said = yield* speaking(url, (vendors) =>
        Effect.forEach([null, " ", "长".repeat(300)], (reason) =>
          Effect.flip(vendors.refund(payment(), refund({ reason }), never))
        )
      )
      expect(said[0]).toMatchObject({ _tag: "InDoubt" })
      const reasons = seen.map((call) => JSON.parse(parametersOf(call)["biz_content"] ?? "")["refund_reason"])
      expect(reasons).toEqual([undefined, undefined, "长".repeat(256)])
    }).pipe(Effect.scoped)
  )

  it.effect("is not sent when its time is over", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(answering({}))
      const failure = yield* speaking(url, (vendors) => Effect.flip(vendors.refund(payment(), refund(), nowMillis)))
      expect(failure).toMatchObject({ _tag: "Unreachable" })
      expect(seen.length).toBe(0)
    }).pipe(Effect.scoped)
  )

  it.effect("is asked about by its number", () =>
    Effect.gen(function* () {
      const { url, seen } = yield* platform(
        answering({
          [methods.queryRefund]: { ...ok, out_trade_no: number, refund_status: "REFUND_SUCCESS", refund_amount: "2.34" }
        })
      )
      const said = yield* speaking(url, (vendors) => vendors.queryRefund(payment(), refund()))
      expect(said).toMatchObject({ kind: "succeeded", source: "query", asked: { version: 3, atMillis: nowMillis } })
      expect(JSON.parse(parametersOf(seen[0])["biz_content"] ?? "")).toEqual({
        out_trade_no: number,
        out_request_no: "RFX20261123000001",
        query_options: ["gmt_refund_pay"]
      })
    }).pipe(Effect.scoped)
  )
})

it.effect("the vendor says what it can, how long it takes, and where the payer goes on to", () =>
  speaking("http://127.0.0.1:1", (vendors) =>
    Effect.gen(function* () {
      const vendor = yield* vendors.get("alipay")
      expect(vendor).toMatchObject({
        kind: "alipay",
        abilities: ["create", "query", "close", "refund", "queryRefund", "notification", "bill"],
        createTimeLimitMillis: 2000,
        settlingMillis: 300_000,
        graceMillis: 60_000
      })
      const prepared = yield* vendors.prepare(payment(), details)
      expect(yield* vendors.onward(payment(), prepared)).toBe("https://shop.example/thanks")
      expect(yield* vendors.onward(payment(), "{}")).toBe(null)
      expect(yield* vendors.returned(payment(), { out_trade_no: number })).toBe(null)
      const operation = { no: `${number}C1`, kind: "capture", amountMinor: 1n, unknownCalls: 0 } as const
      for (const call of [vendors.capture, vendors.complete])
        expect(yield* Effect.flip(call(payment(), operation, never))).toMatchObject({ code: "NOT_SUPPORTED" })
    })
  )
)
