import { HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Framing } from "@payment-proxy/proxy"
import { Context, Effect, Layer } from "effect"
import * as Server from "../Server.ts"
import * as Files from "./Files.ts"
import * as Guarding from "./Guarding.ts"
import * as Http from "./Http.ts"
import * as Settings from "./Settings.ts"
import * as Streams from "./Streams.ts"

/** Where operators are listened to, and how that is reached. */
export interface Options extends Settings.Options, Server.Address {
  /** The folder of the console's files; null: where a build of it is. */
  readonly files: string | null
}

/** Where operators are listened to; null where nobody listens to them here. */
export class Listening extends Context.Tag("@payment-proxy/gateway/admin/Listening")<
  Listening,
  {
    /** As browsers have it. */
    readonly url: string
    readonly port: number
  } | null
>() {}

/** Operators are few, and what a file that is cut off lacks is fetched again. */
const limits = { maxConnections: 1000, patience: 2000 }

const files = (configured: string | null) => {
  const folder = Files.folder(configured)
  if (folder !== null) return Files.read(folder)
  const message = "The console's pages are not built: its API alone is served."
  return Effect.as(configured === null ? Effect.logInfo(message) : Effect.logWarning(message, configured), new Map())
}

const server = ({ url, files: configured, host, port }: Options, overrides: Partial<Server.Limits>) =>
  Layer.scoped(
    HttpServer.HttpServer,
    Effect.gen(function* () {
      const streams = yield* Streams.Streams
      const pages = Files.serve(yield* files(configured))
      return yield* Server.listen(
        { host, port },
        {
          aside: () => false,
          // What is not HTTP as we take it is refused by the routes.
          door: (request, response) => Framing.refusalOf(request) === null && pages(request, response),
          ending: streams.end,
          always: Guarding.headers(url?.startsWith("https:") === true)
        },
        { ...limits, ...overrides }
      )
    })
  ).pipe(Layer.merge(NodeHttpServer.layerContext))

const listening = Layer.effect(
  Listening,
  Effect.flatMap(Settings.Settings, ({ url }) =>
    HttpServer.addressWith((address) =>
      Effect.succeed(Listening.of({ url, port: address._tag === "TcpAddress" ? address.port : 0 }))
    )
  )
)

/** A listener for operators, apart from the one for orders: its API, and the console's pages. */
export const layer = (options: Options, overrides: Partial<Server.Limits> = {}) =>
  // Routes and server are its own, and not those that orders come by.
  Layer.fresh(
    Layer.merge(Http.layer, listening).pipe(
      Layer.provide(Settings.layer(options)),
      Layer.provide(server(options, overrides)),
      Layer.provide(Streams.layer)
    )
  )

/** Nobody listens to operators. */
export const none = Layer.succeed(Listening, null)
