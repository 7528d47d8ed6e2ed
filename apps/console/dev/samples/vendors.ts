import type { Answer } from "../../src/Admin.ts"
import { fault, type Handlers } from "./Fake.ts"
import { scenario } from "./scenario.ts"
import { ago } from "./who.ts"

type Vendor = Answer<"vendors.list">[number]

const busy = (): ReadonlyArray<Vendor> => [
  {
    name: "alipay",
    kind: "alipay",
    can: ["create", "query", "close", "refund", "queryRefund", "notification", "bill"],
    health: "down",
    calls: 3391,
    errors: 2070,
    p50Millis: 1090,
    p99Millis: 8020,
    lastAnswerAt: ago(41),
    circuit: "open",
    token: null
  },
  {
    name: "mpgs-hk",
    kind: "mpgs",
    can: ["create", "query", "close", "capture", "refund", "queryRefund"],
    health: "degraded",
    calls: 489,
    errors: 24,
    p50Millis: 641,
    p99Millis: 4180,
    lastAnswerAt: ago(2),
    circuit: "half-open",
    token: null
  },
  {
    name: "paypal-eu-for-the-subsidiary-in-the-netherlands",
    kind: "paypal",
    can: ["create", "query", "capture", "complete", "refund", "queryRefund", "notification", "bill"],
    health: "ok",
    calls: 271,
    errors: 1,
    p50Millis: 932,
    p99Millis: 2700,
    lastAnswerAt: ago(1),
    circuit: null,
    token: { ageSeconds: 3 * 3600 + 700, leftSeconds: 5 * 3600 + 2000 }
  },
  {
    name: "sandbox",
    kind: "sandbox",
    can: ["create", "query", "news"],
    health: "unknown",
    calls: 0,
    errors: 0,
    p50Millis: null,
    p99Millis: null,
    lastAnswerAt: null,
    circuit: "closed",
    token: null
  },
  {
    name: "wechatpay",
    kind: "wechatpay",
    can: ["create", "query", "close", "refund", "queryRefund", "notification", "bill"],
    health: "ok",
    calls: 4902,
    errors: 9,
    p50Millis: 88,
    p99Millis: 312,
    lastAnswerAt: ago(0),
    circuit: "closed",
    token: { ageSeconds: 900, leftSeconds: null }
  }
]

const list = (): ReadonlyArray<Vendor> => {
  const { of } = scenario()
  if (of === "empty") return []
  if (of === "busy") return busy()
  return busy().map((one) => ({ ...one, health: one.calls === 0 ? "unknown" : "ok", errors: 0, circuit: "closed" }))
}

/** The platforms behind the proxy. */
export const vendors: Handlers = {
  "vendors.list": list,
  "vendors.test": async ({ path }) => {
    await new Promise((resolve) => setTimeout(resolve, 600))
    const vendor = list().find(({ name }) => name === path.vendor)
    if (vendor === undefined) return fault("VENDOR_UNKNOWN", "No vendor of this name is configured.")
    return vendor.health === "down"
      ? {
          isReached: false,
          outcome: "not-sent",
          millis: 8004,
          detail: "Nothing was sent: connect ETIMEDOUT. Look at the way out to it."
        }
      : {
          isReached: true,
          outcome: "knows-us",
          millis: 94,
          detail: "It answered that it has no such order: it is reached, and knows us."
        }
  }
}
