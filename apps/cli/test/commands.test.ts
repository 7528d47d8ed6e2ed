import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { folder, openSandbox, run } from "./world.ts"

/** An environment with nothing in it yet. */
const fresh = (more: { readonly [name: string]: string } = {}) => {
  const data = folder()
  onTestFinished(data.remove)
  const variables = { PAYMENT_PROXY_DATA: data.path, ...more }
  return {
    path: data.path,
    json: async (...args: ReadonlyArray<string>) => JSON.parse((await run(variables, [...args, "--json"])).result),
    run: (...args: ReadonlyArray<string>) => run(variables, args)
  }
}

describe("what is typed wrongly", () => {
  it.each([
    [["apps", "crate"], "payment-proxy apps --help"],
    [["app", "create"], "'apps'"],
    [["apps", "create"], "app"],
    [["orders", "list", "--status", "GONE"], "HELD"],
    [["orders", "list", "--limit", "many"], "many"],
    [["keys", "rotate", "shop", "--overlap", "soon"], "MALFORMED"],
    [["orders", "reject", "prp_1"], "OPERATOR_MISSING"],
    [["orders", "reject", "prp_1", "--operator", " "], "OPERATOR_INVALID"],
    [["apps", "create", "shop", "--endpoint", "https://shop.example", "--secret-env", "NOT_THERE"], "NOT_THERE"],
    [["apps", "create", "My shop"], "MALFORMED"]
  ])("ends with 2, and what would be right is said: %j", async (args, said) => {
    const { exit, result, said: all } = await fresh().run(...args)
    expect([exit, result]).toEqual([2, ""])
    expect(all).toContain(said)
  })
})

it("what is not there ends with 1, and says where to look", async () => {
  const world = fresh()
  expect(await world.run("apps", "show", "shop")).toMatchObject({
    exit: 1,
    all: "APP_NOT_FOUND: There is no app shop: payment-proxy apps list shows all."
  })
  expect(await world.run("keys", "revoke", "0a1b2c3d4e5f")).toMatchObject({
    exit: 1,
    all: "KEY_NOT_FOUND: There is no key 0a1b2c3d4e5f in use: payment-proxy keys list APP names an app's keys."
  })
  expect((await world.run("orders", "show", "01KB2Y5WM0000000000000000000A")).said).toContain(
    "payment-proxy orders list"
  )
  expect((await world.run("audit", "verify", "--order", "01KB2Y5WM0000000000000000000A")).exit).toBe(1)
  expect((await world.run("events", "resend", "evt_1")).said).toContain("EVENT_NOT_FOUND")
})

it("a whole key is ended by its id, and nothing more of it is said, whether it is there or not", async () => {
  const world = fresh()
  await world.run("apps", "create", "shop")
  const { keyId, key } = await world.json("keys", "create", "shop")
  const ended = await world.run("keys", "revoke", key, "--yes")
  expect([ended.exit, ended.all]).toEqual([0, `Key ${keyId} opens nothing any more.`])
  const again = await world.run("keys", "revoke", key, "--yes")
  expect(again.exit).toBe(1)
  expect(again.all).toContain(keyId)
  expect(again.all).not.toContain(key.slice(-20))
})

it("a folder of data that cannot be made is named, and how to mend it", async () => {
  const world = fresh()
  const file = join(world.path, "a-file")
  writeFileSync(file, "")
  const { exit, said } = await run({ PAYMENT_PROXY_DATA: join(file, "data") }, ["apps", "list"])
  expect(exit).toBe(1)
  expect(said).toContain("CONFIGURATION_INVALID")
  expect(said).toContain("PAYMENT_PROXY_DATA")
  expect(said).toContain(join(file, "data"))
})

it("a key file that holds no keys is named, and how to mend it", async () => {
  const world = fresh()
  await world.run("migrate")
  writeFileSync(join(world.path, "vault.key"), "these are no keys\n")
  const { exit, said, result } = await world.run("apps", "list")
  expect([exit, result]).toEqual([1, ""])
  expect(said).toContain("KEY_FILE_INVALID")
  expect(said).toContain(join(world.path, "vault.key"))
  expect(said).not.toContain("these are no keys")
})

it("faults of the environment are named one by one, without what its secrets say", async () => {
  const world = fresh({ DATABASE_URL: "postgres://user:throwaway-password@host/db", PAYMENT_PROXY_PORT: "70000" })
  const { exit, said } = await world.run("apps", "list")
  expect(exit).toBe(1)
  expect(said.match(/^ {2}\w+: /gm)).toEqual(["  DATABASE_URL: ", "  PAYMENT_PROXY_PORT: "])
  expect(said).not.toContain("throwaway-password")
})

it("an app has two keys in use at most; a third takes over from the older of two", async () => {
  const world = fresh()
  await world.run("apps", "create", "shop")
  const first = await world.json("keys", "create", "shop")
  const second = await world.json("keys", "create", "shop")
  expect((await world.run("keys", "create", "shop")).said).toContain("TOO_MANY_KEYS")
  const third = await world.json("keys", "rotate", "shop", "--overlap", "1h")
  const keys: ReadonlyArray<{ readonly keyId: string; readonly isActive: boolean }> = await world.json(
    "keys",
    "list",
    "shop"
  )
  expect(Object.fromEntries(keys.map(({ keyId, isActive }) => [keyId, isActive]))).toEqual({
    [first.keyId]: false,
    [second.keyId]: true,
    [third.keyId]: true
  })
})

it("a secret of one's own comes out of the environment, and is shown nowhere", async () => {
  const secret = "whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBvdXIgdGVzdHM="
  const world = fresh({ SHOP_SECRET: secret })
  const made = await world.run(
    ...["apps", "create", "shop", "--endpoint", "https://shop.example/w", "--secret-env", "SHOP_SECRET"]
  )
  expect(made.exit).toBe(0)
  expect(made.all).not.toContain("whsec_")
})

describe("on orders", () => {
  let world: Awaited<ReturnType<typeof openSandbox>>
  beforeAll(async () => {
    world = await openSandbox()
    await world.run(["apps", "create", "shop"])
  })
  afterAll(() => world.dispose())
  const json = async (...args: ReadonlyArray<string>) => JSON.parse((await world.run([...args, "--json"])).result)
  const alice = ["--operator", "alice"]

  it("nobody acts without a name", async () => {
    const number = await world.order("open")
    expect(await world.run(["orders", "close", number])).toMatchObject({ exit: 2, result: "" })
    expect((await json("orders", "show", number)).order.status).toBe("PENDING")
  })

  it("a person who is asked and does not say yes has done nothing; who says yes, or --yes, has", async () => {
    const number = await world.order("paid")
    const refund = ["orders", "refund", number, "--amount", "1.00", ...alice]
    const refused = await world.run(refund, { says: false })
    expect([refused.exit, refused.said]).toEqual([
      1,
      `Refund 1.00 CNY of order ${number}?\nNOT_CONFIRMED: Nothing was done.`
    ])
    expect((await json("orders", "show", number)).refunds).toEqual([])
    expect((await world.run(refund, { says: true })).exit).toBe(0)
    expect((await world.run([...refund, "--yes"], { says: false })).said).toBe("")
    expect((await json("orders", "show", number)).refunds).toHaveLength(2)
  })

  it("a refund that is given again with the same key is one, and another one with it is refused", async () => {
    const number = await world.order("paid")
    const refund = ["orders", "refund", number, "--key", "desk-1", ...alice]
    const first = await json(...refund, "--amount", "1.00")
    expect((await json(...refund, "--amount", "1.00")).refund.refundNo).toBe(first.refund.refundNo)
    expect((await world.run([...refund, "--amount", "2.00"])).said).toContain("KEY_REUSED")
    expect((await json("orders", "show", number)).refunds).toHaveLength(1)
  })

  it("all that is left goes back where no amount is given; what is no amount is refused before anything is done", async () => {
    const number = await world.order("paid")
    expect((await world.run(["orders", "refund", number, "--amount", "1.001", ...alice])).exit).toBe(2)
    expect((await json("orders", "refund", number, ...alice)).refund.amount.value).toBe("12.34")
    expect((await json("orders", "show", number)).order.status).toBe("REFUNDED")
  })

  it("who proposed does not approve, whatever the capitals of his name; another does, once", async () => {
    const number = await world.order("held")
    const { proposal } = await json(
      ...["orders", "resolve", number, "--state", "SUCCEEDED", "--accept", "12.00", "--note", "checked", ...alice]
    )
    const approve = ["orders", "approve", proposal, "--operator"]
    for (const name of ["alice", "ALICE", " alice "])
      expect((await world.run([...approve, name])).said).toContain("SECOND_PERSON_NEEDED")
    expect((await json("orders", "held")).map((one: { number: string }) => one.number)).toEqual([number])
    expect((await world.run([...approve, "bob"])).exit).toBe(0)
    expect((await world.run([...approve, "carol"])).said).toContain("PROPOSAL_ENDED")
    expect(await json("orders", "held")).toEqual([])
  })

  it("an order that was removed whole, or put back, shows by heads that were kept elsewhere", async () => {
    const numbers = [await world.order("paid"), await world.order("paid"), await world.order("paid")].sort()
    const heads = join(world.variables.PAYMENT_PROXY_DATA, "heads.jsonl")
    expect(await world.run(["audit", "heads", heads])).toMatchObject({ exit: 0 })
    expect(await world.run(["audit", "heads", heads])).toMatchObject({ exit: 1 })
    expect(await world.run(["audit", "verify", "--heads", heads])).toMatchObject({ exit: 0 })
    const database = new DatabaseSync(join(world.variables.PAYMENT_PROXY_DATA, "payment-proxy.db"))
    const [first = "", , last = ""] = numbers
    for (const table of ["order", "history"])
      database.prepare(`DELETE FROM payment_proxy_${table} WHERE pay_order_no = ?`).run(first)
    const rows = database
      .prepare("SELECT version, state, hash FROM payment_proxy_history WHERE pay_order_no = ? ORDER BY version")
      .all(last)
    const before = rows.at(-2)
    database
      .prepare("DELETE FROM payment_proxy_history WHERE pay_order_no = ? AND version > ?")
      .run(last, before?.["version"] ?? 0)
    const code = { SUBMITTING: 10, PENDING: 20, SUCCEEDED: 30 }[String(before?.["state"])] ?? -1
    database
      .prepare("UPDATE payment_proxy_order SET version = ?, head = ?, pay_status = ? WHERE pay_order_no = ?")
      .run(before?.["version"] ?? 0, before?.["hash"] ?? null, code, last)
    database.close()
    expect(await world.run(["audit", "verify"]), "the database alone does not tell").toMatchObject({ exit: 0 })
    const { exit, result } = await world.run(["audit", "verify", "--heads", heads, "--json"])
    expect(exit).toBe(1)
    const { found } = JSON.parse(result) as { readonly found: ReadonlyArray<{ readonly payOrderNo: string }> }
    expect(found.filter(({ payOrderNo }) => numbers.includes(payOrderNo))).toMatchObject([
      { payOrderNo: first, fault: "MISSING" },
      { payOrderNo: last, fault: "TRUNCATED" }
    ])
    writeFileSync(heads, "no head\n")
    expect((await world.run(["audit", "verify", "--heads", heads])).said).toContain("Line 1")
  })

  it("an audit finds a history that somebody altered, and ends with 1", async () => {
    const number = await world.order("paid")
    expect(await world.run(["audit", "verify"])).toMatchObject({ exit: 0 })
    const database = new DatabaseSync(join(world.variables.PAYMENT_PROXY_DATA, "payment-proxy.db"))
    database.prepare("UPDATE payment_proxy_history SET cause = 'x' WHERE pay_order_no = ? AND version = 2").run(number)
    database.close()
    const { exit, result, said } = await world.run(["audit", "verify", "--json"])
    expect([exit, JSON.parse(result).found]).toMatchObject([1, [{ payOrderNo: number, version: 2, fault: "ALTERED" }]])
    expect(said).toContain("HISTORY_BROKEN")
    expect((await world.run(["audit", "verify", "--order", number])).exit).toBe(1)
  })
})

describe("help", () => {
  it("is narrow, and each command has an example that begins with its name", async () => {
    const world = fresh()
    const all = (await world.run("--help")).result
    const names = [...all.matchAll(/^ {2}(\S.*?) {2,}/gm)].map(([, name = ""]) => name)
    expect(names.length).toBeGreaterThan(30)
    const leaves = names.filter((name) => !names.some((other) => other.startsWith(`${name} `)))
    for (const name of leaves) {
      const { result, exit } = await world.run(...name.split(" "), "--help")
      expect([exit, result]).toEqual([0, expect.stringContaining(`Example: payment-proxy ${name}`)])
      expect(result).toMatch(new RegExp(`^USAGE\n\npayment-proxy ${name}( |$)`, "m"))
      expect(result).toContain("--json")
      expect(result).not.toContain("A user-defined")
      expect(Math.max(...result.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110)
    }
    expect(Math.max(...all.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100)
  })
})

describe("on MariaDB", () => {
  it("the same commands work", async () => {
    const runtime = ManagedRuntime.make(ThrowawayMariaDb.layer)
    onTestFinished(() => runtime.dispose())
    await Effect.gen(function* () {
      const url = yield* Effect.flatMap(ThrowawayMariaDb.ThrowawayMariaDb, (server) => server.database)
      yield* Effect.promise(async () => {
        const world = fresh({ DATABASE_URL: url })
        expect(await world.run("migrate")).toMatchObject({ exit: 0, all: "The database is up to date." })
        const made = await world.json("apps", "create", "shop", "--endpoint", "https://shop.example/w", "--key")
        expect(made.key).toContain(`pp_live_${made.keyId}_`)
        expect(await world.json("apps", "list")).toMatchObject([{ id: "shop", endpoints: [{ secrets: 1 }] }])
        expect(await world.json("orders", "held")).toEqual([])
        expect(await world.json("audit", "verify")).toMatchObject({ orders: 0, faults: 0 })
        expect(await world.json("secrets", "show")).toMatchObject({ keys: [{ seals: true, sealed: 2 }] })
      })
    }).pipe(Effect.scoped, runtime.runPromise)
  })
})
