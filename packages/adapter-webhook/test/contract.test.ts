import { webhookSenderContract } from "@payment-proxy/testkit"
import { Effect } from "effect"
import { Sender } from "../src/index.ts"
import * as Endpoint from "./Endpoint.ts"

webhookSenderContract(
  "HTTP",
  Sender.layer({ allowHttp: true }),
  Effect.gen(function* () {
    let next = 204
    const endpoint = yield* Endpoint.make((response) => response.writeHead(next).end())
    return {
      url: endpoint.url,
      answer: (status: number) =>
        Effect.sync(() => {
          next = status
        }),
      taken: Effect.sync(() =>
        endpoint.received.map(({ headers, body }) => ({ eventId: headers["webhook-id"] ?? "", body }))
      )
    }
  })
)
