// Takes the pictures of docs/console.md, from a real system: `pnpm --filter @payment-proxy/acceptance screenshots`; with
// names behind it, those alone that begin so: `screenshots now-zh shop cashier`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { open, type World, went } from "./Console.ts"
import { root } from "./Demonstration.ts"
import { lived, type Purchases, type Story, shopped } from "./Life.ts"

const folder = join(root, "docs/pictures/console")
const asked = process.argv.slice(2)
/** Whether what is asked for is all of the shop and its cashier, for which nothing else has to have happened. */
const isShopAlone = asked.length > 0 && asked.every((begin) => /^(?:shop|cashier)/.test(begin))
const isAsked = (name: string): boolean => asked.length === 0 || asked.some((begin) => name.startsWith(begin))
const mostBytes = 100_000
const tries = [
  { quality: 72, tallest: 1400 },
  { quality: 60, tallest: 1400 },
  { quality: 48, tallest: 1400 },
  { quality: 48, tallest: 1200 },
  { quality: 48, tallest: 1000 }
]

const pages = ({ refunded, held, day }: Story) =>
  ({
    now: "",
    orders: "orders",
    order: `orders/${refunded}`,
    held: `orders/${held}`,
    approvals: "proposals",
    vendors: "vendors",
    reconciliation: "reconciliation",
    day: `reconciliation/platform/${day}`,
    apps: "apps",
    app: "apps/demo",
    operators: "operators",
    trail: "trail",
    account: "account"
  }) as const

const onPhone = ["now", "orders", "order"]

/** The whole page up to a height, as WebP, as good and as tall as its size allows. */
const picture = async (page: Page, name: string): Promise<void> => {
  const before = page.viewportSize()
  const devtools = await page.context().newCDPSession(page)
  const { width, height } = await page.evaluate<{ readonly width: number; readonly height: number }>(
    "({ width: innerWidth, height: document.documentElement.scrollHeight })"
  )
  for (const { quality, tallest } of tries) {
    const clip = { x: 0, y: 0, width, height: Math.min(height, tallest), scale: 1 }
    await page.setViewportSize({ width, height: clip.height })
    await page.waitForTimeout(400)
    const shot = { format: "webp", quality, clip, captureBeyondViewport: true } as const
    const file = Buffer.from((await devtools.send("Page.captureScreenshot", shot)).data, "base64")
    writeFileSync(join(folder, `${name}.webp`), file)
    if (file.length <= mostBytes) break
  }
  if (before !== null) await page.setViewportSize(before)
}

const locales = ["en-GB", "zh-CN"] as const
const looksIn = (locale: (typeof locales)[number]) =>
  (["light", "dark"] as const).map((colorScheme) => ({
    colorScheme,
    locale,
    suffix: `${locale.slice(0, 2)}-${colorScheme}`
  }))
const looks = locales.flatMap(looksIn)

const taken = async (world: World, story: Story, width: number, names: ReadonlyArray<string> | null): Promise<void> => {
  for (const { colorScheme, locale, suffix } of looks) {
    const { page } = await world.seat("ada", { colorScheme, locale, viewport: { width, height: 900 } })
    for (const [name, path] of Object.entries(pages(story))) {
      const file = names === null ? `${name}-${suffix}` : `${name}-phone-${suffix}`
      if ((names !== null && !names.includes(name)) || !isAsked(file)) continue
      await went(page, `${world.admin}/console/${path}`)
      await picture(page, file)
    }
    await page.context().close()
  }
}

const wayIn = async (world: World): Promise<void> => {
  for (const { colorScheme, locale, suffix } of looks) {
    if (!isAsked(`sign-in-${suffix}`)) continue
    const { page } = await world.seat(null, { colorScheme, locale, viewport: { width: 1280, height: 720 } })
    await page.goto(`${world.admin}/console/`)
    await page.locator("form").waitFor()
    await picture(page, `sign-in-${suffix}`)
    await page.context().close()
  }
}

/** What a customer sees, by the name of the picture; the cashier is a narrow page. */
const customers = ({ shop }: World, { order, cashier }: Purchases) =>
  [
    ["shop", shop, 1100],
    ["shop-orders", `${shop}/orders`, 1100],
    ["shop-order", `${shop}/orders/${order}`, 1100],
    ["cashier", cashier.open, 560],
    ["cashier-paid", cashier.paid, 560],
    ["cashier-refused", cashier.refused, 560]
  ] as const

/** Each language has purchases of its own: the cashier says what was bought as the customer read it. */
const atTheShop = async (world: World): Promise<void> => {
  for (const locale of locales) {
    const purchases = await shopped(world, locale)
    for (const { colorScheme, suffix } of looksIn(locale))
      for (const [name, address, width] of customers(world, purchases)) {
        if (!isAsked(`${name}-${suffix}`)) continue
        const { page } = await world.seat(null, { colorScheme, locale, viewport: { width, height: 600 } })
        await page.goto(address)
        await picture(page, `${name}-${suffix}`)
        await page.context().close()
      }
  }
}

const ofConsole = async (world: World): Promise<void> => {
  const story = await lived(world)
  await taken(world, story, 1280, null)
  await taken(world, story, 390, onPhone)
  await wayIn(world)
}

if (asked.length === 0) rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const world = await open()
try {
  await atTheShop(world)
  if (!isShopAlone) await ofConsole(world)
  for (const fault of world.faults()) console.error(fault)
} finally {
  await world.end()
}
