import { HttpServerRequest } from "@effect/platform"
import { Effect, Either, Option, Schema } from "effect"
import { refuse } from "./Problems.ts"

const maxBytes = 256 * 1024

const tooLarge = refuse("BODY_TOO_LARGE", `A body has at most ${maxBytes} bytes.`)

/** The request's body as received, at most 256 KB. */
export const bytes = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const declared = Number(request.headers["content-length"] ?? 0)
  if (declared > maxBytes) return yield* tooLarge
  const body = yield* Effect.mapError(request.arrayBuffer, (error) =>
    String(error.cause).includes("maxBytes") ? tooLarge : refuse("BODY_NOT_JSON", "The body did not arrive whole.")
  )
  return new Uint8Array(body)
}).pipe(HttpServerRequest.withMaxBodySize(Option.some(maxBytes)))

const parse = Schema.decodeUnknownEither(Schema.parseJson())
const isJson = (contentType: string | undefined): boolean =>
  /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i.test(contentType ?? "")

/** The request's body as JSON. */
export const json = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  if (!isJson(request.headers["content-type"]))
    return yield* refuse("CONTENT_TYPE_UNSUPPORTED", "Send JSON: Content-Type: application/json.")
  const body = yield* bytes
  const text = yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body),
    catch: () => refuse("BODY_NOT_JSON", "The body is not UTF-8.")
  })
  return yield* Either.mapLeft(parse(text), () =>
    refuse("BODY_NOT_JSON", "The body is not JSON: look for a missing quote, comma or bracket.")
  )
})
