import { describe, expect, it } from "vitest"
import { type Answered, type Case, conform, isProblem, passed } from "./cases.ts"
import * as Wire from "./wire.ts"
import { head, keep, last, ok, open } from "./world.ts"

const to = "GET /proxy/r/a"
const up = "GET /svc/a"

const said = (name: string, answer: Wire.Wire, client: Answered, more: Partial<Case> = {}): Case => ({
  name,
  send: last(to),
  answers: [answer],
  ...passed(up, {}, client),
  ...more
})

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const gbk = Buffer.from("d6a7b8b6b1a6", "hex")
const withBody = (body: Buffer, ...lines: ReadonlyArray<string>) =>
  Buffer.concat([Wire.bytes(head("HTTP/1.1 200 OK", `Content-Length: ${body.length}`, ...lines)), body])

describe("an answer arrives as it was sent", () => {
  conform([
    said("of a known length", ok, { status: 200, body: "ok", framing: "length" }),
    said("of any bytes", withBody(everyByte), { status: 200, body: everyByte, framing: "length" }),
    said(
      "of GBK",
      withBody(gbk, "Content-Type: text/xml; charset=GBK"),
      { status: 200, body: gbk, lines: ["Content-Type: text/xml; charset=GBK"] },
      { id: "G87" }
    ),
    said("compressed, as it came", withBody(everyByte, "Content-Encoding: gzip"), {
      status: 200,
      body: everyByte,
      lines: ["Content-Encoding: gzip"]
    }),
    said("of length 0", head("HTTP/1.1 200 OK", "Content-Length: 0"), { status: 200, body: "", framing: "length" }),
    said("in chunks", `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n`, {
      status: 200,
      body: "ok",
      framing: "chunked"
    }),
    said(
      "until the connection ends",
      `${head("HTTP/1.1 200 OK")}to the end`,
      { status: 200, body: "to the end", framing: ["chunked", "close"] },
      { isLast: true }
    ),
    said(
      "until the connection ends, by HTTP/1.0",
      `${head("HTTP/1.0 200 OK")}to the end`,
      { status: 200, body: "to the end", framing: ["chunked", "close"] },
      { isLast: true }
    ),
    said(
      "in chunks, to a client of HTTP/1.0, which gets none",
      `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}2\r\nok\r\n0\r\n\r\n`,
      { status: 200, body: "ok", framing: ["close", "length"] },
      {
        send: head(`${to} HTTP/1.0`, "Host: a")
      }
    ),
    ...[
      201, 202, 206, 301, 302, 303, 307, 308, 400, 401, 403, 404, 409, 416, 422, 429, 451, 499, 500, 502, 503, 504, 511,
      599
    ].map((status) =>
      said(
        `with status ${status}`,
        `${head(`HTTP/1.1 ${status} So`, "Content-Length: 2", "Location: http://127.0.0.1:1/next", "Retry-After: 1", 'WWW-Authenticate: Bearer error="invalid_token"')}ok`,
        {
          status,
          body: "ok",
          lines: [
            "Location: http://127.0.0.1:1/next",
            "Retry-After: 1",
            'WWW-Authenticate: Bearer error="invalid_token"'
          ]
        }
      )
    ),
    said("without a reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", { status: 200, body: "ok" }),
    said("with a reason beyond ASCII", "HTTP/1.1 200 \xd6\xa7\r\nContent-Length: 2\r\n\r\nok", {
      status: 200,
      body: "ok"
    })
  ])

  it("with its trailers, or without them, but never with trailers as headers", async () => {
    const answer = `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-Sum")}2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nSet-Cookie: evil=1\r\n\r\n`
    const world = await open({ upstream: { onWhole: (connection) => connection.send(answer) } })
    const client = await world.client()
    client.send(last(to, "TE: trailers"))
    await client.ended()
    const { messages, fault } = client.reading()
    expect(fault).toBeUndefined()
    const [message] = messages
    // A trailer called Content-Length may as well be taken for a fault.
    if (message?.isWhole) {
      expect(message.body.toString()).toBe("ok")
      expect(message.trailers.map(([name]) => name.toLowerCase()).filter((name) => name !== "x-sum")).toEqual([])
    }
    expect(message?.lines.map(([name]) => name.toLowerCase())).not.toContain("x-sum")
    expect(message?.lines.map(([name]) => name.toLowerCase())).not.toContain("set-cookie")
  })

  it("with a trailer that means no harm, where the client takes trailers", async () => {
    const answer = `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`
    const world = await open({ upstream: { onWhole: (connection) => connection.send(answer) } })
    const client = await world.client()
    client.send(last(to, "TE: trailers"))
    await client.ended()
    const [message] = client.reading().messages
    expect([message?.isWhole, message?.body.toString()]).toEqual([true, "ok"])
    expect([[], [["X-Sum", "1"]]]).toContainEqual(message?.trailers)
  })
})

describe("an answer without a body has none", () => {
  const headOf = (name: string, answer: string, length: string | undefined): Case => ({
    ...(name.includes("length") ? { id: "G77" } : {}),
    name,
    send: last("HEAD /proxy/r/a"),
    methods: ["HEAD"],
    answers: [answer],
    ...passed("HEAD /svc/a", { framing: "none" }, { status: 200, body: "", named: { "content-length": length } })
  })
  conform([
    headOf("of HEAD, which keeps the length", head("HTTP/1.1 200 OK", "Content-Length: 12345"), "12345"),
    headOf("of HEAD, which said nothing of one", head("HTTP/1.1 200 OK"), undefined),
    {
      name: "of HEAD, in chunks that do not come",
      send: last("HEAD /proxy/r/a"),
      methods: ["HEAD"],
      answers: [head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")],
      ...passed("HEAD /svc/a", {}, { status: 200, body: "" })
    },
    {
      name: "of HEAD, for a path that is refused",
      send: last("HEAD /proxy/r/../a"),
      methods: ["HEAD"],
      upstream: [],
      client: [{ status: 400, body: "" }]
    },
    ...[204, 304].flatMap(
      (status): ReadonlyArray<Case> => [
        {
          name: `of ${status}, and the next answer is the next`,
          send: `${keep("GET /proxy/r/a")}${last("GET /proxy/r/b")}`,
          answers: [head(`HTTP/1.1 ${status} So`, "ETag: 1"), ok],
          upstream: [{ line: "GET /svc/a" }, { line: "GET /svc/b" }],
          client: [
            { status, body: "", lines: ["ETag: 1"] },
            { status: 200, body: "ok" }
          ]
        },
        {
          name: `of ${status} that says a length`,
          send: [last(to)],
          answers: [head(`HTTP/1.1 ${status} So`, "Content-Length: 0")],
          ...passed(up, {}, { status, body: "" })
        }
      ]
    ),
    said("of 304 keeps the length that it speaks of", head("HTTP/1.1 304 Not Modified", "Content-Length: 12345"), {
      status: 304,
      body: "",
      named: { "content-length": /12345|undefined/ }
    }),
    said("of 205", head("HTTP/1.1 205 Reset Content", "Content-Length: 0"), { status: 205, body: "" })
  ])

  it("of HEAD that sends one all the same: it reaches nobody", async () => {
    const world = await open({
      upstream: {
        onWhole: (connection, _, index) =>
          connection.send(
            index === 0 ? `${ok.slice(0, -2)}HTTP/1.1 200 OK\r\nX-Evil: 1\r\nContent-Length: 4\r\n\r\nevil` : ok
          )
      }
    })
    const client = await world.client()
    client.send(keep("HEAD /proxy/r/a"))
    await client.until(() => client.received().includes("\r\n\r\n"), "an answer")
    client.send(last("GET /proxy/r/b"))
    await client.ended()
    expect(client.received().toString()).not.toContain("evil")
    expect(client.reading("HEAD", "GET").messages.map(Wire.statusOf).at(-1)).toSatisfy(
      (status) => status === 200 || status === 502
    )
  })
})

describe("what comes before an answer", () => {
  const early = head("HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload")
  const isNone = { status: 200, body: "ok", named: { link: undefined } }
  conform([
    said("103 is dropped or passed, and is not the answer", `${early}${ok}`, isNone, { id: "G85" }),
    said("several 103", `${early.repeat(20)}${ok}`, isNone),
    {
      // RFC 9110 §15.2 would have it passed over; undici breaks the connection.
      name: "100 that nobody asked for is not the answer",
      send: last(to),
      answers: [`${head("HTTP/1.1 100 Continue")}${ok}`],
      either: [passed(up, {}, isNone), passed(up, {}, { status: 502, code: ["UPSTREAM_MALFORMED", "UPSTREAM_RESET"] })]
    },
    said("102", `${head("HTTP/1.1 102 Processing")}${ok}`, isNone),
    said("103 for a client of HTTP/1.0 is dropped", `${early}${ok}`, isNone, {
      send: head(`${to} HTTP/1.0`, "Host: a")
    }),
    said(
      "101 that nobody asked for is no answer",
      head("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"),
      { status: 502, code: ["UPSTREAM_MALFORMED", "UPSTREAM_RESET"] }
    )
  ])

  it("F33 a flood of 103 without an end is ended", async () => {
    const flood = early.repeat(200)
    let sent = 0
    const world = await open({
      route: { limits: { headMillis: 400 } },
      upstream: {
        onWhole: (connection) => {
          const pour = (): void => {
            while (connection.socket.writable && connection.socket.write(flood)) sent += flood.length
            if (connection.socket.writable) setImmediate(pour)
          }
          pour()
        }
      }
    })
    const client = await world.client()
    client.send(last(to))
    await client.ended()
    const final = client.reading().messages.filter((message) => Wire.statusOf(message) >= 200)
    expect(final.map(Wire.statusOf)).toSatisfy(([status]: Array<number>) => status === 502 || status === 504)
    for (const message of final) isProblem(message, ["UPSTREAM_MALFORMED", "UPSTREAM_TIMEOUT", "UPSTREAM_RESET"])
    await world.upstream.until(
      ({ connections }) => connections.every((connection) => connection.isClosed()),
      "the upstream is let go"
    )
    expect(sent).toBeGreaterThan(0)
  })
})

/** What comes in place of a head. */
const malformed = (name: string, answer: Wire.Wire, more: Partial<Case> = {}): Case =>
  said(name, answer, { status: 502, code: "UPSTREAM_MALFORMED" }, { isLast: true, ...more })

const sizedOk = (...lines: ReadonlyArray<string>) => `${head("HTTP/1.1 200 OK", ...lines)}ok`

describe("an answer that is none is 502", () => {
  conform([
    malformed("status 999", `${head("HTTP/1.1 999 What", "Content-Length: 2")}ok`, { id: "G83" }),
    malformed("status 600", `${head("HTTP/1.1 600 What", "Content-Length: 2")}ok`),
    malformed("status 099", `${head("HTTP/1.1 099 What", "Content-Length: 2")}ok`),
    malformed("status 99", `${head("HTTP/1.1 99 What", "Content-Length: 2")}ok`),
    malformed("status 2000", `${head("HTTP/1.1 2000 What", "Content-Length: 2")}ok`),
    malformed("status abc", head("HTTP/1.1 abc OK")),
    malformed("status -200", head("HTTP/1.1 -200 OK")),
    malformed("garbage", "garbage\r\n\r\n"),
    malformed("HTTP/2.0, where the parser tells", `${head("HTTP/2.0 200 OK", "Content-Length: 2")}ok`, {
      either: [passed(up, {}, { status: 502, code: "UPSTREAM_MALFORMED" }), passed(up)]
    }),
    malformed("HTTP/0.9", "<html>ok</html>"),
    malformed("a name of HTTP in small letters", `${head("http/1.1 200 OK", "Content-Length: 2")}ok`),
    malformed("a frame of HTTP/2", Buffer.from("00000604000000000000030000", "hex")),
    malformed("an alert of TLS", Buffer.from("15030100020246", "hex")),
    malformed(
      "length and chunks",
      `${head("HTTP/1.1 200 OK", "Content-Length: 2", "Transfer-Encoding: chunked")}2\r\nok\r\n0\r\n\r\n`
    ),
    malformed(
      "chunks and length",
      `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Length: 2")}2\r\nok\r\n0\r\n\r\n`
    ),
    malformed("two lengths, different", sizedOk("Content-Length: 2", "Content-Length: 3")),
    malformed("a length of 2, 3", sizedOk("Content-Length: 2, 3")),
    malformed("a length of +2", sizedOk("Content-Length: +2")),
    malformed("a length of -2", sizedOk("Content-Length: -2")),
    malformed("a length of 0x2", sizedOk("Content-Length: 0x2")),
    malformed("an empty length", sizedOk("Content-Length:")),
    malformed("a length beyond 64 bits", sizedOk("Content-Length: 99999999999999999999")),
    malformed("a folded line", sizedOk("Content-Length: 2", "X: 1\r\n 2")),
    malformed("a NUL in a value", sizedOk("Content-Length: 2", "X: 1\x002")),
    malformed("a bare CR in a value", sizedOk("Content-Length: 2", "X: 1\r2")),
    malformed("a line without a colon", sizedOk("Content-Length: 2", "X")),
    malformed("a blank before the colon", sizedOk("Content-Length: 2", "X : 1")),
    malformed("a head of 100 KB", sizedOk("Content-Length: 2", `X: ${"x".repeat(100_000)}`)),
    ...[
      "identity",
      "gzip",
      "chunked, gzip",
      "chunked, chunked",
      "gzip, chunked",
      "xchunked",
      "chunked\t",
      "chunked;q=1",
      ", chunked",
      "\x0bchunked"
    ].map((coding) =>
      malformed(
        `a coding of ${JSON.stringify(coding)}`,
        `${head("HTTP/1.1 200 OK", `Transfer-Encoding: ${coding}`)}2\r\nok\r\n0\r\n\r\n`,
        {
          // A reader may see plain chunks in two of them; what nobody may do is to pass on sizes, or a coding, as the body.
          either: [
            passed(up, {}, { status: 502, code: "UPSTREAM_MALFORMED" }),
            ...(/^(?:chunked\t|, chunked)$/.test(coding) ? [passed(up, {}, { status: 200, body: "ok" })] : [])
          ]
        }
      )
    ),
    malformed(
      "two codings, chunked both",
      `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")}2\r\nok\r\n0\r\n\r\n`
    ),
    malformed("chunks by HTTP/1.0", `${head("HTTP/1.0 200 OK", "Transfer-Encoding: chunked")}2\r\nok\r\n0\r\n\r\n`, {
      either: [passed(up, {}, { status: 502, code: "UPSTREAM_MALFORMED" }), passed(up, {}, { status: 200, body: "ok" })]
    }),
    {
      name: "two lengths, equal: one, or 502",
      send: last(to),
      answers: [sizedOk("Content-Length: 2", "Content-Length: 2")],
      either: [passed(up), passed(up, {}, { status: 502, code: "UPSTREAM_MALFORMED" })]
    },
    {
      name: "lines that end in LF: forgiven, or 502",
      send: last(to),
      answers: ["HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
      isLast: true,
      either: [passed(up), passed(up, {}, { status: 502, code: "UPSTREAM_MALFORMED" })]
    }
  ])
})

describe("an answer that was not asked for reaches nobody", () => {
  const surplus = "HTTP/1.1 200 OK\r\nX-Evil: 1\r\nContent-Length: 4\r\n\r\nevil"

  it.each([
    ["behind the answer, in one packet", 0],
    ["behind the answer, a little later", 1]
  ])("%s", async (_, isLater) => {
    const world = await open({
      upstream: {
        onWhole: (connection, _request, index) => {
          if (index > 0 || isLater) connection.send(ok)
          else connection.send(`${ok}${surplus}`)
        }
      }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.answered(1)
    const [first] = world.upstream.connections
    if (isLater && first !== undefined) {
      first.send(surplus)
      await first.until(() => first.isClosed(), "the connection is given up")
    }
    client.send(last("GET /proxy/r/b"))
    await client.ended()
    expect(client.received().toString()).not.toContain("evil")
    expect(client.reading().messages.map(Wire.statusOf)[1]).toSatisfy((status) => status === 200 || status === 502)
  })

  it("more bytes than the length says are not the body's", async () => {
    const world = await open({ upstream: { onWhole: (connection) => connection.send(`${ok}more`) } })
    const client = await world.client()
    client.send(last(to))
    await client.ended()
    expect(client.reading().messages.map(({ body }) => body.toString())).toEqual(["ok"])
  })
})
