import type { Payment, RefundMachine } from "@payment-proxy/domain"
import type { Ability, Operation, VendorTokens } from "@payment-proxy/ports"
import { Unreachable } from "@payment-proxy/ports"
import type { Context } from "effect"
import { Clock, Effect, Either } from "effect"
import { followed } from "../Following.ts"
import type { Call, Limit, Open, Send } from "../Http.ts"
import { told } from "../Reading.ts"
import * as Tokened from "../Tokened.ts"
import { type Failure, type Kind, unable, type Vendor } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import * as Bill from "./bill.ts"
import { type Mapped, MappedConfig } from "./config.ts"
import * as Notification from "./notification.ts"
import * as Refunds from "./refunds.ts"
import * as Requests from "./requests.ts"

type Tokens = Context.Tag.Service<VendorTokens>

const abilitiesOf = (config: Mapped): ReadonlyArray<Ability> => [
  "create",
  "query",
  "close",
  ...(Refunds.of(config) === null ? [] : (["refund", "queryRefund"] as const)),
  "notification",
  ...(config.bill === undefined ? [] : (["bill"] as const))
]

/** The calls about refunds, by what the mapping says of them. */
const refundsBy = (
  refunding: Refunds.Refunding,
  config: Mapped,
  send: Send
): Pick<Vendor, "refund" | "queryRefund"> => {
  const ask = (
    call: "refund" | "queryRefund",
    made: Either.Either<Call, Failure>,
    { payOrderNo }: Payment.Payment,
    refund: RefundMachine.Refund,
    limit: Limit
  ) =>
    Effect.flatMap(made, (request) =>
      Effect.flatMap(send(request, limit), (answer) =>
        told(Refunds.read(answer, refund, call, refunding, config), { vendor: config.name, call, payOrderNo }, answer)
      )
    )
  const { createMillis, queryMillis } = config.limits
  return {
    refund: (payment, refund, untilMillis) =>
      ask("refund", Refunds.refundCall(payment, refund, refunding, config), payment, refund, {
        millis: createMillis,
        untilMillis
      }),
    queryRefund: (payment, refund) =>
      ask("queryRefund", Refunds.queryCall(payment, refund, refunding, config), payment, refund, {
        millis: queryMillis,
        untilMillis: Number.POSITIVE_INFINITY
      })
  }
}

const make = (config: Mapped, tokens: Tokens, send: Send, open: Open): Vendor => {
  const way = { vendor: config.name, tokens, isBadToken: Tokened.isBadToken }
  const sendTokened = Tokened.make({ ...way, send })
  const openTokened = Tokened.make({ ...way, send: open })

  const ask = (
    call: Call,
    payment: Payment.Payment,
    operation: Operation,
    millis: number,
    untilMillis = Number.POSITIVE_INFINITY
  ) =>
    Effect.flatMap(sendTokened(call, { millis, untilMillis }), (answer) =>
      told(
        Answers.read(answer, payment, operation, config),
        { vendor: config.name, call: operation, payOrderNo: payment.payOrderNo },
        answer
      )
    )

  const refunding = Refunds.of(config)
  const mapping = config.bill
  return {
    ...unable,
    ...(refunding === null ? {} : refundsBy(refunding, config, sendTokened)),
    ...(mapping === undefined ? {} : { bill: (bill) => Bill.lines(bill, mapping, config, openTokened) }),
    name: config.name,
    kind: config.kind,
    abilities: abilitiesOf(config),
    createTimeLimitMillis: config.limits.createMillis * 2,
    settlingMillis: config.settlingMillis,
    ...followed(config),
    graceMillis: 0,
    prepare: (payment, details) => Requests.prepare(payment, details, config),
    create: (payment, prepared, untilMillis) =>
      Either.match(Requests.createCall(prepared, config), {
        onLeft: () => Effect.fail(new Unreachable({ detail: "The stored request cannot be read." })),
        onRight: (call) => ask(call, payment, "create", config.limits.createMillis, untilMillis)
      }),
    query: (payment) => ask(Requests.queryCall(payment, config), payment, "query", config.limits.queryMillis),
    close: (payment) => ask(Requests.closeCall(payment, config), payment, "close", config.limits.closeMillis),
    notification: (incoming) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => Notification.read(incoming, config, nowMillis))
  }
}

/** A vendor that is described by configuration alone (docs/mapping.md). */
export const kind: Kind<MappedConfig, typeof MappedConfig.Encoded> = {
  config: MappedConfig,
  faultsOf: Refunds.faultsOf,
  accountOf: ({ baseUrl, merchantId }) =>
    JSON.stringify([new URL(baseUrl).href.replace(/\/+$/, ""), merchantId ?? null]),
  make: (config, { tokens, send, open }) => Effect.succeed(make(config, tokens, send, open))
}
