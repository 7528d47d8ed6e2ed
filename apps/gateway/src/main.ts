import { HttpServer } from "@effect/platform"
import { Work } from "@payment-proxy/application"
import type { Configuration } from "@payment-proxy/configuration"
import { Process } from "@payment-proxy/configuration"
import { Console, Effect, Layer } from "effect"
import * as Admin from "./admin/Admin.ts"
import { Listening } from "./admin/Listener.ts"
import * as Http from "./Http.ts"
import * as Layers from "./Layers.ts"
import * as Proxied from "./proxied/Proxied.ts"
import * as Routes from "./proxied/Routes.ts"
import * as Server from "./Server.ts"

/** One line of JSON for whoever started us, when orders can be taken. */
const ready = Effect.flatMap(Listening, (admin) =>
  HttpServer.addressWith((address) =>
    address._tag === "TcpAddress"
      ? Console.log(
          JSON.stringify({
            ready: true,
            url: `http://${address.hostname}:${address.port}`,
            ...(admin === null ? {} : { admin: admin.url })
          })
        )
      : Effect.void
  )
)

const gateway = (configuration: Configuration) => {
  const { environment } = configuration
  const work = environment.PAYMENT_PROXY_WORK ? Work.layer : Layer.empty
  return Layer.effectDiscard(ready).pipe(
    Layer.provide(Layer.mergeAll(Http.layer, work)),
    Layer.provide(Server.layer({ host: environment.PAYMENT_PROXY_HOST, port: environment.PAYMENT_PROXY_PORT })),
    // Before anybody is let in.
    Layer.provide(Routes.layer(configuration)),
    Layer.provide(Proxied.layer),
    // Last to go: who is there sees the others go.
    Layer.provide(Admin.fromConfiguration(configuration)),
    Layer.provide(Layers.fromConfiguration(configuration))
  )
}

Process.run(Effect.flatMap(Process.configured, (configuration) => Layer.launch(gateway(configuration))))
