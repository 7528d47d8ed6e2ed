import type { Filter, Handler } from "./Filter.ts"
import * as Metrics from "./Metrics.ts"
import type { Route } from "./Route.ts"
import * as Upstream from "./Upstream.ts"

export type Head = NonNullable<Filter["head"]>

/** A route as it is served. */
export interface Running {
  readonly route: Route
  readonly upstream: Upstream.Upstream
  /** What the filters do, where all of them look at a request's head alone; null otherwise. */
  readonly heads: ReadonlyArray<Head> | null
  /** All filters around the upstream. */
  readonly handler: Handler
  readonly counts: Metrics.Counts
  /** A call has come that may still be sent; answers how it says that it will not. */
  readonly enter: () => () => void
  /** No call comes any more: the connections go once those that are here have been sent and answered. */
  readonly retire: () => void
}

/** Serves a route. */
export const make = (route: Route): Running => {
  const upstream = Upstream.make(route)
  const heads = route.filters.flatMap(({ head }) => (head === undefined ? [] : [head]))
  let here = 0
  let isRetired = false
  const look = (): void => {
    if (isRetired && here === 0) upstream.close()
  }
  return {
    route,
    upstream,
    heads: heads.length === route.filters.length ? heads : null,
    handler: route.filters.reduceRight((next, filter) => filter.around(next), upstream.handler),
    counts: Metrics.ofRoute(route.id),
    enter: () => {
      here += 1
      return () => {
        here -= 1
        look()
      }
    },
    retire: () => {
      isRetired = true
      look()
    }
  }
}
