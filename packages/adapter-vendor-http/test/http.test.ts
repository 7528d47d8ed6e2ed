import { expect, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { describe } from "vitest"
import * as Http from "../src/Http.ts"
import { json, platform } from "./platform.ts"

/** A clock that says `millis`, one for each time that it is asked, and the last again and again. */
const saying = (...millis: readonly [number, ...Array<number>]): Clock.Clock => {
  const left = [...millis]
  const next = (): number => (left.length > 1 ? left.shift() : left[0]) ?? 0
  return { ...Clock.make(), unsafeCurrentTimeMillis: next, currentTimeMillis: Effect.sync(next) }
}

const sent = (clock: Clock.Clock) =>
  Effect.gen(function* () {
    const { url, seen } = yield* platform(json(200, {}))
    const http = yield* Http.make
    const call = { method: "POST", origin: url, path: "/", headers: [], body: "{}" } as const
    const outcome = yield* http
      .send()(call, { millis: 5000, untilMillis: 1000 })
      .pipe(Effect.either, Effect.withClock(clock))
    return { outcome, count: seen.length }
  }).pipe(Effect.scoped)

describe("a call that a process was held up with after it was begun", () => {
  it.effect("is not written once its time is over, and is known as not sent", () =>
    Effect.map(sent(saying(0, 1000)), ({ outcome, count }) => {
      expect(outcome).toMatchObject({ left: { _tag: "Unreachable" } })
      expect(count).toBe(0)
    })
  )

  it.effect("is written as long as there is time", () =>
    Effect.map(sent(saying(0, 999)), ({ outcome, count }) => {
      expect(outcome).toMatchObject({ right: { status: 200, askedAtMillis: 0 } })
      expect(count).toBe(1)
    })
  )
})
