import { Sealings as Rows } from "@payment-proxy/order-table"
import { type Sealing, Sealings } from "@payment-proxy/ports"
import { Effect, Layer, Schema } from "effect"
import { Database, typed } from "./Database.ts"

const decodeHeader = Schema.decodeUnknown(Schema.Struct({ affectedRows: Schema.Number }))

export const make = Effect.gen(function* () {
  const { sql, transaction } = yield* Database

  /** An order is not modified by the key that its request is sealed by. */
  const unmodified = { requests: sql`, gmt_modified = gmt_modified`, tokens: sql``, dataKeys: sql`` }

  const keyOf = ({ column, row }: Sealing) =>
    sql.and(Rows.places[column].key.map((name, index) => sql`${sql(name)} = ${row[index] ?? ""}`))

  const replaced = ({ was, sealed }: { was: Sealing; sealed: string }) => {
    const { table, column: text } = Rows.places[was.column]
    return sql`UPDATE ${sql(table)} SET ${sql(text)} = ${sealed}${unmodified[was.column]}
      WHERE ${keyOf(was)} AND ${sql(text)} = ${was.sealed}`.raw.pipe(
      Effect.flatMap((header) => Effect.orDie(decodeHeader(header))),
      Effect.map(({ affectedRows }) => affectedRows)
    )
  }

  /** A comparison of rows is not looked up in an index; this is. */
  const beyond = ({ column, row }: Sealing) => {
    const { key } = Rows.places[column]
    return sql.or(
      key.map((name, index) =>
        sql.and([
          ...key.slice(0, index).map((before, at) => sql`${sql(before)} = ${row[at] ?? ""}`),
          sql`${sql(name)} > ${row[index] ?? ""}`
        ])
      )
    )
  }

  return Sealings.of({
    page: (column, after, limit) => {
      const { table, column: text, key } = Rows.places[column]
      const names = sql.literal(key.join(", "))
      return sql`SELECT ${names}, ${sql(text)} FROM ${sql(table)}
        WHERE ${sql(text)} IS NOT NULL ${after === null ? sql`` : sql`AND (${beyond(after)})`}
        ORDER BY ${names} LIMIT ${sql.literal(String(Math.trunc(limit)))}`.unprepared.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decode(column, rows))),
        typed
      )
    },
    replace: (changes) =>
      transaction(Effect.reduce(changes, 0, (sum, change) => Effect.map(replaced(change), (count) => sum + count)))
  })
})

/** Sealed texts in MySQL or MariaDB, for who changes the keys that they are sealed by. */
export const layer = Layer.effect(Sealings, make)
