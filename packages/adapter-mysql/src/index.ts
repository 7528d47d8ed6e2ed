import type {
  Apps,
  DataKeys,
  Deeds,
  Deliveries,
  DueWork,
  Histories,
  Inbox,
  Insight,
  OperatorAccounts,
  OperatorSessions,
  Orders,
  Proposals,
  Reconciliations,
  Retention,
  SavedFilters,
  Sealings,
  SharedTokens,
  StoreUnavailable,
  Tallies
} from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import * as AppsStore from "./Apps.ts"
import type { Options } from "./Connections.ts"
import * as Database from "./Database.ts"
import * as DatabaseClock from "./DatabaseClock.ts"
import * as DataKeysStore from "./DataKeys.ts"
import * as DueWorkStore from "./DueWork.ts"
import * as HistoriesStore from "./Histories.ts"
import * as InboxStore from "./Inbox.ts"
import * as InsightStore from "./Insight.ts"
import { migrate } from "./Migrations.ts"
import * as OperatorsStore from "./Operators.ts"
import * as OrdersStore from "./Orders.ts"
import * as ProposalsStore from "./Proposals.ts"
import * as ReconciliationsStore from "./Reconciliations.ts"
import * as RetentionStore from "./Retention.ts"
import * as SealingsStore from "./Sealings.ts"
import * as SharedTokensStore from "./SharedTokens.ts"
import * as TalliesStore from "./Tallies.ts"
import * as VendorAnswersStore from "./VendorAnswers.ts"

export { DatabaseUnfit, Now } from "./Database.ts"

const migrated = Layer.effectDiscard(
  Effect.flatMap(Database.Database, (database) =>
    migrate(database).pipe(
      Effect.catchIf((error) => !(error instanceof Database.DatabaseUnfit), Effect.die),
      Database.typed
    )
  )
)

/** A database at an address: its stores, and its clock; built together, they share its connections. */
export interface At {
  /** Every store port, the schema brought up to date first. */
  readonly stores: Layer.Layer<
    | Orders
    | DueWork
    | Deliveries
    | Inbox
    | Apps
    | Proposals
    | OperatorAccounts
    | OperatorSessions
    | Deeds
    | SavedFilters
    | Reconciliations
    | Retention
    | SharedTokens
    | Histories
    | Sealings
    | DataKeys
    | Insight
    | Tallies,
    StoreUnavailable | Database.DatabaseUnfit
  >
  /** The database's clock as the clock of all that is built on this layer (docs/adr/0013). */
  readonly clock: Layer.Layer<never, StoreUnavailable | Database.DatabaseUnfit>
}

/** The database at `url`; nothing is done before a layer is built. */
export const at = (options: Pick<Options, "url"> & Partial<Options>): At => {
  const all = {
    maxConnections: 10,
    acquireMillis: 1000,
    statementMillis: 5000,
    settleMillis: 20_000,
    startSeconds: 60,
    ...options
  }
  const database = Database.layer(all)
  const stores = Layer.mergeAll(
    OrdersStore.layer,
    DueWorkStore.layer,
    InboxStore.layer,
    AppsStore.layer,
    ProposalsStore.layer,
    OperatorsStore.layer,
    ReconciliationsStore.layer,
    RetentionStore.layer,
    SharedTokensStore.layer,
    HistoriesStore.layer,
    SealingsStore.layer,
    DataKeysStore.layer,
    InsightStore.layer,
    TalliesStore.layer,
    VendorAnswersStore.layer
  )
  return {
    stores: stores.pipe(Layer.provide(migrated), Layer.provide(database)),
    clock: Layer.provide(DatabaseClock.layer, database)
  }
}

/** The stores alone of `at`. */
export const layer = (options: Parameters<typeof at>[0]): At["stores"] => at(options).stores
