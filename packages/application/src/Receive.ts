import { Payment } from "@payment-proxy/domain"
import type { Incoming, Verified } from "@payment-proxy/ports"
import { crashPoint, Inbox, NotVerified, Vendors } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { askSoon } from "./AskSoon.ts"
import { Changes } from "./Changes.ts"
import { orderOf } from "./Subjects.ts"

/**
 * Refuses what states another amount than its order has: whatever it is, it is not taken, and the vendor is asked at once, whose
 * direct answer decides.
 */
const checked = Effect.fnUntraced(function* (vendor: string, { subject, evidence, refusal }: Verified) {
  const stated = evidence?.amount ?? null
  if (stated === null) return
  const order = yield* orderOf(vendor, subject)
  if (Option.isNone(order) || Payment.isAmountOf(order.value, stated)) return
  yield* Effect.logWarning("alarm NOTIFICATION_AMOUNT", { vendor, payOrderNo: order.value.payOrderNo })
  yield* askSoon(order.value)
  const detail = "It states another amount or currency than the order has."
  return yield* new NotVerified({ reason: "AMOUNT", detail, reply: refusal })
})

/**
 * Receives a vendor's notification: verified first, on disk before it is answered "received" (design §6, promise 5).
 * Answers in the vendor's own form; one that is not verified fails and leaves no trace but a count.
 * `sha256`: hex, of the bytes as received.
 */
export const receive = Effect.fnUntraced(function* (vendor: string, incoming: Incoming, sha256: string) {
  const vendors = yield* Vendors
  const inbox = yield* Inbox
  const changes = yield* Changes
  yield* crashPoint("K12")
  const verified = yield* vendors.notification(vendor, incoming)
  yield* checked(vendor, verified)
  const { subject, evidence, reply } = verified
  const body = new TextDecoder().decode(incoming.body)
  const kept = yield* inbox.keep({ vendor, subject, body, sha256, evidence })
  yield* crashPoint("K14")
  if (kept === "kept") yield* changes.nudge("inbox")
  return reply
})
