import { Answers } from "@payment-proxy/order-table"
import { VendorAnswers } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { writer, reader, transaction } = yield* Database
  return VendorAnswers.of({
    note: (noted) => {
      const row = Answers.toRow(noted)
      return transaction(
        writer`INSERT INTO payment_proxy_answer ${writer.insert(row)}
          ON CONFLICT (pay_order_no) DO UPDATE SET ${writer.update(row)}`
      ).pipe(Effect.asVoid)
    },
    of: (payOrderNos) =>
      payOrderNos.length === 0
        ? Effect.succeed([])
        : typed(
            Effect.flatMap(
              reader`SELECT pay_order_no, at_millis, answer FROM payment_proxy_answer
                WHERE ${reader.in("pay_order_no", payOrderNos)}`,
              (rows) => Effect.orDie(Answers.decode(rows))
            )
          )
  })
})

/** The last answers of vendors in the embedded database. */
export const layer = Layer.effect(VendorAnswers, make)
