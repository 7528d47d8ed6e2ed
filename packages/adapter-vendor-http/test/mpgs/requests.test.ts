import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { aPayment } from "@payment-proxy/testkit"
import { Either, FastCheck as fc } from "effect"
import { describe } from "vitest"
import * as Requests from "../../src/mpgs/requests.ts"
import * as Signing from "../../src/mpgs/signing.ts"
import { configured, number, operation, payment, refund, refundNo, vectors } from "./sample.ts"

const config = configured()
const details = { description: `Order ${number}`, payer: {}, returnUrl: "https://shop.example/done" }

const prepared = (of = payment, given = details, by = config) =>
  JSON.parse(Either.getOrThrow(Requests.prepare(of, given, by)))
const bodyOf = (...given: Parameters<typeof prepared>) => JSON.parse(prepared(...given).body)
const pointers = (of: typeof payment) =>
  Either.match(Requests.prepare(of, details, config), {
    onLeft: ({ faults }) => faults.map(({ pointer }) => pointer),
    onRight: () => []
  })

it("a create is the vectors' request, with a way back and a limit of time", () => {
  const { method, path, body } = vectors.initiateCheckout.request
  const call = Either.getOrThrow(Requests.createCall(JSON.stringify(prepared()), config))
  expect(call).toMatchObject({ method, path, origin: "https://gateway.example" })
  expect(call.headers).toEqual(["content-type", "application/json;charset=UTF-8"])
  const back = `https://pay.example.com/return/mpgs?order=${payment.payOrderNo}`
  const sent = JSON.parse(call.body ?? "")
  expect(sent).toEqual({
    ...body,
    interaction: { ...body.interaction, returnUrl: back, cancelUrl: back, timeout: 900, timeoutUrl: back },
    order: { ...body.order, reference: number },
    transaction: { reference: number }
  })
})

it("we are known by the vectors' header", () => {
  expect(Signing.basic(config.merchantId, config.password ?? expect.fail())).toBe(vectors.auth.header)
})

it("held funds are asked for where the app captures by itself", () => {
  expect(bodyOf(aPayment({ ...payment, capture: "manual" })).interaction.operation).toBe("AUTHORIZE")
})

it("the same order is the same text, and its bytes go out as they were stored", () => {
  fc.assert(
    fc.property(fc.fullUnicodeString(), fc.bigInt({ min: 1n, max: 10n ** 12n }), (description, minor) => {
      const of = aPayment({ ...payment, amount: Money.make(minor, "USD") })
      const first = Requests.prepare(of, { ...details, description }, config)
      expect(Requests.prepare(of, { ...details, description }, config)).toEqual(first)
      const text = Either.getOrThrow(first)
      expect(Either.getOrThrow(Requests.createCall(text, config)).body).toBe(JSON.parse(text).body)
    })
  )
})

it.each([
  [1234n, "USD", "12.34"],
  [1234n, "JPY", "1234"],
  [1234n, "KWD", "1.234"],
  [5n, "BHD", "0.005"]
] as const)("%s minor units of %s go out as %s", (minor, currency, text) => {
  expect(bodyOf(aPayment({ ...payment, amount: Money.make(minor, currency) })).order).toMatchObject({
    amount: text,
    currency
  })
})

it("all that the gateway cannot do is named at once", () => {
  const of = aPayment({ method: "ALIPAY", source: "QR", amount: Money.make(10n ** 14n, "USD") })
  expect(pointers(of)).toEqual(["/method", "/source", "/amount/value"])
  expect(pointers(aPayment({ ...payment, amount: Money.make(10n ** 13n - 1n, "USD") }))).toEqual([])
  for (const source of ["WEB", "H5", "APP"] as const) expect(pointers(aPayment({ ...payment, source }))).toEqual([])
  for (const source of ["JSAPI", "MINI_PROGRAM"] as const)
    expect(pointers(aPayment({ ...payment, source }))).toEqual(["/source"])
})

describe("a description", () => {
  const description = (text: string) => bodyOf(payment, { ...details, description: text }).order.description

  it("is one line of at most 127, with no letter cut in half", () => {
    expect(description("a\r\n\tb\u0000c")).toBe("a b c")
    expect(description("x".repeat(200))).toBe("x".repeat(127))
    expect(description("😀".repeat(100))).toBe("😀".repeat(63))
    expect(description(" \n")).toBe(`Order ${number}`)
  })

  it("is never refused, and always fits", () => {
    fc.assert(
      fc.property(fc.fullUnicodeString({ maxLength: 400 }), (text) => {
        const said = description(text)
        expect(said.length).toBeGreaterThan(0)
        expect(said.length).toBeLessThanOrEqual(127)
        expect(said.isWellFormed()).toBe(true)
      })
    )
  })
})

it("no reference of ours is one that the gateway's simulator obeys", () => {
  const { order, transaction } = bodyOf(aPayment({ ...payment, merchantOrderNo: payment.payOrderNo }))
  expect(order.reference).toBe(payment.payOrderNo)
  expect([order.reference, transaction.reference].some((text) => text.startsWith("TEST-"))).toBe(false)
})

it("the payer is sent on to the app's page, where it named one", () => {
  const text = (returnUrl: string | null) => JSON.stringify(prepared(payment, { ...details, returnUrl } as never))
  expect(Requests.onward(text("https://shop.example/done"))).toBe("https://shop.example/done")
  expect(Requests.onward(text(null))).toBeNull()
  expect(Requests.onward("{")).toBeNull()
})

it("the other calls name order and transaction, each under our number", () => {
  const base = `/api/rest/version/100/merchant/TESTMERCHANT1/order/${number}`
  expect(Requests.orderCall(payment, config)).toMatchObject({ method: "GET", path: base, body: null })
  expect(Requests.orderCall(payment, config).path).toBe(vectors.retrieveOrder.path)
  expect(Requests.transactionCall(payment, refundNo, config).path).toBe(`${base}/transaction/${refundNo}`)
  const capture = Requests.captureCall(payment, operation, config)
  expect(capture).toMatchObject({ method: "PUT", path: `${base}/transaction/${operation.no}` })
  expect(JSON.parse(capture.body ?? "")).toEqual({
    apiOperation: "CAPTURE",
    transaction: { amount: "12.34", currency: "USD" }
  })
  const back = Requests.refundCall(payment, refund, config)
  expect(back).toMatchObject({ method: "PUT", path: `${base}/transaction/${refundNo}` })
  expect(JSON.parse(back.body ?? "")).toEqual({
    apiOperation: "REFUND",
    transaction: { amount: "2.34", currency: "USD", reference: refundNo }
  })
  const release = Requests.voidCall(payment, `${number}V`, "1", config)
  expect(release).toMatchObject({ method: "PUT", path: `${base}/transaction/${number}V` })
  expect(JSON.parse(release.body ?? "")).toEqual({ apiOperation: "VOID", transaction: { targetTransactionId: "1" } })
})

it("a number with odd characters stays one part of the path", () => {
  const odd = aPayment({ ...payment, merchantOrderNo: "a/b ?c" })
  expect(Requests.orderCall(odd, config).path.endsWith("/order/a%2Fb%20%3Fc")).toBe(true)
})
