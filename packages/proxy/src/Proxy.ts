import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Effect, Exit, FiberId, Option, Runtime, type Scope } from "effect"
import * as Answer from "./Answer.ts"
import * as EndToEnd from "./EndToEnd.ts"
import type { Exchange } from "./Exchange.ts"
import type { Filter, Handler } from "./Filter.ts"
import * as Forwarded from "./Forwarded.ts"
import * as Framing from "./Framing.ts"
import * as Headers from "./Headers.ts"
import type { Request, Response } from "./Message.ts"
import * as Path from "./Path.ts"
import * as Pattern from "./Pattern.ts"
import { type Broken, problem, Refusal, refuse } from "./Refusal.ts"
import * as RequestBody from "./RequestBody.ts"
import type { Route } from "./Route.ts"
import * as Turn from "./Turn.ts"
import * as Upstream from "./Upstream.ts"

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

type Head = NonNullable<Filter["head"]>

interface Running {
  readonly route: Route
  readonly upstream: Upstream.Upstream
  /** What the filters do, where all of them look at a request's head alone; null otherwise. */
  readonly heads: ReadonlyArray<Head> | null
  /** All filters around the upstream. */
  readonly handler: Handler
}

interface Table {
  readonly byId: ReadonlyMap<string, Running>
  readonly settings: Settings
  readonly forwarded: ReturnType<typeof Forwarded.make>
}

const run = (route: Route): Running => {
  const upstream = Upstream.make(route)
  const handler = route.filters.reduceRight((next, filter) => filter.around(next), upstream.handler)
  const heads = route.filters.flatMap(({ head }) => (head === undefined ? [] : [head]))
  return { route, upstream, heads: heads.length === route.filters.length ? heads : null, handler }
}

const tableOf = (routes: ReadonlyArray<Route>, settings: Settings, before: Table | null): Table => ({
  byId: new Map(
    routes.map((route) => {
      const running = before?.byId.get(route.id)
      return [route.id, running?.route === route ? running : run(route)]
    })
  ),
  settings,
  forwarded: Forwarded.make(settings.trustedProxies)
})

const overrides = ["x-http-method-override", "x-http-method", "x-method-override"]

/** Why a route does not pass a call: it is not listed, or a header says that it is another one. */
const unlisted = (
  { allow, filters }: Route,
  method: string,
  path: string,
  headers: Headers.Headers
): Refusal | null => {
  const canonical = Path.canonical(path)
  const isMeant = (pattern: Pattern.Pattern): boolean => Pattern.matches(pattern, method, canonical)
  const pattern = allow.find(isMeant) ?? filters.flatMap(({ operations = [] }) => operations).find(isMeant)
  if (pattern === undefined) return refuse("NOT_FOUND", "The route passes no such call.")
  const isOverridden = pattern.method !== "ANY" && overrides.some((name) => Headers.get(headers, name) !== undefined)
  return isOverridden
    ? refuse("METHOD_OVERRIDDEN", "Send the method that you mean, without a header for another.")
    : null
}

const hasLoop = (headers: Headers.Headers, pseudonym: string): boolean =>
  Headers.all(headers, "via").some((via) => via.split(/[\s,]+/).includes(pseudonym))

/** Upgrading to another protocol, but for h2c, which a server may pass over (RFC 9110 §7.8). */
const isUpgrade = ({ headers: { connection, upgrade } }: IncomingMessage): boolean =>
  upgrade !== undefined && /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection ?? "") && !/^\s*h2c\s*$/i.test(upgrade)

/** A call that the route passes, and its body as it arrives. */
interface Call extends Running {
  readonly request: Request
  readonly body: ReturnType<typeof RequestBody.make>
}

/** A call, or why it is none; nothing of its body is read. */
const read = (table: Table, incoming: IncomingMessage, response: ServerResponse): Call | Refusal => {
  const wrong = Framing.refusalOf(incoming)
  if (wrong !== null) return wrong
  const asked = Path.read(incoming.url ?? "")
  if (asked._tag === "Left") return asked.left
  const { route: id, path, query } = asked.right
  const running = table.byId.get(id)
  if (running === undefined) return refuse("NOT_FOUND", "There is no such route.")
  if (isUpgrade(incoming)) return refuse("UPGRADE_REFUSED", "Ask again without Upgrade.")
  const { route } = running
  const { method = "GET" } = incoming
  const endToEnd = EndToEnd.request(incoming.rawHeaders)
  if (hasLoop(endToEnd, table.settings.pseudonym))
    return refuse("LOOP_DETECTED", "The route's target leads back to us.")
  const refused = unlisted(route, method, path, endToEnd)
  if (refused !== null) return refused
  const { idleMillis, totalMillis } = route.limits
  const bounds = { maxBytes: route.maxBodyBytes, idleMillis, totalMillis }
  const body = RequestBody.make(incoming, response, bounds)
  if (body._tag === "Incoming" && body.length !== null && body.length > route.maxBodyBytes)
    return refuse("BODY_TOO_LARGE", `A body has at most ${route.maxBodyBytes} bytes here.`)
  const headers = table.forwarded(incoming, endToEnd, `${Path.prefix}${id}`)
  const via = ["via", `${incoming.httpVersion} ${table.settings.pseudonym}`]
  return {
    ...running,
    body,
    request: {
      route: id,
      caller: null,
      method,
      path,
      query,
      headers: [...headers, ...via],
      body,
      limits: route.limits,
      untilMillis: Number.POSITIVE_INFINITY
    }
  }
}

const unforeseen = new Refusal({ problem: problem("INTERNAL", "It is on record. Try again."), headers: [] })

/** The request as `heads` leave it, one after the other. */
const changed = (request: Request, heads: ReadonlyArray<Head>): Request | Refusal => {
  let now: Request | Refusal = request
  for (const head of heads) {
    if (now instanceof Refusal) return now
    now = head(now)
  }
  return now
}

/** Straight through: no filter does more than look at the head, so there is no fiber. */
const streamed = (
  { upstream, body }: Call,
  request: Request,
  incoming: IncomingMessage,
  response: ServerResponse
): void => {
  let under: Exchange | undefined
  const answer = (outcome: Exit.Exit<Response, Refusal | Broken>): void =>
    Exit.match(outcome, {
      onSuccess: (whole) => Answer.write(whole, incoming, response),
      onFailure: (cause) =>
        Answer.refuse(
          Option.getOrElse(Cause.failureOption(cause), () => unforeseen),
          incoming,
          response
        )
    })
  const send = (ready: Request): void => {
    under = upstream.exchange(ready, answer)
  }
  response.once("close", () => under?.stop())
  if (body._tag === "Empty" || body.length === null || body.length > RequestBody.smallBytes) return send(request)
  body.collect(RequestBody.smallBytes, (claimed) =>
    Exit.match(claimed, {
      onSuccess: (whole) => send({ ...request, body: whole }),
      onFailure: (cause) => answer(Exit.failCause(cause))
    })
  )
}

/** A proxy without routes. Connections are closed with the scope. */
export const make: Effect.Effect<Proxy, never, Scope.Scope> = Effect.gen(function* () {
  const runtime = yield* Effect.runtime<never>()
  const runFork = Runtime.runFork(runtime)
  let table: Table = tableOf([], { trustedProxies: [], pseudonym: "payment-proxy" }, null)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const { upstream } of table.byId.values()) upstream.close()
    })
  )

  const filtered = (handler: Handler, request: Request, incoming: IncomingMessage, response: ServerResponse): void => {
    const fiber = runFork(handler(request))
    let isDone = false
    fiber.addObserver((exit) => {
      isDone = true
      if (Exit.isSuccess(exit)) return Answer.write(exit.value, incoming, response)
      const failure = Cause.failureOption(exit.cause)
      if (Option.isSome(failure)) return Answer.refuse(failure.value, incoming, response)
      if (!Cause.isInterruptedOnly(exit.cause))
        runFork(Effect.logError("A proxied call failed in a way that was not foreseen.", exit.cause))
      Answer.refuse(unforeseen, incoming, response)
    })
    response.once("close", () => {
      if (!isDone) fiber.unsafeInterruptAsFork(FiberId.none)
    })
  }

  const take = (incoming: IncomingMessage, response: ServerResponse): void => {
    const call = read(table, incoming, response)
    if ("_tag" in call) return Answer.refuse(call, incoming, response)
    if (call.heads === null) return filtered(call.handler, call.request, incoming, response)
    const request = changed(call.request, call.heads)
    if (request instanceof Refusal) Answer.refuse(request, incoming, response)
    else streamed(call, request, incoming, response)
  }

  return {
    handle: (incoming, response) => {
      if (incoming.url?.startsWith(Path.prefix) !== true) return false
      Turn.wait(incoming.socket, response, () => take(incoming, response))
      return true
    },
    replace: (routes, settings) =>
      Effect.sync(() => {
        const before = table
        table = tableOf(routes, settings, before)
        for (const running of before.byId.values())
          if (table.byId.get(running.route.id) !== running) running.upstream.close()
      })
  }
})
