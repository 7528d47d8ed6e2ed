import { Readable } from "node:stream"
import { Effect, Exit } from "effect"
import { buildConnector, type Dispatcher, Pool } from "undici"
import * as Deadline from "./Deadline.ts"
import { Exchange, type Tell } from "./Exchange.ts"
import type { Handler } from "./Filter.ts"
import type { Limits, Request } from "./Message.ts"
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

/** A body as undici takes it, and the lines that state its length. */
interface Framed extends Pick<Dispatcher.DispatchOptions, "body" | "headers"> {
  readonly isClientLate: () => boolean
  /** Nobody reads it any more. */
  readonly release: () => void
}

const never = (): boolean => false
const nothing = (): void => {}

const framed = ({ body, headers }: Request): Framed => {
  const plain = { headers: headers as Array<string>, isClientLate: never, release: nothing }
  switch (body._tag) {
    case "Empty":
      return { ...plain, body: null }
    case "Bytes":
      return { ...plain, body: body.bytes }
    case "Pieces": {
      const readable = Readable.from(body.pieces).on("error", nothing)
      const release = (): void => void readable.destroy()
      return { ...plain, body: readable, headers: [...headers, "content-length", String(body.length)], release }
    }
    case "Incoming": {
      const { readable, isClientLate } = body.stream()
      const length = body.length === null ? [] : ["content-length", String(body.length)]
      const release = (): void => void readable.destroy()
      return { body: readable, headers: [...headers, ...length], isClientLate, release }
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
  let running = 0
  // Not undici's queue: what has been given up would stay in it, and end a connection when its turn came.
  // An array, as a Set holds on to those who have left it (docs/adr/0018).
  const waiting: Array<() => void> = []
  const next = (): void => {
    if (running < maxConnections) waiting.shift()?.()
  }

  /** Sends it as soon as a connection is free. */
  const queued = (request: Request, limits: Limits, tell: Tell): Exchange => {
    let isBegun = false
    let sent: Framed | undefined
    const begin = (): void => {
      isBegun = true
      running += 1
      sent = framed(request)
      const { body, headers } = sent
      const path = (`${base}${request.path}` || "/") + request.query
      pool.dispatch({ path, method: request.method as "GET", body: body ?? null, headers: headers ?? [] }, exchange)
    }
    const exchange = new Exchange(limits, tell, {
      isBreaking,
      isClientLate: () => sent?.isClientLate() ?? false,
      ended: () => {
        sent?.release()
        if (isBegun) return
        const at = waiting.indexOf(begin)
        if (at >= 0) waiting.splice(at, 1)
        inFlight -= 1
      },
      over: () => {
        running -= 1
        inFlight -= 1
        next()
      }
    })
    if (running < maxConnections) begin()
    else waiting.push(begin)
    return exchange
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
    const under = queued(request, { ...request.limits, totalMillis }, tell)
    request.sent.exchanges.push(under)
    return under
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
