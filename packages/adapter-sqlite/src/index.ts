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
import { Layer } from "effect"
import * as AppsStore from "./Apps.ts"
import * as Database from "./Database.ts"
import * as DataKeysStore from "./DataKeys.ts"
import * as DueWorkStore from "./DueWork.ts"
import * as HistoriesStore from "./Histories.ts"
import * as InboxStore from "./Inbox.ts"
import * as InsightStore from "./Insight.ts"
import * as OperatorsStore from "./Operators.ts"
import * as OrdersStore from "./Orders.ts"
import * as ProposalsStore from "./Proposals.ts"
import * as ReconciliationsStore from "./Reconciliations.ts"
import * as RetentionStore from "./Retention.ts"
import * as SealingsStore from "./Sealings.ts"
import * as SharedTokensStore from "./SharedTokens.ts"
import * as TalliesStore from "./Tallies.ts"
import * as VendorAnswersStore from "./VendorAnswers.ts"

type Stores =
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
  | Tallies

/** Every store port on one database file, made and migrated where it is new. */
export const layer = (options: { readonly filename: string }): Layer.Layer<Stores, StoreUnavailable> =>
  Layer.mergeAll(
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
  ).pipe(Layer.provide(Database.layer(options.filename)))
