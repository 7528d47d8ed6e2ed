import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { HttpApi, HttpRouter, HttpServerRequest } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Admin, Order, Problem } from "@payment-proxy/api"
import { SignIn, Trail } from "@payment-proxy/application"
import type { Deeds, OperatorAccount, OperatorAccounts, OperatorSession, OperatorSessions } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import * as Cookies from "./Cookies.ts"
import { Settings } from "./Settings.ts"

type SignedIn = typeof Admin.Sessions.Session.Type

/** A session as it is shown to its own page. */
export const shown = (account: OperatorAccount, session: OperatorSession): SignedIn => ({
  operator: account.name,
  role: account.role,
  isFederated: account.subject !== null,
  csrfToken: session.csrfToken,
  endsAt: Order.timeOf(session.endsAtMillis)
})

/**
 * Whether a call comes from a page of ours, by what browsers say of it: `Sec-Fetch-Site` (Fetch Metadata §2.4) and `Origin`
 * (RFC 6454 §7). One of them is there on all that is not GET; who sends neither is no page of ours.
 */
const siteFault = ({ headers }: IncomingMessage, origins: ReadonlySet<string>): string | null => {
  const { origin, "sec-fetch-site": site } = headers
  if (site !== undefined && site !== "same-origin") return "Only the console's own pages may call this."
  if (origin === undefined)
    return site === undefined ? "Say where the call comes from: send Origin, as browsers do." : null
  return origins.has(origin) ? null : "Only the console's own pages may call this."
}

/** What may change nothing (RFC 9110 §9.2.1). */
const isReading = ({ method }: IncomingMessage): boolean => method === "GET" || method === "HEAD"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const isToken = ({ headers }: IncomingMessage, token: string): boolean => {
  const given = headers["x-csrf-token"]
  return typeof given === "string" && timingSafeEqual(digest(given), digest(token))
}

/** Refuses what another site makes a browser send, where there is no session yet. */
export const ownSite: Effect.Effect<void, Problem.Problem, Settings | HttpServerRequest.HttpServerRequest> =
  Effect.flatMap(Effect.zip(Settings, HttpServerRequest.HttpServerRequest), ([{ origins }, asked]) => {
    const fault = siteFault(NodeHttpServerRequest.toIncomingMessage(asked), origins)
    return fault === null ? Effect.void : Effect.fail(Problem.make("CROSS_SITE", fault))
  })

/** The id in the session's cookie; null where there is none. */
export const sessionId = Effect.map(
  Effect.zip(Settings, HttpServerRequest.HttpServerRequest),
  ([{ isSecure }, asked]) => Cookies.read(NodeHttpServerRequest.toIncomingMessage(asked), Cookies.session, isSecure)
)

/** The network address that the call comes from. */
export const address = Effect.map(Effect.zip(Settings, HttpServerRequest.HttpServerRequest), ([{ addressOf }, asked]) =>
  addressOf(NodeHttpServerRequest.toIncomingMessage(asked))
)

const singular: Readonly<Record<string, string>> = {
  sessions: "session",
  orders: "order",
  proposals: "proposal",
  apps: "app",
  vendors: "vendor",
  reconciliation: "day",
  operators: "operator"
}

/** What a call is on record as: `order.close`. */
export const actionOf = (group: string, endpoint: string): string => `${singular[group] ?? group}.${endpoint}`

const actions = (): ReadonlyMap<string, string> => {
  const named = new Map<string, string>()
  HttpApi.reflect(Admin.Api, {
    onGroup: () => undefined,
    onEndpoint: ({ group, endpoint }) =>
      void named.set(`${endpoint.method} ${endpoint.path}`, actionOf(group.identifier, endpoint.name))
  })
  return named
}
const actionByRoute = actions()

/** What is asked for, as it goes on record. */
const attempted = Effect.map(HttpRouter.RouteContext, ({ route, params }) => ({
  action: actionByRoute.get(`${route.method} ${route.path}`) ?? "call",
  subject: Object.values(params).find((value) => value !== undefined) ?? null
}))

/** A stream, or a page that only looks again by itself, keeps no session alive. */
const isPresent = ({ url = "", headers }: IncomingMessage): boolean =>
  !/\/live(?:\?|$)/.test(url) && headers["x-idle"] === undefined

/** Why a call by this session is refused; null where it is not. */
const refusalOf = (
  incoming: IncomingMessage,
  needed: Admin.Role.Role,
  { account, session }: { readonly account: OperatorAccount; readonly session: OperatorSession },
  origins: ReadonlySet<string>
): Problem.Problem | null => {
  if (!isReading(incoming)) {
    const fault = siteFault(incoming, origins)
    if (fault !== null) return Problem.make("CROSS_SITE", fault)
    if (!isToken(incoming, session.csrfToken))
      return Problem.make("CROSS_SITE", "Send x-csrf-token as the session has it; sign in again where it is lost.")
  }
  return Admin.Role.includes(account.role, needed)
    ? null
    : Problem.make("ROLE_NEEDED", `This takes the role ${needed}; yours is ${account.role}.`)
}

const signedOut = Problem.make("SIGNED_OUT", "Sign in: there is no session, or it has ended.")
const away = Problem.make("STORE_UNAVAILABLE", "Try again in a moment.")

/** Lets in whose session's account has the role now; who is refused it with a session is on record. */
const entered = Effect.fnUntraced(
  function* (needed: Admin.Role.Role) {
    const { origins, addressOf } = yield* Settings
    const incoming = NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest)
    const id = yield* sessionId
    if (id === null) return yield* Effect.fail(signedOut)
    const who = yield* SignIn.resume(id, isPresent(incoming))
    const refusal = refusalOf(incoming, needed, who, origins)
    if (refusal === null) return shown(who.account, who.session)
    const deed = { ...(yield* attempted), operator: who.account.name, reason: null, address: addressOf(incoming) }
    yield* Trail.write(deed, refusal.code)
    return yield* Effect.fail(refusal)
  },
  Effect.catchTags({
    SignedOut: () => Effect.fail(signedOut),
    StoreUnavailable: ({ cause }) =>
      Effect.zipRight(Effect.logError("The store is not available.", cause), Effect.fail(away))
  })
)

type Needs = Settings | OperatorAccounts | OperatorSessions | Deeds

const gate = (needed: Admin.Role.Role) =>
  Effect.map(Effect.context<Needs>(), (context) => Effect.provide(entered(needed), context))

/** The three gates of the operators' API. */
export const layer = Layer.mergeAll(
  Layer.effect(Admin.Call.Viewer, gate("viewer")),
  Layer.effect(Admin.Call.Operator, gate("operator")),
  Layer.effect(Admin.Call.Administrator, gate("administrator"))
)
