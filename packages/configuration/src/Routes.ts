import { type Filter, Pattern, type Route } from "@payment-proxy/proxy"
import { Context, Duration, Effect, Either, Equal, ExecutionStrategy, Exit, Redacted, Schema, Scope } from "effect"
import type { Configuration } from "./Configuration.ts"
import { ConfigurationInvalid, conceal, type Fault, ofParse, strictly } from "./Faults.ts"
import { type FilterEntry, type RouteEntry, targetOf } from "./File.ts"
import * as Package from "./Package.ts"
import * as Tls from "./Tls.ts"

/** The filters that a file may name without a package, by their names there. */
export type Kinds<R> = ReadonlyMap<string, Filter.AnyKind<R>>

/** What stands before all filters of a route, by who may call. */
export interface Gates {
  /** Lets an app through that proves itself with its key, and says which in `caller`. */
  readonly apps: Filter.Filter
  readonly anyone: Filter.Filter
}

interface Standing {
  readonly route: Route.Route
  /** What it was made from. */
  readonly part: Redacted.Redacted
  readonly scope: Scope.CloseableScope
}

/** Routes as they were built, each with what its filters hold. */
export interface Built {
  readonly routes: ReadonlyArray<Route.Route>
  readonly standing: ReadonlyMap<string, Standing>
}

/** No routes yet. */
export const none: Built = { routes: [], standing: new Map() }

type Made<A> = Either.Either<A, ReadonlyArray<Fault>>

const kindOf = <R>(name: string, kinds: Kinds<R>, source: string): Effect.Effect<Filter.AnyKind<R>, string> => {
  const known = kinds.get(name)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.mapError(
    Package.filterKind(name, source),
    ({ detail }) => `This is none of our filters (${[...kinds.keys()].join(", ")}), and ${detail}.`
  )
}

const failed = (at: string) => (defect: unknown) =>
  Effect.as(Effect.logError("A filter's own code failed.", { at }, defect), [
    { at, detail: "The filter's own code failed: the log says how." }
  ])

/** A filter of a kind, by its options as the file has them. */
const made = <R>(kind: Filter.AnyKind<R>, options: unknown, place: Filter.Place, at: string) =>
  Schema.decodeUnknown(
    kind.options,
    strictly
  )(options).pipe(
    Effect.mapError((error) => ofParse(error, at)),
    Effect.flatMap((decoded) =>
      Effect.mapError(kind.make(decoded as never, place), ({ faults }) =>
        faults.map((fault) => ({ at: [at, ...fault.at.split("/").filter(Boolean)].join("/"), detail: fault.detail }))
      )
    ),
    Effect.filterOrFail(
      ({ around }) => typeof around === "function",
      () => [{ at, detail: "The filter that was made has no function around." }]
    ),
    Effect.catchAllDefect((defect) => Effect.flatMap(failed(at)(defect), Effect.fail))
  )

const filtersOf = <R>(
  entries: ReadonlyArray<FilterEntry>,
  kinds: Kinds<R>,
  place: Filter.Place,
  source: string
): Effect.Effect<ReadonlyArray<Made<Filter.Filter>>, never, R | Scope.Scope> =>
  Effect.forEach(entries, ({ name, options }, index) => {
    const at = `/routes/${place.route}/filters/${index}`
    return kindOf(name, kinds, source).pipe(
      Effect.mapError((detail): ReadonlyArray<Fault> => [{ at, detail }]),
      Effect.flatMap((kind) => made(kind, Redacted.value(options), place, `${at}/${name}`)),
      Effect.either
    )
  })

const textOf = ({ method, segments }: Pattern.Pattern): string => `${method} /${segments.join("/")}`

/** What the filters' own operations rule out. */
const passFaults = (
  id: string,
  { allow, filters: entries }: RouteEntry,
  filters: ReadonlyArray<Filter.Filter>
): ReadonlyArray<Fault> => {
  const operations = filters.flatMap((filter, index) =>
    (filter.operations ?? []).map((operation) => ({ operation, name: entries[index]?.name ?? "" }))
  )
  const at = `/routes/${id}/allow`
  if (allow.length + operations.length === 0)
    return [
      { at, detail: 'The route passes nothing: name calls, such as "GET /v1/statements/**", or "ANY /**" for all.' }
    ]
  return allow.flatMap((pattern, index) => {
    const covered = operations.find(({ operation }) => Pattern.overlaps(pattern, operation))
    return covered === undefined
      ? []
      : [
          {
            at: `${at}/${index}`,
            detail: `It covers ${textOf(covered.operation)}, which ${covered.name} handles: name only the other calls.`
          }
        ]
  })
}

const routeOf = (
  configuration: Configuration,
  id: string,
  entry: RouteEntry,
  filters: ReadonlyArray<Filter.Filter>
): Route.Route => {
  const vendor = configuration.vendors[entry.vendor]
  const { allow, limits, maxBodyBytes, maxConnections, maxInFlight } = entry
  const target = entry.target ?? Either.getOrElse(targetOf(vendor?.baseUrl ?? ""), () => "")
  return { id, target, tls: Tls.plain(vendor?.tls), allow, filters, limits, maxBodyBytes, maxConnections, maxInFlight }
}

/** All filters of a route in a scope of its own, and the route with them. */
const stand = <R>(
  configuration: Configuration,
  kinds: Kinds<R>,
  gates: Gates,
  id: string,
  entry: RouteEntry,
  scope: Scope.CloseableScope
): Effect.Effect<Made<Route.Route>, never, R> => {
  const place = { route: id, vendor: entry.vendor, filters: entry.filters.map(({ name }) => name) }
  return Effect.mapInputContext(
    Effect.map(filtersOf(entry.filters, kinds, place, configuration.source), (all): Made<Route.Route> => {
      const faults = all.flatMap(Either.match({ onLeft: (several) => several, onRight: () => [] }))
      const filters = all.flatMap(Either.match({ onLeft: () => [], onRight: (filter) => [filter] }))
      const others = faults.length > 0 ? faults : passFaults(id, entry, filters)
      if (others.length > 0) return Either.left(others)
      return Either.right(routeOf(configuration, id, entry, [gates[entry.callers], ...filters]))
    }),
    (context: Context.Context<R>) => Context.add(context, Scope.Scope, scope) as Context.Context<R | Scope.Scope>
  )
}

const partOf = ({ parts }: Configuration, id: string, { vendor }: RouteEntry): Redacted.Redacted => {
  const text = (part: Redacted.Redacted | undefined) => (part === undefined ? "" : Redacted.value(part))
  return Redacted.make(`${text(parts.routes[id])}\n${text(parts.vendors[vendor])}`)
}

const invalid = ({ source, concealed }: Configuration, faults: ReadonlyArray<Fault>) =>
  new ConfigurationInvalid({ source, faults: conceal(faults, Redacted.value(concealed)) })

/**
 * The routes of a configuration with their filters. A route whose part of the file and whose vendor's part are what they were
 * in `previous` is the same object still, with what its filters remember; nothing of `previous` is ended (`retire` does that).
 * Every fault at once, by place; then nothing was built. What the filters hold ends with the scope.
 */
export const build = <R>(
  configuration: Configuration,
  kinds: Kinds<R>,
  gates: Gates,
  previous: Built = none
): Effect.Effect<Built, ConfigurationInvalid, R | Scope.Scope> => {
  const opened: Array<Scope.CloseableScope> = []
  const standingOf = (id: string, entry: RouteEntry) =>
    Effect.gen(function* () {
      const part = partOf(configuration, id, entry)
      const before = previous.standing.get(id)
      if (before !== undefined && Equal.equals(before.part, part)) return Either.right(before)
      const scope = yield* Effect.flatMap(Effect.scope, (all) => Scope.fork(all, ExecutionStrategy.sequential))
      opened.push(scope)
      const route = yield* stand(configuration, kinds, gates, id, entry, scope)
      return Either.map(route, (standing): Standing => ({ route: standing, part, scope }))
    })
  return Effect.gen(function* () {
    const all = yield* Effect.forEach(Object.entries(configuration.routes), ([id, entry]) => standingOf(id, entry))
    const faults = all.flatMap(Either.match({ onLeft: (several) => several, onRight: () => [] }))
    if (faults.length > 0) return yield* invalid(configuration, faults)
    const standing = all.flatMap(Either.match({ onLeft: () => [], onRight: (one) => [one] }))
    return {
      routes: standing.map(({ route }) => route),
      standing: new Map(standing.map((one) => [one.route.id, one]))
    }
  }).pipe(Effect.onError(() => Effect.forEach(opened, (scope) => Scope.close(scope, Exit.void), { discard: true })))
}

/**
 * Ends what the filters hold of those routes that `next` has not, each when its last call must be over (its `totalMillis`),
 * or with the scope. Answers at once.
 */
export const retire = (previous: Built, next: Built): Effect.Effect<void, never, Scope.Scope> => {
  const gone = [...previous.standing].filter(([id, { scope }]) => next.standing.get(id)?.scope !== scope)
  return Effect.forEach(
    gone,
    ([, { route, scope }]) =>
      Effect.forkScoped(
        // Interruptible also where whoever retires is not: the end of the process does not wait for it.
        Effect.zipRight(
          Effect.interruptible(Effect.sleep(Duration.millis(route.limits.totalMillis))),
          Scope.close(scope, Exit.void)
        )
      ),
    { discard: true }
  )
}
