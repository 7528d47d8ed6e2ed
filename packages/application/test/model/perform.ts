import { Money, Payment } from "@payment-proxy/domain"
import * as FakeVendors from "@payment-proxy/testkit/FakeVendors"
import { Effect, Exit } from "effect"
import { capture } from "../../src/Capture.ts"
import { close } from "../../src/Close.ts"
import * as Operators from "../../src/Operators.ts"
import { place } from "../../src/Place.ts"
import { receive } from "../../src/Receive.ts"
import { refund } from "../../src/Refund.ts"
import { sync } from "../../src/Sync.ts"
import { holds } from "./Broken.ts"
import * as Model from "./Model.ts"
import * as Persons from "./Persons.ts"
import { queues, type Step } from "./steps.ts"
import { amount, orderMinor, shop, type World } from "./World.ts"

type Of<D extends Step["do"]> = Extract<Step, { readonly do: D }>

const hourMillis = 3_600_000

/** The tag or code of what a call failed with; null where it went well. */
const refusalOf = (exit: Exit.Exit<unknown, unknown>): string | null => {
  if (Exit.isSuccess(exit)) return null
  if (exit.cause._tag !== "Fail") return "interrupted"
  const failure = exit.cause.error as { readonly _tag: string; readonly code?: string }
  return failure.code ?? failure._tag
}

const expected = (exit: Exit.Exit<unknown, unknown>, what: string, codes: ReadonlyArray<string>): void => {
  const refusal = refusalOf(exit)
  holds(
    refusal === null || refusal === "interrupted" || codes.includes(refusal),
    "I13",
    what,
    () => `It was ${refusal}.`
  )
}

const orderOf = (world: World, index: number): Payment.Payment | undefined => {
  const rows = [...world.tables.orders.values()]
  return rows[index % Math.max(rows.length, 1)]?.placed.payment
}

const heldOf = (world: World, payOrderNo: string): FakeVendors.Held | undefined =>
  Effect.runSync(world.fake.payments).find(({ merchantOrderNo }) => merchantOrderNo === payOrderNo)

/** What of it the vendor has given back, or is about to. */
export const goingBackMinor = ({ refunds }: FakeVendors.Held): bigint =>
  refunds.reduce((sum, { state, amountMinor }) => (state === "failed" ? sum : sum + amountMinor), 0n)

export const placed = (world: World, model: Model.Model, { key, isOther }: Omit<Of<"place">, "do">): void => {
  const idempotencyKey = `key-${key}`
  const fingerprint = isOther ? "other" : "body"
  const asked = {
    app: shop,
    idempotencyKey,
    fingerprint,
    vendor: "platform",
    businessNo: null,
    amount,
    method: "ALIPAY" as const,
    source: "WEB" as const,
    capture: key === 2 ? ("manual" as const) : ("automatic" as const),
    expiresIn: null,
    metadata: {},
    details: { description: "Travel insurance", payer: {}, returnUrl: null }
  }
  const common = { app: shop.id, idempotencyKey, bodyHash: fingerprint, amount: { value: "10.00", currency: "CNY" } }
  const index = world.client.push({ ...common, outcome: { type: "info" } }) - 1
  world.call(place(asked), (exit) => {
    expected(exit, "place", ["KeyReused"])
    if (Exit.isSuccess(exit)) {
      const { payment, isNew } = exit.value
      const outcome = {
        type: "ok",
        status: isNew ? 201 : 200,
        payOrderNo: payment.payOrderNo,
        amount: common.amount
      } as const
      world.client[index] = { ...common, outcome }
    } else if (refusalOf(exit) === "KeyReused")
      world.client[index] = { ...common, outcome: { type: "fail", status: 422, code: "KEY_REUSED" } }
    Model.placedAs(model, idempotencyKey, fingerprint, exit)
  })
}

const paid = (world: World, { order, how }: Of<"payer">): void => {
  const payment = orderOf(world, order)
  const held = payment && heldOf(world, payment.payOrderNo)
  if (payment === undefined || held === undefined) return
  const no = payment.payOrderNo
  const { pay, payLate, refuse, approve, authorize, reopen } = world.fake
  const isInTime = world.nowMillis() <= payment.expiresAtMillis
  const isEnded = held.status === "failed" || held.status === "closed" || (held.status === "open" && !isInTime)
  if (how === "late" && isEnded && payment.captureAsked === null) Effect.runSync(withClock(world, payLate(no)))
  if (!isInTime) return
  // What is held already is ours to take.
  if (how === "pay" && held.status !== "authorized") Effect.runSync(withClock(world, pay(no)))
  if (how === "again" && held.status === "failed") {
    world.reopened.add(no)
    Effect.runSync(reopen(no))
  }
  if (how === "refuse") Effect.runSync(withClock(world, refuse(no)))
  if (how === "approve") Effect.runSync(withClock(world, approve(no)))
  if (how === "authorize") Effect.runSync(authorize(no, world.nowMillis() + 2 * hourMillis))
}

const withClock = <A>(world: World, effect: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.withClock(effect, world.clock.clock)

const atDesk = (world: World, { order, part }: Of<"desk">): void => {
  const held = heldOf(world, orderOf(world, order)?.payOrderNo ?? "")
  if (held?.status !== "paid" || goingBackMinor(held) + BigInt(part) > held.capturedMinor) return
  Effect.runSync(world.fake.refundAtDesk(held.merchantOrderNo, BigInt(part)))
}

const settled = (world: World, { order, as }: Of<"settle">): void => {
  const held = heldOf(world, orderOf(world, order)?.payOrderNo ?? "")
  const open = held?.refunds.find(({ ourNo, state }) => ourNo !== null && (state === "pending" || state === "abnormal"))
  if (open?.ourNo != null) Effect.runSync(world.fake.settleRefund(open.ourNo, as))
}

const disputed = (world: World, { order, part, as }: Of<"dispute">): void => {
  const held = heldOf(world, orderOf(world, order)?.payOrderNo ?? "")
  const known = held?.disputes[0]
  if (held?.status !== "paid" || (known !== undefined && known.state !== "open")) return
  const amountMinor = known?.amountMinor ?? BigInt(Math.min(part, 1000))
  Effect.runSync(world.fake.dispute(held.merchantOrderNo, { disputeNo: "D1", amountMinor, state: as }))
}

/** The vendor tells of a payment: all that it knows, or what it once was. */
export const told = (
  world: World,
  model: Model.Model,
  no: string,
  kind: FakeVendors.Held["status"] | "news",
  sha: string
): void => {
  const incoming = kind === "news" ? FakeVendors.news({ merchantOrderNo: no }) : FakeVendors.notification(no, kind)
  const said = kind === "news" ? (heldOf(world, no)?.status ?? null) : kind
  const bodySha256 = `${no} ${sha}`
  world.call(receive("platform", incoming, bodySha256), (exit) => {
    expected(exit, "receive", [])
    const isTaken = Exit.isSuccess(exit)
    world.notifications.push({
      number: no,
      bodySha256,
      isGenuine: true,
      saysPaid: kind === "paid" && said === "paid",
      isTaken
    })
  })
  Model.seen(model, world)
}

/** What is forged, or states what is not so, is refused and leaves nothing behind (design §6, promise 5). */
const refused = (world: World, no: string, isForged: boolean): void => {
  const good = FakeVendors.notification(no, "paid", isForged ? null : { minor: 999, currency: "CNY" })
  const incoming = isForged ? { ...good, headers: {} } : good
  const bodySha256 = `${no} ${isForged ? "forged" : "amount"}`
  const before = { inbox: world.tables.inbox.size, payment: world.tables.orders.get(no)?.placed.payment }
  let code: string | null = "unanswered"
  world.call(receive("platform", incoming, bodySha256), (exit) => {
    code = refusalOf(exit)
  })
  if (code === "unanswered") return
  world.notifications.push({ number: no, bodySha256, isGenuine: false, saysPaid: true, isTaken: code === null })
  const isUntouched =
    world.tables.inbox.size === before.inbox && world.tables.orders.get(no)?.placed.payment === before.payment
  holds(code === "NotVerified" && isUntouched, "I9", no, () => `What is not so was answered ${code}.`)
}

const notified = (world: World, model: Model.Model, { order, what, pick }: Of<"notify">): void => {
  if (what === "stranger") return told(world, model, "STRANGER", "paid", "stranger")
  const payment = orderOf(world, order)
  if (payment === undefined) return
  const no = payment.payOrderNo
  if (what === "forged") return refused(world, no, true)
  if (what === "amount") return payment.acceptedMinor === null ? refused(world, no, false) : undefined
  if (what === "news") return told(world, model, no, "news", `news ${world.notifications.length}`)
  const statuses = model.statuses.get(no) ?? []
  const kind = statuses[pick % Math.max(statuses.length, 1)]
  if (kind !== undefined) told(world, model, no, kind, `${kind} ${pick % 2}`)
}

const minorOf = (part: number | null) => (part === null ? null : Money.make(BigInt(part), "CNY"))

const captured = (world: World, { order, part }: Of<"capture">): void => {
  const payment = orderOf(world, order)
  if (payment === undefined) return
  world.call(capture(shop.id, payment.payOrderNo, minorOf(part)), (exit) => {
    expected(exit, "capture", ["NOT_ALLOWED", "OPERATION_OPEN", "AMOUNT_INVALID"])
    const isTooMuch = part !== null && BigInt(part) > orderMinor
    holds(!isTooMuch || Exit.isFailure(exit), "I6", payment.payOrderNo, () => "More was captured than was held.")
  })
}

const refundedBy = (world: World, model: Model.Model, { order, key, part }: Of<"refund">): void => {
  const payment = orderOf(world, order)
  if (payment === undefined) return
  const { payOrderNo } = payment
  const idempotencyKey = `back-${key}`
  const fingerprint = String(part)
  const isOpen = Model.isRefundable(world, payment, part, heldOf(world, payOrderNo))
  const asked = { app: shop.id, payOrderNo, idempotencyKey, fingerprint, amount: minorOf(part), reason: null }
  const startMillis = world.nowMillis()
  world.call(refund(asked), (exit) => {
    expected(exit, "refund", ["NOT_ALLOWED", "NOTHING_REFUNDABLE", "AMOUNT_INVALID", "KeyReused"])
    Model.refundedAs(model, { payOrderNo, idempotencyKey, fingerprint, part }, exit)
    const refusal = refusalOf(exit)
    const isRefused = refusal === "NOTHING_REFUNDABLE" || refusal === "AMOUNT_INVALID" || refusal === "NOT_ALLOWED"
    const isAtOnce = startMillis === world.nowMillis()
    holds(!(isOpen && isRefused && isAtOnce), "§5", payOrderNo, () => `A refund of ${part} was refused: ${refusal}.`)
  })
}

/** The state that an operator finds at the vendor. */
const truthOf = (payment: Payment.Payment, held: FakeVendors.Held | undefined): Payment.State => {
  if (payment.captured > 0n) return "SUCCEEDED"
  switch (held?.status) {
    case undefined:
      return "SUBMITTING"
    case "authorized":
      // What nobody recorded is left to the query that is due.
      return payment.authorized > 0n ? "AUTHORIZED" : "PENDING"
    case "closed":
      return "CLOSED"
    case "failed":
      return "FAILED"
    default:
      return "PENDING"
  }
}

const truthOfRefund = (world: World, payment: Payment.Payment, refundNo: string): Payment.State => {
  const known = heldOf(world, payment.payOrderNo)?.refunds.find(({ ourNo }) => ourNo === refundNo)
  const counted = payment.ownRefunds.find((own) => own.refundNo === refundNo)?.state
  if (counted === "succeeded" || known?.state === "succeeded") return "SUCCEEDED"
  if (counted === "failed") return "FAILED"
  return known?.state === "failed" ? "FAILED" : "PENDING"
}

const unresolvable = ["NOT_ALLOWED", "DEVIATION_OPEN", "NOTHING_CAPTURED", "STATE_INVALID", "ProposalEnded"]

/** What is to become of what is held, as the vendor has it. */
type Wanted = Omit<Operators.Wanted, "note">
const note = "As the vendor has it."
const as = (name: string) => ({ name, role: "operator" as const })

/** Two operators let what is held go on, whatever was proposed before; one alone cannot. */
const resolved = (world: World, wanted: Wanted): void => {
  const alone = { isEnough: false }
  const both = Effect.gen(function* () {
    const proposing = Operators.propose({ ...wanted, note }, as("ann"))
    const { id } = yield* Effect.catchTag(proposing, "ProposalOpen", ({ existing }) =>
      Effect.zipRight(Operators.reject(existing.id, as("bob")), proposing)
    )
    alone.isEnough = Exit.isSuccess(yield* Effect.exit(Operators.approve(id, as(" Ann"))))
    return yield* Operators.approve(id, as("bob"))
  })
  world.call(both, (exit) => {
    expected(exit, "resolve", ["ProposalOpen", ...unresolvable])
    holds(!alone.isEnough, "I17", wanted.payOrderNo, () => "One person was enough.")
  })
}

/** What of an order is held, its refunds first, and what the vendor says of it. */
const wantedOf = function* (world: World, { payOrderNo }: Payment.Payment): Generator<Wanted> {
  const paymentNow = () => world.tables.orders.get(payOrderNo)?.placed.payment
  for (const { placed } of world.tables.refunds.values()) {
    const { refundNo, state, payOrderNo: of } = placed.refund
    const payment = paymentNow()
    if (of === payOrderNo && state === "HELD" && payment !== undefined)
      yield { payOrderNo: refundNo, state: truthOfRefund(world, payment, refundNo), acceptedMinor: null }
  }
  const now = paymentNow()
  if (now?.state !== "HELD") return
  const accepted = now.captured > 0n && now.captured !== Payment.expectedCapture(now) ? now.captured : null
  yield { payOrderNo, state: truthOf(now, heldOf(world, payOrderNo)), acceptedMinor: accepted }
}

/** What is held of an order goes on. */
export const released = (world: World, payment: Payment.Payment): void => {
  for (const wanted of wantedOf(world, payment)) resolved(world, wanted)
}

const typedBy = (by: number): string => Persons.typed[by % Persons.typed.length] ?? ""

/** One operator proposes how the first thing that is held of an order goes on. */
const proposed = (world: World, model: Model.Model, { order, by }: Of<"propose" | "approve">): void => {
  const payment = orderOf(world, order)
  const wanted = payment === undefined ? undefined : wantedOf(world, payment).next().value
  if (wanted === undefined) return
  const name = typedBy(by)
  world.call(Operators.propose({ ...wanted, note }, as(name)), (exit) => {
    expected(exit, "propose", ["ProposalOpen", ...unresolvable])
    if (Exit.isSuccess(exit)) model.proposals.set(wanted.payOrderNo, { id: exit.value.id, by: name })
  })
}

/** An operator, the same or another, approves what was proposed for the first thing that is held of an order. */
const approved = (world: World, model: Model.Model, { order, by }: Of<"propose" | "approve">): void => {
  const payment = orderOf(world, order)
  const wanted = payment === undefined ? undefined : wantedOf(world, payment).next().value
  const proposal = wanted === undefined ? undefined : model.proposals.get(wanted.payOrderNo)
  if (wanted === undefined || proposal === undefined) return
  const isOther = Persons.personOf(proposal.by) !== Persons.personOf(typedBy(by))
  world.call(Operators.approve(proposal.id, as(typedBy(by))), (exit) => {
    expected(exit, "approve", ["SecondPersonNeeded", ...unresolvable])
    holds(isOther || Exit.isFailure(exit), "I17", wanted.payOrderNo, () => `${proposal.by} alone was enough.`)
    const isRefused = refusalOf(exit) === "SecondPersonNeeded"
    holds(!(isOther && isRefused), "I17", wanted.payOrderNo, () => `${typedBy(by)} does not count as a second person.`)
  })
}

const asked = (world: World, { do: word, order }: Of<"close" | "sync" | "accept" | "resolve">): void => {
  const payment = orderOf(world, order)
  if (payment === undefined) return
  const no = payment.payOrderNo
  if (word === "resolve") return released(world, payment)
  if (word === "close") return world.call(close(shop.id, no), (exit) => expected(exit, "close", ["NOT_ALLOWED"]))
  if (word === "sync") return world.call(sync(shop.id, no), (exit) => expected(exit, "sync", []))
  const accepting = Operators.accept({ payOrderNo: no, note: "The customer wants it." }, as("ann"))
  world.call(accepting, (exit) => expected(exit, "accept", ["NOT_ALLOWED", "REFUND_OPEN"]))
}

/** The endpoint is otherwise from now on; once it is well, an operator lets it be told again. */
export const answering = (world: World, answers: Of<"endpoint">["answers"]): void => {
  world.endpoint = answers
  const app = world.tables.apps.get(shop.id) ?? shop
  if (answers === "ok")
    world.tables.apps.set(shop.id, { ...app, endpoints: app.endpoints.map((one) => ({ ...one, stopped: null })) })
}

/** Works at everything once. */
export const worked = (world: World): boolean => queues.map((queue) => world.work(queue)).some((isBusy) => isBusy)

/** Lets one step happen, whatever it finds. */
export const perform = (world: World, model: Model.Model, step: Step): void => {
  switch (step.do) {
    case "place":
      return placed(world, model, step)
    case "payer":
      return paid(world, step)
    case "desk":
      return atDesk(world, step)
    case "settle":
      return settled(world, step)
    case "dispute":
      return disputed(world, step)
    case "notify":
      return notified(world, model, step)
    case "capture":
      return captured(world, step)
    case "refund":
      return refundedBy(world, model, step)
    case "close":
    case "sync":
    case "accept":
    case "resolve":
      return asked(world, step)
    case "propose":
      return proposed(world, model, step)
    case "approve":
      return approved(world, model, step)
    case "wait":
      return world.pass(step.millis)
    case "work":
      return step.queue === "all" ? void worked(world) : void world.work(step.queue)
    case "doom":
      world.doom = { left: step.calls, isAfter: step.isAfter }
      return
    case "stop":
      return world.stop()
    case "endpoint":
      return answering(world, step.answers)
    case "vendor":
      for (const mood of step.moods) world.platform.will(step.call, mood)
      return
  }
}
