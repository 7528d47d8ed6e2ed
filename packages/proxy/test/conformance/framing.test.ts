import { describe, expect, it } from "vitest"
import { brokenOff, type Case, conform, passed, type Received, refused } from "./cases.ts"
import * as Wire from "./wire.ts"
import { last, open } from "./world.ts"

const to = "POST /proxy/r/a"
const up = "POST /svc/a"

const sized = (body: Wire.Wire, ...lines: ReadonlyArray<string>): Buffer =>
  Buffer.concat([Wire.bytes(last(to, `Content-Length: ${body.length}`, ...lines)), Wire.bytes(body)])
const chunked = (chunks: string, ...lines: ReadonlyArray<string>): string =>
  `${last(to, "Transfer-Encoding: chunked", ...lines)}${chunks}`

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const gbk = Buffer.from("d6a7b8b6b1a6", "hex")

const taken = (name: string, send: Wire.Wire, more: Omit<Received, "line">, id?: string): Case => ({
  ...(id === undefined ? {} : { id }),
  name,
  send,
  ...passed(up, more)
})

describe("a body arrives as it was sent, framed in one way", () => {
  conform([
    taken("of a known length", sized("abc"), { body: "abc", framing: "length" }),
    taken("of length 0", sized(""), { body: "", framing: "length" }, "G69"),
    {
      name: "of none, where the method has no need of one",
      send: last("GET /proxy/r/a"),
      ...passed("GET /svc/a", { framing: "none", lines: [] })
    },
    {
      name: "of none, where the method leads one to expect it",
      send: last(to),
      ...passed(up, { body: "" })
    },
    taken("of any bytes", sized(everyByte), { body: everyByte, framing: "length" }),
    taken(
      "of GBK",
      sized(gbk, "Content-Type: text/xml; charset=GBK"),
      { body: gbk, lines: ["Content-Type: text/xml; charset=GBK"] },
      "G87"
    ),
    taken(
      "text/xml",
      sized("<xml><a>1</a></xml>", "Content-Type: text/xml"),
      { body: "<xml><a>1</a></xml>", framing: "length" },
      "G69"
    ),
    taken("JSON that is none", sized("{", "Content-Type: application/json"), { body: "{" }),
    taken("a form", sized("a=1&a=2", "Content-Type: application/x-www-form-urlencoded"), { body: "a=1&a=2" }),
    taken("compressed, as it came", sized(everyByte, "Content-Encoding: gzip"), {
      body: everyByte,
      lines: ["Content-Encoding: gzip"]
    }),
    {
      id: "G67",
      name: "of DELETE",
      send: `${last("DELETE /proxy/r/a", "Content-Type: application/json", "Content-Length: 7")}{"a":1}`,
      ...passed("DELETE /svc/a", { body: '{"a":1}', framing: "length" })
    },
    {
      name: "of GET, or GET is refused",
      send: `${last("GET /proxy/r/a", "Content-Length: 3")}abc`,
      either: [passed("GET /svc/a", { body: "abc", framing: "length" }), refused(400)]
    },
    {
      name: "of OPTIONS",
      send: `${last("OPTIONS /proxy/r/a", "Content-Length: 3")}abc`,
      either: [passed("OPTIONS /svc/a", { body: "abc", framing: "length" }), refused(400)]
    },
    taken("in one chunk", chunked("3\r\nabc\r\n0\r\n\r\n"), { body: "abc", framing: "chunked" }),
    taken("in several chunks", chunked("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), { body: "abc", framing: "chunked" }),
    taken("in no chunk", chunked("0\r\n\r\n"), { body: "" }, "G69"),
    taken(
      "of text/xml and without a type, in chunks",
      chunked("3\r\n<a>\r\n0\r\n\r\n", "Content-Type: text/xml"),
      { body: "<a>", framing: "chunked" },
      "G69"
    ),
    taken(
      "in chunks whose sizes are written in odd ways",
      chunked(`00A\r\n0123456789\r\n0b\r\n01234567890\r\n000\r\n\r\n`),
      { body: "012345678901234567890", framing: "chunked" }
    ),
    taken("in chunks that hold CRLF and look like an end", chunked("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"), {
      body: "\r\n0\r\n\r\n"
    }),
    taken("in chunks with extensions, which go no further", chunked('3;a=1;b="x;y"\r\nabc\r\n0;c\r\n\r\n'), {
      body: "abc",
      framing: "chunked"
    }),
    taken("with Transfer-Encoding in another case", `${last(to, "tRaNsFeR-eNcOdInG: CHUNKED")}3\r\nabc\r\n0\r\n\r\n`, {
      body: "abc"
    }),
    taken(
      "with trailers, which do not become headers",
      chunked("3\r\nabc\r\n0\r\nX-T: 1\r\nAuthorization: Bearer evil\r\nHost: evil\r\n\r\n", "Trailer: X-T"),
      {
        body: "abc",
        lines: []
      }
    ),
    ...["Content-Length: 9", "Transfer-Encoding: chunked"].map(
      (line): Case => ({
        name: `with ${line} for a trailer, which frames nothing`,
        send: chunked(`3\r\nabc\r\n0\r\n${line}\r\n\r\n`),
        either: [passed(up, { body: "abc", lines: [] }), brokenOff]
      })
    ),
    taken(
      "with names like Content_Length and Transfer_Encoding, which are headers like others",
      sized("abc", "Content_Length: 1", "Transfer_Encoding: chunked"),
      {
        body: "abc",
        framing: "length"
      }
    ),
    {
      name: "with a length written 003, which arrives as a plain number or not at all",
      send: `${last(to, "Content-Length: 003")}abc`,
      either: [passed(up, { body: "abc", framing: "length" }), refused(400)]
    }
  ])

  it("in pieces of one byte", async () => {
    const world = await open()
    const client = await world.client()
    for (const byte of chunked("a;x=y\r\n0123456789\r\n0\r\nX: 1\r\n\r\n")) client.send(byte)
    await client.ended()
    await world.close()
    expect(world.upstream.faults()).toEqual([])
    expect(world.upstream.messages().map(({ body }) => body.toString())).toEqual(["0123456789"])
  })
})
