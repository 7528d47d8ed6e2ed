import { History } from "@payment-proxy/order-table"
import { Histories } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { sql } = yield* Database
  const order = sql.literal(History.foundColumns.order)
  const entry = sql.literal(History.foundColumns.entry)

  const count = (limit: number) => sql.literal(String(Math.trunc(limit)))

  /** The next numbers of a table's rows. */
  const numbersIn = (table: string, after: string | null, limit: number) =>
    sql`SELECT no FROM (SELECT DISTINCT pay_order_no AS no FROM ${sql(table)}
      WHERE version IS NOT NULL AND pay_order_no IS NOT NULL ${after === null ? sql`` : sql`AND pay_order_no > ${after}`}
      ORDER BY pay_order_no LIMIT ${count(limit)}) AS numbers`

  /** All in one statement, which sees one moment of the database. */
  const found = (numbers: ReadonlyArray<string>) => {
    const these = sql.in("pay_order_no", numbers)
    return sql`SELECT ${order} FROM payment_proxy_order WHERE ${these} AND version IS NOT NULL
      UNION ALL SELECT ${entry} FROM payment_proxy_history WHERE ${these}
      UNION ALL SELECT ${entry} FROM payment_proxy_history_old WHERE ${these}`.unprepared
  }

  return Histories.of({
    page: (after, limit) =>
      Effect.gen(function* () {
        const rows = yield* sql`SELECT no FROM (${numbersIn("payment_proxy_order", after, limit)}
          UNION ${numbersIn("payment_proxy_history", after, limit)}
          UNION ${numbersIn("payment_proxy_history_old", after, limit)}) AS numbers
          ORDER BY no LIMIT ${count(limit)}`.unprepared
        const numbers = yield* Effect.orDie(History.decodeNumbers(rows))
        return numbers.length === 0 ? [] : yield* Effect.orDie(History.decodeFound(numbers, yield* found(numbers)))
      }).pipe(typed)
  })
})

/** Histories in MySQL or MariaDB, for who looks whether they are as they were written. */
export const layer = Layer.effect(Histories, make)
