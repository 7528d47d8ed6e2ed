import { Evidence, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Answer } from "../Http.ts"
import type { Account } from "./account.ts"
import * as WechatEvidence from "./evidence.ts"
import * as Next from "./next.ts"
import type { Stamp } from "./signing.ts"

/** The calls whose failures are told apart. */
export type Call = "create" | "query" | "close" | "refund" | "queryRefund" | "bill"

type Refusal = Rejected | Throttled | InDoubt

/** What an error code says of a call: not accepted, not accepted now, or that there is no such order, refund or bill. */
type Meaning = "rejected" | "throttled" | "notFound"

/** About us and no order: credentials, permissions, the clock. */
const us = {
  create: "throttled",
  query: "throttled",
  close: "throttled",
  refund: "throttled",
  queryRefund: "throttled",
  bill: "throttled"
} as const satisfies Record<Call, Meaning>

/**
 * The table of errors of the vendors' reference (§1e), by code without its underscores, and the statuses that it comes with;
 * a call that is not named there is in doubt, as is every code that is not here.
 */
const codes: {
  readonly [code: string]: { readonly statuses: ReadonlyArray<number> } & { readonly [call in Call]?: Meaning }
} = {
  PARAMERROR: { statuses: [400], create: "rejected", refund: "rejected", bill: "rejected" },
  INVALIDREQUEST: { statuses: [400], refund: "rejected", bill: "rejected" },
  APPIDMCHIDNOTMATCH: { statuses: [400], ...us },
  MCHNOTEXISTS: { statuses: [400, 404], ...us },
  SIGNERROR: { statuses: [401], ...us },
  NOAUTH: { statuses: [403], ...us },
  REQUESTBLOCKED: { statuses: [403], ...us },
  TRADEERROR: { statuses: [403], query: "throttled" },
  RULELIMIT: { statuses: [403], query: "throttled" },
  NOTENOUGH: { statuses: [403], refund: "throttled" },
  USERACCOUNTABNORMAL: { statuses: [403], refund: "rejected" },
  TRADEOVERDUE: { statuses: [400, 403], refund: "rejected" },
  ORDERNOTEXIST: { statuses: [404], query: "notFound" },
  RESOURCENOTEXISTS: { statuses: [404], refund: "rejected", queryRefund: "notFound" },
  NOSTATEMENTEXIST: { statuses: [400], bill: "notFound" },
  STATEMENTCREATING: { statuses: [400], bill: "throttled" }
}

/**
 * What the number at the end of `Request-ID` makes of INVALID_REQUEST, which means many things: paid already, closed,
 * sent again with other parameters are in doubt; the rate, the signature, and a bad parameter are what they say.
 */
const finer: { readonly [suffix: string]: Meaning | "inDoubt" } = {
  "268449538": "inDoubt",
  "268498689": "inDoubt",
  "268447914": "inDoubt",
  "268498688": "inDoubt",
  "268447840": "throttled",
  "268443699": "throttled",
  "268435461": "rejected"
}

/** What WeChat Pay's support asks for; null where there is none that can be shown. */
export const requestId = ({ headers }: Pick<Answer, "headers">): string | null => {
  const id = headers["request-id"]
  return id !== undefined && /^[\w-]{1,128}$/.test(id) ? id : null
}

const Failure = Schema.parseJson(Schema.Struct({ code: Schema.String.pipe(Schema.pattern(/^[A-Z][A-Z_]{1,63}$/)) }))
const decodeFailure = Schema.decodeUnknownEither(Failure)

const invalidRequest = (answer: Answer, call: Call): Meaning | "inDoubt" | undefined => {
  const [, suffix = ""] = /-(\d{6,12})$/.exec(requestId(answer) ?? "") ?? []
  const meaning = Object.hasOwn(finer, suffix) ? finer[suffix] : undefined
  if (call === "refund") return meaning === "throttled" ? "inDoubt" : meaning
  if (call === "create" || call === "bill") return meaning
  return meaning === "throttled" ? meaning : "inDoubt"
}

const meaningOf = (answer: Answer, code: string, call: Call): Meaning | "inDoubt" => {
  const bare = code.replaceAll("_", "")
  const row = Object.hasOwn(codes, bare) ? codes[bare] : undefined
  if (row === undefined || !row.statuses.includes(answer.status)) return "inDoubt"
  const split = bare === "INVALIDREQUEST" ? invalidRequest(answer, call) : undefined
  return split ?? row[call] ?? "inDoubt"
}

const retryAfterMillis = ({ headers }: Answer): number | null => {
  const text = headers["retry-after"]
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}

const inDoubt = (detail: string): Either.Either<never, InDoubt> => Either.left(new InDoubt({ detail }))

/** Whether an answer has to be signed: all but failures, which have no signature (vendors' reference §1c). */
export const isSigned = ({ status }: Pick<Answer, "status">): boolean => status >= 200 && status < 300

/**
 * What a failure says of the call, by its HTTP status first and then its code; `null`: there is no such thing. A 429
 * proves nothing of a refund.
 */
const refused = (answer: Answer, call: Call): Either.Either<null, Refusal> => {
  const { status } = answer
  if (status === 429 && call !== "refund")
    return Either.left(
      new Throttled({ retryAfterMillis: retryAfterMillis(answer), detail: "WeChat Pay asks for patience." })
    )
  const found = decodeFailure(answer.text)
  if (Either.isLeft(found)) return inDoubt(`WeChat Pay answered HTTP ${status} without a code.`)
  const { code } = found.right
  const detail = `WeChat Pay answered HTTP ${status} with ${code}.`
  switch (meaningOf(answer, code, call)) {
    case "rejected":
      return Either.left(new Rejected({ code, detail }))
    case "throttled":
      return Either.left(new Throttled({ retryAfterMillis: retryAfterMillis(answer), detail }))
    case "notFound":
      return Either.right(null)
    case "inDoubt":
      return inDoubt(detail)
  }
}

const unknown = ({ status }: Answer, call: Call): Either.Either<never, InDoubt> =>
  inDoubt(`WeChat Pay answered HTTP ${status} to a ${call}.`)

/** Reads an answer's text where its status is the expected one; what is not there is null. */
const read = <A>(
  answer: Answer,
  call: Call,
  status: number,
  of: (text: string) => Either.Either<A, string>
): Either.Either<A | null, Refusal> => {
  if (answer.status === status) return Either.mapLeft(of(answer.text), (detail) => new InDoubt({ detail }))
  return isSigned(answer) || answer.status < 400 ? unknown(answer, call) : refused(answer, call)
}

/** What a create's verified answer says; what the payer needs next is signed by `now`. */
export const created = (
  answer: Answer,
  payment: Payment.Payment,
  account: Account,
  now: Stamp
): Either.Either<Evidence.Evidence, Refusal> =>
  Either.flatMap(
    read(answer, "create", 200, (text) => Next.read(text, payment, account, now)),
    (next) => (next === null ? unknown(answer, "create") : Either.right(Evidence.make("open", "create", { next })))
  )

const decodeTransaction = Schema.decodeUnknownEither(Schema.parseJson(WechatEvidence.Transaction))
const decodeRefund = Schema.decodeUnknownEither(Schema.parseJson(WechatEvidence.Refund))

/** What a query's verified answer says. */
export const queried = (
  answer: Answer,
  payment: Payment.Payment,
  account: Account
): Either.Either<Evidence.Evidence, Refusal> => {
  const asked = { version: payment.version, atMillis: answer.askedAtMillis }
  const found = read(answer, "query", 200, (text) =>
    Either.flatMap(
      Either.mapLeft(decodeTransaction(text), () => "The answer is no transaction."),
      (stated) => WechatEvidence.fromTransaction(stated, payment.merchantOrderNo, account, { source: "query", asked })
    )
  )
  return Either.map(found, (evidence) => evidence ?? Evidence.make("notFound", "query", { asked }))
}

/** What a close's verified answer says: 204 is closed, all else has to be asked. */
export const closed = (answer: Answer, payment: Payment.Payment): Either.Either<Evidence.Evidence, Refusal> => {
  const asked = { version: payment.version, atMillis: answer.askedAtMillis }
  const found = read(answer, "close", 204, () => Either.right(Evidence.make("closed", "close", { asked })))
  return Either.flatMap(found, (evidence) => (evidence === null ? unknown(answer, "close") : Either.right(evidence)))
}

/** What the verified answer to a refund, or to the question about it, says. */
export const refunded = (
  answer: Answer,
  payment: Payment.Payment,
  order: RefundMachine.Refund,
  call: "refund" | "queryRefund"
): Either.Either<Evidence.RefundEvidence, Refusal> => {
  const said =
    call === "refund"
      ? ({ source: "operation", asked: null } as const)
      : ({ source: "query", asked: { version: order.version, atMillis: answer.askedAtMillis } } as const)
  const found = read(answer, call, 200, (text) =>
    Either.flatMap(
      Either.mapLeft(decodeRefund(text), () => "The answer is no refund."),
      (stated) => WechatEvidence.fromRefund(stated, payment, order, said)
    )
  )
  const notFound = { ...said, kind: "notFound", vendorRefundNo: null, amount: null, detail: null } as const
  return Either.map(found, (evidence) => evidence ?? notFound)
}

const Place = Schema.parseJson(
  Schema.Struct({ hash_type: Schema.String, hash_value: Schema.String, download_url: Schema.String })
)
const decodePlace = Schema.decodeUnknownEither(Place)

/** Where a bill is, and its hash. */
export type Place = typeof Place.Type

/** Where a verified answer says that a bill is; null: there was nothing that day. */
export const billed = (answer: Answer): Either.Either<Place | null, Refusal> =>
  read(answer, "bill", 200, (text) => Either.mapLeft(decodePlace(text), () => "The answer names no bill."))
