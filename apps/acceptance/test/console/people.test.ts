import type { Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import * as Console from "../../src/Console.ts"
import { type Person, password, signedIn } from "../../src/System.ts"

let world: Console.World
beforeAll(async () => {
  if (!Console.isMissing) world = await Console.open()
}, 90_000)
afterEach(() => expect(world?.faults() ?? []).toEqual([]))
afterAll(() => world?.end(), 30_000)

const signIn = async (page: Page, name: string, word: string) => {
  await page.getByLabel("Name").fill(name)
  await page.getByLabel("Password").first().fill(word)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
}

const atProvider = async (page: Page, id: string) => {
  await page.getByRole("link", { name: "Sign in with Sandbox Company" }).click()
  await page.click(`#${id}`)
}

/** What the navigation offers, by its words. */
const offered = (page: Page) => page.getByRole("navigation", { name: "Main" }).getByRole("link").allInnerTexts()
const everybodys = ["Now", "Orders", "Approvals", "Vendors", "Reconciliation", "Apps"]
const administrators = [...everybodys, "Operators", "Audit trail"]

describe.skipIf(Console.isMissing)("in a real browser", { timeout: 60_000 }, () => {
  it("who has a name and its password is let in where he wanted to go, and nobody else", async () => {
    const { page } = await world.seat(null)
    await page.goto(`${world.admin}/console/vendors`)
    await signIn(page, "bea", "not the password of hers")
    await page.getByRole("alert").getByText("The name or the password is wrong").waitFor()
    await signIn(page, "bea", password)
    await page.getByRole("heading", { level: 1, name: "Vendors" }).waitFor()
    expect(page.url()).toBe(`${world.admin}/console/vendors`)
  })

  it("who comes by the company's provider has the role of his group and goes on where he was", async () => {
    const { page } = await world.seat(null)
    await page.goto(`${world.admin}/console/orders?status=PENDING`)
    await atProvider(page, "omar")
    await page.getByRole("heading", { level: 1, name: "Orders" }).waitFor()
    expect(page.url()).toBe(`${world.admin}/console/orders?status=PENDING`)
    await page.getByRole("link", { name: "Signed in as Omar Reyes" }).getByText("Operator", { exact: true }).waitFor()
    expect(await offered(page)).toEqual(everybodys)
  })

  it("whose address waits is told to wait when he comes back from the provider, and goes on without that", async () => {
    const { page } = await world.seat(null)
    await page.goto(`${world.admin}/console/?problem=SIGN_IN_LOCKED`)
    await page.getByRole("alert").getByText("Try again in a minute").waitFor()
    await atProvider(page, "omar")
    await page.getByRole("heading", { level: 1, name: "Now" }).waitFor()
    expect(page.url()).toBe(`${world.admin}/console/`)
  })

  it("who is in no group of the console is told no, and that is on record", async () => {
    const { page } = await world.seat(null)
    await page.goto(`${world.admin}/console/`)
    await atProvider(page, "nils")
    await page.getByRole("alert").getByText("did not let you in").waitFor()
    expect((await page.context().cookies()).map(({ name }) => name)).not.toContain("payment-proxy-operator")
    const administrator = (await world.seat("ada")).page
    await administrator.goto(`${world.admin}/console/trail`)
    await administrator.getByRole("row").filter({ hasText: "Nils Berg" }).first().waitFor()
  })

  it("the audit trail says in words what was done, and leads to what it was done to", async () => {
    const { page } = await world.seat("ada")
    await page.goto(`${world.admin}/console/trail`)
    const done = { "app.create": "Make an app", "key.add": "Add a key", "endpoint.add": "Add an endpoint" }
    for (const [action, words] of Object.entries(done))
      await page.getByRole("row").filter({ hasText: action }).getByText(words, { exact: true }).waitFor()
    await page.getByRole("row").filter({ hasText: "key.add" }).getByRole("link").click()
    await page.getByRole("heading", { level: 1, name: "demo" }).waitFor()
  })

  it.each([
    ["vic", everybodys, ["Only administrators see this"]],
    ["bea", everybodys, ["Only administrators see this"]],
    ["ada", administrators, []]
  ] as const)("%s is offered what the role allows, and nothing else", async (person, pages, told) => {
    const { payOrderNo } = await world.place(`offered-${person}`)
    await world.control("POST", `/_payments/${payOrderNo}/pay`)
    await Console.whenIts(world, "SUCCEEDED", payOrderNo)
    const { page } = await world.seat(person)
    await page.goto(`${world.admin}/console/orders/${payOrderNo}`)
    await Console.saysThatIts(page, "Succeeded")
    await page.locator("#deliveries").getByText("order.succeeded", { exact: true }).waitFor()
    expect(await offered(page)).toEqual(pages)
    const buttons = await page.getByRole("main").getByRole("button").allInnerTexts()
    const acting = buttons.filter((name) => /^(?:Refund|Ask the vendor|Close|Send again)/.test(name))
    expect(acting.length > 0).toBe(person !== "vic")
    for (const name of ["operators", "trail"]) {
      await page.goto(`${world.admin}/console/${name}`)
      for (const words of told) await page.getByText(words).first().waitFor()
      if (person === "ada") await page.getByRole("table").getByText("ada").first().waitFor()
    }
    await page.goto(`${world.admin}/console/apps`)
    await page.getByRole("link", { name: "demo" }).waitFor()
    expect(await page.getByRole("button", { name: "Make an app" }).count()).toBe(person === "ada" ? 1 : 0)
  })

  it("what a role is not offered is refused when it is called all the same", async () => {
    const { payOrderNo } = await world.place("refused")
    const reason = "I should not be able to."
    const key = { "idempotency-key": "refused" }
    const calls = {
      vic: [
        ["POST", `/admin/orders/${payOrderNo}/close`, { reason }],
        ["POST", `/admin/orders/${payOrderNo}/sync`, { reason }],
        ["POST", `/admin/orders/${payOrderNo}/refunds`, { reason }],
        ["POST", "/admin/vendors/platform/test", { reason }],
        ["GET", "/admin/operators", undefined]
      ],
      bea: [
        ["GET", "/admin/operators", undefined],
        ["GET", "/admin/trail", undefined],
        ["POST", "/admin/operators", { name: "bea2", role: "administrator", password, reason }],
        ["POST", "/admin/operators/bea", { role: "administrator", reason }],
        ["POST", "/admin/apps/demo/changes", { type: "addKey", reason }]
      ]
    } as const
    for (const person of ["vic", "bea"] as const satisfies ReadonlyArray<Person>) {
      const { call } = await signedIn(world.admin, person)
      for (const [method, path, body] of calls[person])
        expect(await call(method, path, body, key), path).toMatchObject({ status: 403, body: { code: "ROLE_NEEDED" } })
    }
  })

  it("signing out in one tab holds in the other, and a copy of the cookie opens nothing", async () => {
    const { page, context } = await world.seat(null)
    await page.goto(`${world.admin}/console/`)
    await signIn(page, "vic", password)
    await page.getByRole("heading", { level: 1, name: "Now" }).waitFor()
    const cookie = (await context.cookies()).find(({ name }) => name === "payment-proxy-operator")
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" })
    expect(await page.evaluate("document.cookie")).toBe("")
    const other = await context.newPage()
    await other.goto(`${world.admin}/console/orders`)
    await other.getByRole("heading", { level: 1, name: "Orders" }).waitFor()
    await page.getByRole("button", { name: "Sign out" }).click()
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor()
    await other.getByRole("link", { name: "Approvals" }).click()
    await other.getByRole("heading", { level: 1, name: "Sign in" }).waitFor()
    const copied = { headers: { cookie: `payment-proxy-operator=${cookie?.value}` } }
    expect((await fetch(`${world.admin}/admin/orders`, copied)).status).toBe(401)
  })
})
