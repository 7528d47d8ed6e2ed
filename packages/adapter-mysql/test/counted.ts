import { Effect, Metric } from "effect"
import type { Kind } from "../src/Failures.ts"
import * as Metrics from "../src/Metrics.ts"

const countOf = (metric: Metric.Metric.Counter<number>) => Effect.map(Metric.value(metric), ({ count }) => count)

/** How many failures of a kind were counted in this process. */
export const failed = (kind: Kind) => countOf(Metric.tagged(Metrics.failures, "kind", kind))

/** How many commits were lost, and how they were settled. */
export const lost = countOf(Metrics.lost)
export const settled = (outcome: Metrics.Settled) => countOf(Metric.tagged(Metrics.settled, "outcome", outcome))

/** How many commits were sent away. */
export const shed = (reason: Metrics.Shed) => countOf(Metric.tagged(Metrics.shed, "reason", reason))

/** The transactions that were committed, and the commits in them. */
export const batches = Effect.map(Metric.value(Metrics.batches), ({ count, sum }) => ({ count, sum }))

/** What a gauge stands at. */
export const standing = (gauge: Metric.Metric.Gauge<number>) => Effect.map(Metric.value(gauge), ({ value }) => value)
