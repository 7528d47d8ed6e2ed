import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Effect, Exit, FiberId, Option, Runtime, type Scope } from "effect"
import * as Answer from "./Answer.ts"
import type { Call, Table } from "./Call.ts"
import * as Calls from "./Call.ts"
import * as Forwarded from "./Forwarded.ts"
import type { Request, Response } from "./Message.ts"
import * as Metrics from "./Metrics.ts"
import * as Path from "./Path.ts"
import { type Broken, problem, Refusal } from "./Refusal.ts"
import * as RequestBody from "./RequestBody.ts"
import type { Route } from "./Route.ts"
import type { Head } from "./Running.ts"
import * as Running from "./Running.ts"
import * as Turn from "./Turn.ts"

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

const tableOf = (routes: ReadonlyArray<Route>, settings: Settings, before: Table | null): Table => ({
  byId: new Map(
    routes.map((route) => {
      const running = before?.byId.get(route.id)
      return [route.id, running?.route === route ? running : Running.make(route)]
    })
  ),
  pseudonym: settings.pseudonym,
  forwarded: Forwarded.make(settings.trustedProxies)
})

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
const streamed = (call: Call, request: Request, incoming: IncomingMessage, response: ServerResponse): void => {
  const { upstream, body } = call
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
  const leave = call.enter()
  response.once("close", () => {
    for (const exchange of request.sent.exchanges) exchange.stop()
    leave()
  })
  if (body._tag === "Empty" || body.length === null || body.length > RequestBody.smallBytes)
    return void upstream.exchange(request, answer)
  body.collect(RequestBody.smallBytes, (claimed) =>
    Exit.match(claimed, {
      onSuccess: (whole) => void upstream.exchange({ ...request, body: whole }, answer),
      onFailure: (cause) => answer(Exit.failCause(cause))
    })
  )
}

/** Stops what was sent for a call and is no part of its answer: a filter that was interrupted, or forgot it, has left it. */
const tidy = ({ sent }: Request, answer: Response | null): void => {
  const kept = answer === null ? undefined : Answer.exchangeOf(answer)
  for (const exchange of sent.exchanges) if (exchange !== kept) exchange.stop()
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

  /** What a call comes to that went through filters. */
  const settle = (
    exit: Exit.Exit<Response, Refusal | Broken>,
    request: Request,
    incoming: IncomingMessage,
    response: ServerResponse
  ): void => {
    tidy(request, Exit.isSuccess(exit) ? exit.value : null)
    if (Exit.isSuccess(exit)) return Answer.write(exit.value, incoming, response)
    const failure = Cause.failureOption(exit.cause)
    if (Option.isNone(failure) && !Cause.isInterruptedOnly(exit.cause))
      runFork(Effect.logError("A proxied call failed in a way that was not foreseen.", exit.cause))
    Answer.refuse(
      Option.getOrElse(failure, () => unforeseen),
      incoming,
      response
    )
  }

  const filtered = (call: Call, incoming: IncomingMessage, response: ServerResponse): void => {
    const { handler, request } = call
    const leave = call.enter()
    const fiber = runFork(Effect.suspend(() => handler(request)))
    let isDone = false
    fiber.addObserver((exit) => {
      isDone = true
      settle(exit, request, incoming, response)
      leave()
    })
    response.once("close", () => {
      if (!isDone) fiber.unsafeInterruptAsFork(FiberId.none)
    })
  }

  const take = (incoming: IncomingMessage, response: ServerResponse): void => {
    const call = Calls.read(table, incoming, response)
    if ("_tag" in call) return Answer.refuse(call, incoming, response)
    Metrics.count(call.counts, response)
    if (call.heads === null) return filtered(call, incoming, response)
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
        for (const running of before.byId.values()) if (table.byId.get(running.route.id) !== running) running.retire()
      })
  }
})
