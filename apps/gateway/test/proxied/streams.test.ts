import { request as asked, type ClientRequest, type IncomingMessage } from "node:http"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { Orders } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { grownBy, json, rest, until } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { create, open, sent, vendorOf, type World } from "./world.ts"

const headMillis = 1500
/** Of the gateway, its client and its vendor: all three are this process. */
const mostGrownMB = 80

let vendor: Vendors.Vendor
let world: World
beforeAll(async () => {
  vendor = await Vendors.open()
  const limits = { headMillis }
  world = await open(
    {
      vendors: { platform: vendorOf(vendor) },
      routes: {
        plain: { vendor: "platform", allow: ["ANY /**"], limits },
        token: { vendor: "platform", allow: ["ANY /**"], limits, filters: ["oauth"] },
        pay: { vendor: "platform", filters: ["payment-order", "oauth"] }
      }
    },
    // What is recorded is recorded by the call itself.
    { isWorking: false }
  )
})
beforeEach(() => vendor.instead(null))
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

/** A call that is written and read by hand. */
const begin = (method: string, path: string, headers: Record<string, string | number> = {}): ClientRequest => {
  const request = asked(`${world.url}${path}`, {
    method,
    agent: false,
    headers: { authorization: `Bearer ${world.keys.shop}`, ...headers }
  })
  request.on("error", () => undefined)
  return request
}
const answered = (request: ClientRequest): Promise<IncomingMessage> =>
  new Promise((done, fail) => {
    request.once("response", done)
    request.once("error", fail)
  })
const lengthOf = (stream: IncomingMessage): Promise<number> =>
  new Promise((done, fail) => {
    let bytes = 0
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length
    })
    stream.once("end", () => done(bytes))
    stream.once("error", fail)
    stream.resume()
  })
const seenAt = (url: string) => vendor.seen.find((one) => one.url === url)

const chunk = Buffer.alloc(65_536, 0x61)
const megabytes = (count: number): number => count * 1024 ** 2

interface Writable {
  readonly write: (chunk: Buffer) => boolean
  readonly once: (event: "drain", listener: () => void) => unknown
  readonly end: () => unknown
}
/** Writes so many bytes, as fast as they are taken; `written` is how many were. */
const pour = (to: Writable, bytes: number) => {
  const state = { written: 0 }
  const go = (): void => {
    let isOpen = true
    while (isOpen && state.written < bytes) {
      isOpen = to.write(chunk)
      state.written += chunk.length
    }
    if (state.written >= bytes) to.end()
    else to.once("drain", go)
  }
  go()
  return state
}

describe("F63 a client that leaves", () => {
  it.each([
    ["plain", { "transfer-encoding": "chunked" }],
    ["plain", { "content-length": 10_000_000 }],
    ["plain", { "content-length": 60_000 }],
    ["token", { "transfer-encoding": "chunked" }],
    ["token", { "content-length": 60_000 }]
  ])("F63 in mid-upload on the route %s (%j): the vendor never sees a whole request", async (route, headers) => {
    const url = `/proxy/${route}/upload-${Object.values(headers)}-${route}`
    const mark = vendor.seen.length
    const request = begin("PUT", url, headers)
    request.write("a".repeat(50_000))
    // A small body is whole before anything of it goes on.
    const isHeld = "content-length" in headers && headers["content-length"] === 60_000
    if (isHeld) await rest(150)
    else
      await until(
        () => vendor.seen.length,
        (length) => length > mark
      )
    request.destroy()
    await rest(100)
    const seen = await until(
      () => vendor.seen.slice(mark),
      (all) => all.every(({ isLeft }) => isLeft)
    )
    for (const one of seen) expect(one).toMatchObject({ isWhole: false, isLeft: true })
    expect(seen.length).toBe(isHeld ? 0 : 1)
  })

  it.each([{ "transfer-encoding": "chunked" }, { "content-length": 1000 }])(
    "F63 in the middle of a create (%j): nothing has left, and there is no order",
    async (headers) => {
      const mark = vendor.seen.length
      const { no, text } = create()
      const request = begin("POST", "/proxy/pay/payments", { "content-type": "application/json", ...headers })
      request.write(text)
      await rest(100)
      request.destroy()
      await rest(200)
      expect([vendor.since(mark), await world.orders(no)]).toEqual([[], []])
    }
  )

  it("F63 after its create was sent: what the vendor answers is recorded all the same", async () => {
    const { no, text } = create()
    let answers = () => {}
    const left = new Promise<void>((done) => {
      answers = done
    })
    vendor.instead(async ({ take }) => {
      await take()
      await left
      return false
    })
    const request = begin("POST", "/proxy/pay/payments", { ...sent(text).headers, "content-length": text.length })
    request.end(text)
    await until(
      () => world.orders(no),
      ({ length }) => length === 1
    )
    expect(await world.order(no)).toMatchObject({ status: "SUBMITTING" })
    request.destroy()
    await rest(100)
    answers()
    const order = await until(
      () => world.order(no),
      ({ status }) => status !== "SUBMITTING"
    )
    expect(order).toMatchObject({ status: "PENDING", transactionNo: vendor.book.payments.get(no)?.id })
    expect(vendor.seen.at(-1)).toMatchObject({ isWhole: true, isLeft: false })
  })

  it.each(["plain", "token"])(
    "F63 while its answer is on its way on the route %s: the vendor's call is given up",
    async (route) => {
      vendor.instead(({ response }) => {
        response.writeHead(200)
        const writing = setInterval(() => response.write("a"), 20)
        response.once("close", () => clearInterval(writing))
        return true
      })
      const request = begin("GET", `/proxy/${route}/left`)
      request.end()
      await answered(request)
      request.destroy()
      const seen = await until(
        () => vendor.seen.at(-1),
        (one) => one?.isLeft === true
      )
      expect(seen).toMatchObject({ url: "/svc/left", isLeft: true })
    }
  )
})

describe("F63 what is recorded before anything goes on", () => {
  it("F63 when the vendor sees a create's head, the intent is on disk", async () => {
    const { no, text } = create()
    const found: Array<unknown> = []
    vendor.instead(async () => {
      const placed = await world.run(Effect.flatMap(Orders, (orders) => orders.byMerchantOrderNo("platform", no)))
      found.push(Option.map(placed, ({ payment }) => [payment.state, payment.app, payment.unknownCalls]))
      return false
    })
    expect((await world.call("POST", "/proxy/pay/payments", sent(text))).status).toBe(201)
    expect(found).toEqual([Option.some(["SUBMITTING", "shop", 1])])
  })

  it("F63 when the vendor sees a close's head, that is on disk, too", async () => {
    const { no, text } = create()
    await world.call("POST", "/proxy/pay/payments", sent(text))
    const found: Array<string> = []
    vendor.instead(async () => {
      found.push((await world.order(no)).status)
      return false
    })
    await world.call("POST", `/proxy/pay/payments/by-merchant-no/${no}/close`)
    expect([found, (await world.order(no)).status]).toEqual([["CLOSING"], "CLOSED"])
  })

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync]
  ])("F63 an answer in %s goes on byte for byte, and is read for what it says", async (coding, encode) => {
    const { no, text } = create()
    let bytes = Buffer.alloc(0)
    vendor.instead(async ({ response, seen, take }) => {
      await take()
      bytes = encode(JSON.stringify(vendor.book.make(JSON.parse(seen.body.toString()))))
      response.writeHead(201, { "content-type": "application/json", "content-encoding": coding }).end(bytes)
      return true
    })
    const answer = await world.call("POST", "/proxy/pay/payments", sent(text, { "accept-encoding": coding }))
    expect([answer.status, answer.headers["content-encoding"]]).toEqual([201, coding])
    expect(answer.body.equals(bytes)).toBe(true)
    expect(vendor.seen.at(-1)?.headers["accept-encoding"]).toBe(coding)
    expect(await world.order(no)).toMatchObject({
      status: "PENDING",
      inDoubt: false,
      transactionNo: vendor.book.payments.get(no)?.id
    })
  })
})

describe.each([
  ["plain", megabytes(50)],
  ["token", megabytes(150)]
])("F63 streams on the route %s", (route, total) => {
  // Sockets and kernels hold some on the way.
  const onItsWay = megabytes(40)

  /** Sends to a vendor that reads nothing for a while, then all; answers how much it was sent meanwhile, and how much it got. */
  const up = async (path: string, bytes: number) => {
    const got = { bytes: 0 }
    let read = () => {}
    vendor.instead(({ request, response }) => {
      request.pause()
      read = () => {
        request.resume()
      }
      request.on("data", (piece: Buffer) => {
        got.bytes += piece.length
      })
      request.once("end", () => Vendors.sendJson(response, 200, { bytes: got.bytes }))
      return true
    })
    const request = begin("PUT", `/proxy/${route}/${path}`, { "content-length": bytes })
    const answer = answered(request)
    const poured = pour(request, bytes)
    await until(
      () => seenAt(`/svc/${path}`),
      (one) => one !== undefined
    )
    await rest(400)
    const early = poured.written
    read()
    expect((await answer).statusCode).toBe(200)
    ;(await answer).resume()
    return { early, got: got.bytes }
  }
  /** The same from a vendor to a client that reads nothing for a while. */
  const down = async (path: string, bytes: number) => {
    let poured = { written: 0 }
    vendor.instead(({ response }) => {
      response.writeHead(200, { "content-length": bytes })
      poured = pour(response, bytes)
      return true
    })
    const request = begin("GET", `/proxy/${route}/${path}`)
    request.end()
    const answer = await answered(request)
    answer.pause()
    await rest(400)
    return { early: poured.written, got: await lengthOf(answer) }
  }
  // What the first of each kind takes of memory stays.
  beforeAll(async () => {
    await up(`warm-up-${route}`, megabytes(40))
    await down(`warm-down-${route}`, megabytes(40))
  })

  it.each([
    ["a vendor slower than its client holds the client up", up],
    ["a client slower than its vendor holds the vendor up", down]
  ])("F63 %s, in bounded memory; then all of it arrives", async (what, go) => {
    let seen = { early: 0, got: 0 }
    const grownMB = await grownBy(async () => {
      seen = await go(`${what.replaceAll(" ", "-")}-${route}`, total)
    })
    expect([seen.got, seen.early > 0, seen.early < onItsWay]).toEqual([total, true, true])
    expect(grownMB).toBeLessThan(mostGrownMB)
  })

  it("F63 events arrive one by one, also beyond the time that a head may take", async () => {
    vendor.instead(async ({ response }) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      for (let at = 0; at < 5; at++) {
        response.write(`data: ${at}\n\n`)
        await rest(headMillis / 4)
      }
      response.end()
      return true
    })
    const request = begin("GET", `/proxy/${route}/events`, { accept: "text/event-stream" })
    request.end()
    const answer = await answered(request)
    const pieces: Array<string> = []
    answer.on("data", (piece: Buffer) => pieces.push(piece.toString()))
    await new Promise((done) => answer.once("end", done))
    expect(pieces).toEqual([0, 1, 2, 3, 4].map((at) => `data: ${at}\n\n`))
    expect(answer.headers["content-type"]).toBe("text/event-stream")
  })

  it("F63 a vendor that stops before its head: 504; in the middle of a body: cut, not ended", async () => {
    vendor.instead(() => true)
    const answer = await world.call("GET", `/proxy/${route}/silent`)
    expect([answer.status, json(answer)["code"]]).toEqual([504, "UPSTREAM_TIMEOUT"])
    vendor.instead(({ response }) => {
      response.writeHead(200)
      response.write("half", () => response.destroy())
      return true
    })
    await expect(world.call("GET", `/proxy/${route}/cut`)).rejects.toThrow()
  })
})
