import { Inbox } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option } from "effect"
import * as Due from "./Due.ts"
import type { Tables } from "./Tables.ts"
import { keyOf } from "./Tables.ts"

/** `Inbox` over the tables: what is kept is due at once. */
export const make = (tables: Tables) =>
  Inbox.of({
    keep: (notification) =>
      Effect.map(Clock.currentTimeMillis, (receivedAtMillis) => {
        const { vendor, subject, sha256 } = notification
        const key = keyOf(vendor, subject.by, subject.no, sha256)
        if (tables.inboxByKey.has(key)) return "known"
        const id = `ntf_${tables.inbox.size + 1}`
        tables.inboxByKey.set(key, id)
        tables.inbox.set(id, {
          kept: { ...notification, id, receivedAtMillis },
          due: Due.make(receivedAtMillis, Duration.zero),
          note: null
        })
        return "kept"
      }),
    byId: (id) => Effect.sync(() => Option.fromNullable(tables.inbox.get(id)?.kept))
  })
