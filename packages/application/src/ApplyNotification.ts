import type { Claimed } from "@payment-proxy/ports"
import { crashPoint, DueWork, Inbox } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option } from "effect"
import { Policies, waitAfter } from "./Policy.ts"
import { orderOf } from "./Subjects.ts"
import { takeIn } from "./TakeIn.ts"

/** A claimed notification: its evidence is taken in, or a query made due where it proves nothing; unknown orders are tried for a day. */
export const applyNotification = Effect.fnUntraced(function* (claimed: Claimed) {
  const inbox = yield* Inbox
  const due = yield* DueWork
  const policy = yield* Policies
  yield* crashPoint("K15")
  const found = yield* inbox.byId(claimed.id)
  if (Option.isNone(found)) return yield* due.done(claimed, "There is no such notification.")
  const kept = found.value
  const order = yield* orderOf(kept.vendor, kept.subject)
  if (Option.isNone(order)) {
    const ageMillis = (yield* Clock.currentTimeMillis) - kept.receivedAtMillis
    if (ageMillis < Duration.toMillis(policy.inboxPatience))
      return yield* due.postpone(claimed, waitAfter(policy.confirmInDoubt, claimed.tries), "No such order yet.")
    yield* Effect.logWarning("alarm NOTIFICATION_WITHOUT_ORDER").pipe(
      Effect.annotateLogs({ vendor: kept.vendor, number: kept.subject.no })
    )
    return yield* due.done(claimed, "No such order.")
  }
  const { payOrderNo } = order.value
  yield* kept.evidence === null ? due.hasten(payOrderNo) : takeIn(payOrderNo, kept.evidence)
  return yield* due.done(claimed, null)
})
