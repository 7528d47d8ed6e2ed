import { Cause, Effect, Exit, Option, Schema } from "effect"
import { type Filter, type Handler, kind, type Place } from "../Filter.ts"
import type { Request, Response } from "../Message.ts"
import { type Broken, type Refusal, refuse } from "../Refusal.ts"
import * as Circuits from "./Circuits.ts"
import * as Elapsed from "./Elapsed.ts"

const upTo = (least: number, most: number, usual: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.between(least, most)), { exact: true, default: () => usual })

const Options = Schema.Struct({
  failures: upTo(1, 1000, 5),
  withinMillis: upTo(1, 3_600_000, 10_000),
  restMillis: upTo(1, 3_600_000, 10_000),
  /** Answers that count as failures, too. */
  statuses: Schema.optionalWith(Schema.Array(Schema.Int.pipe(Schema.between(500, 599))), {
    exact: true,
    default: () => []
  })
})
type Options = typeof Options.Type

type End = Exit.Exit<Response, Refusal | Broken>

/** What a call's end says of the upstream; nothing, where the caller left, or we refused it ourselves. */
const verdictOf = (end: End, statuses: ReadonlyArray<number>): "failed" | "worked" | "nothing" => {
  if (Exit.isSuccess(end)) return statuses.includes(end.value.status) ? "failed" : "worked"
  if (Cause.isInterrupted(end.cause)) return "nothing"
  const code = Option.match(Cause.failureOption(end.cause), { onNone: () => "", onSome: ({ problem }) => problem.code })
  return code.startsWith("UPSTREAM_") && code !== "UPSTREAM_BUSY" ? "failed" : "nothing"
}

/** The circuit of one route; `open` counts how often it opened, so that a call of before says nothing about after. */
const circuit = ({ failures, withinMillis, restMillis, statuses }: Options, { route, vendor }: Place) => {
  let restsUntilMillis: number | null = null
  let failedAt: ReadonlyArray<number> = []
  let isProbed = false
  let opened = 0

  const open = (nowMillis: number) => {
    restsUntilMillis = nowMillis + restMillis
    failedAt = []
    opened += 1
    return Effect.logWarning("The circuit is open.", { route, vendor, restMillis })
  }
  const ended = (end: End, since: number) =>
    Effect.flatMap(Elapsed.millis, (nowMillis) => {
      if (since !== opened || verdictOf(end, statuses) !== "failed") return Effect.void
      failedAt = [...failedAt.filter((at) => nowMillis - at < withinMillis), nowMillis]
      return failedAt.length < failures ? Effect.void : open(nowMillis)
    })
  const probed = (end: End) =>
    Effect.flatMap(Elapsed.millis, (nowMillis) => {
      isProbed = false
      const verdict = verdictOf(end, statuses)
      if (verdict === "nothing") return Effect.void
      if (verdict === "failed") return open(nowMillis)
      restsUntilMillis = null
      return Effect.logInfo("The circuit is closed.", { route, vendor })
    })
  const rest = (waitMillis: number) => {
    const wait = Elapsed.secondsOf(waitMillis)
    return refuse("CIRCUIT_OPEN", `The upstream failed too often: call again in ${wait} s.`, ["Retry-After", wait])
  }
  const probe = (next: Handler, request: Request) =>
    Effect.uninterruptibleMask((restore) => {
      if (isProbed) return rest(0)
      isProbed = true
      return Effect.onExit(restore(Effect.suspend(() => next(request))), probed)
    })
  const through = (next: Handler, request: Request, nowMillis: number): ReturnType<Handler> => {
    const since = opened
    if (restsUntilMillis === null)
      return Effect.onExit(
        Effect.suspend(() => next(request)),
        (end) => ended(end, since)
      )
    return nowMillis < restsUntilMillis ? rest(restsUntilMillis - nowMillis) : probe(next, request)
  }
  const state = Effect.map(Elapsed.millis, (nowMillis): Circuits.State => {
    if (restsUntilMillis === null) return "closed"
    return nowMillis < restsUntilMillis ? "open" : "half-open"
  })
  return { through, state }
}

/**
 * Leaves an upstream alone that fails: after `failures` of them within `withinMillis` every call is answered 503 at once for
 * `restMillis`; then one call at a time tries, and the first that works lets all through again. Failures are the proxy's
 * UPSTREAM_… answers, except UPSTREAM_BUSY, and those with one of `statuses`. The count is this process's own.
 */
export const circuitBreaker = kind({
  name: "circuit-breaker",
  options: Options,
  make: (options, place) =>
    Effect.gen(function* () {
      const all = yield* Circuits.Circuits
      const { through, state } = circuit(options, place)
      const { route, vendor } = place
      yield* Effect.acquireRelease(
        Effect.sync((): Circuits.Circuit => {
          const ours = { route, vendor, state }
          all.add(ours)
          return ours
        }),
        (ours) => Effect.sync(() => all.delete(ours))
      )
      return {
        around: (next) => (request) => Effect.flatMap(Elapsed.millis, (nowMillis) => through(next, request, nowMillis))
      } satisfies Filter
    })
})
