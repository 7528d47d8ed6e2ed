import { expect, it } from "@effect/vitest"
import { type Currency, Payment, Words } from "@payment-proxy/domain"
import { Generators } from "@payment-proxy/testkit"
import { Either, FastCheck as fc, Option } from "effect"
import { Mappings } from "../src/index.ts"
import { prepare } from "../src/mapped/requests.ts"
import { at } from "./mapping.ts"

/** Where a member can stand; each has its own name there. */
const around = ["", "/order", "/order/amount", "/units/0", "/units/1/of~1all", "/__proto__"]
const places = (name: string) =>
  fc.oneof(
    fc.constant(name),
    fc.constantFrom(...around).map((outer) => `${outer}/${name}`)
  )

/** No words, or a word of the vendor's for each of ours. */
const words = (ours: ReadonlyArray<string>) =>
  fc.option(
    fc
      .uniqueArray(fc.oneof(fc.string({ minLength: 1 }), fc.nat()), {
        minLength: ours.length,
        maxLength: ours.length,
        selector: String
      })
      .map((theirs) => Object.fromEntries(ours.map((word, index) => [word, theirs[index]]))),
    { nil: undefined }
  )

const member = (from: string, rest: object = {}) =>
  places(from.replace("payOrderNo", "no")).map((key) => [key, { from, ...rest }] as const)
const worded = (from: string, ours: ReadonlyArray<string>) =>
  fc
    .tuple(member(from), words(ours))
    .map(([[key, it], found]) => [key, found === undefined ? it : { ...it, words: found }] as const)
const maybe = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })

const amounts = fc.oneof(
  fc.tuple(member("amountMinor", { as: "text" })),
  fc.tuple(member("amountMajor")),
  fc.tuple(member("amountMajor"), member("amountMinor")),
  fc.tuple(member("amountMinor"))
)

const bodyOf = (currency: Currency.Currency) =>
  fc
    .tuple(
      member("payOrderNo"),
      worded("currency", [currency, currency === "EUR" ? "USD" : "EUR"]),
      amounts,
      maybe(worded("method", Object.keys(Words.methods))),
      maybe(worded("source", Object.keys(Words.sources))),
      maybe(member("businessNo")),
      maybe(member("expiresAt")),
      maybe(member("description"))
    )
    .map(([no, code, amount, ...others]) => [no, code, ...amount, ...others].filter((entry) => entry !== undefined))

type Entry = readonly [key: string, member: object]
/** Lists begin at 0 and leave nothing out; a form has plain names. */
const fitting = (entries: ReadonlyArray<Entry>, isForm: boolean): Record<string, object> => {
  const isSecond = ([key]: Entry) => key.startsWith("/units/1")
  const hasFirst = entries.some(([key]) => key.startsWith("/units/0"))
  return Object.fromEntries(
    entries.map((entry) => {
      const [key, rest] = entry
      if (isForm) return [key.replace(/^.*\//, ""), rest]
      return [isSecond(entry) && !hasFirst ? key.replace("/units/1", "/units/0") : key, rest]
    })
  )
}

const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 64
})

/** Every other one has no business number, also where that is all that an item of a list would have. */
const cases = Generators.identity.chain((identity) =>
  fc.record({
    payment: fc
      .tuple(visible, maybe(visible))
      .map(([merchantOrderNo, businessNo]) =>
        Payment.make({ ...identity, merchantOrderNo, businessNo: businessNo ?? null, capture: "automatic" })
      ),
    entries: bodyOf(identity.amount.currency),
    isForm: fc.boolean(),
    path: fc.constantFrom("/payments", "/payments/{payOrderNo}", "/gateway.do?method=pay", "/p?no={payOrderNo}"),
    method: fc.constantFrom("POST", "PUT")
  })
)

it("the order that a mapping reads from a request is the one that the request was made of", () => {
  fc.assert(
    fc.property(cases, ({ payment, entries, isForm, path, method }) => {
      const config = at("http://127.0.0.1:1", {
        create: { path, method, type: isForm ? "form" : "json", body: fitting(entries, isForm) },
        proxied: { method: payment.method, source: payment.source }
      })
      const mapping = Option.getOrThrow(Mappings.make({ platform: config }).of("platform"))
      const made = prepare(
        payment,
        { description: "天 & 1=1", payer: {}, returnUrl: null },
        { ...config, name: "platform" }
      )
      const isTooLarge = payment.amount.amountMinor > BigInt(Number.MAX_SAFE_INTEGER)
      if (Either.isLeft(made)) {
        expect(isTooLarge).toBe(true)
        return
      }
      const stored = JSON.parse(made.right)
      const [target = "", query] = stored.path.split("?")
      const call = {
        method: stored.method ?? "POST",
        path: target,
        query: query === undefined ? "" : `?${query}`,
        headers: Object.entries<string>(stored.headers).flat(),
        body: new TextEncoder().encode(stored.body)
      }
      expect(mapping.recognise(call.method, call.path, call.query)).toEqual(Either.right({ operation: "create" }))
      const order = Either.getOrThrowWith(mapping.order(call), ({ faults }) => new Error(JSON.stringify(faults)))
      const mapped = new Set(entries.map(([, of]) => of.from))
      expect(order).toMatchObject({
        merchantOrderNo: payment.merchantOrderNo,
        amount: payment.amount,
        method: payment.method,
        source: payment.source,
        businessNo: mapped.has("businessNo") ? payment.businessNo : null,
        expiresAtMillis: mapped.has("expiresAt") ? payment.expiresAtMillis : null
      })
      const kept = JSON.parse(mapping.prepared(call))
      expect(kept).toEqual({ ...stored, headers: Object.entries(stored.headers).flat() })
    }),
    { numRuns: 500 }
  )
})
