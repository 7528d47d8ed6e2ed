import { expect, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option } from "effect"
import { describe } from "vitest"
import { Mappings } from "../src/index.ts"
import { at } from "./mapping.ts"

const mappingOf = (changes: object) =>
  Option.getOrThrow(Mappings.make({ platform: at("http://127.0.0.1:1", changes) }).of("platform"))

const mapping = mappingOf({
  query: {
    path: "/payments/by-merchant-no/{payOrderNo}",
    also: [
      "/payments/{transactionNo}",
      "/payments?merchant_payment_no={payOrderNo}",
      "/payments/search?no={payOrderNo}"
    ]
  },
  close: { path: "/payments/by-merchant-no/{payOrderNo}/close", also: ["/payments/{transactionNo}/close"] }
})

/** In short: what it means, null, or `?` where it is not clear. */
const meaning = (call: string, of = mapping) => {
  const [method = "", target = ""] = call.split(" ")
  const at = target.indexOf("?")
  const [path, query] = at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at)]
  return Either.match(of.recognise(method, path, query), {
    onLeft: () => "?",
    onRight: (found) =>
      found === null ? null : found.operation === "create" ? "create" : `${found.operation} ${found.by} ${found.no}`
  })
}

describe("by the byte", () => {
  it.each([
    ["POST /payments", "create"],
    ["POST /payments?trace=1", "create"],
    ["PUT /payments", null],
    ["GET /payments/by-merchant-no/SHOP-1", "query merchantOrderNo SHOP-1"],
    ["HEAD /payments/by-merchant-no/SHOP-1", "query merchantOrderNo SHOP-1"],
    ["GET /payments/by-merchant-no/SHOP-1?expand=all", "query merchantOrderNo SHOP-1"],
    ["GET /payments/pay_1", "query transactionNo pay_1"],
    ["GET /payments/pay%5F1", "query transactionNo pay_1"],
    ["GET /payments/a%2Fb", "query transactionNo a/b"],
    ["GET /payments/a%252Fb", "query transactionNo a%2Fb"],
    ["POST /payments/pay_1/close", "close transactionNo pay_1"],
    ["POST /payments/by-merchant-no/SHOP-1/close", "close merchantOrderNo SHOP-1"],
    ["GET /payments/pay_1/close", null],
    ["DELETE /payments/pay_1", null],
    ["GET /statements", null],
    ["GET /", null],
    ["GET /paymentsx", null]
  ])("%s is %s", (call, expected) => expect(meaning(call)).toBe(expected))
})

describe("a number in the query", () => {
  it.each([
    ["GET /payments?merchant_payment_no=SHOP-1", "query merchantOrderNo SHOP-1"],
    ["GET /payments?a=1&merchant_payment_no=SHOP-1&b=2", "query merchantOrderNo SHOP-1"],
    ["GET /payments?merchant%5Fpayment_no=SHOP%2D1", "query merchantOrderNo SHOP-1"],
    ["GET /payments/search?no=SHOP-1", "query merchantOrderNo SHOP-1"],
    ["GET /payments?merchant_payment_no=A&merchant_payment_no=A", "?"],
    ["GET /payments?merchant_payment_no=A&merchant_payment_no=B", "?"],
    ["GET /payments?merchant_payment_no=A&Merchant_Payment_No=B", "?"],
    ["GET /payments?merchant_payment_no=A&merchant_payment_no[]=B", "?"],
    ["GET /payments?merchant_payment_no=A;merchant_payment_no=B", "?"],
    ["GET /payments?x=1;merchant_payment_no=B&merchant_payment_no=A", "?"],
    ["GET /payments?MERCHANT_PAYMENT_NO=A", "?"],
    ["GET /payments?merchant_payment_no=%zz", "?"],
    ["GET /payments?merchant_payment_no=a+b", "?"],
    ["GET /payments?merchant_payment_no=", "?"],
    ["GET /payments?merchant_payment_no", "?"],
    ["GET /payments?status=PENDING", "?"],
    ["GET /payments", "?"],
    ["GET /payments/search", "?"],
    ["GET /payments/search?nope=1;x=2", "?"]
  ])("%s is %s", (call, expected) => expect(meaning(call)).toBe(expected))

  it("two templates that name two orders are not clear, two that name one are", () => {
    const both = mappingOf({
      query: { path: "/p?no={payOrderNo}", also: ["/p?id={transactionNo}", "/p?type=pay&no={payOrderNo}"] }
    })
    expect(meaning("GET /p?no=A&id=B", both)).toBe("?")
    expect(meaning("GET /p?no=A&type=pay", both)).toBe("query merchantOrderNo A")
    expect(meaning("GET /p?no=A&type=refund", both)).toBe("query merchantOrderNo A")
    const twice = mappingOf({ query: { path: "/m/{payOrderNo}?no={payOrderNo}" } })
    expect(meaning("GET /m/A?no=A", twice)).toBe("query merchantOrderNo A")
    expect(meaning("GET /m/A?no=B", twice)).toBe("?")
  })

  it("one address for all calls is told apart by what the configuration writes into its query", () => {
    const one = mappingOf({
      create: { path: "/gateway.do?method=pay", body: at("http://127.0.0.1:1").create.body },
      query: { path: "/gateway.do?method=query&no={payOrderNo}" },
      close: { path: "/gateway.do?method=close&no={payOrderNo}" }
    })
    expect(meaning("POST /gateway.do?method=pay", one)).toBe("create")
    expect(meaning("POST /gateway.do?no=A&method=close", one)).toBe("close merchantOrderNo A")
    expect(meaning("POST /gateway.do?method=refund&no=A", one)).toBe("?")
    expect(meaning("POST /gateway.do?method=pay&method=close&no=A", one)).toBe("?")
  })
})

describe("what a vendor may take for a mapped path is not clear, and never unmapped", () => {
  it.each([
    "POST /Payments",
    "POST /payments/",
    "POST //payments",
    "POST /payments//",
    "POST /%70ayments",
    "POST /./payments",
    "POST /x/../payments",
    "POST /payments;v=2",
    "POST /payments%3Bv=2",
    "POST \\payments",
    "POST /payment\u017f",
    "POST /payments/;x",
    "GET /payments/BY-merchant-no/SHOP-1",
    "GET /payments/by-merchant-no/SHOP-1/",
    "GET /payments/Search?no=A",
    "GET /payments/search/?no=A",
    "POST /payments/pay_1/Close",
    "POST /payments/pay_1%2Fclose",
    "POST /payments/pay_1/close/"
  ])("%s", (call) => expect(meaning(call)).toBe("?"))

  it("a number of which nothing is left, or that no store keeps, names no order", () => {
    for (const call of [
      "GET /payments/%zz",
      "GET /payments/%FF",
      `GET /payments/${"9".repeat(257)}`,
      "GET /payments/a%00"
    ])
      expect(meaning(call)).toBe("?")
  })

  const operations = [
    ["POST", "/payments"],
    ["GET", "/payments/by-merchant-no/SHOP-1"],
    ["GET", "/payments/pay_1"],
    ["POST", "/payments/pay_1/close"],
    ["POST", "/payments/by-merchant-no/SHOP-1/close"]
  ] as const

  /** A character as another that many servers take for it. */
  const disguised = (text: string, how: ReadonlyArray<number>) =>
    [...text]
      .map((letter, index) => {
        const hex = letter.charCodeAt(0).toString(16)
        return (
          [letter, letter.toUpperCase(), `%${hex}`, `%${hex.toUpperCase()}`][how[index % how.length] ?? 0] ?? letter
        )
      })
      .join("")

  it("however its letters and slashes are written", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...operations),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
        fc.constantFrom("", "/", "//", "/.", ";x=1"),
        fc.constantFrom("/", "//", "/./"),
        ([method, path], how, end, slash) => {
          const written = path
            .split("/")
            .slice(1)
            .map((segment) => disguised(segment, how))
            .join(slash)
          expect(Either.getOrElse(mapping.recognise(method, `${slash}${written}${end}`, ""), () => "?")).not.toBeNull()
        }
      ),
      { numRuns: 500 }
    )
  })

  it("and whatever comes, it answers", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("GET", "POST", "HEAD", "DELETE", "constructor"),
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.string({ unit: fc.constantFrom(..."abno=&;%[]+{}\u{1f600}"), maxLength: 40 }),
        (method, path, query) => void mapping.recognise(method, `/payments/${path}`, `?no=${query}`)
      ),
      { numRuns: 500 }
    )
  })
})
