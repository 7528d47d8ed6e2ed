import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { checkoutOf, type GatewayMerchant, openGateway, type Said } from "./mpgs.ts"
import type { World } from "./world.ts"
import { merchantThat } from "./world.ts"

// biome-ignore lint/suspicious/noExplicitAny: documented answers, of many shapes
const examples: any = JSON.parse(readFileSync(new URL("./vectors/mpgs/examples.json", import.meta.url), "utf8"))

// biome-ignore lint/suspicious/noExplicitAny: documented answers, of many shapes
const cases: ReadonlyArray<[string, any]> = examples.retrieveOrder.cases.map((one: any) => [one.name, one.body])

let world: World
let gateway: GatewayMerchant
beforeAll(async () => {
  ;({ world, gateway } = await openGateway())
})
afterAll(async () => {
  await world.close()
  world.sweep()
})

/** The paths of all values in a JSON value, each with what it is. */
const shapeOf = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value}`]
  return Object.entries(value).flatMap(([name, part]) => shapeOf(part, path === "" ? name : `${path}.${name}`))
}

/** What a transaction without an approval has none of, whatever a hand-written example says. */
const isOfApproval = (line: string) => /\.(authorizationCode|acquirerCode):/.test(line)

/** The paths of an example that an answer lacks. */
const lacking = (answer: unknown, example: unknown) => {
  const has = new Set(shapeOf(answer))
  return shapeOf(example).filter((line) => !has.has(line) && !isOfApproval(line))
}

const pay = (id: string, verb = "pay", body: object = {}) => gateway.decide(id, verb, body)

/** How an order comes to stand as an example shows it. */
const ways: { readonly [name: string]: (id: string) => Promise<unknown> } = {
  captured: (id) => pay(id),
  authorized: (id) => pay(id),
  "captured after authorize": async (id) => {
    await pay(id)
    await gateway.capture(id, "cap-1", "12.34")
  },
  "partly refunded": async (id) => {
    await pay(id)
    await gateway.refund(id, "RFX20261123000001", "2.34")
  },
  "declined once, payer may try again": (id) => pay(id, "refuse"),
  "declined, then paid with a second transaction": async (id) => {
    await pay(id, "refuse")
    await pay(id)
  },
  "unknown at the acquirer": (id) => pay(id, "pay", { outcome: "UNKNOWN" }),
  "other currency": async (id) => {
    await pay(id)
    await world.faults({ on: "query", fault: "wrong-currency", times: 1 })
  }
}

describe("the documented examples", () => {
  it("authenticate as written", () => {
    const { merchantId, apiPassword, header } = examples.auth
    expect(`Basic ${btoa(`merchant.${merchantId}:${apiPassword}`)}`).toBe(header)
  })

  it("of INITIATE_CHECKOUT are taken and answered so", async () => {
    const { request, response } = examples.initiateCheckout
    const path = request.path.replace(examples.auth.merchantId, gateway.merchantId)
    const { status, body } = await gateway.send(request.method, path, request.body)
    expect(status).toBe(response.status)
    expect(shapeOf(body).toSorted()).toEqual(shapeOf(response.body).toSorted())
    expect(body.session.id).toHaveLength(response.body.session.id.length)
  })

  it("of a return are what the payer returns to", async () => {
    const id = gateway.number()
    const { body } = await gateway.initiate(
      id,
      {},
      { interaction: { returnUrl: examples.returnUrl.good.split("?")[0] } }
    )
    await gateway.submit(body.session.id, "pay")
    const { text } = await gateway.page(body.session.id)
    const back = /id="back" href="([^"]*)"/.exec(text)?.[1]?.replaceAll("&#38;", "&")
    const blank = (url: string | undefined) => url?.replace(/=[0-9a-f]+/g, "=")
    expect(blank(back)).toBe(blank(examples.returnUrl.good))
  })

  it.each(cases)("of RETRIEVE_ORDER are answered so: %s", async (name, example) => {
    const id = gateway.number()
    const operation = name.includes("author") ? "AUTHORIZE" : "PURCHASE"
    await gateway.initiate(id, {}, { interaction: { operation } })
    await ways[name]?.(id)
    const { status, body }: Said = await gateway.order(id)
    expect(status).toBe(200)
    expect(lacking(body, example)).toEqual([])
    const told = ({ amount, currency, result, status, transaction, ...rest }: typeof example) => ({
      totals: [amount, rest.totalAuthorizedAmount, rest.totalCapturedAmount, rest.totalRefundedAmount],
      currency,
      result,
      status,
      // biome-ignore lint/suspicious/noExplicitAny: documented answers, of many shapes
      transactions: transaction.map((one: any) => [
        one.transaction.id,
        one.transaction.type,
        one.transaction.amount,
        one.result,
        one.response.gatewayCode
      ])
    })
    expect(told(body)).toEqual(told(example))
  })

  it("of refusals are answered so", async () => {
    const missing = await gateway.order("NONE-1")
    expect([missing.status, missing.body.error.cause]).toEqual([
      examples.notFound.status,
      examples.notFound.body.error.cause
    ])
    const { field, validationType, cause } = examples.validationError.body.error
    const wrong = await gateway.send("POST", `${gateway.root}/session`, checkoutOf("X-1", { amount: "abc" }))
    expect(wrong).toMatchObject({ status: 400, body: { result: "ERROR", error: { cause, field, validationType } } })
    await world.faults({ on: "create", fault: "throttle", times: 1 })
    const busy = await gateway.initiate("X-1")
    expect(busy.status).toBe(examples.serverBusy.status)
    expect(shapeOf(busy.body).toSorted()).toEqual(shapeOf(examples.serverBusy.body).toSorted())
  })

  it("of a notification are sent so", async () => {
    const { url, got, close } = await merchantThat(() => ({ status: 200 }))
    await gateway.paid({ notificationUrl: url })
    await vi.waitFor(() => expect(got).toHaveLength(1))
    const [first] = got
    expect(lacking(JSON.parse(first?.body ?? ""), examples.webhook.body)).toEqual([])
    for (const [name, value] of Object.entries(examples.webhook.headers))
      expect(first?.headers[name.toLowerCase()]).toHaveLength(String(value).length)
    close()
  })
})
