import { expect, it } from "@effect/vitest"
import { Inbox } from "@payment-proxy/ports"
import { aNotification } from "@payment-proxy/testkit"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, TestClock } from "effect"
import * as DatabaseModule from "../src/Database.ts"
import * as Sqlite from "../src/index.ts"
import { file } from "./scratch.ts"

// What users of other systems lost by their database, on record there: the name of a test says what does not happen here.

it.scoped("a BEGIN that fails, as another process writes for long, never kills its caller (Effect#7235)", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const inbox = yield* Effect.provide(Inbox, yield* Layer.build(Sqlite.layer({ filename })))
    const other = yield* Effect.provide(DatabaseModule.Database, yield* Layer.build(DatabaseModule.layer(filename)))
    const [begun, over] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
    yield* Effect.addFinalizer(() => Deferred.succeed(over, undefined))
    const writing = yield* Effect.fork(
      other.transaction(Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(over)))
    )
    yield* Deferred.await(begun)
    const told = aNotification("01LOST")
    const keeping = yield* Effect.fork(Effect.exit(inbox.keep(told)))
    yield* TestClock.adjust(Duration.seconds(6))
    const outcome = yield* Fiber.join(keeping)
    expect(Exit.isFailure(outcome) && outcome.cause, "a value that says to try again").toMatchObject({
      _tag: "Fail",
      error: { _tag: "StoreUnavailable" }
    })
    yield* Deferred.succeed(over, undefined)
    yield* Fiber.join(writing)
    expect(yield* inbox.keep(told), "the connection is as good as before").toBe("kept")
    expect(yield* inbox.keep(told)).toBe("known")
  })
)
