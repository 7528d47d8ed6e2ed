// Takes the pictures of docs/console.md, from a real system: `pnpm --filter @payment-proxy/acceptance screenshots`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { open, type World, went } from "./Console.ts"
import { root } from "./Demonstration.ts"
import { lived, type Story } from "./Life.ts"

const folder = join(root, "docs/pictures/console")
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
  const devtools = await page.context().newCDPSession(page)
  const { width, height } = await page.evaluate<{ readonly width: number; readonly height: number }>(
    "({ width: innerWidth, height: document.documentElement.scrollHeight })"
  )
  for (const { quality, tallest } of tries) {
    const clip = { x: 0, y: 0, width, height: Math.min(height, tallest), scale: 1 }
    await page.setViewportSize({ width, height: clip.height })
    await page.waitForTimeout(400)
    const asked = { format: "webp", quality, clip, captureBeyondViewport: true } as const
    const file = Buffer.from((await devtools.send("Page.captureScreenshot", asked)).data, "base64")
    writeFileSync(join(folder, `${name}.webp`), file)
    if (file.length <= mostBytes) break
  }
  await page.setViewportSize({ width, height: 900 })
}

const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
  (["en-GB", "zh-CN"] as const).map((locale) => ({
    colorScheme,
    locale,
    suffix: `${locale.slice(0, 2)}-${colorScheme}`
  }))
)

const taken = async (world: World, story: Story, width: number, names: ReadonlyArray<string> | null): Promise<void> => {
  for (const { colorScheme, locale, suffix } of looks) {
    const { page } = await world.seat("ada", { colorScheme, locale, viewport: { width, height: 900 } })
    for (const [name, path] of Object.entries(pages(story))) {
      if (names !== null && !names.includes(name)) continue
      await went(page, `${world.admin}/console/${path}`)
      await picture(page, names === null ? `${name}-${suffix}` : `${name}-phone-${suffix}`)
    }
    await page.context().close()
  }
}

const wayIn = async (world: World): Promise<void> => {
  for (const { colorScheme, locale, suffix } of looks) {
    const { page } = await world.seat(null, { colorScheme, locale, viewport: { width: 1280, height: 720 } })
    await page.goto(`${world.admin}/console/`)
    await page.locator("form").waitFor()
    await picture(page, `sign-in-${suffix}`)
    await page.context().close()
  }
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const world = await open()
try {
  const story = await lived(world)
  await taken(world, story, 1280, null)
  await taken(world, story, 390, onPhone)
  await wayIn(world)
  for (const fault of world.faults()) console.error(fault)
} finally {
  await world.end()
}
