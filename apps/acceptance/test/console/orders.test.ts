import { readFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as Console from "../../src/Console.ts"
import { until } from "../../src/Demonstration.ts"
import { signedIn } from "../../src/System.ts"

let world: Console.World
beforeAll(async () => {
  if (!Console.isMissing) world = await Console.open()
}, 90_000)
afterEach(() => expect(world?.faults() ?? []).toEqual([]))
afterAll(() => world?.end(), 30_000)

/** The page of an order as an operator has it, following the order. */
const followed = async (person: "bea" | "cai" | "vic", payOrderNo: string) => {
  const { page } = await world.seat(person)
  await page.goto(`${world.admin}/console/orders/${payOrderNo}`)
  await page.getByText("Live", { exact: true }).waitFor()
  return page
}

/** Says why in the dialog that is open, and does what it asks about. */
const because = async (page: Page, verb: string, reason: string) => {
  const dialog = page.getByRole("dialog")
  await dialog.getByLabel("Reason").fill(reason)
  await dialog.getByRole("button", { name: verb, exact: true }).click()
}

interface Received {
  readonly type: string
  readonly duplicates: number
}
const receivedOf = async (payOrderNo: string) =>
  (await (await fetch(`${world.shop}/events?payOrderNo=${payOrderNo}`)).json()) as ReadonlyArray<Received>

describe.skipIf(Console.isMissing)("in a real browser, an operator of the console", { timeout: 60_000 }, () => {
  it("sees an order that is bought in the shop come, wait, and be paid, without loading the page anew", async () => {
    const customer = await world.seat(null)
    const payOrderNo = await Console.buy(world, customer.page, "weekend")
    const { page } = await world.seat("vic")
    await page.goto(`${world.admin}/console/orders`)
    await page.getByRole("link", { name: payOrderNo }).click()
    await Console.saysThatIts(page, "Awaiting payment")
    await page.getByText("Live", { exact: true }).waitFor()
    await page.evaluate("window.isSamePage = true")
    await customer.page.click("#go")
    await customer.page.click("#pay")
    await Console.saysThatIts(page, "Succeeded")
    expect(await page.evaluate("'isSamePage' in window")).toBe(true)
    await customer.page.click("#back")
    await customer.page.waitForURL(`${world.shop}/done?payOrderNo=${payOrderNo}`)
  })

  it("sees a payment that the payer refuses fail", async () => {
    const customer = await world.seat(null)
    const payOrderNo = await Console.buy(world, customer.page, "weekend")
    const page = await followed("vic", payOrderNo)
    await customer.page.click("#go")
    await customer.page.click("#refuse")
    await Console.saysThatIts(page, "Failed")
  })

  it("sees an order that nobody pays in time close", async () => {
    const { payOrderNo, next } = await world.place("expires", { expiresIn: 60 })
    const page = await followed("vic", payOrderNo)
    await world.control("POST", "/_clock", { advanceMillis: 61_000 })
    try {
      await Console.saysThatIts(page, "Closed")
      const payer = await world.seat(null)
      await payer.page.goto(next?.url ?? "")
      await payer.page.getByText("This payment has expired").waitFor()
    } finally {
      await world.control("POST", "/_clock", { advanceMillis: -61_000 })
    }
  })

  it("sends back more than the limit only with a second operator, and never approves what he asked for himself", async () => {
    const { payOrderNo } = await world.place("refunded", { amount: { value: "128.00", currency: "CNY" } })
    await world.control("POST", `/_payments/${payOrderNo}/pay`)
    await Console.whenIts(world, "SUCCEEDED", payOrderNo)
    const first = await followed("bea", payOrderNo)
    await first.getByRole("button", { name: "Refund" }).click()
    await first.getByLabel("Amount in CNY").fill("100.00")
    await because(first, "Refund", "The journey was cancelled.")
    await first.getByText("The refund waits for a second person.").waitFor()
    await first.getByText("You proposed it: another operator has to approve.").first().waitFor()
    expect(await first.getByRole("button", { name: "Approve" }).count()).toBe(0)
    const bea = await signedIn(world.admin, "bea")
    const { body } = await bea.call("GET", "/admin/proposals?state=open")
    const { items } = body as { readonly items: ReadonlyArray<{ readonly id: string; readonly subject: string }> }
    const { id } = items.find(({ subject }) => subject === payOrderNo) ?? expect.fail("no proposal is open")
    const alone = await bea.call("POST", `/admin/proposals/${id}/approve`, { note: "It is fine." })
    expect(alone).toMatchObject({ status: 403, body: { code: "SECOND_PERSON_NEEDED" } })

    const second = (await world.seat("cai")).page
    await second.goto(`${world.admin}/console/proposals`)
    const proposal = second.getByRole("listitem").filter({ hasText: payOrderNo })
    await proposal.getByRole("button", { name: "Approve" }).click()
    await because(second, "Approve", "I spoke with the customer.")
    await Console.saysThatIts(first, "Partly refunded")
    await first.locator("#refunds").getByText("100.00").first().waitFor()
    await first.getByText("Answer to the refund: succeeded").first().waitFor()
    expect(await first.getByText("Answer to the capture").count()).toBe(0)
  })

  it("lets an order go on that is held for a wrong amount, with a second operator", async () => {
    const { payOrderNo } = await world.place("held")
    await world.control("PUT", "/_faults", [
      { on: "notify", fault: "suppress", number: payOrderNo },
      { on: "query", fault: "wrong-amount", number: payOrderNo }
    ])
    await world.control("POST", `/_payments/${payOrderNo}/pay`)
    const first = await followed("bea", payOrderNo)
    await first.getByRole("button", { name: "Ask the vendor" }).click()
    await because(first, "Ask the vendor", "The customer says that it is paid.")
    await Console.saysThatIts(first, "Held")
    await first.getByRole("button", { name: "Let it go on" }).click()
    await first.getByLabel("It goes on as").selectOption("SUCCEEDED")
    await because(first, "Propose", "The vendor's desk confirms 12.35.")
    await first.getByText("You proposed it: another operator has to approve.").first().waitFor()

    const second = await followed("cai", payOrderNo)
    await second.getByRole("button", { name: "Approve" }).click()
    await because(second, "Approve", "I saw the desk's letter.")
    await Console.saysThatIts(first, "Succeeded")
  })

  it("sends an event again, and the shop receives it again", async () => {
    const { payOrderNo } = await world.place("resent")
    await until("the shop is told", 20_000, async () => (await receivedOf(payOrderNo)).length === 2 || undefined)
    const page = await followed("bea", payOrderNo)
    const event = page.locator("#deliveries").getByRole("listitem").filter({ hasText: "order.pending" })
    await event.getByRole("button", { name: "Send again" }).click()
    await because(page, "Send again", "The shop lost it.")
    await page.getByText("It is on its way to 1 endpoint.").waitFor()
    await until("the shop is told again", 20_000, async () =>
      (await receivedOf(payOrderNo)).find(({ type, duplicates }) => type === "order.pending" && duplicates === 1)
    )
    const customer = await world.seat(null)
    await customer.page.goto(`${world.shop}/orders/${payOrderNo}`)
    await customer.page.getByText("came 1 times more: taken once").waitFor()
  })

  it("finds an order by any of its numbers", async () => {
    const { payOrderNo } = await world.place("found", { businessNo: "POLICY-2026-4711" })
    await world.control("POST", `/_payments/${payOrderNo}/pay`)
    await Console.whenIts(world, "SUCCEEDED", payOrderNo)
    const { refundNo } = await world.call<{ readonly refundNo: string }>(
      "POST",
      `/v1/orders/${payOrderNo}/refunds`,
      { amount: { value: "2.34", currency: "CNY" } },
      { "idempotency-key": "found-refund" }
    )
    const { transactionNo } = await world.call<{ readonly transactionNo: string }>("GET", `/v1/orders/${payOrderNo}`)
    const { page } = await world.seat("vic")
    for (const number of [payOrderNo, "POLICY-2026-4711", transactionNo, refundNo]) {
      await page.goto(`${world.admin}/console/orders`)
      await page.getByRole("searchbox").fill(number)
      await page.keyboard.press("Enter")
      await page.getByText("Exactly one order has this number.").waitFor()
      expect(await page.locator("[data-order]").textContent()).toBe(payOrderNo)
    }
    await page.getByRole("link", { name: "Open it" }).click()
    await Console.saysThatIts(page, "Partly refunded")
  })

  it("exports what a search finds, sees how far it is, and the file has every order", async () => {
    const placed = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        world.place(`exported-${index}`, { amount: { value: `777.${10 + index}`, currency: "CNY" } })
      )
    )
    const { page, context } = await world.seat("vic")
    // The system's dialog in which one picks a file is beyond a test's reach: without it the browser downloads.
    await page.addInitScript("delete window.showSaveFilePicker")
    await page.goto(`${world.admin}/console/orders?amountFrom=777&amountTo=778&currency=CNY`)
    await page.getByText("12 orders").waitFor()
    await page.getByRole("button", { name: "Export CSV" }).click()
    const slow = { offline: false, latency: 0, downloadThroughput: 1500, uploadThroughput: -1 }
    const devtools = await context.newCDPSession(page)
    await devtools.send("Network.emulateNetworkConditions", slow)
    const download = page.waitForEvent("download")
    await page.getByRole("dialog").getByRole("button", { name: "Export", exact: true }).click()
    await page.getByRole("progressbar").waitFor()
    await page.getByText(/^\d+ of 12 orders$/).waitFor()
    await devtools.send("Network.emulateNetworkConditions", { ...slow, downloadThroughput: -1 })
    const file = await download
    await page.getByText("12 orders were exported.").waitFor()
    expect(file.suggestedFilename()).toMatch(/\.csv$/)
    const lines = readFileSync(await file.path(), "utf8")
      .trim()
      .split("\r\n")
    expect(lines).toHaveLength(13)
    for (const { payOrderNo } of placed) expect(lines.filter((line) => line.includes(payOrderNo))).toHaveLength(1)
  })
})
