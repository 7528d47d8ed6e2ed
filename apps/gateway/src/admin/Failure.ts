import { Order } from "@payment-proxy/api"
import { Overview } from "@payment-proxy/application"
import type { LastFailure } from "@payment-proxy/ports"

/** The last try in vain of what waits for an endpoint, as operators read it; null where none was. */
export const failure = (last: LastFailure | null) => {
  const known = Overview.shortened(last)
  return known === null
    ? null
    : {
        at: known.atMillis === null ? null : Order.timeOf(known.atMillis),
        status: known.status,
        said: known.said
      }
}
