import { Webhook } from "standardwebhooks"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import type { Payment } from "../src/Payments.ts"
import type { Refund } from "../src/Refunds.ts"
import type { StatementLine } from "../src/Statements.ts"
import type { World } from "./world.ts"
import { merchant, open, webhookSecret } from "./world.ts"

let sandbox: World
beforeAll(async () => {
  sandbox = await open()
})
afterEach(() => sandbox.faults())
afterAll(async () => {
  await sandbox.close()
  sandbox.sweep()
})

let serial = 0
const freshNo = () => {
  serial += 1
  return `REFUND-${serial}`
}

const paid = async (changes: object = {}, world = sandbox) => {
  const payment = await world.created({ merchant_payment_no: `PAID-${freshNo()}`, ...changes })
  await world.call("POST", `/_payments/${payment.id}/pay`)
  return payment
}
const refund = (number: string, body: object | string, world = sandbox, headers: Record<string, string> = {}) =>
  world.call("POST", `/payments/by-merchant-no/${number}/refunds`, body, headers)
const refunded = async (number: string) =>
  ((await sandbox.call("GET", `/payments/by-merchant-no/${number}`)).json as Payment).refunded
const said = ({ status, json }: { readonly status: number; readonly json: unknown }) => [
  status,
  (json as { readonly error?: string; readonly status?: string }).error ?? (json as Refund).status
]
const settle = (number: string, body: object = {}) => sandbox.call("POST", `/_payments/${number}/settle`, body)

describe("refunds", () => {
  it("send parts of a payment back, until nothing is left of it", async () => {
    const { id, merchant_payment_no } = await paid()
    const [one, two, three] = [freshNo(), freshNo(), freshNo()]
    const first = await refund(merchant_payment_no, { merchant_refund_no: one, amount: 34, reason: "returned" })
    expect(first.status).toBe(201)
    expect(first.json).toMatchObject({
      id: expect.stringMatching(/^ref_/),
      merchant_refund_no: one,
      payment_id: id,
      merchant_payment_no,
      amount: 34,
      currency: "CNY",
      status: "SUCCEEDED",
      reason: "returned"
    })
    expect(await refunded(merchant_payment_no)).toBe(34)
    const tooMuch = await refund(merchant_payment_no, { merchant_refund_no: two, amount: 1201 })
    expect(said(tooMuch)).toEqual([422, "refund_exceeds"])
    const rest = await sandbox.call("POST", `/payments/${id}/refunds`, { merchant_refund_no: two, amount: 1200 })
    expect(said(rest)).toEqual([201, "SUCCEEDED"])
    expect(await refunded(merchant_payment_no)).toBe(1234)
    expect(said(await refund(merchant_payment_no, { merchant_refund_no: three, amount: 1 }))).toEqual([
      422,
      "refund_exceeds"
    ])
  })

  it("are one for a number and body, whatever is sent again; another body or payment is refused", async () => {
    const [payment, other] = [await paid(), await paid()]
    const body = { merchant_refund_no: freshNo(), amount: 34 }
    const first = await refund(payment.merchant_payment_no, body)
    const again = await refund(payment.merchant_payment_no, body)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.json).toEqual(first.json)
    for (const [number, changed] of [
      [payment.merchant_payment_no, { ...body, amount: 35 }],
      [other.merchant_payment_no, body]
    ] as const)
      expect(said(await refund(number, changed))).toEqual([422, "number_reused"])
    expect([await refunded(payment.merchant_payment_no), await refunded(other.merchant_payment_no)]).toEqual([34, 0])
  })

  it("of what was not paid, or is not there, are refused", async () => {
    const { merchant_payment_no } = await sandbox.created()
    const body = { merchant_refund_no: freshNo(), amount: 1 }
    expect(said(await refund(merchant_payment_no, body))).toEqual([409, "payment_pending"])
    expect(said(await refund("NOTHING", body))).toEqual([404, "not_found"])
    expect((await sandbox.call("GET", `/refunds/by-merchant-no/${body.merchant_refund_no}`)).status).toBe(404)
  })

  it.each([
    ["an amount with a point", { amount: 1.5 }],
    ["no amount", { amount: 0 }],
    ["a number that is too short", { merchant_refund_no: "1" }],
    ["a reason that is none", { reason: 7 }],
    ["an address to notify that is none", { notify_url: "ftp://x" }]
  ])("with %s are refused", async (_, changes) => {
    const { merchant_payment_no } = await paid()
    const body = { merchant_refund_no: freshNo(), amount: 1, ...changes }
    expect(said(await refund(merchant_payment_no, body))).toEqual([422, "invalid"])
  })

  it("need an Idempotency-Key, JSON, and a token", async () => {
    const { merchant_payment_no } = await paid()
    expect((await refund(merchant_payment_no, {}, sandbox, { "idempotency-key": "" })).status).toBe(400)
    expect((await refund(merchant_payment_no, "{")).status).toBe(400)
    expect((await refund(merchant_payment_no, {}, sandbox, { authorization: "" })).status).toBe(401)
  })

  it("are found by either number", async () => {
    const { merchant_payment_no } = await paid()
    const { json } = await refund(merchant_payment_no, { merchant_refund_no: freshNo(), amount: 34 })
    const { id, merchant_refund_no } = json as Refund
    for (const path of [id, merchant_refund_no, `by-merchant-no/${merchant_refund_no}`])
      expect((await sandbox.call("GET", `/refunds/${path}`)).json).toEqual(json)
    expect((await sandbox.call("GET", "/refunds/by-merchant-no/NOTHING")).status).toBe(404)
  })

  it("that a fault leaves on their way count against what is left, and end at the desk, well or not", async () => {
    const { merchant_payment_no: number } = await paid()
    await sandbox.faults({ on: "refund", fault: "refund-pending", number, times: 2 })
    const [one, two] = [freshNo(), freshNo()]
    expect(said(await refund(number, { merchant_refund_no: one, amount: 1000 }))).toEqual([201, "PENDING"])
    expect(said(await refund(number, { merchant_refund_no: two, amount: 234 }))).toEqual([201, "PENDING"])
    expect(await refunded(number)).toBe(0)
    expect(said(await refund(number, { merchant_refund_no: freshNo(), amount: 1 }))).toEqual([422, "refund_exceeds"])
    expect((await settle(number, { refund: one, failed: true })).status).toBe(200)
    expect((await settle(number)).json).toMatchObject({ refunded: 234 })
    expect(said(await settle(number))).toEqual([409, "not_possible"])
    const ends = [one, two].map(async (no) => said(await sandbox.call("GET", `/refunds/${no}`)))
    expect(await Promise.all(ends)).toEqual([
      [200, "FAILED"],
      [200, "SUCCEEDED"]
    ])
    expect(said(await refund(number, { merchant_refund_no: freshNo(), amount: 1000 }))).toEqual([201, "SUCCEEDED"])
  })

  it("at the desk take of what is left, and have no number of the merchant's", async () => {
    const { merchant_payment_no: number } = await paid()
    await refund(number, { merchant_refund_no: freshNo(), amount: 1000 })
    expect((await sandbox.call("POST", `/_payments/${number}/refund`, { amountMinor: 235 })).status).toBe(409)
    expect((await sandbox.call("POST", `/_payments/${number}/refund`)).json).toMatchObject({ refunded: 1234 })
    const { refunds } = await sandbox.ledger()
    const own = refunds.filter(({ merchant_payment_no }) => merchant_payment_no === number)
    expect(own.map(({ merchant_refund_no, amount }) => [merchant_refund_no !== null, amount])).toEqual([
      [true, 1000],
      [false, 234]
    ])
  })

  it.each([
    ["drop-after-accept", "no answer", 34],
    ["drop-before-accept", "no answer", 0],
    ["error-after-accept", 500, 34],
    ["reject", 422, 0],
    ["not-found", 404, 0],
    ["throttle", 429, 0]
  ] as const)("with the fault %s are answered %s, and %i goes back", async (fault, answer, back) => {
    const { merchant_payment_no: number } = await paid()
    await sandbox.faults({ on: "refund", fault, number, times: 1 })
    const got = await refund(number, { merchant_refund_no: freshNo(), amount: 34 }).then(
      ({ status }) => status,
      () => "no answer"
    )
    expect([got, await refunded(number)]).toEqual([answer, back])
  })

  it("are asked about with faults that name their payment", async () => {
    const { merchant_payment_no: number } = await paid()
    const no = freshNo()
    await refund(number, { merchant_refund_no: no, amount: 34 })
    await sandbox.faults({ on: "query-refund", fault: "wrong-amount", number, times: 1 })
    expect((await sandbox.call("GET", `/refunds/by-merchant-no/${no}`)).json).toMatchObject({ amount: 35 })
    expect((await sandbox.call("GET", `/refunds/by-merchant-no/${no}`)).json).toMatchObject({ amount: 34 })
  })

  it("that went through are told where they say, else where the payment's create said", async () => {
    const [ours, theirs] = [await merchant(), await merchant()]
    const { merchant_payment_no: number } = await paid({ notify_url: ours.url })
    const told = (got: ReadonlyArray<{ readonly headers: unknown; readonly body: string }>) =>
      got
        .map(({ headers, body }) => new Webhook(webhookSecret).verify(body, headers as Record<string, string>))
        .map((one) => one as { readonly type: string; readonly data: Payment })
        .filter(({ type }) => type === "payment.refunded")
        .map(({ data }) => [data.merchant_payment_no, data.refunded])
    await refund(number, { merchant_refund_no: freshNo(), amount: 34, notify_url: theirs.url })
    await vi.waitFor(() => expect(told(theirs.got)).toEqual([[number, 34]]), { timeout: 3000, interval: 5 })
    expect(told(ours.got)).toEqual([])
    await refund(number, { merchant_refund_no: freshNo(), amount: 6 })
    await vi.waitFor(() => expect(told(ours.got)).toEqual([[number, 40]]), { timeout: 3000, interval: 5 })
    ours.close()
    theirs.close()
  })

  it("are there again after a restart, as they were", async () => {
    const first = await open()
    const { merchant_payment_no: number } = await paid({}, first)
    await first.faults({ on: "refund", fault: "refund-pending", number, times: 1 })
    const body = { merchant_refund_no: freshNo(), amount: 34 }
    const { json } = await refund(number, body, first)
    await first.call("POST", `/_payments/${number}/refund`, { amountMinor: 200 })
    await first.close()
    const second = await open({ folder: first.folder })
    const again = await refund(number, body, second)
    expect([again.status, again.json]).toEqual([200, json])
    expect((await second.call("POST", `/_payments/${number}/settle`)).json).toMatchObject({ refunded: 234 })
    expect((await second.ledger()).refunds.length).toBe(2)
    await second.close()
    second.sweep()
  })
})

describe("statements", () => {
  let world: World
  beforeAll(async () => {
    world = await open()
    await world.call("POST", "/_clock", { now: "2030-05-01T23:00:00Z" })
  })
  afterAll(async () => {
    await world.close()
    world.sweep()
  })

  const page = async (query: string) => {
    const { status, headers, text } = await world.call("GET", `/statements?${query}`)
    const lines = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as StatementLine)
    return { status, type: headers.get("content-type"), next: headers.get("next-cursor"), lines }
  }
  const summary = (lines: ReadonlyArray<StatementLine>) => lines.map(({ type, amount }) => [type, amount])

  it("have what was paid and went back, each on its day of UTC; of today what there is so far", async () => {
    expect(await page("date=2030-05-01")).toMatchObject({ status: 200, type: "application/x-ndjson", lines: [] })
    const payment = await paid({}, world)
    await world.created({})
    const no = freshNo()
    await refund(payment.merchant_payment_no, { merchant_refund_no: no, amount: 34 }, world)
    const today = await page("date=2030-05-01&cursor=")
    expect(summary(today.lines)).toEqual([
      ["payment", 1234],
      ["refund", 34]
    ])
    expect(today.lines[1]).toMatchObject({
      payment_id: payment.id,
      merchant_payment_no: payment.merchant_payment_no,
      merchant_refund_no: no,
      refund_id: expect.stringMatching(/^ref_/),
      currency: "CNY",
      status: "SUCCEEDED",
      fee: "0.00",
      at: expect.stringMatching(/^2030-05-01T23:/)
    })
    await world.faults({ on: "refund", fault: "refund-pending", times: 1 })
    await refund(payment.merchant_payment_no, { merchant_refund_no: freshNo(), amount: 100 }, world)
    await world.call("POST", "/_clock", { advanceMillis: 3_600_000 })
    await world.call("POST", `/_payments/${payment.id}/settle`)
    await world.call("POST", `/_payments/${payment.id}/refund`, { amountMinor: 7 })
    expect(summary((await page("date=2030-05-01")).lines)).toEqual(summary(today.lines))
    expect(summary((await page("date=2030-05-02")).lines)).toEqual([
      ["refund", 100],
      ["refund", 7]
    ])
  })

  it("of a day that has not begun are not ready; what is no day, or no cursor, is refused", async () => {
    expect(said(await world.call("GET", "/statements?date=2030-05-03"))).toEqual([404, "not_ready"])
    for (const query of ["date=2030-02-30", "date=yesterday", "", "date=2030-05-01&cursor=x"])
      expect(said(await world.call("GET", `/statements?${query}`))).toEqual([422, "invalid"])
    expect((await world.call("GET", "/statements?date=2030-05-01", undefined, { authorization: "" })).status).toBe(401)
  })

  it("that are long come in pages", async () => {
    await world.call("POST", "/_clock", { now: "2030-06-01T12:00:00Z" })
    const { merchant_payment_no: number } = await paid({ amount: 5000 }, world)
    for (let count = 0; count < 1001; count++)
      await world.call("POST", `/_payments/${number}/refund`, { amountMinor: 1 })
    const first = await page("date=2030-06-01")
    expect([first.lines.length, first.next]).toEqual([1000, "1000"])
    const second = await page(`date=2030-06-01&cursor=${first.next}`)
    expect([second.lines.length, second.next]).toEqual([2, null])
  })

  it("can fail as a fault wants", async () => {
    await world.faults({ on: "bill", fault: "not-found", times: 1 })
    expect((await world.call("GET", "/statements?date=2030-05-01")).status).toBe(404)
    expect((await world.call("GET", "/statements?date=2030-05-01")).status).toBe(200)
  })
})
