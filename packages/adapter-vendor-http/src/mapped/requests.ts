import { Money, type Payment } from "@payment-proxy/domain"
import type { Details } from "@payment-proxy/ports"
import { Unfit } from "@payment-proxy/ports"
import { Either } from "effect"
import type { Call } from "../Http.ts"
import * as Body from "./body.ts"
import type { Mapped } from "./config.ts"
import { type Member, membersOf, type SourceName } from "./fields.ts"
import { filled } from "./paths.ts"
import * as Stored from "./stored.ts"

/** Where the order's own field stands, for faults that an app can mend. */
const pointers: { readonly [name in SourceName]?: string } = {
  description: "/description",
  returnUrl: "/returnUrl",
  "payer.openId": "/payer/openId",
  "payer.buyerId": "/payer/buyerId",
  "payer.ip": "/payer/ip"
}

const taken = (name: SourceName, payment: Payment.Payment, details: Details, config: Mapped): unknown => {
  switch (name) {
    case "payOrderNo":
      return payment.merchantOrderNo
    case "amountMinor":
      return payment.amount.amountMinor
    case "amountMajor":
      return Money.format(payment.amount)
    case "currency":
      return payment.amount.currency
    case "method":
      return payment.method
    case "source":
      return payment.source
    case "businessNo":
      return payment.businessNo ?? undefined
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

const memberOf = (member: Member, payment: Payment.Payment, details: Details, config: Mapped): unknown => {
  if (member.from === undefined) return member.text
  const value = taken(member.from, payment, details, config)
  if (member.words !== undefined) return member.words[String(value)]
  if (typeof value !== "bigint") return value
  return isDigits(member, config) ? String(value) : Number(value)
}

/** Whether an amount in minor units goes out as text. */
const isDigits = (member: Member, { create }: Mapped): boolean => member.as === "text" || create.type === "form"

const unsupported = (
  pointer: string,
  word: string,
  words: ReadonlyArray<string> | undefined
): ReadonlyArray<Body.Fault> =>
  words === undefined || words.includes(word)
    ? []
    : [{ pointer, code: "NOT_SUPPORTED", detail: `This vendor takes ${words.join(", ")}.` }]

/** Words of ours that the vendor has none for. */
const wordless = (pointer: string, from: SourceName, word: string, config: Mapped): ReadonlyArray<Body.Fault> =>
  membersOf(config.create.body, from).flatMap(({ member: { words } }) =>
    unsupported(pointer, word, words === undefined ? undefined : Object.keys(words))
  )

/** JSON numbers hold whole numbers up to 2^53 exactly: a larger amount would reach the vendor as another. */
const tooLarge = (payment: Payment.Payment, config: Mapped): ReadonlyArray<Body.Fault> =>
  payment.amount.amountMinor > BigInt(Number.MAX_SAFE_INTEGER) &&
  membersOf(config.create.body, "amountMinor").some(({ member }) => !isDigits(member, config))
    ? [{ pointer: "/amount/value", code: "AMOUNT_INVALID", detail: "This vendor takes at most 2^53 - 1 minor units." }]
    : []

const manual = (payment: Payment.Payment): ReadonlyArray<Body.Fault> =>
  payment.capture === "manual"
    ? [{ pointer: "/capture", code: "NOT_SUPPORTED", detail: "This vendor captures automatically." }]
    : []

const missing = (values: ReadonlyArray<readonly [string, unknown]>, config: Mapped): ReadonlyArray<Body.Fault> =>
  values.flatMap(([key, value]): ReadonlyArray<Body.Fault> => {
    const { from, required } = config.create.body[key] ?? {}
    const pointer = from === undefined || required !== true ? undefined : pointers[from]
    return value === undefined && pointer !== undefined
      ? [{ pointer, code: "FIELD_MISSING", detail: "This vendor needs it: give it a value." }]
      : []
  })

/** The idempotency key of a call, as the vendor expects it. */
export const keyOf = (no: string, { idempotencyKey }: Mapped): string => (idempotencyKey === "quoted" ? `"${no}"` : no)

/** The create of an order, the same text however often it is made; or all that it misses. */
export const prepare = (payment: Payment.Payment, details: Details, config: Mapped): Either.Either<string, Unfit> => {
  const { path, method, type, body } = config.create
  const values = Object.entries(body).map(([key, member]) => [key, memberOf(member, payment, details, config)] as const)
  const faults = [
    ...unsupported("/method", payment.method, config.methods),
    ...unsupported("/source", payment.source, config.sources),
    ...wordless("/method", "method", payment.method, config),
    ...wordless("/source", "source", payment.source, config),
    ...wordless("/amount/currency", "currency", payment.amount.currency, config),
    ...tooLarge(payment, config),
    ...manual(payment),
    ...missing(values, config)
  ]
  if (faults.length > 0) return Either.left(new Unfit({ faults }))
  const no = payment.merchantOrderNo
  const prepared: Stored.Stored = {
    path: filled([path], payment),
    ...(method === "PUT" ? { method } : {}),
    headers: {
      "content-type": Body.mediaTypes[type],
      "idempotency-key": keyOf(no, config)
    },
    body: Body.write(type, values)
  }
  return Either.right(JSON.stringify(prepared))
}

/** Where a path of the vendor's API is, as it is written: no reader of addresses changes a byte of it. */
export const addressOf = ({ baseUrl }: Mapped, path: string): Pick<Call, "origin" | "path"> => {
  const { origin, pathname } = new URL(baseUrl)
  return { origin, path: `${pathname.replace(/\/$/, "")}${path}` }
}

/** A stored create as a call. */
export const createCall = (prepared: string, config: Mapped): Either.Either<Call, unknown> =>
  Either.map(Stored.read(prepared), ({ path, method = "POST", headers, body }) => ({
    ...addressOf(config, path),
    method,
    headers: Array.isArray(headers) ? headers : Object.entries(headers).flat(),
    body
  }))

/** The question what became of an order. */
export const queryCall = (payment: Payment.Payment, config: Mapped): Call => ({
  ...addressOf(config, filled([config.query.path, ...config.query.also], payment)),
  method: "GET",
  headers: [],
  body: null
})

/** The wish to close an order. */
export const closeCall = (payment: Payment.Payment, config: Mapped): Call => ({
  ...addressOf(config, filled([config.close.path, ...config.close.also], payment)),
  method: config.close.method,
  headers: [],
  body: null
})
