import { Work } from "@payment-proxy/application"
import { type Configuration, Current, Generations, Priority, Process } from "@payment-proxy/configuration"
import { Console, Effect, Layer } from "effect"
import * as Layers from "./Layers.ts"

/** One line of JSON for whoever started us, when work is taken. */
const ready = Layer.effectDiscard(Console.log(JSON.stringify({ ready: true })))

/** Puts in force what changes of the file while we run. */
const following = (loaded: Configuration) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const side = yield* Generations.VendorSide
      const take = (next: Configuration) => Effect.flatMap(side.prepare(next), ({ commit }) => commit)
      const current = yield* Current.make({ loaded, environment: process.env, readFile: Process.fileText, take })
      yield* Process.onHangup(current.look)
    })
  )

Process.run(
  Effect.flatMap(Process.configured, (configuration) =>
    Layer.launch(
      Layer.mergeAll(Work.layer, following(configuration), ready).pipe(
        Layer.provide(Layers.fromConfiguration(configuration))
      )
    ).pipe(Priority.stepBack(configuration.environment.PAYMENT_PROXY_WORKER_NICENESS))
  )
)
