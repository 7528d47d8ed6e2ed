import { HttpApiBuilder, HttpServerResponse } from "@effect/platform"
import { Api } from "@payment-proxy/api"
import { Current } from "@payment-proxy/configuration"
import { Orders } from "@payment-proxy/ports"
import { Effect, Metric } from "effect"
import { answered } from "./Problems.ts"
import * as Prometheus from "./Prometheus.ts"
import * as Vitals from "./Vitals.ts"

const metrics = Effect.zipWith(Vitals.families, Metric.snapshot, (vitals, snapshot) =>
  HttpServerResponse.text(Prometheus.text([...vitals, ...Prometheus.familiesOf(snapshot)]), {
    contentType: Prometheus.contentType
  })
)

/** Whether the process lives, whether it can take orders, and what it counts. */
export const layer = HttpApiBuilder.group(Api, "health", (handlers) =>
  handlers
    .handle("alive", () => Effect.succeed(HttpServerResponse.unsafeJson({ status: "alive" })))
    .handle("ready", () =>
      answered(
        Effect.gen(function* () {
          yield* (yield* Orders).ready
          const configuration = yield* (yield* Current.Current).status
          return HttpServerResponse.unsafeJson({ status: "ready", configuration })
        })
      )
    )
    .handle("metrics", () => metrics)
)
