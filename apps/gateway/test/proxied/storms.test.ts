import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { ask, json, problem, rest } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { create, open, sent, vendorOf, type World } from "./world.ts"

let vendor: Vendors.Vendor
let world: World
const patient = { connectMillis: 60_000, headMillis: 110_000, idleMillis: 110_000, totalMillis: 110_000 }
/** Tokens up to this one are over. */
let over = 0
/** How often each call reached the vendor, by its `x-call`. */
const reached = new Map<string, number>()

const challenge = { "www-authenticate": 'Bearer realm="vendor", error="invalid_token"' }

/** A vendor that looks at its tokens before it looks at anything else. */
const guarded: Vendors.Instead = async ({ response, seen, take }) => {
  const name = String(seen.headers["x-call"] ?? "")
  reached.set(name, (reached.get(name) ?? 0) + 1)
  const [, token] = /^Bearer a-token-(\d+)$/.exec(seen.headers.authorization ?? "") ?? []
  if (Number(token ?? 0) > over) return false
  await take()
  Vendors.sendJson(response, 401, { error: "unauthorized" }, challenge)
  return true
}

beforeAll(async () => {
  vendor = await Vendors.open()
  world = await open(
    {
      vendors: { platform: vendorOf(vendor), strict: vendorOf(vendor, { merchantId: "strict" }) },
      routes: {
        // A thousand calls at once on a machine that has other things to do.
        plain: { vendor: "platform", allow: ["ANY /a/**"], filters: ["oauth"], limits: patient },
        strict: { vendor: "strict", allow: ["ANY /a/**"], filters: ["oauth"] },
        pay: { vendor: "platform", filters: ["payment-order", "oauth"] }
      }
    },
    // Whatever reaches the vendor is a caller's.
    { isWorking: false }
  )
})
beforeEach(() => {
  reached.clear()
  vendor.instead(guarded)
})
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

const revoke = () => {
  over = vendor.tokens()
}
const all = <A>(count: number, each: (at: number) => Promise<A>) =>
  Promise.all(Array.from({ length: count }, (_, at) => each(at)))
const mostReached = () => Math.max(...reached.values())

describe("F46 tokens that end early", () => {
  it("F46 a thousand calls with a token that is over: one new token each time, each call made twice at most, all through", {
    timeout: 120_000
  }, async () => {
    await world.call("GET", "/proxy/plain/a/warm")
    for (const generation of [1, 2]) {
      revoke()
      const before = vendor.tokens()
      const answers = await all(1000, (at) =>
        world.call("GET", `/proxy/plain/a/${at}`, { headers: { "x-call": `${generation}-${at}` } })
      )
      expect(answers.filter(({ status }) => status === 200).length).toBe(1000)
      expect(vendor.tokens() - before).toBe(1)
    }
    expect(mostReached()).toBe(2)
  })

  it("F46 creates in such a storm make one payment and one order each", async () => {
    revoke()
    const before = vendor.tokens()
    const asked = Array.from({ length: 100 }, () => create())
    const mark = vendor.seen.length
    const answers = await Promise.all(
      asked.map(({ no, text }) => world.call("POST", "/proxy/pay/payments", sent(text, { "x-call": no })))
    )
    expect(answers.filter(({ status }) => status !== 201).map(({ status, body }) => `${status} ${body}`)).toEqual([])
    expect(vendor.tokens() - before).toBe(1)
    expect(mostReached()).toBe(2)
    const isTaken = ({ method, headers }: Vendors.Seen) =>
      method === "POST" && Number(/\d+$/.exec(headers.authorization ?? "")?.[0]) > over
    const taken = vendor.seen.slice(mark).filter(isTaken)
    expect(taken.length).toBe(asked.length)
    for (const { no } of asked) expect((await world.orders(no)).length).toBe(1)
  })

  it("F46 a 401 that does not speak of the token is the caller's answer: nothing is made again, the token stays", async () => {
    await world.call("GET", "/proxy/plain/a/warm")
    const before = vendor.tokens()
    vendor.instead(({ response, seen }) => {
      reached.set(seen.url, (reached.get(seen.url) ?? 0) + 1)
      Vendors.sendJson(response, 401, { error: "no" }, { "www-authenticate": 'Bearer realm="vendor"' })
      return true
    })
    const answer = await world.call("GET", "/proxy/plain/a/b")
    expect([answer.status, json(answer)]).toEqual([401, { error: "no" }])
    expect([mostReached(), vendor.tokens()]).toEqual([1, before])
  })

  it("F46 a body that cannot be sent again is not: 502, and the next call has a new token", async () => {
    await world.call("GET", "/proxy/plain/a/warm")
    revoke()
    const body = Buffer.alloc(100_000, 0x61)
    const put = () => world.call("PUT", "/proxy/plain/a/b", { body, headers: { "x-call": "large" } })
    expect(problem(await put())).toEqual([502, "TOKEN_REFUSED"])
    expect(reached.get("large")).toBe(1)
    expect((await put()).status).toBe(200)
  })

  it("F46 a vendor that takes no token at all is not asked for one by each caller", async () => {
    over = Number.POSITIVE_INFINITY
    const before = vendor.tokens()
    const begun = performance.now()
    while (performance.now() - begun < 2000) {
      const answers = await all(50, (at) =>
        world.call("GET", `/proxy/strict/a/${at}`, { headers: { "x-call": `${begun}-${at}` } })
      )
      for (const answer of answers) expect(problem(answer)).toEqual([502, "TOKEN_REFUSED"])
      await rest(20)
    }
    const seconds = (performance.now() - begun) / 1000
    // The first two are fetched at once: a token that is refused may be an old one.
    expect(vendor.tokens() - before).toBeLessThanOrEqual(2 + Math.ceil(seconds))
    over = 0
  })

  it("F46 without the proxy's key nothing of it is seen", async () => {
    const answer = await ask(world.url, "GET", "/proxy/plain/a/b")
    expect(problem(answer)).toEqual([401, "UNAUTHORIZED"])
  })
})
