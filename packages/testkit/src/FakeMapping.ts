import { createHash } from "node:crypto"
import { Currency, Money } from "@payment-proxy/domain"
import type { Mapping, ProxiedAnswer, ProxiedCall, ProxiedOrder, Recognised } from "@payment-proxy/ports"
import { InDoubt, Mappings, Rejected, Throttled, Unfit } from "@payment-proxy/ports"
import { Either, Layer, Option, Schema } from "effect"
import type { Held } from "./platform/Platform.ts"
import { evidenceOf } from "./platform/Sayings.ts"

const Create = Schema.Struct({
  no: Schema.String,
  amount: Schema.String,
  currency: Schema.String,
  expiresAtMillis: Schema.optional(Schema.Number)
})
const Shown = Schema.Struct({
  no: Schema.String,
  transactionNo: Schema.String,
  status: Schema.Literal("open", "paid", "failed", "closed"),
  amount: Schema.String,
  currency: Schema.String,
  paidAtMillis: Schema.NullOr(Schema.Number)
})
const decodeCreate = Schema.decodeUnknownEither(Schema.parseJson(Create))
const decodeShown = Schema.decodeUnknownEither(Schema.parseJson(Shown))

const read = (body: Uint8Array): string => new TextDecoder().decode(body)
const written = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

const moneyOf = (amount: string, currency: string): Money.Money | null =>
  Currency.is(currency) ? Either.getOrElse(Money.parse(amount, currency), () => null) : null

/** A create of the platform's own API; what else is said of it stands in its body. */
export const aCreate = (no: string, more: { readonly [name: string]: unknown } = {}): ProxiedCall => ({
  method: "POST",
  path: "/payments",
  query: "",
  headers: ["content-type", "application/json"],
  body: written({ no, amount: "12.34", currency: "CNY", ...more })
})

/** A query or a close of the platform's own API, by what it knows a payment by. */
export const aCall = (operation: "query" | "close", no: string): ProxiedCall => ({
  method: operation === "query" ? "GET" : "POST",
  path: `/payments/${encodeURIComponent(no)}${operation === "query" ? "" : "/close"}`,
  query: "",
  headers: [],
  body: new Uint8Array()
})

const paths = [
  { operation: "query", by: "merchantOrderNo", method: "GET", pattern: /^\/payments\/([^/]+)$/ },
  { operation: "query", by: "transactionNo", method: "GET", pattern: /^\/transactions\/([^/]+)$/ },
  { operation: "close", by: "merchantOrderNo", method: "POST", pattern: /^\/payments\/([^/]+)\/close$/ }
] as const

const recognised = (method: string, path: string): Recognised | null => {
  if (method === "POST" && path === "/payments") return { operation: "create" }
  for (const { pattern, ...one } of paths) {
    const [, no] = one.method === method ? (pattern.exec(path) ?? []) : []
    if (no !== undefined) return { operation: one.operation, by: one.by, no: decodeURIComponent(no) }
  }
  return null
}

/** How long the platform takes the payer's money where a create does not say. */
export const payableMillis = 900_000

const unfit = (detail: string) => new Unfit({ faults: [{ pointer: "", code: "BODY_INVALID", detail }] })

const orderOf = ({ body }: ProxiedCall): Either.Either<ProxiedOrder, Unfit> => {
  const text = read(body)
  const asked = decodeCreate(text)
  if (Either.isLeft(asked)) return Either.left(unfit(String(asked.left)))
  const { no, amount, currency, expiresAtMillis } = asked.right
  const money = moneyOf(amount, currency)
  if (money === null) return Either.left(unfit("There is no such amount."))
  return Either.right({
    merchantOrderNo: no,
    amount: money,
    method: "ALIPAY",
    source: "WEB",
    businessNo: null,
    expiresAtMillis: expiresAtMillis ?? null,
    payableMillis,
    fingerprint: createHash("sha256")
      .update(JSON.stringify(JSON.parse(text)))
      .digest("hex")
  })
}

/** A payment as the platform answers it; none is 404. */
export const shown = (held: Held | undefined, extraMinor: bigint, askedAtMillis: number): ProxiedAnswer => {
  const answer = (status: number, body: unknown) => ({
    status,
    headers: ["content-type", "application/json"],
    body: written(body),
    isWhole: true,
    askedAtMillis
  })
  if (held === undefined) return answer(404, { code: "NOT_FOUND" })
  const { merchantOrderNo: no, amount, transactionNo, status, paidAtMillis } = held
  const stated = Money.format({ ...amount, amountMinor: amount.amountMinor + extraMinor })
  return answer(200, { no, transactionNo, status, paidAtMillis, amount: stated, currency: amount.currency })
}

/** What the platform answers where it does not take a call. */
export const refused = (failure: Rejected | Throttled, askedAtMillis: number): ProxiedAnswer => ({
  status: failure._tag === "Rejected" ? 422 : 429,
  headers: ["content-type", "application/json"],
  body: written(failure._tag === "Rejected" ? { code: failure.code } : {}),
  isWhole: true,
  askedAtMillis
})

const said: Mapping["said"] = (operation, { status, body, isWhole, askedAtMillis }, payment) => {
  const asked = operation === "create" ? null : { version: payment.version, atMillis: askedAtMillis }
  const from = { source: operation, asked }
  if (status === 422) return Either.left(new Rejected({ code: "DECLINED", detail: read(body) }))
  if (status === 429) return Either.left(new Throttled({ retryAfterMillis: 1000, detail: "Too many." }))
  if (status === 404 && operation !== "create") return Either.right(evidenceOf(undefined, null, from))
  const told = decodeShown(read(body))
  if (status !== 200 || !isWhole || Either.isLeft(told))
    return Either.left(new InDoubt({ detail: `It is not understood: ${status}.` }))
  const { no: merchantOrderNo, amount, currency, ...rest } = told.right
  return Either.right(evidenceOf({ merchantOrderNo, ...rest }, moneyOf(amount, currency), from))
}

/** The own API of the platform behind `FakeVendors`, as the mapping of one of its vendors reads it. */
export const make = (vendor: string): Mapping => ({
  vendor,
  operations: [
    { operation: "create", method: "POST", path: "/payments" },
    { operation: "query", method: "GET", path: "/payments/{number}" },
    { operation: "query", method: "GET", path: "/transactions/{number}" },
    { operation: "close", method: "POST", path: "/payments/{number}/close" }
  ],
  maxBodyBytes: 65_536,
  limitMillis: () => 10_000,
  recognise: (method, path) => Either.right(recognised(method, path)),
  order: orderOf,
  prepared: ({ body }) => read(body),
  said
})

/** The mappings of vendors of these names. */
export const layer = (options: { readonly names: ReadonlyArray<string> }): Layer.Layer<Mappings> =>
  Layer.succeed(Mappings, {
    of: (vendor) => (options.names.includes(vendor) ? Option.some(make(vendor)) : Option.none())
  })
