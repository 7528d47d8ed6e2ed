import type { Own } from "../Serving.ts"
import type { Reply } from "../Vendor.ts"
import { madeId } from "./Book.ts"
import { error } from "./Problems.ts"

type Change = (name: string, value: unknown) => unknown

const isMoney = (value: unknown): value is { readonly currency_code: string; readonly value: string } =>
  typeof value === "object" && value !== null && "currency_code" in value && "value" in value

const more = (value: string): string =>
  value.includes(".") ? (Number(value) + 0.01).toFixed(2) : String(Number(value) + 1)

const changes: { readonly [fault: string]: Change } = {
  "wrong-amount": (_, value) => (isMoney(value) ? { ...value, value: more(value.value) } : value),
  "wrong-currency": (name, value) => (name === "currency_code" ? (value === "EUR" ? "USD" : "EUR") : value),
  "foreign-merchant": (name, value) => (name === "merchant_id" ? "FREGNMERCHANT" : value),
  "other-number": (name, value) => (name === "custom_id" || name === "invoice_id" ? madeId() : value),
  "unknown-status": (name, value) => (name === "status" ? "TELEPORTED" : value)
}

/** What a fault makes of an answer that only the vendor can get wrong; where `unknown-code` is asked for, nothing may have been done. */
export const unknownCode = (numbers: ReadonlyArray<string>): Reply => error(422, numbers, "SOMETHING_NEVER_SEEN")

/** The answer with what a fault wants to be wrong with it; what is no answer of 2xx, and faults that this vendor cannot play, are let pass. */
export const played = (reply: Reply, fault: Own | undefined): Reply => {
  const change = fault === undefined ? undefined : changes[fault]
  if (change === undefined || reply.status >= 300 || reply.body.length === 0) return reply
  return { ...reply, body: JSON.stringify(JSON.parse(reply.body.toString(), change)) }
}
