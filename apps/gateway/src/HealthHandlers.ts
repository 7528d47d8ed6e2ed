import { HttpApiBuilder, HttpServerResponse } from "@effect/platform"
import { Api } from "@payment-proxy/api"
import { Orders } from "@payment-proxy/ports"
import { Effect } from "effect"
import { answered } from "./Problems.ts"

/** Whether the process lives, and whether it can take orders. */
export const layer = HttpApiBuilder.group(Api, "health", (handlers) =>
  handlers
    .handle("alive", () => Effect.succeed(HttpServerResponse.unsafeJson({ status: "alive" })))
    .handle("ready", () =>
      answered(
        Effect.flatMap(Orders, ({ ready }) => ready).pipe(Effect.as(HttpServerResponse.unsafeJson({ status: "ready" })))
      )
    )
)
