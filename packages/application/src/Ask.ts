import type { Payment } from "@payment-proxy/domain"
import { crashPoint, Vendors } from "@payment-proxy/ports"
import { Effect } from "effect"
import { hearing } from "./Hearing.ts"
import { heard } from "./TakeIn.ts"

/** Asks the vendor what became of an order, and takes in what it says; silence leaves the order as it is. */
export const ask = (payment: Payment.Payment) =>
  Effect.flatMap(Vendors, (vendors) => heard(payment, Effect.zipLeft(vendors.query(payment), crashPoint("K17")))).pipe(
    hearing("query")
  )
