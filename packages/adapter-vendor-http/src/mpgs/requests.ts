import { Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import type { Details } from "@payment-proxy/ports"
import { Unfit } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Call } from "../Http.ts"
import { type Placed, returnUrl } from "../Vendor.ts"
import type { MpgsConfig } from "./config.ts"

type Fault = Unfit["faults"][number]

const sources: ReadonlyArray<Payment.Payment["source"]> = ["WEB", "H5", "APP"]
const maxAmountLength = 14
const maxDescriptionLength = 127

const faultsOf = ({ method, source, amount }: Payment.Payment): ReadonlyArray<Fault> => {
  const faults: Array<Fault> = []
  if (method !== "CARD") faults.push({ pointer: "/method", code: "NOT_SUPPORTED", detail: "This vendor takes CARD." })
  if (!sources.includes(source))
    faults.push({ pointer: "/source", code: "NOT_SUPPORTED", detail: `This vendor takes ${sources.join(", ")}.` })
  if (Money.format(amount).length > maxAmountLength)
    faults.push({
      pointer: "/amount/value",
      code: "AMOUNT_INVALID",
      detail: `This vendor takes amounts of at most ${maxAmountLength} characters.`
    })
  return faults
}

/** What the payer reads of the order: one line, as much of it as the gateway takes. */
const descriptionOf = (description: string, { merchantOrderNo }: Payment.Payment): string => {
  let text = ""
  for (const letter of description
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()) {
    if (text.length + letter.length > maxDescriptionLength) break
    text += letter
  }
  return text === "" ? `Order ${merchantOrderNo}` : text.trimEnd()
}

const merchantPath = ({ version, merchantId }: MpgsConfig): string =>
  `/api/rest/version/${version}/merchant/${merchantId}`

const checkoutOf = (payment: Payment.Payment, details: Details, config: MpgsConfig & Placed) => {
  const back = returnUrl(config, payment)
  return {
    apiOperation: "INITIATE_CHECKOUT",
    interaction: {
      operation: payment.capture === "manual" ? "AUTHORIZE" : "PURCHASE",
      merchant: { name: config.merchantName },
      returnUrl: back,
      cancelUrl: back,
      timeout: config.sessionSeconds,
      timeoutUrl: back
    },
    order: {
      id: payment.merchantOrderNo,
      amount: Money.format(payment.amount),
      currency: payment.amount.currency,
      description: descriptionOf(details.description, payment),
      // The gateway's simulator obeys certain references (TEST-…): our numbers are none of them.
      reference: payment.merchantOrderNo,
      notificationUrl: config.notifyUrl
    },
    transaction: { reference: payment.merchantOrderNo }
  }
}

const Stored = Schema.parseJson(
  Schema.Struct({ path: Schema.String, body: Schema.String, returnUrl: Schema.NullOr(Schema.String) })
)
const readStored = Schema.decodeUnknownEither(Stored)

/** The INITIATE_CHECKOUT of an order, the same text however often it is made; or all that the gateway cannot do. */
export const prepare = (
  payment: Payment.Payment,
  details: Details,
  config: MpgsConfig & Placed
): Either.Either<string, Unfit> => {
  const faults = faultsOf(payment)
  if (faults.length > 0) return Either.left(new Unfit({ faults }))
  const stored: typeof Stored.Type = {
    path: `${merchantPath(config)}/session`,
    body: JSON.stringify(checkoutOf(payment, details, config)),
    returnUrl: details.returnUrl
  }
  return Either.right(JSON.stringify(stored))
}

/** The app's page, out of a stored request. */
export const onward = (prepared: string): string | null =>
  Either.match(readStored(prepared), { onLeft: () => null, onRight: (stored) => stored.returnUrl })

const origin = ({ baseUrl }: MpgsConfig): string => new URL(baseUrl).origin

const sent = (config: MpgsConfig, method: "POST" | "PUT", path: string, body: string): Call => ({
  origin: origin(config),
  path,
  method,
  headers: ["content-type", "application/json;charset=UTF-8"],
  body
})

const got = (config: MpgsConfig, path: string): Call => ({
  origin: origin(config),
  path,
  method: "GET",
  headers: [],
  body: null
})

/** A stored create as a call, byte for byte. */
export const createCall = (prepared: string, config: MpgsConfig): Either.Either<Call, unknown> =>
  Either.map(readStored(prepared), ({ path, body }) => sent(config, "POST", path, body))

const orderPath = ({ merchantOrderNo }: Payment.Payment, config: MpgsConfig): string =>
  `${merchantPath(config)}/order/${encodeURIComponent(merchantOrderNo)}`

const transactionPath = (payment: Payment.Payment, id: string, config: MpgsConfig): string =>
  `${orderPath(payment, config)}/transaction/${encodeURIComponent(id)}`

/** RETRIEVE_ORDER. */
export const orderCall = (payment: Payment.Payment, config: MpgsConfig): Call => got(config, orderPath(payment, config))

/** RETRIEVE_TRANSACTION. */
export const transactionCall = (payment: Payment.Payment, id: string, config: MpgsConfig): Call =>
  got(config, transactionPath(payment, id, config))

const amountOf = (amount: Money.Money) => ({ amount: Money.format(amount), currency: amount.currency })

/** CAPTURE of held funds, under the operation's number. */
export const captureCall = (payment: Payment.Payment, operation: Payment.Operation, config: MpgsConfig): Call => {
  const amount = Money.make(operation.amountMinor, payment.amount.currency)
  const body = { apiOperation: "CAPTURE", transaction: amountOf(amount) }
  return sent(config, "PUT", transactionPath(payment, operation.no, config), JSON.stringify(body))
}

/** REFUND, under the refund's number. */
export const refundCall = (
  payment: Payment.Payment,
  { refundNo, amount }: RefundMachine.Refund,
  config: MpgsConfig
): Call => {
  const body = { apiOperation: "REFUND", transaction: { ...amountOf(amount), reference: refundNo } }
  return sent(config, "PUT", transactionPath(payment, refundNo, config), JSON.stringify(body))
}

/** VOID of the transaction `targetTransactionId`, as the transaction `id`. */
export const voidCall = (payment: Payment.Payment, id: string, targetTransactionId: string, config: MpgsConfig): Call =>
  sent(
    config,
    "PUT",
    transactionPath(payment, id, config),
    JSON.stringify({ apiOperation: "VOID", transaction: { targetTransactionId } })
  )
