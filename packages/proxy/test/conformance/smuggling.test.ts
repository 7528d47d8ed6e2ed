import { describe } from "vitest"
import { brokenOff, type Case, conform, type Outcome, passed, refused } from "./cases.ts"
import { head, host, keep, last, ok } from "./world.ts"

const to = "POST /proxy/r/a"
const up = "POST /svc/a"

/** Where another request hides. */
const smuggled = head("GET /proxy/r/smuggled HTTP/1.1", `Host: ${host}`)
const sentinel = last("GET /proxy/r/sentinel")

/** Refused, or ended without a word; nothing for the upstream, and nothing else answered. */
const stopped = (status: number | ReadonlyArray<number> = [400, 501]): ReadonlyArray<Outcome> => [
  refused(status),
  { upstream: [], client: [] }
]

const notTaken = (name: string, lines: ReadonlyArray<string>, body: string, id?: string): Case => ({
  ...(id === undefined ? {} : { id }),
  name,
  send: `${keep("POST /proxy/r/outer", ...lines)}${body}${smuggled}${sentinel}`,
  either: stopped()
})

const terminated = "0\r\n\r\n"
const length = (value: string) => `Content-Length:${value}`
const coding = (value: string) => `Transfer-Encoding:${value}`

describe("a length that is none is refused, and what hides behind it goes nowhere", () => {
  conform([
    notTaken("two lengths, equal", [length(" 3"), length(" 3")], "abc", "G13"),
    notTaken("two lengths, different", [length(" 3"), length(" 6")], "abc"),
    notTaken("two lengths, different in case of name", ["content-length: 3", "CONTENT-LENGTH: 0"], "abc"),
    notTaken("3, 3", [length(" 3, 3")], "abc", "G15"),
    ...[
      "+3",
      "-3",
      "-0",
      "3,",
      ",3",
      "3, 6",
      "0x3",
      "0o3",
      "3.0",
      "3e0",
      "1_0",
      "1 0",
      "3;",
      "three",
      "''",
      '"3"',
      "",
      "3\x0b",
      "\x0c3",
      "\xb3",
      "99999999999999999999",
      "18446744073709551619"
    ].map((value) => notTaken(JSON.stringify(value), [length(` ${value}`)], "abc")),
    notTaken("folded", ["Content-Length:\r\n 3"], "abc"),
    notTaken("with a blank before the colon", ["Content-Length : 3"], "abc"),
    notTaken("with NUL behind", ["Content-Length: 3\0"], "abc"),
    notTaken("3 for a client of another mind: bare CR before it", ["X: 1\rContent-Length: 3"], "")
  ])
})

describe("a coding that is not plain chunked is refused, and what hides behind it goes nowhere", () => {
  conform([
    notTaken("length, then chunks", [length(" 3"), coding(" chunked")], terminated),
    notTaken("chunks, then length", [coding(" chunked"), length(" 3")], terminated),
    notTaken("chunks, then a length of 0", [coding(" chunked"), length(" 0")], terminated),
    notTaken("xchunked", [coding(" xchunked")], terminated, "G17"),
    notTaken("xchunked beside a length", [coding(" xchunked"), length(" 3")], "abc"),
    notTaken("identity, chunked", [coding(" identity, chunked")], terminated, "G19"),
    notTaken("gzip, chunked", [coding(" gzip, chunked")], terminated, "G19"),
    notTaken("chunked, identity", [coding(" chunked, identity")], terminated),
    notTaken("chunked, gzip", [coding(" chunked, gzip")], terminated),
    notTaken("chunked, chunked", [coding(" chunked, chunked")], terminated),
    notTaken("two lines, chunked both", [coding(" chunked"), coding(" chunked")], terminated, "G21"),
    notTaken("two lines, one of them with a tab behind", [coding(" chunked\t"), coding(" chunked")], terminated),
    notTaken("two lines, the first identity", [coding(" identity"), coding(" chunked")], terminated),
    notTaken("two lines, the last identity", [coding(" chunked"), coding(" identity")], terminated),
    notTaken("two lines, the first gzip", [coding(" gzip"), coding(" chunked")], terminated),
    notTaken("identity", [coding(" identity"), length(" 3")], "abc"),
    notTaken("gzip", [coding(" gzip")], "abc"),
    notTaken("nothing", [coding(""), length(" 3")], "abc"),
    notTaken("\\x0bchunked", [coding("\x0bchunked")], terminated, "G23"),
    notTaken("\\x0cchunked", [coding(" \x0cchunked")], terminated),
    ...[
      "\xa0chunked",
      "chunked\x0b",
      "chunked\0",
      "chunked;q=1",
      '"chunked"',
      "'chunked'",
      "chunked\xa0",
      "chunk",
      "chunked x",
      "x chunked",
      "ch\x96nked",
      "CHUN\u004bED\xff"
    ].map((value) => notTaken(JSON.stringify(value), [coding(` ${value}`)], terminated)),
    ...[", chunked", "chunked,", ",chunked,", "chunked, ,"].map((value) =>
      notTaken(JSON.stringify(value), [coding(` ${value}`)], terminated)
    ),
    notTaken("folded", ["Transfer-Encoding:\r\n chunked"], terminated),
    notTaken("with a blank before the colon", ["Transfer-Encoding : chunked"], terminated),
    notTaken("with a tab before the colon", ["Transfer-Encoding\t: chunked"], terminated),
    notTaken("behind a blank", ["X: 1", " Transfer-Encoding: chunked"], terminated),
    notTaken("behind a bare CR", ["X: 1\rTransfer-Encoding: chunked"], terminated),
    notTaken("behind a bare LF", ["X: 1\nTransfer-Encoding: chunked"], terminated),
    notTaken("with a CR in its name", ["Transfer\r-Encoding: chunked"], terminated),
    {
      name: "on HTTP/1.0",
      id: "G19",
      send: `${head("POST /proxy/r/outer HTTP/1.0", `Host: ${host}`, "Connection: keep-alive", "Transfer-Encoding: chunked")}${terminated}${smuggled}`,
      either: stopped()
    },
    {
      name: "on HTTP/1.0, beside a length",
      send: `${head("POST /proxy/r/outer HTTP/1.0", `Host: ${host}`, "Transfer-Encoding: chunked", "Content-Length: 3")}abc${smuggled}`,
      either: stopped()
    }
  ])
  conform(
    ["\tchunked", "  chunked  ", " chunked\t"].map(
      (value): Case => ({
        name: `${JSON.stringify(value)} is plain chunked, or refused`,
        send: `${last("POST /proxy/r/outer", coding(value))}3\r\nabc\r\n0\r\n\r\n`,
        either: [passed("POST /svc/outer", { body: "abc" }), ...stopped(), brokenOff]
      })
    )
  )
})

/** Chunks that are none. */
const brokenChunks: ReadonlyArray<readonly [name: string, chunks: string, id?: string]> = [
  ["a size of 0x3", "0x3\r\nabc\r\n0\r\n\r\n", "G29"],
  ["sizes that end in LF", "3\nabc\n0\n\n", "G29"],
  ["data that end in LF", "3\r\nabc\n0\r\n\r\n"],
  ["no CRLF after data", "3\r\nabc0\r\n\r\n", "G29"],
  ["more data than its size", "3\r\nabcdef\r\n0\r\n\r\n"],
  ["less data than its size", "5\r\nabc\r\n0\r\n\r\n"],
  ["a size with a sign", "+3\r\nabc\r\n0\r\n\r\n"],
  ["a negative size", "-3\r\nabc\r\n0\r\n\r\n"],
  ["a size with an underscore", "1_0\r\n0123456789abcdef\r\n0\r\n\r\n"],
  ["a blank before the size", " 3\r\nabc\r\n0\r\n\r\n"],
  ["no size", "\r\nabc\r\n0\r\n\r\n"],
  ["a size that is none", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a size beyond 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n"],
  ["LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"],
  ["CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"],
  ["NUL in an extension", "3;a\0b\r\nabc\r\n0\r\n\r\n"],
  ["a size that ends in CR", "3\rabc\r\n0\r\n\r\n"],
  ["an end that ends in LF", "3\r\nabc\r\n0\r\n\n"],
  ["a trailer that is none", "3\r\nabc\r\n0\r\nno trailer\r\n\r\n"],
  ["a trailer with a bare LF", "3\r\nabc\r\n0\r\nX: 1\nY: 2\r\n\r\n"]
]

/** Chunks that a reader may forgive: passed on in order, or refused. */
const oddChunks: ReadonlyArray<readonly [name: string, chunks: string]> = [
  ["a blank behind the size", "3 \r\nabc\r\n0\r\n\r\n"],
  ["a bare semicolon", "3;\r\nabc\r\n0\r\n\r\n"],
  ["blanks around an extension", "3 ; a = b\r\nabc\r\n0\r\n\r\n"],
  ["an extension that is no token", "3;b[=x\r\nabc\r\n0\r\n\r\n"]
]

describe("chunks that are none", () => {
  conform(
    brokenChunks.map(
      ([name, chunks, id]): Case => ({
        ...(id === undefined ? {} : { id }),
        name: `${name}: nobody takes the body for whole, and what hides behind it goes nowhere`,
        send: `${keep("POST /proxy/r/outer", "Transfer-Encoding: chunked")}${chunks}${smuggled}${sentinel}`,
        either: [brokenOff, { ...brokenOff, client: [] }]
      })
    )
  )
  conform(
    oddChunks.map(
      ([name, chunks]): Case => ({
        name: `${name}: forgiven and put in order, or refused`,
        send: `${last("POST /proxy/r/outer", "Transfer-Encoding: chunked")}${chunks}`,
        either: [passed("POST /svc/outer", { body: "abc" }), brokenOff]
      })
    )
  )
})

describe("lines that are none are refused", () => {
  conform([
    notTaken("a folded header", ["X: 1\r\n 2"], "", "G25"),
    notTaken("a bare CR in a value", ["X: 1\r2"], "", "G27"),
    notTaken("a NUL in a value", ["X: 1\x002"], "", "G27"),
    notTaken("a bare LF", ["X: 1\nY: 2"], ""),
    notTaken("a line of one blank, which some take for the empty one", ["X: 1", " "], ""),
    notTaken("an empty line that ends in LF", ["X: 1\r\n\nX: 2"], ""),
    notTaken("an empty line of two LF", ["X: 1\n\nX: 2"], ""),
    notTaken("a line of a colon", [":"], ""),
    notTaken("a line without a colon", ["X"], ""),
    notTaken("a line without a name", [": 1"], ""),
    notTaken("a name with a blank", ["X Y: 1"], ""),
    notTaken("a name with a bracket", ["X[1]: 1"], ""),
    notTaken("a name beyond ASCII", ["X\xe9: 1"], ""),
    notTaken("a line that begins with a blank", [" X: 1"], ""),
    notTaken("a control character in a value", ["X: \x01"], ""),
    { name: "no line at all ends in CRLF", send: `GET /proxy/r/a HTTP/1.1\nHost: ${host}\n\n`, either: stopped() },
    { name: "lines that end in CR", send: `GET /proxy/r/a HTTP/1.1\rHost: ${host}\r\r`, either: stopped() },
    { name: "a blank line first, of blanks", send: ` \r\n${sentinel}`, either: stopped() },
    {
      name: "two blanks in the first line, or they are one",
      send: last("GET  /proxy/r/a"),
      either: [...stopped(), passed("GET /svc/a")]
    },
    { name: "tabs in the first line", send: head("GET\t/proxy/r/a\tHTTP/1.1", `Host: ${host}`), either: stopped() },
    {
      name: "a blank behind the first line",
      send: head("GET /proxy/r/a HTTP/1.1 ", `Host: ${host}`),
      either: stopped()
    },
    { name: "no target", send: head("GET HTTP/1.1", `Host: ${host}`), either: stopped() },
    { name: "bytes that are no HTTP", send: Buffer.from("16030100a5010000a10303", "hex"), either: stopped() }
  ])
})

describe("a request that a body holds stays a body", () => {
  const inside = `${smuggled}`
  conform([
    {
      name: "by its length",
      send: `${keep(to, `Content-Length: ${inside.length}`)}${inside}${sentinel}`,
      upstream: [{ line: up, body: inside }, { line: "GET /svc/sentinel" }],
      client: [{ status: 200 }, { status: 200 }]
    },
    {
      name: "by its chunks",
      send: `${keep(to, "Transfer-Encoding: chunked")}${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n${sentinel}`,
      upstream: [{ line: up, body: inside }, { line: "GET /svc/sentinel" }],
      client: [{ status: 200 }, { status: 200 }]
    },
    {
      name: "of GET",
      send: `${keep("GET /proxy/r/a", `Content-Length: ${inside.length}`)}${inside}${sentinel}`,
      either: [
        {
          upstream: [{ line: "GET /svc/a", body: inside }, { line: "GET /svc/sentinel" }],
          client: [{ status: 200 }, { status: 200 }]
        },
        ...stopped()
      ]
    },
    {
      name: "of HEAD",
      methods: ["HEAD", "GET"],
      answers: [head("HTTP/1.1 200 OK", "Content-Length: 2"), ok],
      send: `${keep("HEAD /proxy/r/a", `Content-Length: ${inside.length}`)}${inside}${sentinel}`,
      either: [
        {
          upstream: [{ line: "HEAD /svc/a", body: inside }, { line: "GET /svc/sentinel" }],
          client: [{ status: 200 }, { status: 200 }]
        },
        ...stopped()
      ]
    },
    {
      name: "of a request that is refused",
      send: `${keep("POST /proxy/r/../a", `Content-Length: ${inside.length}`)}${inside}${sentinel}`,
      either: [
        { upstream: [{ line: "GET /svc/sentinel" }], client: [{ status: 400, code: "PATH_REFUSED" }, { status: 200 }] },
        { upstream: [], client: [{ status: 400, code: "PATH_REFUSED" }] }
      ]
    },
    {
      name: "of a request for an unknown route",
      send: `${keep("POST /proxy/rx/a", "Transfer-Encoding: chunked")}${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n${sentinel}`,
      either: [
        { upstream: [{ line: "GET /svc/sentinel" }], client: [{ status: 404 }, { status: 200 }] },
        { upstream: [], client: [{ status: 404 }] }
      ]
    }
  ])
})
