import { Either } from "effect"
import type { CustomFetchOptions } from "openid-client"
import { Agent, type Dispatcher, request } from "undici"
import { type ClientConfig, secureContextOf } from "./Config.ts"

const maxAnswerBytes = 64 * 1024
/** Tokens are fetched minutes apart: a connection is not kept for the next. */
const keepAliveMillis = 1000

/** What a server's last answer said, beside what `openid-client` makes of it. */
export interface Said {
  readonly retryAfter: string | null
  readonly body: unknown
}

/** One exchange with a token server: ends when `signal` says so. */
export interface Exchange {
  readonly fetch: (url: string, options: CustomFetchOptions) => Promise<Response>
  readonly said: () => Said
}

/** Begins an exchange. */
export type Channel = (signal: AbortSignal) => Exchange

const bodiless = new Set([204, 205, 304])

const headersOf = (headers: Dispatcher.ResponseData["headers"]): Headers => {
  const all = new Headers()
  for (const [name, value] of Object.entries(headers))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) all.append(name, one)
  return all
}

const json = (text: string): unknown => Either.getOrUndefined(Either.try((): unknown => JSON.parse(text)))

const bodyOf = (body: CustomFetchOptions["body"]): string | null =>
  body === undefined || body === null ? null : String(body)

/**
 * A way to a vendor's token server over connections of its own: TLS is always verified, nothing is followed, no answer is
 * longer than 64 KB.
 */
export const make = ({ tls = {}, timeLimitMillis }: ClientConfig): Channel => {
  const dispatcher = new Agent({
    allowH2: false,
    keepAliveTimeout: keepAliveMillis,
    maxResponseSize: maxAnswerBytes,
    connect: { ...secureContextOf(tls), timeout: timeLimitMillis, rejectUnauthorized: true }
  })
  return (signal) => {
    let said: Said = { retryAfter: null, body: undefined }
    const answered = ({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Response> =>
      body.text().then((text) => {
        const all = headersOf(headers)
        said = { retryAfter: all.get("retry-after"), body: json(text) }
        return new Response(bodiless.has(statusCode) ? null : text, { status: statusCode, headers: all })
      })
    return {
      said: () => said,
      fetch: (url, { method, headers, body }) =>
        request(url, { dispatcher, signal, method: method as Dispatcher.HttpMethod, headers, body: bodyOf(body) }).then(
          answered
        )
    }
  }
}
