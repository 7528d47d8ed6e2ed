import type { Counterparts } from "@payment-proxy/ports"
import { Effect, Either } from "effect"
import * as Orders from "./Orders.ts"
import * as Refunds from "./Refunds.ts"

/** The columns that payments and refunds are both made of. */
export const columns = [...Orders.columns, "parent_no"]

const numberOf = (row: unknown): unknown =>
  typeof row === "object" && row !== null && "pay_order_no" in row ? row.pay_order_no : null

const isRefund = (row: unknown): boolean =>
  typeof row === "object" && row !== null && "parent_no" in row && row.parent_no !== null

/** Rows of payments and refunds, each once; those that cannot be read are named in the log and left out. */
export const read = (rows: ReadonlyArray<unknown>): Effect.Effect<Counterparts> =>
  Effect.gen(function* () {
    const once = [...new Map(rows.map((row) => [numberOf(row), row])).values()]
    const payments = yield* Orders.readable(once.filter((row) => !isRefund(row)))
    const refunds = once.filter(isRefund).map((row) => ({ row, read: Refunds.toRefund(row) }))
    for (const { row, read: refund } of refunds)
      if (Either.isLeft(refund))
        yield* Effect.logError("A refund's row cannot be read; the others go on.", { refundNo: numberOf(row) })
    return { payments, refunds: refunds.flatMap(({ read: refund }) => (Either.isRight(refund) ? [refund.right] : [])) }
  })
