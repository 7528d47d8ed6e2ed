import { randomBytes } from "node:crypto"
import { Inbox as Rows } from "@payment-proxy/order-table"
import type { Notification } from "@payment-proxy/ports"
import { crashPoint, Inbox } from "@payment-proxy/ports"
import { Clock, Effect, Layer } from "effect"
import * as Connections from "./Connections.ts"
import { Database, now } from "./Database.ts"
import * as GroupRead from "./GroupRead.ts"

/** An id of a notification: its time comes first, so that old ones lie together. */
const idOf = (millis: number): string => `${least(millis)}${randomBytes(10).toString("hex")}`

/** What no id of this time or later is less than, and every earlier one is. */
export const least = (millis: number): string => `ntf_${Math.max(millis, 0).toString(16).padStart(12, "0")}`

export const make = Effect.gen(function* () {
  const { sql, transaction } = yield* Database
  return Inbox.of({
    keep: Effect.fnUntraced(
      function* (notification: Notification) {
        const clock = sql.literal(yield* now)
        const row = Rows.toRow(idOf(yield* Clock.currentTimeMillis), notification)
        const names = sql.literal([...Object.keys(row), "received_millis", "due_millis"].join(", "))
        yield* sql`INSERT INTO payment_proxy_inbox (${names}) VALUES (${row.id}, ${row.vendor}, ${row.subject_by},
          ${row.subject_no}, ${row.sha256}, ${row.body}, ${row.evidence}, ${clock}, ${clock})`
        yield* crashPoint("K13")
        return "kept" as const
      },
      (kept) =>
        Effect.catchIf(
          kept,
          (error) => Connections.codeOf(error) === 1062,
          () => Effect.succeed("known" as const)
        ),
      transaction
    ),
    byId: yield* GroupRead.notification(sql)
  })
})

/** Verified notifications in MySQL or MariaDB. */
export const layer = Layer.scoped(Inbox, make)
