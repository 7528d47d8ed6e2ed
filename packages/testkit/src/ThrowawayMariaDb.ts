import { randomUUID } from "node:crypto"
import { Context, Effect, Layer, type Scope } from "effect"
import { createConnection } from "mysql2/promise"
import { type Options, Server } from "./mariadb/Server.ts"
import { TcpProxy } from "./mariadb/TcpProxy.ts"

/** A MariaDB or MySQL server for tests: the run's own (`MYSQL_URL`), or one that lives as long as the layer. */
export class ThrowawayMariaDb extends Context.Tag("@payment-proxy/testkit/ThrowawayMariaDb")<
  ThrowawayMariaDb,
  {
    /** The address of a new database, empty, which goes with the scope. */
    readonly database: Effect.Effect<string, never, Scope.Scope>
  }
>() {}

/** Runs statements on a connection of their own, and answers the last one's rows. */
export const statements = (url: string, ...all: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<unknown>> =>
  Effect.acquireUseRelease(
    Effect.promise(() => createConnection({ uri: url, dateStrings: true, supportBigNumbers: true })),
    (connection) =>
      Effect.reduce(all, [] as ReadonlyArray<unknown>, (_, statement) =>
        Effect.map(
          Effect.promise(() => connection.query(statement)),
          ([rows]) => (Array.isArray(rows) ? rows : [])
        )
      ),
    (connection) => Effect.sync(() => connection.destroy())
  )

/** The same server, another database. */
const at = (url: string, database: string): string => {
  const address = new URL(url)
  address.pathname = `/${database}`
  return address.href
}

const databaseOf = (server: string) =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const name = `test_${randomUUID().replaceAll("-", "")}`
      return Effect.as(statements(server, `CREATE DATABASE ${name}`), name)
    }),
    (name) => statements(server, `DROP DATABASE ${name}`)
  ).pipe(Effect.map((name) => at(server, name)))

/** A server of one's own, which may be killed. */
export const own = (options: Options = {}): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => Server.start(options)),
    (server) => Effect.promise(() => server.close())
  )

/** The same database through a proxy that fails as told; it goes with the scope. */
export const proxied = (
  url: string
): Effect.Effect<{ readonly url: string; readonly proxy: TcpProxy }, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => TcpProxy.start(() => Number(new URL(url).port))),
    (proxy) => Effect.promise(() => proxy.close())
  ).pipe(
    Effect.map((proxy) => {
      const address = new URL(url)
      address.port = String(proxy.port)
      return { url: address.href, proxy }
    })
  )

/** A server for as long as the layer lives. */
export const layer: Layer.Layer<ThrowawayMariaDb> = Layer.scoped(
  ThrowawayMariaDb,
  Effect.gen(function* () {
    const given = process.env["MYSQL_URL"]
    const url = given ?? (yield* own()).url("information_schema")
    return ThrowawayMariaDb.of({ database: databaseOf(url) })
  })
)
