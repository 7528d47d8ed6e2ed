import { OrderNo } from "@payment-proxy/domain"
import { Counterparts, Days } from "@payment-proxy/order-table"
import type { MovedSearch, Numbers } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"
import { Database, typed } from "./Database.ts"
import { limited } from "./Days.ts"

const NumberRows = Schema.Array(Schema.Struct({ no: Schema.String }))

/** Our side of a bill. */
export const make = Effect.gen(function* () {
  const { sql } = yield* Database
  const columns = sql.literal(Counterparts.columns.join(", "))
  const booked = sql.literal(Days.bookedColumns.join(", "))
  const paid = sql.literal(Days.paidStates)
  const refunded = sql.literal(Days.refundedState)
  const rowsOf = <E>(rows: Effect.Effect<unknown, E>) =>
    typed(Effect.flatMap(rows, (all) => Effect.orDie(Days.toBooked(all))))

  const dated = ({ vendor, fromMillis, toMillis, after, limit }: MovedSearch) =>
    rowsOf(
      sql`SELECT ${booked} FROM payment_proxy_order WHERE vendor = ${vendor}
      AND paid_millis >= ${after?.atMillis ?? fromMillis} AND paid_millis < ${toMillis}
      AND (paid_millis > ${after?.atMillis ?? -1} OR pay_order_no > ${after?.no ?? ""})
      AND ((trans_type = 1 AND pay_status IN (${paid})) OR (trans_type = 2 AND pay_status = ${refunded}))
      ORDER BY paid_millis, pay_order_no LIMIT ${sql.literal(limited(limit))}`.unprepared
    )

  const undated = ({ vendor, fromMillis, toMillis, limit }: MovedSearch, after: string) =>
    rowsOf(
      sql`SELECT ${booked} FROM payment_proxy_order WHERE vendor = ${vendor} AND paid_millis IS NULL
      AND pay_order_no >= ${OrderNo.least(fromMillis)} AND pay_order_no < ${OrderNo.least(toMillis)}
      AND pay_order_no > ${after} AND trans_type = 1 AND pay_status IN (${sql.literal(Days.undatedStates)})
      ORDER BY pay_order_no LIMIT ${sql.literal(limited(limit))}`.unprepared
    )

  const by = (vendor: string, column: string, numbers: ReadonlyArray<string>) =>
    sql`SELECT ${columns} FROM payment_proxy_order WHERE vendor = ${vendor} AND ${sql.in(column, numbers)}`

  return {
    counterparts: (vendor: string, { given, theirs }: Numbers) => {
      const [first, second] = [
        ...(given.length === 0 ? [] : [by(vendor, "third_party_customer_no", given)]),
        ...(theirs.length === 0 ? [] : [by(vendor, "transaction_no", theirs)])
      ]
      if (first === undefined) return Effect.succeed({ payments: [], refunds: [] })
      const asked = second === undefined ? first : sql`${first} UNION ALL ${second}`
      return typed(Effect.flatMap(asked.unprepared, Counterparts.read))
    },
    moved: (search: MovedSearch) =>
      Effect.gen(function* () {
        const { after, limit } = search
        const some = after === null || after.atMillis !== null ? yield* dated(search) : []
        if (some.length === limit) return some
        const since = after !== null && after.atMillis === null ? after.no : ""
        return [...some, ...(yield* undated({ ...search, limit: limit - some.length }, since))]
      }),
    elsewhere: (vendor: string, numbers: ReadonlyArray<string>, day: string) =>
      numbers.length === 0
        ? Effect.succeed(new Set<string>())
        : typed(
            sql`SELECT no FROM payment_proxy_elsewhere WHERE vendor = ${vendor} AND day <> ${day} AND ${sql.in("no", numbers)}`.unprepared.pipe(
              Effect.flatMap((rows) => Effect.orDie(Schema.decodeUnknown(NumberRows)(rows))),
              Effect.map((rows) => new Set(rows.map(({ no }) => no)))
            )
          )
  }
})
