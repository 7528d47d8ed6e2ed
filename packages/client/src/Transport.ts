import {
  FetchHttpClient,
  HttpClient,
  HttpClientError,
  HttpClientRequest,
  type HttpClientResponse
} from "@effect/platform"
import { Effect, Either, Redacted, Schema } from "effect"
import {
  type Failure,
  PaymentProxyProblem,
  PaymentProxyUnreachable,
  PaymentProxyUnreadable,
  SettingsInvalid
} from "./Failure.ts"

/** Where the gateway is and who calls it. */
export interface Target {
  /** Like `https://pay.example`; a path is kept in front of every call's. */
  readonly baseUrl: string
  /** The app's key. */
  readonly key: Redacted.Redacted
}

/** What carries calls: all but a success is a failure already. */
export type Carrier = HttpClient.HttpClient.With<PaymentProxyProblem | HttpClientError.HttpClientError>

const Body = Schema.parseJson(
  Schema.Struct({
    code: Schema.String,
    detail: Schema.String,
    errors: Schema.optional(
      Schema.Array(Schema.Struct({ pointer: Schema.String, code: Schema.String, detail: Schema.String }))
    )
  })
)
const readBody = Schema.decodeUnknownEither(Body)

const maxRetryAfterSeconds = 86_400

/** `Retry-After` in seconds (RFC 9110 §10.2.3), as the gateway sends it; a date is left to the client's own pace. */
const retryAfterMillis = ({ headers }: HttpClientResponse.HttpClientResponse): number | null => {
  const seconds = headers["retry-after"]
  return seconds !== undefined && /^\d{1,9}$/.test(seconds)
    ? Math.min(Number(seconds), maxRetryAfterSeconds) * 1000
    : null
}

const unknownBody = (status: number) => ({
  code: `HTTP_${status}`,
  detail: `HTTP ${status} without a problem of the gateway: is baseUrl the gateway's own address, and what stands in between?`
})

const problemOf = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(response.text, (text) => {
    const { status } = response
    const {
      code,
      detail,
      errors = []
    } = Either.getOrElse(readBody(text), () => ({ ...unknownBody(status), errors: [] }))
    return new PaymentProxyProblem({
      status,
      code,
      detail,
      errors,
      retryAfterMillis: retryAfterMillis(response),
      idempotencyKey: null
    })
  })

const isSuccess = ({ status }: HttpClientResponse.HttpClientResponse): boolean => status >= 200 && status < 300

const visible = /^[\x21-\x7e]+$/

/** A carrier over `client`: the key on every call, no redirect followed with it. */
export const make = (
  { baseUrl, key }: Target,
  client: HttpClient.HttpClient
): Either.Either<Carrier, SettingsInvalid> => {
  const url = URL.parse(baseUrl)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "")
    return Either.left(
      new SettingsInvalid({ detail: "baseUrl is not an http or https address like https://pay.example." })
    )
  if (!visible.test(Redacted.value(key)))
    return Either.left(
      new SettingsInvalid({ detail: "The key is not an app's key: it is visible ASCII without spaces." })
    )
  return Either.right(
    client.pipe(
      HttpClient.mapRequest((request) =>
        request.pipe(
          HttpClientRequest.prependUrl(url.href.replace(/\/$/, "")),
          HttpClientRequest.bearerToken(key),
          HttpClientRequest.setHeader("user-agent", "payment-proxy-client")
        )
      ),
      HttpClient.transform((answered) =>
        answered.pipe(
          Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
          Effect.flatMap((response) =>
            isSuccess(response) ? Effect.succeed(response) : Effect.flatMap(problemOf(response), Effect.fail)
          )
        )
      )
    )
  )
}

const codeOf = (cause: unknown): string | null => {
  if (typeof cause !== "object" || cause === null) return null
  if ("code" in cause && typeof cause.code === "string") return cause.code
  return "cause" in cause ? codeOf(cause.cause) : null
}

const unreachable = (detail: string) => new PaymentProxyUnreachable({ detail, idempotencyKey: null })
const unreadable = () =>
  new PaymentProxyUnreadable({
    detail: "The gateway's answer is of another version than this client understands: bring the client up to date.",
    idempotencyKey: null
  })

/** What this client makes of what went wrong: nothing of the request is shown. */
export const failureOf = (error: unknown): Failure => {
  if (
    error instanceof PaymentProxyProblem ||
    error instanceof PaymentProxyUnreachable ||
    error instanceof PaymentProxyUnreadable
  )
    return error
  if (!HttpClientError.isHttpClientError(error) || error.cause instanceof SyntaxError) return unreadable()
  const code = codeOf(error.cause)
  return unreachable(
    `The gateway cannot be reached${code === null ? "" : ` (${code})`}: nobody knows what became of the call.`
  )
}

/** A call whose every failure is one of ours, at the latest after `limitMillis`. */
export const called =
  (limitMillis: number) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, Failure, R> =>
    call.pipe(
      Effect.mapError(failureOf),
      Effect.timeoutFail({
        duration: limitMillis,
        onTimeout: () =>
          unreachable(`The gateway has not answered within ${limitMillis} ms: nobody knows what became of the call.`)
      })
    )
