import { expect, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import { describe } from "vitest"
import * as Notification from "../../src/mpgs/notification.ts"
import { configured, number, vectors } from "./sample.ts"

const config = configured()
const headers: Record<string, string> = Object.fromEntries(
  Object.entries<string>(vectors.webhook.headers).map(([name, value]) => [name.toLowerCase(), value])
)

const incoming = (changes: object = {}, head: Record<string, string | undefined> = {}) => ({
  headers: { ...headers, ...head },
  body: new TextEncoder().encode(JSON.stringify({ ...vectors.webhook.body, ...changes }))
})

const read = (given: Parameters<typeof Notification.read>[0]) => Notification.read(given, config)
const verdict = (given: Parameters<typeof Notification.read>[0]) =>
  Either.match(read(given), { onLeft: ({ reason, reply }) => `${reason} ${reply.status}`, onRight: () => "taken" })

it("a true one is a hint whom to ask about, and proves nothing; it is thanked for with an empty 200", () => {
  expect(Either.getOrThrow(read(incoming()))).toEqual({
    subject: { by: "merchantOrderNo", no: number },
    evidence: null,
    reply: { status: 200, contentType: null, body: "" },
    refusal: { status: 503, contentType: null, body: "" }
  })
})

it("the same again is the same, and its number of attempts changes nothing", () => {
  expect(read(incoming({}, { "x-notification-attempt": "2" }))).toEqual(read(incoming()))
})

it("an altered amount, status or currency still proves nothing: the gateway is asked", () => {
  const order = { ...vectors.webhook.body.order, amount: 99, currency: "EUR", status: "FAILED" }
  expect(Either.getOrThrow(read(incoming({ order }))).evidence).toBeNull()
})

const secret = headers["x-notification-secret"] ?? expect.fail()

describe("what is refused", () => {
  it.each([
    ["no secret", { "x-notification-secret": undefined }],
    ["an empty one", { "x-notification-secret": "" }],
    ["one letter altered", { "x-notification-secret": `X${secret.slice(1)}` }],
    ["a part of it", { "x-notification-secret": secret.slice(0, 31) }],
    ["more than it", { "x-notification-secret": `${secret}0` }],
    ["it twice", { "x-notification-secret": `${secret}, ${secret}` }],
    ["the API password", { "x-notification-secret": vectors.auth.apiPassword }],
    ["another environment's", { "x-notification-secret": "F".repeat(32) }]
  ])("%s in place of the secret", (_, head) => {
    expect(verdict(incoming({}, head))).toBe("SIGNATURE 401")
    expect(verdict(incoming())).toBe("taken")
  })

  it("another merchant's", () => expect(verdict(incoming({ merchant: "OTHER" }))).toBe("FOREIGN 403"))

  it.each([
    ["no merchant", { merchant: undefined }],
    ["no order", { order: undefined }],
    ["an order without a number", { order: {} }],
    ["an empty number", { order: { id: "" } }],
    ["a number that is too long", { order: { id: "9".repeat(41) } }],
    ["a number with a line break", { order: { id: "1\n2" } }]
  ])("one with %s", (_, changes) => expect(verdict(incoming(changes))).toBe("CONTENT 400"))

  it.each([
    ["nothing", ""],
    ["half of it", JSON.stringify(vectors.webhook.body).slice(0, 100)],
    ["no JSON", "merchant=TESTMERCHANT1"],
    ["a list", "[]"],
    ["a nest without end", "[".repeat(60_000)]
  ])("a body that is %s", (_, text) =>
    expect(verdict({ headers, body: new TextEncoder().encode(text) })).toBe("CONTENT 400")
  )

  it("a body that is not UTF-8", () => {
    expect(verdict({ headers, body: Uint8Array.of(0x7b, 0xff, 0x7d) })).toBe("CONTENT 400")
  })

  it("a body of more than 64 KB, before anything else is looked at", () => {
    expect(verdict({ headers: {}, body: new Uint8Array(65_537) })).toBe("CONTENT 400")
    expect(verdict(incoming({ padding: "x".repeat(60_000) }))).toBe("taken")
  })

  it("another content type", () => {
    for (const type of ["text/html", "application/x-www-form-urlencoded", "application/jsonp"])
      expect(verdict(incoming({}, { "content-type": type }))).toBe("CONTENT 400")
    for (const type of ["application/json;charset=UTF-8", "application/json; charset=utf-8", undefined])
      expect(verdict(incoming({}, { "content-type": type }))).toBe("taken")
  })
})

it("without the secret nothing is taken, whatever it holds; no refusal shows anything of it", () => {
  fc.assert(
    fc.property(fc.string(), fc.fullUnicodeString(), (given, text) => {
      fc.pre(given !== secret)
      const refusal = Either.getOrThrow(
        Either.flip(read({ headers: { "x-notification-secret": given }, body: new TextEncoder().encode(text) }))
      )
      expect(refusal.reason).toBe("SIGNATURE")
      expect(refusal.detail).toBe("The secret is another one.")
    })
  )
})

it("with the secret no body is a defect, and none is evidence", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      expect(verdict({ headers, body })).toBe("CONTENT 400")
    })
  )
})
