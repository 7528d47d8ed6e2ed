import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { executable, launch } from "./Browser.ts"
import { until } from "./Demonstration.ts"
import { type Person, type System, signedIn, start } from "./System.ts"

/** A browser of one person, and all that should not have happened in it. */
export interface Seat {
  readonly context: BrowserContext
  readonly page: Page
  /** Requests to others than the system, violations of the Content-Security-Policy, dialogs and errors of scripts, in words. */
  readonly faults: ReadonlyArray<string>
}

/** A system and a browser before it. */
export interface World extends System {
  /** A fresh browser, signed in as this person without the sign-in page, or as nobody. */
  readonly seat: (person: Person | null, options?: BrowserContextOptions) => Promise<Seat>
  /** All that should not have happened in any of the browsers. */
  readonly faults: () => ReadonlyArray<string>
  /** A call of the sandbox's controls. */
  readonly control: (method: "POST" | "PUT", path: string, body?: object) => Promise<void>
  /** A call with the shop's key; fails where it is refused. */
  readonly call: <A>(method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<A>
  /** Places an order as the shop would; more in `asked` than a usual order has. */
  readonly place: (key: string, asked?: object) => Promise<Order>
}

/** An order as the gateway answers it, as far as tests look at it. */
export interface Order {
  readonly payOrderNo: string
  readonly status: string
  readonly next: { readonly url: string } | null
}

/** Whether there is nothing to test with: no Chromium, and no CI that must have one. */
export const isMissing = executable() === undefined && process.env["CI"] === undefined

const watched = (context: BrowserContext, origins: ReadonlySet<string>): Array<string> => {
  const faults: Array<string> = []
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url())
    if (/^https?:$/.test(protocol) && !origins.has(origin)) faults.push(`asked ${request.url()}`)
  })
  context.on("console", (message) => {
    if (/content.security.policy/i.test(message.text())) faults.push(message.text())
  })
  context.on("weberror", (error) => faults.push(String(error.error().stack)))
  context.on("dialog", (dialog) => {
    faults.push(`a dialog said ${dialog.message()}`)
    void dialog.dismiss()
  })
  return faults
}

const seats = (system: System, browser: Browser) => {
  const cookies = new Map<Person, string>()
  const faults: Array<ReadonlyArray<string>> = []
  const origins = new Set([system.gateway, system.admin, system.sandbox, system.shop])
  const cookieOf = async (person: Person): Promise<string> => {
    const cookie = cookies.get(person) ?? (await signedIn(system.admin, person)).cookie
    cookies.set(person, cookie)
    return cookie
  }
  return {
    faults: () => faults.flat(),
    seat: async (person: Person | null, options: BrowserContextOptions = {}): Promise<Seat> => {
      const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, ...options })
      context.setDefaultTimeout(20_000)
      const own = watched(context, origins)
      faults.push(own)
      if (person !== null) {
        const [name = "", value = ""] = (await cookieOf(person)).split("=")
        await context.addCookies([{ name, value, url: system.admin, httpOnly: true, sameSite: "Strict" }])
      }
      return { context, page: await context.newPage(), faults: own }
    }
  }
}

const caller =
  ({ gateway, appKey }: System): World["call"] =>
  async <A>(method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${gateway}${path}`, {
      method,
      headers: { authorization: `Bearer ${appKey}`, "content-type": "application/json", ...headers },
      body: body === undefined ? null : JSON.stringify(body)
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as A
  }

/** Starts a system and a browser. */
export const open = async (): Promise<World> => {
  const path = executable()
  if (path === undefined) throw new Error("CI has no Chromium: .ci/run installs it.")
  const [system, browser] = await Promise.all([start(), launch(path)])
  const call = caller(system)
  return {
    ...system,
    ...seats(system, browser),
    call,
    control: async (method, path, body) => {
      const response = await fetch(`${system.sandbox}${path}`, {
        method,
        body: body === undefined ? null : JSON.stringify(body)
      })
      if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    },
    place: (key, asked = {}) => {
      const usual = {
        vendor: "platform",
        amount: { value: "12.34", currency: "CNY" },
        method: "ALIPAY",
        source: "WEB",
        description: "Travel insurance, 3 days",
        returnUrl: `${system.shop}/done?payOrderNo={payOrderNo}`
      }
      return call<Order>("POST", "/v1/orders", { ...usual, ...asked }, { "idempotency-key": key })
    },
    end: async () => {
      await browser.close()
      await system.end()
    }
  }
}

/** The order as soon as the gateway has it in this state. */
export const whenIts = ({ call }: World, status: string, payOrderNo: string): Promise<Order> =>
  until(`order ${payOrderNo} is ${status}`, 20_000, async () => {
    const order = await call<Order>("GET", `/v1/orders/${payOrderNo}?wait=5`)
    return order.status === status ? order : undefined
  })

/** Goes to a page, and waits until all of it is there; charts draw once they know how wide they are. */
export const went = async (page: Page, address: string): Promise<void> => {
  await page.goto(address)
  await page.locator("h1").first().waitFor()
  for (const unfinished of ["[class*=_bone_]", "[class*=_plot_]:not(:has(svg *))"])
    await page.locator(unfinished).first().waitFor({ state: "detached" })
}

/** Buys a policy in the shop, as a customer does; the shop's page of the order is left open. Answers its number. */
export const buy = async ({ shop }: World, page: Page, policy: "weekend" | "fortnight" | "year"): Promise<string> => {
  await page.goto(shop)
  await page.click(`a[href="/checkout?policy=${policy}"]`)
  await page.click("main form button")
  await page.waitForURL(`${shop}/orders/*`)
  return page.url().split("/").at(-1) ?? ""
}

/** Waits until the page of an order, in English, says that it is in this state, in people's word. */
export const saysThatIts = (page: Page, state: string): Promise<void> =>
  page.getByText(`The order is ${state} now.`).waitFor({ state: "attached", timeout: 20_000 })
