import type { Payment } from "@payment-proxy/domain"
import { type Ability, Unreachable } from "@payment-proxy/ports"
import { Effect, Either } from "effect"
import { followed } from "../Following.ts"
import type { Answer, Call, Limit } from "../Http.ts"
import { told } from "../Reading.ts"
import { type Failure, type Kind, type Needs, type Placed, unable, type Vendor } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import * as Bill from "./bill.ts"
import { accountOf, faultsOf, graceMillis, MpgsConfig } from "./config.ts"
import * as MpgsEvidence from "./evidence.ts"
import * as Notification from "./notification.ts"
import * as Requests from "./requests.ts"
import * as Signing from "./signing.ts"

const always = Number.POSITIVE_INFINITY

const abilitiesOf = ({ reportingPassword }: MpgsConfig): ReadonlyArray<Ability> => [
  "create",
  "query",
  "close",
  "capture",
  "refund",
  "queryRefund",
  "notification",
  ...(reportingPassword === undefined ? [] : (["bill"] as const))
]

const make = (config: MpgsConfig & Placed, { send, open }: Pick<Needs, "send" | "open">): Vendor => {
  const { limits, password, nextPassword, merchantId } = config
  const passwords = [password, nextPassword].filter((one) => one !== undefined)
  const proofs = passwords.map((one) => ["authorization", Signing.basic(merchantId, one)])

  /** Sends a call as ourselves: once more by the next password where the first is refused, as nothing is accepted by a 401. */
  const ask = (call: Call, limit: Limit) => {
    const [first = [], next] = proofs
    const as = (proof: ReadonlyArray<string>) => send({ ...call, headers: [...call.headers, ...proof] }, limit)
    return Effect.flatMap(as(first), (answer) =>
      answer.status === 401 && next !== undefined ? as(next) : Effect.succeed(answer)
    )
  }

  const about = (payment: Payment.Payment, source: MpgsEvidence.About["source"], { askedAtMillis }: Answer) => ({
    payment,
    merchantId,
    source,
    asked: source === "operation" ? null : { version: payment.version, atMillis: askedAtMillis },
    isOver: askedAtMillis > payment.deadlineMillis
  })

  const read = <A>(
    call: string,
    { payOrderNo }: Payment.Payment,
    answer: Answer,
    said: Either.Either<A, Failure>
  ): Effect.Effect<A, Failure> => told(said, { vendor: config.name, call, payOrderNo }, answer)

  const moving = (call: Call, untilMillis: number) => ask(call, { millis: limits.createMillis, untilMillis })

  const query = (payment: Payment.Payment, source: "query" | "close", millis: number) =>
    Effect.flatMap(ask(Requests.orderCall(payment, config), { millis, untilMillis: always }), (answer) =>
      Effect.map(read(source, payment, answer, Answers.said(answer, about(payment, source, answer))), (evidence) => ({
        evidence,
        answer
      }))
    )

  /** Releases what an order holds; where the gateway will not, the order is what it was. */
  const release = (payment: Payment.Payment, answer: Answer) => {
    const order = Either.getOrNull(Answers.order(answer))
    const wanted = order === null ? null : MpgsEvidence.voidOf(order)
    return wanted === null
      ? Effect.succeed(null)
      : Effect.flatMap(
          ask(Requests.voidCall(payment, wanted.id, wanted.target, config), {
            millis: limits.closeMillis,
            untilMillis: always
          }),
          (answered) =>
            read("close", payment, answered, Answers.voided(answered, wanted.id, about(payment, "close", answer)))
        ).pipe(Effect.catchTag("Rejected", () => Effect.succeed(null)))
  }

  return {
    ...unable,
    name: config.name,
    kind: config.kind,
    abilities: abilitiesOf(config),
    createTimeLimitMillis: limits.createMillis * Math.max(proofs.length, 1),
    settlingMillis: config.settlingMillis,
    ...followed(config),
    graceMillis: graceMillis(config),
    prepare: (payment, details) => Requests.prepare(payment, details, config),
    create: (payment, prepared, untilMillis) =>
      Either.match(Requests.createCall(prepared, config), {
        onLeft: () => Effect.fail(new Unreachable({ detail: "The stored request cannot be read." })),
        onRight: (call) =>
          Effect.flatMap(moving(call, untilMillis), (answer) =>
            read("create", payment, answer, Answers.created(answer, config))
          )
      }),
    query: (payment) => Effect.map(query(payment, "query", limits.queryMillis), ({ evidence }) => evidence),
    close: (payment) =>
      Effect.flatMap(query(payment, "close", limits.closeMillis), ({ evidence, answer }) =>
        evidence.kind === "authorized" && evidence.foreign === null
          ? Effect.map(release(payment, answer), (released) => released ?? evidence)
          : Effect.succeed(evidence)
      ),
    capture: (payment, operation, untilMillis) =>
      Effect.flatMap(moving(Requests.captureCall(payment, operation, config), untilMillis), (answer) =>
        read("capture", payment, answer, Answers.captured(answer, operation.no, about(payment, "operation", answer)))
      ),
    refund: (payment, refund, untilMillis) =>
      Effect.flatMap(moving(Requests.refundCall(payment, refund, config), untilMillis), (answer) =>
        read("refund", payment, answer, Answers.refunded(answer, refund.refundNo, about(payment, "operation", answer)))
      ),
    queryRefund: (payment, refund) =>
      Effect.flatMap(
        ask(Requests.transactionCall(payment, refund.refundNo, config), {
          millis: limits.queryMillis,
          untilMillis: always
        }),
        (answer) => {
          const asked = { version: refund.version, atMillis: answer.askedAtMillis }
          const said = Answers.refundSaid(answer, refund.refundNo, { ...about(payment, "query", answer), asked })
          return read("queryRefund", payment, answer, said)
        }
      ),
    notification: (incoming) => Notification.read(incoming, config),
    returned: ({ kept }, { resultIndicator }) =>
      resultIndicator === undefined ? null : kept.some((indicator) => Signing.isSame(resultIndicator, indicator)),
    onward: Requests.onward,
    bill: (bill) => Bill.lines(bill, config, open)
  }
}

/** Mastercard Gateway (MPGS), Hosted Checkout: cards on the gateway's own page. */
export const kind: Kind<MpgsConfig, typeof MpgsConfig.Encoded> = {
  config: MpgsConfig,
  faultsOf,
  accountOf,
  make: (config, needs) => Effect.succeed(make(config, needs))
}
