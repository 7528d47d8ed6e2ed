import { Payment } from "@payment-proxy/domain"
import type * as FakeVendors from "@payment-proxy/testkit/FakeVendors"
import { Effect, Exit } from "effect"
import type { Placed } from "../../src/Place.ts"
import type { Refunded } from "../../src/Refund.ts"
import { holds } from "./Broken.ts"
import type { World } from "./World.ts"

interface Known {
  readonly number: string
  /** Somebody was told that his call placed it. */
  readonly isPlaced: boolean
  readonly fingerprint: string
}

/** What must be so, as it is known beside the application: who was promised what, and what the vendor's payments were. */
export interface Model {
  /** What each key was answered with. */
  readonly keys: Map<string, Known>
  readonly refundKeys: Map<string, Known>
  /** The newest proposal for what is held, by its number: its id and who made it. */
  readonly proposals: Map<string, { readonly id: string; readonly by: string }>
  /** What each payment has been at the vendor, one after the other. */
  readonly statuses: Map<string, Array<FakeVendors.Held["status"]>>
}

export const make = (): Model => ({ keys: new Map(), refundKeys: new Map(), proposals: new Map(), statuses: new Map() })

/** I14: one key and body is one answer, another body is refused. */
const answered = (
  keys: Map<string, Known>,
  key: string,
  fingerprint: string,
  answer: { readonly number: string; readonly isNew: boolean } | "refused"
): void => {
  const known = keys.get(key)
  if (answer === "refused") {
    holds(known === undefined || known.fingerprint !== fingerprint, "I14", key, () => "Its own body was refused.")
    return
  }
  holds(known?.isPlaced !== true || !answer.isNew, "I14", key, () => "It was placed twice.")
  holds((known?.number ?? answer.number) === answer.number, "I14", key, () => "It was answered with another number.")
  holds((known?.fingerprint ?? fingerprint) === fingerprint, "I14", key, () => "Another body was taken.")
  keys.set(key, { number: answer.number, isPlaced: answer.isNew || known?.isPlaced === true, fingerprint })
}

const isReused = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause._tag === "Fail" &&
  (exit.cause.error as { readonly _tag?: string })._tag === "KeyReused"

/** How a create was answered. */
export const placedAs = (model: Model, key: string, fingerprint: string, exit: Exit.Exit<Placed, unknown>): void => {
  if (Exit.isSuccess(exit)) {
    const { payment, isNew } = exit.value
    answered(model.keys, key, fingerprint, { number: payment.payOrderNo, isNew })
  } else if (isReused(exit)) answered(model.keys, key, fingerprint, "refused")
}

/** How a refund was answered. */
export const refundedAs = (
  model: Model,
  asked: {
    readonly payOrderNo: string
    readonly idempotencyKey: string
    readonly fingerprint: string
    readonly part: number | null
  },
  exit: Exit.Exit<Refunded, unknown>
): void => {
  const key = `${asked.payOrderNo} ${asked.idempotencyKey}`
  if (Exit.isSuccess(exit)) {
    const { refund, isNew } = exit.value
    answered(model.refundKeys, key, asked.fingerprint, { number: refund.refundNo, isNew })
    const isAsAsked = asked.part === null || refund.amount.amountMinor === BigInt(asked.part)
    holds(isAsAsked, "I3", refund.refundNo, () => `${asked.part} was asked for, not ${refund.amount.amountMinor}.`)
  } else if (isReused(exit)) answered(model.refundKeys, key, asked.fingerprint, "refused")
}

/** Whether so much must be refundable, by what the vendor has and by our rows alone: where it is near, either answer may be right. */
export const isRefundable = (
  world: World,
  { state, payOrderNo, captured, disputes }: Payment.Payment,
  part: number | null,
  held: FakeVendors.Held | undefined
): boolean => {
  if (state !== "SUCCEEDED" && state !== "PARTIALLY_REFUNDED") return false
  if (held === undefined) return false
  let leftMinor = captured - Payment.disputed({ disputes })
  for (const { amountMinor, state: known } of held.refunds) if (known !== "failed") leftMinor -= amountMinor
  for (const { placed } of world.tables.refunds.values())
    if (placed.refund.payOrderNo === payOrderNo && !held.refunds.some(({ ourNo }) => ourNo === placed.refund.refundNo))
      if (placed.refund.state !== "FAILED") leftMinor -= placed.refund.amount.amountMinor
  for (const { state: known, amountMinor, ourNo } of held.refunds)
    if (known === "failed" && ourNo !== null && world.tables.refunds.get(ourNo)?.placed.refund.state !== "FAILED")
      leftMinor -= amountMinor
  return leftMinor > 0n && (part === null || BigInt(part) <= leftMinor)
}

/** Notes what the vendor's payments are now. */
export const seen = (model: Model, world: World): void => {
  for (const { merchantOrderNo, status } of Effect.runSync(world.fake.payments)) {
    const all = model.statuses.get(merchantOrderNo)
    if (all === undefined) model.statuses.set(merchantOrderNo, [status])
    else if (all.at(-1) !== status) all.push(status)
  }
}
