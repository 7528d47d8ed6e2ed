import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { executable, launch } from "../src/Browser.ts"
import type { Running } from "../src/Demonstration.ts"
import { root, start, until } from "../src/Demonstration.ts"

interface Order {
  readonly payOrderNo: string
  readonly status: string
  readonly version: number
  readonly next: { readonly type: string; readonly url: string } | null
}
interface Received {
  readonly type: string
  readonly payOrderNo: string
  readonly version: number
  readonly verified: boolean
}

let running: Running
beforeAll(async () => {
  running = await start()
}, 120_000)
afterAll(() => running?.end(), 30_000)

const call = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${running.demo.gateway}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${running.demo.appKey}`, "content-type": "application/json", ...init.headers }
  })
  return { status: response.status, body: (await response.json()) as unknown }
}

const place = async (key: string): Promise<Order> => {
  const body = {
    vendor: "platform",
    amount: { value: "12.34", currency: "CNY" },
    method: "ALIPAY",
    source: "WEB",
    description: "Travel insurance, 3 days",
    returnUrl: `${running.demo.shop}/done`
  }
  const answer = await call("/v1/orders", {
    method: "POST",
    headers: { "idempotency-key": key },
    body: JSON.stringify(body)
  })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body as Order
}

/** The order as soon as it has `status`; each question waits for the next change. */
const whenIts = (status: string, payOrderNo: string) =>
  until(`order ${payOrderNo} is ${status}`, 60_000, async () => {
    const { body } = await call(`/v1/orders/${payOrderNo}?wait=30`)
    return (body as Order).status === status ? (body as Order) : undefined
  })

const history = async (payOrderNo: string) => {
  const { body } = await call(`/v1/orders/${payOrderNo}/history`)
  return (
    body as { readonly items: ReadonlyArray<{ readonly status: string; readonly cause: string; readonly at: string }> }
  ).items
}

const received = (payOrderNo: string, count: number) =>
  until(`the shop received ${count} events of ${payOrderNo}`, 30_000, async () => {
    const response = await fetch(`${running.demo.shop}/events?payOrderNo=${payOrderNo}`)
    const events = (await response.json()) as ReadonlyArray<Received>
    return events.length >= count ? events : undefined
  })

const browser = executable()

describe("the whole path, from npm start", () => {
  it("prints the addresses, a key and a curl to copy", async () => {
    const { demo, folder, printed } = running
    await until("all of it is printed", 10_000, () => printed().includes("Ctrl-C") || undefined)
    const typed = [`export GATEWAY=${demo.gateway} APP_KEY=${demo.appKey}`, join(folder, "demo.env"), "curl -X POST"]
    for (const part of [demo.gateway, demo.docs, demo.sandbox, demo.shop, demo.appKey, ...typed])
      expect(printed()).toContain(part)
    const said = printed()
    const addresses = [demo.console, demo.operator.password, demo.gateway, demo.sandbox, demo.appKey]
    const start = said.indexOf(`Start here  ${demo.shop}`)
    expect(start).toBeGreaterThan(0)
    for (const part of addresses) expect(said.indexOf(part, start), part).toBeGreaterThan(start)
  })

  it.skipIf(browser === undefined && process.env["CI"] === undefined)(
    "an order is placed, paid by a person in a browser, SUCCEEDED, and reported to the shop, which verified each event",
    async () => {
      if (browser === undefined) throw new Error("CI has no Chromium: .ci/run installs it.")
      const order = await place("browser-1")
      expect(order.status).toBe("PENDING")
      const chromium = await launch(browser)
      try {
        const page = await chromium.newPage()
        await page.goto(order.next?.url ?? "")
        await page.click("#pay")
        await page.waitForSelector("#state")
        await page.click("#back")
        expect(page.url()).toBe(`${running.demo.shop}/done`)
      } finally {
        await chromium.close()
      }
      const paid = await whenIts("SUCCEEDED", order.payOrderNo)
      expect(paid.version).toBe(3)
      const steps = await history(order.payOrderNo)
      expect(steps.map(({ status }) => status)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
      expect(steps.map(({ cause }) => cause)).toEqual(["submit", "create:open", "notification:paid"])
      for (const { at } of steps) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      const events = await received(order.payOrderNo, 3)
      expect(events.map(({ type }) => type).sort()).toEqual(["order.pending", "order.submitting", "order.succeeded"])
      expect(events.every(({ verified }) => verified)).toBe(true)
    },
    60_000
  )

  it.skipIf(browser === undefined && process.env["CI"] === undefined)(
    "a policy is bought in the shop, paid, and refunded in part and then whole, and the shop's pages tell of it",
    async () => {
      if (browser === undefined) throw new Error("CI has no Chromium: .ci/run installs it.")
      const chromium = await launch(browser)
      try {
        const page = await chromium.newPage()
        await page.goto(running.demo.shop)
        await page.click('a[href="/checkout?policy=weekend"]')
        await page.click("form button")
        await page.waitForURL(`${running.demo.shop}/orders/*`)
        const order = page.url()
        const payOrderNo = order.split("/").at(-1) ?? ""
        await page.click("#go")
        await page.click("#pay")
        await page.waitForSelector("#state")
        await page.click("#back")
        await page.waitForURL(`${running.demo.shop}/done?payOrderNo=${payOrderNo}`)
        await page.waitForSelector("text=SUCCEEDED", { timeout: 20_000 })
        await page.click(`a[href="/orders/${payOrderNo}"]`)
        await page.fill("input[name=amount]", "2.34")
        await page.click("text=Refund this much")
        await page.waitForSelector("#story >> text=PARTIALLY_REFUNDED", { timeout: 20_000 })
        await page.waitForSelector("text=Given back", { timeout: 20_000 })
        expect(page.url()).toBe(order)
        await page.click("text=Cancel the policy: refund ¥10.00")
        await page.waitForSelector("#story >> text=Refunded", { timeout: 20_000 })
        await page.waitForSelector("#story >> text=/^REFUNDED$/", { timeout: 20_000 })
        const told = await received(payOrderNo, 10)
        const types = told.map(({ type }) => type)
        expect(types).toEqual(expect.arrayContaining(["refund.succeeded", "order.partially_refunded"]))
      } finally {
        await chromium.close()
      }
    },
    60_000
  )

  it.skipIf(browser === undefined && process.env["CI"] === undefined)(
    "the shop's page of an order leads operators to it in the console, where the first of them signs in",
    async () => {
      if (browser === undefined) throw new Error("CI has no Chromium: .ci/run installs it.")
      const { shop, operator } = running.demo
      const chromium = await launch(browser)
      try {
        const page = await chromium.newPage()
        await page.goto(shop)
        await page.click('a[href="/checkout?policy=fortnight"]')
        await page.click("form button")
        await page.waitForURL(`${shop}/orders/*`)
        const payOrderNo = page.url().split("/").at(-1) ?? ""
        await page.click("#console")
        expect(page.url()).toBe(`${running.demo.console}/orders/${payOrderNo}`)
        await page.locator("input:not([type=password])").first().fill(operator.name)
        await page.fill("input[type=password]", operator.password)
        await page.keyboard.press("Enter")
        await page.waitForSelector(`text=${payOrderNo}`, { timeout: 20_000 })
        expect(page.url()).toBe(`${running.demo.console}/orders/${payOrderNo}`)
      } finally {
        await chromium.close()
      }
    },
    60_000
  )

  it("an order whose notification never comes is confirmed by query", async () => {
    const order = await place("suppressed-1")
    const faults = [{ on: "notify", fault: "suppress", number: order.payOrderNo }]
    const armed = await fetch(`${running.demo.sandbox}/_faults`, { method: "PUT", body: JSON.stringify(faults) })
    expect(armed.status).toBe(200)
    await fetch(`${running.demo.sandbox}/_payments/${order.payOrderNo}/pay`, { method: "POST" })
    await whenIts("SUCCEEDED", order.payOrderNo)
    expect((await history(order.payOrderNo)).at(-1)?.cause).toBe("query:paid")
    const fired = (await (await fetch(`${running.demo.sandbox}/_faults`)).json()) as ReadonlyArray<{
      readonly fired: number
    }>
    expect(fired[0]?.fired).toBe(1)
    await received(order.payOrderNo, 3)
  }, 90_000)

  it("the README's commands work as they stand", () => {
    for (const readme of ["README.md", "README.zh-CN.md"]) {
      const blocks = [...readFileSync(join(root, readme), "utf8").matchAll(/```sh\n([\s\S]*?)```/g)].map(
        ([, block]) => block ?? ""
      )
      expect(blocks[0]?.trim()).toBe("npm start")
      expect(blocks[6]?.trim()).toBe("npm test")
      const sh = (script: string, env: Record<string, string>) =>
        execFileSync("bash", ["-c", script], { env: { ...process.env, ...env }, encoding: "utf8" })
      const env = { GATEWAY: running.demo.gateway, APP_KEY: running.demo.appKey }
      const order = JSON.parse(
        sh((blocks[1] ?? "").replace("curl ", "curl -s ").replace("order-1", readme), env)
      ) as Order
      expect(order.status).toBe("PENDING")
      sh(`curl -s -X POST ${running.demo.sandbox}/_payments/${order.payOrderNo}/pay`, {})
      const ofOrder = { ...env, PAY_ORDER_NO: order.payOrderNo }
      const quietly = (block: string | undefined) => (block ?? "").replaceAll("curl ", "curl -s -w '\\n' ")
      const answers = sh(quietly(blocks[2]).replace("PAY_ORDER_NO=…", ""), ofOrder)
      expect(answers).toContain('"payOrderNo"')
      expect(answers).toContain('"submit"')
      const paid = sh(`curl -s "$GATEWAY/v1/orders/$PAY_ORDER_NO?wait=30" -H "Authorization: Bearer $APP_KEY"`, ofOrder)
      expect(JSON.parse(paid)).toMatchObject({ status: "SUCCEEDED" })
      const refund = JSON.parse(sh(quietly(blocks[4]).replace("refund-1", `${readme}-refund`), ofOrder))
      expect(refund).toMatchObject({ payOrderNo: order.payOrderNo, amount: { value: "2.34", currency: "CNY" } })
      const [list = "", stream = ""] = (blocks[3] ?? "").trim().split("\n")
      expect(sh(list, ofOrder)).toContain("order.succeeded")
      // It goes on until whoever reads it leaves.
      const going = `exec 3< <(exec ${stream.replace("curl ", "curl -s -m 20 ")})`
      const told = sh(`${going}; grep -m 1 'event: refund.submitting' <&3; kill $!; true`, ofOrder)
      expect(told).toContain("event: refund.submitting")
      const no = `proxied-${readme.length}`
      const passed = sh((blocks[5] ?? "").replace("curl ", "curl -s ").replaceAll("SHOP-0001", no), env)
      expect(passed).toMatch(/^HTTP\/1\.1 201 /)
      const payOrderNo = /payment-proxy-order: (\S+)/.exec(passed)?.[1] ?? ""
      expect(
        JSON.parse(sh(`curl -s ${env.GATEWAY}/v1/orders/${payOrderNo} -H 'Authorization: Bearer ${env.APP_KEY}'`, {}))
      ).toMatchObject({ status: "PENDING", businessNo: no })
    }
  }, 90_000)

  it("the documentation pages ask nothing from outside", async () => {
    const page = await (await fetch(running.demo.docs)).text()
    expect(page).toContain("/v1/orders")
    expect(page).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="https?:/)
    const openapi = (await (await fetch(`${running.demo.gateway}/openapi.json`)).json()) as { readonly paths: object }
    expect(Object.keys(openapi.paths)).toContain("/v1/orders")
  })
})
