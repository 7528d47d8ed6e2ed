import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { aPayment } from "@payment-proxy/testkit"
import { Either, Schema } from "effect"
import { MappedConfig } from "../src/index.ts"
import { prepare } from "../src/mapped/requests.ts"
import { at, encoded } from "./mapping.ts"

const config = { ...at("http://127.0.0.1:1"), name: "platform" }
const details = { description: "Travel insurance", payer: { openId: "o-1" }, returnUrl: "https://shop.example/done" }
const payment = aPayment()

it("the request holds the order as the mapping says, and leaves out what is not there", () => {
  const { path, headers, body } = JSON.parse(
    Either.getOrThrow(prepare(payment, { ...details, returnUrl: null }, config))
  )
  expect(path).toBe("/payments")
  expect(headers["idempotency-key"]).toBe(`"${payment.payOrderNo}"`)
  expect(JSON.parse(body)).toEqual({
    merchant_payment_no: payment.payOrderNo,
    amount: 1234,
    currency: "CNY",
    scene: "WEB",
    subject: "Travel insurance",
    notify_url: "http://127.0.0.1:1/notify/platform",
    expires_at: new Date(payment.expiresAtMillis).toISOString(),
    channel: "proxy"
  })
})

it("names everything that the vendor cannot do or misses, at once", () => {
  const body = { ...encoded.create.body, buyer: { from: "payer.buyerId", required: true } }
  const strict = {
    ...at("http://127.0.0.1:1", { methods: ["CARD"], sources: ["QR"], create: { path: "/p", body } }),
    name: "platform"
  }
  const huge = aPayment({ amount: Money.make(2n ** 53n, "CNY"), capture: "manual" })
  const faults = Either.match(prepare(huge, details, strict), { onLeft: (unfit) => unfit.faults, onRight: () => [] })
  expect(faults.map(({ pointer }) => pointer)).toEqual([
    "/method",
    "/source",
    "/amount/value",
    "/capture",
    "/payer/buyerId"
  ])
})

const faultsOf = (changes: object) =>
  Either.match(Schema.decodeUnknownEither(MappedConfig, { errors: "all" })({ ...encoded, ...changes }), {
    onLeft: ({ message }) => message,
    onRight: () => ""
  })

it.each([
  ["a status that means what this kind cannot do", { statuses: { HELD: "authorized" } }, "cannot capture"],
  ["a pointer that is none", { notification: { payment: "data" } }, "JSON Pointer"],
  ["a path that is none", { query: { path: "payments/{id}" } }, "begins with /"],
  ["a secret that is none", { notification: { payment: "/data", secret: "hush" } }, "whsec_"],
  ["an address that is none", { baseUrl: "platform" }, "http or https address"]
])("a configuration with %s is refused in words", (_, changes, words) => {
  expect(faultsOf(changes)).toContain(words)
})
