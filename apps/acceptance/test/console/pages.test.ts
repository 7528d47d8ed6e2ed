import { createHmac } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import axe from "axe-core"
import type { BrowserContextOptions, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as Console from "../../src/Console.ts"
import { until } from "../../src/Demonstration.ts"
import { type Person, secrets, signedIn } from "../../src/System.ts"

/** What would ask, say and run something if it were taken for more than text; of each field its own. */
const planted = (field: string) => `${plantedShort(field)}<script>window.planted=1</script>`
const plantedShort = (field: string) => `<img src=/planted onerror=alert(1)>${field}`
const plantedTight = `"><img/src=/planted/onerror=alert(1)>`
/** What operators may read of it in answers of vendors and endpoints: no text for people, and nothing that tags say beside their names. */
const plantedShape = "<img>…<script>…</script>"
const reason = planted("why")

type Operator = Awaited<ReturnType<typeof signedIn>>

let world: Console.World
/** An order of many states with planted texts, and one that is held. */
let told: string
let held: string
/** Orders of which the vendor said planted texts: in its number and in a page, and as the reason why one failed. */
let heard: string
let failed: string

/** An endpoint of the shop's app that takes nothing, and says planted text. */
const endpoint = createServer((request, response) => {
  request.resume()
  response.writeHead(500, { "content-type": "text/html" }).end(planted("answer"))
})

const listen = async (call: Operator["call"]): Promise<void> => {
  await new Promise<void>((done) => endpoint.listen(0, "127.0.0.1", done))
  const { port } = endpoint.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/`
  const asked = { type: "addEndpoint", url, events: ["order.succeeded"], reason }
  expect(await call("POST", "/admin/apps/demo/changes", asked)).toMatchObject({ status: 200 })
}

const plant = async ({ call }: Operator): Promise<string> => {
  const { payOrderNo } = await world.place("planted", {
    businessNo: plantedTight,
    description: planted("description"),
    metadata: { [plantedShort("name")]: planted("note"), note: "javascript:alert(1)" },
    returnUrl: `${world.shop}/done?to=${plantedTight}`
  })
  await world.control("POST", `/_payments/${payOrderNo}/pay`)
  await Console.whenIts(world, "SUCCEEDED", payOrderNo)
  const amount = { value: "2.34", currency: "CNY" }
  const key = { "idempotency-key": plantedTight.replaceAll('"', "'") }
  await world.call("POST", `/v1/orders/${payOrderNo}/refunds`, { amount, reason: planted("refund") }, key)
  await Console.whenIts(world, "PARTIALLY_REFUNDED", payOrderNo)
  await until("the endpoint has said its text", 20_000, async () => {
    const { body } = await call("GET", `/admin/orders/${payOrderNo}`)
    return JSON.stringify(body).includes(plantedShape) || undefined
  })
  return payOrderNo
}

/** A notification with the platform's signature, as it would come from it (Standard Webhooks 1.0.0). */
const notify = async (payOrderNo: string, over: object): Promise<void> => {
  const payment = { merchant_id: "merchant-tests", merchant_payment_no: payOrderNo, amount: 1234, currency: "CNY" }
  const data = { ...payment, subject: planted("subject"), refunded: 0, ...over }
  const body = JSON.stringify({ type: "payment.changed", timestamp: new Date().toISOString(), data })
  const [id, at] = [`msg_${payOrderNo}`, `${Math.floor(Date.now() / 1000)}`]
  const key = Buffer.from(secrets.platform.replace("whsec_", ""), "base64")
  const signature = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64")
  const headers = { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": `v1,${signature}` }
  const response = await fetch(`${world.gateway}/notify/platform`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body
  })
  expect(response.status).toBe(204)
}

/** An order that is paid under a planted number, and whose query is answered with a planted page. */
const hear = async ({ call }: Operator): Promise<string> => {
  const { payOrderNo } = await world.place("heard")
  await notify(payOrderNo, { status: "SUCCEEDED", id: planted("number"), paid_at: new Date().toISOString() })
  await Console.whenIts(world, "SUCCEEDED", payOrderNo)
  const page = { on: "query", fault: "html", number: payOrderNo, text: planted("page") }
  await world.control("PUT", "/_faults", [page])
  await call("POST", `/admin/orders/${payOrderNo}/sync`, { reason })
  return payOrderNo
}

const fail = async (): Promise<string> => {
  const { payOrderNo } = await world.place("failed")
  await notify(payOrderNo, { status: "FAILED", failure_reason: planted("failure") })
  await Console.whenIts(world, "FAILED", payOrderNo)
  return payOrderNo
}

/** An order that is held, for which one operator has proposed how it goes on. */
const hold = async (): Promise<string> => {
  const { payOrderNo } = await world.place("held")
  await world.control("PUT", "/_faults", [
    { on: "notify", fault: "suppress", number: payOrderNo },
    { on: "query", fault: "wrong-amount", number: payOrderNo }
  ])
  await world.control("POST", `/_payments/${payOrderNo}/pay`)
  const { call } = await signedIn(world.admin, "bea")
  await call("POST", `/admin/orders/${payOrderNo}/sync`, { reason })
  await Console.whenIts(world, "HELD", payOrderNo)
  const proposed = await call("POST", `/admin/orders/${payOrderNo}/resolve`, {
    state: "SUCCEEDED",
    acceptedAmount: "12.35",
    reason
  })
  expect(proposed.status, JSON.stringify(proposed.body)).toBe(200)
  return payOrderNo
}

/** Yesterday's bill of the platform, of which it is asked at once. */
const day = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)

beforeAll(async () => {
  if (Console.isMissing) return
  world = await Console.open()
  const ada = await signedIn(world.admin, "ada")
  const { call } = ada
  await call("POST", "/admin/apps", { id: "planted", name: planted("app"), reason })
  await call("PUT", `/admin/filters/${encodeURIComponent(plantedShort("kept"))}`, { number: plantedTight })
  await call("POST", `/admin/reconciliation/platform/${day()}/run`, { reason })
  await listen(call)
  told = await plant(ada)
  heard = await hear(ada)
  failed = await fail()
  held = await hold()
  await until("the endpoint is behind", 30_000, async () => {
    const { body } = await call("GET", "/admin/overview")
    return JSON.stringify(body).includes(plantedShape) || undefined
  })
}, 90_000)
afterEach(() => expect(world?.faults() ?? []).toEqual([]))
afterAll(async () => {
  endpoint.close()
  endpoint.closeAllConnections()
  await world?.end()
}, 30_000)

const { went } = Console

const ofConsole = (): ReadonlyArray<string> => [
  "",
  "orders",
  "orders?status=CREATED",
  `orders/${told}`,
  `orders/${held}`,
  `orders/${heard}`,
  `orders/${failed}`,
  "proposals",
  "proposals?state=decided",
  "apps",
  "apps/demo",
  "apps/planted",
  "vendors",
  "reconciliation",
  `reconciliation/platform/${day()}`,
  "operators",
  "trail",
  "account",
  "nowhere"
]

/** What was written, by the page that shows it; of what vendors say, only that is readable which is no text for people. */
const written = (): Readonly<Record<string, ReadonlyArray<string>>> => ({
  "": [plantedShape],
  orders: [plantedTight, plantedShort("kept")],
  [`orders/${told}`]: [
    plantedTight,
    ...["note", "refund"].map(planted),
    plantedShort("name"),
    plantedShape,
    "javascript:alert(1)"
  ],
  [`orders/${held}`]: [reason],
  [`orders/${heard}`]: [planted("number"), '"subject": "…"', plantedShape],
  [`orders/${failed}`]: [planted("failure"), '"failure_reason": "…"'],
  proposals: [reason],
  apps: [planted("app")],
  "apps/demo": [plantedShape],
  "apps/planted": [planted("app")],
  trail: [reason]
})

/** Opens what is folded; React's own state does not know of it: it stays open until the page is left. */
const unfold = async (page: Page, path: string): Promise<void> => {
  await page.locator("details").evaluateAll((all) => {
    for (const one of all) one.setAttribute("open", "")
  })
  if (path !== "orders") return
  await page.getByRole("button", { name: "Saved" }).click()
  await page.getByRole("menuitem").first().waitFor()
}

/** Those of the texts that the page does not show. */
const missing = async (page: Page, texts: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const shown = (await page.locator("body").textContent()) ?? ""
  return texts.filter((text) => !shown.includes(text))
}

/** Whether all that moves for a while has come to rest; what pulses for ever may. */
const atRest = `document.getAnimations().every(
  (one) => one.playState !== "running" || one.effect.getTiming().iterations === Infinity
)`

/** Serious and critical findings, in words. */
const findings = async (page: Page, where: string): Promise<ReadonlyArray<string>> => {
  // What moves in is judged where it comes to rest.
  await until(`${where} is at rest`, 20_000, async () => (await page.evaluate<boolean>(atRest)) || undefined)
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source)
  const { violations, passes } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as axe.AxeResults
  expect(passes.length, where).toBeGreaterThan(10)
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${where}: ${id} ${nodes.map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`).join(" | ")}`
    )
}

/** Each way of looking has one of each: colours, language, width. */
const looks = [
  ["light, English, wide", { colorScheme: "light", locale: "en-GB", viewport: { width: 1280, height: 900 } }],
  ["dark, 中文, on a phone", { colorScheme: "dark", locale: "zh-CN", viewport: { width: 390, height: 844 } }]
] as const satisfies ReadonlyArray<readonly [string, BrowserContextOptions]>

/** What opens a dialog, on which page, in both languages. */
const dialogs = (): ReadonlyArray<readonly [page: string, opens: RegExp, person: Person]> => [
  ["orders", /^(?:Export CSV|导出 CSV)$/, "bea"],
  [`orders/${told}`, /^(?:Refund|退款)$/, "bea"],
  [`orders/${told}`, /^(?:Send again|重新投递)$/, "bea"],
  [`orders/${held}`, /^(?:Let it go on|处理挂起)$/, "bea"],
  ["proposals", /^(?:Approve|通过)$/, "cai"],
  ["apps", /^(?:Make an app|新建应用)$/, "ada"],
  ["operators", /^(?:Make an operator|新建操作员)$/, "ada"]
]

describe.skipIf(Console.isMissing)("in a real browser", { timeout: 120_000 }, () => {
  it("what apps, vendors and operators wrote is shown as text and nothing else", async () => {
    const { page } = await world.seat("ada")
    const shown = written()
    for (const path of ofConsole()) {
      await went(page, `${world.admin}/console/${path}`)
      await unfold(page, path)
      expect(await missing(page, shown[path] ?? []), path).toEqual([])
      const taken = 'img[src*="planted"], script:not([src]), [onerror], a[href^="javascript:"]'
      expect(await page.locator(taken).count(), path).toBe(0)
      expect(await page.evaluate("'planted' in window"), path).toBe(false)
    }
    for (const [path, texts] of Object.entries({
      orders: [],
      [`orders/${told}`]: [plantedTight],
      [`orders/${failed}`]: [planted("failure")],
      webhooks: [planted("failure")]
    })) {
      await page.goto(`${world.shop}/${path}`)
      expect(await missing(page, texts), `shop/${path}`).toEqual([])
      expect(await page.evaluate("'planted' in window"), `shop/${path}`).toBe(false)
    }
    const { next } = await world.place("planted-cashier", { description: planted("cashier") })
    await page.goto(next?.url ?? "")
    expect(await missing(page, [planted("cashier")])).toEqual([])
    expect(await page.evaluate("'planted' in window")).toBe(false)
  })

  it.each(looks)("axe finds nothing serious on any page: %s", async (_, look) => {
    const { page } = await world.seat("ada", look)
    const found: Array<string> = []
    for (const path of ofConsole()) {
      await went(page, `${world.admin}/console/${path}`)
      found.push(...(await findings(page, path)))
      const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")
      if (overflow > 0) found.push(`${path} is ${overflow} px too wide`)
    }
    expect(found).toEqual([])
  })

  it.each(looks)("axe finds nothing serious in any dialog, nor on the way in: %s", async (_, look) => {
    const found: Array<string> = []
    const stranger = await world.seat(null, look)
    await went(stranger.page, `${world.admin}/console/`)
    found.push(...(await findings(stranger.page, "the way in")))
    const pages = new Map<Person, Page>()
    for (const [path, opens, person] of dialogs()) {
      const page = pages.get(person) ?? (await world.seat(person, look)).page
      pages.set(person, page)
      await went(page, `${world.admin}/console/${path}`)
      await page.getByRole("button", { name: opens }).first().click()
      await page.getByRole("dialog").waitFor()
      found.push(...(await findings(page, `${path} ${opens}`)))
    }
    if (look.viewport.width < 600) {
      const { page } = await world.seat("ada", look)
      await went(page, `${world.admin}/console/`)
      await page.getByRole("banner").getByRole("button").first().click()
      await page.getByRole("dialog").waitFor()
      found.push(...(await findings(page, "the menu")))
    }
    expect(found).toEqual([])
  })

  it.each(looks)("axe finds nothing serious on the shop's pages and at the cashier: %s", async (_, look) => {
    const { page } = await world.seat(null, look)
    const { payOrderNo, next } = await world.place(`looked-${look.colorScheme}`)
    const found: Array<string> = []
    for (const path of [
      "",
      "checkout?policy=weekend",
      "orders",
      `orders/${payOrderNo}`,
      `orders/${told}`,
      "webhooks"
    ]) {
      await page.goto(`${world.shop}/${path}`)
      found.push(...(await findings(page, `shop/${path}`)))
    }
    await page.goto(next?.url ?? "")
    found.push(...(await findings(page, "the cashier")))
    await page.click("#pay")
    await page.locator("#state").waitFor()
    found.push(...(await findings(page, "the receipt")))
    await page.click("#back")
    found.push(...(await findings(page, "back in the shop")))
    expect(found).toEqual([])
  })

  it.each(["", "orders"])("the first load of /console/%s is under 300 KB as it is sent", async (path) => {
    const { page, context } = await world.seat("ada")
    const devtools = await context.newCDPSession(page)
    await devtools.send("Network.enable")
    let bytes = 0
    devtools.on("Network.loadingFinished", ({ encodedDataLength }) => {
      bytes += encodedDataLength
    })
    await went(page, `${world.admin}/console/${path}`)
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(300 * 1024)
  })
})
