import { Words } from "@payment-proxy/domain"
import { Schema } from "effect"

/** A setting that may be left out, but is not null or undefined: a fault of it is told once, in its own words. */
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const Address = Schema.String.pipe(
  Schema.filter((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    message: () => "This is not an http or https address."
  })
)

const Pointer = Schema.String.pipe(
  Schema.pattern(/^(?:\/(?:[^~/]|~[01])+)*$/, {
    message: () => "This is not a JSON Pointer (RFC 6901), such as /data/status."
  })
)

/** What a request can take from an order. */
export const sources = [
  "payOrderNo",
  "amountMinor",
  "amountMajor",
  "currency",
  "method",
  "source",
  "description",
  "expiresAt",
  "notifyUrl",
  "returnUrl",
  "payer.openId",
  "payer.buyerId",
  "payer.ip"
] as const
export type SourceName = (typeof sources)[number]

/** One member of a create's body: a value of the order, or a text that is always the same. */
const Member = Schema.Union(
  Schema.Struct({ from: Schema.Literal(...sources), required: optional(Schema.Boolean) }),
  Schema.Struct({ text: Schema.String })
)

const Path = Schema.String.pipe(
  Schema.pattern(/^\/(?:[A-Za-z0-9._~/?=&-]|\{payOrderNo\}|\{transactionNo\})*$/, {
    message: () => "A path begins with / and may hold {payOrderNo} or {transactionNo}."
  })
)

const limit = (millis: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.between(100, 60_000)), { default: () => millis })

const Statuses = Schema.Record({
  key: Schema.String,
  value: Schema.Literal("open", "paid", "failed", "closed").annotations({
    message: () => ({
      message: "A status means open, paid, failed or closed: this kind of vendor cannot capture what is authorized.",
      override: true
    })
  })
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
  limits: Schema.optionalWith(
    Schema.Struct({ createMillis: limit(10_000), queryMillis: limit(5000), closeMillis: limit(10_000) }),
    { default: () => ({ createMillis: 10_000, queryMillis: 5000, closeMillis: 10_000 }) }
  ),
  settlingMillis: Schema.optionalWith(Schema.Int.pipe(Schema.between(0, 86_400_000)), { default: () => 300_000 }),
  create: Schema.Struct({ path: Path, body: Schema.Record({ key: Schema.NonEmptyString, value: Member }) }),
  query: Schema.Struct({ path: Path }),
  close: Schema.Struct({ path: Path }),
  /** Where things stand in the vendor's payment. */
  payment: Schema.Struct({
    number: Pointer,
    status: Pointer,
    transactionNo: optional(Pointer),
    merchant: optional(Pointer),
    amountMinor: optional(Pointer),
    currency: optional(Pointer),
    paidAt: optional(Pointer),
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
