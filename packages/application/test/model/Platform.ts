import { Evidence, type Payment } from "@payment-proxy/domain"
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
/** How far behind a replica of the platform is at most: less than its settling time. */
const lagMillis = 240_000

/** After so long the platform has settled what became of a call that nobody had an answer to. */
const settledMillis = 310_000

/** A call to take money, and whether its outcome was told. */
interface Taking {
  readonly no: string
  readonly atMillis: number
  isAnswered: boolean
}

/** The numbers under which one payment's money was to be taken, which of them the platform declined, and the calls. */
interface Operations {
  readonly numbers: Array<string>
  readonly declined: Set<string>
  readonly calls: Array<Taking>
}

/** The platform in its moods, and what it saw of us. */
export interface Platform {
  readonly vendors: Vendors["Type"]
  /** The next call of this kind goes so. */
  readonly will: (call: Call, mood: Mood) => void
  /** All calls go well from now on. */
  readonly calm: () => void
  /** Whether a create of this number was sent of which nobody was told that it was not accepted. */
  readonly mayHave: (payOrderNo: string) => boolean
  /** When it was asked what this payment is, or to close it. */
  readonly askedAtMillis: ReadonlyMap<string, ReadonlyArray<number>>
  /** The newest version of an order of which it was asked so. */
  readonly askedVersions: ReadonlyMap<string, number>
  /** It told somebody another amount than it has. */
  readonly hasLied: () => boolean
}

/** Design §5: a new number for taking the money only after a definite decline of the one before. */
const asked = (all: Map<string, Operations>, payOrderNo: string, no: string): Operations => {
  const known = all.get(payOrderNo) ?? { numbers: [], declined: new Set<string>(), calls: [] }
  all.set(payOrderNo, known)
  if (known.numbers.at(-1) === no) return known
  const undeclined = known.numbers.find((other) => !known.declined.has(other))
  if (undeclined !== undefined || known.numbers.includes(no))
    throw new Broken("I2", payOrderNo, `The money was asked for under ${no} while ${undeclined ?? no} may be taken.`)
  known.numbers.push(no)
  return known
}

/** A refusal is definite where no other call under the number may still arrive. */
const answeredSo = ({ calls, declined }: Operations, taking: Taking, isRejected: boolean, nowMillis: number): void => {
  taking.isAnswered = true
  const isOpen = calls.some(
    ({ no, isAnswered, atMillis }) => no === taking.no && !isAnswered && nowMillis - atMillis <= settledMillis
  )
  if (isRejected && !isOpen) declined.add(taking.no)
}

/** The fake's vendors, each call as its mood is. `elsewhere` runs what goes on at the platform, whoever of us dies. */
export const make = (
  vendors: Vendors["Type"],
  { script, calm, got, payments }: FakeVendors.FakeVendor["Type"],
  elsewhere: (effect: Effect.Effect<unknown, unknown>) => void
): Platform => {
  const queues = new Map<Call, Array<Mood>>()
  const operations = new Map<string, Operations>()
  /** How many creates of a number were not refused in so many words. */
  const unrefused = new Map<string, number>()
  const askedAtMillis = new Map<string, Array<number>>()
  const askedVersions = new Map<string, number>()
  let lies = 0

  type Sent<A> = (untilMillis: number) => Effect.Effect<A, CallFailure>

  const given = <A>(call: Call, mood: Mood, sent: Sent<A>, untilMillis: number): Effect.Effect<A, CallFailure> => {
    const gaveUp = Effect.zipRight(Effect.sleep(patienceMillis), new InDoubt({ detail: "No answer came." }))
    switch (mood) {
      case "slow": {
        const next = queues.get(call)?.shift()
        const answer = next === undefined ? sent(untilMillis) : given(call, next, sent, untilMillis)
        return Effect.flatMap(Effect.exit(answer), (exit) => Effect.zipRight(Effect.sleep(slowMillis), exit))
      }
      case "hang":
        return Effect.zipRight(Effect.exit(sent(untilMillis)), gaveUp)
      case "late":
        return Effect.flatMap(Clock.currentTimeMillis, (nowMillis): Effect.Effect<A, CallFailure> => {
          if (nowMillis > untilMillis) return new Unreachable({ detail: "Its time was over." })
          elsewhere(Effect.zipRight(Effect.sleep(lateMillis), sent(Number.POSITIVE_INFINITY)))
          return gaveUp
        })
      case "lag":
        return sent(untilMillis)
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
      Effect.flatMap(Clock.currentTimeMillis, (atMillis) => {
        const known = asked(operations, payment.payOrderNo, operation.no)
        const taking: Taking = { no: operation.no, atMillis, isAnswered: false }
        known.calls.push(taking)
        const sent = moody(call, untilMillis, (until) => vendors[call](payment, operation, until))
        return Effect.tapError(sent, ({ _tag }) =>
          Effect.map(Clock.currentTimeMillis, (nowMillis) => {
            if (_tag !== "InDoubt") answeredSo(known, taking, _tag === "Rejected", nowMillis)
          })
        )
      })

  const created: Vendors["Type"]["create"] = (payment, prepared, untilMillis) =>
    Effect.suspend(() => {
      const { payOrderNo } = payment
      unrefused.set(payOrderNo, (unrefused.get(payOrderNo) ?? 0) + 1)
      const sent = moody("create", untilMillis, (until) => vendors.create(payment, prepared, until))
      return Effect.tapError(sent, ({ _tag }) =>
        Effect.sync(() => {
          if (_tag !== "InDoubt") unrefused.set(payOrderNo, (unrefused.get(payOrderNo) ?? 0) - 1)
        })
      )
    })

  const noted = ({ payOrderNo, version }: Payment.Payment, nowMillis: number): void => {
    const times = askedAtMillis.get(payOrderNo)
    if (times === undefined) askedAtMillis.set(payOrderNo, [nowMillis])
    else times.push(nowMillis)
    askedVersions.set(payOrderNo, Math.max(askedVersions.get(payOrderNo) ?? 0, version))
  }

  /** A replica has not heard of what came to the platform a short time ago. */
  const isUnheard = (payOrderNo: string, nowMillis: number): boolean => {
    if (!Effect.runSync(payments).some(({ merchantOrderNo }) => merchantOrderNo === payOrderNo)) return true
    const first = Effect.runSync(got).find((one) => one.call === "create" && one.merchantOrderNo === payOrderNo)
    return first !== undefined && nowMillis - first.atMillis <= lagMillis
  }

  const queried: Vendors["Type"]["query"] = (payment) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      const { payOrderNo, version } = payment
      noted(payment, nowMillis)
      if (queues.get("query")?.[0] !== "lag") return moody("query", never, () => vendors.query(payment))
      queues.get("query")?.shift()
      if (!isUnheard(payOrderNo, nowMillis)) return vendors.query(payment)
      return Effect.succeed(Evidence.make("notFound", "query", { asked: { version, atMillis: nowMillis } }))
    })

  const closed: Vendors["Type"]["close"] = (payment) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      noted(payment, nowMillis)
      return moody("close", never, () => vendors.close(payment))
    })

  const never = Number.POSITIVE_INFINITY
  return {
    vendors: {
      ...vendors,
      create: created,
      query: queried,
      close: closed,
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
    mayHave: (payOrderNo) => (unrefused.get(payOrderNo) ?? 0) > 0,
    askedAtMillis,
    askedVersions,
    hasLied: () => lies > 0
  }
}
