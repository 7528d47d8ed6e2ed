import { type CallFailure, InDoubt, Unreachable, type Vendors } from "@payment-proxy/ports"
import type * as FakeVendors from "@payment-proxy/testkit/FakeVendors"
import { Clock, Effect } from "effect"
import { Broken } from "./Broken.ts"
import type { Call, Mood } from "./steps.ts"

/** How long our adapters wait for an answer. */
const patienceMillis = 9000
/** When a request arrives that was long on its way. */
const lateMillis = 20_000
const slowMillis = 4000

/** The numbers under which one payment's money was to be taken, and which of them the platform declined. */
interface Operations {
  readonly numbers: Array<string>
  readonly declined: Set<string>
}

/** The platform in its moods, and what it saw of us. */
export interface Platform {
  readonly vendors: Vendors["Type"]
  /** The next call of this kind goes so. */
  readonly will: (call: Call, mood: Mood) => void
  /** All calls go well from now on. */
  readonly calm: () => void
  /** It told somebody another amount than it has. */
  readonly hasLied: () => boolean
}

/** Design §5: a new number for taking the money only after a definite decline of the one before. */
const asked = (all: Map<string, Operations>, payOrderNo: string, no: string): Operations => {
  const known = all.get(payOrderNo) ?? { numbers: [], declined: new Set<string>() }
  all.set(payOrderNo, known)
  if (known.numbers.at(-1) === no) return known
  const undeclined = known.numbers.find((other) => !known.declined.has(other))
  if (undeclined !== undefined || known.numbers.includes(no))
    throw new Broken("I2", payOrderNo, `The money was asked for under ${no} while ${undeclined ?? no} may be taken.`)
  known.numbers.push(no)
  return known
}

/** The fake's vendors, each call as its mood is. `elsewhere` runs what goes on at the platform, whoever of us dies. */
export const make = (
  vendors: Vendors["Type"],
  { script, calm }: FakeVendors.FakeVendor["Type"],
  elsewhere: (effect: Effect.Effect<unknown, unknown>) => void
): Platform => {
  const queues = new Map<Call, Array<Mood>>()
  const operations = new Map<string, Operations>()
  let lies = 0

  type Sent<A> = (untilMillis: number) => Effect.Effect<A, CallFailure>

  const given = <A>(call: Call, mood: Mood, sent: Sent<A>, untilMillis: number): Effect.Effect<A, CallFailure> => {
    const gaveUp = Effect.zipRight(Effect.sleep(patienceMillis), new InDoubt({ detail: "No answer came." }))
    switch (mood) {
      case "slow":
        return Effect.zipLeft(sent(untilMillis), Effect.sleep(slowMillis))
      case "hang":
        return Effect.zipRight(Effect.exit(sent(untilMillis)), gaveUp)
      case "late":
        return Effect.flatMap(Clock.currentTimeMillis, (nowMillis): Effect.Effect<A, CallFailure> => {
          if (nowMillis > untilMillis) return new Unreachable({ detail: "Its time was over." })
          elsewhere(Effect.zipRight(Effect.sleep(lateMillis), sent(Number.POSITIVE_INFINITY)))
          return gaveUp
        })
      default:
        if (mood === "wrongAmount") lies += 1
        return Effect.zipRight(script(call, mood), sent(untilMillis))
    }
  }

  const moody = <A>(call: Call, untilMillis: number, sent: Sent<A>): Effect.Effect<A, CallFailure> =>
    Effect.suspend(() => {
      const mood = queues.get(call)?.shift()
      return mood === undefined ? sent(untilMillis) : given(call, mood, sent, untilMillis)
    })

  const operated =
    (call: "capture" | "complete"): Vendors["Type"]["capture"] =>
    (payment, operation, untilMillis) =>
      Effect.suspend(() => {
        const known = asked(operations, payment.payOrderNo, operation.no)
        return Effect.tapErrorTag(
          moody(call, untilMillis, (until) => vendors[call](payment, operation, until)),
          "Rejected",
          () => Effect.sync(() => known.declined.add(operation.no))
        )
      })

  const never = Number.POSITIVE_INFINITY
  return {
    vendors: {
      ...vendors,
      create: (payment, prepared, untilMillis) =>
        moody("create", untilMillis, (until) => vendors.create(payment, prepared, until)),
      query: (payment) => moody("query", never, () => vendors.query(payment)),
      close: (payment) => moody("close", never, () => vendors.close(payment)),
      capture: operated("capture"),
      complete: operated("complete"),
      refund: (payment, refund, untilMillis) =>
        moody("refund", untilMillis, (until) => vendors.refund(payment, refund, until)),
      queryRefund: (payment, refund) => moody("queryRefund", never, () => vendors.queryRefund(payment, refund))
    },
    will: (call, mood) => {
      const queue = queues.get(call)
      if (queue === undefined) queues.set(call, [mood])
      else queue.push(mood)
    },
    calm: () => {
      queues.clear()
      Effect.runSync(calm)
    },
    hasLied: () => lies > 0
  }
}
