import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { FakeVendors, FakeWebhookSender, Memory } from "@payment-proxy/testkit"
import { Effect, FastCheck, Metric } from "effect"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { refused } from "../src/VendorHandlers.ts"
import type { Answer, Stores, World } from "./world.ts"
import { open } from "./world.ts"

interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly version: number
  readonly inDoubt: boolean
  readonly next: { readonly type: string; readonly url: string } | null
  readonly failure: { readonly code: string } | null
}
interface Problem {
  readonly code: string
  readonly status: number
  readonly errors?: ReadonlyArray<{ readonly pointer: string; readonly code: string; readonly detail: string }>
}

const asked = {
  vendor: "platform",
  businessNo: "POLICY-2026-0001",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days",
  metadata: { policy: "0001" }
}

/** What has broken systems before. */
const nasty = [
  ...["\u{1F600}", "\u0000", "\uD83D", "\uDE00", "\u202E", "e\u0301", "\u00E9", "\r\n", "<script>", "\u4ED8", "x"],
  ...["'", '"', "\\", "%s", "$\u007Bx}", "; DROP TABLE payment_proxy_order; -- ", "__proto__", "=cmd", " "]
]
/** Any text, whole or not, just long enough or too long. */
const anyText = FastCheck.oneof(
  FastCheck.string({ unit: "binary", maxLength: 140 }),
  FastCheck.array(FastCheck.constantFrom(...nasty), { maxLength: 12 }).map((parts) => parts.join("")),
  FastCheck.tuple(FastCheck.constantFrom(...nasty), FastCheck.constantFrom(40, 41, 64, 65, 127, 128, 256, 257)).map(
    ([letter, count]) => letter.repeat(count)
  )
)

const order = ({ body }: Answer) => body as Shown
const problem = ({ body }: Answer) => body as Problem
let serial = 0

/** What the gateway promises, whatever the stores behind it. */
const suite = (name: string, stores: () => Stores, sweep: () => void) =>
  describe(`the gateway on ${name}`, () => {
    let world: World
    beforeAll(async () => {
      world = await open(stores())
    }, 20_000)
    afterAll(async () => {
      await world?.close()
      sweep()
    })

    const post = (body: unknown, headers: Record<string, string> = {}) => {
      serial += 1
      const text = typeof body === "string" ? body : JSON.stringify(body)
      return world.call("POST", "/v1/orders", {
        headers: { "idempotency-key": `key-${serial}`, ...headers },
        body: text
      })
    }
    const notify = (payOrderNo: string, headers?: Record<string, string>) => {
      const incoming = FakeVendors.notification(payOrderNo, "paid")
      const signed = { "x-fake-secret": incoming.headers["x-fake-secret"] ?? "" }
      return world.call("POST", "/notify/platform", { headers: headers ?? signed, body: new Uint8Array(incoming.body) })
    }

    it("places an order: 201, with what the payer needs next", async () => {
      const answer = await post(asked)
      expect(answer.status).toBe(201)
      expect(order(answer)).toMatchObject({
        status: "PENDING",
        inDoubt: false,
        version: 2,
        businessNo: "POLICY-2026-0001",
        amount: { value: "12.34", currency: "CNY" },
        refunded: { value: "0.00", currency: "CNY" },
        metadata: { policy: "0001" },
        next: { type: "redirect" }
      })
      expect(order(answer).payOrderNo).toMatch(/^[0-9A-Z]{29}$/)
    })

    it("answers a repeat with the same order: 200; raw or quoted, the key is the same", async () => {
      const first = await post(asked, { "idempotency-key": "repeat" })
      const again = await post(asked, { "idempotency-key": '"repeat"' })
      expect(again.status).toBe(200)
      expect(order(again).payOrderNo).toBe(order(first).payOrderNo)
    })

    it("takes a repeat whose JSON is written in another order for the same order", async () => {
      const first = await post(asked, { "idempotency-key": "reordered" })
      const reordered = Object.fromEntries(Object.entries(asked).reverse())
      expect(order(await post(reordered, { "idempotency-key": "reordered" })).payOrderNo).toBe(order(first).payOrderNo)
    })

    it("refuses a key with another body: 422", async () => {
      await post(asked, { "idempotency-key": "reused" })
      const answer = await post(
        { ...asked, amount: { value: "12.35", currency: "CNY" } },
        { "idempotency-key": "reused" }
      )
      expect([answer.status, problem(answer).code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"])
    })

    it("makes one order of fifty creates at once with one key", async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => post(asked, { "idempotency-key": "race" })))
      expect(new Set(answers.map((answer) => order(answer).payOrderNo)).size).toBe(1)
      expect(answers.filter(({ status }) => status === 201).length).toBe(1)
      expect(answers.every(({ status }) => status === 200 || status === 201 || status === 202)).toBe(true)
    })

    it("answers 202 while the order is in doubt, never failed", async () => {
      await world.run(world.fake.script("create", "dropAfter"))
      const answer = await post(asked)
      expect([answer.status, order(answer).status, order(answer).inDoubt]).toEqual([202, "SUBMITTING", true])
    })

    it("answers 201 with status FAILED after a definite rejection", async () => {
      await world.run(world.fake.script("create", "reject"))
      const answer = await post(asked)
      expect([answer.status, order(answer).status, order(answer).failure?.code]).toEqual([201, "FAILED", "DECLINED"])
    })

    it("follows an order from notification to SUCCEEDED, and tells the app of each step", async () => {
      const { payOrderNo } = order(await post(asked))
      await world.run(world.fake.pay(payOrderNo))
      const waiting = world.call("GET", `/v1/orders/${payOrderNo}?wait=30`)
      const reply = await notify(payOrderNo)
      expect([reply.status, reply.body]).toEqual([200, "success"])
      expect(order(await waiting).status).toBe("SUCCEEDED")
      const history = await world.call("GET", `/v1/orders/${payOrderNo}/history`)
      const { items } = history.body as {
        readonly items: ReadonlyArray<{ readonly status: string; readonly cause: string }>
      }
      expect(items.map(({ status, cause }) => [status, cause])).toEqual([
        ["SUBMITTING", "submit"],
        ["PENDING", "create:open"],
        ["SUCCEEDED", "notification:paid"]
      ])
      const told = await vi.waitFor(async () => {
        const got = await world.run(Effect.flatMap(FakeWebhookSender.FakeEndpoint, (endpoint) => endpoint.got))
        const events = got
          .map(({ body }) => JSON.parse(body) as { type: string; data: Shown })
          .filter(({ data }) => data.payOrderNo === payOrderNo)
        expect(events.length).toBe(3)
        return events
      }, 5000)
      expect(told.map(({ type }) => type)).toEqual(["order.submitting", "order.pending", "order.succeeded"])
      const shown = await world.call("GET", `/v1/orders/${payOrderNo}`)
      expect(told[2]?.data).toEqual(shown.body)
    })

    it("refuses a forged notification, counts it, and changes nothing", async () => {
      const { payOrderNo, version } = order(await post(asked))
      const counter = Metric.tagged(Metric.tagged(refused, "vendor", "platform"), "reason", "SIGNATURE")
      const count = Effect.map(Metric.value(counter), (state) => state.count)
      const before = await world.run(count)
      expect((await notify(payOrderNo, { "x-fake-secret": "bad" })).status).toBe(401)
      expect(order(await world.call("GET", `/v1/orders/${payOrderNo}`)).version).toBe(version)
      expect(await world.run(count)).toBe(before + 1)
    })

    it("knows no notifications of a vendor that is not configured: 404", async () => {
      const answer = await world.call("POST", "/notify/nobody", { body: "{}" })
      expect([answer.status, problem(answer).code]).toEqual([404, "VENDOR_UNKNOWN"])
    })

    it("closes an order, and refuses what its state does not allow: 409", async () => {
      const { payOrderNo } = order(await post(asked))
      const closed = await world.call("POST", `/v1/orders/${payOrderNo}/close`)
      expect([closed.status, order(closed).status]).toEqual([200, "CLOSED"])
      await world.run(world.fake.script("create", "reject"))
      const failed = order(await post(asked))
      const refused = await world.call("POST", `/v1/orders/${failed.payOrderNo}/close`)
      expect([refused.status, problem(refused).code]).toEqual([409, "NOT_ALLOWED"])
    })

    it("lists an app's own orders, page by page", async () => {
      const businessNo = "PAGES"
      for (let count = 0; count < 3; count++) await post({ ...asked, businessNo })
      const first = (await world.call("GET", `/v1/orders?businessNo=${businessNo}&limit=2`)).body as {
        items: ReadonlyArray<Shown>
        next: string
      }
      expect(first.items.length).toBe(2)
      const rest = (await world.call("GET", `/v1/orders?businessNo=${businessNo}&limit=2&cursor=${first.next}`))
        .body as { items: ReadonlyArray<Shown>; next: string | null }
      expect([rest.items.length, rest.next]).toEqual([1, null])
      const foreign = await world.call("GET", `/v1/orders?businessNo=${businessNo}`, {
        headers: { authorization: `Bearer ${world.keys.other}` }
      })
      expect(foreign.body).toEqual({ items: [], next: null })
    })

    it("shows nobody another app's order: 404 for reading, history and closing", async () => {
      const { payOrderNo } = order(await post(asked))
      const headers = { authorization: `Bearer ${world.keys.other}` }
      for (const [method, path] of [
        ["GET", ""],
        ["GET", "/history"],
        ["POST", "/close"]
      ] as const) {
        const answer = await world.call(method, `/v1/orders/${payOrderNo}${path}`, { headers })
        expect([answer.status, problem(answer).code]).toEqual([404, "ORDER_NOT_FOUND"])
      }
    })

    it.each([
      ["no key", ""],
      ["a key that is none", "Bearer nonsense"],
      ["an unknown key", `Bearer pp_live_${"a".repeat(12)}_${"A".repeat(43)}`],
      ["another scheme", "Basic cHA6cHA="]
    ])("refuses %s: 401", async (_, authorization) => {
      const answer = await world.call("GET", "/v1/orders", { headers: { authorization } })
      expect([answer.status, problem(answer).code]).toEqual([401, "UNAUTHORIZED"])
      expect(answer.headers.get("content-type")).toContain("application/problem+json")
      expect(answer.headers.get("www-authenticate")).toContain("Bearer")
    })

    it("refuses a right key with a wrong secret: 401", async () => {
      const authorization = `Bearer ${world.keys.shop.slice(0, -1)}${world.keys.shop.endsWith("A") ? "B" : "A"}`
      expect((await world.call("GET", "/v1/orders", { headers: { authorization } })).status).toBe(401)
    })

    it.each([
      ["", 400, "IDEMPOTENCY_KEY_MISSING"],
      ["has blank", 400, "IDEMPOTENCY_KEY_INVALID"],
      ["k".repeat(256), 400, "IDEMPOTENCY_KEY_INVALID"]
    ])("refuses the Idempotency-Key %j", async (key, status, code) => {
      const answer = await post(asked, { "idempotency-key": key })
      expect([answer.status, problem(answer).code]).toEqual([status, code])
    })

    it.each([
      ["not JSON", "{", 400, "BODY_NOT_JSON"],
      ["empty", "", 400, "BODY_NOT_JSON"],
      ["too large", JSON.stringify({ ...asked, description: "x".repeat(300_000) }), 413, "BODY_TOO_LARGE"]
    ])("refuses a body that is %s", async (_, body, status, code) => {
      const answer = await post(body)
      expect([answer.status, problem(answer).code]).toEqual([status, code])
    })

    it("refuses a body of another type: 415", async () => {
      const answer = await post(JSON.stringify(asked), { "content-type": "text/plain" })
      expect([answer.status, problem(answer).code]).toEqual([415, "CONTENT_TYPE_UNSUPPORTED"])
    })

    it("lists every fault of a body at once, each by its JSON Pointer, and writes nothing", async () => {
      const answer = await post(
        {
          vendor: "Platform!",
          amount: { value: "1e3", currency: "CNX" },
          method: "CASH",
          source: "WEB",
          expiresIn: 5,
          extra: 1
        },
        { "idempotency-key": "faulty" }
      )
      expect(answer.status).toBe(422)
      expect(problem(answer).errors?.map(({ pointer }) => pointer)).toEqual([
        "/amount/currency",
        "/amount/value",
        "/description",
        "/expiresIn",
        "/extra",
        "/method",
        "/vendor"
      ])
      expect((await post(asked, { "idempotency-key": "faulty" })).status, "the key is still free").toBe(201)
    })

    it.each(["-1", "0", "1e3", "1.234", "", " 1", "1,00", "NaN"])("refuses the amount %j for CNY", async (value) => {
      const answer = await post({ ...asked, amount: { value, currency: "CNY" } })
      expect([answer.status, problem(answer).errors?.[0]?.pointer]).toEqual([422, "/amount/value"])
    })

    it("F59 keeps whatever text an order has as it was sent, or refuses it by its name", async () => {
      let [kept, refusals] = [0, 0]
      const told = FastCheck.record({ field: FastCheck.constantFrom("note", "noted", "businessNo"), text: anyText })
      await FastCheck.assert(
        FastCheck.asyncProperty(told, async ({ field, text }) => {
          const notes = { note: { [text]: "a" }, noted: { note: text }, businessNo: {} }[field]
          const businessNo = field === "businessNo" ? text : asked.businessNo
          const body = { ...asked, businessNo, metadata: { policy: "0001", ...notes } }
          const answer = await post(body)
          if (answer.status === 201) {
            kept += 1
            const read = await world.call("GET", `/v1/orders/${order(answer).payOrderNo}`)
            expect(read.body).toMatchObject({ businessNo })
            expect((read.body as { metadata: object }).metadata).toEqual(body.metadata)
            return
          }
          refusals += 1
          expect([answer.status, problem(answer).code]).toEqual([422, "BODY_INVALID"])
          const pointer = field === "businessNo" ? "/businessNo" : "/metadata"
          expect(problem(answer).errors?.every((fault) => fault.pointer.startsWith(pointer))).toBe(true)
        }),
        { numRuns: 150 }
      )
      expect([kept, refusals].every((count) => count > 10)).toBe(true)
    })

    it("refuses decimals of a currency that has none", async () => {
      const answer = await post({ ...asked, amount: { value: "1.5", currency: "JPY" } })
      expect(problem(answer).errors?.[0]).toMatchObject({ pointer: "/amount/value", code: "AMOUNT_INVALID" })
    })

    it("names a vendor that is not configured", async () => {
      const answer = await post({ ...asked, vendor: "nobody" })
      expect([answer.status, problem(answer).errors?.[0]]).toMatchObject([
        422,
        { pointer: "/vendor", code: "VENDOR_UNKNOWN" }
      ])
    })

    it("names the faults of parameters: 400", async () => {
      const answer = await world.call("GET", "/v1/orders?limit=1000&status=PAID")
      expect([answer.status, problem(answer).code]).toEqual([400, "PARAMETER_INVALID"])
    })

    it("answers addresses that are none with a problem: 404", async () => {
      const answer = await world.call("GET", "/v2/orders")
      expect([answer.status, problem(answer).code]).toEqual([404, "NOT_FOUND"])
    })

    it("is alive and ready, and documents itself", async () => {
      expect((await world.call("GET", "/healthz")).body).toEqual({ status: "alive" })
      expect((await world.call("GET", "/readyz")).body).toEqual({
        status: "ready",
        configuration: { loadedAt: expect.any(String), refused: null }
      })
      const { body } = await world.call("GET", "/openapi.json")
      expect(Object.keys((body as { paths: object }).paths)).toContain("/v1/orders/{payOrderNo}/history")
      expect((await world.call("GET", "/docs")).body).toContain("Payment Proxy")
    })

    it("counts, for Prometheus: without a key, in its text format, each line well-formed", async () => {
      await post(asked)
      await notify("x".repeat(29), { "x-fake-secret": "forged" })
      const response = await fetch(`${world.url}/metrics`)
      expect(response.status).toBe(200)
      expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8")
      const text = await response.text()
      const value = (series: string) => Number(new RegExp(`^${series} (\\S+)$`, "m").exec(text)?.[1])
      expect(value('payment_proxy_order_moves_total\\{to="PENDING"\\}')).toBeGreaterThan(0)
      expect(
        value('payment_proxy_notifications_refused_total\\{reason="SIGNATURE",vendor="platform"\\}')
      ).toBeGreaterThan(0)
      expect(value('payment_proxy_vendor_call_seconds_count\\{call="create",vendor="platform"\\}')).toBeGreaterThan(0)
      expect(
        value('payment_proxy_vendor_call_failures_total\\{kind="in_doubt",vendor="platform"\\}')
      ).toBeGreaterThanOrEqual(0)
      expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e6)
      expect(value("process_cpu_seconds_total")).toBeGreaterThan(0)
      expect(value("nodejs_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0)
      const comment = /^# (?:HELP [a-zA-Z_:][\w:]* .+|TYPE [a-zA-Z_:][\w:]* (?:counter|gauge|histogram|summary))$/
      const sample =
        /^[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (?:-?[\d.]+(?:e[+-]?\d+)?|[+-]Inf|NaN)$/
      expect(text.endsWith("\n")).toBe(true)
      for (const line of text.trimEnd().split("\n")) expect(line).toMatch(line.startsWith("#") ? comment : sample)
      const types = text.match(/^# TYPE \S+/gm) ?? []
      expect(types, "each family is there once, in order").toEqual([...new Set(types)].sort())
    })
  })

const folder = mkdtempSync(join(tmpdir(), "payment-proxy-gateway-"))

suite(
  "fakes",
  () => Memory.layer,
  () => {}
)
suite(
  "SQLite",
  () => Sqlite.layer({ filename: join(folder, "test.db") }),
  () => rmSync(folder, { recursive: true, force: true })
)
