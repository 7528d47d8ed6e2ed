import { Deeds, VendorAnswers } from "@payment-proxy/ports"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type Console, open } from "./console.ts"

let world: Console
type Browser = Awaited<ReturnType<Console["session"]>>
let viewer: Browser
let operator: Browser
let another: Browser
let administrator: Browser
beforeAll(async () => {
  world = await open({ secondPerson: { refundsAboveMinor: () => 1000n, apps: true } })
  viewer = await world.session("the viewer")
  operator = await world.session("the operator")
  another = await world.session("another operator")
  administrator = await world.session("the administrator")
})
afterAll(() => world.close())

const reason = "a customer called"
const detail = async (browser: Browser, number: string) => (await browser.get(`/admin/orders/${number}`)).body

/** An order that its payer has paid. */
const paid = async (changes: Parameters<Console["order"]>[0] = {}) => {
  const order = await world.order(changes)
  await world.run(world.fake.pay(order.merchantOrderNo))
  const { body } = await operator.post(`/admin/orders/${order.payOrderNo}/sync`, { reason })
  expect(body.status).toBe("SUCCEEDED")
  return order.payOrderNo
}

const deedsOf = (subject: string) =>
  world.run(Effect.flatMap(Deeds, (store) => store.search({ operator: null, subject, after: null, limit: 20 })))

describe("an order", () => {
  it("is found by its number and by those of others, with all that is known of it", async () => {
    const { payOrderNo } = await world.order({ businessNo: "policy-1" })
    for (const number of [payOrderNo, "policy-1"]) {
      const { body } = await viewer.get(`/admin/orders?number=${number}`)
      expect(body).toMatchObject({ items: [{ payOrderNo, app: "shop", businessNo: "policy-1" }], next: null })
    }
    const all = await detail(viewer, payOrderNo)
    expect(all).toMatchObject({
      order: { payOrderNo, status: "PENDING", heldReason: null },
      history: [{ version: 1, number: payOrderNo }, { version: 2 }],
      refunds: [],
      answers: [],
      proposals: [],
      refundable: null,
      capturable: null,
      dueAt: expect.stringMatching(/^\d{4}-.*Z$/)
    })
    expect(await viewer.get("/admin/orders/0000")).toMatchObject({ status: 404, body: { code: "ORDER_NOT_FOUND" } })
  })

  it("offers what the machine allows, the vendor can do and the role may: to a viewer nothing", async () => {
    const { payOrderNo } = await world.order()
    expect((await detail(viewer, payOrderNo)).allowed).toEqual([])
    expect((await detail(operator, payOrderNo)).allowed).toEqual(["sync", "close"])
    const ended = await paid()
    expect(await detail(operator, ended)).toMatchObject({
      allowed: ["sync", "refund"],
      refundable: "12.34",
      refundableAlone: "10.00"
    })
  })

  it("is closed with a name and a reason, in its history and on record", async () => {
    const { payOrderNo } = await world.order()
    const { status, body } = await operator.post(`/admin/orders/${payOrderNo}/close`, { reason })
    expect([status, body.status]).toEqual([200, "CLOSED"])
    const { history } = await detail(viewer, payOrderNo)
    expect(JSON.stringify(history)).toContain(JSON.stringify(`By "the operator": "${reason}"`).slice(1, -1))
    expect(await deedsOf(payOrderNo)).toMatchObject([
      { operator: "the operator", action: "order.close", reason, outcome: "done", address: "127.0.0.1" }
    ])
  })

  it("is left alone where the machine refuses, which is on record, too", async () => {
    const { payOrderNo } = await world.order()
    const answer = await operator.post(`/admin/orders/${payOrderNo}/capture`, { reason })
    expect([answer.status, answer.body.code]).toEqual([409, "NOT_ALLOWED"])
    expect(await deedsOf(payOrderNo)).toMatchObject([{ action: "order.capture", outcome: "NOT_ALLOWED" }])
  })

  it.each([
    ["no reason", {}],
    ["an empty one", { reason: "" }],
    ["blanks", { reason: "  " }],
    ["a line break", { reason: "a\nb" }],
    ["too long a one", { reason: "x".repeat(501) }],
    ["more than is asked", { reason, state: "SUCCEEDED" }],
    ["no JSON", "reason"]
  ])("is not moved with %s", async (_, body) => {
    const { payOrderNo, version } = await world.order()
    const answer = await operator.post(`/admin/orders/${payOrderNo}/close`, body)
    expect([400, 422]).toContain(answer.status)
    expect((await detail(viewer, payOrderNo)).order.version).toBe(version)
  })

  it("is refunded once for one key", async () => {
    const payOrderNo = await paid()
    const ask = () =>
      operator.post(`/admin/orders/${payOrderNo}/refunds`, { reason, amount: "2.00" }, { "idempotency-key": "k-1" })
    const [one, again] = [await ask(), await ask()]
    expect(one.body).toMatchObject({ refund: { amount: { value: "2.00", currency: "CNY" }, reason }, proposal: null })
    expect(again.body.refund.refundNo).toBe(one.body.refund.refundNo)
    const found = await detail(viewer, one.body.refund.refundNo)
    expect(found.order.payOrderNo).toBe(payOrderNo)
    expect(found.refunds.length).toBe(1)
    expect(found.refundableAlone, "what he sent back alone counts together").toBe("8.00")
  })

  it.each([
    ["0.00", "more than nothing"],
    ["99.00", "what is there"],
    ["1.234", "the currency's decimals"]
  ])("is not refunded by %s: it is %s", async (amount) => {
    const payOrderNo = await paid()
    const { status } = await operator.post(
      `/admin/orders/${payOrderNo}/refunds`,
      { reason, amount },
      { "idempotency-key": "k" }
    )
    expect(status).toBe(422)
    expect((await detail(viewer, payOrderNo)).refunds).toEqual([])
  })

  it("is followed: each version is told as it comes", async () => {
    const { payOrderNo, version } = await world.order()
    const stream = await viewer.follow(`/admin/orders/${payOrderNo}/live`)
    await vi.waitFor(() => expect(stream.text()).toContain(`"version":${version}`))
    await operator.post(`/admin/orders/${payOrderNo}/close`, { reason })
    const { version: latest } = (await detail(viewer, payOrderNo)).order
    expect(latest).toBeGreaterThan(version)
    await vi.waitFor(() => expect(stream.text()).toContain(`{"number":"${payOrderNo}","version":${latest}}`))
    stream.leave()
  })
})

describe("what vendors said", () => {
  it("stands beside the version that came of it, and is left out where it is not understood", async () => {
    const { payOrderNo } = await world.order()
    const said = { call: "query", status: 200, millis: 12, raw: '{"status":"PENDING"}', traceId: null }
    const note = (answer: string) =>
      world.run(
        Effect.flatMap(VendorAnswers, (store) => store.note({ payOrderNo, atMillis: 9_999_999_999_999, answer }))
      )
    await note(JSON.stringify(said))
    expect((await detail(viewer, payOrderNo)).answers.at(-1)).toMatchObject({
      ...said,
      number: payOrderNo,
      version: null
    })
    await note("{")
    expect((await detail(viewer, payOrderNo)).answers).toEqual([])
  })
})

describe("F66 four eyes", () => {
  it("a refund above the limit is proposed; who proposed it cannot approve it, a second one can", async () => {
    const payOrderNo = await paid()
    const asked = await operator.post(
      `/admin/orders/${payOrderNo}/refunds`,
      { reason, amount: "12.00" },
      { "idempotency-key": "large" }
    )
    expect(asked.status).toBe(202)
    const { id, summary, mayApprove } = asked.body.proposal
    expect([summary, mayApprove]).toEqual([`Refund 12.00 CNY of ${payOrderNo}.`, false])
    expect((await detail(viewer, payOrderNo)).refunds).toEqual([])
    const own = await operator.post(`/admin/proposals/${id}/approve`, { note: "mine" })
    expect([own.status, own.body.code]).toEqual([403, "SECOND_PERSON_NEEDED"])
    expect((await viewer.post(`/admin/proposals/${id}/approve`, { note: "mine" })).body.code).toBe("ROLE_NEEDED")
    const listed = (await another.get("/admin/proposals")).body.items.find((one: { id: string }) => one.id === id)
    expect(listed.mayApprove).toBe(true)
    const approved = await another.post(`/admin/proposals/${id}/approve`, { note: "seen" })
    expect(approved.body).toMatchObject({ state: "approved", decidedBy: "another operator" })
    expect(await detail(viewer, payOrderNo)).toMatchObject({ refunds: [{ amount: { value: "12.00" } }] })
    expect(await deedsOf(id)).toMatchObject([
      { operator: "another operator", action: "proposal.approve", outcome: "done" },
      { operator: "the viewer", outcome: "ROLE_NEEDED" },
      { operator: "the operator", outcome: "SECOND_PERSON_NEEDED" }
    ])
  })

  it("a key is proposed, approved by an administrator, and shown once to who proposed it", async () => {
    const { body } = await administrator.post("/admin/apps/shop/changes", { type: "addKey", reason })
    expect(body).toMatchObject({ app: null, shown: null, proposal: { kind: "app", subject: "shop", isToTake: false } })
    const { id } = body.proposal
    expect((await another.post(`/admin/proposals/${id}/approve`, { note: "seen" })).body.code).toBe("ROLE_NEEDED")
    const second = await world.administrator("a second administrator")
    expect((await second.post(`/admin/proposals/${id}/approve`, { note: "seen" })).status).toBe(200)
    expect((await second.call("POST", `/admin/proposals/${id}/take`)).status).toBe(403)
    const taken = await administrator.call("POST", `/admin/proposals/${id}/take`)
    expect(taken.body).toMatchObject({ secret: expect.stringMatching(/^pp_live_/) })
    expect((await administrator.call("POST", `/admin/proposals/${id}/take`)).status).toBe(409)
  })
})

describe("F66 what people typed", () => {
  const script = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`

  it("comes back as text of JSON that no browser takes for a page", async () => {
    const { payOrderNo } = await world.order({ businessNo: "xss<svg/onload=alert(3)>", metadata: { note: script } })
    for (const path of [
      `/admin/orders/${payOrderNo}`,
      "/admin/orders?number=xss%3Csvg/onload=alert(3)%3E",
      `/admin/orders/%3Cscript%3E`
    ]) {
      const { headers, text } = await viewer.get(path)
      expect(headers["content-type"]).toMatch(/^application\/(?:problem\+)?json$/)
      expect(headers["x-content-type-options"]).toBe("nosniff")
      expect(() => JSON.parse(text)).not.toThrow()
    }
    expect((await detail(viewer, payOrderNo)).order.metadata.note).toBe(script)
    await operator.post(`/admin/orders/${payOrderNo}/close`, { reason: script })
    await administrator.post("/admin/apps", { id: "xss", name: script, reason: script })
    const { history } = await detail(viewer, payOrderNo)
    expect(history.some((entry: { detail: string | null }) => entry.detail?.includes(JSON.stringify(script)))).toBe(
      true
    )
    const { items } = (await administrator.get("/admin/trail?subject=xss")).body
    expect(items[0].reason).toBe(script)
    const apps = (await viewer.get("/admin/apps")).body
    expect(apps.find((one: { id: string }) => one.id === "xss").name).toBe(script)
  })

  it("is no formula in an export, which is a file and on record", async () => {
    await world.order({ businessNo: "=cmd|'/C calc'!A0" })
    await world.order({ businessNo: "@SUM(1,2)" })
    const { headers, text } = await viewer.get("/admin/orders.csv?status=PENDING")
    expect(headers).toMatchObject({
      "content-type": expect.stringContaining("text/csv"),
      "content-disposition": 'attachment; filename="orders.csv"',
      "x-content-type-options": "nosniff"
    })
    expect(text).toContain(",'=cmd|'/C calc'!A0,")
    expect(text).toContain(`,"'@SUM(1,2)",`)
    for (const line of text.trimEnd().split("\r\n")) expect(line).not.toMatch(/(?:^|,)"?[=@+]/)
    const { count, isExact } = (await viewer.get("/admin/orders/count?status=PENDING")).body
    expect([text.trimEnd().split("\r\n").length - 1, isExact]).toEqual([count, true])
    expect(await deedsOf("status=PENDING")).toMatchObject([{ operator: "the viewer", action: "order.export" }])
  })

  it("is kept as a filter of its owner's alone", async () => {
    const { status } = await viewer.call("PUT", "/admin/filters/stuck%20ones", {
      body: { status: "HELD", range: "24h", app: "shop" }
    })
    expect(status).toBe(204)
    expect((await viewer.get("/admin/filters")).body).toEqual([
      { name: "stuck ones", filter: { status: "HELD", range: "24h", app: "shop" } }
    ])
    expect((await operator.get("/admin/filters")).body).toEqual([])
    expect((await viewer.call("PUT", "/admin/filters/a", { body: { status: "NONE" } })).status).toBe(422)
    expect((await viewer.call("DELETE", "/admin/filters/stuck%20ones")).status).toBe(204)
    expect((await viewer.get("/admin/filters")).body).toEqual([])
  })

  it.each([
    "amountFrom=1",
    "amountFrom=1&currency=XXQ",
    "amountFrom=1.234&currency=CNY",
    "status=NONE",
    "limit=0",
    "cursor=a'b"
  ])("that makes no sense as a search is said to: %s", async (query) => {
    const { status, body } = await viewer.get(`/admin/orders?${query}`)
    expect([status, body.code]).toEqual([400, "PARAMETER_INVALID"])
  })
})

describe("vendors and apps", () => {
  it("a vendor is tried by a question that moves nothing", async () => {
    expect((await viewer.get("/admin/vendors")).body).toMatchObject([
      { name: "platform", health: expect.any(String), circuit: null }
    ])
    const tried = await operator.post("/admin/vendors/platform/test", { reason })
    expect(tried.body).toMatchObject({
      isReached: true,
      outcome: "knows-us",
      detail: expect.stringContaining("no such order")
    })
    await world.run(world.fake.script("query", "unreachable"))
    expect((await operator.post("/admin/vendors/platform/test", { reason })).body.isReached).toBe(false)
    expect((await operator.post("/admin/vendors/none/test", { reason })).body.code).toBe("VENDOR_UNKNOWN")
  })

  it("an app is made, and closed at once; no secret of one is shown", async () => {
    const made = await administrator.post("/admin/apps", { id: "till", name: "Till", reason })
    expect(made.body).toMatchObject({ id: "till", isDisabled: false, keys: [], endpoints: [] })
    expect((await administrator.post("/admin/apps", { id: "till", name: "Till", reason })).body.code).toBe("APP_TAKEN")
    const closed = await administrator.post("/admin/apps/till/changes", { type: "disable", reason })
    expect(closed.body).toMatchObject({ app: { isDisabled: true }, proposal: null })
    const { text } = await viewer.get("/admin/apps")
    expect(text).not.toMatch(/whsec_|secretSha256|sealed/)
  })

  it("days are listed, and one that is none is not run", async () => {
    expect((await viewer.get("/admin/reconciliation")).body).toEqual([])
    const run = await operator.post("/admin/reconciliation/platform/2999-01-01/run", { reason })
    expect([run.status, run.body.code]).toEqual([422, "DAY_INVALID"])
    expect((await viewer.get("/admin/reconciliation/platform/2025-11-25")).body.code).toBe("DAY_UNKNOWN")
  })

  it("operators are made and changed, and the trail tells who did", async () => {
    const made = await administrator.post("/admin/operators", {
      name: "New Person",
      role: "viewer",
      password: "a new throwaway password",
      reason
    })
    expect(made.body).toMatchObject({ name: "New Person", role: "viewer", sessions: 0 })
    expect(JSON.stringify(made.body)).not.toMatch(/argon2|scrypt|password/)
    const self = await administrator.post("/admin/operators/the%20administrator", { role: "viewer", reason })
    expect([self.status, self.body.code]).toEqual([409, "NOT_ONESELF"])
    const { items } = (await administrator.get("/admin/trail?subject=New%20Person")).body
    expect(items).toMatchObject([{ operator: "the administrator", action: "operator.create", outcome: "done", reason }])
    expect(JSON.stringify(items)).not.toContain("throwaway")
  })
})
