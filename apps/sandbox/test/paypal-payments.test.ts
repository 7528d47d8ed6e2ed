import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Client, Resource } from "./paypal.ts"
import { dayMillis, hourMillis, issueOf, number, opened } from "./paypal.ts"

let paypal: Client
beforeAll(async () => {
  paypal = await opened()
})
afterAll(async () => {
  await paypal.world.close()
  paypal.world.sweep()
})

const usd = (value: string) => ({ amount: { currency_code: "USD", value } })
const authorizations = "/v2/payments/authorizations"
const captures = "/v2/payments/captures"
const get = async (path: string) => (await paypal.call("GET", path)).json as Resource

describe("an authorization", () => {
  const capture = (id: string, body: object = {}, requestId?: string) =>
    paypal.post(`${authorizations}/${id}/capture`, body, requestId)

  it("holds the money for 29 days and is told with its order", async () => {
    const custom = number()
    const { id, ...rest } = await paypal.authorized(custom)
    expect(rest).toMatchObject({ status: "CREATED", custom_id: custom, amount: { value: "88.88" } })
    const { create_time, expiration_time } = (await get(`${authorizations}/${id}`)) as unknown as Record<string, string>
    expect(Date.parse(expiration_time ?? "") - Date.parse(create_time ?? "")).toBe(29 * dayMillis)
    expect(await paypal.held(custom)).toMatchObject({ status: "authorized", capturedMinor: 0 })
  })

  it("is made once of an order, for its request id and for others", async () => {
    const [custom, requestId] = [number(), number()]
    const { id } = await paypal.created(custom, { intent: "AUTHORIZE" })
    const authorize = (one = number()) => paypal.post(`/v2/checkout/orders/${id}/authorize`, {}, one)
    expect(issueOf(await authorize())).toEqual([422, "ORDER_NOT_APPROVED"])
    await paypal.desk(custom, "approve")
    const first = await authorize(requestId)
    const again = await authorize(requestId)
    expect([first.status, again.status, again.json]).toEqual([201, 200, first.json])
    expect(issueOf(await authorize())).toEqual([422, "ORDER_ALREADY_AUTHORIZED"])
  })

  it("is captured in parts, up to 115 % in all, until a final capture", async () => {
    const custom = number()
    const { id } = await paypal.authorized(custom)
    const requestId = number()
    const first = await capture(id, usd("50.00"), requestId)
    expect([first.status, first.json]).toMatchObject([
      201,
      {
        status: "COMPLETED",
        final_capture: false,
        amount: { value: "50.00" },
        supplementary_data: { related_ids: { authorization_id: id } }
      }
    ])
    const again = await capture(id, usd("50.00"), requestId)
    expect([again.status, again.json]).toEqual([200, first.json])
    expect((await get(`${authorizations}/${id}`)).status).toBe("PARTIALLY_CAPTURED")
    expect(issueOf(await capture(id, usd("52.22")))).toEqual([422, "MAX_CAPTURE_AMOUNT_EXCEEDED"])
    expect((await capture(id, { ...usd("52.21"), final_capture: true })).status).toBe(201)
    expect(issueOf(await capture(id, usd("0.01")))).toEqual([422, "AUTHORIZATION_ALREADY_CAPTURED"])
    expect(issueOf(await paypal.post(`${authorizations}/${id}/void`))).toEqual([422, "PREVIOUSLY_CAPTURED"])
    expect(await paypal.held(custom)).toMatchObject({ status: "paid", capturedMinor: 10_221 })
  })

  it.each([
    [{ amount: { currency_code: "EUR", value: "1.00" } }, 422, "AUTH_CAPTURE_CURRENCY_MISMATCH"],
    [usd("1.234"), 422, "DECIMAL_PRECISION"],
    [{ final_capture: "yes" }, 400, "INVALID_PARAMETER_SYNTAX"],
    [{ note_to_payer: "x".repeat(256) }, 400, "INVALID_STRING_LENGTH"]
  ])("is not captured with %j", async (body, status, issue) => {
    const { id } = await paypal.authorized(number())
    expect(issueOf(await capture(id, body))).toEqual([status, issue])
  })

  it("is voided once, with or without words, and not captured after that", async () => {
    const [custom, other] = [number(), number()]
    const { id } = await paypal.authorized(custom)
    const voided = await paypal.post(`${authorizations}/${id}/void`)
    expect([voided.status, voided.json]).toMatchObject([200, { id, status: "VOIDED" }])
    expect(issueOf(await paypal.post(`${authorizations}/${id}/void`))).toEqual([422, "PREVIOUSLY_VOIDED"])
    expect(issueOf(await capture(id))).toEqual([422, "AUTHORIZATION_VOIDED"])
    const short = await paypal.call("POST", `${authorizations}/${(await paypal.authorized(other)).id}/void`, {})
    expect([short.status, short.text]).toEqual([204, ""])
    expect((await paypal.held(custom))?.status).toBe("closed")
  })

  it("is authorized again under a new id after its days of honour", async () => {
    const { id } = await paypal.authorized(number())
    const again = (body: object = {}) => paypal.post(`${authorizations}/${id}/reauthorize`, body)
    expect(issueOf(await again())).toEqual([422, "REAUTHORIZATION_NOT_SUPPORTED"])
    await paypal.advance(4 * dayMillis)
    expect(issueOf(await again(usd("200.00")))).toEqual([422, "AUTHORIZATION_AMOUNT_EXCEEDED"])
    const got = await again()
    expect([got.status, got.json]).toMatchObject([201, { status: "CREATED" }])
    const next = (got.json as Resource).id
    expect(next).not.toBe(id)
    expect(issueOf(await capture(id))).toEqual([422, "AUTHORIZATION_VOIDED"])
    expect((await capture(next)).status).toBe(201)
  })

  it("ends after 29 days, or when the desk says so", async () => {
    const [custom, other] = [number(), number()]
    const [late, ended] = [await paypal.authorized(custom), await paypal.authorized(other)]
    await paypal.desk(other, "expire-authorization")
    await paypal.advance(29 * dayMillis)
    for (const { id } of [late, ended]) {
      expect((await get(`${authorizations}/${id}`)).status).toBe("VOIDED")
      expect(issueOf(await capture(id))).toEqual([422, "AUTHORIZATION_EXPIRED"])
    }
  })

  it("can be pending, and be denied", async () => {
    const custom = number()
    const { id } = await paypal.created(custom, { intent: "AUTHORIZE" })
    await paypal.desk(custom, "approve")
    await paypal.desk(custom, "pending-next")
    const order = (await paypal.post(`/v2/checkout/orders/${id}/authorize`)).json
    expect(order).toMatchObject({ purchase_units: [{ payments: { authorizations: [{ status: "PENDING" }] } }] })
    await paypal.desk(custom, "authorization-deny")
    expect((await paypal.held(custom))?.status).toBe("failed")
  })

  it("that nobody has is not found", async () => {
    for (const path of ["authorizations", "captures", "refunds"])
      expect(issueOf(await paypal.call("GET", `/v2/payments/${path}/NONE`))).toEqual([404, "INVALID_RESOURCE_ID"])
  })
})

describe("a refund", () => {
  const refund = (id: string, body: object = {}, requestId?: string) =>
    paypal.post(`${captures}/${id}/refund`, body, requestId)

  it("is made in parts until nothing is left, each once for its request id", async () => {
    const custom = number()
    const { order, capture } = await paypal.captured(custom)
    const requestId = number()
    const first = await refund(capture.id, { ...usd("8.88"), custom_id: "R-1" }, requestId)
    expect([first.status, first.json]).toMatchObject([
      201,
      {
        status: "COMPLETED",
        custom_id: "R-1",
        amount: { value: "8.88" },
        seller_payable_breakdown: { total_refunded_amount: { value: "8.88" } }
      }
    ])
    const { id, links } = first.json as Resource
    expect(links.find(({ rel }) => rel === "up")?.href).toBe(`${paypal.credentials.baseUrl}${captures}/${capture.id}`)
    await paypal.advance(7 * hourMillis)
    const again = await refund(capture.id, { ...usd("8.88"), custom_id: "R-1" }, requestId)
    expect([again.status, again.json]).toEqual([200, first.json])
    expect(await get(`/v2/payments/refunds/${id}`)).toEqual(first.json)
    expect((await get(`${captures}/${capture.id}`)).status).toBe("PARTIALLY_REFUNDED")
    expect(issueOf(await refund(capture.id, usd("80.01")))).toEqual([422, "REFUND_AMOUNT_EXCEEDED"])
    expect((await refund(capture.id)).json).toMatchObject({ amount: { value: "80.00" } })
    expect((await get(`${captures}/${capture.id}`)).status).toBe("REFUNDED")
    expect(issueOf(await refund(capture.id, usd("0.01")))).toEqual([422, "CAPTURE_FULLY_REFUNDED"])
    expect((await paypal.order(order.id)).purchase_units?.[0]?.payments?.refunds).toHaveLength(2)
    expect((await paypal.held(custom))?.refunds).toMatchObject([
      { number: "R-1", amountMinor: 888, status: "COMPLETED" },
      { amountMinor: 8000 }
    ])
  })

  it("is refused in the wrong currency, with too many decimals, and after 180 days", async () => {
    const { capture } = await paypal.captured(number())
    expect(issueOf(await refund(capture.id, { amount: { currency_code: "EUR", value: "1.00" } }))).toEqual([
      422,
      "CURRENCY_MISMATCH"
    ])
    expect(issueOf(await refund(capture.id, usd("1.001")))).toEqual([422, "DECIMAL_PRECISION"])
    expect(issueOf(await refund(capture.id, { amount: { currency_code: "JPY", value: "1.0" } }))).toEqual([
      422,
      "DECIMALS_NOT_SUPPORTED"
    ])
    expect(issueOf(await refund(capture.id, { ...usd("1.00"), custom_id: "" }))).toEqual([400, "INVALID_STRING_LENGTH"])
    await paypal.advance(181 * dayMillis)
    expect(issueOf(await refund(capture.id, usd("1.00")))).toEqual([422, "REFUND_TIME_LIMIT_EXCEEDED"])
  })

  it.each([
    [422, "REFUND_FAILED_INSUFFICIENT_FUNDS"],
    [422, "PARTIAL_REFUND_NOT_ALLOWED"],
    [422, "MAX_NUMBER_OF_REFUNDS_EXCEEDED"],
    [409, "PREVIOUS_REQUEST_IN_PROGRESS"]
  ])("is answered as the desk wants: %i %s", async (status, issue) => {
    const custom = number()
    const { capture } = await paypal.captured(custom)
    await paypal.desk(custom, "decline-next", { on: "refund", issue })
    expect(issueOf(await refund(capture.id, usd("1.00")))).toEqual([status, issue])
    expect((await refund(capture.id, usd("1.00"))).status).toBe(201)
  })

  it.each([
    ["refund-settle", "COMPLETED", "REFUNDED"],
    ["refund-fail", "FAILED", "COMPLETED"],
    ["refund-cancel", "CANCELLED", "COMPLETED"]
  ])("that is pending ends by %s", async (verb, status, left) => {
    const custom = number()
    const { capture } = await paypal.captured(custom)
    await paypal.desk(custom, "refund-pending-next")
    const { id, ...pending } = (await refund(capture.id)).json as Resource
    expect(pending).toMatchObject({ status: "PENDING", status_details: { reason: "ECHECK" } })
    expect(issueOf(await refund(capture.id))).toEqual([422, "CAPTURE_FULLY_REFUNDED"])
    expect((await paypal.desk(custom, verb, { refund: id })).status).toBe(200)
    expect((await get(`/v2/payments/refunds/${id}`)).status).toBe(status)
    expect((await get(`${captures}/${capture.id}`)).status).toBe(left)
  })

  it("can be made at the desk", async () => {
    const custom = number()
    const { capture } = await paypal.captured(custom)
    expect((await paypal.desk(custom, "refund", { amountMinor: 100 })).status).toBe(200)
    expect((await paypal.desk(custom, "refund", { amountMinor: 8789 })).status).toBe(409)
    expect((await get(`${captures}/${capture.id}`)).status).toBe("PARTIALLY_REFUNDED")
  })

  it("is not had while a payer complains, nor once the money was taken back", async () => {
    const custom = number()
    const { capture } = await paypal.captured(custom)
    await paypal.desk(custom, "dispute", { amountMinor: 8888 })
    expect(issueOf(await refund(capture.id))).toEqual([422, "TRANSACTION_DISPUTED"])
    expect((await paypal.desk(custom, "dispute-resolve", { outcome: "RESOLVED_BUYER_FAVOUR" })).status).toBe(200)
    await paypal.desk(custom, "reverse")
    expect(issueOf(await refund(capture.id))).toEqual([422, "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK"])
  })
})

describe("the desk", () => {
  it("says what it knows, and what it cannot do", async () => {
    const custom = number()
    await paypal.created(custom)
    expect((await paypal.desk(custom, "fly")).json).toMatchObject({ error: "no_such_verb" })
    for (const verb of ["capture-complete", "refund", "reverse", "dispute", "expire-authorization"])
      expect((await paypal.desk(custom, verb)).status).toBe(409)
    expect((await paypal.desk(custom, "decline-next", { issue: "no issue" })).status).toBe(409)
    expect((await paypal.desk(number(), "approve")).status).toBe(404)
    expect((await paypal.desk("-", "listen-paypal", { url: "shop" })).status).toBe(400)
  })
})

describe("the transactions report", () => {
  const report = (from: number, to: number, more = "") => {
    const time = (millis: number) => encodeURIComponent(new Date(millis).toISOString().replace(/\.\d+Z$/, "+00:00"))
    return paypal.call("GET", `/v1/reporting/transactions?start_date=${time(from)}&end_date=${time(to)}${more}`)
  }
  const nowOf = async () =>
    Date.parse(((await paypal.world.call("POST", "/_clock", { advanceMillis: 0 })).json as { now: string }).now)

  it("has what moved money, three hours later, in pages", async () => {
    await paypal.advance(40 * dayMillis)
    const custom = number()
    const from = await nowOf()
    const { order, capture } = await paypal.captured(custom)
    await paypal.post(`${captures}/${capture.id}/refund`, { ...usd("8.88"), custom_id: "R-9" })
    await paypal.authorized(number())
    const to = from + dayMillis
    expect(issueOf(await report(from, to))).toEqual([400, "INVALID_PARAMETER_VALUE"])
    await paypal.advance(4 * hourMillis)
    const got = await report(from - 1000, to, "&fields=all&page_size=1")
    expect([got.status, got.json]).toMatchObject([
      200,
      {
        account_number: paypal.credentials.payeeMerchantId,
        page: 1,
        total_items: 2,
        total_pages: 2,
        transaction_details: [
          {
            transaction_info: {
              transaction_id: capture.id,
              paypal_reference_id: order.id,
              paypal_reference_id_type: "ODR",
              transaction_event_code: "T0006",
              transaction_status: "S",
              transaction_amount: { currency_code: "USD", value: "88.88" },
              fee_amount: { currency_code: "USD", value: "-3.32" },
              custom_field: custom,
              invoice_id: `${custom}-1`,
              transaction_initiation_date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/)
            }
          }
        ]
      }
    ])
    expect((await report(from - 1000, to, "&page_size=1&page=2")).json).toMatchObject({
      transaction_details: [
        {
          transaction_info: {
            transaction_event_code: "T1107",
            transaction_amount: { value: "-8.88" },
            paypal_reference_id: capture.id,
            paypal_reference_id_type: "TXN",
            custom_field: "R-9"
          }
        }
      ]
    })
    expect((await report(from - 1000, to, "&balance_affecting_records_only=N")).json).toMatchObject({ total_items: 3 })
    expect((await report(from - 1000, to, `&transaction_id=${capture.id}`)).json).toMatchObject({ total_items: 1 })
  })

  it("is empty for a day without business, and refused for what it cannot be asked", async () => {
    const now = await nowOf()
    expect((await report(now - 20 * dayMillis, now - 19 * dayMillis)).json).toMatchObject({
      total_items: 0,
      total_pages: 0,
      transaction_details: []
    })
    expect(issueOf(await report(now - 32 * dayMillis, now - hourMillis))).toEqual([400, "INVALID_PARAMETER_VALUE"])
    expect(issueOf(await report(now - dayMillis, now, "&page_size=501"))).toEqual([400, "INVALID_PARAMETER_VALUE"])
    expect(issueOf(await paypal.call("GET", "/v1/reporting/transactions?start_date=2026-01-01"))).toEqual([
      400,
      "INVALID_PARAMETER_SYNTAX"
    ])
    expect(issueOf(await paypal.call("GET", "/v1/reporting/transactions"))).toEqual([400, "MISSING_REQUIRED_PARAMETER"])
  })
})
