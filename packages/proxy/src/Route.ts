import type { Filter } from "./Filter.ts"
import type { Limits } from "./Message.ts"
import type { Pattern } from "./Pattern.ts"

/** How the upstream proves itself, and we to it: PEM texts. Certificates are always verified. */
export interface Tls {
  /** In place of the authorities that the system trusts. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** One vendor's API under `/proxy/<id>/`. */
export interface Route {
  readonly id: string
  /** Scheme, host, port and base path, without a slash at its end. */
  readonly target: string
  readonly tls: Tls
  /** The calls that are passed, beside the operations of the filters. */
  readonly allow: ReadonlyArray<Pattern>
  /** Outermost first. */
  readonly filters: ReadonlyArray<Filter>
  readonly limits: Limits
  readonly maxBodyBytes: number
  /** Connections to the target at most. */
  readonly maxConnections: number
  /** Calls on their way to the target at most; beyond them UPSTREAM_BUSY. */
  readonly maxInFlight: number
}

/** What holds for a route that says nothing else. */
export const defaults = {
  limits: { connectMillis: 5000, headMillis: 30_000, idleMillis: 60_000, totalMillis: 3_600_000 },
  maxBodyBytes: 1024 ** 3,
  maxConnections: 128,
  maxInFlight: 1024
} as const satisfies Omit<Route, "id" | "target" | "tls" | "allow" | "filters">
