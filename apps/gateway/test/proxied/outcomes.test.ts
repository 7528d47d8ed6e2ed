import type { FaultyPorts } from "@payment-proxy/testkit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, json, problem, until } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { create, open, sent, vendorOf, type World } from "./world.ts"

/** Of nine creates at once, too, on a busy machine. */
const createMillis = 2000

let vendor: Vendors.Vendor
let world: World
let fault: FaultyPorts.Fault | null = null
beforeAll(async () => {
  vendor = await Vendors.open()
  vendor.instead(asArranged)
  world = await open(
    {
      vendors: {
        platform: vendorOf(vendor, { limits: { createMillis, queryMillis: 2000, closeMillis: 500 } })
      },
      routes: {
        pay: { vendor: "platform", filters: ["payment-order", "oauth"] }
      }
    },
    { plan: (call) => (call === "Orders.commit" ? fault : null) }
  )
})
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

const named = ({ headers }: Answer) => headers["payment-proxy-order"]
const post = (text: string, headers: Record<string, string> = {}) =>
  world.call("POST", "/proxy/pay/payments", sent(text, headers))

const arranged = new Map<string, Array<Vendors.Instead>>()

/** The first creates of this number are answered so; whatever else is asked, as usual. */
const firstCreate = (no: string, ...ways: Array<Vendors.Instead>) => arranged.set(no, ways)

const asArranged: Vendors.Instead = async (call) => {
  await call.take()
  const [, no = ""] = /"merchant_payment_no":"([^"]+)"/.exec(call.seen.body.toString()) ?? []
  return arranged.get(no)?.shift()?.(call) ?? false
}
/** The vendor makes the payment of a create, whatever it then answers. */
const accepted = ({ seen }: Parameters<Vendors.Instead>[0]) => vendor.book.make(JSON.parse(seen.body.toString()))
const creates = (no: string) =>
  vendor.seen.filter(({ method, body }) => method === "POST" && body.toString().includes(`"${no}"`))

/** The order once nothing about it is in doubt any more. */
const foundOut = (no: string) =>
  until(
    () => world.order(no),
    ({ status }) => status !== "SUBMITTING"
  )

describe("what the vendor definitely says", () => {
  it("it refuses: the order is FAILED, and the caller has the vendor's words", async () => {
    const { no, text } = create()
    const words = '{ "error" : "declined",  "message":"no" }'
    firstCreate(no, ({ response }) => {
      response.writeHead(422, { "content-type": "application/json", "X-Vendor": "yes" }).end(words)
      return true
    })
    const answer = await post(text)
    expect([answer.status, answer.body.toString(), answer.headers["x-vendor"]]).toEqual([422, words, "yes"])
    const order = await world.order(no)
    expect(order).toMatchObject({ status: "FAILED", inDoubt: false, payOrderNo: named(answer) })
    expect(problem(await post(text))).toEqual([409, "ORDER_ENDED"])
  })

  it("it is busy (429): the caller is told so, the order stays, and becomes a payment under the same number", async () => {
    const { no, text } = create()
    firstCreate(no, ({ response }) => {
      Vendors.sendJson(response, 429, { error: "slow_down" }, { "retry-after": "7" })
      return true
    })
    const answer = await post(text)
    expect([answer.status, answer.headers["retry-after"], json(answer)]).toEqual([429, "7", { error: "slow_down" }])
    const order = await foundOut(no)
    expect(order).toMatchObject({ status: "PENDING", payOrderNo: named(answer) })
    expect(new Set(creates(no).map(({ body }) => body.toString()))).toEqual(new Set([text]))
    expect((await post(text)).status).toBe(200)
  })
})

describe("what leaves a create in doubt is told as it is, and found out", () => {
  const half = '{"id":"pay_'
  const ways: ReadonlyArray<readonly [what: string, how: Vendors.Instead, status: number, said: string | RegExp]> = [
    [
      "the answer is cut short of its length",
      (call) => {
        accepted(call)
        call.response.writeHead(201, { "content-type": "application/json", "content-length": "500" })
        call.response.write(half, () => call.response.destroy())
        return true
      },
      502,
      "UPSTREAM_RESET"
    ],
    [
      "the answer is cut where it has no length",
      (call) => {
        accepted(call)
        call.response.useChunkedEncodingByDefault = false
        call.response.writeHead(201, { "content-type": "application/json", connection: "close" }).end(half)
        return true
      },
      201,
      half
    ],
    [
      "the connection ends before an answer",
      (call) => {
        accepted(call)
        call.response.destroy()
        return true
      },
      502,
      "UPSTREAM_RESET"
    ],
    [
      "no answer comes",
      (call) => {
        accepted(call)
        return true
      },
      504,
      "UPSTREAM_TIMEOUT"
    ],
    [
      "a byte of it comes now and then",
      (call) => {
        const text = JSON.stringify(accepted(call))
        call.response.writeHead(201, { "content-type": "application/json", "content-length": text.length })
        let at = 0
        const dripping = setInterval(() => call.response.write(text[at++] ?? ""), 50)
        call.response.once("close", () => clearInterval(dripping))
        return true
      },
      504,
      "UPSTREAM_TIMEOUT"
    ],
    [
      "500 after it was done",
      (call) => {
        accepted(call)
        Vendors.sendJson(call.response, 500, { error: "oops" })
        return true
      },
      500,
      '{"error":"oops"}'
    ],
    [
      "503, and it was not done",
      ({ response }) => {
        Vendors.sendJson(response, 503, { error: "down" })
        return true
      },
      503,
      '{"error":"down"}'
    ],
    [
      "a page in place of an answer",
      (call) => {
        accepted(call)
        call.response.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>")
        return true
      },
      200,
      "<h1>It works!</h1>"
    ],
    [
      "it is no HTTP",
      (call) => {
        accepted(call)
        call.response.socket?.end("SSH-2.0-OpenSSH_9.6\r\n")
        return true
      },
      502,
      /^UPSTREAM_(?:MALFORMED|RESET)$/
    ]
  ]
  it.concurrent.each(ways)("%s", async (_, how, status, said) => {
    const { no, text } = create()
    firstCreate(no, how)
    const begun = performance.now()
    const answer = await post(text)
    expect(performance.now() - begun).toBeLessThan(createMillis + 20_000)
    expect(answer.status).toBe(status)
    if (status === 502 || status === 504) expect(problem(answer)[1]).toMatch(said)
    else expect(answer.body.toString()).toBe(said)
    const order = await foundOut(no)
    expect(order).toMatchObject({ status: "PENDING", inDoubt: false, payOrderNo: named(answer) })
    expect(order.transactionNo).toBe(vendor.book.payments.get(no)?.id)
    for (const { body } of creates(no)) expect(body.toString()).toBe(text)
  })

  it("the order says that it is in doubt, and the caller's repeat is answered by the vendor", async () => {
    const { no, text } = create()
    firstCreate(no, (call) => {
      accepted(call)
      call.response.destroy()
      return true
    })
    const broken = await post(text)
    expect(await world.order(no)).toMatchObject({ status: "SUBMITTING", inDoubt: true })
    const again = await post(text)
    expect([again.status, json(again)["id"]]).toEqual([200, vendor.book.payments.get(no)?.id])
    expect(named(again)).toBe(named(broken))
    expect(await world.order(no)).toMatchObject({ status: "PENDING", inDoubt: false })
  })
})

describe("a token that the vendor does not take", () => {
  const unauthorized: Vendors.Instead = ({ response }) => {
    Vendors.sendJson(
      response,
      401,
      { error: "unauthorized" },
      { "www-authenticate": 'Bearer realm="vendor", error="invalid_token"' }
    )
    return true
  }

  it("refused without saying that it is bad: the caller is told so, and the order stays and becomes a payment", async () => {
    const { no, text } = create()
    firstCreate(no, ({ response }) => {
      Vendors.sendJson(response, 401, { error: "unauthorized" })
      return true
    })
    const refused = await post(text)
    expect([refused.status, json(refused)["error"]]).toEqual([401, "unauthorized"])
    expect((await world.order(no)).status).not.toBe("FAILED")
    expect(await foundOut(no)).toMatchObject({ status: "PENDING", payOrderNo: named(refused) })
  })

  it("of ours, twice: 502 TOKEN_REFUSED, and the order stays and becomes a payment", async () => {
    const { no, text } = create()
    firstCreate(no, unauthorized, unauthorized)
    const answer = await post(text)
    expect(problem(answer)).toEqual([502, "TOKEN_REFUSED"])
    expect(await foundOut(no)).toMatchObject({ status: "PENDING", payOrderNo: named(answer) })
  })
})

describe("the store is down", () => {
  it("at the intent: 503, nothing left, and there is no order", async () => {
    const { no, text } = create()
    fault = "failBefore"
    const answer = await post(text)
    fault = null
    expect(problem(answer)).toEqual([503, "STORE_UNAVAILABLE"])
    expect(answer.headers["retry-after"]).toBeDefined()
    expect([creates(no).length, await world.orders(no)]).toEqual([0, []])
    expect((await post(text)).status).toBe(201)
  })

  it("at the intent, which is on disk all the same: 503, nothing left by it, and the repeat is that order", async () => {
    const { no, text } = create()
    fault = "failAfter"
    const answer = await post(text)
    const left = creates(no).length
    fault = null
    expect([problem(answer), left]).toEqual([[503, "STORE_UNAVAILABLE"], 0])
    const again = await post(text)
    expect([200, 201]).toContain(again.status)
    expect(await world.order(no)).toMatchObject({ status: "PENDING", payOrderNo: named(again) })
  })

  it("at the evidence: 503 ANSWER_NOT_RECORDED, and the repeat answers the vendor's bytes", async () => {
    const { no, text } = create()
    firstCreate(no, () => {
      fault = "failBefore"
      return false
    })
    const answer = await post(text)
    expect(problem(answer)).toEqual([503, "ANSWER_NOT_RECORDED"])
    expect(answer.headers["retry-after"]).toBeDefined()
    expect(await world.order(no)).toMatchObject({ status: "SUBMITTING", inDoubt: true, payOrderNo: named(answer) })
    fault = null
    const again = await post(text)
    expect([again.status, json(again)["id"], named(again)]).toEqual([
      200,
      vendor.book.payments.get(no)?.id,
      named(answer)
    ])
    expect(await world.order(no)).toMatchObject({ status: "PENDING", inDoubt: false })
  })

  it("at what a query says: the caller has the answer, and the order is asked again", async () => {
    const { no, text } = create()
    await post(text)
    vendor.book.payments.set(no, { ...vendor.book.make(JSON.parse(text)), status: "SUCCEEDED" })
    fault = "failBefore"
    const answer = await world.call("GET", `/proxy/pay/payments/by-merchant-no/${no}`)
    expect([answer.status, json(answer)["status"]]).toEqual([200, "SUCCEEDED"])
    fault = null
    const order = await until(
      () => world.order(no),
      ({ status }) => status === "SUCCEEDED"
    )
    expect(order.status).toBe("SUCCEEDED")
  })
})
