import type { ServerResponse } from "node:http"
import { Metric, MetricBoundaries, MetricLabel } from "effect"
import * as Deadline from "./Deadline.ts"

const calls = Metric.counter("payment_proxy_proxied_calls", {
  description: "Calls of proxied routes that have ended, by the answer's class, our own code, or cut",
  incremental: true
})
const seconds = Metric.histogram(
  "payment_proxy_proxied_call_seconds",
  MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]),
  "How long calls of proxied routes took, from their heads to the ends of their answers"
)
const underWay = Metric.gauge("payment_proxy_proxied_calls_under_way", {
  description: "Calls of proxied routes that have no whole answer yet"
})

/** What a route counts. */
export interface Counts {
  readonly began: () => void
  /** `outcome`: `2xx` to `5xx`, a code of our own, or `cut` where the answer did not go out whole. */
  readonly ended: (outcome: string, tookMillis: number) => void
}

/** The counts of a route; its labels are made once. */
export const ofRoute = (id: string): Counts => {
  const route = MetricLabel.make("route", id)
  const byOutcome = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  const labelsOf = (outcome: string): ReadonlyArray<MetricLabel.MetricLabel> => {
    const known = byOutcome.get(outcome) ?? [route, MetricLabel.make("outcome", outcome)]
    byOutcome.set(outcome, known)
    return known
  }
  const alone = [route]
  calls.unsafeUpdate(0, labelsOf("2xx"))
  return {
    // Not a count of its own: a route that is replaced has two while calls of before are under way.
    began: () => underWay.unsafeModify(1, alone),
    ended: (outcome, tookMillis) => {
      underWay.unsafeModify(-1, alone)
      calls.unsafeUpdate(1, labelsOf(outcome))
      seconds.unsafeUpdate(tookMillis / 1000, alone)
    }
  }
}

/** Codes that we answered with by ourselves. */
const own = new WeakMap<ServerResponse, string>()

/** Notes that a response is ours, with this code. */
export const note = (response: ServerResponse, code: string): void => void own.set(response, code)

/** Counts a call until its response has ended. */
export const count = (counts: Counts, response: ServerResponse): void => {
  const beganMillis = Deadline.now()
  counts.began()
  response.once("close", () => {
    const outcome = own.get(response) ?? `${Math.floor(response.statusCode / 100)}xx`
    counts.ended(response.writableFinished ? outcome : "cut", Deadline.now() - beganMillis)
  })
}
