import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Client, Resource } from "./paypal.ts"
import { form, issueOf, number, opened } from "./paypal.ts"

let paypal: Client
beforeAll(async () => {
  paypal = await opened()
})
afterEach(() => paypal.world.faults())
afterAll(async () => {
  await paypal.world.close()
  paypal.world.sweep()
})

const orders = "/v2/checkout/orders"
const page = (id: string, init?: RequestInit) =>
  fetch(`${paypal.credentials.baseUrl}/checkoutnow?token=${id}`, { redirect: "manual", ...init })
const onPage = (id: string, decision: string) =>
  page(id, { method: "POST", body: new URLSearchParams({ decision }).toString(), headers: { "content-type": form } })

describe("the payer's page", () => {
  it("takes the payer's agreement, which moves no money, and leads back with token and PayerID", async () => {
    const custom = number()
    const { id, links } = await paypal.created(custom)
    expect(links[1]?.href).toBe(`${paypal.credentials.baseUrl}/checkoutnow?token=${id}`)
    const html = await (await page(id)).text()
    for (const part of ['id="pay"', 'id="refuse"', "88.88", "USD", "Shop", "Travel insurance", "Sandbox"])
      expect(html).toContain(part)
    const back = await onPage(id, "pay")
    expect(back.status).toBe(303)
    expect(back.headers.get("location")).toMatch(
      new RegExp(`^https://shop\\.example/back\\?order=1&token=${id}&PayerID=[A-Z0-9]{13}$`)
    )
    expect(await paypal.order(id)).toMatchObject({ status: "APPROVED", payer: { payer_id: expect.any(String) } })
    expect(await paypal.held(custom)).toMatchObject({ status: "open", capturedMinor: 0 })
    expect(await (await page(id)).text()).toContain('id="back"')
  })

  it("leads a payer who cancels to the cancel address, and the order stays open", async () => {
    const { id } = await paypal.created(number())
    const back = await onPage(id, "refuse")
    expect([back.status, back.headers.get("location")]).toEqual([303, `https://shop.example/cancel?token=${id}`])
    expect(await paypal.order(id)).toMatchObject({ status: "PAYER_ACTION_REQUIRED" })
    expect((await onPage(id, "pay")).status).toBe(303)
  })

  it("speaks Chinese where it is asked to, and escapes what the merchant says", async () => {
    const { id } = await paypal.created(number(), {}, { description: `<script>alert("1")</script>` })
    const html = await (await page(`${id}&lang=zh`)).text()
    expect(html).toContain("同意并继续")
    expect(html).not.toContain("<script")
    expect(html).toContain("&#60;script&#62;")
    expect((await page(id)).headers.get("content-security-policy")).toContain("default-src 'none'")
    expect((await page("NONE")).status).toBe(404)
  })

  it("without return address shows that all is agreed", async () => {
    const { id } = await paypal.created(number(), { payment_source: { paypal: {} } })
    const got = await onPage(id, "pay")
    expect([got.status, await got.text()]).toEqual([200, expect.stringContaining("You have agreed")])
  })
})

describe("an order's capture", () => {
  const capture = (id: string, requestId?: string) => paypal.post(`${orders}/${id}/capture`, {}, requestId)

  it("takes the money of an approved order, once", async () => {
    const [custom, requestId] = [number(), number()]
    const { id } = await paypal.created(custom)
    expect(issueOf(await capture(id))).toEqual([422, "ORDER_NOT_APPROVED"])
    await paypal.desk(custom, "pay")
    const first = await capture(id, requestId)
    expect([first.status, first.json]).toMatchObject([
      201,
      {
        status: "COMPLETED",
        purchase_units: [
          {
            payments: {
              captures: [
                {
                  status: "COMPLETED",
                  final_capture: true,
                  custom_id: custom,
                  invoice_id: `${custom}-1`,
                  amount: { currency_code: "USD", value: "88.88" },
                  seller_receivable_breakdown: { paypal_fee: { value: "3.32" }, net_amount: { value: "85.56" } },
                  supplementary_data: { related_ids: { order_id: id } }
                }
              ]
            }
          }
        ]
      }
    ])
    const again = await capture(id, requestId)
    expect([again.status, again.json]).toEqual([200, first.json])
    expect(issueOf(await capture(id))).toEqual([422, "ORDER_ALREADY_CAPTURED"])
    expect(await paypal.held(custom)).toMatchObject({ status: "paid", capturedMinor: 8888 })
  })

  it("answers what the desk wants of it; after a declined instrument the payer can approve again", async () => {
    const custom = number()
    const { id } = await paypal.created(custom)
    await paypal.desk(custom, "approve")
    await paypal.desk(custom, "decline-next")
    const declined = await capture(id)
    expect(issueOf(declined)).toEqual([422, "INSTRUMENT_DECLINED"])
    expect((declined.json as Resource).links[0]).toMatchObject({ rel: "redirect" })
    expect(await paypal.order(id)).toMatchObject({ status: "PAYER_ACTION_REQUIRED" })
    expect((await onPage(id, "pay")).status).toBe(303)
    for (const issue of [
      "TRANSACTION_REFUSED",
      "PAYER_CANNOT_PAY",
      "ORDER_COMPLETION_IN_PROGRESS",
      "COMPLIANCE_VIOLATION"
    ]) {
      await paypal.desk(custom, "decline-next", { issue })
      expect(issueOf(await capture(id))).toEqual([422, issue])
    }
    expect((await capture(id)).status).toBe(201)
  })

  it("can be declined as such", async () => {
    const custom = number()
    const { id } = await paypal.created(custom)
    await paypal.desk(custom, "approve")
    await paypal.desk(custom, "decline-next", { status: "DECLINED" })
    expect((await capture(id)).json).toMatchObject({
      purchase_units: [{ payments: { captures: [{ status: "DECLINED" }] } }]
    })
    expect(await paypal.held(custom)).toMatchObject({ status: "failed", capturedMinor: 0 })
  })

  it.each([
    ["capture-complete", "COMPLETED", "paid"],
    ["capture-deny", "DECLINED", "failed"]
  ])("that is pending is settled by %s", async (verb, status, held) => {
    const custom = number()
    const { id } = await paypal.created(custom)
    await paypal.desk(custom, "approve")
    await paypal.desk(custom, "pending-next", { reason: "ECHECK" })
    const order = (await capture(id)).json as Resource
    const pending = order.purchase_units?.[0]?.payments?.captures?.[0]
    expect(pending).toMatchObject({ status: "PENDING", status_details: { reason: "ECHECK" } })
    expect(issueOf(await paypal.post(`/v2/payments/captures/${pending?.id}/refund`))).toEqual([422, "PENDING_CAPTURE"])
    expect((await paypal.held(custom))?.status).toBe("open")
    expect((await paypal.desk(custom, verb)).status).toBe(200)
    expect((await paypal.call("GET", `/v2/payments/captures/${pending?.id}`)).json).toMatchObject({ status })
    expect((await paypal.held(custom))?.status).toBe(held)
  })

  it("is not had for an order that is void, unknown, or meant to be authorized", async () => {
    const [custom, other] = [number(), number()]
    const { id } = await paypal.created(custom)
    await paypal.desk(custom, "refuse")
    expect(issueOf(await capture(id))).toEqual([422, "ORDER_COMPLETED_OR_VOIDED"])
    expect(issueOf(await capture("NONE"))).toEqual([404, "INVALID_RESOURCE_ID"])
    const authorized = await paypal.created(other, { intent: "AUTHORIZE" })
    expect(issueOf(await capture(authorized.id))).toEqual([422, "ACTION_DOES_NOT_MATCH_INTENT"])
    expect((await paypal.held(custom))?.status).toBe("closed")
  })
})
