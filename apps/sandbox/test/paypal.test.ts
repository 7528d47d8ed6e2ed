import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Client, Resource } from "./paypal.ts"
import { dayMillis, hourMillis, issueOf, number, opened, orderBody } from "./paypal.ts"

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
describe("a token", () => {
  it("is given for the client's credentials, for nine hours", async () => {
    const { status, json, headers } = await paypal.tokenAnswer()
    expect(status).toBe(200)
    expect(headers.get("cache-control")).toBe("no-store")
    expect(json).toMatchObject({ token_type: "Bearer", expires_in: 32400, app_id: expect.stringMatching(/^APP-/) })
  })

  it.each([
    ["grant_type=password", undefined, 400, "unsupported_grant_type"],
    ["", undefined, 400, "invalid_request"],
    ["grant_type=client_credentials&scope=moon", undefined, 400, "invalid_scope"],
    ["grant_type=client_credentials", "wrong", 401, "invalid_client"]
  ])("is refused in OAuth's form: %s %s", async (body, secret, status, error) => {
    const got = await paypal.tokenAnswer(body, secret)
    expect([got.status, got.json]).toMatchObject([status, { error, error_description: expect.any(String) }])
    expect(got.headers.has("www-authenticate")).toBe(status === 401)
  })

  it.each(["", "Bearer", "Bearer A21AAabc.def", "Basic abc"])("is needed: %s is none", async (authorization) => {
    const got = await paypal.call("GET", `${orders}/X`, undefined, { authorization })
    expect([got.status, got.headers.get("www-authenticate")]).toEqual([401, 'Bearer error="invalid_token"'])
    expect(got.json).toMatchObject({ error: "invalid_token" })
  })

  it("reaches no further than its scopes", async () => {
    const { token } = paypal
    await paypal.signIn("grant_type=client_credentials&scope=https://uri.paypal.com/services/payments/refund")
    expect(issueOf(await paypal.create(orderBody(number())))).toEqual([403, "PERMISSION_DENIED"])
    expect(issueOf(await paypal.call("GET", "/v2/payments/refunds/X"))).toEqual([404, "INVALID_RESOURCE_ID"])
    paypal.token = token
  })

  it("can be revoked, and is over after its time", async () => {
    const asks = async () => (await paypal.call("GET", `${orders}/X`)).status
    await paypal.desk("-", "revoke-paypal-tokens")
    expect(await asks()).toBe(401)
    await paypal.signIn()
    expect(await asks()).toBe(404)
    await paypal.world.call("POST", "/_clock", { advanceMillis: 9 * hourMillis })
    expect(await asks()).toBe(401)
    await paypal.signIn()
  })
})

describe("an order", () => {
  it("is made with its links, minimal or in full as preferred", async () => {
    const custom = number()
    const full = await paypal.create(orderBody(custom))
    expect(full.status).toBe(201)
    expect(full.headers.get("paypal-debug-id")).toMatch(/^[0-9a-f]{13}$/)
    expect(full.json).toMatchObject({
      id: expect.stringMatching(/^[A-Z0-9]{17}$/),
      status: "PAYER_ACTION_REQUIRED",
      intent: "CAPTURE",
      create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      purchase_units: [
        {
          reference_id: "default",
          custom_id: custom,
          amount: { currency_code: "USD", value: "88.88" },
          payee: { merchant_id: paypal.credentials.payeeMerchantId }
        }
      ]
    })
    const { links } = full.json as Resource
    expect(links.map(({ rel }) => rel)).toEqual(["self", "payer-action"])
    const { payment_source: _, ...bare } = orderBody(number())
    const minimal = await paypal.call("POST", orders, bare)
    expect(Object.keys(minimal.json as object)).toEqual(["id", "status", "links"])
    expect(minimal.json).toMatchObject({ status: "CREATED" })
    expect((minimal.json as Resource).links.map(({ rel }) => rel)).toEqual(["self", "approve", "capture"])
  })

  it("is made once for a request id, and told as it is by then, for six hours", async () => {
    const [custom, id] = [number(), number()]
    const first = (await paypal.create(orderBody(custom), id)).json as Resource
    await paypal.desk(custom, "approve")
    const again = await paypal.create(orderBody(custom), id)
    expect([again.status, again.json]).toMatchObject([200, { id: first.id, status: "APPROVED" }])
    await paypal.advance(6 * hourMillis)
    const later = await paypal.create(orderBody(custom), id)
    expect(later.status).toBe(201)
    expect((later.json as Resource).id).not.toBe(first.id)
  })

  const unit = (changes: object) => ({
    purchase_units: [{ amount: { currency_code: "USD", value: "1.00" }, ...changes }]
  })
  const amount = (currency_code: unknown, value: unknown) => unit({ amount: { currency_code, value } })
  const usd = (value: string) => ({ currency_code: "USD", value })
  const context = (changes: object) => ({ payment_source: { paypal: { experience_context: changes } } })
  it.each([
    [{ intent: undefined }, 400, "MISSING_REQUIRED_PARAMETER", "/intent"],
    [{ intent: "SALE" }, 400, "INVALID_PARAMETER_VALUE", "/intent"],
    [{ purchase_units: undefined }, 400, "MISSING_REQUIRED_PARAMETER", "/purchase_units"],
    [{ purchase_units: {} }, 400, "INVALID_PARAMETER_SYNTAX", "/purchase_units"],
    [{ purchase_units: [] }, 400, "INVALID_ARRAY_MIN_ITEMS", "/purchase_units"],
    [{ purchase_units: Array(11).fill({}) }, 400, "INVALID_ARRAY_MAX_ITEMS", "/purchase_units"],
    [unit({ amount: undefined }), 400, "MISSING_REQUIRED_PARAMETER", "/purchase_units/0/amount"],
    [amount("US", "1.00"), 400, "INVALID_STRING_LENGTH", "/purchase_units/0/amount/currency_code"],
    [amount("XXX", "1.00"), 422, "INVALID_CURRENCY_CODE", "/purchase_units/0/amount/currency_code"],
    [amount("CNY", "1.00"), 422, "CURRENCY_NOT_SUPPORTED_FOR_COUNTRY", "/purchase_units/0/amount/currency_code"],
    [amount("USD", 1), 400, "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount/value"],
    [amount("USD", "1,00"), 400, "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount/value"],
    [amount("USD", "1.001"), 422, "DECIMAL_PRECISION", "/purchase_units/0/amount/value"],
    [amount("USD", "0.00"), 422, "CANNOT_BE_ZERO_OR_NEGATIVE", "/purchase_units/0/amount/value"],
    [amount("USD", "-1.00"), 422, "CANNOT_BE_ZERO_OR_NEGATIVE", "/purchase_units/0/amount/value"],
    [amount("USD", "1".repeat(20)), 422, "MAX_VALUE_EXCEEDED", "/purchase_units/0/amount/value"],
    [amount("JPY", "100.00"), 422, "DECIMALS_NOT_SUPPORTED", "/purchase_units/0/amount/value"],
    [amount("TWD", "100.00"), 422, "DECIMALS_NOT_SUPPORTED", "/purchase_units/0/amount/value"],
    [amount("HUF", "100.0"), 422, "DECIMALS_NOT_SUPPORTED", "/purchase_units/0/amount/value"],
    [unit({ custom_id: "x".repeat(128) }), 400, "INVALID_STRING_LENGTH", "/purchase_units/0/custom_id"],
    [unit({ invoice_id: "" }), 400, "INVALID_STRING_LENGTH", "/purchase_units/0/invoice_id"],
    [unit({ description: "x".repeat(128) }), 400, "INVALID_STRING_LENGTH", "/purchase_units/0/description"],
    [unit({ soft_descriptor: "x".repeat(23) }), 400, "INVALID_STRING_LENGTH", "/purchase_units/0/soft_descriptor"],
    [unit({ payee: { merchant_id: "OTHER" } }), 422, "PAYEE_ACCOUNT_INVALID", "/purchase_units/0/payee/merchant_id"],
    [unit({ items: [] }), 422, "ITEM_TOTAL_REQUIRED", "/purchase_units/0/amount/breakdown/item_total"],
    [
      unit({ amount: { ...usd("1.00"), breakdown: { item_total: usd("2.00") } } }),
      422,
      "AMOUNT_MISMATCH",
      "/purchase_units/0/amount/value"
    ],
    [
      unit({
        amount: { ...usd("2.00"), breakdown: { item_total: usd("2.00") } },
        items: [{ name: "Policy", quantity: "3", unit_amount: usd("1.00") }]
      }),
      422,
      "ITEM_TOTAL_MISMATCH",
      "/purchase_units/0/amount/breakdown/item_total"
    ],
    [
      context({ return_url: "shop" }),
      400,
      "INVALID_PARAMETER_SYNTAX",
      "/payment_source/paypal/experience_context/return_url"
    ],
    [
      context({ user_action: "RUN" }),
      400,
      "INVALID_PARAMETER_VALUE",
      "/payment_source/paypal/experience_context/user_action"
    ],
    [context({ locale: "zh_HK" }), 400, "INVALID_PARAMETER_SYNTAX", "/payment_source/paypal/experience_context/locale"],
    [{ payment_source: { card: {} } }, 422, "PAYMENT_SOURCE_CANNOT_BE_USED", "/payment_source/card"]
  ])("is refused for %j", async (changes, status, issue, field) => {
    const got = await paypal.create({ ...orderBody(number()), ...changes })
    expect([got.status, got.json]).toMatchObject([
      status,
      { debug_id: expect.any(String), details: [{ issue, field, location: "body" }] }
    ])
  })

  it("is refused where the request itself is wrong", async () => {
    const body = orderBody(number())
    expect(issueOf(await paypal.call("POST", orders, body))).toEqual([400, "PAYPAL_REQUEST_ID_REQUIRED"])
    expect(issueOf(await paypal.create(body, "x".repeat(109)))).toEqual([400, "INVALID_STRING_LENGTH"])
    expect(issueOf(await paypal.post(orders, "{"))).toEqual([400, "MALFORMED_REQUEST_JSON"])
    expect(issueOf(await paypal.post(orders, "[]"))).toEqual([400, "MALFORMED_REQUEST_JSON"])
    expect((await paypal.call("POST", orders, "{}", { "content-type": "text/plain" })).status).toBe(415)
    expect((await paypal.call("PATCH", orders, {})).status).toBe(405)
    expect((await paypal.call("GET", "/v2/moon")).status).toBe(404)
  })

  it("takes amounts without decimals where the currency has none, and holds minor units of ISO 4217", async () => {
    for (const [currency, minor] of [
      ["JPY", 100],
      ["TWD", 10_000],
      ["HUF", 10_000]
    ] as const) {
      const custom = number()
      await paypal.created(custom, {}, { amount: { currency_code: currency, value: "100" } })
      expect(await paypal.held(custom)).toMatchObject({ amountMinor: minor, currency, status: "open" })
    }
  })

  it("with an invoice id that was used before is refused where the account wants that", async () => {
    const [custom, other] = [number(), number()]
    await paypal.created(custom)
    await paypal.desk("-", "block-paypal-duplicate-invoices")
    const twice = orderBody(other, {}, { invoice_id: `${custom}-1` })
    expect(issueOf(await paypal.create(twice))).toEqual([422, "DUPLICATE_INVOICE_ID"])
    await paypal.desk("-", "block-paypal-duplicate-invoices", { on: false })
    expect((await paypal.create(twice)).status).toBe(201)
  })
})

describe("time", () => {
  it("voids orders: unapproved after three hours, approved after three days", async () => {
    const [open, approved] = [number(), number()]
    const [{ id }, other] = [await paypal.created(open), await paypal.created(approved)]
    await paypal.desk(approved, "approve")
    await paypal.advance(3 * hourMillis)
    expect([await paypal.order(id), await paypal.order(other.id)]).toMatchObject([
      { status: "VOIDED" },
      { status: "APPROVED" }
    ])
    expect(issueOf(await paypal.post(`${orders}/${id}/capture`))).toEqual([422, "ORDER_EXPIRED"])
    await paypal.advance(3 * dayMillis)
    expect(await paypal.order(other.id)).toMatchObject({ status: "VOIDED" })
    expect((await paypal.desk(approved, "approve")).status).toBe(409)
  })
})

describe("faults of the vendor's own", () => {
  it.each([
    ["wrong-amount", { purchase_units: [{ amount: { currency_code: "USD", value: "88.89" } }] }],
    ["wrong-currency", { purchase_units: [{ amount: { currency_code: "EUR" } }] }],
    ["foreign-merchant", { purchase_units: [{ payee: { merchant_id: "FREGNMERCHANT" } }] }],
    ["unknown-status", { status: "TELEPORTED" }]
  ])("are played on answers: %s", async (fault, said) => {
    const custom = number()
    const { id } = await paypal.created(custom)
    await paypal.world.faults({ on: "query", fault, number: custom })
    expect(await paypal.order(id)).toMatchObject(said)
  })

  it("change the number, or answer a code that nobody knows and do nothing", async () => {
    const custom = number()
    const { id } = await paypal.created(custom)
    await paypal.world.faults(
      { on: "query", fault: "other-number", times: 1 },
      { on: "complete", fault: "unknown-code" }
    )
    expect(JSON.stringify(await paypal.order(id))).not.toContain(custom)
    await paypal.desk(custom, "approve")
    expect(issueOf(await paypal.post(`${orders}/${id}/capture`))).toEqual([422, "SOMETHING_NEVER_SEEN"])
    expect(await paypal.order(id)).toMatchObject({ status: "APPROVED" })
  })

  it.each([
    ["throttle", undefined, [429, "RATE_LIMIT_REACHED"]],
    ["reject", undefined, [422, "DECIMAL_PRECISION"]],
    ["reject", 403, [403, "PERMISSION_DENIED"]],
    ["error-before-accept", undefined, [500, undefined]]
  ] as const)("are said in the vendor's words: %s %s", async (fault, status, said) => {
    await paypal.world.faults({ on: "create", fault, ...(status === undefined ? {} : { status }) })
    expect(issueOf(await paypal.create(orderBody(number())))).toEqual(said)
  })

  it("of tokens are said in OAuth's", async () => {
    await paypal.world.faults({ on: "token", fault: "throttle", times: 1 }, { on: "token", fault: "expires-zero" })
    expect([(await paypal.tokenAnswer()).status, (await paypal.tokenAnswer()).json]).toMatchObject([
      429,
      { expires_in: 0 }
    ])
  })
})
