import { Effect, Schema } from "effect"
import { type Filter, kind } from "../Filter.ts"
import * as Lines from "../Headers.ts"

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const visible = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** What frames a message, belongs to one connection, or is the proxy's own to say. */
const kept = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "te",
  "trailer",
  "upgrade",
  "keep-alive",
  "expect",
  "forwarded",
  "via"
])
const keptPrefixes = ["proxy-", "x-forwarded-", "payment-proxy-"]

const nameFault = (name: string): string | undefined => {
  if (!token.test(name)) return "This is not a header's name (RFC 9110 §5.6.2)."
  const lower = name.toLowerCase()
  return kept.has(lower) || keptPrefixes.some((prefix) => lower.startsWith(prefix))
    ? "The proxy alone decides about this header: leave it out."
    : undefined
}

interface Change {
  readonly set: { readonly [name: string]: string }
  readonly remove: ReadonlyArray<string>
}

const faultsOf = ({ set, remove }: Change): ReadonlyArray<Schema.FilterIssue> => {
  const named = Object.entries(set).flatMap(([name, value], at, all) => {
    const isRepeated = all.slice(0, at).some(([other]) => other.toLowerCase() === name.toLowerCase())
    const message =
      nameFault(name) ??
      (isRepeated ? "This header is set twice: leave one." : undefined) ??
      (visible.test(value) ? undefined : "A header's value is visible ASCII, with spaces in its midst alone.")
    return message === undefined ? [] : [{ path: ["set", name], message }]
  })
  const removed = remove.flatMap((name, at) => {
    const message = nameFault(name)
    return message === undefined ? [] : [{ path: ["remove", at], message }]
  })
  return [...named, ...removed]
}

const none = (): Change => ({ set: {}, remove: [] })

const ChangeOptions = Schema.Struct({
  set: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), {
    exact: true,
    default: () => ({})
  }),
  remove: Schema.optionalWith(Schema.Array(Schema.String), { exact: true, default: () => [] })
}).pipe(Schema.filter(faultsOf))

const changed = ({ set, remove }: Change): ((lines: Lines.Headers) => Lines.Headers) => {
  const ours = Object.entries(set).flatMap(([name, value]) => [name.toLowerCase(), value])
  const names = [...remove.map((name) => name.toLowerCase()), ...ours.filter((_, at) => at % 2 === 0)]
  return names.length === 0 ? (lines) => lines : (lines) => [...Lines.without(lines, ...names), ...ours]
}

/**
 * Sets and removes headers of requests and answers; a header that is set replaces all of its name. `authorization` may be
 * set: a vendor's key that never changes. What frames a message or is the proxy's own may not be touched, and the
 * proxy's own refusals are left as they are.
 */
export const headers = kind({
  name: "headers",
  options: Schema.Struct({
    request: Schema.optionalWith(ChangeOptions, { exact: true, default: none }),
    response: Schema.optionalWith(ChangeOptions, { exact: true, default: none })
  }),
  make: (options) =>
    Effect.sync((): Filter => {
      const request = changed(options.request)
      const response = changed(options.response)
      return {
        around: (next) => (call) =>
          Effect.map(next({ ...call, headers: request(call.headers) }), (answer) => ({
            ...answer,
            headers: response(answer.headers)
          }))
      }
    })
})
