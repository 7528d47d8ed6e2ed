import { Answers } from "@payment-proxy/order-table"
import { VendorAnswers } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { sql } = yield* Database
  return VendorAnswers.of({
    note: (noted) => {
      const row = Answers.toRow(noted)
      return sql`INSERT INTO payment_proxy_answer ${sql.insert(row)}
        ON DUPLICATE KEY UPDATE at_millis = ${row.at_millis}, answer = ${row.answer}`.pipe(Effect.asVoid, typed)
    },
    of: (payOrderNos) =>
      payOrderNos.length === 0
        ? Effect.succeed([])
        : Effect.flatMap(
            sql`SELECT pay_order_no, at_millis, answer FROM payment_proxy_answer
              WHERE ${sql.in("pay_order_no", payOrderNos)}`.unprepared,
            (rows) => Effect.orDie(Answers.decode(rows))
          ).pipe(typed)
  })
})

/** The last answers of vendors in MySQL or MariaDB. */
export const layer = Layer.effect(VendorAnswers, make)
