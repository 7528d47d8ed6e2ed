import { randomBytes } from "node:crypto"
import { Examples } from "@payment-proxy/api"
import { Either } from "effect"
import { Webhook as Witness } from "standardwebhooks"
import { assert, describe, expect, it } from "vitest"
import { Webhook } from "../src/index.ts"
import { PaymentProxyError, verifyWebhook } from "../src/Promise.ts"

/** Throwaway secrets of tests. */
const secretOf = () => `whsec_${randomBytes(32).toString("base64")}`
const [current, before, another] = [secretOf(), secretOf(), secretOf()]
const nowMillis = Date.parse("2026-11-23T08:01:31.008Z")
const id = "evt_01"
const text = JSON.stringify(Examples.event)

const signed = (body: string, secrets = [current], at = new Date(nowMillis)) => ({
  "webhook-id": id,
  "webhook-timestamp": `${Math.floor(at.getTime() / 1000)}`,
  "webhook-signature": secrets.map((secret) => new Witness(secret).sign(id, at, body)).join(" ")
})

const verified = (over: Partial<Webhook.Delivery> = {}) =>
  Webhook.verify({ secrets: [current], headers: signed(text), body: Buffer.from(text), nowMillis, ...over })

const codeOf = (result: Either.Either<unknown, Webhook.WebhookRefused>) =>
  Either.match(result, { onLeft: ({ code }) => code, onRight: () => "TAKEN" })

describe("a delivery", () => {
  it("that another library of the scheme signed is an event with its order", () => {
    const event = Either.getOrThrow(verified())
    expect(event).toEqual({ kind: "order", id, ...Examples.event })
    assert.strictEqual(event.kind === "order" ? event.data.status : "", "SUCCEEDED")
  })

  it("about a refund is an event with its refund", () => {
    const body = JSON.stringify(Examples.refundEvent)
    const event = Either.getOrThrow(verified({ body, headers: signed(body) }))
    assert.strictEqual(event.kind === "refund" ? event.data.refundNo : "", Examples.refunded.refundNo)
  })

  it("of the scheme's own example is taken: its secret, id, time and signature", () => {
    // https://github.com/standard-webhooks/standard-webhooks, the test vector that its libraries share.
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    }
    const result = Webhook.verify({
      secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
      headers,
      body: '{"test": 2432232314}',
      nowMillis: 1_614_265_330_000
    })
    // The signature is right; what it signs has no type.
    assert.strictEqual(codeOf(result), "BODY_UNREADABLE")
  })

  it("is taken with either of two live secrets, and while both sign", () => {
    const pairs = [
      [[current], [current, before]],
      [[current], [before, current]],
      [[before], [current, before]],
      [
        [current, before],
        [before, another]
      ]
    ] as const
    for (const [signers, secrets] of pairs)
      assert.strictEqual(codeOf(verified({ secrets, headers: signed(text, [...signers]) })), "TAKEN")
    assert.strictEqual(
      codeOf(verified({ secrets: [another], headers: signed(text, [current, before]) })),
      "SIGNATURE_WRONG"
    )
  })

  it("is taken with signatures of other versions beside its own, and with none but those refused", () => {
    const { "webhook-signature": signature, ...rest } = signed(text)
    const with_ = (header: string) => codeOf(verified({ headers: { ...rest, "webhook-signature": header } }))
    assert.strictEqual(with_(`v1a,AAAA v2,BBBB ${signature}`), "TAKEN")
    for (const header of ["v1,", "v1", "v2,AAAA", signature.replace("v1,", "v2,"), signature.replace("v1,", ""), "x"])
      assert.strictEqual(with_(header), "SIGNATURE_WRONG", header)
  })

  it("is verified over the bytes as they came, in any script and spacing", () => {
    const body = Buffer.from(`{ "type" : "order.succeeded",\n "data": { "描述": "旅行险 3 天" } }`)
    assert.strictEqual(codeOf(verified({ body, headers: signed(body.toString()) })), "TAKEN")
    const again = Buffer.from(JSON.stringify(JSON.parse(body.toString())))
    assert.strictEqual(codeOf(verified({ body: again, headers: signed(body.toString()) })), "SIGNATURE_WRONG")
  })

  it("whose id, time, body or signature was changed by a single character is refused", () => {
    const headers = signed(text)
    const changes: ReadonlyArray<Partial<Webhook.Delivery>> = [
      { headers: { ...headers, "webhook-id": "evt_02" } },
      { headers: { ...headers, "webhook-timestamp": `${Number(headers["webhook-timestamp"]) + 1}` } },
      { body: text.replace("12.34", "12.35") },
      { body: `${text} ` },
      { headers: { ...headers, "webhook-signature": headers["webhook-signature"].replace(/,./, ",-") } }
    ]
    for (const change of changes) assert.strictEqual(codeOf(verified(change)), "SIGNATURE_WRONG")
  })

  it("is refused with a signature that is written otherwise, though it stands for the same bytes", () => {
    const { "webhook-signature": signature, ...rest } = signed(text)
    const with_ = (header: string) => codeOf(verified({ headers: { ...rest, "webhook-signature": header } }))
    const bytes = Buffer.from(signature.slice("v1,".length), "base64")
    // The last sign before the filling has two bits that stand for nothing.
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".indexOf(signature.at(-2) ?? "")
    const next = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[last ^ 1]
    const others = [
      `v1,${bytes.toString("base64").replace("=", "")}`,
      `${signature}=`,
      signature.replace(/.=$/, `${next}=`)
    ]
    for (const other of others) {
      assert.isTrue(Buffer.from(other.slice("v1,".length), "base64").equals(bytes))
      assert.strictEqual(with_(other), "SIGNATURE_WRONG", other)
    }
    assert.strictEqual(with_(signature), "TAKEN")
  })

  it("is refused when it is more than five minutes old or ahead, and taken up to that", () => {
    const at = (seconds: number) =>
      codeOf(verified({ headers: signed(text, [current], new Date(nowMillis + seconds * 1000)) }))
    assert.deepStrictEqual(
      [at(-300), at(300), at(-301), at(301)],
      ["TAKEN", "TAKEN", "TIMESTAMP_TOO_OLD", "TIMESTAMP_TOO_NEW"]
    )
    assert.strictEqual(codeOf(verified({ toleranceMillis: 0 })), "TAKEN")
  })

  it("without its headers, or with one twice, is refused; their case and kind do not matter", () => {
    const headers = signed(text)
    for (const name of Object.keys(headers))
      for (const value of [undefined, "", ["a", "b"]])
        assert.strictEqual(codeOf(verified({ headers: { ...headers, [name]: value } })), "HEADERS_MISSING")
    assert.strictEqual(codeOf(verified({ headers: { ...headers, "webhook-timestamp": "soon" } })), "HEADERS_MISSING")
    assert.strictEqual(codeOf(verified({ headers: { ...headers, "Webhook-Id": "evt_02" } })), "HEADERS_MISSING")
    assert.strictEqual(codeOf(verified({ headers: new Headers(headers) })), "TAKEN")
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
    assert.strictEqual(codeOf(verified({ headers: upper })), "TAKEN")
  })

  it("with a secret that is none is refused, and shows none of it", () => {
    for (const secrets of [[], ["hunter2"], ["whsec_"], ["whsec_hunter2!"], [current, "whsec_hunter2"]]) {
      const refused = Either.getOrThrow(Either.flip(verified({ secrets })))
      assert.strictEqual(refused.code, "SECRET_INVALID")
      assert.notInclude(refused.message, "hunter2")
    }
  })

  it("of a newer gateway is let through with what this version does not know", () => {
    const unknownType = JSON.stringify({
      type: "payout.sent",
      timestamp: "2026-11-23T08:00:00.000Z",
      data: { payoutNo: "1" }
    })
    assert.deepStrictEqual(Either.getOrThrow(verified({ body: unknownType, headers: signed(unknownType) })), {
      kind: "other",
      id,
      type: "payout.sent",
      timestamp: "2026-11-23T08:00:00.000Z",
      data: { payoutNo: "1" }
    })
    const moreFields = JSON.stringify({ ...Examples.event, data: { ...Examples.paid, settledBy: "bank" } })
    expect(Either.getOrThrow(verified({ body: moreFields, headers: signed(moreFields) }))).toMatchObject({
      kind: "order",
      data: { status: "SUCCEEDED", settledBy: "bank" }
    })
    const newWord = JSON.stringify({ ...Examples.event, data: { ...Examples.paid, method: "CARRIER_PIGEON" } })
    expect(Either.getOrThrow(verified({ body: newWord, headers: signed(newWord) }))).toMatchObject({
      kind: "other",
      type: "order.succeeded",
      data: { method: "CARRIER_PIGEON" }
    })
  })

  it("is verified, or refused by an error with a code, for callers without Effect", () => {
    const at = new Date()
    const event = verifyWebhook({ secrets: [current], headers: signed(text, [current], at), body: text })
    assert.strictEqual(event.type, "order.succeeded")
    const codes = [
      { headers: {}, body: text },
      { headers: signed(text), body: text },
      { headers: signed(text, [another], at), body: text },
      { headers: signed(text, [current], at), body: JSON.parse(text) }
    ].map((delivery) => {
      try {
        return verifyWebhook({ secrets: [current], ...delivery }).type
      } catch (error) {
        return error instanceof PaymentProxyError ? error.code : String(error)
      }
    })
    assert.deepStrictEqual(codes, ["HEADERS_MISSING", "TIMESTAMP_TOO_OLD", "SIGNATURE_WRONG", "BODY_UNREADABLE"])
  })
})
