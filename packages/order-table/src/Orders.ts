import { Currency, Money, Payment, Words } from "@payment-proxy/domain"
import type { Change, PlacedOrder } from "@payment-proxy/ports"
import { Effect, Either, Option, ParseResult, Schema } from "effect"
import * as Refunds from "./Refunds.ts"

const Facts = Schema.parseJson(Payment.Facts)
const Metadata = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))
const factNames = Object.keys(Payment.Facts.fields) as ReadonlyArray<keyof Payment.Facts>

const bigintsAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value)

/** Whether there are amounts in lists or in an operation: most orders have none, and are written faster. */
const hasAmountsInside = ({ refundItems, ownRefunds, disputes, secondPayments, operation }: Payment.Payment): boolean =>
  operation !== null || refundItems.length + ownRefunds.length + disputes.length + secondPayments.length > 0

/** What `Facts` reads; written by hand, as each commit writes it and the Schema takes five times as long. */
const encodeFacts = (payment: Payment.Payment): string => {
  const facts: Record<string, unknown> = {}
  for (const name of factNames) {
    const value = payment[name]
    facts[name] = typeof value === "bigint" ? String(value) : value
  }
  return hasAmountsInside(payment) ? JSON.stringify(facts, bigintsAsText) : JSON.stringify(facts)
}

/** A code of the table as its word. */
const coded = <W extends string>(name: string, words: Schema.Schema<W>, codes: { readonly [K in W]: number }) =>
  Schema.transformOrFail(Schema.Number, words, {
    strict: true,
    decode: (code, _, ast) => {
      const word = Words.wordOf(codes, code)
      return word === undefined
        ? ParseResult.fail(new ParseResult.Type(ast, code, `${code} is no code of ${name}`))
        : ParseResult.succeed(word)
    },
    encode: (word) => ParseResult.succeed(codes[word])
  })

/** The columns that make up a payment. */
export const columns = [
  "pay_order_no",
  "third_party_customer_no",
  "app",
  "vendor",
  "business_no",
  "amount",
  "currency",
  "pay_method",
  "pay_source",
  "capture",
  "metadata",
  "created_millis",
  "expires_millis",
  "deadline_millis",
  "facts",
  "pay_status",
  "version",
  "learnt_version",
  "transaction_no",
  "third_party_no",
  "paid_millis",
  "head"
] as const

const OrderRow = Schema.Struct({
  pay_order_no: Schema.String,
  third_party_customer_no: Schema.NullOr(Schema.String),
  app: Schema.String,
  vendor: Schema.String,
  business_no: Schema.NullOr(Schema.String),
  amount: Schema.String,
  currency: Schema.Number,
  pay_method: coded("pay_method", Words.Method, Words.methods),
  pay_source: coded("pay_source", Words.Source, Words.sources),
  capture: Schema.Literal("automatic", "manual"),
  metadata: Metadata,
  created_millis: Schema.Number,
  expires_millis: Schema.Number,
  deadline_millis: Schema.Number,
  facts: Facts,
  pay_status: coded("pay_status", Payment.State, Payment.states),
  version: Schema.Number,
  learnt_version: Schema.Number,
  transaction_no: Schema.NullOr(Schema.String),
  third_party_no: Schema.NullOr(Schema.String),
  paid_millis: Schema.NullOr(Schema.Number),
  head: Schema.NullOr(Schema.String)
})

const decodeRow = Schema.decodeUnknownEither(OrderRow)
const decodeMoney = Schema.decodeUnknownEither(Money.Schema)

/** A row as a payment; a row that is none fails and says why. */
export const toPayment = (row: unknown): Either.Either<Payment.Payment, ParseResult.ParseError> =>
  Either.flatMap(decodeRow(row), (order) =>
    Either.map(
      decodeMoney({ value: order.amount, currency: Currency.fromNumeric(order.currency) }),
      (amount): Payment.Payment => ({
        ...order.facts,
        payOrderNo: order.pay_order_no,
        merchantOrderNo: order.third_party_customer_no ?? order.pay_order_no,
        app: order.app,
        vendor: order.vendor,
        businessNo: order.business_no,
        amount,
        method: order.pay_method,
        source: order.pay_source,
        capture: order.capture,
        metadata: order.metadata,
        createdAtMillis: order.created_millis,
        expiresAtMillis: order.expires_millis,
        deadlineMillis: order.deadline_millis,
        state: order.pay_status,
        version: order.version,
        learntVersion: order.learnt_version,
        transactionNo: order.transaction_no,
        kept: order.third_party_no === null ? [] : order.third_party_no.split(" "),
        paidAtMillis: order.paid_millis,
        head: order.head
      })
    )
  )

/** Milliseconds since the epoch as the table's datetime, UTC. */
const dateOf = (millis: number): string => new Date(millis).toISOString().slice(0, 19).replace("T", " ")

/** The columns that change with a payment. */
export const changing = (payment: Payment.Payment) => ({
  pay_status: Payment.states[payment.state],
  transaction_no: payment.transactionNo,
  third_party_no: payment.kept.length === 0 ? null : payment.kept.join(" "),
  pay_date: payment.paidAtMillis === null ? null : dateOf(payment.paidAtMillis),
  paid_millis: payment.paidAtMillis,
  facts: encodeFacts(payment),
  version: payment.version,
  learnt_version: payment.learntVersion,
  head: payment.head
})

/** The columns that stay as they were placed, of a payment. */
export const lasting = (payment: Payment.Payment) => ({
  pay_order_no: payment.payOrderNo,
  app: payment.app,
  vendor: payment.vendor,
  business_no: payment.businessNo,
  amount: Money.format(payment.amount),
  currency: Currency.numeric(payment.amount.currency),
  trans_type: Words.transTypes.PAYMENT,
  pay_method: Words.methods[payment.method],
  pay_source: Words.sources[payment.source],
  third_party_customer_no: payment.merchantOrderNo,
  is_deleted: "N",
  creator: payment.app,
  capture: payment.capture,
  metadata: JSON.stringify(payment.metadata),
  created_millis: payment.createdAtMillis,
  expires_millis: payment.expiresAtMillis,
  deadline_millis: payment.deadlineMillis,
  parent_no: null
})

const Fingerprint = Schema.Struct({ fingerprint: Schema.String })
const decodeFingerprint = Schema.decodeUnknownEither(Fingerprint)

const maxFault = 200

/** Where a row is wrong and how, in one short line: no values, as they may be a payer's. */
const faultOf = (error: ParseResult.ParseError | ParseResult.ParseIssue): string =>
  ParseResult.ArrayFormatter.formatIssueSync("issue" in error ? error.issue : (error as ParseResult.ParseIssue))
    .map(({ path, message }) => `${path.map(String).join(".")}: ${message.replace(/,? actual [\s\S]*$/, "")}`)
    .join("; ")
    .slice(0, maxFault)

/** Rows as payments; those that are none are named in the log and left out: the others go on. */
export const readable = (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<Payment.Payment>> =>
  Effect.forEach(rows, (row) =>
    toPayment(row).pipe(
      Effect.asSome,
      Effect.catchAll((error) =>
        Effect.logError("An order's row cannot be read; the others go on.", {
          payOrderNo: typeof row === "object" && row !== null && "pay_order_no" in row ? row.pay_order_no : null,
          fault: faultOf(error)
        }).pipe(Effect.as(Option.none()))
      )
    )
  ).pipe(Effect.map((payments) => payments.filter(Option.isSome).map(({ value }) => value)))

/** A row with the fingerprint of what was asked, as it was placed. */
export const toPlaced = (row: unknown): Either.Either<PlacedOrder, ParseResult.ParseError> =>
  Either.flatMap(toPayment(row), (payment) =>
    Either.map(decodeFingerprint(row), ({ fingerprint }) => ({ payment, fingerprint }))
  )

/** How an order came in, in its columns; a refund's key is unique within its payment. */
export const placing = ({ placing: given, payment, refund }: Change) => ({
  idempotency_key:
    given === null || given.idempotencyKey === null || refund === null
      ? (given?.idempotencyKey ?? null)
      : Refunds.keyOf(payment.payOrderNo, given.idempotencyKey),
  fingerprint: given?.fingerprint ?? null,
  sealed_request: given?.sealedRequest ?? null
})

const Sealed = Schema.Struct({ sealed_request: Schema.NullOr(Schema.String) })

/** The stored request of a row. */
export const toSealed = (row: unknown) =>
  Effect.map(Schema.decodeUnknown(Sealed)(row), ({ sealed_request }) => sealed_request)

const VersionRows = Schema.Array(Schema.Struct({ pay_order_no: Schema.String, version: Schema.Number }))

/** Rows as versions by number. */
export const toVersions = (rows: unknown) =>
  Effect.map(
    Schema.decodeUnknown(VersionRows)(rows),
    (all) => new Map(all.map(({ pay_order_no, version }) => [pay_order_no, version]))
  )
