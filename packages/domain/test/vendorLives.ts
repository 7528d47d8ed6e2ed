import { Evidence, type Payment, PaymentCommands, PaymentMachine } from "@payment-proxy/domain"
import { Either } from "effect"
import * as FastCheck from "effect/FastCheck"
import {
  cny,
  createdAtMillis,
  deadlineMillis,
  expiresAtMillis,
  inState,
  settings,
  settlingMillis,
  total
} from "./orders.ts"

/** What is true at the vendor; `back` lists the amounts that went back, in minor units. */
interface Truth {
  readonly word: "absent" | "open" | "approved" | "authorized" | "paid" | "failed" | "closed"
  readonly back: ReadonlyArray<bigint>
}

/** From `atMillis` on, this is true. */
interface Point {
  readonly atMillis: number
  readonly truth: Truth
}

/** How a vendor speaks: whether its statements carry totals of refunds, single refunds, what was captured, its number. */
interface Tongue {
  readonly hasTotals: boolean
  readonly hasItems: boolean
  readonly hasCaptured: boolean
  readonly hasNumber: boolean
}

/** The life of one order at its vendor. */
export interface Life {
  /** The payer pays although the vendor had said that it was the end. */
  readonly isLatePayer: boolean
  readonly points: ReadonlyArray<Point>
  readonly tongue: Tongue
  /** What we asked to capture, in minor units: the order's amount, or less by a manual capture. */
  readonly capturedMinor: bigint
  readonly capture: "automatic" | "manual"
}

type Word = Truth["word"]

/** The ways in which an order lives at a vendor; the last of them pay after a word that meant the end. */
const paths: ReadonlyArray<ReadonlyArray<Word>> = [
  [],
  ["open"],
  ["open", "failed"],
  ["open", "closed"],
  ["failed"],
  ["paid"],
  ["open", "paid"],
  ["open", "approved", "paid"],
  ["open", "approved", "closed"],
  ["authorized", "closed"],
  ["authorized", "paid"],
  ["open", "authorized", "paid"],
  ["open", "authorized", "failed"],
  ["failed", "paid"],
  ["open", "closed", "paid"],
  ["open", "failed", "authorized", "paid"],
  ["open", "closed", "open", "paid"]
]

const flag = FastCheck.boolean()
const upTo = (max: number) => FastCheck.integer({ min: 0, max })

const backs = (captured: bigint, parts: ReadonlyArray<number>, isWhole: boolean): ReadonlyArray<bigint> => {
  const amounts: Array<bigint> = []
  let left = captured
  for (const part of parts) {
    const amount = BigInt(part) < left ? BigInt(part) : left
    if (amount > 0n) amounts.push(amount)
    left -= amount
  }
  return isWhole && left > 0n ? [...amounts, left] : amounts
}

/** Lives of an order: it arrives or not, is paid or not, and some of it goes back; times in milliseconds. */
export const life: FastCheck.Arbitrary<Life> = FastCheck.record({
  path: FastCheck.constantFrom(...paths),
  gaps: FastCheck.array(upTo(200_000), { minLength: 4, maxLength: 4 }),
  arrival: upTo(10_000),
  dark: FastCheck.oneof(FastCheck.constant(0), upTo(90_000_000)),
  parts: FastCheck.array(FastCheck.integer({ min: 1, max: Number(total) }), { maxLength: 3 }),
  isWhole: flag,
  backGap: upTo(2_000_000),
  isPart: flag,
  isManual: flag,
  tongue: FastCheck.record({ hasTotals: flag, hasItems: flag, hasCaptured: flag, hasNumber: flag }).map((tongue) => ({
    ...tongue,
    hasItems: tongue.hasItems || !tongue.hasTotals
  }))
}).map(({ path, gaps, arrival, dark, parts, isWhole, backGap, isPart, isManual, tongue }) => {
  const isLatePayer = path.includes("paid") && (path.includes("failed") || path.includes("closed"))
  const points: Array<Point> = [{ atMillis: createdAtMillis, truth: { word: "absent", back: [] } }]
  let atMillis = createdAtMillis + arrival
  for (const [index, word] of path.entries()) {
    atMillis += gaps[index] ?? 0
    if (word === "paid" && isLatePayer) atMillis += dark
    points.push({ atMillis, truth: { word, back: [] } })
  }
  const capturedMinor = path.includes("authorized") && isManual && isPart ? 1000n : total
  const back = path.at(-1) === "paid" ? backs(capturedMinor, parts, isWhole) : []
  for (const index of back.keys()) {
    atMillis += backGap
    points.push({ atMillis, truth: { word: "paid", back: back.slice(0, index + 1) } })
  }
  return { isLatePayer, points, tongue, capturedMinor, capture: isManual ? "manual" : "automatic" }
})

const truthAt = ({ points }: Life, atMillis: number): Truth =>
  points.findLast((point) => point.atMillis <= atMillis)?.truth ?? { word: "absent", back: [] }

/** The last thing that is true in a life. */
export const end = (life: Life): Truth => truthAt(life, Number.POSITIVE_INFINITY)

type Common = Pick<Evidence.Evidence, "source" | "asked" | "amount" | "transactionNo">

/** How a vendor states what is true. */
const stated = ({ tongue, capturedMinor }: Life, { word, back }: Truth, by: Pick<Common, "source" | "asked">) => {
  const common: Common = { ...by, amount: cny(total), transactionNo: tongue.hasNumber ? "T1" : null }
  const captured = tongue.hasCaptured ? cny(capturedMinor) : null
  switch (word) {
    case "absent":
      return Evidence.make("notFound", by.source, by)
    case "open":
      return Evidence.make("open", by.source, { next: { type: "none" }, ...common })
    case "authorized":
      return Evidence.make("authorized", by.source, { untilMillis: null, ...common })
    case "failed":
      return Evidence.make("failed", by.source, { code: "REFUSED", detail: "", ...common })
    case "approved":
    case "closed":
      return Evidence.make(word, by.source, common)
    case "paid":
      return back.length === 0 && !tongue.hasTotals
        ? Evidence.make("paid", by.source, { captured, paidAtMillis: null, ...common })
        : Evidence.make("refunds", by.source, {
            captured,
            total: tongue.hasTotals ? back.reduce((a, b) => a + b, 0n) : null,
            items: (tongue.hasItems ? back : []).map((amountMinor, index) => ({
              vendorRefundNo: `V${index}`,
              ourNo: null,
              amountMinor,
              state: "succeeded" as const
            })),
            ...common
          })
  }
}

const notified = { source: "notification", asked: null } as const

/** A notification for each thing that became true, in the life's order; the last is the life's last word. */
export const notifications = (life: Life): ReadonlyArray<Evidence.Evidence> =>
  life.points.filter(({ truth }) => truth.word !== "absent").map(({ truth }) => stated(life, truth, notified))

/** What happens between us and the vendor, each at `atMillis` after a point of the life. */
type Happening =
  | { readonly type: "notify"; readonly delayMillis: number }
  | { readonly type: "mutter" }
  | { readonly type: "dispute" }
  | ({ readonly type: "ask" } & Question)
  /** Told at once, then two queries that lagging replicas answer, the second sent after the first was taken in. */
  | { readonly type: "lag"; readonly lagMillis: number; readonly gapMillis: number; readonly delayMillis: number }
  | { readonly type: "close" }
  | { readonly type: "capture" }
  | { readonly type: "send"; readonly answer: Evidence.Answer["_tag"] }

/** What happens, how long after which point of the life, in milliseconds. */
export interface Scheduled {
  readonly point: number
  readonly offsetMillis: number
  readonly happening: Happening
}

const happening: FastCheck.Arbitrary<Happening> = FastCheck.oneof(
  {
    weight: 6,
    arbitrary: FastCheck.record({ type: FastCheck.constant("notify" as const), delayMillis: upTo(2_000_000) })
  },
  {
    weight: 8,
    arbitrary: FastCheck.record({
      type: FastCheck.constant("ask" as const),
      source: FastCheck.constantFrom("query" as const, "close" as const),
      lagMillis: FastCheck.oneof(FastCheck.constant(0), upTo(settlingMillis - 1)),
      delayMillis: FastCheck.oneof(upTo(2_000), upTo(700_000))
    })
  },
  {
    weight: 3,
    arbitrary: FastCheck.record({
      type: FastCheck.constant("lag" as const),
      lagMillis: upTo(settlingMillis - 1),
      gapMillis: upTo(settlingMillis),
      delayMillis: FastCheck.oneof(FastCheck.constant(0), upTo(700_000))
    })
  },
  { weight: 1, arbitrary: FastCheck.constant({ type: "mutter" as const }) },
  { weight: 1, arbitrary: FastCheck.constant({ type: "dispute" as const }) },
  { weight: 1, arbitrary: FastCheck.constant({ type: "close" as const }) },
  { weight: 1, arbitrary: FastCheck.constant({ type: "capture" as const }) },
  {
    weight: 2,
    arbitrary: FastCheck.record({
      type: FastCheck.constant("send" as const),
      answer: FastCheck.constantFrom(
        "Rejected" as const,
        "Throttled" as const,
        "Unreachable" as const,
        "InDoubt" as const
      )
    })
  }
)

/** Up to twenty-five happenings in any order: what is not among them was lost, what is twice was repeated. */
export const schedule: FastCheck.Arbitrary<ReadonlyArray<Scheduled>> = FastCheck.array(
  FastCheck.record({
    point: FastCheck.nat(8),
    offsetMillis: FastCheck.oneof(upTo(5_000), upTo(1_500_000)),
    happening
  }),
  { maxLength: 25 }
)

/** One step of a life as it was lived: what was known, what was said, and what is known then. */
export interface Lived {
  readonly before: Payment.Payment
  readonly evidence: Evidence.Evidence
  readonly after: Payment.Payment
  readonly nowMillis: number
  readonly isFresh: boolean
}

interface Due {
  readonly atMillis: number
  readonly run: (now: State, atMillis: number) => void
}

interface State {
  order: Payment.Payment
  readonly lived: Array<Lived>
  readonly queue: Array<Due>
}

const absorb = (now: State, evidence: Evidence.Evidence, nowMillis: number): void => {
  const before = now.order
  now.order = PaymentMachine.absorb(Object.freeze(before), evidence, nowMillis, settings).order
  const isFresh = Evidence.isFresh(before, evidence)
  now.lived.push({ before, evidence, after: now.order, nowMillis, isFresh })
}

const wanted = (now: State, command: PaymentCommands.Command): void => {
  now.order = Either.match(PaymentCommands.command(now.order, command), {
    onLeft: () => now.order,
    onRight: (step) => step.order
  })
}

const answers: { readonly [T in Evidence.Answer["_tag"]]: Evidence.Answer } = {
  Rejected: { _tag: "Rejected", code: "DUPLICATE", detail: "" },
  Throttled: { _tag: "Throttled", retryAfterMillis: null, detail: "" },
  Unreachable: { _tag: "Unreachable", detail: "" },
  InDoubt: { _tag: "InDoubt", detail: "" }
}

/** The stored create once more: its own answer ends nothing here, as the first call was never answered. */
const sendAgain = (now: State, answer: Evidence.Answer["_tag"]): void => {
  if (now.order.state !== "SUBMITTING") return
  now.order = PaymentMachine.answered(PaymentMachine.sending(now.order, "create"), "create", answers[answer]).order
}

interface Question {
  readonly source: "query" | "close"
  readonly lagMillis: number
  readonly delayMillis: number
}

/** A query of ours: the answer speaks of the moment that the replica has come to, and arrives after its delay. */
const ask = (life: Life, now: State, { source, lagMillis, delayMillis }: Question, atMillis: number): void => {
  const asked = { version: now.order.version, atMillis }
  const evidence = stated(life, truthAt(life, atMillis - lagMillis), { source, asked })
  now.queue.push({ atMillis: atMillis + delayMillis, run: (then, at) => absorb(then, evidence, at) })
}

const happen = (life: Life, now: State, point: Point, happening: Happening, atMillis: number): void => {
  switch (happening.type) {
    case "notify": {
      const evidence = stated(life, point.truth, notified)
      if (point.truth.word !== "absent")
        now.queue.push({ atMillis: atMillis + happening.delayMillis, run: (then, at) => absorb(then, evidence, at) })
      return
    }
    case "ask":
      return ask(life, now, happening, atMillis)
    case "lag": {
      if (point.truth.word !== "absent") absorb(now, stated(life, point.truth, notified), atMillis)
      const { lagMillis, gapMillis, delayMillis } = happening
      ask(life, now, { source: "query", lagMillis, delayMillis: 0 }, atMillis)
      const again = { source: "query", lagMillis: settlingMillis - 1, delayMillis } as const
      now.queue.push({ atMillis: atMillis + gapMillis, run: (then, at) => ask(life, then, again, at) })
      return
    }
    case "mutter":
      if (point.truth.word !== "absent")
        absorb(now, Evidence.make("known", "notification", { word: "MULLED_OVER" }), atMillis)
      return
    case "dispute":
      if (point.truth.word === "paid") {
        const dispute = { disputeNo: "D1", disputedMinor: 100n, state: "open" } as const
        absorb(now, Evidence.make("disputed", "notification", dispute), atMillis)
      }
      return
    case "close":
      return wanted(now, { type: "close" })
    case "capture":
      return wanted(now, { type: "capture", amountMinor: life.capturedMinor })
    case "send":
      return sendAgain(now, happening.answer)
  }
}

/** An order as it stands when its first call went out; a manual capture of a part was asked for before. */
export const submitted = (life: Life): Payment.Payment =>
  inState("SUBMITTING", {
    version: 1,
    learntVersion: 0,
    capture: life.capture,
    captureAsked: life.capturedMinor < total ? life.capturedMinor : null
  })

/** More events than any schedule can bring about. */
const maxEvents = 100

/** Lives a life: everything that is scheduled, our own expiry, and at the end a query that answers the last word. */
export const live = (life: Life, scheduled: ReadonlyArray<Scheduled>) => {
  const now: State = { order: submitted(life), lived: [], queue: [] }
  for (const { point: pick, offsetMillis, happening } of scheduled) {
    const point = life.points[pick % life.points.length]
    if (point === undefined) continue
    const run = (then: State, atMillis: number) => happen(life, then, point, happening, atMillis)
    now.queue.push({ atMillis: point.atMillis + offsetMillis, run })
  }
  const expire = (then: State, nowMillis: number) => wanted(then, { type: "expire", nowMillis, marginMillis: 0 })
  now.queue.push({ atMillis: expiresAtMillis, run: expire })
  let atMillis = 0
  for (let count = 0; count < maxEvents && now.queue.length > 0; count++) {
    now.queue.sort((a, b) => b.atMillis - a.atMillis)
    const due = now.queue.pop()
    if (due === undefined) break
    atMillis = due.atMillis
    due.run(now, atMillis)
  }
  const lastMillis = Math.max(atMillis, deadlineMillis, life.points.at(-1)?.atMillis ?? 0) + settlingMillis
  const asked = { version: now.order.version, atMillis: lastMillis }
  absorb(now, stated(life, end(life), { source: "query", asked }), lastMillis)
  return { order: now.order, lived: now.lived, isDrained: now.queue.length === 0 }
}
