import { expect, it } from "@effect/vitest"
import {
  Apps,
  Deeds,
  Deliveries,
  OperatorAccounts,
  type OperatorRole,
  Orders,
  operatorRoles,
  Proposals,
  Reconciliations
} from "@payment-proxy/ports"
import { aChange, aPayment, FakeVendors, Memory } from "@payment-proxy/testkit"
import { Duration, Effect, type Layer, TestClock } from "effect"
import * as Accounts from "../src/Accounts.ts"
import type { Acting } from "../src/Operator.ts"
import * as Operators from "../src/Operators.ts"
import * as Reconcile from "../src/Reconcile.ts"
import { SecondPerson } from "../src/SecondPerson.ts"
import * as Trail from "../src/Trail.ts"
import { tryVendor } from "../src/TryVendor.ts"
import { bill, day, found, hourMillis, lineOf, run, startMillis, vendor, world } from "./billing.ts"
import { lived, now, paid, placed, withShop } from "./harness.ts"

const [ada, ben] = [
  { name: "ada", role: "administrator" as const },
  { name: "ben", role: "administrator" as const }
]
const reason = "asked for by phone"
const all = { operator: null, subject: null, after: null, limit: 100 }

/** An order as it is said to be. */
const become = (key: string, state: "HELD" | "LATE_PAID", captured: bigint) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const { payOrderNo } = yield* placed({ idempotencyKey: key, businessNo: key })
    const payment = yield* now(payOrderNo)
    const heldReason = state === "HELD" ? "AMOUNT_MISMATCH" : null
    const change = { ...payment, state, captured, heldReason, toldDead: state === "LATE_PAID" }
    yield* orders.commit([aChange(change, payment.version)])
    return payOrderNo
  })

const authorized = Effect.gen(function* () {
  const { authorize } = yield* FakeVendors.FakeVendor
  const { payOrderNo } = yield* placed({
    idempotencyKey: "held",
    businessNo: "held",
    method: "CARD",
    capture: "manual"
  })
  yield* authorize(payOrderNo)
  yield* lived(Duration.seconds(6), 1)
  return payOrderNo
})

const proposedOf = (outcome: Operators.AppOutcome) =>
  outcome.type === "proposed" ? outcome.proposal.id : expect.fail("It was not proposed.")

/** A house in which everything that operators do can be done. */
const house = Effect.gen(function* () {
  yield* TestClock.setTime(startMillis + 34 * hourMillis)
  yield* withShop
  for (const { name, role } of [ada, ben, { name: "cy", role: "viewer" as const }])
    yield* Accounts.create({ name, role, password: null }, ada)
  const [taken, more] = [
    yield* authorized,
    yield* paid({ idempotencyKey: "paid", businessNo: "paid" }).pipe(Effect.map(({ payOrderNo }) => payOrderNo))
  ]
  const [event] = yield* Effect.flatMap(Deliveries, ({ ofOrder }) => ofOrder(more))
  const open = (yield* placed({ idempotencyKey: "open", businessNo: "open" })).payOrderNo
  const [stuck, proposed] = [yield* become("stuck", "HELD", 0n), yield* become("proposed", "HELD", 0n)]
  const { id } = yield* Operators.propose(wantedOf(proposed), { name: "ann", role: "operator" })
  const key = proposedOf(yield* Operators.changeApp("shop", { type: "addKey" }, reason, ada))
  yield* Operators.approve(key, ben)
  yield* bill(day, lineOf(aPayment({ vendor })))
  yield* run()
  const [difference] = yield* found()
  return {
    ...{ open, authorized: taken, paid: more, event: event?.eventId ?? "", stuck, proposal: id, key },
    ...{ late: yield* become("late", "LATE_PAID", 1234n), difference: difference?.id ?? "" }
  }
})

const wantedOf = (payOrderNo: string) => ({ payOrderNo, state: "PENDING" as const, acceptedMinor: null, note: reason })

type House = Effect.Effect.Success<typeof house>
type Act = (
  house: House,
  by: Acting
) => Effect.Effect<unknown, { readonly _tag: string }, Layer.Layer.Success<typeof world>>

/** What operators do, and what role it takes. */
const acts: { readonly [act: string]: readonly [needed: OperatorRole, act: Act] } = {
  "asking the vendor": ["operator", ({ open }, by) => Operators.sync(open, by)],
  closing: ["operator", ({ open: payOrderNo }, by) => Operators.close({ payOrderNo, reason }, by)],
  capturing: [
    "operator",
    ({ authorized: payOrderNo }, by) => Operators.capture({ payOrderNo, amount: null, reason }, by)
  ],
  refunding: ["operator", ({ paid: payOrderNo }, by) => Operators.refund({ payOrderNo, amount: null, reason }, by)],
  "accepting late money": ["operator", ({ late }, by) => Operators.accept({ payOrderNo: late, note: reason }, by)],
  proposing: ["operator", ({ stuck }, by) => Operators.propose(wantedOf(stuck), by)],
  approving: ["operator", ({ proposal }, by) => Operators.approve(proposal, by)],
  rejecting: ["operator", ({ proposal }, by) => Operators.reject(proposal, by)],
  "sending an event again": ["operator", ({ event }, by) => Operators.resend(event, by)],
  "trying a vendor": ["operator", (_, by) => tryVendor(vendor, by)],
  "running a day": ["operator", (_, by) => Reconcile.run(vendor, day, by)],
  "closing a difference": [
    "operator",
    ({ difference: id }, by) => Reconcile.resolve(vendor, day, { id, note: reason }, by)
  ],
  "taking a key": ["administrator", ({ key }, by) => Operators.take(key, by)],
  "making an app": ["administrator", (_, by) => Operators.createApp("kiosk", "A kiosk", by)],
  "changing an app": ["administrator", (_, by) => Operators.changeApp("shop", { type: "disable" }, reason, by)],
  "making an operator": [
    "administrator",
    (_, by) => Accounts.create({ name: "dan", role: "viewer", password: null }, by)
  ],
  "changing an operator": ["administrator", (_, by) => Accounts.change("cy", { role: "operator" }, by)],
  "listing operators": ["administrator", (_, by) => Accounts.list(by)],
  "reading the trail": ["administrator", (_, by) => Trail.list(all, by)]
}

/** All that is on disk, and what the vendor was asked. */
const everything = Effect.gen(function* () {
  const [apps, proposals, reconciliations] = yield* Effect.all([Apps, Proposals, Reconciliations])
  return {
    dump: yield* Effect.flatten(Memory.MemoryDump),
    open: yield* proposals.search({ state: "open", after: null, limit: 100 }),
    decided: yield* proposals.search({ state: "decided", after: null, limit: 100 }),
    apps: yield* apps.list,
    keys: yield* apps.keysOf("shop"),
    accounts: yield* Effect.flatMap(OperatorAccounts, ({ list }) => list),
    deeds: yield* Effect.flatMap(Deeds, ({ search }) => search(all)),
    days: yield* reconciliations.days(vendor, 10),
    differences: yield* found(),
    asked: (yield* Effect.flatMap(FakeVendors.FakeVendor, ({ got }) => got)).length
  }
})

for (const [act, [needed, does]] of Object.entries(acts))
  it.effect(`${act} takes the role ${needed}: with less it is refused by itself, and nothing happens`, () =>
    Effect.gen(function* () {
      const scene = yield* house
      const before = yield* everything
      for (const role of operatorRoles.slice(0, operatorRoles.indexOf(needed)))
        expect(yield* Effect.flip(does(scene, { name: "ada", role }))).toMatchObject({ _tag: "RoleNeeded", needed })
      expect(yield* everything).toEqual(before)
      yield* does(scene, { name: "ada", role: needed })
    }).pipe(Effect.provideService(SecondPerson, { refundsAboveMinor: () => null, apps: true }), Effect.provide(world))
  )
