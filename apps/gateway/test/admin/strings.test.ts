import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { Report, SignIn } from "@payment-proxy/application"
import { Effect, FastCheck, Redacted } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, type Console, open } from "./console.ts"

const folder = mkdtempSync(join(tmpdir(), "payment-proxy-strings-"))
let world: Console
type Browser = Awaited<ReturnType<Console["session"]>>
let administrator: Browser
let payOrderNo: string
beforeAll(async () => {
  world = await open({ stores: Sqlite.layer({ filename: join(folder, "strings.db") }) })
  administrator = await world.session("the administrator")
  payOrderNo = (await world.order()).payOrderNo
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

const letters = (count: number, letter = "x"): string => letter.repeat(count)

/** What people and programs type that has broken systems before. */
const strange: ReadonlyArray<readonly [name: string, text: string]> = [
  ["4-byte emoji", "\u{1F600} paid \u{1F1E8}\u{1F1F3}"],
  ["a family that is one emoji", "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}"],
  ["NUL", "a\u0000b"],
  ["a high surrogate alone", "a\uD83D"],
  ["a low surrogate alone", "\uDE00b"],
  ["surrogates the wrong way round", "\uDE00\uD83D"],
  ["a right-to-left override", "a\u202Egpj.exe"],
  ["composed", "caf\u00E9"],
  ["decomposed", "cafe\u0301"],
  ["40 letters", letters(40)],
  ["41 letters", letters(41)],
  ["64 letters", letters(64)],
  ["65 letters", letters(65)],
  ["64 Chinese letters", letters(64, "\u4ED8")],
  ["65 Chinese letters", letters(65, "\u4ED8")],
  ["64 emoji", letters(64, "\u{1F600}")],
  ["a long text", letters(100_000)],
  ["line breaks", "a\r\nSet-Cookie: b=c"],
  ["a script", "<script>alert(1)</script>"],
  ["SQL", "'; DROP TABLE payment_proxy_order; -- \\"],
  ["double quotes and a backslash", '"\\" OR "1"="1'],
  ["a template", "$\u007Bprocess.exit(1)} #{x} {{7*7}}"],
  ["formats", "%s%n%d%x $1 \\1 $&"],
  ["a formula", "=cmd|'/C calc'!A0"],
  ["a formula behind a tab", "\t=1+1"],
  ["a path", "../../../etc/passwd"],
  ["a name of objects", "__proto__"],
  ["another", "constructor"],
  ["nothing", ""],
  ["blanks", "  "]
]

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

/** What people see as the same text is one text where it goes on record. */
const onRecord = (text: string): string => text.normalize("NFC").trim()

const refused = [400, 404, 409, 413, 422, 429]

/** Never a fault of ours: done, or refused for a reason that is said. */
const expectAnswered = ({ status, body, text }: Answer): boolean => {
  if (status < 300) return true
  expect([status, text]).toEqual([expect.toBeOneOf([...refused, 401, 431]), expect.any(String)])
  expect(body.code).toMatch(/^[A-Z_]+$/)
  return false
}

describe("F59 what is typed for the record", () => {
  it.each(strange)("as a reason stands there as it was typed, or is refused: %s", async (_, text) => {
    const answer = await administrator.post(`/admin/orders/${payOrderNo}/sync`, { reason: text })
    if (!expectAnswered(answer)) return
    const { items } = (await administrator.get(`/admin/trail?subject=${payOrderNo}`)).body
    expect(items[0].reason).toBe(onRecord(text))
  })

  it.each(strange)("as an operator's name stands there, or is refused: %s", async (_, text) => {
    const asked = { name: text, role: "viewer", password: "words that nobody else has", reason: "a test" }
    const answer = await administrator.post("/admin/operators", asked)
    if (!expectAnswered(answer)) return
    expect(answer.body.name).toBe(onRecord(text))
    const all = (await administrator.get("/admin/operators")).body
    expect(all.some(({ name }: { name: string }) => name === onRecord(text))).toBe(true)
    const changed = await administrator.post(`/admin/operators/${encoded(text)}`, { unlock: true, reason: "a test" })
    expect(expectAnswered(changed) && changed.body.name).toBe(onRecord(text))
  })

  it.each(strange)("as an operator's name that signs in is refused: %s", async (name, text) => {
    const asked = { name: text, password: Redacted.make("no password of anybody"), address: name }
    expect(await world.run(Effect.flip(SignIn.signIn(asked)))).toMatchObject({ _tag: "SignInRefused" })
  })

  it.each(strange)("as a password opens for what was typed alone: %s", async (called, text) => {
    const name = `with ${called}`
    const password = `${text} and some throwaway words`
    const made = await administrator.post("/admin/operators", { name, role: "viewer", password, reason: "a test" })
    if (!expectAnswered(made)) return
    const signIn = (typed: string) =>
      world.run(Effect.either(SignIn.signIn({ name, password: Redacted.make(typed), address: called })))
    expect((await signIn(`${password}.`))._tag).toBe("Left")
    expect((await signIn(password.toUpperCase()))._tag).toBe("Left")
    expect((await signIn(password))._tag).toBe("Right")
  })
})

describe("F59 what is typed of apps", () => {
  it.each(strange)("as a name stands there, or is refused: %s", async (_, text) => {
    const id = `named-${strange.findIndex((one) => one[1] === text)}`
    const answer = await administrator.post("/admin/apps", { id, name: text, reason: "a test" })
    if (!expectAnswered(answer)) return
    const all = (await administrator.get("/admin/apps")).body
    expect(all.find((one: { id: string }) => one.id === id).name).toBe(text)
  })

  it.each(strange)("as an id, an endpoint or a key is refused: %s", async (_, text) => {
    expectAnswered(await administrator.post("/admin/apps", { id: text, name: "a", reason: "a test" }))
    for (const change of [
      { type: "revokeKey", keyId: text },
      { type: "stopEndpoint", endpoint: text },
      { type: "addEndpoint", url: "https://shop.example", events: [text] },
      { type: text }
    ]) {
      const answer = await administrator.post("/admin/apps/shop/changes", { ...change, reason: "a test" })
      expect(refused).toContain(answer.status)
    }
    expectAnswered(await administrator.post(`/admin/apps/${encoded(text)}/changes`, { type: "disable", reason: "a" }))
  })

  it.each(strange)("as an address of an endpoint stands there, or is refused: %s", async (_, text) => {
    const id = `told-${strange.findIndex((one) => one[1] === text)}`
    await administrator.post("/admin/apps", { id, name: "a", reason: "a test" })
    const url = `https://shop.example/${text}`
    const asked = { type: "addEndpoint", url, events: null, reason: "a test" }
    const answer = await administrator.post(`/admin/apps/${id}/changes`, asked)
    if (!expectAnswered(answer)) return
    const all = (await administrator.get("/admin/apps")).body
    expect(all.find((one: { id: string }) => one.id === id).endpoints[0].url).toBe(url)
  })
})

describe("F59 what is typed to search", () => {
  it.each(strange)("is looked for, or refused: %s", async (_, text) => {
    for (const name of [
      "number",
      "vendor",
      "app",
      "method",
      "status",
      "createdFrom",
      "amountFrom",
      "currency",
      "cursor",
      "limit",
      "x"
    ])
      expectAnswered(await administrator.get(`/admin/orders?${name}=${encoded(text)}`))
    for (const path of [
      `/admin/orders.csv?number=${encoded(text)}`,
      `/admin/orders/count?vendor=${encoded(text)}`,
      `/admin/trail?operator=${encoded(text)}`,
      `/admin/trail?subject=${encoded(text)}`,
      `/admin/trail?cursor=${encoded(text)}`,
      `/admin/proposals?cursor=${encoded(text)}`,
      `/admin/reconciliation?vendor=${encoded(text)}`,
      `/admin/reconciliation/platform/${encoded(text)}`,
      `/admin/reconciliation/${encoded(text)}/2026-01-01?cursor=${encoded(text)}`,
      `/admin/orders/${encoded(text)}`,
      `/admin/oidc/start?to=${encoded(text)}`
    ])
      expectAnswered(await administrator.get(path))
    expectAnswered(await administrator.post(`/admin/orders/${encoded(text)}/sync`, { reason: "a test" }))
    expectAnswered(await administrator.post(`/admin/events/${encoded(text)}/resend`, { reason: "a test" }))
    expectAnswered(await administrator.post(`/admin/proposals/${encoded(text)}/approve`, { note: "a test" }))
    expectAnswered(await administrator.post(`/admin/vendors/${encoded(text)}/test`, { reason: "a test" }))
  })

  it.each([
    "createdFrom=2026-13-01T00:00Z",
    "createdTo=2026-02-30T25:61Z",
    "createdFrom=0000-00-00T00:00Z",
    "createdFrom=9999-99-99T99:99:99.999Z"
  ])("is refused as a time that is none: %s", async (query) => {
    for (const path of ["/admin/orders", "/admin/orders/count", "/admin/orders.csv"]) {
      const { status, body } = await administrator.get(`${path}?${query}`)
      expect([status, body.code]).toEqual([400, "PARAMETER_INVALID"])
    }
  })

  it.each(["createdFrom=0000-01-01T00:00Z", "createdTo=9999-12-31T23:59:59.999Z"])(
    "is a time, however far away: %s",
    async (query) => {
      expect((await administrator.get(`/admin/orders?${query}`)).body.items.length).toBeGreaterThan(0)
    }
  )

  it.each(["%", "%zz", "%E0%A4%A", "%ED%A0%80", "%00", "%FF", "..%2f..", "%2e%2e", "%0d%0aX:y"])(
    "is an address that has faults, and nothing worse: %s",
    async (part) => {
      for (const path of [
        `/admin/orders/${part}`,
        `/admin/orders?number=${part}`,
        `/admin/filters/${part}`,
        `/console/${part}`
      ])
        expect((await administrator.get(path)).status).toBeLessThan(500 + (path.startsWith("/console/") ? 4 : 0))
      expect((await administrator.post(`/admin/orders/${part}/sync`, { reason: "a test" })).status).toBeLessThan(500)
    }
  )

  it.each(strange)("is kept as a filter's name and what it looks for, or refused: %s", async (_, text) => {
    const named = await administrator.call("PUT", `/admin/filters/${encoded(text)}`, { body: { app: "shop" } })
    if (expectAnswered(named)) {
      const { body } = await administrator.get("/admin/filters")
      expect(body.some(({ name }: { name: string }) => name === text.toWellFormed())).toBe(true)
      expect((await administrator.call("DELETE", `/admin/filters/${encoded(text)}`)).status).toBe(204)
    }
    for (const field of ["number", "vendor", "app"]) {
      const kept = await administrator.call("PUT", "/admin/filters/kept", { body: { [field]: text } })
      if (!expectAnswered(kept)) continue
      const { body } = await administrator.get("/admin/filters")
      expect(body.find(({ name }: { name: string }) => name === "kept").filter).toEqual({ [field]: text })
      // What a store has room for is said before it is asked.
      expect(text.length).toBeLessThanOrEqual(256)
    }
  })
})

it("F59 no order was harmed", async () => {
  expect((await administrator.get(`/admin/orders/${payOrderNo}`)).body.order.payOrderNo).toBe(payOrderNo)
})

it.each(["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "\uFF1D1", "\uFF0B1", "\uFF0D1", "\uFF20a"])(
  "F59 a cell of a file is no formula: %j",
  (text) => {
    expect(Report.cell(text).replace(/^"/, "")).toMatch(/^'/)
  }
)

it("F59 whatever is written into a cell of a file is one cell, has all of the text, and is no formula", () => {
  const parts = FastCheck.constantFrom(
    "=",
    "+",
    "-",
    "@",
    ";",
    "\t",
    '"',
    ",",
    "\r",
    "\n",
    "'",
    "\uFF1D",
    " ",
    "a",
    "1"
  )
  const text = FastCheck.oneof(
    FastCheck.string({ unit: "binary" }),
    FastCheck.array(parts, { maxLength: 12 }).map((all) => all.join(""))
  )
  FastCheck.assert(
    FastCheck.property(text, (written) => {
      const cell = Report.cell(written)
      const isQuoted = cell.startsWith('"')
      const inner = isQuoted ? cell.slice(1, -1) : cell
      if (isQuoted) expect(inner.replaceAll('""', "")).not.toContain('"')
      else expect(cell).not.toMatch(/[",\r\n]/)
      const read = isQuoted ? inner.replaceAll('""', '"') : cell
      expect(read).not.toMatch(/^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/)
      expect(read).not.toMatch(/[;\t]\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/)
      expect(read.replaceAll("'", "")).toBe(written.replaceAll("'", ""))
    }),
    { numRuns: 2000 }
  )
})
