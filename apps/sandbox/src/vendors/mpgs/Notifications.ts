import { createHash } from "node:crypto"
import type { Errand, Oddity, Sent } from "../Courier.ts"
import type { Order, Transaction } from "./Book.ts"
import { now } from "./Book.ts"
import * as Views from "./Views.ts"

const secondMillis = 1000
const minuteMillis = 60 * secondMillis
const hourMillis = 60 * minuteMillis

/** The waits after the first 19 of 20 tries, which take three days. */
export const retryMillis: ReadonlyArray<number> = [
  ...[10, 30].map((seconds) => seconds * secondMillis),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMillis),
  ...[1, 1, 2, 2, 4, 4, 6, 6, 12, 12, 20].map((hours) => hours * hourMillis)
]

/** How long after a transaction the gateway still tells of it. */
export const lifeMillis = 72 * hourMillis

const oddities: ReadonlyArray<Oddity> = [
  "wrong-signature",
  "altered",
  "wrong-amount",
  "wrong-currency",
  "foreign-merchant",
  "other-number",
  "truncated",
  "wrong-type",
  "huge"
]

const hugeLetters = 2 * 1024 * 1024

/** What a notification is of: a transaction, and what became of it. */
export const eventOf = (transaction: Transaction): string => {
  const { type, outcome } = now(transaction)
  return `${type} ${transaction.id} ${outcome.result}`
}

/** The same for each try, also after a restart. */
const idOf = (number: string, event: string): string => {
  const hex = createHash("sha256").update(`${number} ${event}`).digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** A failure made to look like a success, and a success like one of ten times the money. */
const altered = (view: object): object => {
  const text = JSON.stringify(view)
  const lied = text
    .replaceAll('"result":"FAILURE"', '"result":"SUCCESS"')
    .replaceAll('"status":"FAILED"', '"status":"CAPTURED"')
    .replaceAll(/"gatewayCode":"[A-Z_]+"/g, '"gatewayCode":"APPROVED"')
    .replaceAll(
      /("(?:amount|total(?:Authorized|Captured)Amount)":)(\d+(?:\.\d+)?)/g,
      (_, name, amount) => `${name}${Number(amount) * 10}`
    )
  return JSON.parse(lied)
}

const viewFor = (view: object, oddity: Oddity | undefined): object => {
  switch (oddity) {
    case "altered":
      return altered(view)
    case "wrong-amount":
    case "wrong-currency":
    case "foreign-merchant":
    case "other-number":
      return Views.faulty(view, oddity)
    case "huge":
      return { ...view, padding: "x".repeat(hugeLetters) }
    default:
      return view
  }
}

/** Whether an address may be told the secret: over TLS, or on this machine. */
const isSafe = (url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return protocol === "https:" || ["127.0.0.1", "localhost", "[::1]"].includes(hostname)
}

/** Tells a merchant of a transaction: the answer of RETRIEVE_TRANSACTION, with the shared secret in a header where the address is safe. */
export const errand = (
  order: Order,
  transaction: Transaction,
  merchant: { readonly id: string; readonly webhookSecret: string }
): Errand | undefined => {
  const url = order.facts.notificationUrl
  if (url === null) return undefined
  const number = order.facts.id
  const event = eventOf(transaction)
  const id = idOf(number, event)
  const view = Views.transaction(order, transaction, merchant.id)
  const message = (oddity: Oddity | undefined, attempt: number): Sent => {
    const text = JSON.stringify(viewFor(view, oddity))
    const secret =
      oddity === "wrong-signature" ? merchant.webhookSecret.split("").reverse().join("") : merchant.webhookSecret
    return {
      headers: {
        "content-type": oddity === "wrong-type" ? "text/plain" : "application/json",
        "x-notification-id": id,
        "x-notification-attempt": String(attempt + 1),
        ...(isSafe(url) ? { "x-notification-secret": secret } : {})
      },
      body: oddity === "truncated" ? text.slice(0, text.length / 2) : text,
      genuine: oddity === undefined,
      id
    }
  }
  return { number, event, url, message, isTaken: (status) => status === 200, retryMillis, oddities }
}
