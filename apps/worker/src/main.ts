import { mkdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { NodeRuntime } from "@effect/platform-node"
import { Work } from "@payment-proxy/application"
import { load } from "@payment-proxy/configuration"
import { Console, Effect, Layer, Logger } from "effect"
import * as Layers from "./Layers.ts"

const fileText = (path: string) =>
  Effect.tryPromise({ try: () => readFile(path, "utf8"), catch: (cause) => new Error(String(cause)) })

/** One line of JSON for whoever started us, when work is taken. */
const ready = Layer.effectDiscard(Console.log(JSON.stringify({ ready: true })))

const main = load(process.env, fileText).pipe(
  Effect.tap(({ environment }) =>
    Effect.sync(() => mkdirSync(environment.PAYMENT_PROXY_DATA, { recursive: true, mode: 0o700 }))
  ),
  Effect.flatMap((configuration) =>
    Layer.launch(Layer.merge(Work.layer, ready).pipe(Layer.provide(Layers.fromConfiguration(configuration))))
  )
)

main.pipe(
  Effect.catchTag("ConfigurationInvalid", "DatabaseUnfit", ({ message }) =>
    Console.error(message).pipe(Effect.zipRight(Effect.sync(() => process.exit(1))))
  ),
  Effect.provide(Logger.json),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
