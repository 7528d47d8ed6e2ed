import { type CrashPoint, CrashPoints, crashPoints } from "@payment-proxy/ports"
import { Duration, Effect, Layer, Schema, Stream } from "effect"

/** Where this process is to be stopped by a signal to itself, and at which of its visits there, from 1. */
export interface CrashAt {
  readonly point: CrashPoint
  readonly visit: number
  readonly signal: "SIGKILL" | "SIGSTOP" | "SIGTERM"
}

const form = /^(K\d\d)(?::([1-9]\d{0,5}))?(?::(SIGKILL|SIGSTOP|SIGTERM))?$/
const isPoint = (name: string): name is CrashPoint => Object.hasOwn(crashPoints, name)
const detail = `This is a crash point with, if need be, the visit and the signal, like K05, K05:3 or K05:1:SIGSTOP; the points are ${Object.keys(crashPoints).join(", ")}.`

/** `K05`, `K05:3` or `K05:3:SIGSTOP`; the first visit and SIGKILL unless given. */
export const CrashAt = Schema.transform(
  Schema.String.pipe(
    Schema.filter((text) => (isPoint(form.exec(text)?.[1] ?? "") ? undefined : detail), { message: () => detail })
  ),
  Schema.Any as Schema.Schema<CrashAt>,
  {
    strict: true,
    decode: (text) => {
      const [, point = "", visit = "1", signal = "SIGKILL"] = form.exec(text) ?? []
      return { point, visit: Number(visit), signal } as CrashAt
    },
    encode: ({ point, visit, signal }) => `${point}:${visit}:${signal}`
  }
)

/** Long enough for what was written to have left this process. */
const flush = Duration.millis(20)

/** Through so many turns of Node's queue of ticks goes what is handed out, at the most, until it leaves. */
const turns = 100

/** After all that follows from what runs now, and before the event loop reads anything: an answer may come while we are not let run. */
const beforeReading = (then: () => void, left = turns): void => {
  if (left === 0) then()
  else process.nextTick(beforeReading, then, left - 1)
}

/** Sends this process the signal at its visit of the point; elsewhere nothing happens. */
export const layer = ({ point, visit, signal }: CrashAt): Layer.Layer<never> => {
  let visits = 0
  const here = (name: CrashPoint | null): void => {
    if (name !== point) return
    visits += 1
    if (visits === visit) process.kill(process.pid, signal)
  }
  const encoder = new TextEncoder()
  const flushed = (name: CrashPoint | null) =>
    Stream.drain(
      Stream.fromEffect(
        Effect.zipRight(
          Effect.sleep(flush),
          Effect.sync(() => here(name))
        )
      )
    )
  /** What is handed out leaves; no answer to it is read. */
  const last = (bytes: Uint8Array, name: CrashPoint | undefined) =>
    Stream.fromEffect(
      Effect.sync(() => {
        if (name !== undefined) beforeReading(() => here(name))
        return bytes
      })
    )
  const halves = (bytes: Uint8Array, half: CrashPoint | null, whole: CrashPoint | undefined) => {
    const middle = Math.floor(bytes.length / 2)
    return Stream.make(bytes.subarray(0, middle)).pipe(
      Stream.concat(flushed(half)),
      Stream.concat(last(bytes.subarray(middle), whole)),
      Stream.toAsyncIterable
    )
  }
  return Layer.succeed(CrashPoints, {
    hit: here,
    written: (text, half, whole) =>
      point === half || point === whole ? halves(encoder.encode(text), half, whole) : text
  })
}
