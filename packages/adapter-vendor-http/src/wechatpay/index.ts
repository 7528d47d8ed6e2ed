import type { Bill } from "@payment-proxy/ports"
import { InDoubt, Throttled, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect, Either, Stream } from "effect"
import { followed } from "../Following.ts"
import type { Limit, Open } from "../Http.ts"
import { lengthFaults } from "../Settings.ts"
import { type Kind, unable, type Vendor } from "../Vendor.ts"
import * as Accounts from "./account.ts"
import * as Answers from "./answers.ts"
import * as Bills from "./bill.ts"
import * as Calls from "./calls.ts"
import { faultsOf, WechatPayConfig } from "./config.ts"
import * as Notification from "./notification.ts"
import * as PlatformKeys from "./platformKeys.ts"
import * as Requests from "./requests.ts"
import * as Signing from "./signing.ts"

/**
 * WeChat Pay suggests 5 s, 30 s, 1, 3, 5, 10 and 30 min after a create without news, and for refunds every minute, from 5 min on
 * at growing intervals (vendors' reference §1c, §1e).
 */
const recommended = {
  pending: [5, 30, 60, 180, 300, 600, 1800],
  refund: [60, 60, 60, 60, 60, 120, 300, 600, 1800, 3600]
}

const whenever = (millis: number): Limit => ({ millis, untilMillis: Number.POSITIVE_INFINITY })

/** A bill's file: asked for where it is, opened with a signature of its own, and read as it comes. */
const billOf = (account: Accounts.Account, ask: Calls.Ask, open: Open, millis: number) => (bill: Bill) =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const about = { call: "bill", of: bill.day } as const
      const place = yield* ask(Requests.bill(bill), whenever(millis), about, Answers.billed)
      if (place === null && (yield* Clock.currentTimeMillis) < Bills.readyMillis(bill.day))
        return yield* new Throttled({ retryAfterMillis: null, detail: "The day's bill is not ready yet." })
      if (place === null) return Stream.empty
      const path = yield* Bills.pathOf(place, account.origin)
      const request = { method: "GET", path, body: null } as const
      const call = Signing.call(request, { ...account, prefix: "" }, yield* Signing.stamp)
      const file = yield* open(call, millis)
      return file.status === 200
        ? Bills.read(file.body, place, bill.of)
        : Stream.fail(new InDoubt({ detail: `The bill's file was answered with HTTP ${file.status}.` }))
    })
  )

type Calling = Pick<Vendor, "create" | "query" | "close" | "refund" | "queryRefund">

const calling = (account: Accounts.Account, ask: Calls.Ask, limits: WechatPayConfig["limits"]): Calling => ({
  create: (payment, prepared, untilMillis) =>
    Either.match(Requests.create(prepared), {
      onLeft: () => Effect.fail(new Unreachable({ detail: "The stored request cannot be read." })),
      onRight: (request) =>
        ask(
          request,
          { millis: limits.createMillis, untilMillis },
          { call: "create", of: payment.payOrderNo },
          (answer, now) => Answers.created(answer, payment, account, now)
        )
    }),
  query: (payment) =>
    ask(
      Requests.query(payment, account),
      whenever(limits.queryMillis),
      { call: "query", of: payment.payOrderNo },
      (answer) => Answers.queried(answer, payment, account)
    ),
  close: (payment) =>
    ask(
      Requests.close(payment, account),
      whenever(limits.closeMillis),
      { call: "close", of: payment.payOrderNo },
      (answer) => Answers.closed(answer, payment)
    ),
  refund: (payment, order, untilMillis) =>
    ask(
      Requests.refund(payment, order, account),
      { millis: limits.createMillis, untilMillis },
      { call: "refund", of: payment.payOrderNo },
      (answer) => Answers.refunded(answer, payment, order, "refund")
    ),
  queryRefund: (payment, order) =>
    ask(
      Requests.queryRefund(order),
      whenever(limits.queryMillis),
      { call: "queryRefund", of: payment.payOrderNo },
      (answer) => Answers.refunded(answer, payment, order, "queryRefund")
    )
})

/** WeChat Pay raises an expiry that is less than a minute away, or over, to a minute from when a create arrives (vendors' reference §1d). */
const raisedMillis = 60_000

/** WeChat Pay, API v3, as a direct merchant. */
export const kind: Kind<WechatPayConfig, typeof WechatPayConfig.Encoded> = {
  config: WechatPayConfig,
  faultsOf,
  notifyFaultsOf: (notifyUrl) => [
    ...(notifyUrl.startsWith("https://") ? [] : ["WeChat Pay notifies https addresses alone: give https."]),
    ...lengthFaults(notifyUrl, 255)
  ],
  accountOf: ({ baseUrl, mchid }) => JSON.stringify([new URL(baseUrl).href.replace(/\/+$/, ""), mchid]),
  make: (config, { send, open }) =>
    Effect.gen(function* () {
      const { limits } = config
      // The answer may have to wait for a key to be fetched.
      const createTimeLimitMillis = limits.createMillis * 2
      const account = yield* Accounts.make(config)
      const keys = yield* PlatformKeys.make(account, send, limits.queryMillis)
      const ask = Calls.make(account, keys, send)
      return {
        ...unable,
        ...calling(account, ask, limits),
        name: config.name,
        kind: config.kind,
        abilities: ["create", "query", "close", "refund", "queryRefund", "notification", "bill"],
        createTimeLimitMillis,
        settlingMillis: config.settlingMillis,
        ...followed(config, recommended),
        // A create that is intended before the expiry may leave as long after it as it has time.
        graceMillis: createTimeLimitMillis + raisedMillis,
        prepare: (payment, details) => Requests.prepare(payment, details, account),
        notification: (incoming) => Notification.read(incoming, account, keys),
        onward: Requests.onward,
        bill: billOf(account, ask, open, limits.queryMillis)
      }
    })
}
