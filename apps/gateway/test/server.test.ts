import { connect } from "node:net"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Changes } from "@payment-proxy/application"
import { FakeVault, FakeVendors, Memory } from "@payment-proxy/testkit"
import { Effect, Layer, Logger, LogLevel, ManagedRuntime, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Layers from "../src/Layers.ts"
import * as Proxied from "../src/proxied/Proxied.ts"
import * as Server from "../src/Server.ts"

/** What is waited for: looked at again whenever something has happened. */
const watch = () => {
  const looks = new Set<() => void>()
  return {
    changed: () => {
      for (const look of [...looks]) look()
    },
    until: (holds: () => boolean, what: () => string) =>
      new Promise<void>((done, fail) => {
        const timer = setTimeout(() => fail(new Error(`Still not: ${what()}`)), 10_000)
        const look = (): void => {
          if (!holds()) return
          looks.delete(look)
          clearTimeout(timer)
          done()
        }
        looks.add(look)
        look()
      })
  }
}

const { changed, until } = watch()
/** The requests that were begun, by their paths. */
let begun: Array<string> = []
let gates = new Map<string, () => void>()
const gate = (url: string) =>
  Effect.promise(() => {
    const opens = new Promise<void>((done) => void gates.set(url, done))
    changed()
    return opens
  })
const opened = async (url: string): Promise<void> => {
  await until(
    () => gates.has(url),
    () => `${url} is held`
  )
  gates.get(url)?.()
}

/** `/held` answers when its gate opens, `/flowing` says half of it before, `/late` when it has its body; all others at once. */
const app = Effect.gen(function* () {
  const { url, text } = yield* HttpServerRequest.HttpServerRequest
  begun.push(url)
  changed()
  if (url.startsWith("/flowing")) {
    const half = (text: string) => new TextEncoder().encode(text)
    return HttpServerResponse.stream(
      Stream.concat(Stream.make(half("half,")), Stream.fromEffect(Effect.as(gate(url), half(url))))
    )
  }
  if (url.startsWith("/held")) yield* gate(url)
  if (url.startsWith("/late")) yield* text
  return HttpServerResponse.text(`said ${url}`)
})

const adapters = Layer.mergeAll(
  Memory.layer,
  FakeVendors.layer({ names: ["platform"] }),
  FakeVault.layer,
  Layers.announcer
)
const server = Server.layer({ host: "127.0.0.1", port: 0 }, { requestTimeout: 200, connectionsCheckingInterval: 50 })
const runtime = ManagedRuntime.make(
  Layer.scopedDiscard(HttpServer.serveEffect(app)).pipe(
    Layer.provideMerge(Layer.provide(server, Proxied.layer)),
    Layer.provide(Layer.provideMerge(Changes.layer, adapters)),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )
)
let port = 0
beforeAll(async () => {
  const address = await runtime.runPromise(HttpServer.addressWith(Effect.succeed))
  port = address._tag === "TcpAddress" ? address.port : 0
})
afterAll(() => runtime.dispose())

/** A connection on which these bytes are sent at once. */
const sent = (...parts: ReadonlyArray<string>) => {
  begun = []
  gates = new Map()
  return another(...parts)
}
const another = (...parts: ReadonlyArray<string>) => {
  const socket = connect(port, "127.0.0.1")
  let text = ""
  let isEnded = false
  socket.setNoDelay(true)
  socket.on("data", (piece) => {
    text += piece.toString("latin1")
    changed()
  })
  socket.on("error", () => undefined)
  for (const event of ["end", "close"])
    socket.on(event, () => {
      isEnded = true
      changed()
    })
  socket.write(parts.join(""))
  return {
    send: (part: string) => void socket.write(part),
    text: () => text,
    has: (what: string) =>
      until(
        () => text.includes(what),
        () => `${JSON.stringify(what)} in ${text}`
      ),
    /** The statuses of what came, in order, once the connection has ended. */
    statuses: async () => {
      await until(
        () => isEnded,
        () => `the end of ${text}`
      )
      return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
    }
  }
}

const request = (line: string, ...lines: ReadonlyArray<string>): string =>
  [`${line} HTTP/1.1`, "Host: gateway", ...lines, "", ""].join("\r\n")

const post = (path: string, ...lines: ReadonlyArray<string>) => request(`POST ${path}`, ...lines)

/** Done when the server has looked at what came before this, and at what takes too long. */
const looked = async (): Promise<void> => {
  expect(await another(post("/late", "Content-Length: 10"), "half").statuses()).toContain(408)
}

describe("requests in one packet", () => {
  it("are begun one after the other", async () => {
    const client = sent(request("GET /held/1"), request("GET /held/2"), request("GET /3", "Connection: close"))
    await until(
      () => gates.has("/held/1"),
      () => "the first"
    )
    await looked()
    expect(begun).toEqual(["/held/1", "/late"])
    await opened("/held/1")
    await opened("/held/2")
    expect(await client.statuses()).toEqual([200, 200, 200])
    expect(begun).toEqual(["/held/1", "/late", "/held/2", "/3"])
    expect(client.text().match(/said (?:\/held)?\/\d/g)).toEqual(["said /held/1", "said /held/2", "said /3"])
  })

  it("are not begun behind one that ends the connection", async () => {
    const client = sent(request("GET /held/1", "Connection: close"), request("GET /2"))
    await opened("/held/1")
    expect(await client.statuses()).toEqual([200])
    await looked()
    expect(begun).not.toContain("/2")
  })
})

describe("what is no HTTP", () => {
  const wrong = "hello\r\n\r\n"

  it.each(["/held", "/flowing"])(
    "behind a request that is being answered (%s): that answer goes out first",
    async (url) => {
      const warnings: Array<Error> = []
      const note = (warning: Error) => void warnings.push(warning)
      process.on("warning", note)
      const client = sent(request(`GET ${url}`), wrong)
      await until(
        () => gates.has(url),
        () => "it is held"
      )
      // Once more: the parser says it of each piece.
      for (let turn = 0; turn < 12; turn++) {
        client.send(wrong)
        await another(request("GET /", "Connection: close")).statuses()
      }
      process.off("warning", note)
      expect(warnings).toEqual([])
      expect(client.text()).not.toContain("400")
      await opened(url)
      await client.has("REQUEST_MALFORMED")
      expect(client.text().match(/HTTP\/1\.1 \d{3}|said \S*held|half,|\/flowing/g)).toEqual(
        url === "/held"
          ? ["HTTP/1.1 200", "said /held", "HTTP/1.1 400"]
          : ["HTTP/1.1 200", "half,", "/flowing", "HTTP/1.1 400"]
      )
    }
  )

  it("in the body of a request whose turn has not come: the answers before it go out, and it is not begun", async () => {
    const client = sent(
      request("GET /held/1"),
      request("GET /held/2"),
      post("/3", "Transfer-Encoding: chunked"),
      "zz\r\n"
    )
    await opened("/held/1")
    await opened("/held/2")
    expect(await client.statuses()).toEqual([200, 200, 400])
    await looked()
    expect(begun).not.toContain("/3")
  })

  it("in the body of a request in mid-answer: nothing is written into the answer", async () => {
    const client = sent(post("/flowing", "Transfer-Encoding: chunked"))
    await client.has("half,")
    client.send("zz\r\n")
    expect(await client.statuses()).toEqual([200])
    await opened("/flowing")
    expect(client.text()).not.toContain("REQUEST_MALFORMED")
  })

  it("behind an expectation that is none of ours: 417 alone", async () => {
    const client = sent(request("GET /held"), post("/a", "Expect: wonders", "Content-Length: 0"), wrong)
    await opened("/held")
    expect(await client.statuses()).toEqual([200, 417])
  })
})

describe("a request that takes too long to arrive", () => {
  it("is answered in its turn, and not before another", async () => {
    const client = sent(request("GET /held"), post("/late/2", "Content-Length: 10"), "half")
    await until(
      () => gates.has("/held"),
      () => "the first"
    )
    await looked()
    await looked()
    expect(client.text(), "nothing before its turn").toBe("")
    await opened("/held")
    expect(await client.statuses()).toEqual([200, 408])
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*said \/heldHTTP\/1\.1 408 /)
  })

  it("is not answered a second time where it is being answered", async () => {
    const client = sent(post("/flowing", "Content-Length: 10", "Connection: close"), "half")
    await client.has("half,")
    await looked()
    await looked()
    await opened("/flowing")
    expect(await client.statuses()).toEqual([200])
    expect(client.text()).toMatch(/half,[\s\S]*\/flowing[\s\S]*0\r\n\r\n$/)
  })
})

describe("an expectation that is none of ours", () => {
  it("is answered 417, and what follows is not begun", async () => {
    const client = sent(post("/a", "Expect: wonders", "Content-Length: 5"), "hello", request("GET /b"))
    expect(await client.statuses()).toEqual([417])
    expect(client.text()).toMatch(/^connection: close$/im)
    await looked()
    expect(begun).toEqual(["/late"])
  })

  it("is passed over where it is 100-continue by HTTP/1.0, which knows none", async () => {
    const client = sent("POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
    expect(await client.statuses()).toEqual([200])
  })
})
