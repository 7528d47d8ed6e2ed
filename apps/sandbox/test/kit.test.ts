import { request } from "node:http"
import { connect } from "node:net"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { start } from "../src/Sandbox.ts"
import { echoes } from "./echo.ts"
import type { Got, World } from "./world.ts"
import { merchantThat, onDisk, open } from "./world.ts"

const withEchoes = { vendors: ["echo", "other"], makers: echoes }

let sandbox: World
beforeAll(async () => {
  sandbox = await open(withEchoes)
})
afterEach(() => sandbox.faults())
afterAll(async () => {
  await sandbox.close()
  sandbox.sweep()
})

const urlOf = (world: World, vendor = "echo") => world.vendors[vendor] ?? ""
const create = (number: string, query = "", world = sandbox, vendor = "echo") =>
  fetch(`${urlOf(world, vendor)}/pay/${number}${query}`, { method: "POST", body: "保险" })
const query = (number: string) => fetch(`${urlOf(sandbox)}/pay/${number}`)
const linesOf = async (number: string) =>
  (await sandbox.ledger()).requests.filter(({ numbers }) => numbers.includes(number))
const heldOf = async (world: World, number: string) =>
  (await world.ledger()).held?.filter((held) => held.number === number) ?? []

/** An answer's head and bytes as they came, to its end however that came. */
const raw = (path: string): Promise<{ readonly head: string; readonly body: Buffer }> =>
  new Promise((done) => {
    const { hostname, port } = new URL(urlOf(sandbox))
    const chunks: Array<Buffer> = []
    const socket = connect(Number(port), hostname, () =>
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
    )
    socket.on("data", (chunk) => chunks.push(chunk))
    socket.on("error", () => {})
    socket.on("close", () => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf("\r\n\r\n")
      done({ head: all.toString("latin1", 0, end), body: all.subarray(end + 4) })
    })
  })

describe("a vendor", () => {
  it("is called as the call came, byte for byte, on a server of its own", async () => {
    const response = await create("PLAIN-1", "?a=%e4%bF%9d&b=+")
    expect(await response.json()).toEqual({
      number: "PLAIN-1",
      own: null,
      said: "保险",
      target: "/pay/PLAIN-1?a=%e4%bF%9d&b=+"
    })
    expect(urlOf(sandbox)).not.toBe(urlOf(sandbox, "other"))
  })

  it("takes bodies of at most 64 KB", async () => {
    const status = async (length: number) =>
      (await fetch(`${urlOf(sandbox)}/pay/LONG-1`, { method: "POST", body: "x".repeat(length) })).status
    expect([await status(64 * 1024), await status(64 * 1024 + 1)]).toEqual([200, 413])
  })

  it("that breaks answers 500, says so, and goes on", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {})
    expect((await fetch(`${urlOf(sandbox)}/broken`)).status).toBe(500)
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining("echo broke") }))
    error.mockRestore()
    expect((await create("AFTER-1")).status).toBe(200)
  })

  it("is not troubled by a client that leaves in the middle of its request", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {})
    const closed = new Promise((done) => {
      const call = request(`${urlOf(sandbox)}/pay/LEFT-1`, { method: "POST", headers: { "content-length": 10 } })
      call.on("error", done)
      call.write("half", () => call.destroy())
    })
    await closed
    expect((await create("STAYED-1")).status).toBe(200)
    expect(error).not.toHaveBeenCalled()
    error.mockRestore()
    expect(await linesOf("LEFT-1")).toEqual([])
  })

  it("that is none is refused by name, with those that are", async () => {
    await expect(start({ port: 0, vendors: ["moon"], makers: echoes })).rejects.toThrow(/"moon".*echo, other/)
  })

  it("hands out its credentials, under its name", async () => {
    const { json } = await sandbox.call("GET", "/_credentials")
    expect(json).toMatchObject({ echo: { url: urlOf(sandbox) }, other: { url: urlOf(sandbox, "other") } })
    expect(json).toEqual(sandbox.credentials)
  })
})

describe("a sandbox without vendors", () => {
  it("has no credentials, and nothing held in its ledger", async () => {
    const world = await open()
    expect([world.vendors, (await world.call("GET", "/_credentials")).json]).toEqual([{}, {}])
    expect((await world.ledger()).held).toBeUndefined()
    await world.close()
    world.sweep()
  })
})

describe("the faults of a vendor's answers", () => {
  it.each([
    ["drop-before-accept", "no answer", "dropped", 0],
    ["drop-after-accept", "no answer", "dropped", 1],
    ["error-before-accept", 503, 503, 0],
    ["error-after-accept", 503, 200, 1],
    ["reject", 503, 503, 0],
    ["throttle", 429, 429, 0],
    ["garbage", 200, 200, 1],
    ["html", 200, 200, 1],
    ["truncate", "no answer", 200, 1],
    ["late", 200, 200, 1],
    ["latency", 200, 200, 1],
    ["wrong-amount", 200, 200, 1]
  ] as const)("%s answers %s, is %s in the ledger, and leaves %i payments", async (fault, answer, recorded, count) => {
    const number = `FAULT-${fault}`
    await sandbox.faults({ on: "create", fault, number, times: 1, millis: 1 })
    const got = create(number).then(async (response) => {
      await response.text()
      return response.status
    })
    expect(await got.catch(() => "no answer")).toBe(answer)
    expect(await sandbox.fired()).toEqual([1])
    expect((await heldOf(sandbox, number)).length).toBe(count)
    const done = count === 0 ? "nothing" : "create"
    expect(await linesOf(number)).toMatchObject([
      { path: `/echo/pay/${number}`, did: fault === "latency" ? done : `${done} (${fault})`, status: recorded }
    ])
  })

  it("are told in the vendor's words and with the status that is asked for", async () => {
    await sandbox.faults({ on: "query", fault: "not-found", status: 404, times: 1 }, { on: "query", fault: "throttle" })
    const said = async () => {
      const response = await query("WORDS-1")
      return [response.status, await response.json()]
    }
    expect([await said(), await said()]).toEqual([
      [404, { code: "not-found" }],
      [429, { code: "throttle" }]
    ])
  })

  it.each(["wrong-signature", "unsigned", "wrong-serial", "unknown-status", "unknown-code", "other-number"])(
    "that only a vendor can play, as %s, are played by it",
    async (fault) => {
      await sandbox.faults({ on: "create", fault, number: "OWN-1" })
      expect(await (await create("OWN-1")).json()).toMatchObject({ own: fault })
    }
  )

  it("cut an answer in half so that it looks like a whole one", async () => {
    const whole = await raw("/pay/CUT-1")
    await sandbox.faults({ on: "create", fault: "cut" })
    const { head, body } = await raw("/pay/CUT-1")
    expect(body).toEqual(whole.body.subarray(0, Math.floor(whole.body.length / 2)))
    expect(head).not.toMatch(/content-length|chunked/i)
    expect(head).toContain("echo-signature: signed")
  })

  it.each([
    ["utf16", (bytes: Buffer) => Buffer.from(bytes.toString("utf8"), "utf16le")],
    ["bom", (bytes: Buffer) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])],
    ["wrong-type", (bytes: Buffer) => bytes],
    ["drip", (bytes: Buffer) => bytes]
  ] as const)("change the bytes, or how they come: %s", async (fault, changed) => {
    const whole = await raw("/pay/BYTES-1")
    await sandbox.faults({ on: "create", fault, millis: 1 })
    const { head, body } = await raw("/pay/BYTES-1")
    expect(body).toEqual(changed(whole.body))
    expect(head).toContain(fault === "wrong-type" ? "content-type: text/plain" : "content-type: application/json")
  })

  it("answer in another charset", async () => {
    await sandbox.faults({ on: "create", fault: "gbk" })
    const { body } = await raw("/pay/GBK-1")
    expect(new TextDecoder("gbk", { fatal: true }).decode(body)).toBe('{"note":"支付成功"}')
    expect(() => new TextDecoder("utf8", { fatal: true }).decode(body)).toThrow()
  })

  it("hang takes the create and never answers", async () => {
    await sandbox.faults({ on: "create", fault: "hang", number: "HANG-1" })
    const leaving = new AbortController()
    const answered = fetch(`${urlOf(sandbox)}/pay/HANG-1`, { method: "POST", signal: leaving.signal }).then(
      () => "answered",
      () => "no answer"
    )
    await vi.waitFor(async () => expect(await linesOf("HANG-1")).toMatchObject([{ status: "hung" }]))
    leaving.abort()
    expect(await answered).toBe("no answer")
    expect((await heldOf(sandbox, "HANG-1")).length).toBe(1)
  })

  it("that the platform cannot play do not fire on it", async () => {
    await sandbox.faults({ on: "create", fault: "unsigned" })
    expect((await sandbox.create()).status).toBe(201)
    expect(await sandbox.fired()).toEqual([0])
  })

  it.each(["capture", "complete", "refund", "query-refund", "bill", "certificates"])(
    "can strike a call of vendors alone: %s",
    async (on) => {
      expect((await sandbox.faults({ on, fault: "drip" })).status).toBe(200)
      expect((await sandbox.faults({ on, fault: "suppress" })).status).toBe(400)
    }
  )
})

describe("a vendor's notifications", () => {
  const bodies = (got: ReadonlyArray<Got>) => got.map(({ body }) => body)
  const came = (got: ReadonlyArray<Got>, count: number) =>
    vi.waitFor(() => expect(got.length).toBe(count), { timeout: 3000, interval: 5 })
  const toldOf = async (number: string) =>
    (await sandbox.ledger()).notifications.filter((line) => line.number === number)
  /** A merchant that says "success" after so many other answers of 200, and a payment that tells it. */
  const told = async (number: string, refusals = 0, world = sandbox) => {
    let left = refusals
    const merchant = await merchantThat(() => ({ status: 200, body: left-- > 0 ? "fail" : "success" }))
    await create(number, `?notify=${encodeURIComponent(merchant.url)}`, world)
    return merchant
  }
  const pay = (number: string, body?: object, world = sandbox) => world.call("POST", `/_payments/${number}/pay`, body)

  it("are made anew and tried again until the answer's own words take them", async () => {
    const { got, close } = await told("RETRY-1", 2)
    await pay("RETRY-1")
    await came(got, 3)
    expect(bodies(got)).toEqual(["RETRY-1 0 right", "RETRY-1 1 right", "RETRY-1 2 right"])
    await vi.waitFor(async () =>
      expect(await toldOf("RETRY-1")).toMatchObject([
        { vendor: "echo", event: "PAID", attempt: 1, status: 200, isTaken: false, genuine: true },
        { attempt: 2, isTaken: false },
        { attempt: 3, isTaken: true }
      ])
    )
    close()
  })

  it("are given up after the last wait", async () => {
    const { got, close } = await told("GIVEN-UP-1", 1000)
    await pay("GIVEN-UP-1")
    await vi.waitFor(async () => expect((await toldOf("GIVEN-UP-1")).length).toBe(4))
    expect(got.length).toBe(4)
    close()
  })

  it("that find nobody are tried again, too", async () => {
    const { url, close } = await merchantThat(() => ({ status: 200 }))
    close()
    await create("NOBODY-1", `?notify=${encodeURIComponent(url)}`)
    await pay("NOBODY-1")
    await vi.waitFor(async () => expect((await toldOf("NOBODY-1")).length).toBe(4))
    expect(await toldOf("NOBODY-1")).toMatchObject([
      { status: null, error: "fetch failed", isTaken: false },
      {},
      {},
      {}
    ])
  })

  it.each(["altered", "expired-certificate", "huge", "other-app", "stale", "truncated", "wrong-currency"])(
    "are made with the oddity that a fault wants: %s",
    async (fault) => {
      const { got, close } = await told(`ODD-${fault}`, 1)
      await sandbox.faults({ on: "notify", fault, number: `ODD-${fault}`, times: 1 })
      await pay(`ODD-${fault}`)
      await came(got, 2)
      expect(bodies(got)).toEqual([`ODD-${fault} 0 ${fault}`, `ODD-${fault} 1 right`])
      await vi.waitFor(async () =>
        expect(await toldOf(`ODD-${fault}`)).toMatchObject([{ genuine: false }, { genuine: true }])
      )
      close()
    }
  )

  it("come many times, late, or never, as faults want", async () => {
    const { got, close } = await told("COPIES-1")
    await sandbox.faults({ on: "notify", fault: "duplicate", copies: 3 })
    await pay("COPIES-1")
    expect(bodies(got)).toEqual(Array.from({ length: 3 }, () => "COPIES-1 0 right"))
    expect((await toldOf("COPIES-1")).map(({ copy }) => copy).sort()).toEqual([0, 1, 2])
    await sandbox.faults({ on: "notify", fault: "suppress", times: 1 }, { on: "notify", fault: "delay", millis: 20 })
    await pay("COPIES-1")
    expect((await toldOf("COPIES-1")).at(-1)).toMatchObject({ attempt: 0, error: "suppressed by a fault" })
    await pay("COPIES-1")
    expect(got.length).toBe(3)
    await came(got, 4)
    close()
  })

  it("of one payment can change places", async () => {
    const { got, close } = await told("PLACES-1")
    await sandbox.faults({ on: "notify", fault: "reorder", times: 1 })
    await pay("PLACES-1")
    expect(got.length).toBe(0)
    await pay("PLACES-1")
    const [first, second] = got.map(({ headers }) => Number(String(headers["echo-id"]).slice("echo-".length)))
    expect(first).toBe((second ?? 0) + 1)
    close()
  })
})

describe("the desk", () => {
  const decide = (number: string, verb: string, body?: object) =>
    sandbox.call("POST", `/_payments/${number}/${verb}`, body)

  it("asks the platform, then each vendor, and hands on all that was said", async () => {
    await create("DESK-1")
    const got = await decide("DESK-1", "dispute", { amount: 5, refund: "R-1", reason: "fraud" })
    expect([got.status, got.json]).toEqual([
      409,
      { decision: { verb: "dispute", amountMinor: 5, amount: 5, refund: "R-1", reason: "fraud" } }
    ])
    await create("DESK-2", "", sandbox, "other")
    expect((await decide("DESK-2", "pay")).status).toBe(200)
    expect(await heldOf(sandbox, "DESK-2")).toMatchObject([{ vendor: "other", status: "paid", capturedMinor: 100 }])
    const payment = await sandbox.created()
    await create(payment.merchant_payment_no)
    expect((await decide(payment.merchant_payment_no, "pay")).json).toMatchObject({ id: payment.id })
    expect((await decide("NOBODYS", "pay")).status).toBe(404)
  })

  it("moves the vendors' time, too", async () => {
    await create("CLOCK-1")
    await sandbox.call("POST", "/_clock", { advanceMillis: 3_600_000 })
    expect(await heldOf(sandbox, "CLOCK-1")).toMatchObject([{ status: "closed" }])
    await sandbox.call("POST", "/_clock", { advanceMillis: -3_600_000 })
  })
})

describe("a vendor's book", () => {
  it("is on disk before the answer leaves, next to the request", async () => {
    await create("DISK-1", "?secret=1")
    expect(onDisk(sandbox.folder).slice(-2)).toMatchObject([
      { type: "vendor-change", vendor: "echo", change: { number: "DISK-1", status: "open" } },
      { type: "request", method: "POST", path: "/echo/pay/DISK-1", did: "create", status: 200, numbers: ["DISK-1"] }
    ])
  })

  it("outlives the process, with its keys, its port, and what was not taken", async () => {
    let body = "fail"
    const merchant = await merchantThat(() => ({ status: 200, body }))
    const first = await open(withEchoes)
    const notify = `?notify=${encodeURIComponent(merchant.url)}`
    for (const number of ["TAKEN-1", "UNTAKEN-1"]) await create(number, notify, first)
    await create("OTHERS-1", "", first, "other")
    body = "success"
    await first.call("POST", "/_payments/TAKEN-1/pay")
    body = "fail"
    await first.call("POST", "/_payments/UNTAKEN-1/pay")
    const { held } = await first.ledger()
    await first.close()
    merchant.got.length = 0
    body = "success"
    const second = await open({ ...withEchoes, folder: first.folder })
    expect((await second.ledger()).held).toEqual(held)
    expect(held?.map(({ number, vendor }) => [number, vendor])).toEqual([
      ["TAKEN-1", "echo"],
      ["UNTAKEN-1", "echo"],
      ["OTHERS-1", "other"]
    ])
    expect([second.vendors, second.credentials]).toEqual([first.vendors, first.credentials])
    await vi.waitFor(() => expect(merchant.got.map((one) => one.body)).toContain("UNTAKEN-1 0 right"))
    expect(merchant.got.filter((one) => !one.body.startsWith("UNTAKEN-1 "))).toEqual([])
    await second.close()
    second.sweep()
    merchant.close()
  })

  it("is served on another port where its own is taken", async () => {
    const first = await open(withEchoes)
    const second = await open({ ...withEchoes, folder: first.folder })
    expect(urlOf(second)).not.toBe(urlOf(first))
    await Promise.all([first.close(), second.close()])
    first.sweep()
  })
})
