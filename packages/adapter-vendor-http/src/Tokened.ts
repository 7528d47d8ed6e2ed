import type { VendorTokens } from "@payment-proxy/ports"
import { Unreachable } from "@payment-proxy/ports"
import type { Context } from "effect"
import { Effect, Redacted } from "effect"
import type { Answer, Call } from "./Http.ts"

/** The vendor says that this very token is bad (RFC 6750 §3.1): the request was not processed. */
export const isBadToken = ({ status, headers }: Pick<Answer, "status" | "headers">): boolean =>
  status === 401 && /error\s*=\s*"?invalid_token"?/i.test(headers["www-authenticate"] ?? "")

/** A way to call: it sends a request, or opens a file. */
type Way<L, A, E, R> = (call: Call, limit: L) => Effect.Effect<A, E, R>

/** Whose token, which way to call, and how an answer is known that says that the token is bad. */
export interface Options<L, A, E, R> {
  readonly vendor: string
  readonly tokens: Context.Tag.Service<VendorTokens>
  readonly send: Way<L, A, E, R>
  readonly isBadToken: (answer: A) => boolean
}

/**
 * The same way to call, with the vendor's access token (RFC 6750 §2.1); once more with a fresh one where the vendor says that
 * the first is bad. Without a token nothing is sent.
 */
export const make = <L, A, E, R>({
  vendor,
  tokens,
  send,
  isBadToken
}: Options<L, A, E, R>): Way<L, A, E | Unreachable, R> => {
  const token = Effect.suspend(() => tokens.get(vendor)).pipe(
    Effect.mapError(({ detail }) => new Unreachable({ detail }))
  )
  const sendWith = (bearer: Redacted.Redacted, call: Call, limit: L) =>
    send({ ...call, headers: [...call.headers, "authorization", `Bearer ${Redacted.value(bearer)}`] }, limit)
  return (call, limit) =>
    Effect.flatMap(token, (first) =>
      Effect.flatMap(sendWith(first, call, limit), (answer) =>
        isBadToken(answer)
          ? Effect.zipRight(
              tokens.discard(vendor, first),
              Effect.flatMap(token, (second) => sendWith(second, call, limit))
            )
          : Effect.succeed(answer)
      )
    )
}
