import { VendorAnswers } from "@payment-proxy/ports"
import { Effect } from "effect"
import type { Tables } from "./Tables.ts"

/** `VendorAnswers` over the tables. */
export const make = (tables: Tables) =>
  VendorAnswers.of({
    note: (noted) => Effect.sync(() => void tables.answers.set(noted.payOrderNo, noted)),
    of: (payOrderNos) => Effect.sync(() => payOrderNos.flatMap((no) => tables.answers.get(no) ?? []))
  })
