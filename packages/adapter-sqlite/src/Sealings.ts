import { Sealings as Rows } from "@payment-proxy/order-table"
import { type Sealing, Sealings } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { reader, writer, transaction } = yield* Database

  const replaced = ({ was: { column, row, sealed: former }, sealed }: { was: Sealing; sealed: string }) => {
    const { table, column: text, key } = Rows.places[column]
    const its = writer.and(key.map((name, index) => writer`${writer(name)} = ${row[index] ?? ""}`))
    return writer`UPDATE ${writer(table)} SET ${writer(text)} = ${sealed}
      WHERE ${its} AND ${writer(text)} = ${former} RETURNING 1 AS one`.pipe(Effect.map((rows) => rows.length))
  }

  return Sealings.of({
    page: (column, after, limit) => {
      const { table, column: text, key } = Rows.places[column]
      const names = reader.literal(key.join(", "))
      const beyond =
        after === null
          ? reader``
          : reader`AND (${names}) > (${reader.csv(key.map((_, index) => reader`${after.row[index] ?? ""}`))})`
      return reader`SELECT ${names}, ${reader(text)} FROM ${reader(table)}
        WHERE ${reader(text)} IS NOT NULL ${beyond} ORDER BY ${names} LIMIT ${limit}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decode(column, rows))),
        typed
      )
    },
    replace: (changes) =>
      transaction(Effect.reduce(changes, 0, (sum, change) => Effect.map(replaced(change), (count) => sum + count)))
  })
})

/** Sealed texts in the embedded database, for who changes the keys that they are sealed by. */
export const layer = Layer.effect(Sealings, make)
