import { mkdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { HttpServer } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Work } from "@payment-proxy/application"
import type { Configuration } from "@payment-proxy/configuration"
import { load } from "@payment-proxy/configuration"
import { Console, Effect, Layer, Logger } from "effect"
import * as Http from "./Http.ts"
import * as Layers from "./Layers.ts"
import * as Server from "./Server.ts"

/** One line of JSON for whoever started us, when orders can be taken. */
const ready = HttpServer.addressWith((address) =>
  address._tag === "TcpAddress"
    ? Console.log(JSON.stringify({ ready: true, url: `http://${address.hostname}:${address.port}` }))
    : Effect.void
)

const gateway = (configuration: Configuration) => {
  const { environment } = configuration
  const work = environment.PAYMENT_PROXY_WORK ? Work.layer : Layer.empty
  return Layer.mergeAll(Http.layer, work, Layer.effectDiscard(ready)).pipe(
    Layer.provide(Layers.fromConfiguration(configuration)),
    Layer.provide(
      NodeHttpServer.layer(() => Server.make(), {
        host: environment.PAYMENT_PROXY_HOST,
        port: environment.PAYMENT_PROXY_PORT
      })
    )
  )
}

const fileText = (path: string) =>
  Effect.tryPromise({ try: () => readFile(path, "utf8"), catch: (cause) => new Error(String(cause)) })

const main = load(process.env, fileText).pipe(
  Effect.tap(({ environment }) =>
    Effect.sync(() => mkdirSync(environment.PAYMENT_PROXY_DATA, { recursive: true, mode: 0o700 }))
  ),
  Effect.flatMap((configuration) => Layer.launch(gateway(configuration)))
)

main.pipe(
  Effect.catchTag("ConfigurationInvalid", "DatabaseUnfit", ({ message }) =>
    Console.error(message).pipe(Effect.zipRight(Effect.sync(() => process.exit(1))))
  ),
  Effect.provide(Logger.json),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
