import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Trail } from "@payment-proxy/application"
import { OrderNo } from "@payment-proxy/domain"
import { Orders, Proposals } from "@payment-proxy/ports"
import { aChange, aPayment } from "@payment-proxy/testkit"
import { Effect, Logger, LogLevel } from "effect"
import { expect, it, onTestFinished } from "vitest"
import * as Layers from "../src/Layers.ts"
import { folder, openSandbox, run } from "./world.ts"

const fresh = () => {
  const data = folder()
  onTestFinished(data.remove)
  return { PAYMENT_PROXY_DATA: data.path, PAYMENT_PROXY_OPERATOR: "ada" }
}

const trail = (variables: { readonly [name: string]: string | undefined }) =>
  Trail.list({ operator: null, subject: null, after: null, limit: 100 }, { name: "tests", role: "administrator" }).pipe(
    Effect.map(({ items }) =>
      items
        .map(({ operator, action, subject, outcome, address }) => [operator, action, subject, outcome, address])
        .reverse()
    ),
    Effect.provide(Layers.stores),
    Effect.provideService(Layers.Environment, { variables }),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.runPromise
  )

it("a person is asked for the password, which no output has; a script that names no variable is told to", async () => {
  const variables = fresh()
  const password = "a throwaway horse of tests"
  const made = await run(variables, ["operators", "create", "ada", "--role", "administrator"], { password })
  expect(made).toMatchObject({ exit: 0, said: "Password:\nOnce more:" })
  expect(made.all).not.toContain(password)
  const scripted = await run(variables, ["operators", "create", "bob", "--role", "viewer"])
  expect(scripted).toMatchObject({ exit: 2, said: expect.stringContaining("PASSWORD_MISSING") })
  const short = await run(variables, ["operators", "create", "bob", "--role", "viewer"], { password: "short" })
  expect(short).toMatchObject({ exit: 2, said: expect.stringContaining("PASSWORD_WEAK") })
  const unset = await run(variables, ["operators", "change", "ada", "--password-env", "NOT_THERE"])
  expect(unset.said).toContain("PASSWORD_MISSING: There is no environment variable NOT_THERE.")
})

it("what commands change is on record with who typed it, and what was refused", async () => {
  const variables = fresh()
  await run(variables, ["apps", "create", "shop"])
  await run(variables, ["apps", "limits", "shop", "--creates", "5"])
  await run(variables, ["apps", "limits", "nobody", "--creates", "5"])
  await run(variables, ["keys", "create", "shop"])
  await run(variables, ["apps", "list"])
  expect(await trail(variables)).toEqual([
    ["ada", "app.create", "shop", "done", null],
    ["ada", "app.limits", "shop", "done", null],
    ["ada", "app.limits", "nobody", "APP_NOT_FOUND", null],
    ["ada", "key.add", "shop", "done", null]
  ])
})

it("a refund above what the configuration lets one person send back waits for a second one", async () => {
  const world = await openSandbox()
  onTestFinished(world.dispose)
  const config = join(world.variables.PAYMENT_PROXY_DATA, "config.yaml")
  const usual = readFileSync(world.variables.PAYMENT_PROXY_CONFIG, "utf8")
  writeFileSync(config, `${usual}\noperators: { secondPerson: { refundsAbove: { CNY: "5.00" } } }\n`)
  const variables = { ...world.variables, PAYMENT_PROXY_CONFIG: config }
  await run(variables, ["apps", "create", "shop"])
  const number = await world.order("paid")
  const refunding = (amount: string) =>
    run(variables, [
      "orders",
      "refund",
      number,
      "--amount",
      amount,
      "--operator",
      "alice",
      "--reason",
      "rain",
      "--json"
    ])
  expect(JSON.parse((await refunding("4.00")).result)).toMatchObject({ refund: { status: "SUCCEEDED" } })
  const { proposal, kind } = JSON.parse((await refunding("1.01")).result)
  expect(kind).toBe("refund")
  const listed = JSON.parse((await run(variables, ["proposals", "list", "--json"])).result)
  expect(listed).toMatchObject([{ proposal, kind: "refund", subject: number, wanted: "1.01 CNY", proposedBy: "alice" }])
  const approving = (operator: string) =>
    run(variables, ["orders", "approve", proposal, "--operator", operator, "--json"])
  expect((await approving("Alice")).said).toContain("SECOND_PERSON_NEEDED")
  expect(JSON.parse((await approving("bob")).result)).toMatchObject({ refund: { status: "SUCCEEDED" } })
  expect((await approving("bob")).said).toContain("PROPOSAL_ENDED")
  expect((await trail(variables)).filter(([, action]) => action !== "app.create")).toEqual([
    ["alice", "order.refund", number, "done", null],
    ["alice", "order.refund", number, "proposed", null],
    ["Alice", "proposal.approve", proposal, "SECOND_PERSON_NEEDED", null],
    ["bob", "proposal.approve", proposal, "done", null],
    ["bob", "proposal.approve", proposal, "PROPOSAL_ENDED", null]
  ])
})

it("asking a vendor and reconciling a day are on record, too, by whose machine it is", async () => {
  const world = await openSandbox()
  onTestFinished(world.dispose)
  const variables = { ...world.variables, PAYMENT_PROXY_OPERATOR: "carol" }
  await run(variables, ["apps", "create", "shop"])
  const number = await world.order("paid")
  await run(variables, ["orders", "sync", number])
  await run(variables, ["reconcile", "run", "platform", "2025-11-25"])
  const said = await trail(variables)
  expect(said).toContainEqual(["carol", "order.sync", number, "done", null])
  expect(said.find(([, action]) => action === "day.run")?.slice(0, 3)).toEqual([
    "carol",
    "day.run",
    "platform/2025-11-25"
  ])
})

it("what is proposed is shown in its order's currency, also where the order's number ends as a refund's does", async () => {
  const variables = fresh()
  const payment = aPayment({ payOrderNo: OrderNo.make({ nowMillis: 1, shard: 0, random: new Uint8Array(10) }) })
  const payOrderNo = `${payment.payOrderNo.slice(0, -2)}R2` as OrderNo.OrderNo
  const subjects = [payOrderNo, OrderNo.refundNo(payOrderNo, 1)]
  await Effect.gen(function* () {
    yield* Effect.flatMap(Orders, ({ commit }) => commit([aChange({ ...payment, payOrderNo }, 0)]))
    const { add, move } = yield* Proposals
    const ended = { state: "ended", decidedBy: null, decidedAtMillis: 2, decidedNote: null } as const
    const open = { ...ended, state: "open", decidedAtMillis: null } as const
    for (const subject of subjects) {
      const id = `prp_${subject}`
      const action = { type: "resolve", state: "SUCCEEDED", acceptedMinor: 1200n } as const
      const by = { note: "The bank confirms it.", proposedBy: "alice", proposedAtMillis: 1, doneAtMillis: null }
      yield* add({ id, subject, version: 1, action, ...by, ...open })
      yield* move(id, "open", ended)
    }
  }).pipe(
    Effect.provide(Layers.stores),
    Effect.provideService(Layers.Environment, { variables }),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.runPromise
  )
  const listed = JSON.parse((await run(variables, ["proposals", "list", "--decided", "--json"])).result)
  expect(new Map(listed.map(({ subject, wanted }: Record<string, string>) => [subject, wanted]))).toEqual(
    new Map(subjects.map((subject) => [subject, "SUCCEEDED, 12.00 CNY accepted"]))
  )
})
