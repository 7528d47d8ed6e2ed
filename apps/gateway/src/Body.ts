import type { IncomingMessage } from "node:http"
import { StrictJson } from "@payment-proxy/api"
import { Effect, Either } from "effect"
import { type Refused, refuse } from "./Problems.ts"

const maxBytes = 256 * 1024

const tooLarge = refuse("BODY_TOO_LARGE", `A body has at most ${maxBytes} bytes.`)

const cut = refuse("REQUEST_MALFORMED", "The body did not arrive whole.")

/** What arrives, up to the limit; what is beyond it is let past unread, so that the refusal can still be answered. */
const received = (incoming: IncomingMessage): Effect.Effect<Uint8Array, Refused> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    const fail = (): void => resume(Effect.fail(cut))
    incoming
      .on("data", (chunk: Buffer) => {
        size += chunk.length
        if (size <= maxBytes) chunks.push(chunk)
        else resume(Effect.fail(tooLarge))
      })
      .once("end", () => resume(Effect.succeed(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))))
      .once("close", fail)
      .on("error", fail)
  })

/** The request's body as received, at most 256 KB. */
export const bytes = (incoming: IncomingMessage): Effect.Effect<Uint8Array, Refused> =>
  Number(incoming.headers["content-length"] ?? 0) > maxBytes ? Effect.fail(tooLarge) : received(incoming)

const isJson = (contentType: string | undefined): boolean =>
  /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i.test(contentType ?? "")

const notJson = refuse("CONTENT_TYPE_UNSUPPORTED", "Send JSON: Content-Type: application/json.")
const encoded = refuse("CONTENT_TYPE_UNSUPPORTED", "Send the body as it is, without a Content-Encoding.")
const notText = refuse("BODY_NOT_JSON", "The body is not UTF-8.")

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const refusalOf = (refusal: StrictJson.Refusal) => {
  switch (refusal.reason) {
    case "notJson":
      return refuse("BODY_NOT_JSON", "The body is not JSON: look for a missing quote, comma or bracket.")
    case "tooDeep":
      return refuse("BODY_TOO_DEEP", `A body has at most ${StrictJson.maxDepth} levels of braces and brackets.`)
    case "repeated":
      return refuse("BODY_INVALID", `The body has ${refusal.faults.length} repeated field(s).`, refusal.faults)
  }
}

/** The request's body as JSON: UTF-8, not too deep, each member once. */
export const json = (incoming: IncomingMessage): Effect.Effect<unknown, Refused> => {
  const { headers } = incoming
  if (!isJson(headers["content-type"])) return notJson
  if ((headers["content-encoding"] ?? "identity") !== "identity") return encoded
  return Effect.flatMap(bytes(incoming), (body) => {
    const text = textOf(body)
    return text === undefined ? notText : Either.mapLeft(StrictJson.parse(text), refusalOf)
  })
}

/** The same, or an empty object where there is no body. */
export const jsonOrNothing = (incoming: IncomingMessage): Effect.Effect<unknown, Refused> => {
  const { "content-length": length, "transfer-encoding": encoding } = incoming.headers
  return encoding === undefined && (length === undefined || Number(length) === 0) ? Effect.succeed({}) : json(incoming)
}
