import type { Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as Console from "../../src/Console.ts"
import { until } from "../../src/Demonstration.ts"

let world: Console.World
beforeAll(async () => {
  if (!Console.isMissing) world = await Console.open()
}, 90_000)
afterEach(() => expect(world?.faults() ?? []).toEqual([]))
afterAll(() => world?.end(), 30_000)

const plots = (page: Page) => page.locator("[class*=_plot_]")

/** How many lines and points each chart shows within its bounds. */
const marks = (page: Page): Promise<ReadonlyArray<number>> =>
  plots(page).evaluateAll((all) =>
    all.map((plot) => {
      const bounds = plot.getBoundingClientRect()
      return [...plot.querySelectorAll("svg path, svg circle")]
        .map((one) => one.getBoundingClientRect())
        .filter(({ left, right, width }) => width > 0 && left >= bounds.left && right <= bounds.right)
        .filter(({ top, bottom }) => top >= bounds.top && bottom <= bounds.bottom).length
    })
  )

describe.skipIf(Console.isMissing)("in a real browser, the page of now", { timeout: 60_000 }, () => {
  it("has four charts that are drawn as soon as something happens, and that move with the next order, without loading it anew", async () => {
    const { page } = await world.seat("vic")
    await Console.went(page, `${world.admin}/console/`)
    await page.getByText("Live", { exact: true }).waitFor()
    await page.evaluate("window.isSamePage = true")
    expect(await plots(page).count()).toBe(0)

    const { payOrderNo } = await world.place("first")
    await world.control("POST", `/_payments/${payOrderNo}/pay`)
    await Console.whenIts(world, "SUCCEEDED", payOrderNo)
    await until("all four charts are drawn", 20_000, async () => {
      const drawn = await marks(page)
      return (drawn.length === 4 && drawn.every((count) => count > 0)) || undefined
    })
    const orders = page.getByRole("region", { name: "Orders per minute" })
    await orders.getByText("As a table").click()
    const placed = (): Promise<number> =>
      orders.locator("tbody td").evaluateAll((cells) => cells.reduce((sum, cell) => sum + Number(cell.textContent), 0))
    await until("the first order is in it", 20_000, async () => (await placed()) === 1 || undefined)
    const before = await orders.locator("svg").innerHTML()

    await world.place("second")
    await until("the second order is in it", 20_000, async () => (await placed()) === 2 || undefined)
    expect(await orders.locator("svg").innerHTML()).not.toBe(before)
    expect(await page.evaluate("'isSamePage' in window")).toBe(true)
  })
})
