import { createHash } from "node:crypto"
import { Accounts } from "@payment-proxy/application"
import { Deeds, DueWork, OperatorSessions, Orders } from "@payment-proxy/ports"
import { aChange, aDelivery, aPayment } from "@payment-proxy/testkit"
import { Clock, Duration, Effect, Option, Redacted, TestClock, TestContext } from "effect"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type Console, cookieOf, open, password } from "./console.ts"

let world: Console
beforeAll(async () => {
  world = await open()
})
afterAll(() => world.close())

const by = { name: "tests", role: "administrator" } as const
const changed = (name: string, change: Parameters<typeof Accounts.change>[1]) =>
  world.run(Accounts.change(name, change, by))

describe("F66 a session", () => {
  it("is a new, unguessable cookie that no script reads and no other site sends", async () => {
    const [one, other] = [await world.signIn("the viewer"), await world.signIn("the viewer")]
    expect(one.answer).toMatchObject({
      status: 200,
      body: { operator: "the viewer", role: "viewer", isFederated: false }
    })
    const [line = ""] = one.answer.headers["set-cookie"] ?? []
    expect(line.split("; ").slice(1).sort()).toEqual(["HttpOnly", "Path=/", "SameSite=Strict"])
    expect(one.cookie).toMatch(/^payment-proxy-operator=[\w-]{43}$/)
    expect(other.cookie).not.toBe(one.cookie)
    expect(other.csrfToken).not.toBe(one.csrfToken)
    expect((await one.get("/admin/session")).body).toMatchObject({ operator: "the viewer", csrfToken: one.csrfToken })
  })

  it("by https is a cookie that no other host can set", async () => {
    const secure = await open({ url: "https://admin.example.com" })
    const answer = await secure.raw("POST", "/admin/session", {
      headers: { origin: "https://admin.example.com", host: "admin.example.com" },
      body: { operator: "the viewer", password }
    })
    const [line = ""] = answer.headers["set-cookie"] ?? []
    expect(line).toMatch(/^__Host-payment-proxy-operator=[\w-]{43}; /)
    expect(line.split("; ").slice(1).sort()).toEqual(["HttpOnly", "Path=/", "SameSite=Strict", "Secure"])
    expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000")
    await secure.close()
  })

  it("is never one that was planted before sign-in", async () => {
    const planted = "A".repeat(43)
    const cookie = `payment-proxy-operator=${planted}`
    const { answer } = await world.signIn("the viewer", password, { cookie })
    expect(cookieOf(answer, "payment-proxy-operator")).not.toBe(cookie)
    expect((await world.raw("GET", "/admin/session", { headers: { cookie } })).status).toBe(401)
  })

  it("that the browser had before sign-in ends: who planted his own follows nothing", async () => {
    const attacker = await world.signIn("another operator")
    const victim = await world.signIn("the operator", password, { cookie: attacker.cookie })
    expect((await victim.get("/admin/session")).body.operator).toBe("the operator")
    expect((await attacker.get("/admin/session")).body.code).toBe("SIGNED_OUT")
  })

  it("that ended by sign-out opens nothing, also for who copied its cookie", async () => {
    const mine = await world.signIn("the operator")
    const { status, headers } = await mine.call("DELETE", "/admin/session")
    expect(status).toBe(204)
    expect(headers["set-cookie"]?.[0]).toMatch(/^payment-proxy-operator=; Max-Age=0; /)
    expect((await mine.get("/admin/session")).status).toBe(401)
    expect((await mine.post("/admin/apps", { id: "a", name: "a", reason: "a" })).status).toBe(401)
  })

  it("has the role that its account has at each call", async () => {
    await world.run(Effect.ignore(Accounts.create({ name: "the riser", role: "administrator", password: null }, by)))
    const session = await world.session("the riser")
    expect((await session.get("/admin/operators")).status).toBe(200)
    await changed("the riser", { role: "viewer" })
    const after = await session.get("/admin/operators")
    expect([401, 403]).toContain(after.status)
    const again = await world.session("the riser")
    expect((await again.get("/admin/operators")).body.code).toBe("ROLE_NEEDED")
    await changed("the riser", { isDisabled: true })
    expect((await again.get("/admin/overview")).body.code).toBe("SIGNED_OUT")
  })

  const minute = 60_000

  it("ends after 15 idle minutes and after 8 hours", async () => {
    const open = async (ages: object) => (await (await world.session("the viewer", ages)).get("/admin/session")).status
    expect(await open({ seenAgo: 14 * minute })).toBe(200)
    expect(await open({ seenAgo: 15 * minute })).toBe(401)
    expect(await open({ createdAgo: 479 * minute })).toBe(200)
    expect(await open({ createdAgo: 480 * minute })).toBe(401)
  })

  it("is kept by what people do, and not by what looks again by itself", async () => {
    const session = await world.session("the viewer", { seenAgo: 14 * minute })
    const idSha256 = createHash("sha256")
      .update(session.cookie.split("=")[1] ?? "")
      .digest("hex")
    const idleMinutes = async () => {
      const [kept, nowMillis] = await world.run(
        Effect.zip(
          Effect.flatMap(OperatorSessions, ({ byId }) => byId(idSha256)),
          Clock.currentTimeMillis
        )
      )
      return Math.floor((nowMillis - Option.getOrThrow(kept).seenAtMillis) / minute)
    }
    expect((await session.get("/admin/session", { "x-idle": "1" })).status).toBe(200)
    expect(await idleMinutes()).toBe(14)
    const stream = await session.follow("/admin/overview/live")
    expect(stream.answer.statusCode).toBe(200)
    stream.leave()
    expect(await idleMinutes()).toBe(14)
    expect((await session.get("/admin/session")).status).toBe(200)
    expect(await idleMinutes()).toBe(0)
  })

  it("is refused where two cookies say they are it", async () => {
    const { cookie } = await world.session("the viewer")
    const answer = await world.raw("GET", "/admin/session", { headers: { cookie: `${cookie}; ${cookie}` } })
    expect(answer.status).toBe(401)
  })
})

describe("F66 sign-in", () => {
  it("says the same of a wrong name and of a wrong password, and sets no cookie", async () => {
    const wrong = await world.signIn("the viewer", "not the password")
    const nobody = await world.signIn("nobody at all", "not the password")
    for (const { answer } of [wrong, nobody]) {
      expect([answer.status, answer.body.code]).toEqual([401, "SIGN_IN_REFUSED"])
      expect(answer.headers["set-cookie"]).toBeUndefined()
    }
    expect(wrong.answer.body).toEqual(nobody.answer.body)
  })

  it("waits after wrong passwords, for the right one too, and says how long; all are on record", async () => {
    const lonely = await open()
    const tries = []
    for (let count = 0; count < 6; count++) tries.push(await lonely.signIn("the operator", `wrong ${count}`))
    const right = await lonely.signIn("the operator")
    expect(tries.map(({ answer }) => answer.status)).toEqual([401, 401, 401, 401, 401, 429])
    expect([right.answer.status, right.answer.body.code]).toEqual([429, "SIGN_IN_LOCKED"])
    expect(Number(right.answer.headers["retry-after"])).toBeGreaterThan(30)
    const deeds = await lonely.run(
      Effect.flatMap(Deeds, (store) =>
        store.search({ operator: "the operator", subject: null, after: null, limit: 10 })
      )
    )
    expect(deeds.filter(({ outcome }) => outcome === "SIGN_IN_REFUSED").length).toBe(5)
    expect(JSON.stringify(deeds)).not.toContain("wrong 0")
    await lonely.close()
  })

  it("says which ways in there are", async () => {
    expect((await world.raw("GET", "/admin/doors")).body).toEqual({ password: true, oidc: null, isEmpty: false })
  })

  it("takes nothing but a name and a password", async () => {
    const answer = await world.raw("POST", "/admin/session", {
      headers: { origin: world.base },
      body: { operator: "the viewer", password, role: "administrator" }
    })
    expect([answer.status, answer.body.code]).toEqual([422, "BODY_INVALID"])
  })

  it("with another password goes on, once it was changed; other sessions end", async () => {
    await world.run(Accounts.create({ name: "the changer", role: "viewer", password: null }, by))
    await changed("the changer", { password: Redacted.make(password) })
    const [one, other] = [await world.signIn("the changer"), await world.signIn("the changer")]
    const next = "another throwaway password"
    expect(await one.post("/admin/session/password", { current: "wrong", next })).toMatchObject({
      status: 401,
      body: { code: "SIGN_IN_REFUSED" }
    })
    expect(await one.post("/admin/session/password", { current: password, next: "short" })).toMatchObject({
      status: 422,
      body: { code: "PASSWORD_WEAK" }
    })
    expect((await one.post("/admin/session/password", { current: password, next })).status).toBe(204)
    expect((await one.get("/admin/session")).status).toBe(200)
    expect((await other.get("/admin/session")).status).toBe(401)
    expect((await world.signIn("the changer", next)).answer.status).toBe(200)
  })
})

describe("streams of operators", () => {
  it("say how the whole stands, and end with the session", async () => {
    const session = await world.signIn("the viewer")
    const stream = await session.follow("/admin/overview/live")
    expect(stream.answer.headers["content-type"]).toBe("text/event-stream")
    await vi.waitFor(() => expect(stream.text()).toContain("event: overview\ndata: {"))
    await session.call("DELETE", "/admin/session")
    await vi.waitFor(() => expect(stream.answer.complete).toBe(true))
  })

  it("say which endpoint takes nothing, with its last answer, and when it is tried again", async () => {
    const refusing = await open()
    const madeAtMillis = (await refusing.run(Clock.currentTimeMillis)) - 60_000
    const at = new Date(madeAtMillis).toISOString()
    const said = "HTTP 403 <script>alert(1)</script>"
    await refusing.run(
      Effect.gen(function* () {
        yield* TestClock.setTime(madeAtMillis)
        const orders = yield* Orders
        const due = yield* DueWork
        const deliveries = [aDelivery("shop-webhook")]
        yield* orders.commit([aChange(aPayment({ app: "shop" }), 0, { dueIn: null, deliveries })])
        for (const piece of yield* due.claim("deliveries", 1, Duration.minutes(1)))
          yield* due.postpone(piece, Duration.hours(1), "HTTP 403", [
            { atMillis: madeAtMillis, millis: 5, status: 403, said }
          ])
      }).pipe(Effect.provide(TestContext.TestContext))
    )
    const { body } = await (await refusing.session("the viewer")).get("/admin/overview")
    expect(body.deliveriesBehind).toMatchObject([
      {
        endpoint: "shop-webhook",
        waiting: 1,
        nextAt: new Date(madeAtMillis + 3_600_000).toISOString(),
        lastFailure: { at, status: 403, said },
        stopped: null
      }
    ])
    const { body: apps } = await (await refusing.session("the viewer")).get("/admin/apps")
    const endpoints = apps.flatMap((app: { readonly endpoints: ReadonlyArray<object> }) => app.endpoints)
    expect(endpoints).toMatchObject([{ waiting: 1, lastFailure: { at, status: 403, said } }])
    await refusing.close()
  })

  it("end where their operator may no longer", async () => {
    const quick = await open({ streams: { askEveryMillis: 0 } })
    await quick.run(Accounts.create({ name: "the leaver", role: "viewer", password: null }, by))
    const stream = await (await quick.session("the leaver")).follow("/admin/overview/live")
    await quick.run(Accounts.change("the leaver", { isDisabled: true }, by))
    await vi.waitFor(() => expect(stream.answer.complete).toBe(true), { timeout: 5000 })
    await quick.close()
  })

  it("are so many and no more", async () => {
    const small = await open({ streams: { perOperator: 1 } })
    const session = await small.session("the viewer")
    const first = await session.follow("/admin/overview/live")
    expect((await session.get("/admin/overview/live")).body.code).toBe("STREAMS_FULL")
    first.leave()
    await vi.waitFor(async () => {
      const next = await session.follow("/admin/overview/live")
      next.leave()
      expect(next.answer.statusCode).toBe(200)
    })
    await small.close()
  })

  it("end when the gateway does, within its time", async () => {
    const ending = await open()
    const stream = await (await ending.session("the viewer")).follow("/admin/overview/live")
    const sinceMillis = performance.now()
    await ending.close()
    expect(performance.now() - sinceMillis).toBeLessThan(5000)
    await vi.waitFor(() => expect(stream.answer.complete).toBe(true))
  })
})
