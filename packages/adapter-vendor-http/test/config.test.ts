import { expect, it } from "@effect/vitest"
import { Either, Option, ParseResult, Schema } from "effect"
import { describe } from "vitest"
import { MappedConfig, Mappings } from "../src/index.ts"
import { at, encoded } from "./mapping.ts"

const { decodeUnknownEither } = Schema
const decode = decodeUnknownEither(MappedConfig, { errors: "all", onExcessProperty: "error" })

/** Where each fault is, and what it says. */
const faults = (changes: object) =>
  Either.match(decode({ ...encoded, ...changes }), {
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => ({
        at: `/${path.map(String).join("/")}`,
        message
      })),
    onRight: () => []
  })

const body = (members: object, rest: object = {}) => ({ create: { path: "/p", body: members, ...rest } })

describe("a configuration is refused in words, by place", () => {
  it.each<readonly [what: string, changes: object, at: string, words: string]>([
    [
      "a status that means what this kind cannot do",
      { statuses: { HELD: "authorized" } },
      "/statuses/HELD",
      "cannot capture"
    ],
    ["a pointer that is none", { notification: { payment: "data" } }, "/notification/payment", "JSON Pointer"],
    ["a secret that is none", { notification: { payment: "/d", secret: "hush" } }, "/notification/secret", "whsec_"],
    ["an address that is none", { baseUrl: "platform" }, "/baseUrl", "http or https address"],
    ["a path that is none", { query: { path: "payments/{id}" } }, "/query/path", "begins with /"],
    ["a path with two queries", { query: { path: "/p?a=1?no={payOrderNo}" } }, "/query/path", "begins with /"],
    ["a path with an empty segment", { query: { path: "/p//{payOrderNo}" } }, "/query/path", "no empty and no dot"],
    ["a path with a dot segment", { close: { path: "/p/../{payOrderNo}" } }, "/close/path", "no empty and no dot"],
    ["a query that names no order", { query: { path: "/payments" } }, "/query/path", "put {payOrderNo}"],
    [
      "another that names none",
      { close: { path: "/p/{payOrderNo}", also: ["/p"] } },
      "/close/also/0",
      "put {payOrderNo}"
    ],
    [
      "a create by the vendor's number",
      { create: { path: "/p/{transactionNo}", body: {} } },
      "/create/path",
      "no number yet"
    ],
    [
      "a source that is none",
      body({ a: { from: "payOrderNumber" } }),
      "/create/body/a/from",
      "This is one of payOrderNo"
    ],
    ["a member of nothing", body({ a: {} }), "/create/body/a", "either from"],
    ["a member of two things", body({ a: { from: "method", text: "x" } }), "/create/body/a", "either from"],
    [
      "words of what has none",
      body({ a: { from: "payOrderNo", words: { A: "a" } } }),
      "/create/body/a/words",
      "take it out"
    ],
    [
      "words that are not ours",
      body({ a: { from: "method", words: { CASH: "c" } } }),
      "/create/body/a/words/CASH",
      "our word"
    ],
    [
      "words of no currency",
      body({ a: { from: "currency", words: { RMB: "c" } } }),
      "/create/body/a/words/RMB",
      "our word"
    ],
    [
      "one word for two",
      body({ a: { from: "method", words: { CARD: "c", PAYPAL: "c" } } }),
      "/create/body/a/words/CARD",
      "own"
    ],
    ["text of what is text", body({ a: { from: "amountMajor", as: "text" } }), "/create/body/a/as", "Only minor units"],
    ["a pointer that is none in a body", body({ "/a//b": { text: "x" } }), "/create/body//a//b", "JSON Pointer"],
    ["two names of one member", body({ a: { text: "x" }, "/a": { text: "y" } }), "/create/body/a", "keep one"],
    ["a member inside of another", body({ a: { text: "x" }, "/a/b": { text: "y" } }), "/create/body//a/b", "keep one"],
    ["a list with a gap", body({ "/a/1": { text: "x" } }), "/create/body//a/1", "none left out"],
    [
      "a list with a name",
      body({ "/a/0": { text: "x" }, "/a/b": { text: "y" } }),
      "/create/body//a/b",
      "none left out"
    ],
    ["a form with depth", body({ "/a/b": { text: "y" } }, { type: "form" }), "/create/body//a/b", "plain name"]
  ])("with %s", (_, changes, at, words) => {
    const found = faults(changes)
    expect(found.map((fault) => fault.at)).toContain(at)
    expect(found.find((fault) => fault.at === at)?.message).toContain(words)
  })

  it("with faults in several places, all of them", () => {
    const places = faults({ baseUrl: "x", query: { path: "/p" }, ...body({ a: {}, b: { from: "nothing" } }) })
    expect(places.map((fault) => fault.at)).toEqual([
      "/baseUrl",
      "/create/body/a",
      "/create/body/b/from",
      "/query/path"
    ])
  })
})

describe("what a mapping lacks to be passed through is said in words, by place", () => {
  const { merchant_payment_no, amount, currency, scene } = encoded.create.body
  const lacking = (changes: object) => Mappings.faultsOf(at("http://127.0.0.1:1", changes)).map((fault) => fault.at)
  const full = { merchant_payment_no, amount, currency, scene }

  it.each<readonly [what: string, changes: object, places: ReadonlyArray<string>]>([
    ["nothing", {}, []],
    ["a number", body({ amount, currency, scene }), ["/create/body"]],
    ["a number that its path has", { create: { path: "/p/{payOrderNo}", body: { amount, currency, scene } } }, []],
    ["an amount", body({ merchant_payment_no, currency, scene }), ["/create/body"]],
    ["a currency", body({ merchant_payment_no, amount, scene }), ["/create/body"]],
    ["all of these", body({ scene }), ["/create/body", "/create/body", "/create/body"]],
    ["a method", { proxied: {} }, ["/proxied/method"]],
    ["a source", body({ merchant_payment_no, amount, currency }), ["/proxied/source"]],
    ["whole numbers", { query: { path: "/p/no-{payOrderNo}" } }, ["/query/path"]],
    ["one number a path", { close: { path: "/p/{payOrderNo}/{transactionNo}" } }, ["/close/path"]],
    [
      "a difference between two calls",
      { ...body(full), close: { path: "/c/{payOrderNo}", also: ["/C/{transactionNo}"] } },
      ["/close/also/0"]
    ]
  ])("%s", (_, changes, places) => expect(lacking(changes)).toEqual(places))

  it("each fault says how to mend it, and there is no such mapping until then", () => {
    const config = at("http://127.0.0.1:1", { proxied: {} })
    expect(Mappings.faultsOf(config)[0]?.detail).toContain("or say here which it is")
    expect(Option.isNone(Mappings.make({ platform: config }).of("platform"))).toBe(true)
    expect(Option.isNone(Mappings.make({}).of("platform"))).toBe(true)
  })
})
