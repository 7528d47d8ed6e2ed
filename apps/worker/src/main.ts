import { Work } from "@payment-proxy/application"
import { Process } from "@payment-proxy/configuration"
import { Console, Effect, Layer } from "effect"
import * as Layers from "./Layers.ts"

/** One line of JSON for whoever started us, when work is taken. */
const ready = Layer.effectDiscard(Console.log(JSON.stringify({ ready: true })))

Process.run(
  Effect.flatMap(Process.configured, (configuration) =>
    Layer.launch(Layer.merge(Work.layer, ready).pipe(Layer.provide(Layers.fromConfiguration(configuration))))
  )
)
