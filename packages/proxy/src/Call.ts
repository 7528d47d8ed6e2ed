import type { IncomingMessage, ServerResponse } from "node:http"
import * as EndToEnd from "./EndToEnd.ts"
import type * as Forwarded from "./Forwarded.ts"
import * as Framing from "./Framing.ts"
import * as Headers from "./Headers.ts"
import type { Request } from "./Message.ts"
import * as Path from "./Path.ts"
import * as Pattern from "./Pattern.ts"
import { type Refusal, refuse } from "./Refusal.ts"
import * as RequestBody from "./RequestBody.ts"
import type { Route } from "./Route.ts"
import type { Running } from "./Running.ts"

/** The routes by their names, and what holds for all of them. */
export interface Table {
  readonly byId: ReadonlyMap<string, Running>
  readonly pseudonym: string
  readonly forwarded: ReturnType<typeof Forwarded.make>
}

const overrides = ["x-http-method-override", "x-http-method", "x-method-override"]

/** Why a route does not pass a call: it is not listed, or a header says that it is another one. */
const unlisted = (
  { allow, filters }: Route,
  method: string,
  path: string,
  headers: Headers.Headers
): Refusal | null => {
  const canonical = Path.canonical(path)
  const isMeant = (pattern: Pattern.Pattern): boolean => Pattern.matches(pattern, method, canonical)
  const pattern = allow.find(isMeant) ?? filters.flatMap(({ operations = [] }) => operations).find(isMeant)
  if (pattern === undefined) return refuse("NOT_FOUND", "The route passes no such call.")
  const isOverridden = pattern.method !== "ANY" && overrides.some((name) => Headers.get(headers, name) !== undefined)
  return isOverridden
    ? refuse("METHOD_OVERRIDDEN", "Send the method that you mean, without a header for another.")
    : null
}

const hasLoop = (headers: Headers.Headers, pseudonym: string): boolean =>
  Headers.all(headers, "via").some((via) => via.split(/[\s,]+/).includes(pseudonym))

/** Upgrading to another protocol, but for h2c, which a server may pass over (RFC 9110 §7.8). */
const isUpgrade = ({ headers: { connection, upgrade } }: IncomingMessage): boolean =>
  upgrade !== undefined && /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection ?? "") && !/^\s*h2c\s*$/i.test(upgrade)

/** A call that the route passes, and its body as it arrives. */
export interface Call extends Running {
  readonly request: Request
  readonly body: ReturnType<typeof RequestBody.make>
}

/** A call, or why it is none; nothing of its body is read. */
export const read = (table: Table, incoming: IncomingMessage, response: ServerResponse): Call | Refusal => {
  const wrong = Framing.refusalOf(incoming)
  if (wrong !== null) return wrong
  const asked = Path.read(incoming.url ?? "")
  if (asked._tag === "Left") return asked.left
  const { route: id, path, query } = asked.right
  const running = table.byId.get(id)
  if (running === undefined) return refuse("NOT_FOUND", "There is no such route.")
  if (isUpgrade(incoming)) return refuse("UPGRADE_REFUSED", "Ask again without Upgrade.")
  const { route } = running
  const { method = "GET" } = incoming
  const endToEnd = EndToEnd.request(incoming.rawHeaders)
  if (hasLoop(endToEnd, table.pseudonym)) return refuse("LOOP_DETECTED", "The route's target leads back to us.")
  const refused = unlisted(route, method, path, endToEnd)
  if (refused !== null) return refused
  const { idleMillis, totalMillis } = route.limits
  const bounds = { maxBytes: route.maxBodyBytes, idleMillis, totalMillis }
  const body = RequestBody.make(incoming, response, bounds)
  if (body._tag === "Incoming" && body.length !== null && body.length > route.maxBodyBytes)
    return refuse("BODY_TOO_LARGE", `A body has at most ${route.maxBodyBytes} bytes here.`)
  const headers = table.forwarded(incoming, endToEnd, `${Path.prefix}${id}`)
  const via = ["via", `${incoming.httpVersion} ${table.pseudonym}`]
  return {
    ...running,
    body,
    request: {
      route: id,
      caller: null,
      method,
      path,
      query,
      headers: [...headers, ...via],
      body,
      limits: route.limits,
      sent: { exchanges: [] },
      untilMillis: Number.POSITIVE_INFINITY
    }
  }
}
