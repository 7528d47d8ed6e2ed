import { hash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { HttpServerRequest } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect } from "effect"
import * as AppKey from "./AppKey.ts"
import * as Paces from "./Paces.ts"
import { type Refused, refuse } from "./Problems.ts"

const admitted = { creates: Paces.admit("creates"), reads: Paces.admit("reads") }

/** The app that makes a request, unless it makes more than it may. */
export const of = ({ headers, method }: IncomingMessage) =>
  AppKey.authenticate(headers.authorization, method === "GET" ? admitted.reads : admitted.creates)

/** The app whose request is under way still. */
export const known = ({ headers }: IncomingMessage) => AppKey.authenticate(headers.authorization)

/** The request of a route, as Node has it. */
export const incoming = Effect.map(HttpServerRequest.HttpServerRequest, NodeHttpServerRequest.toIncomingMessage)

/** The app that makes the request of a route. */
export const app = Effect.flatMap(incoming, of)

/** The key of a new order or refund, raw or as a quoted string (IETF Idempotency-Key draft), 1 to 255 visible ASCII characters. */
export const idempotencyKey = ({ headers }: IncomingMessage): Effect.Effect<string, Refused> => {
  const given = headers["idempotency-key"]
  if (typeof given !== "string" || given === "")
    return refuse(
      "IDEMPOTENCY_KEY_MISSING",
      "Send an Idempotency-Key of your own: the same one again answers what it placed."
    )
  const key = /^"(.*)"$/.exec(given)?.[1] ?? given
  return /^[\x21-\x7e]{1,255}$/.test(key)
    ? Effect.succeed(key)
    : refuse("IDEMPOTENCY_KEY_INVALID", "An Idempotency-Key is 1 to 255 visible ASCII characters, raw or in quotes.")
}

/** The SHA-256 (hex) of a text: what a body is known again by. */
export const sha256 = (text: string): string => hash("sha256", text, "hex")
