import type { Answer } from "../../src/Admin.ts"
import { type Handlers, Stream } from "./Fake.ts"
import { openCount } from "./proposals.ts"
import { scenario } from "./scenario.ts"

type Overview = Answer<"overview.now">
type Minute = Overview["vendors"][number]["minutes"][number]
type Nature = {
  readonly vendor: string
  readonly kind: string
  readonly perMinute: number
  readonly successRate: number
  readonly errorRate: number
  readonly p50Millis: number
  /** A minute of the hour in which it is down for six. */
  readonly downAt: number | null
}

const natures: ReadonlyArray<Nature> = [
  {
    vendor: "wechatpay",
    kind: "wechatpay",
    perMinute: 412,
    successRate: 0.94,
    errorRate: 0.002,
    p50Millis: 88,
    downAt: null
  },
  { vendor: "alipay", kind: "alipay", perMinute: 287, successRate: 0.92, errorRate: 0.004, p50Millis: 121, downAt: 38 },
  { vendor: "mpgs-hk", kind: "mpgs", perMinute: 41, successRate: 0.81, errorRate: 0.011, p50Millis: 640, downAt: null },
  {
    vendor: "paypal-eu",
    kind: "paypal",
    perMinute: 23,
    successRate: 0.87,
    errorRate: 0.02,
    p50Millis: 930,
    downAt: null
  }
]

/** The same noise for the same minute: between 0 and 1. */
const noise = (minute: number, salt: number): number => {
  const value = Math.sin(minute * 12.9898 + salt * 78.233) * 43_758.5453
  return value - Math.floor(value)
}

const minuteOf = (nature: Nature, salt: number, minute: number, share: number, back: number): Minute => {
  const at = new Date(minute * 60_000).toISOString()
  const { of } = scenario()
  if (of === "first" && back === 0 && salt < 2)
    return {
      at,
      placed: 2,
      succeeded: 0,
      failed: 0,
      calls: 3,
      errors: 0,
      p50Millis: 92 + salt * 70,
      p99Millis: 160 + salt * 90
    }
  if (of === "empty" || of === "first")
    return { at, placed: 0, succeeded: 0, failed: 0, calls: 0, errors: 0, p50Millis: null, p99Millis: null }
  const isDown =
    scenario().of === "busy" && nature.downAt !== null && back > 60 - nature.downAt - 6 && back <= 60 - nature.downAt
  const wave = 0.75 + 0.25 * Math.sin(minute / 9 + salt) + 0.18 * (noise(minute, salt) - 0.5)
  const placed = Math.round(nature.perMinute * wave * share)
  const rate = isDown ? 0.21 : nature.successRate + 0.05 * (noise(minute, salt + 7) - 0.5)
  const succeeded = Math.round(placed * rate)
  const calls = Math.round(placed * 2.4)
  const errors = Math.round(calls * (isDown ? 0.62 : nature.errorRate * 2 * noise(minute, salt + 3)))
  const p50Millis =
    calls === 0 ? null : Math.round(nature.p50Millis * (isDown ? 9 : 0.85 + 0.3 * noise(minute, salt + 5)))
  return {
    at,
    placed,
    succeeded,
    failed: Math.round((placed - succeeded) * 0.6),
    calls,
    errors,
    p50Millis,
    p99Millis: p50Millis === null ? null : Math.round(p50Millis * (3.2 + 2 * noise(minute, salt + 11)))
  }
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()

const inDoubt = () => [
  {
    payOrderNo: "01K9ZP4T7M0035QH8WZC4N2RVX6JD",
    vendor: "alipay",
    app: "shop",
    status: "SUBMITTING",
    since: ago(1460),
    reason: "create: the answer did not come in time (ETIMEDOUT after 8 s)"
  },
  {
    payOrderNo: "01K9ZPC2YX0035QH8WZC4N2RVX7KE",
    vendor: "alipay",
    app: "保险商城",
    status: "SUBMITTING",
    since: ago(1322),
    reason: "create: 502 Bad Gateway"
  },
  {
    payOrderNo: "01K9ZQ77DN00A7T1M3BXE9H5PGQ2SR",
    vendor: "paypal-eu",
    app: "shop",
    status: "CLOSING",
    since: ago(610),
    reason: null
  },
  {
    payOrderNo: "01K9ZQCM4E00A7T1M3BXE9H5PGR4TWR1",
    vendor: "mpgs-hk",
    app: "ticketing-for-the-whole-of-the-asia-pacific-region",
    status: "SUBMITTING",
    since: ago(95),
    reason: "refund: connection reset by peer"
  }
]

const held = () => [
  {
    payOrderNo: "01K9V2H1Q800C4WN7RXA2D6ZEM5BTY",
    vendor: "wechatpay",
    app: "shop",
    status: "HELD",
    since: ago(4 * 86_400 + 3000),
    reason: "The vendor says 188.00 CNY were paid; the order is over 199.00 CNY"
  },
  {
    payOrderNo: "01K9XW90J700C4WN7RXA2D6ZEM8CVZ",
    vendor: "mpgs-hk",
    app: "ticketing",
    status: "HELD",
    since: ago(86_400 + 7000),
    reason: "<script>alert('held')</script> two captures under one number"
  },
  {
    payOrderNo: "01K9ZG3KTP00C4WN7RXA2D6ZEMAE10",
    vendor: "alipay",
    app: "保险商城",
    status: "HELD",
    since: ago(9200),
    reason: "渠道先称已支付，后称交易不存在"
  }
]

/** How the whole stands, by the clock. */
export const overview = (): Overview => {
  const nowMillis = Date.now()
  const minute = Math.floor(nowMillis / 60_000)
  const share = (nowMillis % 60_000) / 60_000
  const { of } = scenario()
  const isBusy = of === "busy"
  return {
    at: new Date(nowMillis).toISOString(),
    vendors: natures.map((nature, salt) => ({
      vendor: nature.vendor,
      kind: nature.kind,
      minutes: Array.from({ length: 60 }, (_, at) =>
        minuteOf(nature, salt, minute - 59 + at, at === 59 ? share : 1, 59 - at)
      )
    })),
    inDoubt: isBusy ? { count: 37, oldest: inDoubt() } : { count: 0, oldest: [] },
    held: isBusy ? { count: 3, oldest: held() } : { count: 0, oldest: [] },
    proposals: isBusy ? openCount() : 0,
    queues: [
      { queue: "orders", waiting: isBusy ? 412 : 0, oldestSeconds: isBusy ? 4.2 : 0 },
      { queue: "deliveries", waiting: isBusy ? 1893 : 0, oldestSeconds: isBusy ? 184 : 0 },
      { queue: "inbox", waiting: isBusy ? 3 : 0, oldestSeconds: isBusy ? 0.4 : 0 },
      { queue: "reconcile", waiting: 0, oldestSeconds: 0 }
    ],
    deliveriesBehind: isBusy
      ? [
          {
            app: "shop",
            endpoint: "we_01K9A7T1M3BXE9H5PG",
            waiting: 1804,
            oldestSeconds: 184,
            nextAt: new Date(nowMillis + 42_000).toISOString(),
            lastFailure: {
              at: new Date(nowMillis - 21_000).toISOString(),
              status: 403,
              said: "HTTP 403: the endpoint did not take it. <html><head><title>403 Forbidden</title></head><body bgcolor=white>"
            },
            stopped: null
          },
          {
            app: "保险商城",
            endpoint: "we_01K9B2D6ZEM5BTYQ80",
            waiting: 89,
            oldestSeconds: 7260,
            nextAt: new Date(nowMillis - 60_000).toISOString(),
            lastFailure: null,
            stopped: "410 Gone"
          }
        ]
      : []
  }
}

/** How the whole stands, and its stream. */
export const now: Handlers = {
  "overview.now": overview,
  "overview.live": () =>
    new Stream((send) => {
      send("overview", overview())
      const timer = setInterval(() => send("overview", overview()), 2000)
      return () => clearInterval(timer)
    })
}
