import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask, json, problem } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { open, vendorOf, type World } from "./world.ts"

let vendor: Vendors.Vendor
let world: World
beforeAll(async () => {
  vendor = await Vendors.open()
  world = await open({
    vendors: { platform: vendorOf(vendor) },
    routes: {
      apps: { vendor: "platform", allow: ["ANY /**"] },
      open: { vendor: "platform", callers: "anyone", allow: ["ANY /**"] }
    }
  })
})
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

const wrong = () => world.keys.shop.replace(/.$/, (last) => (last === "a" ? "b" : "a"))

describe("who may call a route", () => {
  it.each([
    ["no key", () => ({})],
    ["a wrong key", () => ({ authorization: `Bearer ${wrong()}` })],
    ["a wrong key in Payment-Proxy-Key", () => ({ "payment-proxy-key": wrong() })],
    [
      "a wrong key beside a good one",
      () => ({ "payment-proxy-key": wrong(), authorization: `Bearer ${world.keys.shop}` })
    ],
    ["a key that is none", () => ({ authorization: "Bearer a b" })],
    ["another scheme", () => ({ authorization: `Basic ${world.keys.shop}` })]
  ])("%s: 401 with a challenge, and nothing leaves", async (_, headers) => {
    const mark = vendor.seen.length
    const answer = await ask(world.url, "GET", "/proxy/apps/a", { headers: headers() })
    expect(problem(answer)).toEqual([401, "UNAUTHORIZED"])
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer /)
    expect(answer.headers["content-type"]).toBe("application/problem+json")
    expect(vendor.since(mark)).toEqual([])
  })

  it.each([
    ["Authorization", (key: string) => ({ authorization: `Bearer ${key}` }), undefined],
    ["Payment-Proxy-Key", (key: string) => ({ "Payment-Proxy-Key": key }), undefined],
    [
      "Payment-Proxy-Key, with a token for the vendor beside it",
      (key: string) => ({ "payment-proxy-key": key, authorization: "Bearer for-the-vendor" }),
      "Bearer for-the-vendor"
    ],
    [
      "both: the one in Payment-Proxy-Key is ours, and what stands beside it is the vendor's",
      (key: string) => ({ "payment-proxy-key": key, authorization: "Basic dXNlcjpwYXNz" }),
      "Basic dXNlcjpwYXNz"
    ]
  ])("a key in %s", async (_, headers, rest) => {
    const answer = await ask(world.url, "GET", "/proxy/apps/a?b", { headers: headers(world.keys.shop) })
    expect([answer.status, json(answer)]).toEqual([200, { path: "/svc/a?b" }])
    expect(vendor.seen.at(-1)?.headers.authorization).toBe(rest)
    expect(JSON.stringify(vendor.seen.at(-1)?.rawHeaders)).not.toContain("pp_live")
  })

  it("the same app's key in both headers reaches the vendor in neither", async () => {
    const { shop } = world.keys
    const headers = { "payment-proxy-key": shop, authorization: `Bearer ${shop}` }
    const answer = await ask(world.url, "GET", "/proxy/apps/a", { headers })
    expect(answer.status).toBe(200)
    expect(JSON.stringify(vendor.seen.at(-1)?.rawHeaders)).not.toContain("pp_live")
  })

  it("callers: anyone asks for no key, and passes none on", async () => {
    expect((await ask(world.url, "GET", "/proxy/open/a")).status).toBe(200)
    const keyed = { "payment-proxy-key": world.keys.shop, authorization: `Bearer ${world.keys.shop}` }
    expect((await ask(world.url, "GET", "/proxy/open/a", { headers: keyed })).status).toBe(200)
    expect(JSON.stringify(vendor.seen.at(-1)?.rawHeaders)).not.toContain("pp_live")
    const own = { authorization: "Bearer of-the-caller" }
    expect((await ask(world.url, "GET", "/proxy/open/a", { headers: own })).status).toBe(200)
    expect(vendor.seen.at(-1)?.headers.authorization).toBe("Bearer of-the-caller")
  })
})
