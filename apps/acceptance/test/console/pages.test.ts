import axe from "axe-core"
import type { BrowserContextOptions, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as Console from "../../src/Console.ts"
import { until } from "../../src/Demonstration.ts"
import { type Person, signedIn } from "../../src/System.ts"

/** What would ask, say and run something if it were taken for more than text. */
const planted = `<img src=/planted onerror=alert(1)><script>window.planted=1</script>`
const plantedTight = `"><img/src=/planted/onerror=alert(1)>`
const reason = `Because: ${planted}`

let world: Console.World
/** An order of many states with planted texts, and one that is held. */
let told: string
let held: string

const plant = async (): Promise<string> => {
  const { payOrderNo } = await world.place("planted", {
    businessNo: plantedTight,
    description: planted,
    metadata: { [planted.slice(0, 40)]: planted, note: "javascript:alert(1)" },
    returnUrl: `${world.shop}/done?to=${plantedTight}`
  })
  await world.control("POST", `/_payments/${payOrderNo}/pay`)
  await Console.whenIts(world, "SUCCEEDED", payOrderNo)
  const amount = { value: "2.34", currency: "CNY" }
  const key = { "idempotency-key": plantedTight.replaceAll('"', "'") }
  await world.call("POST", `/v1/orders/${payOrderNo}/refunds`, { amount, reason }, key)
  await Console.whenIts(world, "PARTIALLY_REFUNDED", payOrderNo)
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
  const { call } = await signedIn(world.admin, "ada")
  await call("POST", "/admin/apps", { id: "planted", name: planted, reason })
  await call("PUT", `/admin/filters/${encodeURIComponent(planted.slice(0, 40))}`, { number: plantedTight })
  await call("POST", `/admin/reconciliation/platform/${day()}/run`, { reason })
  told = await plant()
  held = await hold()
}, 90_000)
afterEach(() => expect(world?.faults() ?? []).toEqual([]))
afterAll(() => world?.end(), 30_000)

const { went } = Console

const ofConsole = (): ReadonlyArray<string> => [
  "",
  "orders",
  "orders?status=CREATED",
  `orders/${told}`,
  `orders/${held}`,
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
    const shownOn: Array<string> = []
    for (const path of ofConsole()) {
      await went(page, `${world.admin}/console/${path}`)
      // React's own state does not know of them: they stay open until the page is left.
      await page.locator("details").evaluateAll((all) => {
        for (const one of all) one.setAttribute("open", "")
      })
      const text = await page.locator("body").textContent()
      if (text?.includes("<img")) shownOn.push(path)
      const taken = 'img[src*="planted"], script:not([src]), [onerror], a[href^="javascript:"]'
      expect(await page.locator(taken).count(), path).toBe(0)
      expect(await page.evaluate("'planted' in window"), path).toBe(false)
    }
    const expected = ["orders", `orders/${told}`, `orders/${held}`, "proposals", "apps", "apps/planted", "trail"]
    expect(shownOn).toEqual(expect.arrayContaining(expected))
    await page.goto(`${world.shop}/orders`)
    await page.goto(`${world.shop}/orders/${told}`)
    await page.goto(`${world.shop}/webhooks`)
    expect(await page.locator("body").textContent()).toContain("<img")
    const { next } = await world.place("planted-cashier", { description: planted })
    await page.goto(next?.url ?? "")
    expect(await page.locator("body").textContent()).toContain(planted)
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
