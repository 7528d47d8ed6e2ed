import { expect, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Logger, LogLevel, Redacted, Stream } from "effect"
import { describe } from "vitest"
import * as Accounts from "../../src/wechatpay/account.ts"
import * as Answers from "../../src/wechatpay/answers.ts"
import { json, platform } from "../platform.ts"
import * as Bench from "./bench.ts"
import {
  failure,
  incoming,
  keys,
  notifying,
  payment,
  refund,
  refundAnswer,
  sealed,
  signed,
  transaction
} from "./bench.ts"

const account = Effect.succeed(Effect.runSync(Accounts.make({ ...Bench.configured(), ...Bench.placed })))
const now = { timestamp: "1795440036", nonce: "n" }

const documented = new Set(
  (
    "PARAM_ERROR INVALID_REQUEST APPID_MCHID_NOT_MATCH MCH_NOT_EXISTS SIGN_ERROR NO_AUTH REQUEST_BLOCKED TRADE_ERROR RULE_LIMIT " +
    "NOT_ENOUGH USER_ACCOUNT_ABNORMAL TRADE_OVERDUE ORDER_NOT_EXIST RESOURCE_NOT_EXISTS NO_STATEMENT_EXIST STATEMENT_CREATING"
  )
    .replaceAll("_", "")
    .split(" ")
)

const states = new Set(
  "NOTPAY USERPAYING ACCEPT SUCCESS REFUND CLOSED REVOKED PAYERROR PROCESSING ABNORMAL CLOSE".split(" ")
)

const word = FastCheck.oneof(
  FastCheck.string(),
  FastCheck.stringMatching(/^[A-Z_]{1,20}$/),
  FastCheck.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty")
)
const anything = FastCheck.oneof(FastCheck.string(), FastCheck.json(), FastCheck.string({ unit: "binary" }))
const status = FastCheck.oneof(
  FastCheck.integer({ min: 200, max: 599 }),
  FastCheck.constantFrom(200, 204, 400, 403, 404)
)

const answerOf = (code: number, text: string) => ({ status: code, headers: {}, text, askedAtMillis: 0 })

/** What each call makes of an answer, in a word. */
const all = (answer: ReturnType<typeof answerOf>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(account, (ours) => {
    const said = (outcome: Either.Either<{ readonly kind?: string } | null, { readonly _tag: string }>) =>
      Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: (right) => right?.kind ?? "bill" })
    return [
      said(Answers.created(answer, payment, ours, now)),
      said(Answers.queried(answer, payment, ours)),
      said(Answers.refunded(answer, payment, refund, "refund")),
      said(Answers.refunded(answer, payment, refund, "queryRefund")),
      said(Either.map(Answers.billed(answer), () => null))
    ]
  })

const certain = new Set(["Rejected", "paid", "failed", "closed", "refunds", "notFound", "succeeded", "abnormal"])

describe("whatever WeChat Pay says", () => {
  it.effect.prop(
    "a text of any kind with any status proves nothing and rejects nothing",
    { code: status, text: anything },
    ({ code, text }) =>
      Effect.map(all(answerOf(code, text)), (words) => {
        for (const word of words) expect(certain).not.toContain(word)
      })
  )

  it.effect.prop("a code that is not documented rejects nothing", { code: status, error: word }, ({ code, error }) => {
    FastCheck.pre(!documented.has(error.replaceAll("_", "")))
    return Effect.map(all(answerOf(code, JSON.stringify({ code: error, message: "m" }))), (words) => {
      for (const word of words) expect(["InDoubt", "Throttled"]).toContain(word)
    })
  })

  it.effect.prop("a state that is not documented is known and no more", { state: word }, ({ state }) => {
    FastCheck.pre(!states.has(state))
    return Effect.map(account, (ours) => {
      const outcome = Answers.queried(answerOf(200, JSON.stringify(transaction({ trade_state: state }))), payment, ours)
      expect(Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind })).toBe(
        state === "" ? "InDoubt" : "known"
      )
      const refunded = Answers.refunded(
        answerOf(200, JSON.stringify(refundAnswer({ status: state }))),
        payment,
        refund,
        "queryRefund"
      )
      expect(refunded).toMatchObject({ left: { _tag: "InDoubt" } })
    })
  })

  it.effect.prop(
    "an amount is exactly what was written, or none at all",
    { total: FastCheck.oneof(FastCheck.double(), FastCheck.maxSafeNat(), FastCheck.string()) },
    ({ total }) =>
      Effect.map(account, (ours) => {
        const text = JSON.stringify(transaction({ amount: { total, currency: "CNY" } }))
        const outcome = Answers.queried(answerOf(200, text), payment, ours)
        if (Either.isLeft(outcome)) expect(outcome.left._tag).toBe("InDoubt")
        else expect(String(outcome.right.amount?.amountMinor)).toBe(String(Math.abs(Number(total))))
      })
  )

  it.effect.prop(
    "a sealed text of any kind that is signed is refused for its content, or proves nothing",
    { text: anything },
    ({ text }) =>
      Effect.gen(function* () {
        yield* Bench.itIs
        const vendor = yield* Bench.vendor("http://127.0.0.1:1")
        for (const body of [text, notifying(text), notifying(text, "REFUND.SUCCESS")]) {
          const outcome = yield* Effect.either(vendor.notification(incoming(body, sealed(body))))
          expect(outcome).toMatchObject({ left: { reason: "CONTENT" } })
        }
      }).pipe(Effect.scoped),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect.prop(
    "headers of any kind are refused, without a defect",
    {
      headers: FastCheck.record(
        {
          "wechatpay-signature": FastCheck.oneof(FastCheck.string(), FastCheck.base64String()),
          "wechatpay-timestamp": FastCheck.oneof(FastCheck.string(), FastCheck.constant(String(Bench.nowSeconds))),
          "wechatpay-nonce": FastCheck.string(),
          "wechatpay-serial": FastCheck.oneof(FastCheck.string(), FastCheck.constant(keys.platformPublicKey.id)),
          "content-type": FastCheck.string()
        },
        { requiredKeys: [] }
      )
    },
    ({ headers }) =>
      Effect.gen(function* () {
        yield* Bench.itIs
        const vendor = yield* Bench.vendor("http://127.0.0.1:1")
        const outcome = yield* Effect.either(
          vendor.notification({ headers, body: Buffer.from(notifying(transaction())) })
        )
        expect(outcome).toMatchObject({ left: { _tag: "NotVerified" } })
      }).pipe(Effect.scoped),
    { fastCheck: { numRuns: 50 } }
  )
})

describe("secrets", () => {
  const openId = "oPlantedOpenIdOfAPayer000001"
  const planted = [
    keys.apiV3Key,
    openId,
    keys.merchant.privateKeyPem.slice(60, 100),
    keys.merchant.privateKeyPem.split("\n")[5] ?? "",
    "PlantedToken",
    "PLANTEDCODEURL"
  ]

  it.effect("are in no error, no detail and no line of the log", () =>
    Effect.gen(function* () {
      yield* Bench.itIs
      const lines: Array<string> = []
      const logger = Logger.make(({ message, annotations, cause }) => {
        lines.push(JSON.stringify([message, [...annotations], String(cause)]))
      })
      const leaky = {
        payer: { openid: openId },
        code_url: "weixin://PLANTEDCODEURL",
        message: `openid ${openId} is wrong`
      }
      const answers = [
        signed(200, { ...transaction({ trade_state: undefined }), ...leaky }),
        json(200, { ...transaction(), ...leaky }),
        json(400, { code: "PARAM_ERROR", detail: { value: openId }, ...leaky }),
        json(403, { code: openId, ...leaky }),
        json(500, leaky),
        failure(401, "SIGN_ERROR"),
        signed(200, { hash_type: "SHA1", hash_value: "", download_url: `http://evil/?token=PlantedToken` }),
        signed(200, Bench.certificatesAnswer([keys.platformCertificate], "y".repeat(32)), Bench.byCertificate)
      ]
      const said: Array<unknown> = []
      const run = Effect.gen(function* () {
        for (const answer of answers) {
          const { url } = yield* platform(answer)
          const vendor = yield* Bench.vendor(url, { platformCertificates: [] })
          const details = { description: "d", payer: { openId }, returnUrl: null }
          const jsapi = { ...payment, source: "JSAPI" } as const
          const prepared = Either.getOrThrow(vendor.prepare(jsapi, details))
          said.push(yield* Effect.either(vendor.create(jsapi, prepared, Number.POSITIVE_INFINITY)))
          said.push(yield* Effect.either(vendor.query(payment)))
          said.push(yield* Effect.either(vendor.close(payment)))
          said.push(yield* Effect.either(vendor.refund(payment, refund, Number.POSITIVE_INFINITY)))
          said.push(yield* Effect.either(vendor.queryRefund(payment, refund)))
          said.push(yield* Effect.either(Stream.runCollect(vendor.bill({ day: "2026-11-22", of: "trades" }))))
          for (const body of [notifying({ openid: openId }), notifying(transaction({ mchid: openId })), openId])
            said.push(yield* Effect.either(vendor.notification(incoming(body))))
          said.push(yield* Effect.either(vendor.notification(incoming(openId, sealed("")))))
          said.push(vendor.prepare(jsapi, { ...details, payer: { openId: `${openId} ` } }))
        }
      })
      yield* run.pipe(
        Effect.scoped,
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All)
      )
      const shown = JSON.stringify([lines, said.map(String), said], (_, value: unknown) =>
        typeof value === "bigint" ? String(value) : value
      )
      expect(lines.length).toBeGreaterThan(20)
      expect(shown).toContain("PARAM_ERROR")
      for (const secret of planted) expect(shown).not.toContain(secret)
    })
  )

  it("are redacted where an account is printed", () =>
    Effect.runPromise(
      Effect.map(account, (ours) => {
        const shown = `${JSON.stringify(ours)} ${String(ours.apiV3Key)} ${String(ours.key)}`
        expect(Redacted.value(ours.apiV3Key)).toBe(keys.apiV3Key)
        for (const secret of planted) expect(shown).not.toContain(secret)
      })
    ))
})

describe("a failure", () => {
  it.effect("is logged with the Request-ID that WeChat Pay's support asks for", () =>
    Effect.gen(function* () {
      yield* Bench.itIs
      const ids: Array<unknown> = []
      const logger = Logger.make(({ annotations }) => {
        ids.push([...annotations].find(([name]) => name === "requestId")?.[1])
      })
      for (const code of ["PARAM_ERROR", "SYSTEM_ERROR", "NO_AUTH"]) {
        const { url } = yield* platform(failure({ PARAM_ERROR: 400, SYSTEM_ERROR: 500 }[code] ?? 403, code))
        const vendor = yield* Bench.vendor(url)
        const prepared = Either.getOrThrow(vendor.prepare(payment, { description: "d", payer: {}, returnUrl: null }))
        yield* Effect.either(vendor.create(payment, prepared, Number.POSITIVE_INFINITY)).pipe(
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
      }
      expect(ids).toEqual(Array.from({ length: 3 }, () => "08F78BB9AF0610D302189F980620-268435461"))
    }).pipe(Effect.scoped)
  )
})
