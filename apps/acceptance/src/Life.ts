import { readdirSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { buy, type World, whenIts } from "./Console.ts"
import { until } from "./Demonstration.ts"
import { secrets, signedIn } from "./System.ts"

/** What pictures are taken of, beside the lists. */
export interface Story {
  /** An order that was paid and sent back in part. */
  readonly refunded: string
  /** One that is held, with a proposal open. */
  readonly held: string
  /** The day that was reconciled. */
  readonly day: string
}

/** What a customer bought in the shop. */
export interface Purchases {
  /** The number of an order that was paid and given back in part. */
  readonly order: string
  /** The cashier's pages: of an order that is to be paid, of a paid one, and of one that was refused. */
  readonly cashier: { readonly open: string; readonly paid: string; readonly refused: string }
}

const dayMillis = 86_400_000

/** An hour as it might have been, up to some minutes from now: pictures cannot wait for it. */
const remembered = (data: string): void => {
  const file = readdirSync(data).find((name) => /\.(?:db|sqlite)$/.test(name)) ?? "payment-proxy.db"
  const database = new DatabaseSync(join(data, file))
  database.exec("PRAGMA busy_timeout = 5000")
  const row = database.prepare(
    "INSERT OR REPLACE INTO payment_proxy_tally VALUES (?, 'platform', 'before', ?, ?, ?, ?, ?, ?)"
  )
  const now = Math.floor(Date.now() / 60_000)
  // This minute itself happens.
  for (let ago = 60; ago > -8; ago -= ago === 1 ? 2 : 1) {
    const placed = Math.round(24 + 9 * Math.sin(ago / 7) + 4 * Math.sin(ago * 2.3))
    const failed = ago % 13 === 0 ? 4 : ago % 4 === 0 ? 1 : 0
    const errors = ago > 20 && ago < 24 ? 3 : 0
    const calls = placed * 2 + 3
    const buckets = Array.from({ length: 23 }, () => 0)
    for (const [bucket, share] of [
      [4, 0.3],
      [5, 0.35],
      [6, 0.2],
      [7, 0.1],
      [9, 0.05]
    ] as const)
      buckets[bucket] = Math.round(calls * share)
    row.run(now - ago, placed, placed - failed - 1, failed, calls, errors, buckets.join(" "))
  }
  database.close()
}

/** Payments that the platform has and nobody here knows of: its bill will have them. */
const foreign = async ({ sandbox, control }: World, count: number): Promise<void> => {
  const token = await fetch(`${sandbox}/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`tests:${secrets.client}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "payments" })
  })
  const { access_token } = (await token.json()) as { readonly access_token: string }
  for (let index = 1; index <= count; index++) {
    const number = `TILL-0000000${index}`
    const made = await fetch(`${sandbox}/payments`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${access_token}`,
        "content-type": "application/json",
        "idempotency-key": number
      },
      body: JSON.stringify({
        merchant_payment_no: number,
        amount: 4200 * index,
        currency: "CNY",
        scene: "WEB",
        method: "ALIPAY",
        subject: "Sold at the till"
      })
    })
    if (!made.ok) throw new Error(await made.text())
    await control("POST", `/_payments/${number}/pay`)
  }
}

/** Orders that were paid yesterday, as the platform has it, and the bill of that day. */
const yesterday = async (world: World): Promise<string> => {
  const { place, control } = world
  const { call } = await signedIn(world.admin, "bea")
  const day = new Date(Date.now() - dayMillis).toISOString().slice(0, 10)
  const orders = await Promise.all(
    [1, 2, 3, 4, 5].map((index) => place(`yesterday-${index}`, { businessNo: `POLICY-2026-11${index}` }))
  )
  await control(
    "PUT",
    "/_faults",
    orders.map(({ payOrderNo }) => ({ on: "notify", fault: "suppress", number: payOrderNo }))
  )
  await control("POST", "/_clock", { advanceMillis: -dayMillis })
  for (const { payOrderNo } of orders) await control("POST", `/_payments/${payOrderNo}/pay`)
  await foreign(world, 2)
  await control("POST", "/_clock", { advanceMillis: dayMillis })
  const asked = { reason: "The customer says that it is paid." }
  for (const { payOrderNo } of orders) await call("POST", `/admin/orders/${payOrderNo}/sync`, asked)
  await call("POST", `/admin/reconciliation/platform/${day}/run`, { reason: "The bill is there." })
  await until("the day is reconciled", 30_000, async () => {
    const { body } = await call("GET", "/admin/reconciliation")
    const days = body as ReadonlyArray<{ readonly day: string; readonly finishedAt: string | null }>
    return days.find((one) => one.day === day && one.finishedAt !== null)
  })
  return day
}

const amounts = ["12.34", "128.00", "648.00", "59.90", "23.50", "310.00", "88.00", "1204.00"]

/** Orders of every kind, the newest of them still to be paid. */
const sold = async ({ place, control, call }: World): Promise<void> => {
  for (let index = 0; index < 26; index++) {
    const amount = { value: amounts[index % amounts.length], currency: "CNY" }
    const [method, source] = index % 3 === 0 ? ["WECHAT_PAY", "QR"] : ["ALIPAY", index % 2 === 0 ? "WEB" : "H5"]
    const businessNo = `POLICY-2026-${String(1200 + index)}`
    const { payOrderNo } = await place(`sold-${index}`, {
      amount,
      method,
      source,
      businessNo,
      metadata: { policy: "weekend" }
    })
    if (index % 7 === 3) await control("POST", `/_payments/${payOrderNo}/refuse`)
    else if (index % 7 === 5) await call("POST", `/v1/orders/${payOrderNo}/close`, {})
    else if (index < 22) await control("POST", `/_payments/${payOrderNo}/pay`)
  }
}

const refundedInPart = async (world: World): Promise<string> => {
  const metadata = { policy: "fortnight", agent: "Kim", branch: "Harbour Street" }
  const { payOrderNo } = await world.place("refunded", {
    amount: { value: "128.00", currency: "CNY" },
    businessNo: "POLICY-2026-1187",
    metadata
  })
  await world.control("POST", `/_payments/${payOrderNo}/pay`)
  await whenIts(world, "SUCCEEDED", payOrderNo)
  const { call } = await signedIn(world.admin, "bea")
  const refund = (amount: string, reason: string) =>
    call("POST", `/admin/orders/${payOrderNo}/refunds`, { amount, reason }, { "idempotency-key": `refund-${amount}` })
  await refund("28.00", "One day less, as agreed with the customer.")
  await whenIts(world, "PARTIALLY_REFUNDED", payOrderNo)
  await refund("100.00", "The journey was cancelled by the airline.")
  return payOrderNo
}

const heldForItsAmount = async (
  world: World,
  key: string,
  note: string | null,
  others: ReadonlyArray<string> = []
): Promise<string> => {
  const { payOrderNo } = await world.place(key, {
    amount: { value: "59.90", currency: "CNY" },
    businessNo: `POLICY-2026-${key}`
  })
  const faults = [...others, payOrderNo].flatMap((number) => [
    { on: "notify", fault: "suppress", number },
    { on: "query", fault: "wrong-amount", number }
  ])
  await world.control("PUT", "/_faults", faults)
  await world.control("POST", `/_payments/${payOrderNo}/pay`)
  const { call } = await signedIn(world.admin, "cai")
  await call("POST", `/admin/orders/${payOrderNo}/sync`, { reason: "The customer has waited for an hour." })
  await whenIts(world, "HELD", payOrderNo)
  const state = { state: "SUCCEEDED", acceptedAmount: "59.91" }
  if (note !== null) await call("POST", `/admin/orders/${payOrderNo}/resolve`, { ...state, reason: note })
  return payOrderNo
}

const decided = async (world: World): Promise<void> => {
  const { call } = await signedIn(world.admin, "bea")
  const { body } = await call("GET", "/admin/proposals?state=open")
  const { items } = body as {
    readonly items: ReadonlyArray<{ readonly id: string; readonly kind: string; readonly proposedBy: string }>
  }
  const of = items.filter(({ kind, proposedBy }) => kind === "resolve" && proposedBy === "cai").at(-1)
  if (of !== undefined)
    await call("POST", `/admin/proposals/${of.id}/approve`, { note: "I have the desk's letter of today." })
}

/** A second endpoint of the shop, whose firewall lets nobody in: its events wait. */
const refusing = async ({ admin }: World): Promise<void> => {
  const server = createServer((_, response) => {
    response.writeHead(403, { "content-type": "application/json" }).end('{"code":"ADDRESS_NOT_ALLOWED"}')
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  // It goes with this process.
  server.unref()
  const { port } = server.address() as AddressInfo
  const { call } = await signedIn(admin, "ada")
  const url = `http://127.0.0.1:${port}/warehouse/events`
  const change = { type: "addEndpoint", url, events: ["order.succeeded"], reason: "The warehouse sends out policies." }
  await call("POST", "/admin/apps/demo/changes", change)
}

/** Lets happen in a system what there is to see: orders in all states, a reconciled day, proposals, people's doings. */
export const lived = async (world: World): Promise<Story> => {
  remembered(world.data)
  const { call } = await signedIn(world.admin, "ada")
  const reason = "The agencies sell from Monday on."
  await call("POST", "/admin/apps", { id: "agencies", name: "Travel agencies", reason })
  await call("POST", "/admin/apps/agencies/changes", { type: "addKey", reason })
  const limits = { createsPerSecond: 50, readsPerSecond: 200, streams: 5 }
  await call("POST", "/admin/apps/agencies/changes", { type: "setLimits", limits, reason })
  await refusing(world)
  const day = await yesterday(world)
  await sold(world)
  const accepted = await heldForItsAmount(world, "1191", "The desk's letter says 59.91 was right.")
  await decided(world)
  const held = await heldForItsAmount(world, "1192", "The desk confirms 59.91: a cent was rounded up.", [accepted])
  await heldForItsAmount(world, "1193", null, [accepted, held])
  const refunded = await refundedInPart(world)
  return { day, held, refunded }
}

/** Lets a customer of a language buy all that the shop sells, by hand. */
export const shopped = async (world: World, locale: string): Promise<Purchases> => {
  const { page } = await world.seat(null, { locale })
  const chosen = async (policy: "weekend" | "fortnight" | "year") => {
    const order = await buy(world, page, policy)
    const cashier = (await page.locator("#go").getAttribute("href")) ?? ""
    return { order, cashier }
  }
  const decided = async (verb: "pay" | "refuse") => {
    await page.click("#go")
    await page.click(`#${verb}`)
    await page.click("#back")
  }
  const refused = await chosen("weekend")
  await decided("refuse")
  const open = await chosen("year")
  const paid = await chosen("fortnight")
  await decided("pay")
  await page.goto(`${world.shop}/orders/${paid.order}`)
  await page.fill("input[name=amount]", "28.00")
  await page.click("form:has(input[name=amount]) button")
  await page.locator("#events").getByText("order.partially_refunded", { exact: true }).first().waitFor()
  await page.context().close()
  return { order: paid.order, cashier: { open: open.cashier, paid: paid.cashier, refused: refused.cashier } }
}
