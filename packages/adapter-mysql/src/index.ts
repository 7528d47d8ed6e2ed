import type { Apps, Deliveries, DueWork, Inbox, Orders, Retention, StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import * as AppsStore from "./Apps.ts"
import type { Options } from "./Connections.ts"
import * as Database from "./Database.ts"
import * as DueWorkStore from "./DueWork.ts"
import * as InboxStore from "./Inbox.ts"
import { migrate } from "./Migrations.ts"
import * as OrdersStore from "./Orders.ts"
import * as RetentionStore from "./Retention.ts"

export { DatabaseUnfit, Now } from "./Database.ts"

const migrated = Layer.effectDiscard(
  Effect.flatMap(Database.Database, (database) =>
    migrate(database).pipe(
      Effect.catchIf((error) => !(error instanceof Database.DatabaseUnfit), Effect.die),
      Database.typed
    )
  )
)

/** Every store port on one database, its schema brought up to date first. */
export const layer = (
  options: Pick<Options, "url"> & Partial<Options>
): Layer.Layer<Orders | DueWork | Deliveries | Inbox | Apps | Retention, StoreUnavailable | Database.DatabaseUnfit> => {
  const all = { maxConnections: 10, acquireMillis: 1000, statementMillis: 5000, settleMillis: 20_000, ...options }
  const stores = Layer.mergeAll(
    OrdersStore.layer,
    DueWorkStore.layer,
    InboxStore.layer,
    AppsStore.layer,
    RetentionStore.layer
  )
  return stores.pipe(Layer.provide(migrated), Layer.provide(Database.layer(all)))
}
