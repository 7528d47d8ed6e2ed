import { Evidence, Money, Payment, PaymentCommands, PaymentMachine, PaymentTable } from "@payment-proxy/domain"
import { Effect, Either } from "effect"
import * as XState from "../peers/xstate.ts"
import * as Chance from "./Chance.ts"
import type { Printed } from "./Printed.ts"
import * as Report from "./Report.ts"
import * as Turns from "./Turns.ts"

const settings = { settlingMillis: 300_000 }
const nowMillis = 1_000_000
const amount = Money.make(1234n, "CNY")

/** The order of every life, after its first call went out. */
const submitted: Payment.Payment = Either.match(
  PaymentCommands.command(
    Payment.make({
      payOrderNo: "01J0000000000000000000000000A",
      app: "bench",
      vendor: "platform",
      businessNo: null,
      amount,
      method: "ALIPAY",
      source: "QR",
      capture: "automatic",
      metadata: {},
      createdAtMillis: 0,
      expiresAtMillis: 2 * nowMillis,
      deadlineMillis: 3 * nowMillis
    }),
    { type: "submit" }
  ),
  { onLeft: ({ detail }) => Effect.runSync(Effect.dieMessage(detail)), onRight: ({ order }) => order }
)

/** One life: what the vendor says, as our machine and as the peer's takes it in. */
export interface Life {
  readonly said: ReadonlyArray<Evidence.Evidence>
  readonly events: ReadonlyArray<XState.Event>
}

const item = (vendorRefundNo: string, amountMinor: bigint): Evidence.RefundItem => ({
  vendorRefundNo,
  ourNo: null,
  amountMinor,
  state: "succeeded"
})
const common = { amount, transactionNo: "T1" }
const refunds = (items: ReadonlyArray<Evidence.RefundItem>) => (source: Evidence.Evidence["source"]) =>
  Evidence.make("refunds", source, { captured: amount, total: null, items, ...common })

/** The happy life of an order: open, paid, refunded in two parts. */
const words: ReadonlyArray<(source: Evidence.Evidence["source"]) => Evidence.Evidence> = [
  (source) => Evidence.make("open", source, { next: { type: "none" }, ...common }),
  (source) => Evidence.make("paid", source, { captured: amount, paidAtMillis: nowMillis, ...common }),
  refunds([item("V1", 234n)]),
  refunds([item("V1", 234n), item("V2", 1000n)])
]

/** Makes up a life: each word is said one to three times, an older one comes late now and then, queries confirm. */
const makeLife = (next: () => number): Life => {
  const said: Array<Evidence.Evidence> = []
  const events: Array<XState.Event> = []
  let order = submitted
  const say = (evidence: Evidence.Evidence) => {
    said.push(evidence)
    const type = PaymentMachine.columnOf(order, evidence)
    events.push({ type, isFresh: Evidence.isFresh(order, evidence), askedAtMillis: nowMillis, nowMillis })
    order = PaymentMachine.absorb(order, evidence, nowMillis, settings).order
  }
  for (const [index, word] of words.entries()) {
    const times = 1 + Math.floor(next() * 3)
    for (let time = 0; time < times; time++) say(word("notification"))
    if (next() < 0.5) say({ ...word("query"), asked: { version: order.version, atMillis: nowMillis } })
    const older = words[index - 1]
    if (older !== undefined && next() < 0.5) say(older("notification"))
  }
  return { said, events }
}

/** How many lives a run goes through before it begins again. */
const lifeCount = 64

/** The lives of a seed: the same for the same seed. */
export const lives = (seed: number): ReadonlyArray<Life> => {
  const next = Chance.numbers(seed)
  return Array.from({ length: lifeCount }, () => makeLife(next))
}

/** The states that our machine goes through in a life. */
export const ourStates = ({ said }: Life): ReadonlyArray<string> => {
  let order = submitted
  return said.map((evidence) => {
    order = PaymentMachine.absorb(order, evidence, nowMillis, settings).order
    return order.state
  })
}

const ours = (all: ReadonlyArray<Life>): Turns.Rival => ({
  name: "ours",
  run: (index) => {
    let order = submitted
    for (const evidence of all[index]?.said ?? [])
      order = PaymentMachine.absorb(order, evidence, nowMillis, settings).order
    return order.version
  }
})

const xstate = (all: ReadonlyArray<Life>): Turns.Rival => ({
  name: "xstate",
  run: (index) => XState.live(all[index]?.events ?? []).length
})

/** The table alone: a state and a kind of evidence lead to the next state. */
const lookup = (all: ReadonlyArray<Life>): Turns.Rival => ({
  name: "table lookup",
  run: (index) => {
    let state: Payment.State = submitted.state
    for (const { type } of all[index]?.events ?? []) {
      const cell = PaymentTable.table[state][type]
      if (cell.act === "move") state = cell.to
    }
    return Payment.states[state]
  }
})

const notes = [
  "A step is one piece of evidence; a life is open, paid, refunded in two parts, with repeats and late words.",
  "xstate keeps the state and the guards' facts alone; ours keeps money, numbers, refunds and versions, too.",
  "The rivals share one process: RSS is the process's, CPU is of each one's turns."
]

/** Transitions per second: our `absorb` with all the facts that it keeps, against XState's pure `transition`. */
export const run = ({
  name,
  seconds,
  seed
}: {
  readonly name: string
  readonly seconds: number
  readonly seed: number
}) =>
  Effect.sync((): Printed => {
    const all = lives(seed)
    const work = { pieces: all.length, stepsOf: (index: number) => all[index]?.said.length ?? 0 }
    const [we, peer, floor] = Turns.measure([ours(all), xstate(all), lookup(all)], work, seconds)
    if (we === undefined || peer === undefined || floor === undefined)
      return Effect.runSync(Effect.dieMessage("Three rivals are measured."))
    const report = Report.make({ name, seed, ours: we, peers: [peer], references: [floor], notes })
    return { lines: [Report.table(report)], json: report, isRight: true }
  })
