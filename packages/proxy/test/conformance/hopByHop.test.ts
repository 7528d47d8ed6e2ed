import { describe, expect, it } from "vitest"
import { type Case, conform, isProblem, passed, refused } from "./cases.ts"
import * as Wire from "./wire.ts"
import { head, host, keep, last, open } from "./world.ts"

const to = "GET /proxy/r/a"
const up = "GET /svc/a"

/** Header lines of an answer, and which of them the client sees. */
const answered = (name: string, lines: ReadonlyArray<string>, seen: ReadonlyArray<string>, id?: string): Case => ({
  name,
  ...(id === undefined ? {} : { id }),
  send: last(to),
  answers: [`${head("HTTP/1.1 200 OK", "Content-Length: 2", ...lines)}ok`],
  ...passed(up, {}, { status: 200, lines: seen, body: "ok" })
})

describe("what belongs to the client's connection goes no further", () => {
  conform([
    {
      name: "end-to-end headers pass as they are, in their order",
      send: last(to, "X-B: 2", "x-a: 1", "Accept: */*", "Accept-Encoding: gzip, br", "User-Agent: curl/8.0"),
      ...passed(up, { lines: ["X-B: 2", "x-a: 1", "Accept: */*", "Accept-Encoding: gzip, br", "User-Agent: curl/8.0"] })
    },
    {
      name: "no header is made up for a client that sends none",
      send: last(to),
      ...passed(up, { lines: [], framing: "none" })
    },
    {
      name: "what Connection names is dropped, however it is written",
      send: head(
        `${to} HTTP/1.1`,
        `Host: ${host}`,
        "Connection: CLOSE ,x-hop,, X-Other",
        "X-HOP: 1",
        "X-Other: 2",
        "X-Ok: 3"
      ),
      ...passed(up, { lines: ["X-Ok: 3"] })
    },
    {
      id: "G03",
      name: "what either of two Connection lines names is dropped",
      send: head(
        `${to} HTTP/1.1`,
        `Host: ${host}`,
        "Connection: X-A",
        "Connection: close, X-B",
        "X-A: 1",
        "X-B: 2",
        "X-C: 3"
      ),
      ...passed(up, { lines: ["X-C: 3"] })
    },
    {
      id: "G05",
      name: "naming X-Forwarded-For in Connection does not hide the client",
      send: head(`${to} HTTP/1.1`, `Host: ${host}`, "Connection: close, X-Forwarded-For, Forwarded, Via"),
      ...passed(up, { named: { "x-forwarded-for": "127.0.0.1", forwarded: /for=.*/, via: "1.1 payment-proxy" } })
    },
    {
      name: "naming Host in Connection does not take it away",
      send: head(`${to} HTTP/1.1`, `Host: ${host}`, "Connection: close, Host"),
      either: [passed(up), refused(400, "REQUEST_MALFORMED")]
    },
    {
      name: "naming Content-Length in Connection does not undo the framing",
      send: `${head("POST /proxy/r/a HTTP/1.1", `Host: ${host}`, "Connection: close, Content-Length", "Content-Length: 3")}abc`,
      either: [passed("POST /svc/a", { body: "abc" }), refused(400, "REQUEST_MALFORMED")]
    },
    {
      name: "naming Transfer-Encoding in Connection does not undo the framing",
      send: `${head("POST /proxy/r/a HTTP/1.1", `Host: ${host}`, "Connection: close, Transfer-Encoding", "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n`,
      either: [passed("POST /svc/a", { body: "abc" }), refused(400, "REQUEST_MALFORMED")]
    },
    {
      id: "G07",
      name: "Keep-Alive, TE, Trailer, Proxy-*, Upgrade and HTTP2-Settings are dropped unnamed",
      send: last(
        to,
        "Keep-Alive: timeout=5",
        "TE: trailers, deflate",
        "Trailer: X-T",
        "Proxy-Authorization: Basic eA==",
        "Proxy-Connection: keep-alive",
        "Proxy-Authenticate: Basic",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk",
        "X-Bar: 1"
      ),
      either: [passed(up, { lines: ["X-Bar: 1"] }), passed(up, { lines: ["TE: trailers", "X-Bar: 1"] })]
    },
    {
      id: "G09",
      name: "X-Foo-Bar and Close stay where Connection names X-Foo and close",
      send: head(`${to} HTTP/1.1`, `Host: ${host}`, "Connection: X-Foo, close", "X-Foo-Bar: 1", "Close: 2", "X-Foo: 3"),
      either: [
        passed(up, { lines: ["X-Foo-Bar: 1", "Close: 2"] }),
        // RFC 9110 §7.6.1 taken by the letter: close names a field, too.
        passed(up, { lines: ["X-Foo-Bar: 1"] })
      ]
    },
    {
      name: "a Connection that is no list of names",
      send: head(`${to} HTTP/1.1`, `Host: ${host}`, 'Connection: close, "X-Hop", @, X Y', "X-Ok: 3"),
      either: [passed(up, { lines: ["X-Ok: 3"] }), refused(400, "REQUEST_MALFORMED")]
    },
    {
      id: "G101",
      name: "headers named __proto__ and constructor harm nobody",
      send: last(to, "__proto__: x", "constructor: y", "toString: z", "X-Ok: 1"),
      either: [
        passed(up, { lines: ["__proto__: x", "constructor: y", "toString: z", "X-Ok: 1"] }),
        passed(up, { lines: ["X-Ok: 1"] })
      ]
    },
    {
      name: "naming __proto__ and constructor in Connection harms nobody",
      send: head(`${to} HTTP/1.1`, `Host: ${host}`, "Connection: close, __proto__, constructor", "X-Ok: 1"),
      ...passed(up, { lines: ["X-Ok: 1"] })
    },
    {
      id: "G63",
      name: "two lines of one header stay two values",
      send: last(to, "X-A: 1", "X-A: 2"),
      ...passed(up, { named: { "x-a": "1, 2" } })
    },
    {
      id: "G63",
      name: "two Cookie lines become one",
      send: last(to, "Cookie: a=1", "Cookie: b=2"),
      ...passed(up, { named: { cookie: "a=1; b=2" } })
    },
    {
      id: "G63",
      name: "two Authorization lines are refused",
      send: last(to, "Authorization: Bearer a", "authorization: Bearer b"),
      ...refused(400, "HEADER_REPEATED")
    },
    {
      name: "two Content-Type lines are refused",
      send: `${last("POST /proxy/r/a", "Content-Type: text/plain", "Content-Type: application/json", "Content-Length: 2")}{}`,
      either: [refused(400, "HEADER_REPEATED"), passed("POST /svc/a", { body: "{}" })]
    },
    {
      name: "an empty value and blanks around a value",
      send: last(to, "X-Empty:", "X-Blank:  \t a b \t "),
      ...passed(up, { lines: ["X-Empty: ", "X-Blank: a b"] })
    },
    {
      id: "G87",
      name: "bytes of a header beyond ASCII arrive unchanged",
      send: last(to, "X-Latin: caf\xe9", "X-Utf8: \xe6\x94\xaf\xe4\xbb\x98", "X-Gbk: \xd6\xa7\xb8\xb6"),
      ...passed(up, { lines: ["X-Latin: caf\xe9", "X-Utf8: \xe6\x94\xaf\xe4\xbb\x98", "X-Gbk: \xd6\xa7\xb8\xb6"] })
    }
  ])
})

describe("what belongs to the upstream's connection goes no further", () => {
  conform([
    answered(
      "end-to-end headers pass as they are, in their order",
      ["X-B: 2", "x-a: 1", "Content-Type: text/plain", "Server: vendor", 'ETag: "1"'],
      ["X-B: 2", "x-a: 1", "Content-Type: text/plain", "Server: vendor", 'ETag: "1"']
    ),
    answered(
      "hop-by-hop headers and those that Connection names are dropped",
      [
        "Connection: X-Hop, Keep-Alive",
        "X-Hop: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Authenticate: Basic",
        "Proxy-Authentication-Info: x",
        "Proxy-Connection: keep-alive",
        "Trailer: X-T",
        "Upgrade: h2c",
        "X-Ok: 1"
      ],
      ["X-Ok: 1"],
      "G11"
    ),
    answered(
      "what either of two Connection lines names is dropped",
      ["Connection: x-a", "X-A: 1", "Connection: close, X-B", "X-B: 2", "X-C: 3"],
      ["X-C: 3"]
    ),
    answered(
      "two Set-Cookie stay two lines",
      ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2, c"],
      ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2, c"],
      "G79"
    ),
    answered(
      "two WWW-Authenticate stay two",
      ['WWW-Authenticate: Basic realm="a, b"', "WWW-Authenticate: Bearer"],
      ['WWW-Authenticate: Basic realm="a, b"', "WWW-Authenticate: Bearer"]
    ),
    answered(
      "bytes beyond ASCII arrive unchanged",
      ["X-Latin: caf\xe9", "X-Gbk: \xd6\xa7\xb8\xb6"],
      ["X-Latin: caf\xe9", "X-Gbk: \xd6\xa7\xb8\xb6"],
      "G87"
    ),
    answered(
      "headers named __proto__ and constructor harm nobody",
      ["__proto__: x", "constructor: y", "X-Ok: 1"],
      ["__proto__: x", "constructor: y", "X-Ok: 1"]
    ),
    {
      name: "naming Content-Length in Connection does not undo the framing",
      send: last(to),
      answers: ["HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nok"],
      either: [passed(up), passed(up, {}, { status: 502, code: "UPSTREAM_MALFORMED" })]
    },
    {
      name: "naming Set-Cookie in Connection drops it",
      send: last(to),
      answers: ["HTTP/1.1 200 OK\r\nConnection: Set-Cookie\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\nok"],
      ...passed(up, {}, { status: 200, lines: [], body: "ok" })
    },
    {
      name: "the upstream's Connection: close does not end the client's connection",
      send: [keep("GET /proxy/r/a"), last("GET /proxy/r/b")],
      answers: ["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
      isLast: true,
      upstream: [{ line: "GET /svc/a" }, { line: "GET /svc/b" }],
      client: [
        { status: 200, body: "ok" },
        { status: 200, body: "ok" }
      ]
    },
    {
      name: "the upstream's Date stays, and there is one",
      send: last(to),
      answers: ["HTTP/1.1 200 OK\r\nDate: Tue, 15 Nov 1994 08:12:31 GMT\r\nContent-Length: 2\r\n\r\nok"],
      ...passed(up, {}, { status: 200, named: { date: "Tue, 15 Nov 1994 08:12:31 GMT" } })
    },
    {
      name: "an answer without Date gets one",
      send: last(to),
      ...passed(up, {}, { status: 200, named: { date: /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/ } })
    }
  ])
})

describe("the client's connection is the client's", () => {
  conform([
    {
      name: "Connection: close is honoured and said",
      send: last(to),
      ...passed(up, {}, { status: 200, named: { connection: "close" } })
    },
    {
      name: "Connection: Close among others is honoured",
      send: head(`${to} HTTP/1.1`, `Host: ${host}`, "Connection: X-A, Close"),
      ...passed(up, {}, { status: 200, named: { connection: "close" } })
    },
    {
      name: "a client of HTTP/1.0 is answered, and its connection ends",
      send: head(`${to} HTTP/1.0`, `Host: ${host}`),
      ...passed(up, {}, { status: 200, body: "ok" })
    },
    {
      name: "two requests in one packet are answered in order",
      send: `${keep("GET /proxy/r/a")}${keep("GET /proxy/r/b")}${last("GET /proxy/r/c")}`,
      answers: ["a", "b", "c"].map((name) => `${head("HTTP/1.1 200 OK", "Content-Length: 1")}${name}`),
      upstream: ["a", "b", "c"].map((name) => ({ line: `GET /svc/${name}` })),
      client: ["a", "b", "c"].map((body) => ({ status: 200, body }))
    },
    {
      name: "a refusal in the middle of a packet does not spoil its neighbours",
      send: `${keep("GET /proxy/r/a")}${keep("GET /proxy/rx/b")}${last("GET /proxy/r/c")}`,
      either: [
        {
          upstream: [{ line: "GET /svc/a" }, { line: "GET /svc/c" }],
          client: [{ status: 200 }, { status: 404, code: "NOT_FOUND" }, { status: 200 }]
        },
        { upstream: [{ line: "GET /svc/a" }], client: [{ status: 200 }, { status: 404, code: "NOT_FOUND" }] }
      ]
    }
  ])
})

describe("the proxy changes no protocol", () => {
  conform([
    {
      name: "a WebSocket handshake among other options is refused plainly",
      send: head(`${to} HTTP/1.1`, `Host: ${host}`, "Connection: close, upgrade", "Upgrade: WebSocket"),
      ...refused(501, "UPGRADE_REFUSED")
    },
    {
      name: "Upgrade: h2c that Connection does not name is dropped",
      send: last(to, "Upgrade: h2c"),
      ...passed(up, { lines: [] })
    },
    {
      name: "Upgrade: h2c is not taken up, and not passed on",
      send: head(
        `${to} HTTP/1.1`,
        `Host: ${host}`,
        "Connection: close, Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk"
      ),
      either: [passed(up, { lines: [] }), refused(501, "UPGRADE_REFUSED")]
    },
    {
      name: "Upgrade: h2c takes no body away",
      send: `${head("POST /proxy/r/a HTTP/1.1", `Host: ${host}`, "Connection: close, Upgrade", "Upgrade: h2c", "Content-Length: 3")}abc`,
      either: [passed("POST /svc/a", { body: "abc", lines: [] }), refused(501, "UPGRADE_REFUSED")]
    },
    {
      name: "the preface of HTTP/2 is no request",
      send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
      either: [refused([400, 505]), { upstream: [], client: [] }]
    }
  ])

  it("a WebSocket handshake is refused plainly, and the connection goes on or ends", async () => {
    const world = await open()
    const client = await world.client()
    client.send(
      head(
        `${to} HTTP/1.1`,
        `Host: ${host}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
      )
    )
    const [answer] = await client.answered(1)
    expect(answer?.start).toMatch(/^HTTP\/1\.1 501 /)
    if (answer !== undefined) isProblem(answer, "UPGRADE_REFUSED")
    client.send(last(to))
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf).slice(1)).toEqual(
      /close/i.test(Wire.get(answer?.lines ?? [], "connection") ?? "") ? [] : [200]
    )
  })
})
