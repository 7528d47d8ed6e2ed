import type {
  Apps,
  Deliveries,
  DueWork,
  Inbox,
  Orders,
  Reconciliations,
  Retention,
  SharedTokens,
  StoreUnavailable
} from "@payment-proxy/ports"
import { Layer } from "effect"
import * as AppsStore from "./Apps.ts"
import * as Database from "./Database.ts"
import * as DueWorkStore from "./DueWork.ts"
import * as InboxStore from "./Inbox.ts"
import * as OrdersStore from "./Orders.ts"
import * as ReconciliationsStore from "./Reconciliations.ts"
import * as RetentionStore from "./Retention.ts"
import * as SharedTokensStore from "./SharedTokens.ts"

/** Every store port on one database file, made and migrated where it is new. */
export const layer = (options: {
  readonly filename: string
}): Layer.Layer<
  Orders | DueWork | Deliveries | Inbox | Apps | Reconciliations | Retention | SharedTokens,
  StoreUnavailable
> =>
  Layer.mergeAll(
    OrdersStore.layer,
    DueWorkStore.layer,
    InboxStore.layer,
    AppsStore.layer,
    ReconciliationsStore.layer,
    RetentionStore.layer,
    SharedTokensStore.layer
  ).pipe(Layer.provide(Database.layer(options.filename)))
