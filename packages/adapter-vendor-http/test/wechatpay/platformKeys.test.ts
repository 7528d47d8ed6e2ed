import { expect, it } from "@effect/vitest"
import { Effect, Either, Fiber, Ref, Schema, TestClock } from "effect"
import { describe } from "vitest"
import * as Accounts from "../../src/wechatpay/account.ts"
import * as Certificates from "../../src/wechatpay/certificates.ts"
import { type Answer, platform } from "../platform.ts"
import * as Bench from "./bench.ts"
import {
  byCertificate,
  byNextCertificate,
  certificatesAnswer,
  incoming,
  keys,
  nowSeconds,
  sealed,
  signed
} from "./bench.ts"

const good = Bench.notifying(Bench.transaction())
const hour = 3_600_000

const listed = (...all: Parameters<typeof certificatesAnswer>[0][number][]): Answer =>
  signed(200, certificatesAnswer(all), byCertificate)

const one = listed(keys.platformCertificate)
const two = listed(keys.platformCertificate, keys.platformCertificateNext)
const gone: Answer = (response) => void response.writeHead(500).end()

const stranger = { ...byCertificate, serial: "0000000000000000000000000000000000000001" }

/** A vendor whose certificates are answered as the tests go on. */
const world = (changes: object, first: Answer) =>
  Effect.gen(function* () {
    yield* Bench.itIs
    let answer = first
    const { url, seen } = yield* platform((response, request) => answer(response, request))
    const vendor = yield* Bench.vendor(url, { publicKey: undefined, ...changes })
    const asked = () => seen.filter(({ url: path }) => path === "/v3/certificates?algorithm_type=RSA").length
    return {
      asked,
      answer: (next: Answer) => {
        answer = next
      },
      /** Lets what was sent be answered: time of the test stands still. */
      settle: (count: number) =>
        Effect.iterate(0, {
          while: (tries) => asked() < count && tries < 1000,
          body: (tries) =>
            Effect.as(
              Effect.promise(() => new Promise((done) => setTimeout(done, 2))),
              tries + 1
            )
        }),
      notify: (signer: Bench.Signer, atSeconds = nowSeconds) =>
        Effect.map(Effect.either(vendor.notification(incoming(good, sealed(good, signer, atSeconds)))), (outcome) =>
          Either.isRight(outcome) ? "taken" : outcome.left.reason
        ),
      query: Effect.map(Effect.either(vendor.query(Bench.payment)), (outcome) =>
        Either.isRight(outcome) ? outcome.right.kind : outcome.left._tag
      )
    }
  })

describe("the fixtures' list of certificates", () => {
  const Fixture = Schema.Struct({
    response: Schema.Struct({
      status: Schema.Number,
      headers: Schema.Record({ key: Schema.String, value: Schema.String }),
      body: Schema.String
    }),
    decrypted: Schema.Array(Schema.Struct({ serial_no: Schema.String }))
  })
  const { response, decrypted } = Bench.vector("certificates", Fixture)
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value])
  )
  const answer = { status: response.status, headers, text: response.body, askedAtMillis: 0 }
  const at = Number(headers["wechatpay-timestamp"]) * 1000
  const read = (changes: Partial<typeof answer>, nowMillis = at, config: object = {}) =>
    Effect.map(
      Accounts.make({ ...Bench.configured({ publicKey: undefined, ...config }), ...Bench.placed }),
      (account) => Certificates.read({ ...answer, ...changes }, account, [], nowMillis)
    )

  it.effect("is decrypted, and verified by what was just obtained", () =>
    Effect.map(read({}), (found) =>
      expect(Either.getOrThrow(found).map(({ serial }) => serial)).toEqual(decrypted.map(({ serial_no }) => serial_no))
    )
  )

  it.effect("is not taken altered, late, by another APIv3 key, or with another status", () =>
    Effect.gen(function* () {
      expect(yield* read({ text: response.body.replace("2031", "2032") })).toMatchObject({ _tag: "Left" })
      expect(yield* read({}, at + 300_000)).toMatchObject({ _tag: "Left" })
      expect(yield* read({}, at, { apiV3Key: "x".repeat(32) })).toMatchObject({ _tag: "Left" })
      expect(yield* read({ status: 202 })).toMatchObject({ _tag: "Left" })
      expect(yield* read({ text: "{}" })).toMatchObject({ _tag: "Left" })
      expect(yield* read({ headers: {} })).toMatchObject({ _tag: "Left" })
      expect(
        yield* read({ headers: { ...headers, "wechatpay-serial": keys.platformCertificateNext.serial_no } })
      ).toMatchObject({ _tag: "Left" })
    })
  )
})

describe("an answer of the fixtures", () => {
  const Fixture = Schema.Struct({
    cases: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        status: Schema.Number,
        headers: Schema.Record({ key: Schema.String, value: Schema.String }),
        body: Schema.String
      })
    )
  })
  for (const { name, status, headers, body } of Bench.vector("responses", Fixture).cases)
    it.effect(`is verified: ${name}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Number(headers["Wechatpay-Timestamp"]) * 1000)
        const { url } = yield* platform((response) => void response.writeHead(status, headers).end(body))
        const vendor = yield* Bench.vendor(url, { platformCertificates: [keys.platformCertificate.certificatePem] })
        const prepared = vendor.prepare(Bench.payment, { description: "d", payer: {}, returnUrl: null })
        const said =
          status === 204
            ? yield* vendor.close(Bench.payment)
            : yield* vendor.create(Bench.payment, Either.getOrThrow(prepared), Number.POSITIVE_INFINITY)
        expect(said).toMatchObject(
          status === 204
            ? { kind: "closed" }
            : { kind: "open", next: { type: "qr", content: "weixin://wxpay/bizpayurl?pr=qnu8GBtzz" } }
        )
      }).pipe(Effect.scoped)
    )
})

describe("WeChat Pay's certificates", () => {
  it.effect("are fetched at the start, and what is signed by them is taken", () =>
    Effect.gen(function* () {
      const { notify, asked, settle } = yield* world({}, one)
      yield* settle(1)
      expect(yield* notify(byCertificate)).toBe("taken")
      expect(asked()).toBe(1)
    }).pipe(Effect.scoped)
  )

  it.effect("are fetched again within 12 hours, again and again", () =>
    Effect.gen(function* () {
      const { notify, asked, settle, answer } = yield* world({}, one)
      yield* settle(1)
      yield* notify(byCertificate)
      answer((response, request) =>
        signed(
          200,
          certificatesAnswer([keys.platformCertificate]),
          byCertificate,
          nowSeconds + 11 * 3600
        )(response, request)
      )
      yield* TestClock.adjust(10.9 * hour)
      expect(asked()).toBe(1)
      yield* TestClock.adjust(0.1 * hour)
      yield* settle(2)
      expect(asked()).toBe(2)
      expect(yield* notify(stranger, nowSeconds + 11 * 3600)).toBe("KEY")
      yield* TestClock.adjust(11 * hour)
      yield* settle(3)
      expect(asked()).toBe(3)
    }).pipe(Effect.scoped)
  )

  it.effect("that are new are fetched when they are met: once, however many wait", () =>
    Effect.gen(function* () {
      const { notify, asked, settle, answer } = yield* world(
        { platformCertificates: [keys.platformCertificate.certificatePem] },
        one
      )
      yield* settle(1)
      expect(yield* notify(byCertificate)).toBe("taken")
      answer((response, request) =>
        signed(
          200,
          certificatesAnswer([keys.platformCertificate, keys.platformCertificateNext]),
          byCertificate,
          nowSeconds + 60
        )(response, request)
      )
      yield* TestClock.adjust(60_000)
      const many = yield* Effect.all(
        Array.from({ length: 20 }, () => notify(byNextCertificate, nowSeconds + 60)),
        { concurrency: "unbounded" }
      )
      expect(many).toEqual(Array.from({ length: 20 }, () => "taken"))
      expect(asked()).toBe(2)
    }).pipe(Effect.scoped)
  )

  it.effect("that nobody has are asked for at most twice a minute, and refused for KEY", () =>
    Effect.gen(function* () {
      const { notify, asked, settle } = yield* world({}, one)
      yield* settle(1)
      for (let times = 0; times < 10; times += 1) expect(yield* notify(stranger)).toBe("KEY")
      expect(asked()).toBe(1)
    }).pipe(Effect.scoped)
  )

  it.effect("that cannot be fetched make a notification come again, and leave an answer in doubt", () =>
    Effect.gen(function* () {
      const { notify, query, asked, settle, answer } = yield* world({}, gone)
      yield* settle(1)
      expect(yield* notify(byCertificate)).toBe("UNAVAILABLE")
      answer(signed(200, Bench.transaction(), byCertificate))
      expect(yield* query).toBe("InDoubt")
      expect(asked()).toBe(1)
      answer((response, request) =>
        signed(200, certificatesAnswer([keys.platformCertificate]), byCertificate, nowSeconds + 60)(response, request)
      )
      yield* TestClock.adjust(60_000)
      yield* settle(2)
      expect(yield* notify(byCertificate, nowSeconds + 60)).toBe("taken")
    }).pipe(Effect.scoped)
  )

  it.effect("that cannot be fetched are no hindrance while those at hand do", () =>
    Effect.gen(function* () {
      const { notify, settle } = yield* world({ platformCertificates: [keys.platformCertificate.certificatePem] }, gone)
      yield* settle(1)
      expect(yield* notify(byCertificate)).toBe("taken")
      expect(yield* notify(byNextCertificate)).toBe("UNAVAILABLE")
    }).pipe(Effect.scoped)
  )

  it.effect("that are not answered in time are not waited for beyond WeChat Pay's patience", () =>
    Effect.gen(function* () {
      const { notify, settle } = yield* world({}, () => {})
      yield* settle(1)
      const answered = yield* Ref.make("none")
      const waiting = yield* Effect.fork(Effect.flatMap(notify(byCertificate), (word) => Ref.set(answered, word)))
      yield* TestClock.adjust(2999)
      expect(yield* Ref.get(answered)).toBe("none")
      yield* TestClock.adjust(1)
      yield* Fiber.join(waiting)
      expect(yield* Ref.get(answered)).toBe("UNAVAILABLE")
    }).pipe(Effect.scoped)
  )

  it.effect("that are not answered hold nobody up who stops", () =>
    Effect.gen(function* () {
      const startMillis = performance.now()
      yield* Effect.scoped(
        Effect.flatMap(
          world({}, () => {}),
          ({ settle }) => settle(1)
        )
      )
      expect(performance.now() - startMillis).toBeLessThan(3000)
    })
  )

  it.effect("are never asked for with a public key alone, and asked for where they are wished beside it", () =>
    Effect.gen(function* () {
      const { publicKey } = Bench.encoded
      const pure = yield* world({ publicKey }, two)
      expect(yield* pure.notify(Bench.byPublicKey)).toBe("taken")
      expect(yield* pure.notify(byCertificate)).toBe("KEY")
      yield* TestClock.adjust(24 * hour)
      expect(pure.asked()).toBe(0)
      const mixed = yield* world({ publicKey, platformCertificates: [] }, two)
      yield* mixed.settle(1)
      expect(yield* mixed.notify(byNextCertificate)).toBe("taken")
      expect(yield* mixed.notify(Bench.byPublicKey)).toBe("taken")
      expect(yield* mixed.notify({ ...byCertificate, serial: "PUB_KEY_ID_0" })).toBe("KEY")
      expect(mixed.asked()).toBe(1)
    }).pipe(Effect.scoped)
  )
})
