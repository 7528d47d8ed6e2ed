import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { checkoutOf, type GatewayMerchant, merchantOf, openGateway } from "./mpgs.ts"
import type { World } from "./world.ts"

let world: World
let gateway: GatewayMerchant
beforeAll(async () => {
  ;({ world, gateway } = await openGateway())
})
afterEach(() => world.faults())
afterAll(async () => {
  await world.close()
  world.sweep()
})

const invalid = (field?: string, validationType?: string) => ({
  status: 400,
  body: {
    result: "ERROR",
    error: {
      cause: "INVALID_REQUEST",
      ...(field === undefined ? {} : { field }),
      ...(validationType === undefined ? {} : { validationType })
    }
  }
})

describe("credentials", () => {
  it("are an address, a merchant, two passwords, a webhook secret and a reporting password", () => {
    expect(gateway).toMatchObject({ baseUrl: world.vendors["mpgs"], merchantId: "TESTMERCHANT01" })
    const { passwords, reportingPassword, webhookSecret } = gateway
    expect(new Set([...passwords, reportingPassword, webhookSecret.toLowerCase()]).size).toBe(4)
    for (const password of [...passwords, reportingPassword]) expect(password).toMatch(/^[0-9a-f]{32}$/)
    expect(webhookSecret).toMatch(/^[0-9A-F]{32}$/)
  })

  it("are taken with either password", async () => {
    const statuses = gateway.passwords.map(async (password) => {
      const headers = { authorization: gateway.basic(password) }
      return (await gateway.send("POST", `${gateway.root}/session`, checkoutOf(gateway.number()), headers)).status
    })
    expect(await Promise.all(statuses)).toEqual([201, 201])
  })

  it.each([
    ["a wrong password", () => ({ authorization: gateway.basic("0123456789abcdef0123456789abcdef") })],
    ["the reporting password", () => ({ authorization: gateway.basic(gateway.reportingPassword) })],
    ["another user", () => ({ authorization: `Basic ${btoa(`TESTMERCHANT01:${gateway.passwords[0]}`)}` })],
    ["no credentials", () => ({ authorization: "" })],
    ["a token", () => ({ authorization: "Bearer x" })]
  ])("are refused with %s", async (_, headers) => {
    const answer = await gateway.send("POST", `${gateway.root}/session`, checkoutOf(gateway.number()), headers())
    expect(answer).toMatchObject({ status: 401, body: { result: "ERROR", error: { cause: "REQUEST_REJECTED" } } })
    expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /)
  })

  it("are no other merchant's", async () => {
    const path = "/api/rest/version/100/merchant/TESTMERCHANT02/session"
    expect((await gateway.send("POST", path, checkoutOf("X-1"))).status).toBe(401)
  })
})

describe("INITIATE_CHECKOUT", () => {
  it("makes a session and a success indicator", async () => {
    const { status, body, headers } = await gateway.initiate(gateway.number())
    expect([status, headers.get("content-type")]).toEqual([201, "application/json;charset=UTF-8"])
    expect(body).toEqual({
      checkoutMode: "WEBSITE",
      merchant: "TESTMERCHANT01",
      result: "SUCCESS",
      session: {
        id: expect.stringMatching(/^SESSION0002[0-9A-Z]{20}$/),
        updateStatus: "SUCCESS",
        version: expect.stringMatching(/^[0-9a-f]{10}$/)
      },
      successIndicator: expect.stringMatching(/^[0-9a-f]{16}$/)
    })
  })

  it.each(["63", "77", "100"])("speaks version %s", async (version) => {
    const path = gateway.root.replace("100", version)
    expect((await gateway.send("POST", `${path}/session`, checkoutOf(gateway.number()))).status).toBe(201)
  })

  it.each(["62", "101", "x", "1e2"])("does not speak version %s", async (version) => {
    const path = gateway.root.replace("100", version)
    const answer = await gateway.send("POST", `${path}/session`, checkoutOf(gateway.number()))
    expect(answer).toMatchObject(invalid("version", "UNSUPPORTED"))
  })

  it.each([
    ["order.id", { id: undefined }, "MISSING"],
    ["order.id", { id: "" }, "INVALID"],
    ["order.id", { id: "x".repeat(41) }, "INVALID"],
    ["order.id", { id: 7 }, "INVALID"],
    ["order.amount", { amount: undefined }, "MISSING"],
    ["order.amount", { amount: 12.34 }, "INVALID"],
    ["order.amount", { amount: "abc" }, "INVALID"],
    ["order.amount", { amount: "12.345" }, "INVALID"],
    ["order.amount", { amount: "1,00" }, "INVALID"],
    ["order.amount", { amount: "0.00" }, "INVALID"],
    ["order.amount", { amount: "123456789012.34" }, "INVALID"],
    ["order.amount", { amount: "1.0", currency: "JPY" }, "INVALID"],
    ["order.amount", { amount: "1.2345", currency: "KWD" }, "INVALID"],
    ["order.currency", { currency: undefined }, "MISSING"],
    ["order.currency", { currency: "usd" }, "INVALID"],
    ["order.currency", { currency: "QQQ" }, "INVALID"],
    ["order.description", { description: "" }, "INVALID"],
    ["order.description", { description: "保".repeat(128) }, "INVALID"],
    ["order.reference", { reference: "x".repeat(41) }, "INVALID"],
    ["order.notificationUrl", { notificationUrl: "/notify" }, "INVALID"],
    ["order.notifyUrl", { notifyUrl: "https://x.example" }, "UNSUPPORTED"]
  ])("refuses a wrong %s: %j", async (field, order, type) => {
    expect(await gateway.initiate(gateway.number(), order)).toMatchObject(invalid(field, type))
  })

  it.each([
    ["interaction.operation", { operation: undefined }, "MISSING"],
    ["interaction.operation", { operation: "PAY" }, "INVALID"],
    ["interaction.operation", { operation: "VERIFY" }, "UNSUPPORTED"],
    ["interaction.merchant.name", { merchant: {} }, "MISSING"],
    ["interaction.merchant.name", { merchant: { name: "x".repeat(41) } }, "INVALID"],
    ["interaction.returnUrl", { returnUrl: "shop.example" }, "INVALID"],
    ["interaction.returnUrl", { returnUrl: "javascript:alert(1)" }, "INVALID"],
    ["interaction.timeout", { timeout: "soon" }, "INVALID"],
    ["interaction.timeout", { timeout: 0 }, "INVALID"],
    ["interaction.secret", { secret: "x" }, "UNSUPPORTED"]
  ])("refuses a wrong %s: %j", async (field, interaction, type) => {
    expect(await gateway.initiate(gateway.number(), {}, { interaction })).toMatchObject(invalid(field, type))
  })

  it.each([
    ["no apiOperation", { ...checkoutOf("N-1"), apiOperation: undefined }, "apiOperation"],
    ["another operation", { ...checkoutOf("N-1"), apiOperation: "CREATE_CHECKOUT_SESSION" }, "apiOperation"],
    ["a field that is none", { ...checkoutOf("N-1"), orders: [] }, "orders"],
    ["an order that is no object", { ...checkoutOf("N-1"), order: "x" }, "order"],
    ["a list", [], undefined],
    ["no JSON", "{", undefined]
  ])("refuses a body with %s", async (_, body, field) => {
    expect(await gateway.send("POST", `${gateway.root}/session`, body)).toMatchObject(invalid(field))
  })

  it("refuses what is not told to be JSON", async () => {
    const headers = { "content-type": "text/plain" }
    const body = checkoutOf(gateway.number())
    expect(await gateway.send("POST", `${gateway.root}/session`, body, headers)).toMatchObject(invalid())
    const right = { "content-type": "application/json; charset=UTF-8" }
    expect((await gateway.send("POST", `${gateway.root}/session`, body, right)).status).toBe(201)
  })

  it("makes another session of the same order while it is unpaid, and both can be paid", async () => {
    const id = gateway.number()
    const [first, second] = [await gateway.initiate(id), await gateway.initiate(id)]
    expect(first.body.session.id).not.toBe(second.body.session.id)
    expect(first.body.successIndicator).not.toBe(second.body.successIndicator)
    for (const { body } of [first, second]) expect((await gateway.page(body.session.id)).text).toContain('id="pay"')
    await gateway.submit(first.body.session.id, "pay")
    expect((await gateway.order(id)).body.status).toBe("CAPTURED")
    expect((await gateway.page(second.body.session.id)).text).not.toContain('id="pay"')
    expect(await gateway.initiate(id)).toMatchObject(invalid("order.id", "INVALID"))
  })

  it("echoes a correlation, of the query or the body", async () => {
    const body = { ...checkoutOf(gateway.number()), correlationId: "c-1" }
    expect((await gateway.send("POST", `${gateway.root}/session`, body)).body.correlationId).toBe("c-1")
    const asked = await gateway.send("GET", `${gateway.root}/order/NONE?correlationId=c-2`)
    expect(asked.body).toMatchObject({ correlationId: "c-2", result: "ERROR" })
    expect(await gateway.send("GET", `${gateway.root}/order/NONE?correlationId=`)).toMatchObject(
      invalid("correlationId", "INVALID")
    )
  })
})

describe("retrieving", () => {
  it("finds no order before the payer has tried to pay", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id)
    await gateway.page(session)
    expect(await gateway.order(id)).toMatchObject(invalid())
    expect(await gateway.transaction(id, "1")).toMatchObject(invalid())
    await gateway.decide(id, "refuse")
    expect(await gateway.order(id)).toMatchObject({ status: 200, body: { status: "FAILED", result: "FAILURE" } })
    expect(await gateway.transaction(id, "2")).toMatchObject(invalid())
  })

  it("shows a transaction as the order shows it", async () => {
    const id = await gateway.paid()
    const { body } = await gateway.order(id)
    const one = await gateway.transaction(id, "1")
    expect([one.status, one.body]).toEqual([200, body.transaction[0]])
    expect(one.body).toMatchObject({
      gatewayEntryPoint: "CHECKOUT_VIA_WEBSITE",
      order: { id, status: "CAPTURED", totalCapturedAmount: 12.34, reference: id },
      transaction: { id: "1", type: "PAYMENT", receipt: expect.stringMatching(/^\d{12}$/) },
      version: "100"
    })
  })

  it("takes numbers of any characters in its paths", async () => {
    const id = "A/b ü?#%+保"
    await gateway.initiate(id)
    await world.call("POST", `/_payments/${encodeURIComponent(id)}/pay`, {})
    expect((await gateway.order(id)).body).toMatchObject({ id, status: "CAPTURED" })
    expect((await gateway.refund(id, "R/1 ü", "1.00")).body.transaction.id).toBe("R/1 ü")
    expect((await gateway.transaction(id, "R/1 ü")).body.result).toBe("SUCCESS")
  })

  it("shows a session without its success indicator", async () => {
    const id = gateway.number()
    const made = await gateway.initiate(id)
    const { id: session, version } = made.body.session
    const shown = await gateway.send("GET", `${gateway.root}/session/${session}`)
    expect(shown).toMatchObject({ status: 200, body: { order: { id, amount: "12.34" }, session: { version } } })
    expect(shown.text).not.toContain(made.body.successIndicator)
    await gateway.page(session)
    const later = await gateway.send("GET", `${gateway.root}/session/${session}`)
    expect(later.body.session.version).not.toBe(version)
    expect(await gateway.send("GET", `${gateway.root}/session/SESSION0`)).toMatchObject(invalid())
  })

  it.each([
    ["JPY", "1234", "1234"],
    ["USD", "12.3", "12.3"],
    ["USD", "12", "12"],
    ["KWD", "1.234", "1.234"],
    ["USD", "99999999999.99", "99999999999.99"]
  ])("answers %s %s as the JSON number %s", async (currency, amount, shown) => {
    const id = await gateway.paid({ currency, amount })
    expect((await gateway.order(id)).text).toContain(`"totalCapturedAmount":${shown},`)
  })

  it("knows no other calls", async () => {
    expect((await gateway.send("DELETE", `${gateway.root}/order/x`)).status).toBe(404)
    expect((await gateway.send("GET", `${gateway.root}/token/x`)).status).toBe(404)
  })
})

describe("an outage", () => {
  it.each([
    ["error-before-accept", 500, "SERVER_FAILED"],
    ["throttle", 503, "SERVER_BUSY"],
    ["reject", 400, "INVALID_REQUEST"]
  ])("%s is said in the gateway's words", async (fault, status, cause) => {
    await world.faults({ on: "create", fault, times: 1 })
    const id = gateway.number()
    expect(await gateway.initiate(id)).toMatchObject({ status, body: { result: "ERROR", error: { cause } } })
    expect((await gateway.decide(id, "pay")).status).toBe(404)
  })

  it("after a capture has been taken leaves it taken, and the same request finds it", async () => {
    const id = await gateway.authorized()
    await world.faults({ on: "capture", fault: "error-after-accept", number: id, times: 1 })
    expect((await gateway.capture(id, "C-1", "12.34")).body.error.cause).toBe("SERVER_FAILED")
    const again = await gateway.capture(id, "C-1", "12.34")
    expect(again).toMatchObject({ status: 201, body: { result: "SUCCESS", order: { totalCapturedAmount: 12.34 } } })
    expect((await gateway.order(id)).body.transaction).toHaveLength(2)
  })

  it("can be another transaction that runs on the order", async () => {
    const id = await gateway.paid()
    await world.faults({ on: "refund", fault: "throttle", status: 201, times: 1 })
    const answer = await gateway.refund(id, "R-1", "1.00")
    expect(answer).toMatchObject({
      status: 201,
      body: { result: "FAILURE", response: { gatewayCode: "LOCK_FAILURE" } }
    })
    expect(await gateway.transaction(id, "R-1")).toMatchObject(invalid())
    expect((await gateway.refund(id, "R-1", "1.00")).body.result).toBe("SUCCESS")
  })

  it("can be a rejection of the merchant, or an order that is not found", async () => {
    const id = await gateway.paid()
    await world.faults({ on: "query", fault: "not-found", times: 1 }, { on: "refund", fault: "reject", status: 403 })
    expect(await gateway.order(id)).toMatchObject(invalid())
    const refused = await gateway.refund(id, "R-1", "1.00")
    expect(refused).toMatchObject({ status: 403, body: { error: { cause: "REQUEST_REJECTED" } } })
  })

  it.each([
    ["wrong-amount", { totalCapturedAmount: 13.34, transaction: [{ transaction: { amount: 13.34 } }] }],
    ["wrong-currency", { currency: "EUR", transaction: [{ order: { currency: "EUR" } }] }],
    ["foreign-merchant", { merchant: "TESTOTHER01" }],
    ["unknown-status", { status: "TELEPORTED" }],
    ["unknown-code", { status: "CAPTURED", transaction: [{ response: { gatewayCode: "TELEPORTED" } }] }]
  ])("can be a gateway that answers nonsense: %s", async (fault, wrong) => {
    const id = await gateway.paid()
    const right = await gateway.order(id)
    await world.faults({ on: "query", fault, times: 1 })
    expect((await gateway.order(id)).body).toMatchObject(wrong)
    expect((await gateway.order(id)).body).toEqual(right.body)
  })

  it("can be another order's answer", async () => {
    const id = await gateway.paid()
    await world.faults({ on: "query", fault: "other-number", times: 1 })
    const { body } = await gateway.order(id)
    expect([body.id, body.transaction[0].order.id, body.transaction[0].transaction.id]).toEqual([
      `${id}-X`,
      `${id}-X`,
      "1"
    ])
  })
})

describe("the gateway's book", () => {
  it("outlives the process, with its credentials", async () => {
    const { world: first, gateway: before } = await openGateway()
    const id = await before.paid()
    await before.refund(id, "R-1", "1.00")
    const session = await before.sessionOf(before.number())
    const order = await before.order(id)
    await first.close()
    const { world: second } = await openGateway({ folder: first.folder })
    const after = merchantOf(second)
    expect([after.passwords, after.webhookSecret]).toEqual([before.passwords, before.webhookSecret])
    expect((await after.order(id)).body).toEqual(order.body)
    expect((await after.refund(id, "R-1", "1.00")).body.order.totalRefundedAmount).toBe(1)
    expect((await after.order(id)).body.transaction).toHaveLength(2)
    expect((await after.page(session)).status).toBe(200)
    await second.close()
    second.sweep()
  })
})
