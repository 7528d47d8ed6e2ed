import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type GatewayMerchant, openGateway } from "./mpgs.ts"
import type { World } from "./world.ts"

let world: World
let gateway: GatewayMerchant
beforeAll(async () => {
  ;({ world, gateway } = await openGateway())
})
afterAll(async () => {
  await world.close()
  world.sweep()
})

const columns =
  "order.id,transaction.id,transaction.type,transaction.amount,transaction.currency,result,response.gatewayCode,timeOfRecord"

const history = (query: { readonly [name: string]: string }, password = gateway.reportingPassword) =>
  gateway.send(
    "GET",
    `/history/version/1/merchant/${gateway.merchantId}/transaction?${new URLSearchParams(query)}`,
    undefined,
    { authorization: gateway.basic(password) }
  )
const day = (date: string, next: string) => ({
  "timeOfRecord.start": `${date}T00:00:00Z`,
  "timeOfRecord.end": `${next}T00:00:00Z`
})
const rows = (text: string) => {
  expect(text.endsWith("\r\n")).toBe(true)
  return text
    .slice(0, -2)
    .split("\r\n")
    .map((line) => line.split(","))
}

describe("the history of transactions", () => {
  it("has one line for each event of the time asked for, its start inclusive and its end exclusive", async () => {
    await gateway.setNow("2032-01-01T23:50:00Z")
    const before = await gateway.paid()
    await gateway.setNow("2032-01-02T08:00:00Z")
    const id = gateway.number()
    await gateway.initiate(id)
    await gateway.decide(id, "refuse")
    await gateway.decide(id, "pay", { outcome: "PENDING" })
    await gateway.decide(id, "settle")
    await gateway.refund(id, "R-1", "2.34")
    const dinars = await gateway.paid({ currency: "KWD", amount: "1.5" })
    await gateway.setNow("2032-01-03T00:00:00Z")
    await gateway.refund(before, "R-1", "1.00")
    const { status, headers, text } = await history({ ...day("2032-01-02", "2032-01-03"), columns })
    expect([status, headers.get("content-type")]).toEqual([200, "text/csv;charset=UTF-8"])
    const at = expect.stringMatching(/^2032-01-02T08:00:\d\d\.\d{3}Z$/)
    expect(rows(text)).toEqual([
      columns.split(","),
      [id, "1", "PAYMENT", "12.34", "USD", "FAILURE", "DECLINED", at],
      [id, "2", "PAYMENT", "12.34", "USD", "PENDING", "SUBMITTED", at],
      [id, "2", "PAYMENT", "12.34", "USD", "SUCCESS", "APPROVED", at],
      [id, "R-1", "REFUND", "2.34", "USD", "SUCCESS", "APPROVED", at],
      [dinars, "1", "PAYMENT", "1.500", "KWD", "SUCCESS", "APPROVED", at]
    ])
  })

  it("has only its head for a time without business", async () => {
    expect(rows((await history({ ...day("2029-01-01", "2029-01-02"), columns })).text)).toHaveLength(1)
  })

  it("names its columns as asked, and quotes what needs it", async () => {
    await gateway.setNow("2032-02-01T00:00:00Z")
    await gateway.initiate('A "b", c')
    await world.call("POST", `/_payments/${encodeURIComponent('A "b", c')}/pay`, {})
    const query = { ...day("2032-02-01", "2032-02-02"), columns: "order.id,order.unknown,result" }
    const { text } = await history({ ...query, columnHeaders: "Order,Nothing,Outcome" })
    expect(text).toBe('Order,Nothing,Outcome\r\n"A ""b"", c",,SUCCESS\r\n')
    expect((await history({ ...query, columnHeaders: "Order" })).body.error).toMatchObject({ field: "columnHeaders" })
  })

  it("is told to the reporting password alone", async () => {
    const answer = await history({ ...day("2032-01-02", "2032-01-03") }, gateway.passwords[0])
    expect(answer).toMatchObject({ status: 401, body: { error: { cause: "REQUEST_REJECTED" } } })
  })

  it.each([
    ["timeOfRecord.start", { "timeOfRecord.end": "2032-01-03T00:00:00Z" }, "MISSING"],
    ["timeOfRecord.end", { "timeOfRecord.start": "2032-01-03T00:00:00Z" }, "MISSING"],
    ["timeOfRecord.start", { ...day("yesterday", "2032-01-03") }, "INVALID"],
    ["timeOfRecord.end", { ...day("2032-01-03", "2032-01-03") }, "INVALID"],
    ["columns", { ...day("2032-01-02", "2032-01-03"), columns: "a;b" }, "INVALID"]
  ])("refuses a wrong %s: %j", async (field, query, validationType) => {
    const answer = await history(query)
    expect(answer).toMatchObject({ status: 400, body: { error: { cause: "INVALID_REQUEST", field, validationType } } })
  })

  it("can be busy", async () => {
    await world.faults({ on: "bill", fault: "throttle", times: 1 })
    expect(await history(day("2032-01-02", "2032-01-03"))).toMatchObject({
      status: 503,
      body: { error: { cause: "SERVER_BUSY" } }
    })
  })
})
