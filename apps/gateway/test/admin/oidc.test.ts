import { Deeds, IdentityRefused, OperatorAccounts, StoreUnavailable } from "@payment-proxy/ports"
import { Effect } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { type Answer, type Console, cookieOf, open } from "./console.ts"

let begun = 0
let finished: Array<{
  readonly callback: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}> = []
let groups: ReadonlyArray<string> = ["payments"]

/** The company's provider: it checks the state, as every client of one does, and takes each code once. */
const codes = new Set<string>()
const provider = {
  name: "Example Company",
  begin: (redirectUri: string) =>
    Effect.sync(() => {
      begun += 1
      const state = `state-${begun}`
      return {
        url: `https://sso.example/authorize?state=${state}&redirect_uri=${encodeURIComponent(redirectUri)}`,
        state,
        nonce: `nonce-${begun}`,
        codeVerifier: `verifier-${begun}`
      }
    }),
  finish: (
    callback: string,
    known: { readonly state: string; readonly nonce: string; readonly codeVerifier: string }
  ) =>
    Effect.suspend(() => {
      finished.push({ callback, ...known })
      const { searchParams } = new URL(callback)
      const code = searchParams.get("code") ?? ""
      if (searchParams.get("state") !== known.state || codes.has(code))
        return new IdentityRefused({ detail: "The provider's answer is not to this sign-in." })
      codes.add(code)
      return Effect.succeed({ subject: "https://sso.example 42", name: "Ada L", groups })
    })
}

let world: Console
beforeAll(async () => {
  world = await open({ provider, groups: { payments: "operator" } })
})
afterAll(() => world.close())
beforeEach(() => {
  finished = []
  groups = ["payments"]
})

const start = (to = "") => world.raw("GET", `/admin/oidc/start${to}`)
const back = (query: string, cookie: string): Promise<Answer> =>
  world.raw("GET", `/admin/oidc/callback?${query}`, { headers: { cookie, "sec-fetch-site": "cross-site" } })
const html = { accept: "text/html,application/xhtml+xml" }
const kept = (answer: Answer): string => cookieOf(answer, "payment-proxy-oidc") ?? expect.fail("no cookie")
const deedsOf = (of: Console) =>
  of.run(Effect.flatMap(Deeds, (store) => store.search({ operator: null, subject: null, after: null, limit: 20 })))
const stateOf = ({ headers }: Answer): string => new URL(String(headers.location)).searchParams.get("state") ?? ""

describe("F66 sign-in at the company's provider", () => {
  it("is offered by its name", async () => {
    expect((await world.raw("GET", "/admin/doors")).body.oidc).toEqual({ name: "Example Company" })
  })

  it("goes there with what is kept sealed in a short-lived cookie, and comes back with a session", async () => {
    const going = await start("?to=/console/orders?status=HELD")
    expect(going.status).toBe(303)
    const where = new URL(String(going.headers.location))
    expect(where.searchParams.get("redirect_uri")).toBe(`${world.base}/admin/oidc/callback`)
    const [line = ""] = going.headers["set-cookie"] ?? []
    expect(line.split("; ").slice(1).sort()).toEqual(["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"])
    const sealed = Buffer.from(kept(going).split("=")[1] ?? "", "base64url").toString()
    expect(sealed + line).not.toContain(`verifier-${begun}`)
    const came = await back(`code=one&state=${stateOf(going)}`, kept(going))
    expect([came.status, came.headers.location]).toEqual([303, "/console/orders?status=HELD"])
    expect(finished).toMatchObject([{ nonce: `nonce-${begun}`, codeVerifier: `verifier-${begun}` }])
    expect(came.headers["set-cookie"]?.find((one) => one.startsWith("payment-proxy-oidc="))).toContain("Max-Age=0")
    const session = await world.raw("GET", "/admin/session", {
      headers: { cookie: cookieOf(came, "payment-proxy-operator") ?? "" }
    })
    expect(session.body).toMatchObject({ operator: "Ada L", role: "operator", isFederated: true })
  })

  it("by https keeps a cookie that no sibling host can plant", async () => {
    const secure = await open({ url: "https://admin.example.com", provider })
    const going = await secure.raw("GET", "/admin/oidc/start", { headers: { host: "admin.example.com" } })
    expect(going.headers["set-cookie"]?.[0]).toMatch(/^__Host-payment-proxy-oidc=/)
    await secure.close()
  })

  it("is refused with another sign-in's state, without its cookie, and a second time", async () => {
    const [one, other] = [await start(), await start()]
    const refused = async (query: string, cookie: string) => {
      const answer = await back(query, cookie)
      expect([answer.status, answer.body.code]).toEqual([401, "OIDC_FAILED"])
      expect(cookieOf(answer, "payment-proxy-operator")).toBeNull()
    }
    await refused(`code=two&state=${stateOf(other)}`, kept(one))
    await refused(`code=two&state=${stateOf(one)}`, "")
    expect((await back(`code=two&state=${stateOf(one)}`, kept(one))).status).toBe(303)
    await refused(`code=two&state=${stateOf(one)}`, kept(one))
  })

  it("that is refused before it is known who came is on record, once a minute for an address", async () => {
    const fresh = await open({ provider })
    for (const code of ["x", "y", "z"]) await fresh.raw("GET", `/admin/oidc/callback?code=${code}&state=made-up`)
    expect(await deedsOf(fresh)).toMatchObject([
      { operator: "?", action: "sign-in", outcome: "OIDC_FAILED", address: "127.0.0.1" }
    ])
    await fresh.close()
  })

  it("tells a browser that is refused on the sign-in page", async () => {
    const answer = await world.raw("GET", "/admin/oidc/callback?code=x&state=y", { headers: html })
    expect([answer.status, answer.headers.location]).toEqual([303, "/console/?problem=OIDC_FAILED"])
  })

  it("tells a browser that the store is away, and not that it was refused", async () => {
    const fresh = await open({ provider, groups: { payments: "operator" } })
    const going = await fresh.raw("GET", "/admin/oidc/start")
    const away = vi.spyOn(await fresh.run(OperatorAccounts), "bySubject")
    away.mockReturnValue(Effect.fail(new StoreUnavailable({ cause: "away" })))
    const answer = await fresh.raw("GET", `/admin/oidc/callback?code=away&state=${stateOf(going)}`, {
      headers: { ...html, cookie: kept(going) }
    })
    expect([answer.status, answer.headers.location]).toEqual([303, "/console/?problem=STORE_UNAVAILABLE"])
    expect(cookieOf(answer, "payment-proxy-operator")).toBeNull()
    await fresh.close()
  })

  it("tells a browser that the provider is not reached, and whoever takes no pages the problem", async () => {
    const detail = "The provider cannot be reached."
    const fresh = await open({ provider: { ...provider, begin: () => Effect.fail(new IdentityRefused({ detail })) } })
    const answer = await fresh.raw("GET", "/admin/oidc/start", { headers: html })
    expect([answer.status, answer.headers.location]).toEqual([303, "/console/?problem=OIDC_FAILED"])
    expect((await fresh.raw("GET", "/admin/oidc/start")).body).toMatchObject({ code: "OIDC_FAILED", detail })
    await fresh.close()
  })

  it("is refused with a cookie that was made up or altered: the provider is not asked", async () => {
    const going = await start()
    const cookie = kept(going)
    const made = Buffer.from(
      JSON.stringify({ state: "s", nonce: "n", codeVerifier: "v", to: "/console/", endsAtMillis: 9e15 })
    )
    for (const tampered of [`${cookie.slice(0, -4)}AAAA`, `payment-proxy-oidc=${made.toString("base64url")}`])
      expect((await back("code=x&state=s", tampered)).body.code).toBe("OIDC_FAILED")
    expect(finished).toEqual([])
  })

  it("an address that comes back wrong again and again waits: the provider is not asked without end", async () => {
    const fresh = await open({ provider })
    const going = await fresh.raw("GET", "/admin/oidc/start")
    const headers = { cookie: kept(going), "sec-fetch-site": "cross-site" }
    codes.add("spent")
    let last: Answer | undefined
    for (let count = 0; count < 15; count++)
      last = await fresh.raw("GET", `/admin/oidc/callback?code=spent&state=${stateOf(going)}`, { headers })
    expect(finished).toHaveLength(10)
    expect([last?.status, last?.body.code]).toEqual([429, "SIGN_IN_LOCKED"])
    expect(Number(last?.headers["retry-after"])).toBeGreaterThan(1)
    await fresh.close()
  })

  it("an address that waits for its wrong passwords is told so in the browser; one such try a minute is on record", async () => {
    const fresh = await open({ provider, groups: { payments: "operator" } })
    for (let count = 0; count < 10; count++) await fresh.signIn(`nobody ${count}`, "wrong")
    const going = await fresh.raw("GET", "/admin/oidc/start")
    const headers = { ...html, cookie: kept(going), "sec-fetch-site": "cross-site" }
    for (let count = 0; count < 2; count++) {
      const answer = await fresh.raw("GET", `/admin/oidc/callback?code=right&state=${stateOf(going)}`, { headers })
      expect([answer.status, answer.headers.location]).toEqual([303, "/console/?problem=SIGN_IN_LOCKED"])
    }
    expect(finished).toEqual([])
    expect((await deedsOf(fresh)).filter(({ outcome }) => outcome !== "SIGN_IN_REFUSED")).toMatchObject([
      { operator: "?", action: "sign-in", outcome: "SIGN_IN_LOCKED", address: "127.0.0.1" }
    ])
    await fresh.close()
  })

  it("lets in whose groups say a role, and nobody else", async () => {
    groups = ["kitchen", "__proto__"]
    const going = await start()
    const answer = await back(`code=three&state=${stateOf(going)}`, kept(going))
    expect([answer.status, answer.body.code]).toEqual([401, "OIDC_FAILED"])
    expect(cookieOf(answer, "payment-proxy-operator")).toBeNull()
  })

  it.each([
    "https://evil.example/",
    "//evil.example/",
    "/console/../admin",
    "/console/%2e%2E/admin/orders.csv",
    "/console\\evil",
    "javascript:alert(1)"
  ])("goes on to no other place: %s", async (to) => {
    const going = await start(`?to=${encodeURIComponent(to)}`)
    const came = await back(`code=${encodeURIComponent(to)}&state=${stateOf(going)}`, kept(going))
    expect(came.headers.location).toBe("/console/")
  })
})
