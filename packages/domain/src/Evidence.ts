import { Schema } from "effect"
import * as Money from "./Money.ts"
import { Next } from "./Words.ts"

/**
 * What a vendor was seen to say about an order, verified and in our words (design §5).
 * `asked` is there for the answer to a query or close of ours: the order's version when we asked, and when that was.
 */
const common = {
  source: Schema.Literal("create", "query", "close", "operation", "notification", "bill"),
  asked: Schema.NullOr(Schema.Struct({ version: Schema.Number, atMillis: Schema.Number })),
  /** The vendor's own number of the payment, where it gave one. */
  transactionNo: Schema.NullOr(Schema.String),
  /** The order's amount as the vendor states it; compared with ours. */
  amount: Schema.NullOr(Money.Schema),
  /** The adapter saw that the vendor speaks of someone else's payment. */
  foreign: Schema.NullOr(Schema.Literal("MERCHANT_MISMATCH", "NUMBER_MISMATCH")),
  /** A short text without blanks that later calls about the order need or check against: MPGS' success indicator, PayPal's capture id. */
  keep: Schema.optionalWith(Schema.String, { exact: true })
}

/** One refund as a vendor lists it; `ourNo` where it was made by us. */
export const RefundItem = Schema.Struct({
  vendorRefundNo: Schema.String,
  ourNo: Schema.NullOr(Schema.String),
  amountMinor: Schema.BigInt,
  state: Schema.Literal("pending", "succeeded", "failed")
})
export type RefundItem = typeof RefundItem.Type

const said = <K extends string, F extends Schema.Struct.Fields>(kind: K, fields: F) =>
  Schema.Struct({ kind: Schema.Literal(kind), ...common, ...fields })

/** Evidence about a payment. */
export const Evidence = Schema.Union(
  said("notFound", {}),
  said("known", { word: Schema.String }),
  said("open", { next: Schema.NullOr(Next) }),
  said("approved", {}),
  said("authorized", { untilMillis: Schema.NullOr(Schema.Number) }),
  said("paid", { captured: Schema.NullOr(Money.Schema), paidAtMillis: Schema.NullOr(Schema.Number) }),
  said("refunds", {
    captured: Schema.NullOr(Money.Schema),
    total: Schema.NullOr(Schema.BigInt),
    items: Schema.Array(RefundItem)
  }),
  said("failed", { code: Schema.String, detail: Schema.String }),
  said("closed", {}),
  said("disputed", {
    disputeNo: Schema.String,
    disputedMinor: Schema.BigInt,
    state: Schema.Literal("open", "won", "lost")
  })
)
export type Evidence = typeof Evidence.Type
export type Kind = Evidence["kind"]

/** Evidence about a refund. */
export const RefundEvidence = Schema.Struct({
  kind: Schema.Literal("notFound", "pending", "succeeded", "failed", "abnormal"),
  source: common.source,
  asked: common.asked,
  vendorRefundNo: Schema.NullOr(Schema.String),
  amount: common.amount,
  detail: Schema.NullOr(Schema.String)
})
export type RefundEvidence = typeof RefundEvidence.Type

type Body<K extends Kind> = Omit<Extract<Evidence, { kind: K }>, keyof typeof common | "kind">

/** Evidence of one kind, with what was not said left null. */
export const make = <K extends Kind>(
  kind: K,
  source: Evidence["source"],
  body: Body<K> & Partial<Pick<Evidence, keyof typeof common>>
): Extract<Evidence, { kind: K }> =>
  ({ kind, source, asked: null, transactionNo: null, amount: null, foreign: null, ...body }) as unknown as Extract<
    Evidence,
    { kind: K }
  >

/** What an order knows that decides whether evidence about it can be older than that. */
interface Learnt {
  readonly learntVersion: number
}

/**
 * Whether evidence cannot be older than what the order knows: the answer to a query or close that was sent after we
 * last learnt something (design §5). Everything else is late.
 */
export const isFresh = (order: Learnt, evidence: Pick<Evidence, "source" | "asked">): boolean =>
  evidence.asked !== null &&
  (evidence.source === "query" || evidence.source === "close") &&
  evidence.asked.version >= order.learntVersion

/**
 * One answer of a vendor to one call of ours, where it is not evidence about the order: it speaks of that call alone.
 * `Rejected`: not accepted; why. `Throttled`: not accepted; when again. `Unreachable`: not sent. `InDoubt`: may have been accepted.
 */
export type Answer =
  | { readonly _tag: "Rejected"; readonly code: string; readonly detail: string }
  | { readonly _tag: "Throttled"; readonly retryAfterMillis: number | null; readonly detail: string }
  | { readonly _tag: "Unreachable"; readonly detail: string }
  | { readonly _tag: "InDoubt"; readonly detail: string }
