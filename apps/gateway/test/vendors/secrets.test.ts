import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { load } from "@payment-proxy/configuration"
import { SandboxVendors } from "@payment-proxy/testkit"
import { Context, Effect, Exit, Option, Tracer } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../proxied/calls.ts"
import { open, type World } from "./world.ts"

/** Which of what a console hands out are secrets of ours; the rest is known to everyone who is paid through the vendor. */
const secret: { readonly [name in SandboxVendors.Name]: ReadonlyArray<string> } = {
  wechatpay: ["privateKey", "apiV3Key"],
  alipay: ["appPrivateKey"],
  mpgs: ["passwords", "webhookSecret", "reportingPassword"],
  paypal: ["clientSecret"]
}

/** Texts that nothing may show: of a key in PEM form each of its lines. */
const textsOf = (value: unknown): ReadonlyArray<string> =>
  [value]
    .flat()
    .flatMap((text) => String(text).split("\n"))
    .filter((line) => line.length >= 12 && !line.startsWith("-----"))

/** A tracer that keeps what every span says. */
const recording = () => {
  const said: Array<string> = []
  const note = (...parts: ReadonlyArray<unknown>) =>
    void said.push(parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part, bigints))).join(" "))
  const bigints = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value)
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      note(name)
      return {
        _tag: "Span",
        name,
        spanId: String(said.length),
        traceId: "test",
        parent,
        context,
        links,
        kind,
        sampled: true,
        status: { _tag: "Started", startTime },
        attributes: new Map(),
        attribute: (key, value) => note(key, value),
        event: (event, _, attributes) => note(event, attributes ?? {}),
        addLinks: () => undefined,
        end: (_, exit) => note(Exit.isFailure(exit) ? String(exit.cause) : "")
      }
    },
    context: (f) => f()
  })
  return { said, tracer }
}

describe.each(SandboxVendors.names)("a whole run of %s, with planted keys", (name) => {
  let world: World
  const { said, tracer } = recording()
  const answers: Array<string> = []
  let planted: ReadonlyArray<string> = []
  let payers: ReadonlyArray<string> = []
  beforeAll(async () => {
    world = await open(name, { tracer })
    const credentials = SandboxVendors.credentialsOf(world.sandbox.credentials, name)
    planted = secret[name].flatMap((member) => textsOf(credentials[member]))
    payers = Object.values(SandboxVendors.payer)
  }, 60_000)
  afterAll(() => world?.close())

  /** Orders that go right and wrong in every way that makes somebody write something down. */
  const lived = async () => {
    for (const scene of world.scenes.slice(0, 3)) {
      const { order, text } = await world.place(scene)
      answers.push(text)
      await world.pay(order)
      await world.until(order.payOrderNo, ({ status }) => status === "SUCCEEDED")
      answers.push((await world.gateway.call("GET", `/return/${name}?order=${order.payOrderNo}`)).body.toString())
    }
    const wrong = ["garbage", "reject", "unknown-code", "wrong-signature"]
    const orders: Array<string> = []
    for (const fault of wrong) {
      await world.faults({ on: "create", fault, times: 1 }, { on: "query", fault, times: 1 })
      const { order, text } = await world.place()
      answers.push(text)
      orders.push(order.payOrderNo)
    }
    await world.faults({ on: "close", fault: "garbage", times: 3 })
    for (const payOrderNo of orders)
      answers.push((await world.gateway.call("POST", `/v1/orders/${payOrderNo}/close`)).body.toString())
    await world.faults()
    const [told] = world.told()
    if (told === undefined) return expect.fail("nothing was told")
    for (const body of [told.body, Buffer.from("{}"), Buffer.from("a=b"), Buffer.alloc(70_000, 65)])
      answers.push((await ask(world.gateway.url, "POST", told.target, { body })).body.toString())
    answers.push((await ask(world.gateway.url, "GET", "/metrics")).body.toString())
    answers.push((await ask(world.gateway.url, "GET", "/readyz")).body.toString())
  }

  it("shows none of them in any log line, trace, error, event, metric or column", { timeout: 120_000 }, async () => {
    await lived()
    expect(planted.length).toBeGreaterThan(0)
    const { lines, events, folder } = world.gateway
    expect([lines.length > 20, answers.length > 10, events.length > 3]).toEqual([true, true, true])
    const files = readdirSync(join(folder, "data")).filter((file) => file.startsWith("payment-proxy.db"))
    const stored = files.map((file) => readFileSync(join(folder, "data", file)).toString("latin1"))
    const shown = [...lines, ...said, ...answers, ...events.map(({ body }) => body)]
    for (const text of [...planted, ...payers]) for (const line of shown) expect(line).not.toContain(text)
    // What the payer is stands in notifications, which are kept as they came (design §7).
    for (const text of planted) for (const bytes of stored) expect(bytes.includes(text)).toBe(false)
  })

  it("and none in the faults of a configuration that is refused", async () => {
    const entry = SandboxVendors.entryOf(name, SandboxVendors.credentialsOf(world.sandbox.credentials, name))
    for (const [member, value] of Object.entries(entry)) {
      if (member === "kind") continue
      const spoilt = {
        vendors: { [name]: { ...entry, [member]: typeof value === "string" ? `${value.slice(0, 40)}!` : 7 } }
      }
      const exit = await Effect.runPromise(
        Effect.either(load({ PAYMENT_PROXY_CONFIG: "/config.yaml" }, () => Effect.succeed(JSON.stringify(spoilt))))
      )
      for (const text of planted) expect(String(exit)).not.toContain(text)
    }
  })
})

it("the recording tracer records", () => {
  const { said, tracer } = recording()
  const span = tracer.span("a span", Option.none(), Context.empty(), [], 0n, "internal")
  span.attribute("key", "value")
  expect(said).toEqual(["a span", "key value"])
})
