import type { Claimed } from "@payment-proxy/ports"
import { Context, Effect } from "effect"

/** The claim in whose name the vendor is asked before anything is committed. */
class Asking extends Context.Reference<Asking>()("@payment-proxy/application/Owed/Asking", {
  defaultValue: (): Pick<Claimed, "id" | "token"> | null => null
}) {}

/** For work that asks the vendor before it commits anything: its first commit settles the query that the claimed order owed. */
export const settling = (claimed: Claimed) => Effect.provideService(Asking, claimed)

/** The token that a commit of this order or refund settles a query by; null where nobody asked in a claim's name. */
export const askedBy = (services: Context.Context<never>, number: string): string | null => {
  const claimed = Context.get(services, Asking)
  return claimed?.id === number ? claimed.token : null
}

/** The piece of work as it is once its vendor was asked. */
export const settled = (claimed: Claimed): Claimed => ({ ...claimed, isQueryOwed: false })
