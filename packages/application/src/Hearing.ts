import { Listening, type Said, VendorAnswers } from "@payment-proxy/ports"
import { Context, Effect, Option, Tracer } from "effect"
import { using } from "./Services.ts"

/** Makes a call and takes its answer in, so that what history gets of it says what was heard word by word. */
export const hearing =
  (call: string, said: Said | null = null) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => Effect.provideService(effect, Listening, { call, said }))

const textOf = (call: string, said: Said, services: Context.Context<never>): string => {
  const span = Context.getOption(services, Tracer.ParentSpan)
  const { status, millis, raw } = said
  return JSON.stringify({ call, status, millis, raw, traceId: Option.isSome(span) ? span.value.traceId : null })
}

/** What was heard here, as history keeps it; null where nothing was. */
export const heardIn = (services: Context.Context<never>): string | null => {
  const listener = Context.get(services, Listening)
  return listener === null || listener.said === null ? null : textOf(listener.call, listener.said, services)
}

/** Keeps what was heard of an order that it did not move, or why nothing was; that it is not kept is no reason to do anything. */
export const noted = (payOrderNo: string, why: string | null) =>
  using<never>()((services, nowMillis) => {
    const listener = Context.get(services, Listening)
    const said = listener?.said ?? (why === null ? null : { status: null, millis: null, raw: why })
    if (listener === null || said === null) return Effect.void
    const answer = textOf(listener.call, said, services)
    return Effect.ignore(Context.get(services, VendorAnswers).note({ payOrderNo, atMillis: nowMillis, answer }))
  })
