import { Apps, Deliveries, DueWork, Inbox, Orders } from "@payment-proxy/ports"
import { Context, Effect, Layer } from "effect"
import * as MemoryApps from "./memory/Apps.ts"
import * as MemoryDueWork from "./memory/DueWork.ts"
import * as MemoryInbox from "./memory/Inbox.ts"
import * as MemoryOrders from "./memory/Orders.ts"
import * as Tables from "./memory/Tables.ts"

/** Every store port over one state in memory; the clock is Effect's, so that `TestClock` drives it. */
export const make = Effect.sync(() => {
  const tables = Tables.make()
  const { dueWork, deliveries } = MemoryDueWork.make(tables)
  return Context.make(Orders, MemoryOrders.make(tables)).pipe(
    Context.add(DueWork, dueWork),
    Context.add(Deliveries, deliveries),
    Context.add(Inbox, MemoryInbox.make(tables)),
    Context.add(Apps, MemoryApps.make(tables))
  )
})

/** A fresh, empty store for each build of the layer. */
export const layer: Layer.Layer<Orders | DueWork | Deliveries | Inbox | Apps> = Layer.effectContext(make)
