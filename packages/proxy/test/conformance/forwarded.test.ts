import { networkInterfaces } from "node:os"
import { describe, expect, it } from "vitest"
import { type Case, conform, passed, refused } from "./cases.ts"
import * as Wire from "./wire.ts"
import { head, last, open, pseudonym } from "./world.ts"

const to = "GET /proxy/r/a"
const up = "GET /svc/a"
const trusting = { trustedProxies: ["127.0.0.1"] }

/** Appended to what the client sent, where it is believed. */
const listed = (...values: ReadonlyArray<string>): RegExp =>
  new RegExp(values.map((value) => value.replace(/[.*+?^${}()|[\]\\/"]/g, "\\$&")).join(", ?"))

const spoofed = [
  "Forwarded: for=192.0.2.1;proto=https;host=evil.example",
  "X-Forwarded-For: 192.0.2.1",
  "X-Forwarded-Host: evil.example",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Port: 443",
  "X-Forwarded-Prefix: /evil"
]

const ours: NonNullable<Parameters<typeof passed>[1]>["named"] = {
  "x-forwarded-for": "127.0.0.1",
  "x-forwarded-host": "gateway.example:8443",
  "x-forwarded-proto": "http",
  "x-forwarded-prefix": "/proxy/r"
}

describe("a client that nobody trusts", () => {
  conform([
    { name: "is named by its address, and we by our names", send: last(to), ...passed(up, { named: ours }) },
    { id: "G57", name: "cannot say who it is", send: last(to, ...spoofed), ...passed(up, { named: ours }) },
    {
      id: "G57",
      name: "cannot say it in two lines or in odd case either",
      send: last(to, "x-forwarded-for: 192.0.2.1", "X-FORWARDED-FOR: 192.0.2.2", "x-Forwarded-proto: https"),
      ...passed(up, { named: ours })
    },
    {
      // A server behind us may read _ as - (as CGI does, RFC 3875 §4.1.18).
      name: "cannot say it with underscores either",
      send: last(
        to,
        "X_Forwarded_For: 192.0.2.1",
        "x_forwarded-host: evil.example",
        "X-Forwarded_Proto: https",
        "X_Real_IP: 192.0.2.1",
        "X_Real-IP: 192.0.2.1",
        "X_Other: stays"
      ),
      ...passed(up, { named: ours, lines: ["X_Other: stays"] })
    },
    {
      name: "cannot say it where another address is trusted",
      world: { trustedProxies: ["10.0.0.0/8", "::1"] },
      send: last(to, ...spoofed),
      ...passed(up, { named: ours })
    },
    ...["X-Forwarded-Scheme: https", "X-Forwarded-Server: evil.example", "X-Forwarded-Ssl: on"].map(
      (line): Case => ({ name: `cannot say ${line}`, send: last(to, line), ...passed(up, { lines: [] }) })
    ),
    {
      id: "G61",
      name: "X-Forwarded-Prefix is what was taken off the path, for the bare prefix too",
      send: last("GET /proxy/r"),
      either: ["/svc", "/svc/"].map((path) => passed(`GET ${path}`, { named: { "x-forwarded-prefix": "/proxy/r" } }))
    }
  ])

  it("is in Forwarded with address, host and protocol, and nothing else is (RFC 7239)", async () => {
    const world = await open()
    const client = await world.client()
    client.send(last(to, ...spoofed))
    await client.ended()
    const [request] = world.upstream.messages()
    const forwarded = Wire.all(request?.lines ?? [], "forwarded")
    expect(forwarded.length).toBe(1)
    expect(forwarded[0]).not.toContain("evil")
    const pairs = (forwarded[0] ?? "").split(";").map((pair) => pair.toLowerCase().split("="))
    const value = (name: string) => pairs.find(([here]) => here?.trim() === name)?.[1]
    expect(value("for")).toMatch(/^"?127\.0\.0\.1"?$/)
    // A colon is no token: what has one is quoted (§4).
    expect(value("host")).toBe('"gateway.example:8443"')
    expect(value("proto")).toBe("http")
  })
})

describe("a proxy that is trusted", () => {
  conform([
    {
      id: "G59",
      name: "is believed, and its values are added to",
      world: trusting,
      send: head(
        `${to} HTTP/1.1`,
        "Host: localhost:8080",
        "Connection: close",
        "X-Forwarded-For: 192.168.0.2",
        "X-Forwarded-Host: example.com",
        "X-Forwarded-Proto: https"
      ),
      ...passed(up, {
        named: {
          "x-forwarded-for": listed("192.168.0.2", "127.0.0.1"),
          "x-forwarded-host": listed("example.com", "localhost:8080"),
          "x-forwarded-proto": listed("https", "http")
        }
      })
    },
    {
      id: "G59",
      name: "X-Forwarded-Port is added to",
      world: trusting,
      send: last(to, "X-Forwarded-Port: 443"),
      ...passed(up, { named: { "x-forwarded-port": /443, ?\d+/ } })
    },
    {
      name: "in a range is believed",
      world: { trustedProxies: ["127.0.0.0/8"] },
      send: last(to, "X-Forwarded-For: 192.0.2.1"),
      ...passed(up, { named: { "x-forwarded-for": listed("192.0.2.1", "127.0.0.1") } })
    },
    {
      name: "with several lines of one header is believed in their order",
      world: trusting,
      send: last(to, "X-Forwarded-For: 192.0.2.1, 192.0.2.2", "X-Forwarded-For: 192.0.2.3"),
      ...passed(up, { named: { "x-forwarded-for": listed("192.0.2.1", "192.0.2.2", "192.0.2.3", "127.0.0.1") } })
    },
    {
      name: "is added to Forwarded, which is passed as it came",
      world: trusting,
      send: last(to, 'Forwarded: for="[2001:db8::1]:4711";by=_hidden, for=unknown'),
      ...passed(up, {
        named: { forwarded: /for="\[2001:db8::1\]:4711";by=_hidden, ?for=unknown, ?.*for="?127\.0\.0\.1"?.*/ }
      })
    },
    {
      name: "that says nothing is named like any client",
      world: trusting,
      send: last(to),
      ...passed(up, { named: ours })
    },
    {
      id: "G61",
      name: "with a prefix of its own: ours is the last part",
      world: trusting,
      send: last(to, "X-Forwarded-Prefix: /outer"),
      ...passed(up, { named: { "x-forwarded-prefix": /\/outer(?:, ?)?\/proxy\/r/ } })
    }
  ])
})

describe("Via", () => {
  conform([
    { name: "has our name", send: last(to), ...passed(up, { named: { via: `1.1 ${pseudonym}` } }) },
    {
      name: "keeps those before us",
      send: last(to, "Via: 1.0 fred", "Via: HTTP/1.1 p.example.net (Apache/1.1)"),
      ...passed(up, { named: { via: listed("1.0 fred", "HTTP/1.1 p.example.net (Apache/1.1)", `1.1 ${pseudonym}`) } })
    },
    {
      name: "with our name in it is a loop",
      send: last(to, `Via: 1.1 ${pseudonym}`),
      ...refused(508, "LOOP_DETECTED")
    },
    {
      name: "with our name among others is a loop",
      send: last(to, "Via: 1.0 fred", `via: 1.1 a.example,HTTP/1.1 ${pseudonym} (v1), 1.1 b.example`),
      ...refused(508, "LOOP_DETECTED")
    },
    {
      name: "with a name that begins like ours is none",
      send: last(to, `Via: 1.1 ${pseudonym}-2, 1.1 not-${pseudonym}`),
      ...passed(up)
    },
    {
      name: "with our name in a comment is none",
      send: last(to, `Via: 1.1 other (1.1 ${pseudonym})`),
      ...passed(up)
    },
    {
      name: "of HTTP/1.0 says so",
      send: head(`${to} HTTP/1.0`, "Host: a"),
      ...passed(up, { named: { via: new RegExp(`1\\.[01] ${pseudonym}`) } })
    }
  ])
})

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"))

describe("Host", () => {
  conform([
    {
      id: "G01",
      name: "is the upstream's, whatever the client says",
      send: last("GET /proxy/r/a?x=1&x=2"),
      ...passed("GET /svc/a?x=1&x=2")
    },
    { id: "G31", name: "must be there", send: head(`${to} HTTP/1.1`, "Connection: close"), ...refused(400) },
    {
      name: "is there once",
      send: head(`${to} HTTP/1.1`, "Host: a", "Host: b", "Connection: close"),
      ...refused(400, ["HEADER_REPEATED", "REQUEST_MALFORMED"])
    },
    {
      name: "is there once, even if it says the same",
      send: head(`${to} HTTP/1.1`, "Host: a", "host: a", "Connection: close"),
      ...refused(400, ["HEADER_REPEATED", "REQUEST_MALFORMED"])
    },
    ...[
      "a b/@c",
      "a/b",
      "user@a",
      "a, b",
      "a:port",
      "a:80:80",
      "[::1",
      "a?b",
      "a#b",
      "a\\b",
      "<a>",
      "a\xe9",
      ":80"
    ].map(
      (value): Case => ({
        ...(value === "a b/@c" ? { id: "G33" } : {}),
        name: `is not ${JSON.stringify(value)}`,
        send: head(`${to} HTTP/1.1`, `Host: ${value}`, "Connection: close"),
        ...refused(400, "REQUEST_MALFORMED")
      })
    ),
    {
      name: "is not empty",
      send: head(`${to} HTTP/1.1`, "Host:", "Connection: close"),
      ...refused(400, "REQUEST_MALFORMED")
    },
    ...["[::1]:8080", "a_b.example", "xn--fiqs8s.example", "EXAMPLE.com.", "127.0.0.1:1"].map(
      (value): Case => ({
        name: `may be ${value}`,
        send: head(`${to} HTTP/1.1`, `Host: ${value}`, "Connection: close"),
        ...passed(up, { named: { "x-forwarded-host": value } })
      })
    )
  ])

  it.skipIf(!hasIpv6)("a peer of IPv6 stands in brackets in Forwarded, and bare in X-Forwarded-For", async () => {
    const world = await open({ host: "::1", trustedProxies: ["::1"] })
    const client = await world.client()
    client.send(last(to, "X-Forwarded-For: 192.0.2.1"))
    await client.ended()
    const [request] = world.upstream.messages()
    expect(Wire.get(request?.lines ?? [], "forwarded")).toMatch(/for="\[::1\]"/i)
    expect(Wire.get(request?.lines ?? [], "x-forwarded-for")).toMatch(/^192\.0\.2\.1, ?::1$/)
  })
})
