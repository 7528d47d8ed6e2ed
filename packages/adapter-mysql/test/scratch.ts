import { ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Clock, Effect, Layer } from "effect"
import * as Mysql from "../src/index.ts"

/** The address of an empty database that goes with the scope. */
export const database = Effect.flatMap(ThrowawayMariaDb.ThrowawayMariaDb, (server) => server.database)

/** The same on a server that lives as long as the scope. */
export const ownDatabase = Effect.flatMap(Layer.build(ThrowawayMariaDb.layer), (server) =>
  Effect.provide(database, server)
)

/** Effect's clock in place of the database's. */
export const ownClock = Layer.succeed(Mysql.Now, Effect.map(Clock.currentTimeMillis, String))

/** The stores on a fresh database, with Effect's clock. */
export const stores = Layer.unwrapScoped(Effect.map(database, (url) => Mysql.layer({ url }))).pipe(
  Layer.provide(ThrowawayMariaDb.layer),
  Layer.merge(ownClock)
)
