import { NodeRuntime } from "@effect/platform-node"
import { Work } from "@payment-proxy/application"
import { load } from "@payment-proxy/configuration"
import { Effect, Layer, Logger } from "effect"
import { readFile } from "./File.ts"
import * as Layers from "./Layers.ts"

const main = load(process.env, readFile).pipe(
  Effect.tap(() => Effect.log("The worker follows every order that is due.")),
  Effect.flatMap((configuration) => Layer.launch(Layer.provide(Work.layer, Layers.fromConfiguration(configuration)))),
  Effect.catchTag("ConfigurationInvalid", (invalid) => Effect.dieMessage(invalid.message))
)

main.pipe(Effect.provide(Logger.json), NodeRuntime.runMain)
