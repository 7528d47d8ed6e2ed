import { Searching } from "@payment-proxy/order-table"
import type { Effect } from "effect"

const dialect: Searching.Dialect = {
  by: (index) => `FORCE INDEX (${index})`,
  eachThen: "STRAIGHT_JOIN",
  // A table that was taken over may compare texts otherwise.
  is: (column, text) => [`${column} = ? AND BINARY ${column} = BINARY ?`, text, text],
  names: (column, index) =>
    `SELECT DISTINCT ${column} AS name FROM payment_proxy_order FORCE INDEX (${index}) WHERE ${column} IS NOT NULL`
}

/** Numbers of orders, as MySQL and MariaDB are asked for them. */
export const make = <E>(run: (query: Searching.Query) => Effect.Effect<ReadonlyArray<unknown>, E>) =>
  Searching.make(dialect, run)
