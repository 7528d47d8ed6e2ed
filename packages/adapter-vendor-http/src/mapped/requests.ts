import { Money, type Payment } from "@payment-proxy/domain"
import type { Details } from "@payment-proxy/ports"
import { Unfit } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Call } from "../Http.ts"
import type { Mapped, SourceName } from "./config.ts"

/** A create as it is stored and sent: all of it but the access token. */
const Prepared = Schema.Struct({
  path: Schema.String,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Schema.String
})
const isPrepared = Schema.is(Prepared)

/** Reads a stored create; a left where it is none. */
const readPrepared = (text: string): Either.Either<typeof Prepared.Type, unknown> =>
  Either.flatMap(
    Either.try((): unknown => JSON.parse(text)),
    (json) => (isPrepared(json) ? Either.right(json) : Either.left("not a stored create"))
  )

/** Where the order's own field stands, for faults that an app can mend. */
const pointers: { readonly [name in SourceName]?: string } = {
  description: "/description",
  returnUrl: "/returnUrl",
  "payer.openId": "/payer/openId",
  "payer.buyerId": "/payer/buyerId",
  "payer.ip": "/payer/ip"
}

const memberOf = (name: SourceName, payment: Payment.Payment, details: Details, config: Mapped): unknown => {
  switch (name) {
    case "payOrderNo":
      return payment.payOrderNo
    case "amountMinor":
      return Number(payment.amount.amountMinor)
    case "amountMajor":
      return Money.format(payment.amount)
    case "currency":
      return payment.amount.currency
    case "method":
      return payment.method
    case "source":
      return payment.source
    case "description":
      return details.description
    case "expiresAt":
      return new Date(payment.expiresAtMillis).toISOString()
    case "notifyUrl":
      return config.notifyUrl
    case "returnUrl":
      return details.returnUrl ?? undefined
    case "payer.openId":
      return details.payer.openId
    case "payer.buyerId":
      return details.payer.buyerId
    case "payer.ip":
      return details.payer.ip
  }
}

type Fault = Unfit["faults"][number]

const unsupported = <W extends string>(
  pointer: string,
  word: W,
  words: ReadonlyArray<W> | undefined
): ReadonlyArray<Fault> =>
  words === undefined || words.includes(word)
    ? []
    : [{ pointer, code: "NOT_SUPPORTED", detail: `This vendor takes ${words.join(", ")}.` }]

/** JSON numbers hold whole numbers up to 2^53 exactly: a larger amount would reach the vendor as another. */
const tooLarge = (payment: Payment.Payment, config: Mapped): ReadonlyArray<Fault> =>
  payment.amount.amountMinor > BigInt(Number.MAX_SAFE_INTEGER) &&
  Object.values(config.create.body).some((member) => "from" in member && member.from === "amountMinor")
    ? [{ pointer: "/amount/value", code: "AMOUNT_INVALID", detail: "This vendor takes at most 2^53 - 1 minor units." }]
    : []

const manual = (payment: Payment.Payment): ReadonlyArray<Fault> =>
  payment.capture === "manual"
    ? [{ pointer: "/capture", code: "NOT_SUPPORTED", detail: "This vendor captures automatically." }]
    : []

/** The create of an order, the same text however often it is made; or all that it misses. */
export const prepare = (payment: Payment.Payment, details: Details, config: Mapped): Either.Either<string, Unfit> => {
  const members = Object.entries(config.create.body).map(([name, member]) => ({
    name,
    value: "from" in member ? memberOf(member.from, payment, details, config) : member.text,
    pointer: "from" in member && member.required === true ? pointers[member.from] : undefined
  }))
  const missing = members.flatMap(
    ({ value, pointer }): ReadonlyArray<Fault> =>
      value === undefined && pointer !== undefined
        ? [{ pointer, code: "FIELD_MISSING", detail: "This vendor needs it: give it a value." }]
        : []
  )
  const faults = [
    ...unsupported("/method", payment.method, config.methods),
    ...unsupported("/source", payment.source, config.sources),
    ...tooLarge(payment, config),
    ...manual(payment),
    ...missing
  ]
  if (faults.length > 0) return Either.left(new Unfit({ faults }))
  const body = Object.fromEntries(members.map(({ name, value }) => [name, value]))
  const key = config.idempotencyKey === "quoted" ? `"${payment.payOrderNo}"` : payment.payOrderNo
  const prepared: typeof Prepared.Type = {
    path: config.create.path,
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(body)
  }
  return Either.right(JSON.stringify(prepared))
}

const urlOf = (config: Mapped, path: string): string => `${config.baseUrl.replace(/\/$/, "")}${path}`

/** A stored create as a call. */
export const createCall = (prepared: string, config: Mapped): Either.Either<Call, unknown> =>
  Either.map(readPrepared(prepared), ({ path, headers, body }) => ({
    method: "POST",
    url: urlOf(config, path),
    headers,
    body
  }))

const filled = (path: string, payment: Payment.Payment): string =>
  path
    .replaceAll("{payOrderNo}", encodeURIComponent(payment.payOrderNo))
    .replaceAll("{transactionNo}", encodeURIComponent(payment.transactionNo ?? payment.payOrderNo))

/** The question what became of an order. */
export const queryCall = (payment: Payment.Payment, config: Mapped): Call => ({
  method: "GET",
  url: urlOf(config, filled(config.query.path, payment)),
  headers: {},
  body: null
})

/** The wish to close an order. */
export const closeCall = (payment: Payment.Payment, config: Mapped): Call => ({
  method: "POST",
  url: urlOf(config, filled(config.close.path, payment)),
  headers: {},
  body: null
})
