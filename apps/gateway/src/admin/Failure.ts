import { Order } from "@payment-proxy/api"
import type { LastFailure } from "@payment-proxy/ports"

/** The last try in vain of what waits for an endpoint, as operators read it; null where none was. */
export const failure = (last: LastFailure | null) =>
  last === null
    ? null
    : { at: last.atMillis === null ? null : Order.timeOf(last.atMillis), status: last.status, said: last.said }
