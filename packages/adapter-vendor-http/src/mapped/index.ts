import type { Payment } from "@payment-proxy/domain"
import type { Operation, VendorTokens } from "@payment-proxy/ports"
import { Unreachable } from "@payment-proxy/ports"
import type { Context } from "effect"
import { Clock, Effect, Either } from "effect"
import type { Call, Send } from "../Http.ts"
import { told } from "../Reading.ts"
import * as Tokened from "../Tokened.ts"
import { type Kind, unable, type Vendor } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import { type Mapped, MappedConfig } from "./config.ts"
import * as Notification from "./notification.ts"
import * as Requests from "./requests.ts"

type Tokens = Context.Tag.Service<VendorTokens>

const make = (config: Mapped, tokens: Tokens, send: Send): Vendor => {
  const sendTokened = Tokened.make({ vendor: config.name, tokens, send, isBadToken: Tokened.isBadToken })

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

  return {
    ...unable,
    name: config.name,
    kind: config.kind,
    abilities: ["create", "query", "close", "notification"],
    createTimeLimitMillis: config.limits.createMillis * 2,
    settlingMillis: config.settlingMillis,
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
  faultsOf: () => [],
  accountOf: ({ baseUrl, merchantId }) =>
    JSON.stringify([new URL(baseUrl).href.replace(/\/+$/, ""), merchantId ?? null]),
  make: (config, { tokens, send }) => Effect.succeed(make(config, tokens, send))
}
