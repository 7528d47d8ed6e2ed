import { Evidence, type Machine, Money, Payment, type PaymentTable } from "@payment-proxy/domain"

/** The vendor's settling time in these tests, in milliseconds: five minutes. */
export const settlingMillis = 300_000
export const settings: Machine.Settings = { settlingMillis }

/** When the order was placed, when it expires and the deadline of design §5, in milliseconds. */
export const createdAtMillis = 1_000_000
export const expiresAtMillis = createdAtMillis + 900_000
export const deadlineMillis = expiresAtMillis + 10_000 + settlingMillis

/** 12.34 CNY. */
export const total = 1234n
export const cny = (amountMinor: bigint): Money.Money => Money.make(amountMinor, "CNY")

export const identity: Payment.Identity = {
  payOrderNo: "01J0000000000000000000000000A",
  merchantOrderNo: "01J0000000000000000000000000A",
  app: "tickets",
  vendor: "platform",
  businessNo: null,
  amount: cny(total),
  method: "ALIPAY",
  source: "QR",
  capture: "manual",
  metadata: {},
  createdAtMillis,
  expiresAtMillis,
  deadlineMillis
}

export const states = Object.keys(Payment.states) as ReadonlyArray<Payment.State>

const facts: { readonly [S in Payment.State]?: Partial<Payment.Payment> } = {
  SUBMITTING: { arrived: false, unknownCalls: 1 },
  AUTHORIZED: { authorized: total },
  SUCCEEDED: { captured: total, authorized: total },
  PARTIALLY_REFUNDED: { captured: total, authorized: total, refundTotal: 300n },
  REFUNDED: { captured: total, authorized: total, refundTotal: total },
  LATE_PAID: { captured: total, authorized: total, toldDead: true },
  FAILED: { toldDead: true },
  CLOSED: { toldDead: true },
  HELD: { heldReason: "MERCHANT_MISMATCH" }
}

/** A payment in `state` with the facts that this state implies. */
export const inState = (state: Payment.State, more: Partial<Payment.Payment> = {}): Payment.Payment => ({
  ...Payment.make(identity),
  state,
  version: state === "CREATED" ? 0 : 7,
  learntVersion: state === "CREATED" ? 0 : 5,
  arrived: state !== "CREATED",
  ...facts[state],
  ...more
})

type Common = Partial<Pick<Evidence.Evidence, "source" | "asked" | "transactionNo" | "amount" | "foreign">>

const notification: Common = { source: "notification", asked: null }

const bodies: { readonly [C in PaymentTable.Column]: (common: Common) => Evidence.Evidence } = {
  notFound: (common) => Evidence.make("notFound", "query", { ...common }),
  known: (common) => Evidence.make("known", "query", { word: "MULLED_OVER", ...common }),
  open: (common) => Evidence.make("open", "query", { next: null, ...common }),
  approved: (common) => Evidence.make("approved", "query", { ...common }),
  authorized: (common) => Evidence.make("authorized", "query", { untilMillis: null, ...common }),
  paid: (common) => Evidence.make("paid", "query", { captured: null, paidAtMillis: null, ...common }),
  refundedPart: (common) => Evidence.make("refunds", "query", { captured: null, ...part, ...common }),
  refundedAll: (common) => Evidence.make("refunds", "query", { captured: null, ...all, ...common }),
  failed: (common) => Evidence.make("failed", "query", { code: "NO_FUNDS", detail: "", ...common }),
  closed: (common) => Evidence.make("closed", "query", { ...common }),
  disputed: (common) =>
    Evidence.make("disputed", "query", { disputeNo: "D1", disputedMinor: 100n, state: "open", ...common })
}
const desk = (vendorRefundNo: string, amountMinor: bigint): Evidence.RefundItem => ({
  vendorRefundNo,
  ourNo: null,
  amountMinor,
  state: "succeeded"
})
const part = { total: null, items: [desk("V1", 400n)] }
const all = { total: null, items: [desk("V1", 400n), desk("V2", total - 400n)] }

/** What a vendor's notification says: late, as every notification. */
export const late = (column: PaymentTable.Column, more: Common = {}): Evidence.Evidence =>
  bodies[column]({ ...notification, ...more })

/** What a vendor answers to a query that was sent at `atMillis`, when the order was as it is. */
export const fresh = (
  payment: Pick<Payment.Payment, "version">,
  column: PaymentTable.Column,
  atMillis: number,
  more: Common = {}
): Evidence.Evidence => bodies[column]({ source: "query", asked: { version: payment.version, atMillis }, ...more })

/** A vendor's list of what went back: its total where it reports one, and its items. */
export const refunds = (
  stated: { readonly total?: bigint; readonly items?: ReadonlyArray<Evidence.RefundItem> },
  common: Common = notification
): Evidence.Evidence =>
  Evidence.make("refunds", "notification", {
    captured: null,
    total: stated.total ?? null,
    items: stated.items ?? [],
    ...common
  })

/** What a vendor says was captured. */
export const paid = (captured: Money.Money | null, common: Common = notification): Evidence.Evidence =>
  Evidence.make("paid", "notification", { captured, paidAtMillis: null, ...common })
