import { readFileSync } from "node:fs"
import { Money, type RefundMachine } from "@payment-proxy/domain"
import { aPayment, freshNo } from "@payment-proxy/testkit"
import { Either, Schema } from "effect"
import { MpgsConfig } from "../../src/mpgs/config.ts"
import type { About } from "../../src/mpgs/evidence.ts"

/** Hand-written messages; password and secret in them are made up. */
export const vectors = JSON.parse(readFileSync(new URL("vectors/examples.json", import.meta.url), "utf8"))

/** A configuration as a deployer writes it; its secrets are throwaway and belong to no account. */
export const encoded = {
  kind: "mpgs",
  baseUrl: "https://gateway.example",
  merchantId: vectors.auth.merchantId,
  merchantName: "Example shop",
  password: vectors.auth.apiPassword,
  webhookSecret: vectors.webhook.headers["X-Notification-Secret"]
} as const

export const decode = Schema.decodeUnknownEither(MpgsConfig)

/** A configuration with the addresses that the application gives; what is undefined is left out. */
export const configured = (changes: object = {}) => ({
  ...Either.getOrThrow(decode(JSON.parse(JSON.stringify({ ...encoded, ...changes })))),
  name: "mpgs",
  notifyUrl: "https://pay.example.com/notify/mpgs",
  returnUrl: "https://pay.example.com/return/mpgs"
})

/** The order of the vectors. */
export const number = "PPX20261123000001"
export const createdAtMillis = Date.UTC(2026, 10, 23, 13, 15)
/** When the last payer has left the page. */
const overMillis = createdAtMillis + 900_000 + 900_000
export const payment = aPayment({
  vendor: "mpgs",
  method: "CARD",
  amount: Money.make(1234n, "USD"),
  merchantOrderNo: number,
  createdAtMillis,
  expiresAtMillis: createdAtMillis + 900_000,
  deadlineMillis: overMillis + 300_000,
  version: 7
})

export const about = (changes: Partial<About> = {}): About => ({
  payment,
  merchantId: vectors.auth.merchantId,
  source: "query",
  asked: { version: 7, atMillis: createdAtMillis + 1000 },
  isOver: false,
  ...changes
})

export const refundNo = freshNo()
export const refund: RefundMachine.Refund = {
  refundNo,
  payOrderNo: payment.payOrderNo,
  amount: Money.make(234n, "USD"),
  reason: null,
  createdAtMillis,
  deadlineMillis: createdAtMillis + 60_000,
  state: "SUBMITTING",
  version: 3,
  learntVersion: 3,
  vendorRefundNo: null,
  unknownCalls: 1,
  contradiction: null,
  failure: null,
  heldReason: null,
  refundedAtMillis: null,
  head: null
}

export const operation = {
  no: `${payment.payOrderNo}C1`,
  kind: "capture",
  amountMinor: 1234n,
  unknownCalls: 1
} as const

/** One transaction as the gateway tells of it. */
export const transaction = (type: string, changes: object = {}, own: object = {}) => ({
  merchant: vectors.auth.merchantId,
  order: { id: number, amount: 12.34, currency: "USD" },
  result: "SUCCESS",
  response: { gatewayCode: "APPROVED", acquirerCode: "00" },
  transaction: { id: "1", type, amount: 12.34, currency: "USD", receipt: "632713000001", ...own },
  timeOfRecord: "2026-11-23T13:20:35.123Z",
  ...changes
})

/** An order as the gateway tells of it: by default one that was captured, or that is only held. */
export const order = (changes: { readonly status?: string | undefined; readonly [member: string]: unknown } = {}) => ({
  id: number,
  merchant: vectors.auth.merchantId,
  amount: 12.34,
  currency: "USD",
  status: "CAPTURED",
  result: "SUCCESS",
  creationTime: "2026-11-23T13:19:00.000Z",
  lastUpdatedTime: "2026-11-23T13:20:36.000Z",
  totalAuthorizedAmount: 12.34,
  totalCapturedAmount: changes.status === "AUTHORIZED" ? 0 : 12.34,
  totalRefundedAmount: 0,
  transaction: [transaction("PAYMENT")],
  ...changes
})

/** An HTTP answer. */
export const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  text: typeof body === "string" ? body : JSON.stringify(body),
  askedAtMillis: createdAtMillis + 1000
})

/** An error of the gateway's. */
export const fault = (cause: string, more: object = {}) => ({ result: "ERROR", error: { cause, ...more } })

/** The kind of evidence or of failure. */
export const word = <A extends { readonly kind: string }, E extends { readonly _tag: string }>(
  said: Either.Either<A, E>
): string => Either.match(said, { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind })
