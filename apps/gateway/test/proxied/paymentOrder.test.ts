import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, ask, head, json, problem, raw, until } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { create, open, sent, vendorOf, type World } from "./world.ts"

let vendor: Vendors.Vendor
let world: World
beforeAll(async () => {
  vendor = await Vendors.open()
  world = await open({
    vendors: { platform: vendorOf(vendor) },
    routes: {
      pay: { vendor: "platform", allow: ["GET /statements/**"], filters: ["payment-order", "oauth"] },
      pci: { vendor: "platform", filters: [{ "payment-order": { pci: true } }, "oauth"] }
    }
  })
})
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

const byNo = (no: string) => `/proxy/pay/payments/by-merchant-no/${no}`
const post = (text: string | Uint8Array, headers: Record<string, string> = {}) =>
  world.call("POST", "/proxy/pay/payments", sent(text, headers))
const others = () => ({ authorization: `Bearer ${world.keys.other}` })
const named = ({ headers }: Answer) => headers["payment-proxy-order"]

/** What came by the door since then; what the worker asks of orders of before has not come through anybody. */
const passed = (mark = 0) => vendor.seen.slice(mark).filter(({ headers }) => headers.via !== undefined)

/** The answer to a call that is to leave nothing. */
const unsent = async (call: () => Promise<Answer>) => {
  const mark = vendor.seen.length
  const answer = await call()
  expect(passed(mark).map(({ method, url }) => `${method} ${url}`)).toEqual([])
  return answer
}

describe("the same create again", () => {
  it("passes, with the same number and bytes, and is one order", async () => {
    const { no, text } = create()
    const mark = vendor.seen.length
    const answers = [await post(text), await post(text), await post(text)]
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200])
    expect(new Set(answers.map(named)).size).toBe(1)
    expect(passed(mark).map(({ body }) => body.toString())).toEqual([text, text, text])
    expect((await world.orders(no)).length).toBe(1)
    expect(await world.order(no)).toMatchObject({ status: "PENDING", inDoubt: false })
  })

  it("at once, from many, is one order and one payment", async () => {
    const { no, text } = create()
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(text)))
    for (const answer of answers) expect([200, 201, 409]).toContain(answer.status)
    const refused = answers.filter(({ status }) => status === 409).map((answer) => problem(answer)[1])
    expect(refused.filter((code) => code !== "CONTENDED")).toEqual([])
    expect(new Set(answers.flatMap((answer) => named(answer) ?? [])).size).toBe(1)
    expect((await world.orders(no)).length).toBe(1)
    expect(await world.order(no)).toMatchObject({ status: "PENDING", transactionNo: vendor.book.payments.get(no)?.id })
  })

  it("is the same in other spaces and another order of its members", async () => {
    const { no, text } = create()
    await post(text)
    const turned = Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse())
    expect((await post(JSON.stringify(turned, null, 2))).status).toBe(200)
    expect((await world.orders(no)).length).toBe(1)
  })

  it("with another body: 422 NUMBER_REUSED, the order is named, and nothing leaves", async () => {
    const { no, text } = create()
    const first = await post(text)
    const answer = await unsent(() => post(text.replace("1234", "1235")))
    expect(problem(answer)).toEqual([422, "NUMBER_REUSED"])
    expect(named(answer)).toBe(named(first))
    expect((await world.order(no)).amount.value).toBe("12.34")
  })

  it("by another app: 409 NUMBER_TAKEN, and the order is not named", async () => {
    const { text } = create()
    await post(text)
    const answer = await unsent(() => post(text, others()))
    expect([problem(answer), named(answer)]).toEqual([[409, "NUMBER_TAKEN"], undefined])
  })

  it("of an order that has ended: 409 ORDER_ENDED, the order is named, and nothing leaves", async () => {
    const { no, text } = create()
    const first = await post(text)
    await world.call("POST", `${byNo(no)}/close`)
    const answer = await unsent(() => post(text))
    expect([problem(answer), named(answer)]).toEqual([[409, "ORDER_ENDED"], named(first)])
  })
})

describe("a query or a close of a number that is not the app's order", () => {
  it("404, and nothing leaves", async () => {
    const { no, text } = create()
    const { id } = json(await post(text))
    const calls: ReadonlyArray<readonly [string, string, Record<string, string>]> = [
      ["GET", byNo(no), others()],
      ["GET", `/proxy/pay/payments/${id}`, others()],
      ["POST", `${byNo(no)}/close`, others()],
      ["POST", `/proxy/pay/payments/${id}/close`, others()],
      ["GET", byNo("NOBODYS"), {}],
      ["GET", "/proxy/pay/payments/pay_unknown", {}],
      ["POST", `${byNo("NOBODYS")}/close`, {}],
      ["GET", byNo(no.toLowerCase()), {}]
    ]
    for (const [method, path, headers] of calls) {
      const answer = await unsent(() => world.call(method, path, { headers }))
      expect([method, path, problem(answer), named(answer)]).toEqual([
        method,
        path,
        [404, "ORDER_NOT_FOUND"],
        undefined
      ])
    }
    expect(await world.order(no)).toMatchObject({ status: "PENDING" })
  })
})

const isLuhn = (digits: string): boolean =>
  [...digits].reverse().reduce((sum, digit, at) => {
    const weighed = at % 2 === 0 ? Number(digit) : Number(digit) * 2
    return sum + (weighed > 9 ? weighed - 9 : weighed)
  }, 0) %
    10 ===
  0

/** The first number from this one on whose check digit is right. */
const valid = (from: string): string => {
  let number = BigInt(from)
  while (!isLuhn(String(number))) number += 1n
  return String(number)
}

describe("a card's number", () => {
  const card = "4111111111111111"
  it.each([
    ["in a row", create({ subject: `card ${card}` }).text],
    ["in groups", create({ subject: "4111 1111 1111 1111" }).text],
    ["with dashes", create({ subject: "4111-1111-1111-1111" }).text],
    ["as a number", create({ card: Number(card) }).text],
    ["of 15 digits", create({ a: { b: ["3782 822463 10005"] } }).text],
    ["of 19 digits", create({ subject: valid("6304000000000000000") }).text],
    ["in JSON's escapes", create({ subject: "X" }).text.replace("X", "\\u0034111111111111111")],
    ["as a member's name", create({ [card]: 1 }).text],
    ["in a form", `subject=4111+1111+1111+1111&number=1`],
    ["in a form's escapes", `subject=%34111%20111111111111`],
    ["in what is no JSON", `{"card":${card}`]
  ])("%s is refused: 422 CARD_NUMBER, nothing leaves and no order", async (_, text) => {
    const answer = await unsent(() => post(text))
    expect(problem(answer)).toEqual([422, "CARD_NUMBER"])
    expect(answer.body.toString()).not.toContain("4111")
    const no = /SHOP-\d+-\d+/.exec(text)?.[0]
    if (no !== undefined) expect(await world.orders(no)).toEqual([])
  })

  it("in a close's body is refused, too", async () => {
    const { no, text } = create()
    await post(text)
    const answer = await unsent(() => world.call("POST", `${byNo(no)}/close`, { body: JSON.stringify({ card }) }))
    expect(problem(answer)).toEqual([422, "CARD_NUMBER"])
    expect(await world.order(no)).toMatchObject({ status: "PENDING" })
  })

  it.each([
    ["milliseconds since the epoch", { at: Number(valid("1795420800000")) }],
    ["a time", { expires_at: "2099-11-23T08:15:00.000Z" }],
    ["a number that begins with a date", { merchant_payment_no: valid("20261123081500123") }],
    ["digits that are no card's", { subject: "4111111111111112" }],
    ["digits of a longer number", { subject: `12345${card}` }]
  ])("is not seen in %s", async (_, changes) => {
    expect((await post(create(changes).text)).status).toBe(201)
  })

  it("passes where the route is in scope", async () => {
    const { no, text } = create({ card })
    expect((await world.call("POST", "/proxy/pci/payments", sent(text))).status).toBe(201)
    expect((await world.orders(no)).length).toBe(1)
  })
})

describe("a create that is not what the mapping expects", () => {
  const long = () => create({ subject: "x".repeat(65_536) }).text
  it.each([
    ["over the limit", () => post(long()), "BODY_TOO_LARGE"],
    ["over the limit, without its length", () => post(long(), { "transfer-encoding": "chunked" }), "BODY_TOO_LARGE"],
    ["not JSON", () => post('{"merchant_payment_no":'), "BODY_INVALID"],
    ["not UTF-8", () => post(Buffer.from([0x7b, 0xff, 0x7d])), "BODY_INVALID"],
    ["empty", () => post(""), "BODY_INVALID"],
    ["of another type", () => post(create().text, { "content-type": "text/plain" }), "BODY_INVALID"],
    ["compressed", () => post(create().text, { "content-encoding": "gzip" }), "BODY_INVALID"],
    ["a member twice", () => post(create().text.replace("{", '{"amount":1,')), "BODY_INVALID"]
  ])("%s: 422, and nothing leaves", async (_, call, code) => {
    const answer = await unsent(call)
    expect([problem(answer), named(answer)]).toEqual([[422, code], undefined])
  })

  it("names all its faults at once", async () => {
    const asked = { merchant_payment_no: "a b", amount: 12.34, currency: "RMB", expires_at: "tomorrow" }
    const answer = await unsent(() => post(JSON.stringify(asked)))
    const { errors } = json<{ readonly errors: ReadonlyArray<{ readonly pointer: string }> }>(answer)
    const pointers = errors.map(({ pointer }) => pointer).sort()
    expect(pointers).toEqual(["/amount", "/currency", "/expires_at", "/merchant_payment_no", "/scene"])
  })
})

describe("calls beside the creates", () => {
  it("what the route does not list: 404, and nothing leaves", async () => {
    for (const path of ["/proxy/pay/refunds", "/proxy/pay/", "/proxy/pay", "/proxy/pay/statement", "/proxy/none/a"]) {
      const answer = await unsent(() => world.call("GET", path))
      expect([path, ...problem(answer)]).toEqual([path, 404, "NOT_FOUND"])
    }
  })

  it("what it allows beside goes through as it is, and is no order's", async () => {
    const answer = await world.call("GET", "/proxy/pay/statements/2026/11?a=b")
    expect([answer.status, json(answer), named(answer)]).toEqual([
      200,
      { path: "/svc/statements/2026/11?a=b" },
      undefined
    ])
  })

  it.each(["/payments/", "/Payments", "/%70ayments/", "/payments;a=b"])(
    "what could be taken for a mapped call, %s, is refused, and nothing leaves",
    async (path) => {
      const answer = await unsent(() => world.call("POST", `/proxy/pay${path}`, sent(create().text)))
      expect([400, 404]).toContain(answer.status)
    }
  )

  it("HEAD of a query says what GET would, without its body", async () => {
    const { no, text } = create()
    await post(text)
    const answer = await world.call("HEAD", byNo(no))
    expect([answer.status, answer.body.length, named(answer)]).toEqual([200, 0, (await world.order(no)).payOrderNo])
    expect(passed().at(-1)).toMatchObject({ method: "HEAD" })
    expect(await world.order(no)).toMatchObject({ status: "PENDING", inDoubt: false })
  })

  it("a query takes in what the vendor says", async () => {
    const { no, text } = create()
    const payment = json<{ readonly id: string }>(await post(text))
    vendor.book.payments.set(no, { ...vendor.book.make(JSON.parse(text)), status: "SUCCEEDED" })
    const answer = await world.call("GET", `/proxy/pay/payments/${payment.id}`)
    expect([answer.status, json(answer)["status"]]).toEqual([200, "SUCCEEDED"])
    expect(await world.order(no)).toMatchObject({ status: "SUCCEEDED" })
  })

  it("Expect: 100-continue with a create over the limit is refused before a byte of it is asked for", async () => {
    const { text } = await raw(
      world.url,
      head(
        "POST /proxy/pay/payments HTTP/1.1",
        "Host: a",
        `Authorization: Bearer ${world.keys.shop}`,
        "Content-Type: application/json",
        "Content-Length: 100000",
        "Expect: 100-continue"
      )
    )
    expect(text).toMatch(/^HTTP\/1\.1 422 /)
    expect(text).not.toContain("100 Continue")
  })

  it("a call without a key is refused before it is read", async () => {
    const answer = await unsent(() => ask(world.url, "POST", "/proxy/pay/payments", sent("{")))
    expect(problem(answer)).toEqual([401, "UNAUTHORIZED"])
  })

  it("after all of this nothing is in doubt", async () => {
    const doubtful = () => world.call("GET", "/v1/orders?status=SUBMITTING&limit=100")
    const { items } = await until(
      async () => json<{ readonly items: ReadonlyArray<unknown> }>(await doubtful()),
      (page) => page.items.length === 0
    )
    expect(items).toEqual([])
  })
})
