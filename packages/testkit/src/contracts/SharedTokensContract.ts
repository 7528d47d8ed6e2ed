import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import { SharedTokens } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Duration, Effect, Option, TestClock } from "effect"
import { fresh } from "../Samples.ts"

type It = Vitest.MethodsNonLive<SharedTokens>

const vendor = "platform"
const lease = Duration.seconds(12)
const life = Duration.seconds(600)

/** Puts the token after `generation`, as who fetches one does. */
const put = (client: string, generation: number, sealed: string) =>
  Effect.gen(function* () {
    const tokens = yield* SharedTokens
    const held = Option.getOrThrow(yield* tokens.lease(vendor, client, generation, lease))
    expect(yield* tokens.put(vendor, client, held, sealed, life)).toBe(true)
  })

const read = (client: string) => Effect.flatMap(SharedTokens, (tokens) => tokens.read(vendor, client))

const reading = (it: It) => {
  it.effect("none is there at first; what was put is read with its age and what is left, as time goes by", () =>
    Effect.gen(function* () {
      const client = fresh("client")
      expect(Option.isNone(yield* read(client))).toBe(true)
      yield* put(client, 0, "sealed-1")
      const first = { generation: 1, sealed: "sealed-1", leftMillis: 600_000, ageMillis: 0 }
      expect(yield* read(client)).toEqual(Option.some(first))
      yield* TestClock.adjust(Duration.seconds(100))
      expect(yield* read(client)).toEqual(Option.some({ ...first, leftMillis: 500_000, ageMillis: 100_000 }))
      yield* TestClock.adjust(Duration.seconds(600))
      expect(Option.map(yield* read(client), ({ leftMillis }) => leftMillis)).toEqual(Option.some(-100_000))
    })
  )

  it.effect("a newer one takes the place of the older, one generation further", () =>
    Effect.gen(function* () {
      const client = fresh("client")
      yield* put(client, 0, "sealed-1")
      yield* TestClock.adjust(Duration.seconds(100))
      yield* put(client, 1, "sealed-2")
      const second = { generation: 2, sealed: "sealed-2", leftMillis: 600_000, ageMillis: 0 }
      expect(yield* read(client)).toEqual(Option.some(second))
    })
  )

  it.effect("each vendor and each client has its own", () =>
    Effect.gen(function* () {
      const tokens = yield* SharedTokens
      const [one, two] = [fresh("client"), fresh("client")]
      yield* put(one, 0, "sealed-1")
      expect(Option.isNone(yield* read(two))).toBe(true)
      expect(Option.isNone(yield* tokens.read("other", one))).toBe(true)
      expect(Option.isSome(yield* tokens.lease("other", one, 0, lease))).toBe(true)
      expect(Option.isSome(yield* tokens.lease(vendor, one, 1, lease))).toBe(true)
    })
  )

  it.effect("a long sealed token comes back as it was put", () =>
    Effect.gen(function* () {
      const client = fresh("client")
      const sealed = `v1.支付 ${"x".repeat(100_000)}`
      yield* put(client, 0, sealed)
      expect(Option.map(yield* read(client), (token) => token.sealed)).toEqual(Option.some(sealed))
    })
  )
}

const leasing = (it: It) => {
  it.effect("of a hundred at once one gets the lease, for the first token and for the next", () =>
    Effect.gen(function* () {
      const tokens = yield* SharedTokens
      const client = fresh("client")
      for (const generation of [0, 1]) {
        const all = yield* Effect.all(
          Array.from({ length: 100 }, () => tokens.lease(vendor, client, generation, lease)),
          { concurrency: "unbounded" }
        )
        const [held, ...others] = all.filter(Option.isSome)
        expect(others.length).toBe(0)
        expect(yield* tokens.put(vendor, client, held?.value ?? "", "sealed", life)).toBe(true)
      }
    })
  )

  it.effect("a lease is nobody else's until it ends; then it is, and what the first one puts is lost", () =>
    Effect.gen(function* () {
      const tokens = yield* SharedTokens
      const client = fresh("client")
      const first = Option.getOrThrow(yield* tokens.lease(vendor, client, 0, lease))
      expect(Option.isNone(yield* tokens.lease(vendor, client, 0, lease))).toBe(true)
      yield* TestClock.adjust(lease)
      expect(yield* tokens.put(vendor, client, first, "late", life), "the lease has ended").toBe(false)
      const second = Option.getOrThrow(yield* tokens.lease(vendor, client, 0, lease))
      expect(second).not.toBe(first)
      expect(yield* tokens.put(vendor, client, first, "late", life)).toBe(false)
      yield* tokens.release(vendor, client, first)
      expect(yield* tokens.put(vendor, client, second, "sealed", life)).toBe(true)
      expect(Option.map(yield* read(client), ({ sealed }) => sealed)).toEqual(Option.some("sealed"))
    })
  )

  it.effect("a lease that was given back is free at once, and good for nothing to who gave it back", () =>
    Effect.gen(function* () {
      const tokens = yield* SharedTokens
      const client = fresh("client")
      const first = Option.getOrThrow(yield* tokens.lease(vendor, client, 0, lease))
      yield* tokens.release(vendor, client, first)
      expect(yield* tokens.put(vendor, client, first, "late", life)).toBe(false)
      yield* put(client, 0, "sealed")
    })
  )

  it.effect("putting gives the lease back, and whoever knows an older token alone gets none", () =>
    Effect.gen(function* () {
      const tokens = yield* SharedTokens
      const client = fresh("client")
      yield* put(client, 0, "sealed-1")
      expect(Option.isNone(yield* tokens.lease(vendor, client, 0, lease))).toBe(true)
      yield* put(client, 1, "sealed-2")
    })
  )
}

const discarding = (it: It) => {
  it.effect("a token that was discarded is over, and a newer one is not", () =>
    Effect.gen(function* () {
      const tokens = yield* SharedTokens
      const client = fresh("client")
      yield* tokens.discard(vendor, client, 1)
      yield* put(client, 0, "sealed-1")
      yield* tokens.discard(vendor, client, 1)
      const left = Effect.map(read(client), (found) => Option.getOrThrow(found).leftMillis)
      expect(yield* left).toBeLessThanOrEqual(0)
      yield* put(client, 1, "sealed-2")
      yield* tokens.discard(vendor, client, 1)
      expect(yield* left).toBe(600_000)
    })
  )
}

/** What every `SharedTokens` must do, over a store whose clock is Effect's. */
export const sharedTokensContract = (name: string, stores: Layer.Layer<SharedTokens, unknown>): void =>
  layer(stores)(`SharedTokens: ${name}`, (it) => {
    reading(it)
    leasing(it)
    discarding(it)
  })
