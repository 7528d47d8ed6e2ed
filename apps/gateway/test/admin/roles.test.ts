import { OpenApi } from "@effect/platform"
import { Admin } from "@payment-proxy/api"
import { Accounts, type Acting, Operators, Reconcile, Trail, tryVendor } from "@payment-proxy/application"
import { Deeds } from "@payment-proxy/ports"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Answer, type Console, following, open } from "./console.ts"

let world: Console
let payOrderNo = ""
beforeAll(async () => {
  world = await open()
  payOrderNo = (await world.order()).payOrderNo
})
afterAll(() => world.close())

interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly needs: string
  readonly isStream: boolean
}

interface Described {
  readonly operationId: string
  readonly "x-role"?: string
  readonly responses: { readonly [status: string]: { readonly content?: object } }
}

/** What stands for each parameter of a path. */
const parameters: Readonly<Record<string, () => string>> = {
  payOrderNo: () => payOrderNo,
  eventId: () => "evt_0",
  name: () => "the%20viewer",
  id: () => "prp_0",
  app: () => "shop",
  vendor: () => "platform",
  day: () => "2025-11-25"
}

const operations: ReadonlyArray<Operation> = Object.entries(OpenApi.fromApi(Admin.Api).paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods as unknown as Record<string, Described>).map(([method, told]) => ({
      id: told.operationId,
      method: method.toUpperCase(),
      path,
      needs: told["x-role"] ?? "not said",
      isStream: "text/event-stream" in (told.responses["200"]?.content ?? {})
    }))
)

const pathOf = ({ path }: Operation): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (parameters[name] ?? expect.fail(`What stands for ${name}?`))())

/** What is in the way of a call; the rest of an answer is the call's own. */
const barred = ({ status, body }: Answer): string | null =>
  ["SIGNED_OUT", "ROLE_NEEDED", "CROSS_SITE"].includes(body?.code) ? `${status} ${body.code}` : null

const isReading = ({ method }: Operation): boolean => method === "GET"

/** Calls it; of a stream, its head. */
const called = async (operation: Operation, headers: Record<string, string>): Promise<Answer> => {
  const path = pathOf(operation)
  if (operation.isStream && headers["cookie"] !== undefined) {
    const followed = await following(world.base, path, headers)
    const { statusCode: status = 0, headers: got } = followed.answer
    if (status === 200) {
      followed.leave()
      return { status, headers: got, text: "", body: null }
    }
    followed.leave()
  }
  return world.raw(operation.method, path, { headers, ...(isReading(operation) ? {} : { body: {} }) })
}

const signedIn = async (role: string): Promise<Record<string, string>> => {
  const { cookie, csrfToken } = await world.session(`the ${role}`)
  return { cookie, origin: world.base, "x-csrf-token": csrfToken }
}

describe("F66 every call of the operators' document", () => {
  it("says who may make it", () => {
    expect(operations.length).toBeGreaterThan(40)
    for (const { id, needs } of operations)
      expect([id, ["anyone", ...Admin.Role.roles]]).toEqual([id, expect.arrayContaining([needs])])
  })

  it.each(operations)("$id is for $needs: nobody else comes to it", async (operation) => {
    const { needs } = operation
    const alone = await called(operation, { origin: world.base })
    expect(barred(alone)).toBe(needs === "anyone" ? null : "401 SIGNED_OUT")
    if (needs === "anyone") return
    expect(alone.headers["content-type"]).toBe("application/problem+json")
    for (const role of Admin.Role.roles) {
      const may = Admin.Role.includes(role, needs as Admin.Role.Role)
      const answer = await called(operation, await signedIn(role))
      expect([role, barred(answer)]).toEqual([role, may ? null : "403 ROLE_NEEDED"])
      expect(answer.status).toBeLessThan(500)
      // Nothing that anybody typed is ever taken for a page.
      expect(answer.headers["x-content-type-options"]).toBe("nosniff")
      if (answer.status !== 204 && answer.status !== 202 && answer.status !== 303)
        expect(answer.headers["content-type"]).toMatch(
          /^(?:application\/(?:problem\+)?json|text\/(?:csv|event-stream))/
        )
    }
  })

  it.each(operations.filter((one) => !isReading(one) && one.needs !== "anyone"))(
    "$id is not made by another site's page",
    async (operation) => {
      const own = await signedIn("administrator")
      const { "x-csrf-token": _, ...without } = own
      const tampered: ReadonlyArray<readonly [string, Record<string, string>]> = [
        ["no token", without],
        ["another's token", { ...own, "x-csrf-token": (await signedIn("administrator"))["x-csrf-token"] ?? "" }],
        ["an empty token", { ...own, "x-csrf-token": "" }],
        ["another origin", { ...own, origin: "https://evil.example" }],
        ["no page's origin", { ...own, origin: "null" }],
        ["another port", { ...own, origin: "http://127.0.0.1:1" }],
        ["another site, as the browser says", { ...own, "sec-fetch-site": "cross-site" }],
        ["a sibling, as the browser says", { ...own, "sec-fetch-site": "same-site" }]
      ]
      for (const [what, headers] of tampered)
        expect([what, barred(await called(operation, headers))]).toEqual([what, "403 CROSS_SITE"])
      const { origin: __, ...unsaid } = own
      expect(barred(await called(operation, unsaid))).toBe("403 CROSS_SITE")
    }
  )

  it("sign-in, too, is not made by another site's page", async () => {
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: world.base, "sec-fetch-site": "cross-site" },
      {}
    ]) {
      const answer = await world.raw("POST", "/admin/session", {
        headers,
        body: { operator: "the viewer", password: "x" }
      })
      expect([answer.status, answer.body.code]).toEqual([403, "CROSS_SITE"])
    }
  })

  it("what was refused to somebody is on record, by name, call and code", async () => {
    const { cookie, csrfToken } = await world.session("the viewer")
    const headers = { cookie, origin: world.base, "x-csrf-token": csrfToken }
    await world.raw("POST", `/admin/orders/${payOrderNo}/close`, { headers, body: { reason: "to try" } })
    const deeds = await world.run(
      Effect.flatMap(Deeds, (store) => store.search({ operator: null, subject: payOrderNo, after: null, limit: 1 }))
    )
    expect(deeds).toMatchObject([
      { operator: "the viewer", action: "order.close", outcome: "ROLE_NEEDED", address: "127.0.0.1" }
    ])
  })
})

const no = "nothing"
const reason = "to try"

/** The use case behind each call that takes more than a viewer. */
const acts: { readonly [id: string]: (by: Acting) => Parameters<Console["run"]>[0] } = {
  "orders.sync": (by) => Operators.sync(no, by),
  "orders.close": (by) => Operators.close({ payOrderNo: no, reason }, by),
  "orders.capture": (by) => Operators.capture({ payOrderNo: no, amount: null, reason }, by),
  "orders.refund": (by) => Operators.refund({ payOrderNo: no, amount: null, reason }, by),
  "orders.accept": (by) => Operators.accept({ payOrderNo: no, note: reason }, by),
  "orders.resolve": (by) =>
    Operators.propose({ payOrderNo: no, state: "PENDING", acceptedMinor: null, note: reason }, by),
  "orders.resend": (by) => Operators.resend("evt_0", by),
  "proposals.approve": (by) => Operators.approve("prp_0", by),
  "proposals.reject": (by) => Operators.reject("prp_0", by),
  "proposals.take": (by) => Operators.take("prp_0", by),
  "apps.create": (by) => Operators.createApp("kiosk", "A kiosk", by),
  "apps.change": (by) => Operators.changeApp("shop", { type: "disable" }, reason, by),
  "vendors.test": (by) => tryVendor("platform", by),
  "reconciliation.run": (by) => Reconcile.begin("platform", "2025-11-25", by),
  "reconciliation.settle": (by) => Reconcile.resolve("platform", "2025-11-25", { id: no, note: reason }, by),
  "operators.list": (by) => Accounts.list(by),
  "operators.create": (by) => Accounts.create({ name: "dan", role: "viewer", password: null }, by),
  "operators.change": (by) => Accounts.change("the viewer", { isDisabled: true }, by),
  "operators.trail": (by) => Trail.list({ operator: null, subject: null, after: null, limit: 1 }, by)
}

describe("behind the gate", () => {
  const guarded = operations.filter(({ needs }) => needs !== "anyone" && needs !== "viewer")

  it("each call that takes more than a viewer has its use case here", () => {
    expect(Object.keys(acts).sort()).toEqual(guarded.map(({ id }) => id).sort())
  })

  it.each(Object.entries(acts))("%s: the use case itself asks for the role that the document says", async (id, act) => {
    const needed = guarded.find((one) => one.id === id)?.needs
    const less = Admin.Role.roles.filter((role) => !Admin.Role.includes(role, needed as Admin.Role.Role))
    expect(less.length).toBeGreaterThan(0)
    for (const role of less)
      expect(await world.run(Effect.flip(act({ name: "ann", role })))).toMatchObject({ _tag: "RoleNeeded", needed })
  })
})
