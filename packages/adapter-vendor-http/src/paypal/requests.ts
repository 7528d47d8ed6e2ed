import { Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import type { Details } from "@payment-proxy/ports"
import { Unfit } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Call } from "../Http.ts"
import { returnUrl } from "../Vendor.ts"
import * as Amounts from "./amounts.ts"
import type { PayPal } from "./config.ts"

/** A create as it is stored: all of it but the access token. */
const Prepared = Schema.Struct({ path: Schema.String, body: Schema.String, returnUrl: Schema.NullOr(Schema.String) })
const readPrepared = Schema.decodeUnknownEither(Schema.parseJson(Prepared))

type Faults = Unfit["faults"]

const sources: ReadonlyArray<string> = ["WEB", "H5", "APP"]

const unfit = (pointer: string, code: string, detail: string): Faults => [{ pointer, code, detail }]

const amountFaults = ({ amount }: Payment.Payment): Faults => {
  if (!Amounts.isTaken(amount.currency))
    return unfit("/amount/currency", "NOT_SUPPORTED", `PayPal does not take ${amount.currency}.`)
  return Amounts.write(amount) === null
    ? unfit("/amount/value", "AMOUNT_INVALID", `PayPal takes whole ${amount.currency} only: leave out the decimals.`)
    : []
}

const maxDescription = 127

/** As much of a description as PayPal takes, without control characters; undefined where nothing is left. */
const described = (text: string): string | undefined => {
  const clean = text
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
  const cut = clean.slice(0, maxDescription)
  // Half of a character that did not fit is none.
  const whole = (cut.isWellFormed() ? cut : cut.slice(0, -1)).trim()
  return whole === "" ? undefined : whole
}

/** The create of an order, the same text however often it is made; or all that it misses. */
export const prepare = (payment: Payment.Payment, details: Details, config: PayPal): Either.Either<string, Unfit> => {
  const amount = Amounts.write(payment.amount)
  const faults = [
    ...(payment.method === "PAYPAL"
      ? []
      : unfit("/method", "NOT_SUPPORTED", "This vendor takes PAYPAL: choose that method, or another vendor.")),
    ...(sources.includes(payment.source)
      ? []
      : unfit("/source", "NOT_SUPPORTED", `PayPal sends the payer to a page: use one of ${sources.join(", ")}.`)),
    ...amountFaults(payment)
  ]
  if (faults.length > 0 || amount === null) return Either.left(new Unfit({ faults }))
  const back = returnUrl(config, payment)
  const body = {
    intent: payment.capture === "manual" ? "AUTHORIZE" : "CAPTURE",
    purchase_units: [
      {
        amount,
        custom_id: payment.merchantOrderNo,
        invoice_id: payment.merchantOrderNo,
        description: described(details.description)
      }
    ],
    payment_source: {
      paypal: {
        experience_context: {
          return_url: back,
          cancel_url: `${back}&cancel=1`,
          brand_name: config.brandName,
          locale: config.locale,
          user_action: "PAY_NOW",
          shipping_preference: "NO_SHIPPING",
          payment_method_preference: "IMMEDIATE_PAYMENT_REQUIRED"
        }
      }
    }
  }
  const prepared: typeof Prepared.Type = {
    path: "/v2/checkout/orders",
    body: JSON.stringify(body),
    returnUrl: details.returnUrl
  }
  return Either.right(JSON.stringify(prepared))
}

/** The app's own page in a stored create; null where it named none, or nothing can be read. */
export const onward = (prepared: string): string | null =>
  Either.match(readPrepared(prepared), { onLeft: () => null, onRight: ({ returnUrl }) => returnUrl })

const addressOf = ({ baseUrl }: Pick<PayPal, "baseUrl">, path: string): Pick<Call, "origin" | "path"> => {
  const { origin, pathname } = new URL(baseUrl)
  return { origin, path: `${pathname.replace(/\/$/, "")}${path}` }
}

/** A question. */
export const get = (config: Pick<PayPal, "baseUrl">, path: string): Call => ({
  ...addressOf(config, path),
  method: "GET",
  headers: [],
  body: null
})

/** A call that moves something; `requestId` is what PayPal knows its repeats by (vendors' reference §4b). */
const post = (config: Pick<PayPal, "baseUrl">, path: string, requestId: string | null, body: string): Call => ({
  ...addressOf(config, path),
  method: "POST",
  headers: [
    "content-type",
    "application/json",
    "prefer",
    "return=representation",
    ...(requestId === null ? [] : ["paypal-request-id", requestId])
  ],
  body
})

/** A stored create as a call; a left where it cannot be read. */
export const create = (prepared: string, payment: Payment.Payment, config: PayPal): Either.Either<Call, unknown> =>
  Either.map(readPrepared(prepared), ({ path, body }) => post(config, path, payment.merchantOrderNo, body))

const at = (...parts: ReadonlyArray<string>): string => `/${parts.map(encodeURIComponent).join("/")}`

/** The question what became of an order. */
export const order = (config: PayPal, orderId: string): Call => get(config, at("v2", "checkout", "orders", orderId))

/** The call that takes the money that the payer approved, or holds it where the order captures by hand. */
export const complete = (
  config: PayPal,
  orderId: string,
  { capture }: Payment.Payment,
  operation: Payment.Operation
): Call => {
  const verb = capture === "manual" ? "authorize" : "capture"
  return post(config, at("v2", "checkout", "orders", orderId, verb), operation.no, "{}")
}

/** The capture of held funds; null where PayPal cannot write the amount. */
export const capture = (
  config: PayPal,
  authorizationId: string,
  { amount: { currency } }: Payment.Payment,
  { no, amountMinor }: Payment.Operation
): Call | null => {
  const amount = Amounts.write(Money.make(amountMinor, currency))
  return amount === null
    ? null
    : post(
        config,
        at("v2", "payments", "authorizations", authorizationId, "capture"),
        no,
        JSON.stringify({ amount, final_capture: true })
      )
}

/** The release of held funds. */
export const release = (config: PayPal, authorizationId: string): Call =>
  post(config, at("v2", "payments", "authorizations", authorizationId, "void"), null, "{}")

/** A refund, the same bytes however often; null where PayPal cannot write the amount. */
export const refund = (config: PayPal, captureId: string, { refundNo, amount }: RefundMachine.Refund): Call | null => {
  const written = Amounts.write(amount)
  return written === null
    ? null
    : post(
        config,
        at("v2", "payments", "captures", captureId, "refund"),
        refundNo,
        JSON.stringify({ amount: written, custom_id: refundNo })
      )
}

/** The question what became of a refund. */
export const refundById = (config: PayPal, refundId: string): Call =>
  get(config, at("v2", "payments", "refunds", refundId))

/** The question which order a capture belongs to. */
export const captureById = (config: PayPal, captureId: string): Call =>
  get(config, at("v2", "payments", "captures", captureId))
