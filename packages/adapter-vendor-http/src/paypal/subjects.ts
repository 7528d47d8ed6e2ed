import type { Subject } from "@payment-proxy/ports"
import { Either, Option, Schema } from "effect"
import * as Amounts from "./amounts.ts"
import {
  type Dispute,
  Dispute as DisputeSchema,
  type Event,
  type Resource,
  Resource as ResourceSchema
} from "./wire.ts"

/** Which order a notification is about: by name, by a capture that has to be asked for, or by nothing that it says. */
export type About =
  | { readonly by: "name"; readonly subject: Subject }
  | { readonly by: "capture"; readonly id: string }
  | { readonly by: "nothing" }

const nothing: About = { by: "nothing" }

const ours = (number: string | undefined): About | null =>
  number !== undefined && /^[\x21-\x7e]{1,127}$/.test(number)
    ? { by: "name", subject: { by: "merchantOrderNo", no: number } }
    : null

const theirs = (id: string | undefined): About | null =>
  id !== undefined && /^[A-Z0-9]{1,36}$/.test(id) ? { by: "name", subject: { by: "transactionNo", no: id } } : null

const capture = (id: string | undefined): About | null => (id === undefined ? null : { by: "capture", id })

/** Found by what we gave PayPal to know it by, else by PayPal's own number of the order. */
export const ofPayment = ({
  custom_id,
  supplementary_data
}: Pick<Resource, "custom_id" | "supplementary_data">): About =>
  ours(custom_id) ?? theirs(supplementary_data?.related_ids?.order_id) ?? nothing

const ofOrder = ({ id, purchase_units }: Resource): About =>
  ours(purchase_units?.[0]?.custom_id) ?? theirs(id) ?? nothing

const capturedBy = ({ links = [] }: Resource): string | undefined => {
  const up = links.find(({ rel }) => rel === "up")
  return /\/v2\/payments\/captures\/([A-Za-z0-9-]{1,64})$/.exec(up?.href ?? "")?.[1]
}

/** A refund's own number is ours of the refund, not of the payment: the payment is found by its order or capture. */
const ofRefund = (resource: Resource): About => {
  const related = resource.supplementary_data?.related_ids
  return theirs(related?.order_id) ?? capture(related?.capture_id ?? capturedBy(resource)) ?? nothing
}

const ofDispute = ({ disputed_transactions: [transaction] = [] }: Dispute): About =>
  ours(transaction?.custom) ??
  ours(transaction?.invoice_number) ??
  capture(transaction?.seller_transaction_id) ??
  nothing

/** What a notification's resource is of a payment; none where it has not the form of one. */
export const resourceOf = Schema.decodeUnknownOption(ResourceSchema)

const decodeDispute = Schema.decodeUnknownOption(DisputeSchema)

/** The dispute that a notification is about; none where it is about something else. */
export const disputeOf = ({ event_type = "", resource }: Event): Option.Option<Dispute> =>
  event_type.startsWith("CUSTOMER.DISPUTE.") ? decodeDispute(resource) : Option.none()

const isRefund = ({ resource_type, event_type }: Event, resource: Resource): boolean =>
  resource_type === "refund" || event_type === "PAYMENT.CAPTURE.REFUNDED" || capturedBy(resource) !== undefined

/** Which order a notification is about (vendors' reference §4f). */
export const aboutOf = (event: Event): About => {
  const dispute = disputeOf(event)
  if (Option.isSome(dispute)) return ofDispute(dispute.value)
  return Option.match(resourceOf(event.resource), {
    onNone: () => nothing,
    onSome: (resource) => {
      if (isRefund(event, resource)) return ofRefund(resource)
      return (event.event_type ?? "").startsWith("CHECKOUT.ORDER.") ? ofOrder(resource) : ofPayment(resource)
    }
  })
}

/** The payees that a notification names. */
export const payeesOf = ({ resource }: Event): ReadonlyArray<string> =>
  Option.match(resourceOf(resource), {
    onNone: () => [],
    onSome: ({ payee, purchase_units = [] }) =>
      [payee, ...purchase_units.map((unit) => unit.payee)].flatMap((one) => one?.merchant_id ?? [])
  })

/** How disputes end, in the vendor's words; one that is paid by both or in no known way is not decided here. */
const outcomes: ReadonlyMap<string, "won" | "lost"> = new Map([
  ["RESOLVED_SELLER_FAVOUR", "won"],
  ["CANCELED_BY_BUYER", "won"],
  ["DENIED", "won"],
  ["RESOLVED_BUYER_FAVOUR", "lost"],
  ["ACCEPTED", "lost"]
])

/** What a dispute is about and how it stands; null where its amount is not understood. */
export const disputed = ({ dispute_id, status, dispute_amount, dispute_outcome, disputed_transactions }: Dispute) => {
  const amount = dispute_amount === undefined ? Either.left("") : Amounts.read(dispute_amount)
  if (Either.isLeft(amount)) return null
  const [transaction, ...others] = disputed_transactions ?? []
  const gross = transaction?.gross_amount?.currency_code
  if (others.length > 0 || (gross !== undefined && gross !== amount.right.currency)) return null
  const outcome = status === "RESOLVED" ? outcomes.get(dispute_outcome?.outcome_code ?? "") : undefined
  return { disputeNo: dispute_id, amount: amount.right, state: outcome ?? ("open" as const) }
}
