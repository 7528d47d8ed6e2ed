import { Filter, Headers, type Message, Refusal } from "@payment-proxy/proxy"
import { Effect, Schema } from "effect"

/** What the configuration file may say of a stamp. */
const Options = Schema.Struct({
  text: Schema.String.pipe(
    Schema.pattern(/^[\x21-\x7e]{1,64}$/, { message: () => "A text is 1 to 64 visible ASCII." })
  ),
  /** A request with a longer body is refused: it is held in memory while it is counted. */
  maxBodyBytes: Schema.optionalWith(Schema.Int.pipe(Schema.between(0, 16 * 1024 ** 2)), {
    exact: true,
    default: () => 1024 ** 2
  })
})

/** The body in memory, so that it is sent as it was counted. */
const claimed = (body: Message.Request["body"], maxBytes: number) =>
  body._tag === "Incoming" ? body.claim(maxBytes) : Effect.succeed(body)

const bytesOf = (body: Exclude<Message.Request["body"], Message.Incoming>): number => {
  if (body._tag === "Empty") return 0
  return body._tag === "Bytes" ? body.bytes.length : body.length
}

/** Sets the header `x-stamp` of each request: a text, and how many bytes its body has. */
export default Filter.kind({
  name: "stamp",
  options: Options,
  make: ({ text, maxBodyBytes }, { filters, route }) =>
    filters.includes("payment-order")
      ? new Filter.FilterUnfit({ faults: [{ at: "", detail: `Orders are not stamped: take it off route ${route}.` }] })
      : Effect.succeed({
          around: (next) => (request) =>
            Effect.gen(function* () {
              if (Headers.get(request.headers, "x-stamp") !== undefined)
                return yield* Refusal.refuse(
                  "REQUEST_MALFORMED",
                  "The header x-stamp is the proxy's to set: leave it out."
                )
              const body = yield* claimed(request.body, maxBodyBytes)
              const headers = Headers.set(request.headers, "x-stamp", `${text}; bytes=${bytesOf(body)}`)
              return yield* next({ ...request, headers, body })
            })
        })
})
