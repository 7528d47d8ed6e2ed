import type { Evidence } from "@payment-proxy/domain"
import { Money, OrderNo, Payment, RefundMachine } from "@payment-proxy/domain"
import type { App, AppKey, Change, Endpoint, NewDelivery, Notification } from "@payment-proxy/ports"
import { unlimited } from "@payment-proxy/ports"
import { Duration } from "effect"

let serial = 0

/** 2026-01-01T00:00:00Z, the time that samples are made at unless told otherwise, in milliseconds since the epoch. */
export const epochMillis = 1_767_225_600_000

const minuteMillis = 60_000

/** A word that nobody else has, in any process: `app_…`, `key_…`; without a dot. */
export const fresh = (prefix: string): string => `${prefix}_${freshNo()}`

/** An order number that nobody else has; each is above those made before it by this process. */
export const freshNo = (): OrderNo.OrderNo => {
  serial += 1
  return OrderNo.make({
    nowMillis: epochMillis + serial,
    shard: 0,
    random: crypto.getRandomValues(new Uint8Array(10))
  })
}

/** A payment of 12.34 CNY, CREATED and not yet on disk, under a fresh number; `overrides` say what else it is. */
export const aPayment = (overrides: Partial<Payment.Payment> = {}): Payment.Payment => {
  const createdAtMillis = overrides.createdAtMillis ?? epochMillis
  const expiresAtMillis = overrides.expiresAtMillis ?? createdAtMillis + 15 * minuteMillis
  return {
    ...Payment.make({
      payOrderNo: overrides.payOrderNo ?? freshNo(),
      app: "app_demo",
      vendor: "fake",
      businessNo: null,
      amount: Money.make(1234n, "CNY"),
      method: "ALIPAY",
      source: "WEB",
      capture: "automatic",
      metadata: {},
      createdAtMillis,
      expiresAtMillis,
      deadlineMillis: expiresAtMillis + 5 * minuteMillis
    }),
    ...overrides
  }
}

/**
 * The change that makes `payment` the version after `expected`, due in a minute and without deliveries; with
 * `expected` 0 it is placed under a fresh idempotency key.
 */
export const aChange = (payment: Payment.Payment, expected: number, overrides: Partial<Change> = {}): Change => {
  const version = expected + 1
  return {
    expected,
    payment: { ...payment, version },
    refund: null,
    entry: {
      payOrderNo: payment.payOrderNo,
      version,
      state: payment.state,
      cause: expected === 0 ? "submit" : "query:open",
      detail: null,
      atMillis: payment.createdAtMillis + version,
      answer: null,
      hash: null
    },
    placing:
      expected === 0
        ? { idempotencyKey: fresh("key"), fingerprint: fresh("fingerprint"), sealedRequest: fresh("sealed") }
        : null,
    dueIn: Duration.minutes(1),
    putsOff: false,
    owesQuery: false,
    askedBy: null,
    deliveries: [],
    ...overrides
  }
}

/** A refund of a part of `payment`, SUBMITTING and not yet on disk; `count` is its place among the payment's refunds, from 1. */
export const aRefund = (
  payment: Payment.Payment,
  count: number,
  overrides: Partial<RefundMachine.Refund> = {}
): RefundMachine.Refund => ({
  ...RefundMachine.make({
    refundNo: OrderNo.refundNo(payment.payOrderNo, count),
    payOrderNo: payment.payOrderNo,
    amount: Money.make(100n, payment.amount.currency),
    reason: "A sample",
    createdAtMillis: payment.createdAtMillis + count,
    deadlineMillis: payment.createdAtMillis + 5 * minuteMillis
  }),
  state: "SUBMITTING",
  ...overrides
})

/** The change that makes `refund` of `payment` the version after `expected`; with `expected` 0 it is placed under a fresh key. */
export const aRefundChange = (
  payment: Payment.Payment,
  refund: RefundMachine.Refund,
  expected: number,
  overrides: Partial<Change> = {}
): Change => {
  const sample = aChange(payment, expected)
  const moved = { ...refund, version: expected + 1 }
  return {
    ...sample,
    payment,
    refund: moved,
    entry: { ...sample.entry, payOrderNo: refund.refundNo, state: refund.state, atMillis: refund.createdAtMillis },
    placing: sample.placing === null ? null : { ...sample.placing, sealedRequest: null },
    ...overrides
  }
}

/** One new event for `endpoint`; for null it is only kept. */
export const aDelivery = (endpoint: string | null, overrides: Partial<NewDelivery> = {}): NewDelivery => ({
  eventId: fresh("evt"),
  endpoint,
  type: "order.pending",
  body: '{"type":"order.pending"}',
  ...overrides
})

/** A verified notification that `evidence` was said of the order. */
export const aNotification = (
  payOrderNo: string,
  evidence: Evidence.Evidence | null = null,
  overrides: Partial<Notification> = {}
): Notification => ({
  vendor: "fake",
  subject: { by: "payOrderNo", no: payOrderNo },
  body: JSON.stringify({ payOrderNo }),
  sha256: "0".repeat(64),
  evidence,
  ...overrides
})

/** An endpoint that wants all events. */
export const anEndpoint = (overrides: Partial<Endpoint> = {}): Endpoint => ({
  id: fresh("end"),
  url: "https://shop.example/hooks",
  sealedSecrets: [fresh("sealed")],
  events: null,
  stopped: null,
  ...overrides
})

/** An app with one endpoint. */
export const anApp = (overrides: Partial<App> = {}): App => ({
  id: fresh("app"),
  name: "Demo shop",
  endpoints: [anEndpoint()],
  limits: unlimited,
  isDisabled: false,
  ...overrides
})

/** A key of `app`. */
export const anAppKey = (app: string, overrides: Partial<AppKey> = {}): AppKey => ({
  keyId: fresh("key"),
  app,
  secretSha256: "ab".repeat(32),
  createdAtMillis: 0,
  revokedAtMillis: null,
  ...overrides
})
