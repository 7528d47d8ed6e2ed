import type { IncomingMessage } from "node:http"
import type { Problem } from "@payment-proxy/api"
import { Framing } from "@payment-proxy/proxy"
import { Effect } from "effect"
import { type Refused, refuse } from "./Problems.ts"

/** What Node's parser lets through and we do not: it is refused before anything is read or authenticated. */
export const check = (request: IncomingMessage): Effect.Effect<void, Refused> => {
  const refusal = Framing.refusalOf(request)
  return refusal === null ? Effect.void : refuse(refusal.problem.code as Problem.Code, refusal.problem.detail)
}
