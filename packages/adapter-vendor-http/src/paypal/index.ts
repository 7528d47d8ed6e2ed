import type { Payment } from "@payment-proxy/domain"
import type { ReturnQuery } from "@payment-proxy/ports"
import { Effect } from "effect"
import { followed } from "../Following.ts"
import * as Http from "../Http.ts"
import * as Tokened from "../Tokened.ts"
import type { Kind, Needs, Vendor } from "../Vendor.ts"
import { isBadToken } from "./answers.ts"
import * as Bill from "./bill.ts"
import * as Certificates from "./certificates.ts"
import { accountOf, faultsOf, type PayPal, PayPalConfig } from "./config.ts"
import * as Notification from "./notification.ts"
import * as Operations from "./operations.ts"
import * as Refunds from "./refunds.ts"
import * as Requests from "./requests.ts"

/**
 * Held money stays held for 29 days, and a refund or capture by eCheck takes days (vendors' reference §4). Both are notified of; a
 * question now and then is for what went missing.
 */
const recommended = {
  authorized: [5, 30, 60, 300, 900, 3600, 21_600],
  refund: [5, 15, 60, 300, 900, 3600, 21_600]
}

/** PayPal's number of the order, as the payer's browser brings it back; null where there is nothing to compare. */
const returned = ({ transactionNo }: Payment.Payment, { token }: ReturnQuery): boolean | null =>
  token === undefined || transactionNo === null ? null : token === transactionNo

const make = (config: PayPal, { tokens, send }: Needs) =>
  Effect.gen(function* () {
    const tokened = Tokened.make({ vendor: config.name, tokens, send, isBadToken })
    // Another host than the API's is not shown our certificate, nor known by the API's private authority.
    const plain = config.tls === undefined ? send : (yield* Http.make).send()
    const api = new URL(config.baseUrl).origin
    const signerAt = yield* Certificates.make(config, (call, limit) =>
      (call.origin === api ? send : plain)(call, limit)
    )
    const desk = { config, send: tokened }
    const { createMillis, queryMillis } = config.limits
    return {
      name: config.name,
      kind: config.kind,
      abilities: [
        "create",
        "query",
        "close",
        "capture",
        "complete",
        "refund",
        "queryRefund",
        "notification",
        "bill"
      ] as const,
      // Each of a call and of the question that may go with it is sent twice where its token is bad.
      createTimeLimitMillis: 2 * (createMillis + queryMillis),
      settlingMillis: config.settlingMillis,
      ...followed(config, recommended),
      // Approved money is taken by a call of ours alone.
      graceMillis: 0,
      prepare: (payment, details) => Requests.prepare(payment, details, config),
      create: (payment, prepared, untilMillis) => Operations.create(desk, payment, prepared, untilMillis),
      query: (payment) => Operations.query(desk, payment),
      close: (payment) => Operations.close(desk, payment),
      capture: (payment, operation, untilMillis) => Operations.capture(desk, payment, operation, untilMillis),
      complete: (payment, operation, untilMillis) => Operations.complete(desk, payment, operation, untilMillis),
      refund: (payment, refund, untilMillis) => Refunds.refund(desk, payment, refund, untilMillis),
      queryRefund: (payment, refund) => Refunds.queryRefund(desk, payment, refund),
      notification: (incoming) => Notification.read(incoming, desk, signerAt),
      returned,
      onward: Requests.onward,
      bill: (bill) => Bill.lines(desk, bill)
    } satisfies Vendor
  })

/** PayPal (Orders v2, Payments v2). */
export const kind: Kind<PayPalConfig, typeof PayPalConfig.Encoded> = {
  config: PayPalConfig,
  faultsOf,
  accountOf,
  make
}
