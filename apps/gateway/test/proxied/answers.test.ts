import { request as asked } from "node:http"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { grownBy, heldBy, json, until } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { create, open, sent, vendorOf, type World } from "./world.ts"

/** Enough for a head on a busy machine; hints come for as long. */
const limitMillis = 1500
const mostGrownMB = 30
/** Hints are small, and many: what was made of them and let go of is not counted. Where they are kept, it is more. */
const mostHeldMB = 20

/** Fails where so much grew by an answer like `what`. */
const bounded = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  if (what.startsWith("103")) expect(await heldBy(work)).toBeLessThan(mostHeldMB)
  else expect(await grownBy(work)).toBeLessThan(mostGrownMB)
}

let vendor: Vendors.Vendor
let world: World
beforeAll(async () => {
  vendor = await Vendors.open()
  const limits = { createMillis: limitMillis, queryMillis: limitMillis, closeMillis: limitMillis }
  world = await open({
    vendors: { platform: vendorOf(vendor, { limits }) },
    routes: { pay: { vendor: "platform", filters: ["payment-order", "oauth"] } }
  })
  // What the first call of each kind takes of memory stays, and what the first large answer takes.
  const { no, text } = create()
  await taken("POST", "/proxy/pay/payments", text)
  next("POST", endless)
  await taken("POST", "/proxy/pay/payments", create().text)
  vendor.instead(null)
  await taken("GET", `/proxy/pay/payments/by-merchant-no/${no}`)
})
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

interface Taken {
  readonly status: number
  readonly order: string | undefined
  readonly bytes: number
  readonly isWhole: boolean
  readonly millis: number
}

/** A call whose answer is let past, however long it is. */
const taken = (method: string, path: string, body = ""): Promise<Taken> =>
  new Promise((done, fail) => {
    const begun = performance.now()
    const headers = { ...sent("").headers, authorization: `Bearer ${world.keys.shop}`, "content-length": body.length }
    const request = asked(`${world.url}${path}`, { method, headers }, (response) => {
      const { statusCode: status = 0, headers: all } = response
      const order = all["payment-proxy-order"] as string | undefined
      let bytes = 0
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on("error", () => undefined)
      response.on("close", () =>
        done({ status, order, bytes, isWhole: response.complete, millis: performance.now() - begun })
      )
    })
    request.on("error", fail)
    request.end(body)
  })

const chunk = Buffer.alloc(65_536, 0x20)

/** Writes for as long as anybody reads, some 100 MB a second: of more, what is let go of takes as much as what is kept would. */
const pour = (write: (chunk: Buffer | string) => boolean, what: Buffer | string, on: NodeJS.EventEmitter): void => {
  let isOver = false
  on.once("close", () => {
    isOver = true
  })
  const go = () => {
    if (isOver) return
    let isOpen = true
    for (let at = 0; at < 4; at++) isOpen = write(what)
    const wait = () => setTimeout(go, 2)
    if (isOpen) wait()
    else on.once("drain", wait)
  }
  go()
}

const gigabyte = 1024 ** 3
const zeros = gzipSync(Buffer.alloc(200 * 1024 ** 2))
const hint = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n".repeat(1000)

const endless: Vendors.Instead = ({ response }) => {
  response.writeHead(200, { "content-type": "application/json" })
  pour((what) => response.write(what), chunk, response)
  return true
}

/** How a vendor answers, and what the caller of a mapped call sees of it; nothing of it says what became of a payment. */
const ways: ReadonlyArray<
  readonly [what: string, how: Vendors.Instead, seen: { readonly status: number; readonly isWhole: boolean }]
> = [
  [
    "a body of 1 GB",
    ({ response }) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": gigabyte })
      pour((what) => response.write(what), chunk, response)
      return true
    },
    { status: 200, isWhole: false }
  ],
  ["a body without an end", endless, { status: 200, isWhole: false }],
  [
    "200 MB of zeros in 200 KB of gzip",
    ({ response }) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(zeros)
      return true
    },
    { status: 200, isWhole: true }
  ],
  [
    "10 000 headers",
    ({ response }) => {
      const lines = Array.from({ length: 10_000 }, (_, at) => [`x-${at}`, "1"]).flat()
      response.writeHead(200, lines).end("{}")
      return true
    },
    { status: 502, isWhole: true }
  ],
  [
    "103 Early Hints without an end",
    ({ response }) => {
      const { socket } = response
      if (socket === null) return false
      // Some 20 MB a second: as fast as can be, what is let go of is much for a busy machine.
      const pouring = setInterval(() => socket.write(hint), 3)
      socket.once("close", () => clearInterval(pouring))
      return true
    },
    { status: 504, isWhole: true }
  ]
]

/** The order once nothing about it is in doubt any more. */
const foundOut = (no: string) =>
  until(
    () => world.order(no),
    ({ status, inDoubt }) => status === "PENDING" && !inDoubt
  )

/** Until then no question is answered. */
let held: Promise<unknown> = Promise.resolve()

/** The next so many calls of a method are answered so, once their body is here. */
const next = (method: string, how: Vendors.Instead, times = 1, isDone = true) => {
  let left = times
  vendor.instead(async (call) => {
    await call.take()
    if (call.request.method === "GET") await held
    if (left === 0 || call.request.method !== method) return false
    left -= 1
    if (isDone && method === "POST") vendor.book.make(JSON.parse(call.seen.body.toString()))
    return how(call)
  })
}

describe("F33 an answer that is too much, bounded in memory and time", () => {
  it.each(ways)("F33 to a create that passes, %s: the order is in doubt, and found out", async (what, how, seen) => {
    const { no, text } = create()
    next("POST", how)
    let looked = () => {}
    held = new Promise<void>((done) => {
      looked = done
    })
    let answer: Taken | undefined
    await bounded(what, async () => {
      answer = await taken("POST", "/proxy/pay/payments", text)
    })
    expect(answer).toMatchObject(seen)
    expect(answer?.millis).toBeLessThan(limitMillis + 20_000)
    expect(await world.order(no)).toMatchObject({ status: "SUBMITTING", inDoubt: true, payOrderNo: answer?.order })
    looked()
    expect(await foundOut(no)).toMatchObject({ status: "PENDING", inDoubt: false })
  })

  it.each(ways)("F33 to a query that passes, %s: it moves nothing", async (what, how, seen) => {
    const { no, text } = create()
    await taken("POST", "/proxy/pay/payments", text)
    vendor.instead((call) => call.seen.url.endsWith(no) && call.request.headers.via !== undefined && how(call))
    let answer: Taken | undefined
    await bounded(what, async () => {
      answer = await taken("GET", `/proxy/pay/payments/by-merchant-no/${no}`)
    })
    expect(answer).toMatchObject({ ...seen, order: (await world.order(no)).payOrderNo })
    expect(answer?.millis).toBeLessThan(limitMillis + 20_000)
    expect(await world.order(no)).toMatchObject({ status: "PENDING", inDoubt: false })
  })

  it.each(ways)("F33 to our own create and the questions after it, %s: in doubt, and found out", async (what, how) => {
    const businessNo = create().no
    const order = {
      ...{ vendor: "platform", businessNo, amount: { value: "12.34", currency: "CNY" } },
      ...{ method: "ALIPAY", source: "WEB", description: "Travel insurance" }
    }
    const body = JSON.stringify(order)
    const place = () => world.call("POST", "/v1/orders", sent(body, { "idempotency-key": businessNo }))
    let creates = 0
    let questions = 0
    vendor.instead(async (call) => {
      await call.take()
      const isCreate = call.request.method === "POST"
      const isStricken = isCreate ? creates === 0 : call.seen.url.includes("by-merchant-no") && questions < 2
      if (isCreate) creates += 1
      else questions += 1
      return isStricken && how(call)
    })
    await bounded(what, async () => {
      const answer = await place()
      expect([answer.status, json(answer)["status"]]).toEqual([202, "SUBMITTING"])
      // On a busy machine its time may be over before it could leave, and it is sent again: the first that left is in doubt.
      const left = await until(
        () => world.order(businessNo),
        ({ inDoubt }) => inDoubt
      )
      expect(left).toMatchObject({ status: "SUBMITTING", inDoubt: true })
      await until(
        () => questions,
        (count) => count >= 2
      )
    })
    expect(await foundOut(businessNo)).toMatchObject({ status: "PENDING", inDoubt: false })
  })
})
