import { Readable } from "node:stream"
import { Effect, Exit } from "effect"
import { buildConnector, type Dispatcher, Pool } from "undici"
import * as Deadline from "./Deadline.ts"
import { Exchange, type Tell } from "./Exchange.ts"
import type { Handler } from "./Filter.ts"
import type { Request } from "./Message.ts"
import { refuse } from "./Refusal.ts"
import * as RequestBody from "./RequestBody.ts"
import type { Route } from "./Route.ts"

/** A route's connections to its target. */
export interface Upstream {
  /** Sends a request once; a body that is small and at hand goes as `Bytes`. */
  readonly exchange: (request: Request, tell: Tell) => Exchange | undefined
  readonly handler: Handler
  /** Once what is under way has ended. */
  readonly close: () => void
}

type Sent = Pick<Dispatcher.DispatchOptions, "body" | "headers">

/** The body and the lines that state its length. */
const framed = ({ body, headers }: Request): Sent => {
  switch (body._tag) {
    case "Empty":
      return { body: null, headers: headers as Array<string> }
    case "Bytes":
      return { body: body.bytes, headers: headers as Array<string> }
    case "Pieces":
      return { body: Readable.from(body.pieces), headers: [...headers, "content-length", String(body.length)] }
    case "Incoming": {
      const length = body.length === null ? [] : ["content-length", String(body.length)]
      return { body: body.stream(), headers: [...headers, ...length] }
    }
  }
}

interface Connections {
  readonly connect: buildConnector.connector
  readonly isBreaking: () => boolean
}

/**
 * Where neither length nor chunks say how long a body is, undici takes what came before a broken connection for all of it:
 * `isBreaking` holds while it does.
 */
const connections = (options: buildConnector.BuildOptions): Connections => {
  const connect = buildConnector(options)
  let isBreaking = false
  const breaks = (): void => {
    isBreaking = true
    queueMicrotask(() => {
      isBreaking = false
    })
  }
  return {
    connect: (to, done) =>
      connect(to, (...[error, socket]) => {
        if (error !== null) return done(error, null)
        done(null, socket.prependListener("error", breaks))
      }),
    isBreaking: () => isBreaking
  }
}

/** Connections to the target of a route; the upstream's certificate is always verified. */
export const make = ({ target, tls, limits, maxConnections, maxInFlight }: Route): Upstream => {
  const { origin, pathname } = new URL(target)
  const base = pathname === "/" ? "" : pathname
  const { connect, isBreaking } = connections({ ...tls, timeout: limits.connectMillis, rejectUnauthorized: true })
  const pool = new Pool(origin, {
    connections: maxConnections,
    pipelining: 1,
    // Each exchange has its own limits.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect
  })
  let inFlight = 0
  const over = (): void => {
    inFlight -= 1
  }

  const exchange = (request: Request, tell: Tell): Exchange | undefined => {
    if (inFlight >= maxInFlight) {
      tell(Exit.fail(refuse("UPSTREAM_BUSY", "Nothing was sent: try again in a moment.", ["retry-after", "1"])))
      return undefined
    }
    const totalMillis = Math.min(request.limits.totalMillis, request.untilMillis - Deadline.now())
    if (totalMillis <= 0) {
      tell(Exit.fail(refuse("UPSTREAM_TIMEOUT", "Nothing was sent: its time was over before it could be.")))
      return undefined
    }
    inFlight += 1
    const exchange = new Exchange({ ...request.limits, totalMillis }, tell, over, isBreaking)
    const path = `${base}${request.path}` || "/"
    pool.dispatch({ path: path + request.query, method: request.method as "GET", ...framed(request) }, exchange)
    return exchange
  }

  const send: Handler = (request) =>
    Effect.async((resume) => {
      const under = exchange(request, resume)
      return Effect.sync(() => under?.stop())
    })

  return {
    exchange,
    handler: (request) => Effect.flatMap(RequestBody.small(request), send),
    close: () => void pool.close()
  }
}
