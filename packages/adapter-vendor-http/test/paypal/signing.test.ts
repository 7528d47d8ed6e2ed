import { X509Certificate } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, TestClock } from "effect"
import { describe } from "vitest"
import type { Call, Send } from "../../src/Http.ts"
import * as Certificates from "../../src/paypal/certificates.ts"
import { certificatesOf } from "../../src/paypal/config.ts"
import * as Notification from "../../src/paypal/notification.ts"
import { signedText } from "../../src/paypal/signing.ts"
import { chain } from "./authority.ts"
import { at } from "./desk.ts"
import { vectors } from "./vectors.ts"

const nowMillis = Date.UTC(2026, 10, 26)
const certificates = { authorities: vectors.trust_anchor_pem }
const config = at("https://api-m.paypal.com", { certificates, webhookId: vectors.webhook_id })

/** A host that has this file, and what it was asked for. */
const host = (pem: string, status = 200) => {
  const calls: Array<Call> = []
  const send: Send = (call) =>
    Effect.sync(() => {
      calls.push(call)
      return { status, headers: {}, text: pem, askedAtMillis: 0 }
    })
  return { calls, send }
}

const incoming = ({ headers, body }: (typeof vectors.cases)[number]) => ({
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  body: Buffer.from(body)
})

const received = (one: (typeof vectors.cases)[number], configured = config) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(nowMillis)
    const { send } = host(vectors.certificates[one.certificate])
    const signerAt = yield* Certificates.make(configured, send)
    return yield* Effect.either(Notification.read(incoming(one), { config: configured, send }, signerAt))
  })

describe("a delivery of the vectors", () => {
  it.effect.each(vectors.cases)("$name: $expect", (one) =>
    Effect.gen(function* () {
      const verified = yield* received(one)
      expect(Either.isRight(verified) ? "accept" : "reject").toBe(one.expect)
      if (Either.isRight(verified)) expect(verified.right.reply.status).toBe(200)
      else expect(verified.left.reply.status).toBe(401)
    })
  )

  it.each(vectors.cases.filter((one) => one.expect === "accept"))(
    "$name has the signed text of the other library",
    (one) => {
      const transmission = {
        id: one.headers["PAYPAL-TRANSMISSION-ID"] ?? "",
        time: one.headers["PAYPAL-TRANSMISSION-TIME"] ?? ""
      }
      expect(signedText(transmission, vectors.webhook_id, Buffer.from(one.body))).toBe(one.signed_text)
    }
  )

  it.effect.each<readonly [string, string]>([
    ["tampered-body", "SIGNATURE"],
    ["reserialised-body", "SIGNATURE"],
    ["other-webhook-id", "SIGNATURE"],
    ["rogue-certificate", "CERTIFICATE"],
    ["other-subject-certificate", "CERTIFICATE"],
    ["expired-certificate", "CERTIFICATE"],
    ["bad-signature-base64", "SIGNATURE"],
    ["unknown-algo", "SIGNATURE"],
    ["missing-header", "SIGNATURE"]
  ])("%s is refused for its %s", ([name, reason]) =>
    Effect.gen(function* () {
      const one = vectors.cases.find((candidate) => candidate.name === name)
      if (one === undefined) return expect.unreachable(name)
      expect(Either.getOrThrow(Either.flip(yield* received(one))).reason).toBe(reason)
    })
  )
})

describe("the address of a certificate", () => {
  const sandbox = at("https://api-m.sandbox.paypal.com", { certificates: {} })
  const live = at("https://api-m.paypal.com", { certificates: {} })
  const isAllowed = (url: string, configured: typeof config) =>
    Certificates.placeOf(url, certificatesOf(configured).origins) !== null

  it.each(vectors.cert_url_policy)("$url: $expect", ({ url, expect: expected }) => {
    expect(isAllowed(url, live)).toBe(expected === "allow")
    expect(isAllowed(url, sandbox)).toBe(expected === "allow only when configured for sandbox")
  })

  it.each([
    "https://api.paypal.com/v1/notifications/certs/",
    "https://api.paypal.com/v1/notifications/certs/../x",
    "https://api.paypal.com/v1/notifications/certs/..",
    "https://api.paypal.com/v1/notifications/certs/.",
    "https://api.paypal.com/v1/notifications/certs/a/b",
    "https://api.paypal.com/v1/notifications/certs/a?b",
    "https://api.paypal.com/v1/notifications/certs/a#b",
    "https://api.paypal.com/v1/notifications/certs/a%2fb",
    "https://api.paypal.com/v1/notifications/certs/a\n",
    "https://api.paypal.com//v1/notifications/certs/a",
    "https://api.paypal.com/v1/notifications/certs2/a",
    " https://api.paypal.com/v1/notifications/certs/a",
    `https://api.paypal.com/v1/notifications/certs/${"a".repeat(201)}`
  ])("%j is not one either", (url) => expect(isAllowed(url, live)).toBe(false))

  it.effect("that is not PayPal's is asked for nothing", () =>
    Effect.gen(function* () {
      const { calls, send } = host(vectors.certificates.good)
      const signerAt = yield* Certificates.make(config, send)
      for (const { url, expect: expected } of vectors.cert_url_policy) {
        if (expected === "allow") continue
        expect(yield* Effect.flip(signerAt(url))).toMatchObject({ reason: "KEY" })
      }
      expect(calls).toEqual([])
    })
  )
})

const url = "https://api.paypal.com/v1/notifications/certs/CERT-1"

describe("a certificate", () => {
  it.effect("is asked for as it is addressed, and once for many", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      const gate = yield* Deferred.make<void>()
      const { calls, send } = host(vectors.certificates.good)
      const slow: Send = (call, limit) => Effect.zipLeft(send(call, limit), Deferred.await(gate))
      const signerAt = yield* Certificates.make(config, slow)
      const all = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 20 }, () => signerAt(url)),
          { concurrency: 20 }
        )
      )
      yield* Effect.yieldNow()
      yield* Deferred.succeed(gate, undefined)
      expect((yield* Fiber.join(all)).length).toBe(20)
      yield* signerAt(url)
      expect(calls).toEqual([
        {
          origin: "https://api.paypal.com",
          path: "/v1/notifications/certs/CERT-1",
          method: "GET",
          headers: ["accept", "*/*"],
          body: null
        }
      ])
    })
  )

  it.effect("is asked for again after a day, and one that was not had, at once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      let status = 503
      let calls = 0
      const send: Send = () =>
        Effect.sync(() => {
          calls += 1
          return { status, headers: {}, text: vectors.certificates.good, askedAtMillis: 0 }
        })
      const signerAt = yield* Certificates.make(config, send)
      expect(yield* Effect.flip(signerAt(url))).toMatchObject({ reason: "UNAVAILABLE" })
      status = 200
      yield* signerAt(url)
      yield* TestClock.adjust("23 hours")
      yield* signerAt(url)
      expect(calls).toBe(2)
      yield* TestClock.adjust("2 hours")
      yield* signerAt(url)
      expect(calls).toBe(3)
    })
  )

  it.effect("of many addresses is asked for at four of them at a time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      const gate = yield* Deferred.make<void>()
      const { calls, send } = host(vectors.certificates.good)
      const slow: Send = (call, limit) => Effect.zipLeft(send(call, limit), Deferred.await(gate))
      const signerAt = yield* Certificates.make(config, slow)
      const urls = Array.from({ length: 10 }, (_, index) => `${url}${index}`)
      const all = yield* Effect.fork(Effect.forEach(urls, signerAt, { concurrency: 10 }))
      for (let turn = 0; turn < 100; turn += 1) yield* Effect.yieldNow()
      expect(calls.length).toBe(4)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(all)
      expect(calls.length).toBe(10)
    })
  )

  it.effect("of many addresses is not kept for all of them", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      const { calls, send } = host(vectors.certificates.good)
      const signerAt = yield* Certificates.make(config, send)
      for (let index = 0; index < 40; index += 1) yield* signerAt(`${url}${index}`)
      yield* signerAt(`${url}0`)
      expect(calls.length).toBe(41)
    })
  )

  it.effect("that is kept stays so while strangers name many others", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      const gate = yield* Deferred.make<void>()
      const { calls, send } = host(vectors.certificates.good)
      const nowhere = host("", 404)
      const slow: Send = (call, limit) =>
        `${call.origin}${call.path}` === url
          ? send(call, limit)
          : Effect.zipLeft(nowhere.send(call, limit), Deferred.await(gate))
      const signerAt = yield* Certificates.make(config, slow)
      yield* signerAt(url)
      const urls = Array.from({ length: 100 }, (_, index) => `${url}${index}`)
      const others = yield* Effect.fork(Effect.forEach(urls, (one) => Effect.flip(signerAt(one)), { concurrency: 100 }))
      for (let turn = 0; turn < 1000; turn += 1) yield* Effect.yieldNow()
      yield* signerAt(url)
      yield* Deferred.succeed(gate, undefined)
      const said = yield* Fiber.join(others)
      expect(new Set(said.map(({ reason }) => reason))).toEqual(new Set(["UNAVAILABLE"]))
      yield* signerAt(url)
      expect(calls.length).toBe(1)
      expect(nowhere.calls.length).toBe(16)
    })
  )

  it.effect.each([301, 302, 404, 500])("that is answered with HTTP %i may come again", (status) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      const { send } = host(vectors.certificates.good, status)
      const signerAt = yield* Certificates.make(config, send)
      expect(yield* Effect.flip(signerAt(url))).toMatchObject({ reason: "UNAVAILABLE" })
    })
  )

  it.effect("that is no file of certificates, or a large one, is not taken", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      const reasonOf = (pem: string) =>
        Effect.gen(function* () {
          const signerAt = yield* Certificates.make(config, host(pem).send)
          return (yield* Effect.flip(signerAt(url))).reason
        })
      const { good } = vectors.certificates
      expect(yield* reasonOf("")).toBe("CERTIFICATE")
      expect(yield* reasonOf("<html>")).toBe("CERTIFICATE")
      expect(yield* reasonOf(good.replace("MII", "AII"))).toBe("CERTIFICATE")
      expect(yield* reasonOf(good.repeat(9))).toBe("CERTIFICATE")
      expect(yield* reasonOf(`${good}${" ".repeat(32_768)}`)).toBe("UNAVAILABLE")
    })
  )

  it.effect("that runs out while it is kept is asked for anew, and refused if it still has", () =>
    Effect.gen(function* () {
      const { root, pem } = yield* Effect.promise(() => chain({ days: 1 }))
      const calls: Array<Call> = []
      let file = pem
      const send: Send = (call) =>
        Effect.sync(() => {
          calls.push(call)
          return { status: 200, headers: {}, text: file, askedAtMillis: 0 }
        })
      const ours = at("https://api-m.paypal.com", { certificates: { authorities: root } })
      const signerAt = yield* Certificates.make(ours, send)
      yield* TestClock.setTime(nowMillis - 1)
      expect(yield* Effect.flip(signerAt(url))).toMatchObject({ reason: "CERTIFICATE" })
      yield* TestClock.setTime(nowMillis + 1000)
      yield* signerAt(url)
      yield* TestClock.setTime(nowMillis + 86_400_000 + 1000)
      expect(yield* Effect.flip(signerAt(url))).toMatchObject({ reason: "CERTIFICATE" })
      expect(calls.length).toBe(2)
      file = (yield* Effect.promise(() => chain({ days: 9 }))).pem
      yield* signerAt(url)
      expect(calls.length).toBe(3)
    })
  )
})

describe("a chain", () => {
  const verdict = async (options: Parameters<typeof chain>[0]) => {
    const { pem, root } = await chain(options)
    return Either.match(
      Certificates.signerOf(pem, "messageverificationcerts.paypal.com", [new X509Certificate(root)]),
      { onLeft: ({ detail }) => detail, onRight: () => "vouched for" }
    )
  }
  const unvouched = "No trusted authority vouches for the signer's certificate."

  it.each<readonly [string, Parameters<typeof chain>[0], string]>([
    ["from a root itself", {}, "vouched for"],
    ["through one between", { between: 1 }, "vouched for"],
    ["through three between", { between: 3 }, "vouched for"],
    ["through three between, in another order", { between: 3, shuffled: true }, "vouched for"],
    ["with one between left out", { between: 2, without: 1 }, unvouched],
    ["through one that is no authority", { between: 1, isAuthority: false }, unvouched],
    ["from another root of the same name", { otherRoot: true }, unvouched],
    [
      "to another subject",
      { subject: "CN=messageverificationcerts.paypal.com.evil.example" },
      "The signer's certificate has another subject."
    ],
    [
      "to two subjects",
      { subject: "CN=messageverificationcerts.paypal.com, CN=evil.example" },
      "The signer's certificate has another subject."
    ],
    ["with a key that is too short", { bits: 1024 }, "The signer's key is not RSA of at least 2048 bits."]
  ])("%s", async (_, options, expected) => expect(await verdict(options)).toBe(expected))

  it("of a root alone vouches for nobody", async () => {
    const { root } = await chain({ subject: "CN=x", rootSubject: "CN=messageverificationcerts.paypal.com" })
    const alone = Certificates.signerOf(root, "messageverificationcerts.paypal.com", [])
    expect(Either.isLeft(alone)).toBe(true)
  })
})
