import { readFileSync } from "node:fs"
import { Webhook } from "standardwebhooks"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, ask, type Init, json, until } from "./calls.ts"
import { create, open, openSandbox, type SandboxWorld, type Shown, sent, type World, webhookSecret } from "./world.ts"

let sandbox: SandboxWorld
let world: World
let token: string
beforeAll(async () => {
  sandbox = await openSandbox()
  Object.assign(process.env, {
    PLATFORM_URL: sandbox.url,
    PLATFORM_ISSUER: sandbox.issuer,
    PLATFORM_MERCHANT_ID: sandbox.merchantId,
    PLATFORM_CLIENT_ID: sandbox.clientId,
    PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
    PLATFORM_WEBHOOK_SECRET: sandbox.webhookSecret
  })
  // The demonstration's own file.
  const file = new URL("../../../../payment-proxy.config.yaml", import.meta.url)
  world = await open(readFileSync(file, "utf8"))
  token = await sandbox.token()
})
afterAll(async () => {
  await world?.close()
  await sandbox?.close()
})

/** What differs between an answer and the same one through the proxy, and why. */
const differing = {
  connection: "belongs to one connection (RFC 9110 §7.6.1)",
  "keep-alive": "belongs to one connection",
  date: "is the moment of each answer",
  "payment-proxy-order": "names the order that the call is about"
}

/** All else of an answer: its status, its header lines in their order and case, its bytes. */
const compared = ({ status, rawHeaders, body }: Answer) => {
  const lines = rawHeaders.flatMap((name, at) => {
    const isCompared = at % 2 === 0 && !Object.hasOwn(differing, name.toLowerCase())
    return isCompared ? [[name, rawHeaders[at + 1]]] : []
  })
  return { status, lines, body: body.toString("latin1") }
}

type Door = (method: string, path: string, init?: Init) => Promise<Answer>
const direct: Door = (method, path, init = {}) =>
  ask(sandbox.url, method, path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })
const plain: Door = (method, path, init = {}) => {
  const headers = { authorization: `Bearer ${token}`, "payment-proxy-key": world.keys.shop, ...init.headers }
  return ask(world.url, method, `/proxy/plain${path}`, { ...init, headers })
}
const platform: Door = (method, path, init = {}) => world.call(method, `/proxy/platform${path}`, init)

/** A create whose payment tells us what becomes of it. */
const told = (changes: object = {}) => create({ notify_url: `${world.url}/notify/platform`, ...changes })
const pay = (no: string) => sandbox.control("POST", `/_payments/${no}/pay`)
const causes = async ({ payOrderNo }: Shown) => {
  const history = json<{ readonly items: ReadonlyArray<{ readonly cause: string }> }>(
    await world.call("GET", `/v1/orders/${payOrderNo}/history`)
  )
  return history.items.map(({ cause }) => cause)
}
const become = (no: string, status: string) =>
  until(
    () => world.order(no),
    (order) => order.status === status
  )

describe.each([
  ["plain, with the caller's own token", () => plain],
  ["platform, with payment-order and oauth", () => platform]
])("a call of the vendor's API through the route %s", (_, through) => {
  it("a create, its repeat, both queries, a close and its repeat are answered as by the vendor itself", async () => {
    const { no, text } = told()
    const made = await through()("POST", "/payments", sent(text))
    expect(made.status).toBe(201)
    const { id } = json(made)
    const by = [`/payments/by-merchant-no/${no}`, `/payments/${id}`]
    const queried = await direct("GET", by[0] ?? "")
    expect(made.body.equals(queried.body)).toBe(true)
    expect(compared(made)).toEqual({ ...compared(queried), status: 201 })
    const calls: ReadonlyArray<readonly [method: string, path: string, init?: Init]> = [
      ["POST", "/payments", sent(text)],
      ...by.map((path) => ["GET", path] as const),
      ["GET", `${by[0]}?expand=refunds`]
    ]
    for (const [method, path, init] of calls)
      expect(compared(await through()(method, path, init))).toEqual(compared(await direct(method, path, init)))
    const closed = await through()("POST", `${by[0]}/close`)
    expect([closed.status, json(closed)]).toMatchObject([200, { id, status: "CLOSED" }])
    const shown = await direct("GET", by[1] ?? "")
    expect(closed.body.equals(shown.body)).toBe(true)
    expect(compared(await through()("GET", by[1] ?? ""))).toEqual(compared(shown))
  })

  it.each([
    ["no such payment", "GET", "/payments/by-merchant-no/SHOP-NONE"],
    ["no such call", "GET", "/payments"],
    ["no such call", "DELETE", "/payments/a/b/c"]
  ])("%s: %s %s", async (_what, method, path) => {
    const answer = await plain(method, path)
    expect(compared(answer)).toEqual(compared(await direct(method, path)))
    expect(answer.status).toBe(404)
  })
})

describe("through the route plain", () => {
  it("what the vendor refuses is refused in its own words", async () => {
    const calls: ReadonlyArray<readonly [number, string, string, Init]> = [
      [422, "POST", "/payments", sent(create({ amount: -1 }).text)],
      [400, "POST", "/payments", sent("{")],
      [400, "POST", "/payments", { body: create().text, headers: { "content-type": "application/json" } }],
      [401, "GET", "/payments/a", { headers: { authorization: "Bearer unknown" } }],
      [409, "POST", "/payments/by-merchant-no/SHOP-CLOSED/close", {}]
    ]
    await direct("POST", "/payments", sent(create({ merchant_payment_no: "SHOP-CLOSED" }).text))
    await direct("POST", "/payments/by-merchant-no/SHOP-CLOSED/close")
    for (const [status, method, path, init] of calls) {
      const answer = await plain(method, path, init)
      expect([answer.status, compared(answer)]).toEqual([status, compared(await direct(method, path, init))])
    }
  })

  it("a client gets its token, too, and no order is made of what passes", async () => {
    const headers = {
      authorization: `Basic ${btoa(`${sandbox.clientId}:${sandbox.clientSecret}`)}`,
      "content-type": "application/x-www-form-urlencoded"
    }
    const answer = await plain("POST", "/oauth/token", {
      headers,
      body: "grant_type=client_credentials&scope=payments"
    })
    expect([answer.status, json(answer)]).toMatchObject([200, { token_type: "Bearer", expires_in: 600 }])
    const { no, text } = told()
    const own = { ...sent(text).headers, authorization: `Bearer ${json(answer)["access_token"]}` }
    expect((await plain("POST", "/payments", { headers: own, body: text })).status).toBe(201)
    expect(await world.orders(no)).toEqual([])
  })
})

describe("a payment that came in by the route platform", () => {
  it("is an order with the caller's number, and succeeds by the vendor's notification", async () => {
    const { no, text } = told()
    // Nobody else is to find it out.
    await sandbox.faults({ on: "query", fault: "error-before-accept", number: no })
    const made = await platform("POST", "/payments", sent(text))
    const order = await world.order(no)
    expect(order).toMatchObject({
      payOrderNo: made.headers["payment-proxy-order"],
      businessNo: no,
      status: "PENDING",
      inDoubt: false,
      transactionNo: json(made)["id"],
      amount: { value: "12.34", currency: "CNY" }
    })
    await pay(no)
    expect(await become(no, "SUCCEEDED")).toMatchObject({ payOrderNo: order.payOrderNo, status: "SUCCEEDED" })
    expect((await causes(order)).at(-1)).toBe("notification:paid")
    await sandbox.faults()
  })

  it("tells the app, signed, with the caller's number as its business number", async () => {
    const { no, text } = told()
    await platform("POST", "/payments", sent(text))
    await pay(no)
    const isOfIt = ({ body }: { readonly body: string }) => body.includes(no) && body.includes('"order.succeeded"')
    const event = await until(
      () => world.events.find(isOfIt),
      (found) => found !== undefined
    )
    const headers = event?.headers as Record<string, string>
    const verified = new Webhook(webhookSecret).verify(event?.body ?? "", headers)
    expect(verified).toMatchObject({ type: "order.succeeded", data: { businessNo: no, status: "SUCCEEDED" } })
  })

  it("succeeds by the worker's query through the mapping, where no notification comes", async () => {
    await sandbox.faults({ on: "notify", fault: "suppress" })
    const { no, text } = told()
    await platform("POST", "/payments", sent(text))
    await pay(no)
    const order = await become(no, "SUCCEEDED")
    expect(order.status).toBe("SUCCEEDED")
    expect((await causes(order)).at(-1)).toBe("query:paid")
    await sandbox.faults()
  })

  it.each([
    ["the caller's number", (no: string, _id: unknown) => `/payments/by-merchant-no/${no}/close`],
    ["the vendor's number", (_no: string, id: unknown) => `/payments/${id}/close`]
  ])("is closed through the proxy by %s", async (_, path) => {
    const { no, text } = told()
    const { id } = json(await platform("POST", "/payments", sent(text)))
    const answer = await platform("POST", path(no, id))
    expect([answer.status, json(answer)["status"]]).toEqual([200, "CLOSED"])
    expect(await world.order(no)).toMatchObject({
      status: "CLOSED",
      payOrderNo: answer.headers["payment-proxy-order"]
    })
  })

  it("is closed through the order API, too", async () => {
    const { no, text } = told()
    await platform("POST", "/payments", sent(text))
    const { payOrderNo } = await world.order(no)
    const answer = await world.call("POST", `/v1/orders/${payOrderNo}/close`)
    expect([answer.status, json(answer)["status"]]).toEqual([200, "CLOSED"])
    expect(json(await direct("GET", `/payments/by-merchant-no/${no}`))["status"]).toBe("CLOSED")
  })

  it("that was paid while it was being closed is a success, and the caller sees the vendor's 409", async () => {
    await sandbox.faults({ on: "notify", fault: "suppress" }, { on: "query", fault: "error-before-accept" })
    const { no, text } = told()
    await platform("POST", "/payments", sent(text))
    await pay(no)
    const answer = await platform("POST", `/payments/by-merchant-no/${no}/close`)
    expect([answer.status, json(answer)["error"]]).toEqual([409, "already_succeeded"])
    expect(await world.order(no)).toMatchObject({ status: "SUCCEEDED" })
    await sandbox.faults()
  })
})
