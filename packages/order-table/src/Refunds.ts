import { hash } from "node:crypto"
import { Currency, Money, type Payment, RefundMachine, Words } from "@payment-proxy/domain"
import type { PlacedRefund } from "@payment-proxy/ports"
import { Either, type ParseResult, Schema } from "effect"

const { refundNo: _no, payOrderNo: _payment, amount: _amount, ...rest } = RefundMachine.Refund.fields
const {
  createdAtMillis: _created,
  deadlineMillis,
  version: _version,
  learntVersion: _learnt,
  vendorRefundNo: _vendorNo,
  refundedAtMillis: _at,
  head: _head,
  ...facts
} = rest
/** The deadline is raised by each further call: the column of it, which payments have too, says what it was at first. */
const Facts = Schema.parseJson(
  Schema.Struct({ ...facts, deadlineMillis: Schema.optionalWith(deadlineMillis, { exact: true }) })
)
const encodeFacts = Schema.encodeSync(Facts)

/** The columns that make up a refund. */
export const columns = [
  "pay_order_no",
  "parent_no",
  "amount",
  "currency",
  "created_millis",
  "deadline_millis",
  "facts",
  "version",
  "learnt_version",
  "transaction_no",
  "paid_millis",
  "head"
] as const

const Row = Schema.Struct({
  pay_order_no: Schema.String,
  parent_no: Schema.String,
  amount: Schema.String,
  currency: Schema.Number,
  created_millis: Schema.Number,
  deadline_millis: Schema.Number,
  facts: Facts,
  version: Schema.Number,
  learnt_version: Schema.Number,
  transaction_no: Schema.NullOr(Schema.String),
  paid_millis: Schema.NullOr(Schema.Number),
  head: Schema.NullOr(Schema.String)
})

const decodeRow = Schema.decodeUnknownEither(Row)
const decodeMoney = Schema.decodeUnknownEither(Money.Schema)

/** A row as a refund; a row that is none fails and says why. */
export const toRefund = (row: unknown): Either.Either<RefundMachine.Refund, ParseResult.ParseError> =>
  Either.flatMap(decodeRow(row), (order) =>
    Either.map(
      decodeMoney({ value: order.amount, currency: Currency.fromNumeric(order.currency) }),
      (amount): RefundMachine.Refund => ({
        ...order.facts,
        refundNo: order.pay_order_no,
        payOrderNo: order.parent_no,
        amount,
        createdAtMillis: order.created_millis,
        deadlineMillis: order.facts.deadlineMillis ?? order.deadline_millis,
        version: order.version,
        learntVersion: order.learnt_version,
        vendorRefundNo: order.transaction_no,
        refundedAtMillis: order.paid_millis,
        head: order.head
      })
    )
  )

/** Rows as refunds. */
export const toRefunds = (
  rows: ReadonlyArray<unknown>
): Either.Either<ReadonlyArray<RefundMachine.Refund>, ParseResult.ParseError> => Either.all(rows.map(toRefund))

const decodeFingerprint = Schema.decodeUnknownEither(Schema.Struct({ fingerprint: Schema.String }))

/** A row with the fingerprint of what was asked, as it was placed. */
export const toPlaced = (row: unknown): Either.Either<PlacedRefund, ParseResult.ParseError> =>
  Either.flatMap(toRefund(row), (refund) =>
    Either.map(decodeFingerprint(row), ({ fingerprint }) => ({ refund, fingerprint }))
  )

/** Milliseconds since the epoch as the table's datetime, UTC. */
const dateOf = (millis: number): string => new Date(millis).toISOString().slice(0, 19).replace("T", " ")

/** The columns that change with a refund: the same as a payment's. */
export const changing = (refund: RefundMachine.Refund) => ({
  pay_status: RefundMachine.states[refund.state],
  transaction_no: refund.vendorRefundNo,
  third_party_no: null,
  pay_date: refund.refundedAtMillis === null ? null : dateOf(refund.refundedAtMillis),
  paid_millis: refund.refundedAtMillis,
  facts: encodeFacts(refund),
  version: refund.version,
  learnt_version: refund.learntVersion,
  head: refund.head
})

/** The columns that stay as they were placed: the same as a payment's. */
export const lasting = (refund: RefundMachine.Refund, payment: Payment.Payment) => ({
  pay_order_no: refund.refundNo,
  app: payment.app,
  vendor: payment.vendor,
  business_no: payment.businessNo,
  amount: Money.format(refund.amount),
  currency: Currency.numeric(refund.amount.currency),
  trans_type: Words.transTypes.REFUND,
  pay_method: Words.methods[payment.method],
  pay_source: Words.sources[payment.source],
  third_party_customer_no: refund.refundNo,
  is_deleted: "N",
  creator: payment.app,
  capture: payment.capture,
  metadata: "{}",
  created_millis: refund.createdAtMillis,
  expires_millis: refund.deadlineMillis,
  deadline_millis: refund.deadlineMillis,
  parent_no: refund.payOrderNo
})

/** A key of the app's as it is kept: with a blank in it, which no key of a payment has. */
export const keyOf = (payOrderNo: string, idempotencyKey: string): string =>
  `refund ${hash("sha256", JSON.stringify([payOrderNo, idempotencyKey]), "hex")}`
