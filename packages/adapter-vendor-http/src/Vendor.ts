import type { Evidence, Payment } from "@payment-proxy/domain"
import type {
  Vendor as Described,
  Details,
  Incoming,
  InDoubt,
  NotVerified,
  Rejected,
  Throttled,
  Unfit,
  Unreachable,
  Verified
} from "@payment-proxy/ports"
import type { Effect, Either } from "effect"

type Asked = Effect.Effect<Evidence.Evidence, Rejected | Throttled | Unreachable | InDoubt>

/** One vendor, whatever its kind: what `Vendors` promises, for one name. */
export interface Vendor extends Described {
  readonly prepare: (payment: Payment.Payment, details: Details) => Either.Either<string, Unfit>
  readonly create: (payment: Payment.Payment, prepared: string, untilMillis: number) => Asked
  readonly query: (payment: Payment.Payment) => Asked
  readonly close: (payment: Payment.Payment) => Asked
  readonly notification: (incoming: Incoming) => Effect.Effect<Verified, NotVerified>
}
