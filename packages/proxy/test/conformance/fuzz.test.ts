import type { ServerOptions } from "node:http"
import { expect, it } from "vitest"
import * as Sockets from "./sockets.ts"
import * as Wire from "./wire.ts"
import { host, ok, open } from "./world.ts"

const seed = Number(process.env["FUZZ_SEED"] ?? "") || 20_261_127
const rounds = Number(process.env["FUZZ_ROUNDS"] ?? "") || 600

/** mulberry32. */
const random = (from: number) => {
  let state = from
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const drawing = (next: () => number) => {
  const below = (limit: number): number => Math.floor(next() * limit)
  const of = <A>(all: ReadonlyArray<A>): A => all[below(all.length)] as A
  return { below, of, isHit: (chance: number) => next() < chance }
}
type Draw = ReturnType<typeof drawing>

const hidden = "GET /proxy/r/hidden HTTP/1.1\r\nHost: hidden\r\n\r\n"
const odd = [
  "\r\n",
  "\r",
  "\n",
  "\0",
  " ",
  "\t",
  ":",
  "\x0b",
  "\xa0",
  ",",
  ";",
  "/",
  "..",
  "%2e",
  "%",
  "\\",
  "0",
  "\xff",
  "#",
  "?"
]
const framings = [
  "Content-Length: 3",
  "Content-Length: 0",
  `Content-Length: ${hidden.length}`,
  "Content-Length: +3",
  "Content-Length: 3, 3",
  "Content-Length: 0003",
  "Content-Length : 3",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding: chunked\t",
  "Transfer-Encoding: \xa0chunked",
  "Transfer-Encoding : chunked",
  "transfer-encoding: CHUNKED",
  "Transfer-Encoding:\r\n chunked"
]
const others = [
  "Connection: keep-alive",
  "Connection: Content-Length",
  "Connection: Transfer-Encoding, Host",
  "Connection: close",
  "Host: other",
  "Expect: 100-continue",
  "Upgrade: h2c",
  "Trailer: X-T",
  "TE: trailers",
  "X-A: 1\r\n 2",
  "X-A: \x01",
  "Content_Length: 9",
  "Via: 1.1 fred",
  "Cookie: a=1"
]
const paths = [
  "/proxy/r/a",
  "/proxy/r?a",
  "/proxy/r/a/../b",
  "/proxy/r/%2e%2e/x",
  "/proxy/r/a%2Fb?q=%zz",
  "/proxy/r//x",
  "/proxy/rx/a",
  "http://x/proxy/r/a",
  "/proxy/r/a;x",
  "/proxy/r/a#b"
]
const bodies = [
  "",
  "abc",
  hidden,
  `3\r\nabc\r\n0\r\n\r\n`,
  `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
  "0\r\n\r\n",
  `0\r\n\r\n${hidden}`,
  "3;a=b\r\nabc\r\n0\r\nT: 1\r\n\r\n",
  "0x3\r\nabc\r\n0\r\n\r\n",
  "3\nabc\n0\n\n"
]

const request = ({ of, isHit }: Draw): string => {
  const method = of(["GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
  const path = isHit(0.7) ? "/proxy/r/a" : of(paths)
  const version = isHit(0.95) ? "HTTP/1.1" : of(["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", ""])
  const lines = [`${method} ${path} ${version}`, ...(isHit(0.97) ? [`Host: ${host}`] : [])]
  if (isHit(0.7)) lines.push(of(framings))
  if (isHit(0.25)) lines.push(of(framings))
  if (isHit(0.4)) lines.push(of(others))
  return `${lines.join("\r\n")}\r\n\r\n${of(bodies)}`
}

const mutated = (text: string, { below, of }: Draw): string => {
  const at = below(text.length)
  const to = at + below(6)
  switch (below(5)) {
    case 0:
      return text.slice(0, at) + of(odd) + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(to)
    case 2:
      return text.slice(0, at) + text.slice(at, to) + text.slice(at)
    case 3:
      return text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1)
    default:
      return text.slice(0, at) + of([...framings, ...others]) + text.slice(at)
  }
}

/** Up to three requests, some of them spoilt; each path has the mark of this stream. */
const stream = (draw: Draw, mark: string): string => {
  const requests = Array.from({ length: 1 + draw.below(3) }, () => request(draw))
    .join("")
    .replaceAll(/(?<=\/proxy\/\S*)(?= )/g, mark)
  const mutations = draw.isHit(0.6) ? draw.below(4) : 0
  return Array.from({ length: mutations }).reduce((text: string) => mutated(text, draw), requests)
}

/** What a request comes to at the upstream. */
const meant = ({ start, body, isWhole }: Wire.Message) => ({
  start: start
    .replaceAll(/ +/g, " ")
    .replace(/^(\S+) \/proxy\/r(?=[ /?])/, "$1 /svc")
    .replace(/1\.0$/, "1.1"),
  body: body.toString("latin1"),
  isWhole
})

const atOnce = 40

it(`whatever a client sends, the upstream gets what a strict reader sees in it, or less (seed ${seed})`, async () => {
  const draw = drawing(random(seed))
  const world = await open({
    // Who sends half a request is not waited for.
    route: { limits: { idleMillis: 80 } },
    server: {
      keepAliveTimeout: 40,
      keepAliveTimeoutBuffer: 0,
      headersTimeout: 80,
      requestTimeout: 120
    } as ServerOptions,
    upstream: { onWhole: (connection, { start }) => connection.send(start.startsWith("HEAD ") ? ok.slice(0, -2) : ok) }
  })
  const texts = Array.from({ length: rounds }, (_, round) => stream(draw, `${seed.toString(36)}-${round}`))
  const play = async (text: string): Promise<void> => {
    const client = await Sockets.client(world.port)
    client.send(text)
    await client.ended()
    client.leave()
    // Where nobody asked by HEAD, what comes back is answers, too.
    if (!text.includes("HEAD")) expect(client.reading().fault, `seed ${seed}: ${JSON.stringify(text)}`).toBeUndefined()
  }
  for (let round = 0; round < rounds; round += atOnce) await Promise.all(texts.slice(round, round + atOnce).map(play))
  await world.close()
  const entitled = texts.flatMap((text) =>
    Wire.clientRequests(Wire.bytes(text)).messages.map((message) => ({ ...meant(message), text, isUsed: false }))
  )
  let whole = 0
  for (const connection of world.upstream.connections) {
    const { messages, fault } = Wire.requests(connection.received())
    expect(
      fault,
      `seed ${seed}: ${JSON.stringify(connection.received().toString("latin1").slice(-2000))}`
    ).toBeUndefined()
    for (const message of messages) {
      const got = meant(message)
      const asked = got.start.replace(/ \/svc/, " /proxy/r").slice(0, -"1.1".length)
      const what = `seed ${seed}: ${JSON.stringify(texts.find((text) => text.includes(asked)))}`
      expect(got.start, what).toMatch(/^\S+ \/svc(?:[/?]\S*)? HTTP\/1\.1$/)
      expect(Wire.all(message.lines, "host"), what).toEqual([`127.0.0.1:${world.upstream.port}`])
      const source = entitled.find(
        (one) => !one.isUsed && one.start === got.start && (!got.isWhole || (one.isWhole && one.body === got.body))
      )
      expect(source, `${what}: ${JSON.stringify(got)}`).toBeDefined()
      if (source !== undefined) source.isUsed = true
      if (got.isWhole) whole += 1
    }
  }
  // Else nothing was tried.
  expect(whole).toBeGreaterThan(rounds / 10)
})
