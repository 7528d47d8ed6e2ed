import { Payment } from "@payment-proxy/domain"
import {
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
  Tallies,
  VendorAnswers
} from "@payment-proxy/ports"
import { Clock, Context, Effect, Layer } from "effect"
import type { Dump } from "./checker/Sources.ts"
import * as MemoryApps from "./memory/Apps.ts"
import type { Due } from "./memory/Due.ts"
import * as MemoryDueWork from "./memory/DueWork.ts"
import * as MemoryInbox from "./memory/Inbox.ts"
import * as MemoryInsight from "./memory/Insight.ts"
import * as Ledger from "./memory/Ledger.ts"
import * as MemoryOperators from "./memory/Operators.ts"
import * as MemoryOrders from "./memory/Orders.ts"
import * as MemoryProposals from "./memory/Proposals.ts"
import * as MemoryReconciliations from "./memory/Reconciliations.ts"
import * as MemoryRetention from "./memory/Retention.ts"
import * as MemorySharedTokens from "./memory/SharedTokens.ts"
import * as Tables from "./memory/Tables.ts"
import * as MemoryVendorAnswers from "./memory/VendorAnswers.ts"

/** All that the store holds, as the checker reads it. */
export class MemoryDump extends Context.Tag("@payment-proxy/testkit/MemoryDump")<MemoryDump, Effect.Effect<Dump>>() {}

const dueOf = ({ atMillis, token, leaseEndMillis }: Due) => ({
  dueMillis: atMillis,
  leaseMillis: token === null ? null : leaseEndMillis
})

const dumpOf = (tables: Tables.Tables): Effect.Effect<Dump> =>
  Effect.map(Clock.currentTimeMillis, (nowMillis) => {
    const keys = new Map([...tables.orderByKey].map(([key, payOrderNo]) => [payOrderNo, key]))
    return {
      nowMillis,
      orders: [...tables.orders.values()].map(({ placed: { payment }, due }) => ({
        ...dueOf(due),
        payOrderNo: payment.payOrderNo,
        merchantOrderNo: payment.merchantOrderNo,
        app: payment.app,
        idempotencyKey: (JSON.parse(keys.get(payment.payOrderNo) ?? "[]") as ReadonlyArray<string>)[1] ?? null,
        state: payment.state,
        version: payment.version,
        isInDoubt: Payment.inDoubt(payment),
        amountMinor: payment.amount.amountMinor,
        currency: payment.amount.currency,
        capturedMinor: payment.captured,
        refundedMinor: Payment.refunded(payment),
        transactionNo: payment.transactionNo
      })),
      refunds: [...tables.refunds.values()].map(({ placed: { refund }, app, due }) => ({
        ...dueOf(due),
        refundNo: refund.refundNo,
        payOrderNo: refund.payOrderNo,
        app,
        state: refund.state,
        version: refund.version,
        amountMinor: refund.amount.amountMinor
      })),
      history: [...tables.orders.values(), ...tables.refunds.values()].flatMap(({ history }) => history),
      inbox: [...tables.inbox.values()].map(({ kept, due }) => ({
        ...dueOf(due),
        number: kept.subject.no,
        sha256: kept.sha256
      })),
      deliveries: [...tables.deliveries.values()].flatMap(({ delivery, due }) =>
        delivery.endpoint === null || delivery.state === "kept"
          ? []
          : {
              ...dueOf(due),
              eventId: delivery.eventId,
              payOrderNo: delivery.payOrderNo,
              version: delivery.version,
              endpoint: delivery.endpoint,
              state: delivery.state,
              createdMillis: delivery.createdAtMillis
            }
      ),
      endpoints: [...tables.apps.values()].flatMap(({ id, endpoints }) =>
        endpoints.map((endpoint) => ({ app: id, endpoint: endpoint.id }))
      )
    }
  })

export { make as tables, type Tables } from "./memory/Tables.ts"

/** Every store port over these tables, for a test that looks into them; the clock is Effect's, so that `TestClock` drives it. */
export const over = (tables: Tables.Tables) => {
  const { dueWork, deliveries } = MemoryDueWork.make(tables)
  return Context.make(Orders, MemoryOrders.make(tables)).pipe(
    Context.add(DueWork, dueWork),
    Context.add(Deliveries, deliveries),
    Context.add(Inbox, MemoryInbox.make(tables)),
    Context.add(Apps, MemoryApps.make(tables)),
    Context.add(Proposals, MemoryProposals.make(tables)),
    Context.add(OperatorAccounts, MemoryOperators.accounts()),
    Context.add(OperatorSessions, MemoryOperators.sessions()),
    Context.add(Deeds, MemoryOperators.deeds()),
    Context.add(SavedFilters, MemoryOperators.filters()),
    Context.add(Reconciliations, MemoryReconciliations.make(tables)),
    Context.add(Retention, MemoryRetention.make(tables)),
    Context.add(SharedTokens, MemorySharedTokens.make(tables)),
    Context.add(Histories, Ledger.histories(tables)),
    Context.add(Sealings, Ledger.sealings(tables)),
    Context.add(DataKeys, Ledger.dataKeys(tables)),
    Context.add(Insight, MemoryInsight.insight(tables)),
    Context.add(Tallies, MemoryInsight.tallies()),
    Context.add(VendorAnswers, MemoryVendorAnswers.make(tables)),
    Context.add(MemoryDump, dumpOf(tables))
  )
}

/** Every store port over one state in memory. */
export const make = Effect.sync(() => over(Tables.make()))

/** A fresh, empty store for each build of the layer. */
export const layer: Layer.Layer<
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
  | MemoryDump
> = Layer.effectContext(make)
