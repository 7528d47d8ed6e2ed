import { Redaction } from "@payment-proxy/domain"
import type { Claimed } from "@payment-proxy/ports"
import { crashPoint, DueWork, Inbox } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option } from "effect"
import { askSoon } from "./AskSoon.ts"
import { hearing } from "./Hearing.ts"
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
      return yield* due.postpone(claimed, waitAfter(policy.inbox, claimed.tries), "No such order yet.")
    yield* Effect.logWarning("alarm NOTIFICATION_WITHOUT_ORDER").pipe(
      Effect.annotateLogs({ vendor: kept.vendor, number: kept.subject.no })
    )
    return yield* due.done(claimed, "No such order.")
  }
  if (kept.evidence !== null)
    yield* takeIn(order.value.payOrderNo, kept.evidence).pipe(
      hearing("notification", { status: null, millis: null, raw: Redaction.redacted(kept.body) })
    )
  // News that proves nothing is not dropped: it waits for its turn.
  else if (!(yield* askSoon(order.value)))
    return yield* due.postpone(claimed, waitAfter(policy.inbox, claimed.tries + 2), "It waits for its turn.")
  return yield* due.done(claimed, null)
})
