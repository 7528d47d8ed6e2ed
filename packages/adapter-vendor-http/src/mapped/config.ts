import { Words } from "@payment-proxy/domain"
import { Schema } from "effect"
import { following } from "../Following.ts"
import { Address, limits, optional, settlingMillis } from "../Settings.ts"
import { Tls } from "../Tls.ts"
import { Bill } from "./billConfig.ts"
import { Body } from "./fields.ts"
import { Pointer, pathOf } from "./places.ts"
import { QueryRefund, RefundCall, Refunds } from "./refundConfig.ts"

const Path = pathOf("payOrderNo", "transactionNo")

const NumberedPath = Path.pipe(
  Schema.filter((path) => path.includes("{"), {
    message: () => "The path names no order: put {payOrderNo} or {transactionNo} into it."
  })
)

const CreatePath = Path.pipe(
  Schema.filter((path) => !path.includes("{transactionNo}"), {
    message: () => "A create's path may hold {payOrderNo} alone: the vendor has no number yet."
  })
)

const also = Schema.optionalWith(Schema.Array(NumberedPath), { default: () => [] })

const Statuses = Schema.Record({
  key: Schema.String,
  value: Schema.Literal("open", "paid", "failed", "closed").annotations({
    message: () => ({
      message: "A status means open, paid, failed or closed: this kind of vendor cannot capture what is authorized.",
      override: true
    })
  })
})

const Create = Schema.Struct({
  path: CreatePath,
  method: Schema.optionalWith(Schema.Literal("POST", "PUT"), { default: () => "POST" as const }),
  type: Schema.optionalWith(Schema.Literal("json", "form"), { default: () => "json" as const }),
  body: Body
}).pipe(
  Schema.filter(({ type, body }) =>
    Object.keys(body).flatMap((key) =>
      type === "form" && key.startsWith("/")
        ? [{ path: ["body", key], message: "A form has no members inside of members: use a plain name." }]
        : []
    )
  )
)

const payableSeconds = 86_400
const maxBodyBytes = 65_536

/** What a create of a caller's does not say (design §9). */
const Proxied = Schema.Struct({
  method: optional(Words.Method),
  source: optional(Words.Source),
  /** How long the vendor takes the payer's money where the call does not say. */
  payableSeconds: Schema.optionalWith(Schema.Int.pipe(Schema.between(1, 31_536_000)), {
    default: () => payableSeconds
  }),
  /** Of a create's body, at most. */
  maxBodyBytes: Schema.optionalWith(Schema.Int.pipe(Schema.between(1, 1_048_576)), { default: () => maxBodyBytes })
})

/** A vendor that is described by configuration alone (design §9). */
export const MappedConfig = Schema.Struct({
  kind: Schema.Literal("mapped"),
  baseUrl: Address,
  merchantId: optional(Schema.NonEmptyString),
  /** What payers can pay with, and from where; all unless given. */
  methods: optional(Schema.Array(Words.Method)),
  sources: optional(Schema.Array(Words.Source)),
  idempotencyKey: Schema.optionalWith(Schema.Literal("quoted", "bare"), { default: () => "quoted" as const }),
  limits,
  settlingMillis,
  ...following,
  tls: optional(Tls),
  create: Create,
  /** `path` is ours; `also` are further ones that callers of the vendor's own API may use. */
  query: Schema.Struct({ path: NumberedPath, also }),
  close: Schema.Struct({
    path: NumberedPath,
    also,
    method: Schema.optionalWith(Schema.Literal("POST", "PUT", "DELETE"), { default: () => "POST" as const })
  }),
  /** How money is sent back, and how one asks what became of it: all three, or none. */
  refund: optional(RefundCall),
  queryRefund: optional(QueryRefund),
  refunds: optional(Refunds),
  bill: optional(Bill),
  proxied: Schema.optionalWith(Proxied, { default: () => ({ payableSeconds, maxBodyBytes }) }),
  /** Where the payment stands in an answer; the whole of it unless given. */
  answer: Schema.optionalWith(Schema.Struct({ payment: Pointer }), { default: () => ({ payment: "" }) }),
  /** Where things stand in the vendor's payment. */
  payment: Schema.Struct({
    number: Pointer,
    status: Pointer,
    transactionNo: optional(Pointer),
    merchant: optional(Pointer),
    /** A whole number of minor units, or its digits. */
    amountMinor: optional(Pointer),
    /** A decimal text in major units. */
    amountMajor: optional(Pointer),
    currency: optional(Pointer),
    paidAt: optional(Pointer),
    /** What went back of it, in all: as `amountMinor`, or as `amountMajor`. */
    refundedMinor: optional(Pointer),
    refundedMajor: optional(Pointer),
    failure: optional(Pointer),
    nextType: optional(Pointer),
    nextUrl: optional(Pointer)
  }),
  /** What each status word means, in capitals. A word that is missing here moves nothing that is established. */
  statuses: Statuses,
  /** Where the payment stands in an error's body that holds one (a refused close), and where its code. */
  error: Schema.optionalWith(
    Schema.Struct({
      code: optional(Pointer),
      payment: optional(Pointer),
      /** The code that says that our number stands for another request there. */
      numberReused: optional(Schema.String)
    }),
    { default: () => ({}) }
  ),
  /** Signed notifications (Standard Webhooks); without a secret each is a hint, and the vendor is asked. */
  notification: Schema.Struct({
    payment: Pointer,
    secret: optional(
      Schema.Redacted(
        Schema.String.pipe(
          Schema.pattern(/^whsec_[A-Za-z0-9+/]{22,}={0,2}$/, { message: () => "A secret is whsec_ and base64." })
        )
      )
    )
  })
})
export type MappedConfig = typeof MappedConfig.Type

/** A mapped vendor as it is run: configured, with the address that its notifications come to. */
export interface Mapped extends MappedConfig {
  readonly name: string
  readonly notifyUrl: string
}
