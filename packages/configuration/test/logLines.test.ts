import { expect, it } from "@effect/vitest"
import { Effect, Logger, Redacted } from "effect"
import * as LogLines from "../src/LogLines.ts"

/** What both loggers write of the same entries. */
const written = (logged: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const ours: Array<string> = []
    const theirs: Array<string> = []
    const both = Logger.zip(
      Logger.map(LogLines.line, (text) => ours.push(text)),
      Logger.map(Logger.jsonLogger, (text) => theirs.push(text))
    )
    yield* Effect.provide(logged, Logger.replace(Logger.defaultLogger, both))
    return { ours, theirs }
  })

const round: { self?: unknown } = {}
round.self = round

it.effect.each([
  ["text", Effect.logInfo("order moved")],
  ["text and a record", Effect.logInfo("order moved", { payOrderNo: "01", version: 1, isNew: true, from: null })],
  ["quotes, lines and other scripts", Effect.logWarning('a "b"\n\u2028 支付', { 'k"': "\u0000" })],
  [
    "numbers that JSON has no word for",
    Effect.logInfo("x", { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: undefined })
  ],
  ["a record in a record", Effect.logInfo("x", { inner: { deep: [1, 2] } })],
  ["what goes round in a circle", Effect.logInfo("x", round)],
  ["an error", Effect.logError("x", new Error("it broke"))],
  ["a secret", Effect.logInfo("x", { secret: Redacted.make("hidden") })],
  [
    "annotations and a span",
    Effect.logInfo("x").pipe(Effect.annotateLogs({ queue: "orders" }), Effect.withLogSpan("s"))
  ]
] as const)("%s is written as Effect's own JSON logger does", ([, logged]) =>
  Effect.gen(function* () {
    const { ours, theirs } = yield* written(logged)
    expect(ours).toEqual(theirs)
    expect(ours).toHaveLength(1)
    expect(ours.join()).not.toContain("hidden")
  })
)
