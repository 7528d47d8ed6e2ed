import { Retention } from "@payment-proxy/ports"
import { Clock, Duration, Effect } from "effect"
import type { Tables } from "./Tables.ts"

/** A history is where its order is, in memory: only how many entries are old and not yet counted as moved is known. */
export const make = (tables: Tables): Retention["Type"] => {
  const moved = new Set<string>()
  return Retention.of({
    moveOut: (shelf, age, limit) =>
      Effect.map(Clock.currentTimeMillis, (nowMillis) => {
        const until = nowMillis - Duration.toMillis(age)
        switch (shelf) {
          case "history": {
            const old = [...tables.orders.values(), ...tables.refunds.values()]
              .filter(({ due }) => due.atMillis === null)
              .flatMap(({ history }) => history)
              .filter(
                ({ atMillis, payOrderNo, version }) => atMillis <= until && !moved.has(`${payOrderNo} ${version}`)
              )
              .slice(0, limit)
            for (const { payOrderNo, version } of old) moved.add(`${payOrderNo} ${version}`)
            return old.length
          }
          case "deliveries": {
            const old = [...tables.deliveries.values()]
              .filter(({ delivery, due }) => delivery.createdAtMillis <= until && due.atMillis === null)
              .slice(0, limit)
            for (const { delivery } of old) tables.deliveries.delete(delivery.id)
            return old.length
          }
          case "inbox": {
            const old = [...tables.inbox.values()]
              .filter(({ kept, due }) => kept.receivedAtMillis <= until && due.atMillis === null)
              .slice(0, limit)
            for (const { kept } of old) tables.inbox.delete(kept.id)
            return old.length
          }
        }
      })
  })
}
