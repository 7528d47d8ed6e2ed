import { Schema } from "effect"

/** A member that may be left out or null. */
const may = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/** A number of PayPal's own, as it may stand in an address. */
export const Id = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9-]{1,64}$/))

export const Amount = Schema.Struct({ currency_code: Schema.String, value: Schema.String })

const Links = Schema.Array(Schema.Struct({ rel: Schema.String, href: Schema.String }))

/** What authorizations, captures and refunds have in common (vendors' reference §4d). */
const resource = {
  id: Id,
  status: Schema.String,
  status_details: may(Schema.Struct({ reason: may(Schema.String) })),
  amount: may(Amount),
  custom_id: may(Schema.String),
  invoice_id: may(Schema.String),
  create_time: may(Schema.String)
}

const Authorization = Schema.Struct({ ...resource, expiration_time: may(Schema.String) })
export type Authorization = typeof Authorization.Type

const Related = Schema.Struct({
  related_ids: may(Schema.Struct({ order_id: may(Id), capture_id: may(Id) }))
})

export const Capture = Schema.Struct({ ...resource, supplementary_data: may(Related) })
export type Capture = typeof Capture.Type

export const Refund = Schema.Struct(resource)
export type Refund = typeof Refund.Type

const Payee = Schema.Struct({ merchant_id: may(Schema.String) })

const Unit = Schema.Struct({
  amount: may(Amount),
  custom_id: may(Schema.String),
  invoice_id: may(Schema.String),
  payee: may(Payee),
  payments: may(
    Schema.Struct({
      authorizations: may(Schema.Array(Authorization)),
      captures: may(Schema.Array(Capture)),
      refunds: may(Schema.Array(Refund))
    })
  )
})

export const Order = Schema.Struct({
  id: Id,
  status: Schema.String,
  links: may(Links),
  purchase_units: may(Schema.Array(Unit))
})
export type Order = typeof Order.Type

/** The body of an error: the API's form, or the token endpoint's (RFC 6749 §5.2). */
export const Refusal = Schema.Struct({
  name: may(Schema.String),
  error: may(Schema.String),
  details: may(Schema.Array(Schema.Struct({ issue: may(Schema.String) })))
})

/** The envelope of a notification (vendors' reference §4f). */
export const Event = Schema.Struct({
  id: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{1,200}$/)),
  event_type: may(Schema.String),
  resource_type: may(Schema.String),
  resource: may(Schema.Unknown)
})
export type Event = typeof Event.Type

/** What of a notification's resource says which order it is about; orders, captures, authorizations, refunds. */
export const Resource = Schema.Struct({
  id: may(Schema.String),
  custom_id: may(Schema.String),
  payee: may(Payee),
  links: may(Links),
  supplementary_data: may(Related),
  purchase_units: may(Schema.Array(Schema.Struct({ custom_id: may(Schema.String), payee: may(Payee) })))
})
export type Resource = typeof Resource.Type

/** A dispute, as notifications show it (the vendor's Disputes API v1). */
export const Dispute = Schema.Struct({
  dispute_id: Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9-]{1,255}$/)),
  status: may(Schema.String),
  dispute_amount: may(Amount),
  dispute_outcome: may(Schema.Struct({ outcome_code: may(Schema.String) })),
  disputed_transactions: may(
    Schema.Array(
      Schema.Struct({
        seller_transaction_id: may(Id),
        custom: may(Schema.String),
        invoice_number: may(Schema.String),
        gross_amount: may(Amount)
      })
    )
  )
})
export type Dispute = typeof Dispute.Type

const Transaction = Schema.Struct({
  transaction_id: Schema.String,
  paypal_reference_id: may(Schema.String),
  paypal_reference_id_type: may(Schema.String),
  transaction_event_code: Schema.String,
  transaction_initiation_date: may(Schema.String),
  transaction_amount: Amount,
  fee_amount: may(Amount),
  transaction_status: Schema.String,
  invoice_id: may(Schema.String),
  custom_field: may(Schema.String)
})
export type Transaction = typeof Transaction.Type

/** A page of the transactions report. */
export const Report = Schema.Struct({
  transaction_details: may(Schema.Array(Schema.Struct({ transaction_info: Transaction }))),
  last_refreshed_datetime: may(Schema.String),
  total_pages: may(Schema.Int.pipe(Schema.between(0, 1_000_000)))
})
export type Report = typeof Report.Type
