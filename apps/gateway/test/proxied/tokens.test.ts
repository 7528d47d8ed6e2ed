import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, ask, json, problem, until } from "./calls.ts"
import { create, open, openSandbox, type SandboxWorld, sandboxVendor, sent, type World } from "./world.ts"

/** Faults of the token server that leave us without a token. */
const down: ReadonlyArray<readonly [name: string, what: string, fault: object, oauth?: object]> = [
  ["cut", "it breaks the connection", { fault: "drop-before-accept" }],
  ["error", "it answers 500", { fault: "error-before-accept", status: 500 }],
  ["slow", "it does not answer in time", { fault: "hang" }, { timeLimitMillis: 1500 }],
  ["page", "it answers a page", { fault: "html" }],
  ["half", "it answers half a JSON", { fault: "garbage" }],
  ["busy", "it is busy (429)", { fault: "throttle" }],
  ["negative", "it says a life below zero", { fault: "expires-negative" }],
  ["text", "it says a life that is no number", { fault: "expires-text" }]
]
const odd: ReadonlyArray<readonly [name: string, what: string, fault: string]> = [
  ["huge", "huge", "expires-huge"],
  ["zero", "zero", "expires-zero"],
  ["absent", "not said", "expires-absent"],
  ["digits", "digits in a text", "expires-digits"]
]

/** What waits for a connection counts: on a busy machine a thousand calls take long. */
const patient = { connectMillis: 60_000, headMillis: 110_000, idleMillis: 110_000, totalMillis: 110_000 }

let sandbox: SandboxWorld
let world: World
beforeAll(async () => {
  sandbox = await openSandbox()
  const vendors: Record<string, object> = {}
  const routes: Record<string, object> = {}
  const add = (name: string, oauth: object = {}) => {
    // One client for each, all of one sandbox.
    vendors[name] = sandboxVendor(sandbox, oauth, { merchantId: name })
    const limits = name === "first" ? { limits: patient } : {}
    routes[name] = { vendor: name, allow: ["ANY /payments/**"], filters: ["oauth"], ...limits }
  }
  for (const [name, , , oauth] of down) add(name, oauth)
  for (const [name] of odd) add(name)
  for (const name of ["first", "storm", "stale"]) add(name)
  add("nobody", { issuer: undefined, tokenEndpoint: "http://127.0.0.1:1/token" })
  vendors["orders"] = sandboxVendor(sandbox)
  routes["orders"] = { vendor: "orders", filters: ["payment-order", "oauth"] }
  world = await open({ vendors, routes })
})
afterAll(async () => {
  await world?.close()
  await sandbox?.close()
})

const token = (fault: object) => sandbox.faults({ on: "token", ...fault })
const get = (route: string) => world.call("GET", `/proxy/${route}/payments/unknown`)
/** The vendor has taken the call: it does not know such a payment. */
const isThrough = (answer: Answer) => answer.status === 404 && json(answer)["error"] === "not_found"
const said: Array<Answer> = []

const isUnavailable = (answer: Answer) => {
  said.push(answer)
  expect(problem(answer)).toEqual([503, "TOKEN_UNAVAILABLE"])
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0)
}

describe("F45 the token server is down", () => {
  it.each(down.map(([name, what, fault]) => [name, what, fault] as const))(
    "F45 %s: %s: 503, the next without asking it, and nothing at the vendor",
    async (name, _, fault) => {
      const before = await sandbox.asked()
      await token(fault)
      const begun = performance.now()
      isUnavailable(await get(name))
      const failed = performance.now()
      expect(failed - begun).toBeLessThan(20_000)
      const fetched = (await sandbox.asked()).tokens
      const again = performance.now()
      isUnavailable(await get(name))
      expect(performance.now() - again).toBeLessThan(5000)
      const after = await sandbox.asked()
      expect(after.calls).toBe(before.calls)
      // At rest for a second; on a busy machine the next may come after it.
      const rests = Math.floor((performance.now() - failed + 100) / 1000)
      expect(after.tokens - fetched).toBeLessThanOrEqual(rests)
      expect(fetched - before.tokens).toBe(1)
    }
  )

  it("F45 there is nobody at its address: the same", async () => {
    const before = await sandbox.asked()
    isUnavailable(await get("nobody"))
    isUnavailable(await get("nobody"))
    expect(await sandbox.asked()).toEqual(before)
  })

  it.each(odd)("F45 %s: a life that is %s is no hindrance", async (name, _, fault) => {
    await token({ fault })
    const answers = [await get(name), await get(name)]
    expect(answers.map(isThrough)).toEqual([true, true])
  })

  it("F45 a storm of callers asks it once a second at most, and is through soon after it is back", async () => {
    await token({ fault: "error-before-accept" })
    const before = await sandbox.asked()
    const begun = performance.now()
    let calls = 0
    while (performance.now() - begun < 2000 || calls <= 100) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => get("storm")))
      calls += answers.length
      for (const answer of answers) expect(problem(answer)).toEqual([503, "TOKEN_UNAVAILABLE"])
    }
    const seconds = (performance.now() - begun) / 1000
    const after = await sandbox.asked()
    expect(calls).toBeGreaterThan(100)
    expect(after.tokens - before.tokens).toBeLessThanOrEqual(Math.ceil(seconds))
    expect(after.calls).toBe(before.calls)
    await sandbox.faults()
    expect(isThrough(await until(() => get("storm"), isThrough))).toBe(true)
  })

  it("F45 a thousand first calls at once fetch one token", { timeout: 120_000 }, async () => {
    await sandbox.faults()
    const before = await sandbox.asked()
    const answers = await Promise.all(Array.from({ length: 1000 }, () => get("first")))
    expect(answers.filter(isThrough).length).toBe(1000)
    const after = await sandbox.asked()
    expect([after.tokens - before.tokens, after.calls - before.calls]).toEqual([1, 1000])
  })

  it("F45 a create that found no token is kept, left nothing, and becomes a payment when there is one", async () => {
    await token({ fault: "error-before-accept" })
    const { no, text } = create()
    const before = await sandbox.asked()
    const answer = await world.call("POST", "/proxy/orders/payments", sent(text))
    isUnavailable(answer)
    expect((await sandbox.asked()).calls).toBe(before.calls)
    expect(await world.order(no)).toMatchObject({
      status: "SUBMITTING",
      payOrderNo: answer.headers["payment-proxy-order"]
    })
    await sandbox.faults()
    const order = await until(
      () => world.order(no),
      ({ status }) => status === "PENDING"
    )
    expect(order).toMatchObject({ status: "PENDING", inDoubt: false })
    expect((await world.call("POST", "/proxy/orders/payments", sent(text))).status).toBe(200)
  })

  it("F45 an old token serves while it is good, whatever becomes of its renewal, and not beyond", async () => {
    await sandbox.faults()
    expect(isThrough(await get("stale"))).toBe(true)
    await token({ fault: "error-before-accept" })
    const before = (await sandbox.asked()).tokens
    // Of 600 s: it is renewed by 528, and handed out until 540.
    world.putOn(530_000)
    expect(isThrough(await get("stale"))).toBe(true)
    const asked = await until(
      async () => (await sandbox.asked()).tokens - before,
      (count) => count > 0
    )
    expect(asked).toBeGreaterThan(0)
    expect(isThrough(await get("stale"))).toBe(true)
    world.putOn(11_000)
    isUnavailable(await get("stale"))
  })

  it("F45 none of this says the client's secret, to callers or to the log", () => {
    const all = [...world.lines, ...said.map(({ body }) => body.toString())].join("\n")
    expect(said.length).toBeGreaterThan(10)
    expect(all).not.toContain(sandbox.clientSecret)
    expect(all).not.toContain(btoa(`${sandbox.clientId}:${sandbox.clientSecret}`))
  })

  it("F45 readiness does not hang on it", async () => {
    expect((await ask(world.url, "GET", "/readyz")).status).toBe(200)
  })
})
