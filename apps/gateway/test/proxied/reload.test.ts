import { request as asked, type IncomingMessage } from "node:http"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { ask, json, problem, rest, until } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { create, open, sent, vendorOf, type World } from "./world.ts"

let vendor: Vendors.Vendor
let world: World
const file = (routes: object = {}, changes: object = {}) => ({
  vendors: { platform: vendorOf(vendor, changes) },
  routes: {
    plain: { vendor: "platform", allow: ["ANY /**"] },
    pay: { vendor: "platform", filters: ["payment-order", "oauth"] },
    ...routes
  }
})
beforeAll(async () => {
  vendor = await Vendors.open()
  world = await open(file())
})
beforeEach(() => vendor.instead(null))
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

interface Ready {
  readonly status: string
  readonly configuration: {
    readonly loadedAt: string
    readonly refused: {
      readonly since: string
      readonly source: string
      readonly faults: ReadonlyArray<{ readonly at: string; readonly detail: string }>
    } | null
  }
}
const ready = async () => {
  const answer = await ask(world.url, "GET", "/readyz")
  return { code: answer.status, ...json<Ready>(answer) }
}
const get = (path: string) => world.call("GET", `/proxy${path}`)
const logged = (from: number, what: string) => world.lines.slice(from).filter((line) => line.includes(what))

describe("a file with faults", () => {
  it("is refused, as a whole: what was in force stays, /readyz and the log say why, and a mended one clears it", async () => {
    const before = await ready()
    expect(before.configuration.refused).toBeNull()
    const { length } = world.lines
    await world.reload(
      file({
        plain: { vendor: "nobody", allow: ["ANY /**"] },
        fresh: { vendor: "platform", allow: ["GET nonsense"] }
      })
    )
    const refused = await ready()
    expect([refused.code, refused.status, refused.configuration.loadedAt]).toEqual([
      200,
      "ready",
      before.configuration.loadedAt
    ])
    const faults = refused.configuration.refused?.faults.map(({ at }) => at) ?? []
    expect(faults).toContain("/routes/plain/vendor")
    expect(faults.some((at) => at.startsWith("/routes/fresh/allow/0"))).toBe(true)
    const told = logged(length, "The configuration is refused")
    expect(told.length).toBe(1)
    for (const at of faults) expect(told[0]).toContain(at)
    expect([(await get("/plain/a")).status, (await get("/fresh/a")).status]).toEqual([200, 404])
    await world.reload(file({ fresh: { vendor: "platform", allow: ["GET /**"] } }))
    const mended = await ready()
    expect(mended.configuration.refused).toBeNull()
    expect([(await get("/plain/a")).status, (await get("/fresh/a")).status]).toEqual([200, 200])
    expect(logged(length, "The configuration was taken up").length).toBe(1)
  })

  it("that is no YAML is refused, too, and clears when it says again what is in force", async () => {
    const inForce = file({ fresh: { vendor: "platform", allow: ["GET /**"] } })
    await world.reload('vendors: { platform: { kind: "mapp')
    expect((await ready()).configuration.refused?.faults.length).toBeGreaterThan(0)
    expect((await get("/fresh/a")).status).toBe(200)
    await world.reload(inForce)
    expect((await ready()).configuration.refused).toBeNull()
  })

  it("whose filter nobody has names the package, and shows no secret", async () => {
    const { length } = world.lines
    await world.reload(
      file({
        fresh: {
          vendor: "platform",
          allow: ["GET /**"],
          filters: [{ "@shop/filter-none": { secret: "a-secret-of-its-own" } }]
        }
      })
    )
    const [fault] = (await ready()).configuration.refused?.faults ?? []
    expect(fault).toMatchObject({ at: "/routes/fresh/filters/0" })
    expect(fault?.detail).toMatch(/none of our filters .*payment-order.* no package of this name/)
    expect(logged(length, "/routes/fresh/filters/0").length).toBe(1)
    expect(world.lines.join("\n")).not.toMatch(/a-secret-of-its-own|throwaway/)
    await world.reload(file())
    expect((await ready()).configuration.refused).toBeNull()
  })
})

describe("a file that is sound", () => {
  it("brings a new route, and takes an old one away", async () => {
    expect(problem(await get("/more/a"))).toEqual([404, "NOT_FOUND"])
    await world.reload(file({ more: { vendor: "platform", allow: ["GET /a"] } }))
    expect(json(await get("/more/a"))).toEqual({ path: "/svc/a" })
    await world.reload(file())
    expect(problem(await get("/more/a"))).toEqual([404, "NOT_FOUND"])
  })

  it("changes what the vendor's words mean, for the next call and for the worker", async () => {
    const { no, text } = create()
    await world.call("POST", "/proxy/pay/payments", sent(text))
    vendor.book.payments.set(no, { ...vendor.book.make(JSON.parse(text)), status: "DONE" })
    const query = () => get(`/pay/payments/by-merchant-no/${no}`)
    expect([json(await query())["status"], (await world.order(no)).status]).toEqual(["DONE", "PENDING"])
    await world.reload(file({}, { statuses: { PENDING: "open", DONE: "paid", CLOSED: "closed" } }))
    await query()
    expect((await world.order(no)).status).toBe("SUCCEEDED")
  })

  it("changes how large a create may be", async () => {
    expect((await world.call("POST", "/proxy/pay/payments", sent(create().text))).status).toBe(201)
    await world.reload(file({}, { proxied: { method: "ALIPAY", maxBodyBytes: 20 } }))
    expect(problem(await world.call("POST", "/proxy/pay/payments", sent(create().text)))).toEqual([
      422,
      "BODY_TOO_LARGE"
    ])
    await world.reload(file())
    expect((await world.call("POST", "/proxy/pay/payments", sent(create().text))).status).toBe(201)
  })

  it("leaves what is under way on a route that is gone to its end", async () => {
    await world.reload(file({ gone: { vendor: "platform", allow: ["GET /**"] } }))
    let finish = () => {}
    vendor.instead(({ response, seen }) => {
      if (seen.url !== "/svc/stream") return false
      response.writeHead(200).write("begun ")
      finish = () => void response.end("ended")
      return true
    })
    const stream = await new Promise<IncomingMessage>((done, fail) => {
      const headers = { authorization: `Bearer ${world.keys.shop}` }
      asked(`${world.url}/proxy/gone/stream`, { headers, agent: false }, done).on("error", fail).end()
    })
    const pieces: Array<string> = []
    stream.on("data", (piece: Buffer) => pieces.push(piece.toString()))
    await world.reload(file())
    expect((await get("/gone/stream")).status).toBe(404)
    await rest(100)
    finish()
    await new Promise((done) => stream.once("close", done))
    expect([pieces.join(""), stream.complete]).toEqual(["begun ended", true])
  })

  it("fails no call that comes while it is taken up", async () => {
    let isOver = false
    const statuses: Array<number> = []
    const caller = async () => {
      while (!isOver) statuses.push((await get("/plain/a")).status)
    }
    const callers = Array.from({ length: 8 }, caller)
    for (const settlingMillis of [1000, 2000]) await world.reload(file({}, { settlingMillis }))
    await until(
      () => statuses.length,
      (count) => count > 20
    )
    isOver = true
    await Promise.all(callers)
    expect(statuses.length).toBeGreaterThan(20)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })
})

it("a gateway that has taken up another file stops as soon as one that has not", async () => {
  const begun = performance.now()
  await world.close()
  expect(performance.now() - begun).toBeLessThan(25_000)
  world = await open(file())
})
