import type { Evidence, Payment, RefundMachine } from "@payment-proxy/domain"
import { InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Answer } from "../Http.ts"
import type { PayPalConfig } from "./config.ts"
import { fromCapture, fromOrder, fromRefund, type Said } from "./evidence.ts"
import * as Issues from "./issues.ts"
import { Capture, Order, Refund, Refusal } from "./wire.ts"

const refusalOf = Schema.decodeUnknownOption(Schema.parseJson(Refusal))

/** Why a call was refused: PayPal's issue, and what that means; `missing`: what was asked for is not there. */
export interface Refused {
  readonly issue: string
  readonly meaning: Issues.Meaning | "missing"
}

const word = /^[A-Z][A-Z0-9_]{0,63}$/

/** PayPal's own word for what is wrong: the first detail's issue, else the error's name; null where it has none. */
export const issueOf = ({ text }: Pick<Answer, "text">): string | null => {
  const refusal = refusalOf(text)
  if (refusal._tag === "None") return null
  const { name, details = [] } = refusal.value
  return [details[0]?.issue, name].find((said) => said !== undefined && word.test(said)) ?? null
}

/** PayPal's word for "there is no such thing" (vendors' reference §4e); a path that is not there has no issue. */
const isMissing = ({ text }: Answer): boolean => {
  const refusal = refusalOf(text)
  if (refusal._tag === "None") return false
  const { name, details: [detail] = [] } = refusal.value
  return name === "RESOURCE_NOT_FOUND" && detail?.issue === "INVALID_RESOURCE_ID"
}

/** The vendor does not take the token (vendors' reference §4e): another one may do. */
export const isBadToken = (answer: Answer): boolean => {
  if (answer.status !== 401) return false
  if (/error\s*=\s*"?invalid_token"?/i.test(answer.headers["www-authenticate"] ?? "")) return true
  const refusal = refusalOf(answer.text)
  return (
    refusal._tag === "Some" &&
    (refusal.value.error === "invalid_token" || refusal.value.name === "AUTHENTICATION_FAILURE")
  )
}

/** What an answer that is no success means: by its HTTP status, then by its issue. */
export const refused = (answer: Answer): Refused => {
  const issue = issueOf(answer) ?? `HTTP_${answer.status}`
  const meaning = Issues.meaningOf(issue)
  switch (answer.status) {
    case 400:
    case 422:
      return { issue, meaning }
    case 401:
      return { issue, meaning: "ours" }
    case 403:
      return { issue, meaning: meaning === "ours" ? "ours" : "doubt" }
    case 404:
      return { issue, meaning: isMissing(answer) ? "missing" : "doubt" }
    case 429:
      return { issue, meaning: "later" }
    default:
      return { issue, meaning: "doubt" }
  }
}

const retryAfterMillis = ({ headers }: Answer): number | null => {
  const text = headers["retry-after"]
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}

type Failed = Rejected | Throttled | InDoubt

/** This very call was not accepted. */
export const rejected = ({ issue }: Pick<Refused, "issue">): Rejected =>
  new Rejected({ code: issue, detail: `PayPal answered ${issue}.` })

/** What a refused call comes to where it says nothing of the order itself; what is not certainly refused is in doubt. */
export const failure = (answer: Answer): Failed => {
  const { issue, meaning } = refused(answer)
  switch (meaning) {
    case "unaccepted":
    case "refused":
      return rejected({ issue })
    case "ours":
      return new Throttled({
        retryAfterMillis: null,
        detail: `PayPal does not serve this account or app (${issue}): look at its credentials, permissions and features.`
      })
    case "later":
      return new Throttled({
        retryAfterMillis: retryAfterMillis(answer),
        detail: `PayPal does not do it now (${issue}).`
      })
    case "again":
    case "done":
    case "over":
    case "doubt":
    case "missing":
      return new InDoubt({ detail: `PayPal answered HTTP ${answer.status} (${issue}).` })
  }
}

/** As `failure`, for calls that only ask: no answer to them is a refusal. */
export const unread = (answer: Answer): Failed => {
  const failed = failure(answer)
  return failed._tag === "Rejected"
    ? new InDoubt({ detail: `PayPal answered HTTP ${answer.status} (${failed.code}).` })
    : failed
}

/** Whether it is the answer that the reference calls a success, whose body then has to be read. */
export const isSuccess = ({ status }: Answer): boolean => status === 200 || status === 201

const inDoubt = (detail: string): InDoubt => new InDoubt({ detail })

const body = <A, I>(schema: Schema.Schema<A, I>, what: string) => {
  const decode = Schema.decodeUnknownEither(Schema.parseJson(schema))
  return ({ text }: Pick<Answer, "text">): Either.Either<A, InDoubt> =>
    Either.mapLeft(decode(text), () => inDoubt(`The answer is not ${what} as PayPal documents it.`))
}

/** The order in a successful answer. */
export const order = body(Order, "an order")
const captureOf = body(Capture, "a capture")
const refundOf = body(Refund, "a refund")

/** The capture in a successful answer. */
export const capture = captureOf

/** What the order in a successful answer says about ours. */
export const evidence = (
  answer: Answer,
  payment: Payment.Payment,
  config: PayPalConfig,
  said: Said
): Either.Either<Evidence.Evidence, InDoubt> =>
  Either.flatMap(order(answer), (stated) => Either.mapLeft(fromOrder(stated, payment, config, said), inDoubt))

/** What the capture of an authorization says; one that was declined is a call that was not accepted. */
export const captured = (
  answer: Answer,
  payment: Payment.Payment,
  said: Said
): Either.Either<Evidence.Evidence, InDoubt | Rejected> =>
  Either.flatMap(captureOf(answer), (stated) =>
    Either.flatMap(
      Either.mapLeft(fromCapture(stated, payment, said), inDoubt),
      (evidence): Either.Either<Evidence.Evidence, InDoubt | Rejected> =>
        evidence === null ? Either.left(rejected({ issue: "CAPTURE_DECLINED" })) : Either.right(evidence)
    )
  )

/** What the refund in a successful answer says about ours. */
export const refund = (
  answer: Answer,
  ours: RefundMachine.Refund,
  payment: Payment.Payment,
  said: Said
): Either.Either<Evidence.RefundEvidence, InDoubt> =>
  Either.flatMap(refundOf(answer), (stated) => Either.mapLeft(fromRefund(stated, ours, payment, said), inDoubt))
