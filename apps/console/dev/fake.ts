import type { IncomingMessage, ServerResponse } from "node:http"
import type { Connect, Plugin } from "vite"
import type { Name } from "../src/Admin.ts"
import { calls } from "../src/calls.ts"
import { apps } from "./samples/apps.ts"
import { fault, type Handlers, isFault, Lines, type Loose, Stream } from "./samples/Fake.ts"
import { now } from "./samples/now.ts"
import { operators } from "./samples/operators.ts"
import { orders } from "./samples/orders.ts"
import { proposals } from "./samples/proposals.ts"
import { reconciliation } from "./samples/reconciliation.ts"
import { type Scenario, scenario, set } from "./samples/scenario.ts"
import { session } from "./samples/session.ts"
import { vendors } from "./samples/vendors.ts"

/** Add the calls of a page here, from a file of its own in samples/. */
const handlers: Handlers = {
  ...session,
  ...now,
  ...orders,
  ...proposals,
  ...apps,
  ...vendors,
  ...reconciliation,
  ...operators
}

const routes = (Object.entries(calls) as ReadonlyArray<readonly [Name, readonly [string, string]]>).map(
  ([name, [method, template]]) => ({
    name,
    method,
    parameters: [...template.matchAll(/:(\w+)/g)].map(([, key]) => key ?? ""),
    // What has no parameters is asked first, as `/admin/orders/count` and `/admin/orders/:payOrderNo` are both there.
    pattern: new RegExp(`^${template.replaceAll(".", "\\.").replace(/:(\w+)/g, "([^/]+)")}$`)
  })
)
routes.sort((one, other) => one.parameters.length - other.parameters.length)

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text === "" ? undefined : JSON.parse(text)
}

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.statusCode = status
  if (body === undefined) return void response.end()
  const type = typeof body === "string" ? "text/csv" : status < 400 ? "application/json" : "application/problem+json"
  response.setHeader("content-type", type)
  response.end(typeof body === "string" ? body : JSON.stringify(body))
}

const stream = (response: ServerResponse, { start }: Stream): void => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
  response.write(": here\n\n")
  const stop = start((event, data) => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  })
  const watch = setInterval(() => scenario().of === "down" && response.destroy(), 500)
  response.on("close", () => {
    clearInterval(watch)
    stop()
  })
}

const lines = async (response: ServerResponse, { pieces }: Lines): Promise<void> => {
  response.writeHead(200, { "content-type": "text/csv; charset=utf-8" })
  for await (const piece of pieces) {
    if (response.destroyed) return
    response.write(piece)
  }
  response.end()
}

const open: ReadonlySet<string> = new Set(["sessions.doors", "sessions.signIn"])

/** Made by people who look at a state of the whole: `/admin/_fake?of=empty&role=viewer`. */
const choose = (url: URL, response: ServerResponse): void => {
  set(Object.fromEntries(url.searchParams) as Partial<Scenario>)
  answer(response, 200, scenario())
}

const handle: Connect.NextHandleFunction = (request, response, next) => {
  const url = new URL(request.url ?? "/", "http://fake")
  if (!url.pathname.startsWith("/admin/")) return next()
  if (url.pathname === "/admin/_fake") return choose(url, response)
  const route = routes.find(({ method, pattern }) => method === request.method && pattern.test(url.pathname))
  if (route === undefined) return answer(response, 404, fault("NOT_FOUND", "There is no such call.").problem)
  const given = route.pattern.exec(url.pathname)?.slice(1) ?? []
  const path = Object.fromEntries(route.parameters.map((key, at) => [key, decodeURIComponent(given[at] ?? "")]))
  const run = async () => {
    const { of } = scenario()
    if (of === "down")
      return fault("STORE_UNAVAILABLE", "The database does not answer. Look at its machine, then try again.")
    if (!open.has(route.name) && !scenario().isSignedIn) return fault("SIGNED_OUT", "Sign in.")
    const handler = handlers[route.name] as ((given: Loose) => unknown) | undefined
    if (handler === undefined) return fault("NOT_FOUND", `There are no samples of ${route.name} yet.`)
    return handler({ path, query: Object.fromEntries(url.searchParams), body: await bodyOf(request), headers: {} })
  }
  run()
    .then((result) => {
      if (isFault(result)) {
        if (result.retryAfterSeconds !== null) response.setHeader("retry-after", result.retryAfterSeconds)
        return answer(response, result.problem.status, result.problem)
      }
      if (result instanceof Stream) return stream(response, result)
      if (result instanceof Lines) return void lines(response, result)
      return answer(response, result === undefined ? 204 : 200, result)
    })
    .catch(next)
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Answers of the API from samples, to see and develop the pages without a gateway; `vite preview` has the gateway's policy too. */
export const fake = (): Plugin => ({
  name: "fake-admin",
  configureServer: ({ middlewares }) => void middlewares.use(handle),
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use((_, response, next) => {
      response.setHeader("content-security-policy", policy)
      next()
    })
    middlewares.use(handle)
  }
})
