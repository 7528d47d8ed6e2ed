import { FastCheck as fc } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { head, json, problem, type Raw, raw } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { create, open, sent, vendorOf, type World } from "./world.ts"

let a: Vendors.Vendor
let b: Vendors.Vendor
let world: World
const also = ["/payments?merchant_payment_no={payOrderNo}"]
const queries = { path: "/payments/by-merchant-no/{payOrderNo}", also }
beforeAll(async () => {
  a = await Vendors.open("a")
  b = await Vendors.open("b")
  world = await open(
    {
      vendors: { a: vendorOf(a, { query: queries }), b: vendorOf(b) },
      routes: {
        plain: { vendor: "a", allow: ["ANY /open/**", "GET /only/*"] },
        token: { vendor: "a", allow: ["ANY /**"], filters: ["oauth"] },
        other: { vendor: "b", allow: ["ANY /**"], filters: ["oauth"] },
        pay: { vendor: "a", filters: ["payment-order", "oauth"] }
      }
    },
    { isWorking: false }
  )
})
beforeEach(() => {
  a.instead(null)
  b.instead(null)
})
afterAll(async () => {
  await world?.close()
  await a?.close()
  await b?.close()
})

const key = () => `Authorization: Bearer ${world.keys.shop}`
const send = (method: string, target: string, ...lines: ReadonlyArray<string>): Promise<Raw> =>
  raw(world.url, head(`${method} ${target} HTTP/1.1`, "Host: gateway", "Connection: close", ...lines))
const last = (vendor: Vendors.Vendor): Vendors.Seen => {
  const seen = vendor.seen.at(-1)
  if (seen === undefined) throw new Error("Nothing reached the vendor.")
  return seen
}
const reached = () => a.seen.length + b.seen.length

describe("F62 addresses cannot leave their route and its base path", () => {
  const tricks = [
    "/..",
    "/../admin",
    "/a/../../admin",
    "/./a",
    "/%2e%2e/admin",
    "/%2E%2E/admin",
    "/.%2e/admin",
    "/%252e%252e/admin",
    "/%25252e%25252e/admin",
    "/..%2fadmin",
    "/%2f..%2fadmin",
    "/a\\..\\admin",
    "/a%5c..%5cadmin",
    "/..;x=1/admin",
    "/..%3bx/admin",
    "//elsewhere.example/a",
    "/a//b",
    "/a%00b",
    "/a%0d%0aX-A:%201",
    "/a%zz",
    "/a#b"
  ]
  it.each(tricks)("F62 %s: 400 or 404, and nothing goes on", async (path) => {
    for (const route of ["plain/open", "token", "pay/payments"]) {
      const before = reached()
      const answer = await send("GET", `/proxy/${route}${path}`, key())
      expect([400, 404]).toContain(answer.status)
      expect(reached()).toBe(before)
    }
  })

  it.each([
    "/proxy/plain/../other/a",
    "/proxy/plain/%2e%2e/other/a",
    "/proxy/plain%2f..%2fother/a",
    "/proxy/plainx/open",
    "/proxy/PLAIN/open",
    "/proxy//other/a",
    "/proxy/./other/a",
    "/proxy/%6fther/a",
    "/proxy/other;x/a",
    "/Proxy/other/a",
    "//proxy/other/a"
  ])("F62 %s is no way into another route", async (target) => {
    const before = reached()
    const answer = await send("GET", target, key())
    expect([400, 404]).toContain(answer.status)
    expect(reached()).toBe(before)
  })

  it("F62 another route's prefix below a route is a path of that route's own vendor", async () => {
    const before = b.seen.length
    expect((await send("GET", "/proxy/token/proxy/other/a", key())).status).toBe(200)
    expect([last(a).url, b.seen.length]).toEqual(["/svc/proxy/other/a", before])
  })

  it.each(["/a;x=1", "/a%2Fb", "/a%20b", "/支付".replace(/[^/]/g, encodeURIComponent), "/a/", "/", ""])(
    "F62 what means one thing goes on by the byte: %j",
    async (path) => {
      const query = "?q=a+b%20c&sign=%2B%2F%3D&q=2&r[]=%00"
      const answer = await send("GET", `/proxy/token${path}${query}`, key())
      expect([answer.status, last(a).url]).toEqual([200, `/svc${path}${query}`])
    }
  )

  it("F62 any address at all is refused, or reaches exactly what it names below the base path", async () => {
    const piece = fc.constantFrom(
      "a",
      "/",
      "..",
      ".",
      "%2e",
      "%2f",
      "%5c",
      "%25",
      ";",
      "//",
      "%",
      "B",
      "%00",
      "=",
      "?",
      "&",
      "~"
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const path = `/${pieces.join("")}`
        const before = reached()
        const answer = await send("GET", `/proxy/token${path}`, key())
        const url = reached() > before ? last(a).url : null
        expect(answer.status === 200 ? `/svc${path}` : null).toBe(url)
        if (url === null) expect([400, 404]).toContain(answer.status)
        else expect(new URL(url, "http://vendor").pathname).toMatch(/^\/svc(?:\/|$)/)
      }),
      { numRuns: 200 }
    )
  })

  it.each([
    "?merchant_payment_no=NO&merchant_payment_no=OTHER",
    "?merchant_payment_no=OTHER&merchant_payment_no=NO",
    "?merchant_payment_no=NO&merchant%5Fpayment_no=OTHER",
    "?Merchant_Payment_No=NO",
    "?merchant_payment_no[]=NO"
  ])("F62 a mapped query with %s: 400, and nothing goes on", async (query) => {
    const { no, text } = create()
    await world.call("POST", "/proxy/pay/payments", sent(text))
    const before = reached()
    const answer = await world.call("GET", `/proxy/pay/payments${query.replaceAll("NO", no)}`)
    expect(problem(answer)).toEqual([400, "CALL_UNCLEAR"])
    expect(reached()).toBe(before)
    expect((await world.call("GET", `/proxy/pay/payments?merchant_payment_no=${no}`)).headers).toHaveProperty(
      "payment-proxy-order"
    )
  })
})

describe("F62 headers that a caller sends", () => {
  const theirs = [
    ["Cookie", "session=theirs"],
    ["X-Forwarded-For", "6.6.6.6"],
    ["X-Forwarded-Host", "theirs.example"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Port", "1"],
    ["X-Forwarded-Prefix", "/theirs"],
    ["X-Real-IP", "6.6.6.6"],
    ["Forwarded", "for=6.6.6.6"],
    ["Proxy-Authorization", "Basic theirs"]
  ].map(([name, value]) => `${name}: ${value}`)

  it.each(["token", "plain"])(
    "F62 on the route %s nothing of theirs is believed or passed on that is ours to say",
    async (route) => {
      expect((await send("GET", `/proxy/${route}/open/a`, key(), ...theirs)).status).toBe(200)
      const { headers, rawHeaders } = last(a)
      expect(headers).toMatchObject({
        host: new URL(a.url).host,
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": "gateway",
        "x-forwarded-proto": "http",
        "x-forwarded-port": "80",
        "x-forwarded-prefix": `/proxy/${route}`,
        forwarded: 'for=127.0.0.1;host="gateway";proto=http'
      })
      expect(rawHeaders.join("\n")).not.toContain("6.6.6.6")
      expect(rawHeaders.join("\n")).not.toContain("pp_live")
      expect([headers["x-real-ip"], headers["proxy-authorization"]]).toEqual([undefined, undefined])
      // A cookie may be the vendor's own, where it is the caller who proves himself there.
      expect(headers.cookie).toBe(route === "token" ? undefined : "session=theirs")
      expect(headers.authorization).toBe(route === "token" ? "Bearer a-token-1" : undefined)
    }
  )

  it("F62 a credential of theirs beside the key: our token goes, theirs does not", async () => {
    const own = [`Payment-Proxy-Key: ${world.keys.shop}`, "Authorization: Bearer theirs"]
    expect((await send("GET", "/proxy/token/a", ...own)).status).toBe(200)
    expect(last(a).rawHeaders.join("\n")).not.toMatch(/theirs|pp_live/)
    expect(last(a).headers.authorization).toBe("Bearer a-token-1")
  })

  it.each([
    "authorization",
    "authorization, x-forwarded-for, forwarded, via, host, x-forwarded-prefix",
    "AUTHORIZATION",
    "payment-proxy-key, authorization"
  ])("F62 Connection: %s takes nothing away that we put on", async (named) => {
    const before = reached()
    const answer = await raw(
      world.url,
      head(
        "GET /proxy/token/a HTTP/1.1",
        "Host: gateway",
        `Connection: close, ${named}`,
        "Authorization: Bearer theirs",
        `Payment-Proxy-Key: ${world.keys.shop}`
      )
    )
    if (named.includes("payment-proxy-key")) {
      expect([answer.status, reached()]).toEqual([401, before])
      return
    }
    expect(answer.status).toBe(200)
    const { headers } = last(a)
    expect([headers.authorization, headers["x-forwarded-for"], headers.host]).toEqual([
      "Bearer a-token-1",
      "127.0.0.1",
      new URL(a.url).host
    ])
    expect(headers.via).toMatch(/payment-proxy/)
    expect(headers.forwarded).toMatch(/^for=127/)
  })

  it("F62 what Connection names on a route without a token goes no further", async () => {
    const own = [`Payment-Proxy-Key: ${world.keys.shop}`, "Authorization: Bearer theirs", "X-Hop: 1", "X-End: 1"]
    const lines = head("GET /proxy/plain/open HTTP/1.1", "Host: a", "Connection: close, authorization, x-hop", ...own)
    expect((await raw(world.url, lines)).status).toBe(200)
    const { headers } = last(a)
    expect([headers.authorization, headers["x-hop"], headers["x-end"]]).toEqual([undefined, undefined, "1"])
  })

  it("F62 trailers of a request are no headers, and go no further", async () => {
    const lines = head(
      "POST /proxy/token/a HTTP/1.1",
      "Host: a",
      "Connection: close",
      key(),
      "Transfer-Encoding: chunked",
      "Trailer: Authorization, X-Forwarded-For"
    )
    const body = "2\r\n[]\r\n0\r\nAuthorization: Bearer theirs\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"
    expect((await raw(world.url, lines + body)).status).toBe(200)
    const { headers, trailers, body: came } = last(a)
    expect([headers.authorization, headers.trailer, trailers, came.toString()]).toEqual([
      "Bearer a-token-1",
      undefined,
      {},
      "[]"
    ])
  })

  it.each(["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])(
    "F62 %s cannot make another call of one that is listed",
    async (name) => {
      for (const [method, target] of [
        ["GET", "/proxy/plain/only/a"],
        ["GET", "/proxy/pay/payments/by-merchant-no/SHOP-1"],
        ["POST", "/proxy/pay/payments"]
      ] as const) {
        const before = reached()
        const answer = await send(method, target, key(), `${name}: DELETE`, "Content-Length: 0")
        expect([answer.status, answer.code, reached()]).toEqual([400, "METHOD_OVERRIDDEN", before])
      }
    }
  )

  it("F62 a call that has come through here before is refused", async () => {
    await send("GET", "/proxy/plain/open/a", key())
    const via = String(last(a).headers.via)
    const before = reached()
    expect((await send("GET", "/proxy/plain/open/a", key(), `Via: ${via}`)).status).toBe(508)
    expect(reached()).toBe(before)
  })
})

describe("F62 credentials stay where they belong", () => {
  it("F62 a vendor that says our token in its headers says it to nobody", async () => {
    a.instead(({ response, seen }) => {
      const token = String(seen.headers.authorization)
      response
        .writeHead(200, { "X-Echo": token, "X-Part": `token=${token.slice("Bearer ".length)}; a`, "X-Other": "kept" })
        .end("{}")
      return true
    })
    for (const path of ["/proxy/token/a", "/proxy/pay/payments/by-merchant-no/SHOP-NONE"]) {
      const answer = await send("GET", path, key())
      expect(answer.text).not.toContain("a-token")
      if (answer.status === 200) expect(answer.text).toContain("X-Other: kept")
    }
  })

  it("F62 nor in its trailers", async () => {
    a.instead(({ response, seen }) => {
      response.writeHead(200, { trailer: "x-echo, x-other" }).write("body")
      response.addTrailers({ "x-echo": String(seen.headers.authorization), "x-other": "kept" })
      response.end()
      return true
    })
    const answer = await send("GET", "/proxy/token/a", key(), "TE: trailers")
    expect([answer.status, answer.text.includes("x-other: kept")]).toEqual([200, true])
    expect(answer.text).not.toContain("a-token")
  })

  it("F62 nor in the problems and log lines of calls that went wrong", async () => {
    const challenge = (token: string) => ({ "www-authenticate": `Bearer error="invalid_token", token="${token}"` })
    const { length } = world.lines
    const wrongs: ReadonlyArray<Vendors.Instead> = [
      ({ response, seen }) => {
        Vendors.sendJson(response, 401, {}, challenge(String(seen.headers.authorization)))
        return true
      },
      ({ response }) => {
        response.destroy()
        return true
      },
      ({ response, seen }) => {
        response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${seen.headers.authorization}\0\r\n\r\n`)
        return true
      },
      ({ response, seen }) => {
        response.socket?.end(`${seen.headers.authorization}\r\n\r\n`)
        return true
      }
    ]
    const { no, text } = create()
    for (const wrong of wrongs) {
      a.instead(wrong)
      const answers = [
        await world.call("GET", "/proxy/token/a"),
        await world.call("POST", "/proxy/pay/payments", sent(text)),
        await world.call("GET", `/proxy/pay/payments/by-merchant-no/${no}`)
      ]
      for (const answer of answers) {
        expect(answer.status).toBeGreaterThanOrEqual(400)
        expect(JSON.stringify([answer.rawHeaders, answer.body.toString()])).not.toMatch(/-token-|throwaway|pp_live/)
      }
    }
    expect(world.lines.length).toBeGreaterThan(length)
    expect(world.lines.join("\n")).not.toMatch(/[ab]-token-|throwaway|pp_live/)
  })

  it("F62 the token of one vendor never reaches another, and no redirect is followed with it", async () => {
    a.instead(({ response }) => {
      response.writeHead(307, { location: `${b.url}/svc/stolen` }).end()
      return true
    })
    const before = b.seen.length
    const answer = await world.call("POST", "/proxy/token/a", { body: "{}" })
    expect([answer.status, answer.headers["location"], b.seen.length]).toEqual([307, `${b.url}/svc/stolen`, before])
    a.instead(null)
    for (const route of ["token", "other", "plain/open"]) await world.call("GET", `/proxy/${route}/b`)
    const headersOf = ({ seen }: Vendors.Vendor) => seen.map(({ rawHeaders }) => rawHeaders.join("\n")).join("\n")
    expect(headersOf(a)).toContain("Bearer a-token")
    expect(headersOf(a)).not.toContain("b-token")
    expect(headersOf(b)).toContain("Bearer b-token")
    expect(headersOf(b)).not.toContain("a-token")
    for (const vendor of [a, b]) expect(headersOf(vendor)).not.toMatch(/pp_live|throwaway/)
  })

  it("F62 none of this made an order that nobody asked for", async () => {
    const { items } = json<{ readonly items: ReadonlyArray<{ readonly businessNo: string }> }>(
      await world.call("GET", "/v1/orders?limit=100")
    )
    for (const { businessNo } of items) expect(businessNo).toMatch(/^SHOP-\d+-\d+$/)
  })
})
