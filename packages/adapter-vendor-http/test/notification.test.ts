import { expect, it } from "@effect/vitest"
import { aPayment } from "@payment-proxy/testkit"
import { Either } from "effect"
import { Webhook } from "standardwebhooks"
import { read } from "../src/mapped/notification.ts"
import { at, encoded } from "./mapping.ts"

const config = { ...at("http://127.0.0.1:1"), name: "platform" }
const number = aPayment().payOrderNo
const nowMillis = Date.UTC(2026, 10, 23, 8)
const peer = new Webhook(encoded.notification.secret)

const body = (changes: object = {}) =>
  JSON.stringify({
    type: "payment.succeeded",
    data: {
      id: "pay_1",
      merchant_id: "merchant-tests",
      merchant_payment_no: number,
      status: "SUCCEEDED",
      amount: 1234,
      currency: "CNY",
      ...changes
    }
  })

/** A notification as an independent library signs it. */
const signed = (text: string, atMillis = nowMillis) => ({
  headers: {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(atMillis / 1000)),
    "webhook-signature": peer.sign("msg_1", new Date(atMillis), text)
  },
  body: new TextEncoder().encode(text)
})

const verdict = (incoming: Parameters<typeof read>[0], configured = config) =>
  Either.match(read(incoming, configured, nowMillis), {
    onLeft: ({ detail }) => detail,
    onRight: ({ evidence }) => evidence?.kind ?? "ask"
  })

it("a signed notification is evidence about the order that it names", () => {
  const verified = Either.getOrThrow(read(signed(body()), config, nowMillis))
  expect(verified.subject).toEqual({ by: "merchantOrderNo", no: number })
  expect(verified.evidence).toMatchObject({ kind: "paid", source: "notification", asked: null })
  expect(verified.reply.status).toBe(204)
})

it("another amount is evidence, too: the machine holds the order for it", () => {
  const verified = Either.getOrThrow(read(signed(body({ amount: 1235 })), config, nowMillis))
  expect(verified.evidence?.amount?.amountMinor).toBe(1235n)
})

it("one altered byte, a wrong key, a missing header are refused", () => {
  const good = signed(body())
  const altered = Uint8Array.from(good.body, (byte, index) => (index === 5 ? byte ^ 1 : byte))
  expect(verdict({ ...good, body: altered })).toBe("No signature is right.")
  const forged = new Webhook("whsec_YW5vdGhlciBzZWNyZXQgb2Ygc29tZWJvZHkgZWxzZQ==").sign(
    "msg_1",
    new Date(nowMillis),
    body()
  )
  expect(verdict({ ...good, headers: { ...good.headers, "webhook-signature": forged } })).toBe("No signature is right.")
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"])
    expect(verdict({ ...good, headers: { ...good.headers, [name]: undefined } })).toBe("A signature header is missing.")
})

it("exactly 300 s passes, 301 s do not, either way; a timestamp that is no number does not", () => {
  for (const [seconds, expected] of [
    [300, "paid"],
    [-300, "paid"],
    [301, "refused"],
    [-301, "refused"]
  ] as const) {
    const got = verdict(signed(body(), nowMillis + seconds * 1000))
    expect(got === "paid" ? "paid" : "refused").toBe(expected)
  }
  const good = signed(body())
  const lenient = { ...good.headers, "webhook-timestamp": `${good.headers["webhook-timestamp"]}abc` }
  expect(verdict({ ...good, headers: lenient })).toBe("The timestamp is not a number of seconds.")
})

it("of several signatures one is enough, and unknown versions are passed over", () => {
  const good = signed(body())
  const several = `v1a,AAAA v1,${btoa("x".repeat(32))} ${good.headers["webhook-signature"]}`
  expect(verdict({ ...good, headers: { ...good.headers, "webhook-signature": several } })).toBe("paid")
})

it("another merchant's notification is refused, though signed", () => {
  expect(verdict(signed(body({ merchant_id: "merchant-foreign" })))).toBe("It is about another merchant.")
})

it("a signed one that is not understood makes the vendor be asked", () => {
  expect(verdict(signed(body({ status: undefined })))).toBe("ask")
})

it("without a secret a notification is a hint, and proves nothing", () => {
  const unsigned = { ...at("http://127.0.0.1:1", { notification: { payment: "/data" } }), name: "platform" }
  expect(verdict({ headers: {}, body: new TextEncoder().encode(body()) }, unsigned)).toBe("ask")
})

it("signed nonsense is refused", () => {
  expect(verdict(signed("{"))).toBe("The body is not JSON.")
  expect(verdict(signed('{"data":{}}'))).toBe("The body names no order.")
  expect(verdict(signed(body({ merchant_payment_no: "9".repeat(257) })))).toBe("The body names no order.")
})

it("each refusal has its reason, by which it is counted", () => {
  const reasonOf = (incoming: Parameters<typeof read>[0]) =>
    Either.match(read(incoming, config, nowMillis), { onLeft: ({ reason }) => reason, onRight: () => null })
  const good = signed(body())
  const forged = { ...good, headers: { ...good.headers, "webhook-signature": "v1,AAAA" } }
  expect([good, forged, signed(body(), nowMillis - 301_000), signed("{")].map(reasonOf)).toEqual([
    null,
    "SIGNATURE",
    "STALE",
    "CONTENT"
  ])
  expect(reasonOf(signed(body({ merchant_id: "merchant-foreign" })))).toBe("FOREIGN")
})
