import type { IncomingMessage, ServerResponse } from "node:http"
import type { Effect, Scope } from "effect"
import type { Route } from "./Route.ts"

/** What holds for all routes. */
export interface Settings {
  /** Whose `Forwarded` and `X-Forwarded-*` are believed: addresses or ranges (CIDR). */
  readonly trustedProxies: ReadonlyArray<string>
  /** Our name in `Via`, the same for all gateways of a deployment: a call that carries it already is refused. */
  readonly pseudonym: string
}

/** The routes as they are now, on a server's requests. */
export interface Proxy {
  /** Takes a request below `/proxy/`; answers whether it did. It also takes those that ask for `100-continue`. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  /** From here on calls go by these routes; those under way end as they began. */
  readonly replace: (routes: ReadonlyArray<Route>, settings: Settings) => Effect.Effect<void>
}

/** A proxy without routes. Connections are closed with the scope. */
export declare const make: Effect.Effect<Proxy, never, Scope.Scope>
