import { describe, expect, it } from "@effect/vitest"
import { Mappings, type TokenUnavailable, Vendors, VendorTokens } from "@payment-proxy/ports"
import { Context, Duration, Effect, Exit, Layer, Option, Redacted, Scope, TestClock } from "effect"
import { type Configuration, Generations } from "../src/index.ts"
import { decoded } from "./files.ts"

const events: Array<string> = []

/** A side whose one token is the configuration's name; what holds it is noted. `faulty` cannot be made. */
const build = ({ source }: Configuration) => {
  const held = Layer.scopedDiscard(
    Effect.acquireRelease(
      Effect.sync(() => events.push(`held ${source}`)),
      () => Effect.sync(() => events.push(`let go ${source}`))
    )
  )
  const side = Layer.effectContext(
    Effect.gen(function* () {
      if (source === "faulty") return yield* Effect.dieMessage("It cannot be made.")
      if (source === "endless") return yield* Effect.never
      return Context.make(Vendors, { get: () => Option.none() } as unknown as Vendors["Type"]).pipe(
        Context.add(VendorTokens, { get: () => Effect.succeed(Redacted.make(source)), discard: () => Effect.void }),
        Context.add(Mappings, { of: () => Option.none() })
      )
    })
  )
  return Layer.provideMerge(side, held)
}

const of = (source: string) => decoded("", source)

const token = (tokens: VendorTokens["Type"]): Effect.Effect<string, TokenUnavailable> =>
  Effect.map(tokens.get("platform"), Redacted.value)

/** What was held and let go since. */
const since = () => events.splice(0)

describe("generations of what speaks to vendors", () => {
  it.scoped("one whose making fails, or is given up, lets go what it held; the one before stays", () =>
    Effect.gen(function* () {
      since()
      const services = yield* Layer.build(Generations.layer(of("first"), build))
      const { prepare } = Context.get(services, Generations.VendorSide)
      expect(Exit.isFailure(yield* Effect.exit(prepare(of("faulty"))))).toBe(true)
      expect(since()).toEqual(["held first", "held faulty", "let go faulty"])
      yield* Effect.timeoutOption(prepare(of("endless")), "1 second").pipe(
        Effect.zipLeft(TestClock.adjust("1 second"), { concurrent: true })
      )
      expect(since()).toEqual(["held endless", "let go endless"])
      expect(yield* token(Context.get(services, VendorTokens))).toBe("first")
    })
  )

  it.scoped("one that is dropped is let go at once, one that is followed by another after a while", () =>
    Effect.gen(function* () {
      since()
      const services = yield* Layer.build(Generations.layer(of("first"), build))
      const { prepare } = Context.get(services, Generations.VendorSide)
      yield* (yield* prepare(of("second"))).drop
      const { inForce } = Context.get(services, Generations.VendorSide)
      expect(inForce().source).toBe("first")
      yield* (yield* prepare(of("third"))).commit
      expect(inForce().source).toBe("third")
      expect(since()).toEqual(["held first", "held second", "let go second", "held third"])
      yield* TestClock.adjust(Duration.minutes(10))
      expect(since()).toEqual(["let go first"])
    })
  )

  it.scoped("the end of all waits for none that is kept for a while", () =>
    Effect.gen(function* () {
      since()
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(Generations.layer(of("first"), build), scope)
      const { prepare } = Context.get(services, Generations.VendorSide)
      yield* Effect.uninterruptible(Effect.flatMap(prepare(of("second")), ({ commit }) => commit))
      yield* Scope.close(scope, Exit.void)
      expect(since()).toEqual(["held first", "held second", "let go second", "let go first"])
    })
  )

  it.scoped("whoever follows has the newest one's, whoever keeps the services of one has those", () =>
    Effect.gen(function* () {
      const services = yield* Layer.build(Generations.layer(of("first"), build))
      const side = Context.get(services, Generations.VendorSide)
      const second = yield* side.prepare(of("second"))
      yield* second.commit
      const tokens = [services, side.services, second.services].map((one) =>
        token(Context.get(one as Context.Context<VendorTokens>, VendorTokens))
      )
      expect(yield* Effect.all(tokens)).toEqual(["second", "first", "second"])
    })
  )
})
