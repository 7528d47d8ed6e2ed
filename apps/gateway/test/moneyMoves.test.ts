import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { FakeVendors, Memory } from "@payment-proxy/testkit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { follow } from "./stream.ts"
import type { Answer, Stores, World } from "./world.ts"
import { open } from "./world.ts"

interface Amount {
  readonly value: string
  readonly currency: string
}
interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly inDoubt: boolean
  readonly version: number
  readonly captured: Amount
  readonly refunded: Amount
}
interface Refund {
  readonly refundNo: string
  readonly payOrderNo: string
  readonly status: string
  readonly inDoubt: boolean
  readonly version: number
  readonly amount: Amount
  readonly reason: string | null
  readonly failure: { readonly code: string } | null
}
interface Problem {
  readonly code: string
  readonly errors?: ReadonlyArray<{ readonly pointer: string; readonly code: string }>
}

const cny = (value: string): Amount => ({ value, currency: "CNY" })
const asked = {
  vendor: "platform",
  amount: cny("100.00"),
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days"
}

const order = ({ body }: Answer) => body as Shown
const refundIn = ({ body }: Answer) => body as Refund
const problem = ({ body }: Answer) => body as Problem
const said = (answer: Answer) => [answer.status, problem(answer).code]
let serial = 0

const place = async (world: World, more: object = {}): Promise<string> => {
  serial += 1
  const headers = { "idempotency-key": `money-${serial}` }
  return order(await world.call("POST", "/v1/orders", { headers, body: JSON.stringify({ ...asked, ...more }) }))
    .payOrderNo
}

const notify = (world: World, payOrderNo: string, kind: "paid" | "authorized") => {
  const { headers, body } = FakeVendors.notification(payOrderNo, kind)
  const signed = { "x-fake-secret": headers["x-fake-secret"] ?? "" }
  return world.call("POST", "/notify/platform", { headers: signed, body: new Uint8Array(body) })
}

const waited = async (world: World, payOrderNo: string, status: string): Promise<Shown> => {
  for (let version = 0; ; ) {
    const now = order(await world.call("GET", `/v1/orders/${payOrderNo}?wait=10&version=${version}`))
    if (now.status === status) return now
    expect(now.version, `waiting for ${status} in ${now.status}`).toBeGreaterThan(version)
    version = now.version
  }
}

const paid = async (world: World): Promise<string> => {
  const payOrderNo = await place(world)
  await world.run(world.fake.pay(payOrderNo))
  await notify(world, payOrderNo, "paid")
  await waited(world, payOrderNo, "SUCCEEDED")
  return payOrderNo
}

const authorized = async (world: World): Promise<string> => {
  const payOrderNo = await place(world, { capture: "manual" })
  await world.run(world.fake.authorize(payOrderNo))
  await notify(world, payOrderNo, "authorized")
  await waited(world, payOrderNo, "AUTHORIZED")
  return payOrderNo
}

const refund = (world: World, payOrderNo: string, body: unknown, headers: Record<string, string> = {}) => {
  serial += 1
  return world.call("POST", `/v1/orders/${payOrderNo}/refunds`, {
    headers: { "idempotency-key": `refund-${serial}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
  })
}

const suite = (name: string, stores: () => Stores) =>
  describe(`money that moves after a payment, on ${name}`, () => {
    let world: World
    beforeAll(async () => {
      world = await open(stores())
    }, 20_000)
    afterAll(() => world?.close())

    it("refunds a part, with a number and a reason of its own: 201", async () => {
      const payOrderNo = await paid(world)
      const answer = await refund(world, payOrderNo, { amount: cny("40.00"), reason: "A day less" })
      expect(answer.status).toBe(201)
      expect(refundIn(answer)).toMatchObject({
        refundNo: `${payOrderNo}R1`,
        payOrderNo,
        inDoubt: false,
        amount: cny("40.00"),
        reason: "A day less"
      })
      expect(await waited(world, payOrderNo, "PARTIALLY_REFUNDED")).toMatchObject({
        captured: cny("100.00"),
        refunded: cny("40.00")
      })
    })

    it("refunds what is left where no amount is said, with or without a body", async () => {
      const payOrderNo = await paid(world)
      await refund(world, payOrderNo, { amount: cny("40.00") })
      expect(refundIn(await refund(world, payOrderNo, {})).amount).toEqual(cny("60.00"))
      expect((await waited(world, payOrderNo, "REFUNDED")).refunded).toEqual(cny("100.00"))
      const other = await paid(world)
      expect(refundIn(await refund(world, other, undefined)).amount).toEqual(cny("100.00"))
    })

    it("answers a repeat with the same refund, and refuses its key for another: 200, 422", async () => {
      const payOrderNo = await paid(world)
      const key = { "idempotency-key": "once" }
      const first = await refund(world, payOrderNo, { amount: cny("1.00"), reason: "a" }, key)
      const again = await refund(
        world,
        payOrderNo,
        { reason: "a", amount: cny("1.00") },
        { "idempotency-key": '"once"' }
      )
      expect([first.status, again.status, refundIn(again).refundNo]).toEqual([201, 200, refundIn(first).refundNo])
      expect(said(await refund(world, payOrderNo, { amount: cny("2.00") }, key))).toEqual([
        422,
        "IDEMPOTENCY_KEY_REUSED"
      ])
    })

    it("answers 202 while a refund is in doubt, also to a repeat, and it is not counted twice", async () => {
      const payOrderNo = await paid(world)
      await world.run(world.fake.script("refund", "dropAfter"))
      const key = { "idempotency-key": "doubtful" }
      const first = await refund(world, payOrderNo, { amount: cny("60.00") }, key)
      const again = await refund(world, payOrderNo, { amount: cny("60.00") }, key)
      expect([first.status, refundIn(first).status, refundIn(first).inDoubt]).toEqual([202, "SUBMITTING", true])
      expect(refundIn(again).refundNo).toBe(refundIn(first).refundNo)
      expect(said(await refund(world, payOrderNo, { amount: cny("60.00") }))).toEqual([422, "AMOUNT_INVALID"])
      await refund(world, payOrderNo, { amount: cny("40.00") })
      expect(said(await refund(world, payOrderNo, {}))).toEqual([422, "NOTHING_REFUNDABLE"])
    })

    it("answers 201 with status FAILED after the vendor's definite refusal, and the money may be refunded again", async () => {
      const payOrderNo = await paid(world)
      await world.run(world.fake.script("refund", "reject"))
      const failed = await refund(world, payOrderNo, {})
      expect([failed.status, refundIn(failed).status, refundIn(failed).failure?.code]).toEqual([
        201,
        "FAILED",
        "DECLINED"
      ])
      expect(refundIn(await refund(world, payOrderNo, {}))).toMatchObject({
        refundNo: `${payOrderNo}R2`,
        amount: cny("100.00")
      })
    })

    it("refuses more than there is, another currency, and what is refunded already: 422", async () => {
      const payOrderNo = await paid(world)
      const more = await refund(world, payOrderNo, { amount: cny("100.01") })
      expect([...said(more), problem(more).errors?.[0]?.pointer]).toEqual([422, "AMOUNT_INVALID", "/amount/value"])
      expect(said(await refund(world, payOrderNo, { amount: { value: "1.00", currency: "EUR" } }))).toEqual([
        422,
        "AMOUNT_INVALID"
      ])
      await refund(world, payOrderNo, {})
      await waited(world, payOrderNo, "REFUNDED")
      expect(said(await refund(world, payOrderNo, {}))).toEqual([409, "NOT_ALLOWED"])
    })

    it("refuses to refund what is not paid: 409", async () => {
      expect(said(await refund(world, await place(world), {}))).toEqual([409, "NOT_ALLOWED"])
    })

    it.each([
      ["an amount of nothing", { amount: cny("0") }, 422, "BODY_INVALID"],
      ["too many decimals", { amount: cny("1.234") }, 422, "BODY_INVALID"],
      ["a number", { amount: 1 }, 422, "BODY_INVALID"],
      ["an unknown field", { amuont: cny("1") }, 422, "BODY_INVALID"],
      ["a field twice", '{"reason":"a","reason":"b"}', 422, "BODY_INVALID"],
      ["too many levels", `{"reason":${"[".repeat(40)}${"]".repeat(40)}}`, 400, "BODY_TOO_DEEP"],
      ["no JSON", "amount=1", 400, "BODY_NOT_JSON"]
    ])("takes neither a refund nor a capture of %s", async (_, body, status, code) => {
      const payOrderNo = await place(world)
      expect(said(await refund(world, payOrderNo, body))).toEqual([status, code])
      const text = typeof body === "string" ? body : JSON.stringify(body)
      expect(said(await world.call("POST", `/v1/orders/${payOrderNo}/capture`, { body: text }))).toEqual([status, code])
    })

    it.each([
      ["", "IDEMPOTENCY_KEY_MISSING"],
      ["has blank", "IDEMPOTENCY_KEY_INVALID"]
    ])("refuses the Idempotency-Key %j of a refund: 400", async (key, code) => {
      expect(said(await refund(world, await place(world), {}, { "idempotency-key": key }))).toEqual([400, code])
    })

    it("lists the refunds of an order, oldest first, and reads each of them", async () => {
      const payOrderNo = await paid(world)
      for (const value of ["1.00", "2.00"]) await refund(world, payOrderNo, { amount: cny(value) })
      const { items, next } = (await world.call("GET", `/v1/orders/${payOrderNo}/refunds`)).body as {
        readonly items: ReadonlyArray<Refund>
        readonly next: string | null
      }
      expect([items.map(({ refundNo }) => refundNo), next]).toEqual([[`${payOrderNo}R1`, `${payOrderNo}R2`], null])
      const read = await world.call("GET", `/v1/orders/${payOrderNo}/refunds/${payOrderNo}R2`)
      expect([read.status, refundIn(read).amount]).toEqual([200, cny("2.00")])
      const other = await paid(world)
      for (const refundNo of [`${payOrderNo}R3`, `${other}R1`, "nonsense"])
        expect(said(await world.call("GET", `/v1/orders/${payOrderNo}/refunds/${refundNo}`))).toEqual([
          404,
          "REFUND_NOT_FOUND"
        ])
    })

    it("a reader who waits for a refund is answered as soon as it changes, and its order's stream tells of it", async () => {
      const payOrderNo = await paid(world)
      await world.run(world.fake.script("refund", "pending"))
      const authorization = `Bearer ${world.keys.shop}`
      const stream = await follow(`${world.url}/v1/orders/${payOrderNo}/events`, { authorization })
      await stream.until(3)
      const { refundNo, version, status } = refundIn(await refund(world, payOrderNo, {}))
      expect(status).toBe("PENDING")
      const reading = world.call("GET", `/v1/orders/${payOrderNo}/refunds/${refundNo}?wait=20&version=${version}`)
      await world.run(world.fake.settleRefund(refundNo, "succeeded"))
      await world.call("POST", `/v1/orders/${payOrderNo}/sync`)
      expect(refundIn(await reading).status).toBe("SUCCEEDED")
      const told = (await stream.until(8)).slice(3).map(({ event }) => event)
      expect(told.toSorted()).toEqual([
        "order.refunded",
        "order.succeeded",
        "refund.pending",
        "refund.submitting",
        "refund.succeeded"
      ])
      stream.leave()
    })

    it("captures all of an authorized order, with or without a body", async () => {
      const payOrderNo = await authorized(world)
      const captured = await world.call("POST", `/v1/orders/${payOrderNo}/capture`)
      expect([captured.status, order(captured).status, order(captured).captured]).toEqual([
        200,
        "SUCCEEDED",
        cny("100.00")
      ])
      expect(said(await world.call("POST", `/v1/orders/${payOrderNo}/capture`, { body: "{}" }))).toEqual([
        409,
        "NOT_ALLOWED"
      ])
    })

    it("captures a part, and no more than is held", async () => {
      const payOrderNo = await authorized(world)
      const path = `/v1/orders/${payOrderNo}/capture`
      const more = await world.call("POST", path, { body: JSON.stringify({ amount: cny("100.01") }) })
      expect(said(more)).toEqual([422, "AMOUNT_INVALID"])
      const part = await world.call("POST", path, { body: JSON.stringify({ amount: cny("30.00") }) })
      expect([part.status, order(part).status, order(part).captured]).toEqual([200, "SUCCEEDED", cny("30.00")])
    })

    it("answers 202 while a capture is in doubt, and refuses another one meanwhile: 409", async () => {
      const payOrderNo = await authorized(world)
      await world.run(world.fake.script("capture", "dropAfter"))
      const path = `/v1/orders/${payOrderNo}/capture`
      const doubtful = await world.call("POST", path)
      expect([doubtful.status, order(doubtful).status, order(doubtful).inDoubt]).toEqual([202, "AUTHORIZED", true])
      expect(said(await world.call("POST", path))).toEqual([409, "OPERATION_OPEN"])
    })

    it("refuses to capture what is not authorized: 409", async () => {
      expect(said(await world.call("POST", `/v1/orders/${await place(world)}/capture`))).toEqual([409, "NOT_ALLOWED"])
    })

    it("asks the vendor at once on request", async () => {
      const payOrderNo = await place(world)
      await world.run(world.fake.pay(payOrderNo))
      const synced = await world.call("POST", `/v1/orders/${payOrderNo}/sync`)
      expect([synced.status, order(synced).status]).toEqual([200, "SUCCEEDED"])
    })

    it("shows nobody another app's order: 404 for every call", async () => {
      const payOrderNo = await paid(world)
      await refund(world, payOrderNo, { amount: cny("1.00") })
      const headers = { authorization: `Bearer ${world.keys.other}`, "idempotency-key": "foreign" }
      for (const [method, path] of [
        ["POST", "/capture"],
        ["POST", "/sync"],
        ["POST", "/refunds"],
        ["GET", "/refunds"],
        ["GET", `/refunds/${payOrderNo}R1`]
      ] as const) {
        const answer = await world.call(method, `/v1/orders/${payOrderNo}${path}`, { headers })
        expect(said(answer), path).toEqual([404, "ORDER_NOT_FOUND"])
      }
    })

    it.each(["/capture", "/sync", "/refunds"])("POST …%s wants a key: 401", async (path) => {
      const headers = { authorization: "", "idempotency-key": "nobody" }
      const answer = await world.call("POST", `/v1/orders/${await place(world)}${path}`, { headers })
      expect(said(answer)).toEqual([401, "UNAUTHORIZED"])
    })
  })

const folder = mkdtempSync(join(tmpdir(), "payment-proxy-money-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

suite("fakes", () => Memory.layer)
suite("SQLite", () => Sqlite.layer({ filename: join(folder, "test.db") }))
