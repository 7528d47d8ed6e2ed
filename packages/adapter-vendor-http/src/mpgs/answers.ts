import { Evidence, type Words } from "@payment-proxy/domain"
import { InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Answer } from "../Http.ts"
import * as Codes from "./codes.ts"
import type { MpgsConfig } from "./config.ts"
import type { About } from "./evidence.ts"
import * as MpgsEvidence from "./evidence.ts"
import * as Wire from "./wire.ts"

type Failure = Rejected | Throttled | InDoubt
type Read<A> = Either.Either<A, Failure>

const retryAfterMillis = ({ headers }: Answer): number | null => {
  const text = headers["retry-after"]
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}

const decodeFault = Schema.decodeUnknownEither(Wire.Fault)

type Fault = (typeof Wire.Fault.Type)["error"]

const faultOf = (body: unknown): Fault | null =>
  Either.match(decodeFault(body), { onLeft: () => null, onRight: ({ error }) => error })

const throttled = (answer: Answer, detail: string): Throttled =>
  new Throttled({ retryAfterMillis: retryAfterMillis(answer), detail })

const rejected = ({ field }: Fault): Rejected => {
  const where = field !== undefined && /^[\w.[\]-]{1,64}$/.test(field) ? ` of ${field}` : ""
  return new Rejected({ code: "INVALID_REQUEST", detail: `The gateway does not take the request${where}.` })
}

/** An answer that is no success; what is about us, not about the order, ends none. */
const refused = (answer: Answer, body: unknown): Failure => {
  const fault = faultOf(body)
  switch (`${answer.status} ${fault?.cause ?? ""}`) {
    case "403 REQUEST_REJECTED":
      return throttled(answer, "The gateway refuses us: look at password, privileges and addresses that may call.")
    case "503 SERVER_BUSY":
      return throttled(answer, "The gateway is busy: the same request may come again.")
  }
  if (answer.status === 401) return throttled(answer, "The gateway did not take what we proved ourselves with.")
  if (answer.status === 429) return throttled(answer, "The gateway asks for patience.")
  return fault !== null && answer.status === 400 && fault.cause === "INVALID_REQUEST"
    ? rejected(fault)
    : new InDoubt({ detail: `The gateway answered HTTP ${answer.status}.` })
}

const bodyOf = (answer: Answer): Read<unknown> => {
  const body = Wire.parse(answer.text)
  if (answer.status !== 200 && answer.status !== 201) return Either.left(refused(answer, Either.getOrUndefined(body)))
  return Either.mapLeft(body, () => new InDoubt({ detail: "The answer is not JSON." }))
}

const decoded = <A, I>(schema: Schema.Schema<A, I>, what: string): ((answer: Answer) => Read<A>) => {
  const decode = Schema.decodeUnknownEither(schema)
  return (answer) =>
    Either.flatMap(bodyOf(answer), (body) =>
      Either.mapLeft(decode(body), () => new InDoubt({ detail: `The answer is not ${what}.` }))
    )
}

/** The documented "there is no such thing": a request that is wrong in no part of it. */
const isMissing = (answer: Answer): boolean => {
  const fault = answer.status === 400 ? faultOf(Either.getOrUndefined(Wire.parse(answer.text))) : null
  return fault?.cause === "INVALID_REQUEST" && fault.field === undefined && fault.validationType === undefined
}

/** A question's answer; how the question was refused says nothing about what it asks after. */
const orMissing =
  <A>(read: (answer: Answer) => Read<A>) =>
  (answer: Answer): Read<A | null> =>
    isMissing(answer)
      ? Either.right(null)
      : Either.mapLeft(read(answer), (failure) =>
          failure._tag === "Rejected" ? new InDoubt({ detail: failure.detail }) : failure
        )

/** The order that RETRIEVE_ORDER answers; null where there is none. */
export const order = orMissing(decoded(Wire.Order, "an order"))

const transaction = decoded(Wire.Transaction, "a transaction")
const foundTransaction = orMissing(transaction)

/** What RETRIEVE_ORDER says about the payment. */
export const said = (answer: Answer, about: About): Read<Evidence.Evidence> =>
  Either.flatMap(order(answer), (found) =>
    found === null ? Either.right(MpgsEvidence.notFound(about)) : MpgsEvidence.fromOrder(found, about)
  )

const decodeCheckout = decoded(Wire.Checkout, "a checkout session")

const nextOf = (sessionId: string, { baseUrl, payerPage, merchantId }: MpgsConfig): Words.Next => {
  const { origin } = new URL(baseUrl)
  return payerPage === "link"
    ? { type: "redirect", url: `${origin}/checkout/pay/${encodeURIComponent(sessionId)}?checkoutVersion=1.0.0` }
    : {
        type: "app",
        parameters: { sessionId, script: `${origin}/static/checkout/checkout.min.js`, merchant: merchantId }
      }
}

/** What INITIATE_CHECKOUT says: where the payer pays, and the indicator to keep. */
export const created = (answer: Answer, config: MpgsConfig): Read<Evidence.Evidence> =>
  Either.map(decodeCheckout(answer), ({ merchant, session, successIndicator }) =>
    Evidence.make("open", "create", {
      next: nextOf(session.id, config),
      keep: successIndicator,
      foreign: merchant === config.merchantId ? null : "MERCHANT_MISMATCH"
    })
  )

/** How a transaction that we sent went, where it was not carried out. */
const unfinished = (answered: Wire.Transaction): Failure | null => {
  const code = answered.response?.gatewayCode
  switch (MpgsEvidence.outcome(answered)) {
    case "done":
    case "part":
      return null
    case "declined":
      return new Rejected({ code: Codes.shown(code), detail: "The gateway declined it." })
    case "busy":
      return new Throttled({ retryAfterMillis: null, detail: "Another transaction runs on the order." })
    default:
      return new InDoubt({ detail: "The transaction's outcome is not known yet." })
  }
}

const isOf = (answered: Wire.Transaction, no: string, { payment, merchantId }: About): boolean =>
  answered.transaction.id === no && answered.order?.id === payment.merchantOrderNo && answered.merchant === merchantId

/** A refusal counts only where it is about the very transaction that we sent. */
const finished = (answered: Wire.Transaction, no: string, about: About): Read<Wire.Transaction> => {
  const failure = unfinished(answered)
  if (failure === null) return Either.right(answered)
  return Either.left(
    isOf(answered, no, about) ? failure : new InDoubt({ detail: "The answer is about another transaction." })
  )
}

/** What a CAPTURE under `no` says. */
export const captured = (answer: Answer, no: string, about: About): Read<Evidence.Evidence> =>
  Either.flatMap(
    Either.flatMap(transaction(answer), (answered) => finished(answered, no, about)),
    (answered) => MpgsEvidence.fromCapture(answered, no, about)
  )

/** What a VOID under `id` says: the order is closed. */
export const voided = (answer: Answer, id: string, about: About): Read<Evidence.Evidence> =>
  Either.flatMap(
    Either.flatMap(transaction(answer), (answered) => finished(answered, id, about)),
    (answered) => MpgsEvidence.fromVoid(answered, id, about)
  )

/** What a REFUND under `refundNo` says; one that waits for someone's approval is pending. */
export const refunded = (answer: Answer, refundNo: string, about: About): Read<Evidence.RefundEvidence> =>
  Either.flatMap(transaction(answer), (answered): Read<Evidence.RefundEvidence> => {
    const outcome = MpgsEvidence.outcome(answered)
    return outcome === "declined" || outcome === "busy"
      ? Either.flatMap(finished(answered, refundNo, about), () => MpgsEvidence.fromRefund(answered, refundNo, about))
      : MpgsEvidence.fromRefund(answered, refundNo, about)
  })

/** What RETRIEVE_TRANSACTION says about a refund. */
export const refundSaid = (answer: Answer, refundNo: string, about: About): Read<Evidence.RefundEvidence> =>
  Either.flatMap(
    foundTransaction(answer),
    (found): Read<Evidence.RefundEvidence> =>
      found === null
        ? Either.right({
            kind: "notFound",
            source: about.source,
            asked: about.asked,
            vendorRefundNo: null,
            amount: null,
            detail: null
          })
        : MpgsEvidence.fromRefund(found, refundNo, about)
  )
