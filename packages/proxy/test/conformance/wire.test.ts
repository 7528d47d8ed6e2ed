import { describe, expect, it } from "vitest"
import { answers, bytes, requests, type Wire } from "./wire.ts"

const asked = (wire: Wire) => {
  const { messages, fault } = requests(bytes(wire))
  return { starts: messages.map(({ start }) => start), whole: messages.map(({ isWhole }) => isWhole), fault }
}

describe("the strict reader of requests", () => {
  it("reads what is HTTP/1.1", () => {
    const { messages, fault } = requests(
      bytes(
        "GET /a HTTP/1.1\r\nHost: u\r\n\r\n" +
          "POST /b HTTP/1.1\r\nHost: u\r\nContent-Length: 3\r\n\r\nabc" +
          'POST /c HTTP/1.1\r\nHost: u\r\nTransfer-Encoding: chunked\r\n\r\n3;x="y z"\r\nabc\r\n1\r\nd\r\n0\r\nT: 1\r\n\r\n'
      )
    )
    expect(fault).toBeUndefined()
    expect(messages.map(({ start, body, framing }) => [start, body.toString(), framing])).toEqual([
      ["GET /a HTTP/1.1", "", "none"],
      ["POST /b HTTP/1.1", "abc", "length"],
      ["POST /c HTTP/1.1", "abcd", "chunked"]
    ])
    expect(messages[2]?.trailers).toEqual([["T", "1"]])
  })

  it("knows an unfinished body", () => {
    expect(asked("POST / HTTP/1.1\r\nHost: u\r\nContent-Length: 3\r\n\r\nab").whole).toEqual([false])
    expect(asked("POST / HTTP/1.1\r\nHost: u\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n").whole).toEqual([false])
    expect(asked("POST / HTTP/1.1\r\nHost: u\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n").whole).toEqual([
      false
    ])
  })

  it.each([
    ["no Host", "GET / HTTP/1.1\r\n\r\n"],
    ["two Host", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"],
    ["another version", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"],
    ["two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["bare LF", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n"],
    ["bare CR", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n"],
    ["NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"],
    ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"],
    ["a blank before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n"],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"],
    ["a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na"],
    ["length and chunks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na"],
    ["another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
    ["a size of 0x1", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"],
    ["a chunk too long", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"],
    ["what follows a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nab\r\n\r\n"]
  ])("does not forgive %s", (name, wire) => {
    const { whole, fault } = asked(wire)
    expect(fault).toBeDefined()
    expect(whole.at(-1) ?? false).toBe(name === "what follows a body")
  })
})

describe("the strict reader of answers", () => {
  const said = (wire: string, methods: ReadonlyArray<string> = [], isEnded = true) => {
    const { messages, fault } = answers(bytes(wire), methods, isEnded)
    return [...messages.map(({ start, body, isWhole }) => [start.slice(9, 12), body.toString(), isWhole]), fault]
  }

  it("takes bodies as the request and the status say", () => {
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    expect(said(`${head}HTTP/1.1 103 Early Hints\r\n\r\n${head}ok`, ["HEAD", "GET"])).toEqual([
      ["200", "", true],
      ["103", "", true],
      ["200", "ok", true],
      undefined
    ])
    expect(said("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n")).toEqual([["304", "", true], undefined])
    expect(said("HTTP/1.1 200 OK\r\n\r\nto the end")).toEqual([["200", "to the end", true], undefined])
    expect(said("HTTP/1.1 200 OK\r\n\r\nbroken", [], false)).toEqual([["200", "broken", false], undefined])
    expect(said("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")).toEqual([
      ["200", "ok", false],
      undefined
    ])
  })

  it("does not take a status that is none", () => {
    expect(said("HTTP/1.1 999 What\r\n\r\n")[0]).toContain("no first line")
  })
})
