import { expect, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Stream } from "effect"
import { describe } from "vitest"
import * as Answers from "../../src/alipay/answers.ts"
import * as Bill from "../../src/alipay/bill.ts"
import * as Codes from "../../src/alipay/codes.ts"
import * as Envelope from "../../src/alipay/envelope.ts"
import { yuan } from "../../src/alipay/evidence.ts"
import * as Notification from "../../src/alipay/notification.ts"
import { prepare } from "../../src/alipay/prepare.ts"
import { methods } from "../../src/alipay/requests.ts"
import * as Text from "../../src/alipay/text.ts"
import * as Time from "../../src/alipay/time.ts"
import {
  answer,
  config,
  details,
  keys,
  notice,
  nowMillis,
  ok,
  paidFields,
  payment,
  refund,
  signedText
} from "./world.ts"

const { assert, property } = FastCheck
const text = FastCheck.string({ unit: "binary", maxLength: 40 })
const order = payment()

/** What every reading of one text says, by its kind or tag. */
const readings = (body: string, status = 200): ReadonlyArray<string> => {
  const said = answer(body, status)
  const all: ReadonlyArray<Either.Either<unknown, { readonly _tag: string }>> = [
    Answers.created(said, order, methods.precreate, keys()),
    Answers.created(said, order, methods.create, keys()),
    Answers.queried(said, order, keys()),
    Answers.closed(said, order, keys()),
    Answers.cancelled(said, order, keys()),
    Answers.refunded(said, order, keys()),
    Answers.queriedRefund(said, order, refund(), 0, keys()),
    Answers.billed(said, keys())
  ]
  return all.map(
    Either.match({
      onLeft: ({ _tag }) => _tag,
      onRight: (read) => (typeof read === "object" && read !== null && "kind" in read ? String(read.kind) : "said")
    })
  )
}

describe("what nobody documented decides nothing", () => {
  it("any text as an answer", () => {
    assert(
      property(FastCheck.oneof(text, FastCheck.json()), FastCheck.integer({ min: 100, max: 599 }), (body, status) => {
        for (const outcome of readings(body, status)) expect(["InDoubt", "Throttled"]).toContain(outcome)
        if (status !== 429) for (const outcome of readings(body, status)) expect(outcome).toBe("InDoubt")
      })
    )
  })

  it("any code, though Alipay signed it", () => {
    const known = /^(?:isv|aop)\./
    assert(
      property(FastCheck.oneof(text, FastCheck.constantFrom("40004", "40002", "10003")), text, (code, subCode) => {
        FastCheck.pre(code !== "10000" && !known.test(subCode))
        for (const method of Object.values(methods))
          for (const outcome of readings(signedText(method, { code, sub_code: subCode })))
            expect(["InDoubt", "Throttled"]).toContain(outcome)
      }),
      { numRuns: 30 }
    )
  })

  it("any code of any call, whether it is signed or not", () => {
    const calls = ["create", "query", "close", "cancel", "refund", "queryRefund", "bill"] as const
    assert(
      property(
        FastCheck.constantFrom(...calls),
        FastCheck.oneof(text, FastCheck.constantFrom("40004", "40002", "40005", "20000")),
        FastCheck.option(text, { nil: undefined }),
        FastCheck.boolean(),
        (call, code, sub, isSigned) => {
          expect(["doubt", "ours"]).toContain(Codes.meaningOf(call, code, sub, isSigned))
        }
      )
    )
  })

  it("any status of a trade", () => {
    assert(
      property(text, (word) => {
        FastCheck.pre(word !== "")
        const body = { ...ok, out_trade_no: order.merchantOrderNo, total_amount: "12.34", trade_status: word }
        const said = Answers.queried(answer(signedText(methods.query, body)), order, keys())
        const told = Notification.read(
          notice({ ...paidFields, trade_status: word.toWellFormed() }),
          config(),
          keys(),
          nowMillis
        )
        expect(Either.getOrThrow(said).kind).toBe("known")
        expect(Either.getOrThrow(told).evidence?.kind).toBe("known")
      }),
      { numRuns: 30 }
    )
  })

  it("any status of a refund", () => {
    assert(
      property(text, (word) => {
        FastCheck.pre(word !== "")
        const body = { ...ok, refund_status: word, refund_amount: "2.34", fund_change: word }
        const said = answer(signedText(methods.queryRefund, body))
        expect(Either.isLeft(Answers.queriedRefund(said, order, refund(), 0, keys()))).toBe(true)
      }),
      { numRuns: 30 }
    )
  })

  it("any answer with any one character changed is nothing that Alipay signed", () => {
    const whole = signedText(methods.query, {
      ...ok,
      out_trade_no: order.merchantOrderNo,
      total_amount: "12.34",
      trade_status: "TRADE_SUCCESS"
    })
    const signed = whole.slice(0, whole.indexOf(',"sign"'))
    assert(
      property(FastCheck.nat(signed.length - 1), FastCheck.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        FastCheck.pre(whole[at] !== character)
        const altered = whole.slice(0, at) + character + whole.slice(at + 1)
        const read = Answers.queried(answer(altered), order, keys())
        expect(Either.isLeft(read)).toBe(true)
      })
    )
  })

  it("any bytes as a notification", () => {
    assert(
      property(FastCheck.uint8Array({ maxLength: 300 }), FastCheck.string(), (bytes, type) => {
        const headers = { "content-type": type }
        expect(Either.isLeft(Notification.read({ headers, body: bytes }, config(), keys(), nowMillis))).toBe(true)
        expect(
          Either.isLeft(Notification.read({ ...notice(paidFields), body: bytes }, config(), keys(), nowMillis))
        ).toBe(true)
      })
    )
  })

  it("any bytes as a bill", () => {
    assert(
      property(FastCheck.array(FastCheck.uint8Array({ maxLength: 300 })), (pieces) => {
        const end = Effect.runSync(Effect.either(Stream.runDrain(Bill.lines(Stream.fromIterable(pieces), "trades"))))
        expect(Either.isLeft(end)).toBe(true)
      })
    )
  })
})

describe("what is prepared", () => {
  it("is the same text however often, and what Alipay takes, whatever the description", () => {
    assert(
      property(
        text,
        FastCheck.constantFrom("QR" as const, "WEB" as const, "H5" as const, "APP" as const),
        (description, source) => {
          const asked = { ...details, description }
          const once = Either.getOrThrow(prepare(payment({ source }), asked, config()))
          expect(Either.getOrThrow(prepare(payment({ source }), asked, config()))).toBe(once)
          const { subject } = JSON.parse(new URLSearchParams(JSON.parse(once).body).get("biz_content") ?? "")
          expect(subject).toMatch(/^[^/=&\p{Cc}]{1,256}$/u)
          expect(subject.isWellFormed()).toBe(true)
        }
      )
    )
  })

  it("is never cut inside of a character, nor longer than it may be", () => {
    assert(
      property(
        FastCheck.string({ unit: "grapheme", maxLength: 100 }),
        FastCheck.integer({ min: 1, max: 60 }),
        (value, most) => {
          const cut = Text.cleaned(value, most)
          expect(cut.isWellFormed()).toBe(true)
          expect(cut.length).toBeLessThanOrEqual(most)
        }
      )
    )
  })
})

it("amounts and times that were written are read as they were", () => {
  assert(
    property(
      FastCheck.bigInt({ min: 0n, max: 10_000_000_000n }),
      FastCheck.stringMatching(/^0{0,4}$/),
      (minor, zeros) => {
        const digits = minor.toString().padStart(3, "0")
        const read = yuan(`${digits.slice(0, -2)}.${digits.slice(-2)}${zeros}`)
        expect(Either.getOrThrow(read).amountMinor).toBe(minor)
      }
    )
  )
  assert(
    property(FastCheck.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
      expect(Time.millisOf(Time.beijing(seconds * 1000))).toBe(seconds * 1000)
    })
  )
  assert(property(text, (word) => void expect(Time.millisOf(word)).toBe(null)))
})

it("the member of an answer is cut as it was written, whatever stands in it", () => {
  assert(
    property(FastCheck.jsonValue(), FastCheck.json(), (before, inside) => {
      const raw = `{"code":"10000", "x" : ${inside} }`
      const whole = `{"a":${JSON.stringify(before)},"the_response" :\n${raw} ,"b":[${inside}],"sign":"x"}`
      expect(Envelope.rawOf(whole, "the_response")).toBe(raw)
    })
  )
})
