import type { Incoming } from "@payment-proxy/ports"
import { crashPoint, Inbox, Vendors } from "@payment-proxy/ports"
import { Effect } from "effect"
import { Changes } from "./Changes.ts"

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
  const { subject, evidence, reply } = yield* vendors.notification(vendor, incoming)
  const body = new TextDecoder().decode(incoming.body)
  const kept = yield* inbox.keep({ vendor, subject, body, sha256, evidence })
  yield* crashPoint("K14")
  if (kept === "kept") yield* changes.nudge("inbox")
  return reply
})
