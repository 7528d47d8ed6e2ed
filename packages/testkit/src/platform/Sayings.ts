import { Evidence, Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import type { Held, HeldDispute, HeldRefund } from "./Platform.ts"

/** What the platform tells of a payment. */
export type Told = Pick<Held, "merchantOrderNo" | "transactionNo" | "status" | "paidAtMillis"> &
  Partial<Pick<Held, "authorizedUntilMillis" | "capturedMinor" | "refunds">>

type Said = Pick<Evidence.Evidence, "source" | "asked">

const itemOf = ({ vendorRefundNo, ourNo, amountMinor, state }: HeldRefund): Evidence.RefundItem => ({
  vendorRefundNo,
  ourNo,
  amountMinor,
  state: state === "abnormal" ? "pending" : state
})

/** What was captured, as it is told beside the order's amount: told too high, both are. */
const capturedOf = (
  { capturedMinor }: Told,
  amount: Payment.Payment["amount"] | null,
  extraMinor: bigint
): Money.Money | null =>
  amount === null || capturedMinor === undefined ? amount : Money.make(capturedMinor + extraMinor, amount.currency)

/** What the platform says of a payment as evidence; without an amount it states none. */
export const evidenceOf = (
  held: Told | undefined,
  amount: Payment.Payment["amount"] | null,
  { source, asked }: Said,
  extraMinor = 0n
): Evidence.Evidence => {
  if (held === undefined) return Evidence.make("notFound", source, { asked })
  const common = { asked, amount, transactionNo: held.transactionNo }
  switch (held.status) {
    case "open":
      return Evidence.make("open", source, {
        ...common,
        next: { type: "redirect", url: `https://cashier.example/${encodeURIComponent(held.merchantOrderNo)}` }
      })
    case "approved":
      return Evidence.make("approved", source, common)
    case "authorized":
      return Evidence.make("authorized", source, { ...common, untilMillis: held.authorizedUntilMillis ?? null })
    case "paid": {
      const captured = capturedOf(held, amount, extraMinor)
      const items = (held.refunds ?? []).map(itemOf)
      return items.length === 0
        ? Evidence.make("paid", source, { ...common, captured, paidAtMillis: held.paidAtMillis })
        : Evidence.make("refunds", source, { ...common, captured, total: null, items })
    }
    case "failed":
      return Evidence.make("failed", source, { ...common, code: "DECLINED", detail: "The payer refused." })
    case "closed":
      return Evidence.make("closed", source, common)
  }
}

/** What the platform says of a dispute. */
export const disputed = (
  { disputeNo, amountMinor, state }: HeldDispute,
  source: Evidence.Evidence["source"]
): Evidence.Evidence => Evidence.make("disputed", source, { disputeNo, disputedMinor: amountMinor, state })

/** What the platform says of a refund of ours; told too high, its amount is. */
export const refundEvidenceOf = (
  held: Held | undefined,
  refund: RefundMachine.Refund,
  { source, asked }: Pick<Evidence.RefundEvidence, "source" | "asked">,
  extraMinor: bigint
): Evidence.RefundEvidence => {
  const known = held?.refunds.find(({ ourNo }) => ourNo === refund.refundNo)
  if (known === undefined) return { kind: "notFound", source, asked, vendorRefundNo: null, amount: null, detail: null }
  return {
    kind: known.state,
    source,
    asked,
    vendorRefundNo: known.vendorRefundNo,
    amount: Money.make(known.amountMinor + extraMinor, refund.amount.currency),
    detail: known.state === "failed" ? "The payer's card is gone." : null
  }
}
