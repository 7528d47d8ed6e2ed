import type { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import type { Admin, Problem as Problems } from "@payment-proxy/api"
import { calls } from "./calls.ts"
import { isActive } from "./idle.ts"

type GroupsOf<A> = A extends HttpApi.HttpApi<infer _Id, infer Groups, infer _E, infer _R> ? Groups : never
type Group = GroupsOf<typeof Admin.Api>
type Named<G> =
  G extends HttpApiGroup.HttpApiGroup<infer Name, infer Endpoints, infer _E, infer _R, infer _T>
    ? Endpoints extends { readonly name: infer Call extends string }
      ? { readonly key: `${Name}.${Call}`; readonly endpoint: Endpoints }
      : never
    : never

/** The name of a call: `orders.search`. */
export type Name = Named<Group>["key"] & keyof typeof calls
type EndpointOf<N extends Name> = Extract<Named<Group>, { readonly key: N }>["endpoint"]

/** What a call answers. */
export type Answer<N extends Name> =
  EndpointOf<N> extends HttpApiEndpoint.HttpApiEndpoint.Any
    ? HttpApiEndpoint.HttpApiEndpoint.Success<EndpointOf<N>>
    : never

type Parts<E> =
  E extends HttpApiEndpoint.HttpApiEndpoint<
    infer _Name,
    infer _Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer Headers,
    infer _Success,
    infer _Error,
    infer _R,
    infer _RE
  >
    ? ([Path] extends [never] ? unknown : { readonly path: Path }) &
        ([UrlParams] extends [never] ? unknown : { readonly query?: UrlParams }) &
        ([Payload] extends [never] ? unknown : { readonly body: Payload }) &
        ([Headers] extends [never] ? unknown : { readonly headers: Headers })
    : never

/** What a call is made with. */
export type Input<N extends Name> = Parts<EndpointOf<N>>

/** What went wrong, in the words of the API (RFC 9457). */
export type Problem = Problems.Problem

/** A call that was refused, or got no answer: then its code is `UNREACHABLE`. */
export class Refused extends Error {
  readonly code: Problem["code"] | "UNREACHABLE"
  readonly problem: Problem | null
  readonly retryAfterSeconds: number | null
  constructor(problem: Problem | null, retryAfterSeconds: number | null = null) {
    super(problem?.detail ?? "No answer came.")
    this.name = "Refused"
    this.code = problem?.code ?? "UNREACHABLE"
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What every call sends to show that it comes from this page; set by signing in. */
let csrfToken = ""
export const setCsrfToken = (token: string): void => {
  csrfToken = token
}

const signedOutWatchers = new Set<() => void>()
/** Calls `watcher` whenever a call finds that nobody is signed in any more; answers how to stop it. */
export const onSignedOut = (watcher: () => void): (() => void) => {
  signedOutWatchers.add(watcher)
  return () => void signedOutWatchers.delete(watcher)
}

type Loose = {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The address of a call, for links and streams too. */
export const address = <N extends Name>(name: N, given: Omit<Input<N>, "body" | "headers">): string => {
  const { path = {}, query = {} } = given as Loose
  const [, template] = calls[name]
  const filled = template.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(path[key] ?? ""))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== "") search.set(key, `${value}`)
  const text = search.toString()
  return text === "" ? filled : `${filled}?${text}`
}

const problemOf = async (response: Response): Promise<Problem | null> => {
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") ?? false
  return isProblem ? ((await response.json()) as Problem) : null
}

const answered = async <N extends Name>(name: N, given: Input<N>, signal?: AbortSignal): Promise<Response> => {
  const { body, headers = {} } = given as Loose
  const [method] = calls[name]
  const response = await fetch(address(name, given), {
    method,
    credentials: "same-origin",
    headers: {
      accept: "application/json",
      // What a page asks by itself while nobody is there does not keep the session.
      ...(method === "GET" ? (isActive() ? {} : { "x-idle": "1" }) : { "x-csrf-token": csrfToken }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal })
  }).catch((error: unknown) => {
    throw error instanceof DOMException && error.name === "AbortError" ? error : new Refused(null)
  })
  if (!response.ok) {
    const after = Number(response.headers.get("retry-after") ?? Number.NaN)
    const refused = new Refused(await problemOf(response), Number.isNaN(after) ? null : after)
    if (refused.code === "SIGNED_OUT") for (const watcher of signedOutWatchers) watcher()
    throw refused
  }
  return response
}

/** Makes a call whose answer is long, and answers it as it comes. Fails with `Refused`. */
export const stream = async <N extends Name>(name: N, given: Input<N>, signal?: AbortSignal) => {
  const { body } = await answered(name, given, signal)
  if (body === null) throw new Refused(null)
  return body
}

/** Makes a call; the answer is of the call's own schema. Fails with `Refused`. */
export const call = async <N extends Name>(name: N, given: Input<N>, signal?: AbortSignal): Promise<Answer<N>> => {
  const response = await answered(name, given, signal)
  const isJson = response.headers.get("content-type")?.includes("json") ?? false
  const answer = isJson ? await response.json() : await response.text()
  return (answer === "" ? undefined : answer) as Answer<N>
}
