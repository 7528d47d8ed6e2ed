import { VendorTokens } from "@payment-proxy/ports"
import { Challenges, Filter, Headers, type Message, type Refusal, RequestBody } from "@payment-proxy/proxy"
import { Effect, Redacted, Schema } from "effect"
import { refusalOf, refuse } from "../Problems.ts"

/** What a caller proves itself with, to us or to itself: no vendor sees it. */
const credentials = ["authorization", "cookie"]

const unavailable = (detail: string): Refusal.Refusal =>
  refusalOf(refuse("TOKEN_UNAVAILABLE", `Nothing was sent: no access token can be had now. ${detail}`))

const refused = Effect.suspend(() =>
  refusalOf(refuse("TOKEN_REFUSED", "Nothing was done: the vendor refused our access token. Try again in a moment."))
)

/** Whether the vendor says that this very token is bad (RFC 6750 §3.1): the call was not processed. */
const isBadToken = ({ status, headers }: Message.Response): boolean =>
  status === 401 && Challenges.isInvalidToken(Headers.all(headers, "www-authenticate"))

/** The lines in which the vendor does not say our token. */
const silent = (lines: Headers.Headers, token: string): Headers.Headers =>
  lines.some((part) => part.includes(token))
    ? lines.filter((_, at) => {
        const line = at - (at % 2)
        return !lines[line]?.includes(token) && !lines[line + 1]?.includes(token)
      })
    : lines

/** An answer whose headers and trailers do not say our token. */
const silenced = (answer: Message.Response, token: string): Message.Response => ({
  ...answer,
  headers: silent(answer.headers, token),
  trailers: (lines) => silent(answer.trailers?.(lines) ?? lines, token)
})

/**
 * Takes the caller's credentials off and puts the vendor's access token on. A token that the vendor calls bad is discarded, and
 * the call made once more where its body can be sent again.
 */
export const kind = Filter.kind({
  name: "oauth",
  options: Schema.Struct({}),
  make: (_, { vendor }) =>
    Effect.map(VendorTokens, (tokens): Filter.Filter => {
      const token = Effect.catchAll(
        Effect.suspend(() => tokens.get(vendor)),
        ({ detail }) => Effect.fail(unavailable(detail))
      )
      return {
        around: (next) => {
          const sendWith = (request: Message.Request, bearer: Redacted.Redacted) => {
            const value = Redacted.value(bearer)
            const headers = [...request.headers, "authorization", `Bearer ${value}`]
            return Effect.map(next({ ...request, headers }), (answer) => silenced(answer, value))
          }
          const again = (request: Message.Request, answer: Message.Response, bad: Redacted.Redacted) => {
            if (answer.body._tag === "Outgoing") answer.body.drop()
            const discarded = tokens.discard(vendor, bad)
            if (!RequestBody.isRepeatable(request)) return Effect.zipRight(discarded, refused)
            return Effect.zipRight(
              discarded,
              Effect.flatMap(token, (fresh) =>
                Effect.flatMap(sendWith(request, fresh), (second) => {
                  if (!isBadToken(second)) return Effect.succeed(second)
                  if (second.body._tag === "Outgoing") second.body.drop()
                  return Effect.zipRight(tokens.discard(vendor, fresh), refused)
                })
              )
            )
          }
          return (request) => {
            const bare = { ...request, headers: Headers.without(request.headers, ...credentials) }
            return Effect.flatMap(token, (bearer) =>
              Effect.flatMap(RequestBody.small(bare), (ready) =>
                Effect.flatMap(sendWith(ready, bearer), (answer) =>
                  isBadToken(answer) ? again(ready, answer, bearer) : Effect.succeed(answer)
                )
              )
            )
          }
        }
      }
    })
})
