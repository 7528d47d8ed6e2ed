import type { Payment } from "@payment-proxy/domain"
import type { StoreUnavailable, Subject } from "@payment-proxy/ports"
import { Orders } from "@payment-proxy/ports"
import { Effect, Option } from "effect"

/** The order that a vendor's notification speaks of, if there is one. */
export const orderOf = (
  vendor: string,
  subject: Subject
): Effect.Effect<Option.Option<Payment.Payment>, StoreUnavailable, Orders> =>
  Effect.flatMap(Orders, (orders) => {
    switch (subject.by) {
      case "merchantOrderNo":
        return Effect.map(
          orders.byMerchantOrderNo(vendor, subject.no),
          Option.map(({ payment }) => payment)
        )
      case "transactionNo":
        return orders.byTransactionNo(vendor, subject.no)
      case "payOrderNo":
        return Effect.map(
          orders.byNumber(subject.no),
          Option.filter((payment) => payment.vendor === vendor)
        )
    }
  })
