import { Orders, type Placing } from "@payment-proxy/ports"
import { Effect } from "effect"
import { aChange, aPayment } from "../Samples.ts"

/** An order on disk in its first version, and the change that placed it. */
export const place = (payment = aPayment(), placing: Partial<Placing> = {}) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const sample = aChange(payment, 0)
    const change = { ...sample, placing: sample.placing === null ? null : { ...sample.placing, ...placing } }
    yield* orders.commit([change])
    return { orders, change, payment: change.payment, placing: change.placing }
  })
