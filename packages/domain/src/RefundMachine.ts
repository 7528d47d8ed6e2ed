import { Either, Schema } from "effect"
import type { Answer, RefundEvidence } from "./Evidence.ts"
import { isFresh } from "./Evidence.ts"
import type { Cell, Refused, Settings, Step } from "./Machine.ts"
import { contradict, fresh, patched, refuse, stay, to } from "./Machine.ts"
import * as Money from "./Money.ts"
import { Contradiction } from "./Payment.ts"

/** The states of a refund and their codes in `pay_status`, a part of the payment's (design §5). */
export const states = { CREATED: 0, SUBMITTING: 10, PENDING: 20, SUCCEEDED: 30, FAILED: 40, HELD: 61 } as const
export type State = keyof typeof states

/** The columns of the evidence table. */
export const columns = ["notFound", "pending", "succeeded", "failed", "abnormal"] as const
export type Column = (typeof columns)[number]

/** A refund order: bound to its payment, with a number of its own. */
export const Refund = Schema.Struct({
  refundNo: Schema.String,
  payOrderNo: Schema.String,
  amount: Money.Schema,
  reason: Schema.NullOr(Schema.String),
  createdAtMillis: Schema.Number,
  deadlineMillis: Schema.Number,
  state: Schema.Literal("CREATED", "SUBMITTING", "PENDING", "SUCCEEDED", "FAILED", "HELD"),
  version: Schema.Number,
  learntVersion: Schema.Number,
  vendorRefundNo: Schema.NullOr(Schema.String),
  /** Calls that may have reached the vendor and were not answered definitely. */
  unknownCalls: Schema.Number,
  contradiction: Schema.NullOr(Contradiction),
  /** Why it failed; before that, why the vendor refused a call of it while another is in doubt. */
  failure: Schema.NullOr(Schema.Struct({ code: Schema.String, detail: Schema.String })),
  heldReason: Schema.NullOr(Schema.String),
  /** When it was established that the money went back. */
  refundedAtMillis: Schema.NullOr(Schema.Number),
  /** The hash that its history ends with; null where that is not chained. */
  head: Schema.NullOr(Schema.String)
})
export type Refund = typeof Refund.Type

/** What a refund is made of. */
export type Asked = Pick<Refund, "refundNo" | "payOrderNo" | "amount" | "reason" | "createdAtMillis" | "deadlineMillis">

/** A refund as it is before anything is sent: CREATED, version 0, not yet on disk. */
export const make = (asked: Asked): Refund => ({
  ...asked,
  state: "CREATED",
  version: 0,
  learntVersion: 0,
  vendorRefundNo: null,
  unknownCalls: 0,
  contradiction: null,
  failure: null,
  heldReason: null,
  refundedAtMillis: null,
  head: null
})

/** The stored call is sent again under the same number, for a fresh answer only; late ones make a query due. */
const resend = { act: "resend", fresh: true } as const
/** The same, past the vendor's settling time after the deadline of the last call. */
const resendSettled = { act: "resend", fresh: true, deadline: "after" } as const
type RefundCell = Cell<State> | typeof resend | typeof resendSettled

/** The evidence table of a refund (design §5). */
export const table = {
  CREATED: { notFound: stay, pending: stay, succeeded: to("HELD"), failed: to("HELD"), abnormal: to("HELD") },
  SUBMITTING: {
    notFound: resend,
    pending: to("PENDING"),
    succeeded: to("SUCCEEDED"),
    failed: fresh("FAILED"),
    abnormal: to("HELD")
  },
  PENDING: {
    notFound: resendSettled,
    pending: stay,
    succeeded: to("SUCCEEDED"),
    failed: fresh("FAILED"),
    abnormal: to("HELD")
  },
  HELD: { notFound: stay, pending: stay, succeeded: to("SUCCEEDED"), failed: fresh("FAILED"), abnormal: stay },
  SUCCEEDED: { notFound: stay, pending: stay, succeeded: stay, failed: contradict, abnormal: contradict },
  FAILED: { notFound: stay, pending: stay, succeeded: to("HELD"), failed: stay, abnormal: stay }
} as const satisfies Record<State, Record<Column, RefundCell>>

/**
 * What a refund in doubt comes to that the vendor refused when it was sent again: it is not sent once more, and when it is not to be
 * found past the settling time after the last call, no call of it arrived. One that the vendor was seen to have, a person decides.
 */
export const refusedTo = { SUBMITTING: "FAILED", PENDING: "HELD" } as const satisfies Partial<Record<State, State>>

/** What a refund's step asks for beside its state: the stored call once more, or a query. */
export interface RefundStep extends Step<Refund> {
  readonly resend: boolean
}

const unmoved = (order: Refund, urgent = false): RefundStep => ({ order, urgent, resend: false, alarms: [] })

const numbered = (before: Refund, after: Refund): Refund =>
  before === after ? before : { ...after, version: before.version + 1, learntVersion: before.version + 1 }

const hold = (refund: Refund, heldReason: string): Refund =>
  refund.state === "HELD" ? refund : { ...refund, state: "HELD", heldReason, contradiction: null }

const contradicted = (
  refund: Refund,
  { kind, asked }: RefundEvidence,
  nowMillis: number,
  settings: Settings
): Refund => {
  const pending = refund.contradiction
  if (pending === null || pending.column !== kind)
    return { ...refund, contradiction: { column: kind, sinceMillis: nowMillis } }
  const askedMillis = asked?.atMillis ?? nowMillis
  return askedMillis - pending.sinceMillis >= settings.settlingMillis ? hold(refund, `CONTRADICTED:${kind}`) : refund
}

const entered = (refund: Refund, state: State, evidence: RefundEvidence, nowMillis: number): Refund => {
  if (state === "HELD")
    return hold(refund, refund.state === "FAILED" ? "SUCCEEDED_AFTER_FAILED" : heldReasonOf(refund, evidence))
  if (state === "FAILED")
    return { ...refund, state, heldReason: null, failure: { code: "REFUND_FAILED", detail: evidence.detail ?? "" } }
  const refundedAtMillis = state === "SUCCEEDED" ? (refund.refundedAtMillis ?? nowMillis) : refund.refundedAtMillis
  return { ...refund, state, heldReason: null, contradiction: null, failure: null, refundedAtMillis }
}

const heldReasonOf = (refund: Refund, evidence: RefundEvidence): string =>
  refund.state === "CREATED" ? "NEVER_SENT" : `VENDOR_${evidence.kind.toUpperCase()}`

const isMismatch = (refund: Refund, { amount }: RefundEvidence): boolean =>
  amount !== null && (amount.currency !== refund.amount.currency || amount.amountMinor !== refund.amount.amountMinor)

/** A success that a hold rests on does not end the hold when it is repeated (design §5, rule 3): a person decides. */
const isHeldBySuccess = ({ state, heldReason }: Refund, { kind }: RefundEvidence): boolean =>
  state === "HELD" && kind === "succeeded" && (heldReason === "SUCCEEDED_AFTER_FAILED" || heldReason === "NEVER_SENT")

/** Takes in evidence about a refund: total, and a no-op for what is known already. `nowMillis`: the time of absorbing. */
export const absorb = (refund: Refund, evidence: RefundEvidence, nowMillis: number, settings: Settings): RefundStep => {
  const learnt = patched(refund, { vendorRefundNo: refund.vendorRefundNo ?? evidence.vendorRefundNo })
  if (isMismatch(refund, evidence)) return finish(refund, hold(learnt, "AMOUNT_MISMATCH"))
  const cell = isHeldBySuccess(refund, evidence) ? stay : table[refund.state][evidence.kind]
  const isFreshEvidence = isFresh(refund, evidence)
  if (cell.act === "stay") {
    const agrees = isFreshEvidence && evidence.kind === "succeeded" && refund.contradiction !== null
    return finish(refund, agrees ? { ...learnt, contradiction: null } : learnt)
  }
  if ("fresh" in cell && !isFreshEvidence) return { ...finish(refund, learnt), urgent: true, owesQuery: true }
  if (cell.act === "contradict") return finish(refund, contradicted(learnt, evidence, nowMillis, settings))
  if (cell.act === "move") return finish(refund, entered(learnt, cell.to, evidence, nowMillis))
  const isSettled = (evidence.asked?.atMillis ?? 0) > refund.deadlineMillis + settings.settlingMillis
  if (refund.failure !== null) return finish(refund, isSettled ? refused(learnt) : learnt)
  const isDue = !("deadline" in cell) || isSettled
  return { ...finish(refund, learnt), resend: isDue, urgent: isDue }
}

/** A refund of which no call arrived, and which the vendor refused. */
const refused = (refund: Refund): Refund => {
  const state = refund.state in refusedTo ? refusedTo[refund.state as keyof typeof refusedTo] : refund.state
  return state === "HELD" ? hold(refund, "REFUSED") : { ...refund, state }
}

const finish = (before: Refund, after: Refund): RefundStep => {
  const alarms = after.state === "HELD" && before.state !== "HELD" ? [`HELD:${after.heldReason}`] : []
  return { order: numbered(before, after), urgent: false, resend: false, alarms }
}

/**
 * Takes in the answer to one refund call: a refusal ends the refund only if no earlier call may have arrived; else it is kept as why
 * the refund failed, should it have.
 */
export const answered = (refund: Refund, answer: Answer): RefundStep => {
  if (answer._tag === "InDoubt") return unmoved(refund)
  const counted = patched(refund, { unknownCalls: Math.max(refund.unknownCalls - 1, 0) })
  const version = refund.version + 1
  if (answer._tag === "Rejected" && counted.state in refusedTo) {
    const failure = { code: answer.code, detail: answer.detail }
    const isEnd = counted.state === "SUBMITTING" && counted.unknownCalls === 0
    return unmoved({ ...counted, failure, version, ...(isEnd ? { state: "FAILED" } : {}) }, !isEnd)
  }
  return unmoved(counted === refund ? refund : { ...counted, version }, answer._tag === "Rejected")
}

/** Notes, before it goes out, that a further call of the stored refund may reach the vendor until `untilMillis`. */
export const sending = (refund: Refund, untilMillis: number): Refund => ({
  ...refund,
  unknownCalls: refund.unknownCalls + 1,
  deadlineMillis: Math.max(refund.deadlineMillis, untilMillis),
  version: refund.version + 1
})

/** What someone wants of a refund. */
export type Command =
  | { readonly type: "submit" }
  | { readonly type: "resolve"; readonly state: "PENDING" | "SUCCEEDED" | "FAILED" }

/** Where each command leads; a state that is missing refuses it. */
export const commands = {
  submit: { CREATED: "SUBMITTING" },
  resolve: { HELD: "HELD" }
} as const satisfies Record<Command["type"], Partial<Record<State, State>>>

/** The commands that are open now. */
export const legal = (refund: Refund): ReadonlyArray<Command["type"]> =>
  (Object.keys(commands) as Array<Command["type"]>).filter((type) => refund.state in commands[type])

/** Decides a command: the next refund with its need due at once, or why not. It never throws. */
export const command = (refund: Refund, wanted: Command): Either.Either<RefundStep, Refused> => {
  if (!(refund.state in commands[wanted.type]))
    return Either.left(refuse("NOT_ALLOWED", `${wanted.type} is not open in ${refund.state}.`))
  const version = refund.version + 1
  return Either.right(
    unmoved(
      wanted.type === "submit"
        ? { ...refund, state: "SUBMITTING", unknownCalls: 1, version }
        : {
            ...refund,
            state: wanted.state,
            heldReason: null,
            failure: wanted.state === "FAILED" ? refund.failure : null,
            version
          },
      true
    )
  )
}
