import { Effect, Metric, MetricBoundaries, MetricLabel } from "effect"
import * as Failures from "./Failures.ts"

/** How a commit was settled whose COMMIT got no answer. */
export type Settled = "written" | "not_written" | "unsettled"

/** Why a commit was sent away before anything of it was written. */
export type Shed = "waited_too_long" | "queue_full"

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

/** One label's values, each made once: an update finds its counter by the array. */
const labelled = <A extends string>(label: string, values: ReadonlyArray<A>) =>
  new Map(values.map((value) => [value, [MetricLabel.make(label, value)]] as const))

const kinds = labelled<Failures.Kind>("kind", Failures.kinds)
const outcomes = labelled<Settled>("outcome", ["written", "not_written", "unsettled"])
const reasons = labelled<Shed>("reason", ["waited_too_long", "queue_full"])

/** Failures by kind: of statements, transactions, commits and connections, those that a repeat made good as well. */
export const failures = counter(
  "payment_proxy_database_failures",
  "Failures of the database by kind, those that a repeat made good included"
)

/** How many commits each transaction carried that was committed. */
export const batches = Metric.histogram(
  "payment_proxy_database_batch_commits",
  MetricBoundaries.fromIterable([1, 2, 4, 8, 16, 32, 64, 128]),
  "Commits that went to disk in one transaction"
)

/** Commits whose COMMIT left and was not answered; each is settled later. */
export const lost = counter(
  "payment_proxy_database_commits_lost",
  "Commits whose COMMIT was sent and not answered; each is looked for"
)

/** How lost commits were settled. */
export const settled = counter(
  "payment_proxy_database_commits_settled",
  "Lost commits by what was found: written, not_written (done again), unsettled (not found out in time)"
)

/** Commits that wait for a lane, as of the last batch or the last tenth of a second. */
export const waiting = Metric.gauge("payment_proxy_database_commits_waiting", {
  description: "Commits that wait for a transaction"
})

/** Commits that were answered 503 with nothing written, as the database was too slow for them. */
export const shed = counter(
  "payment_proxy_database_commits_shed",
  "Commits that were sent away with nothing written: no transaction took them in time, or too many waited"
)

/** The pool's connections that somebody has. */
export const connectionsInUse = Metric.gauge("payment_proxy_database_connections_in_use", {
  description: "Connections of the pool that are in use"
})

/** Those who wait for a connection of the pool. */
export const connectionsWaiting = Metric.gauge("payment_proxy_database_connections_waiting", {
  description: "Callers that wait for a connection of the pool"
})

/** How many connections the pool has at most. */
export const connectionsMax = Metric.gauge("payment_proxy_database_connections_max", {
  description: "Connections that the pool has at most"
})

const none: ReadonlyArray<MetricLabel.MetricLabel> = []

/** Counts a failure by its code; what is no failure is not counted. */
export const countFailure = (code: number | string | undefined): void => {
  const kind = Failures.kindOf(code)
  if (kind !== undefined) failures.unsafeUpdate(1, kinds.get(kind) ?? none)
}

/** A try of a batch of so many commits: counted where it got through, and where nobody knows. */
export const committing =
  (commits: number) =>
  <A, E extends { readonly reason: string }, R>(batch: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.tapBoth(batch, {
      onSuccess: () => Effect.sync(() => batches.unsafeUpdate(commits, none)),
      onFailure: ({ reason }) => (reason === "lost" ? Effect.sync(() => lost.unsafeUpdate(commits, none)) : Effect.void)
    })

const countSettled = (outcome: Settled) => Effect.sync(() => settled.unsafeUpdate(1, outcomes.get(outcome) ?? none))

/** A look for a lost commit, counted by what it found; its failure is that nothing could be found out. */
export const settling = <E, R>(look: Effect.Effect<boolean, E, R>): Effect.Effect<boolean, E, R> =>
  Effect.tapBoth(look, {
    onSuccess: (isThere) => countSettled(isThere ? "written" : "not_written"),
    onFailure: () => countSettled("unsettled")
  })

/** Counts commits that were sent away. */
export const countShed = (reason: Shed, commits = 1): void => shed.unsafeUpdate(commits, reasons.get(reason) ?? none)

/** Says how many commits wait. */
export const setWaiting = (commits: number): void => waiting.unsafeUpdate(commits, none)

/** One more (1) or one less (-1) has a connection of the pool. */
export const addInUse = (by: 1 | -1): void => connectionsInUse.unsafeModify(by, none)

/** One more (1) or one less (-1) waits for a connection of the pool. */
export const addConnectionWaiting = (by: 1 | -1): void => connectionsWaiting.unsafeModify(by, none)

/** Shows every series from the start, at zero: what appears with its first failure is not seen to rise. */
export const register = (maxConnections: number): void => {
  for (const tags of kinds.values()) failures.unsafeUpdate(0, tags)
  for (const tags of outcomes.values()) settled.unsafeUpdate(0, tags)
  for (const tags of reasons.values()) shed.unsafeUpdate(0, tags)
  lost.unsafeUpdate(0, none)
  for (const metric of [batches, waiting, connectionsInUse, connectionsWaiting]) metric.register()
  connectionsMax.unsafeUpdate(maxConnections, none)
}
