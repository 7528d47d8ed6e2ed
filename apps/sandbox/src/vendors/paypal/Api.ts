import type { ServerResponse } from "node:http"
import type { On, Own, Words } from "../Serving.ts"
import * as Serving from "../Serving.ts"
import type { Call, Reply } from "../Vendor.ts"
import type { Account, Asking, Made } from "./Account.ts"
import * as Accounts from "./Account.ts"
import type { Order } from "./Book.ts"
import * as Fields from "./Fields.ts"
import * as Oddly from "./Oddly.ts"
import * as Orders from "./Orders.ts"
import * as Payments from "./Payments.ts"
import { error, json, oauth, Refusal, refused, statusOf } from "./Problems.ts"
import * as Report from "./Report.ts"
import * as Shapes from "./Shapes.ts"
import type { Signers } from "./Signing.ts"
import * as Signing from "./Signing.ts"
import type { Scope, Tokens } from "./Tokens.ts"
import * as Webhooks from "./Webhooks.ts"

/** What the API stands on. */
export interface Office {
  readonly account: Account
  readonly tokens: Tokens
  readonly signers: Signers
  readonly webhookId: string
}

/** A call that was found to be one of the API's. */
interface Asked {
  readonly office: Office
  readonly call: Call
  readonly asking: Asking
  /** The id in the path. */
  readonly id: string
  readonly body: () => Fields.Json
}

/** One call of the API: which faults are about it, what a token needs for it, and what it does. */
interface Route {
  readonly method: "GET" | "POST"
  readonly path: RegExp
  readonly on: On
  /** None: anybody may call. */
  readonly scope: Scope | null
  readonly act: (asked: Asked, own: Own | undefined) => Reply
}

const minimal = (full: object): object => {
  const { id, status, links } = full as { readonly id: string; readonly status: string; readonly links: unknown }
  return { id, status, links }
}

const said = ({ asking }: Asked, status: number, full: object, did: string, { number }: Order): Reply =>
  json(status, asking.isFull ? full : minimal(full), did, [number])

const orderSaid = (asked: Asked, { id, isRepeat }: Made, did: string): Reply => {
  const { account } = asked.office
  const order = Accounts.order(account, id)
  return said(asked, isRepeat ? 200 : 201, Shapes.orderOf(account, order), isRepeat ? `${did} again` : did, order)
}

const create: Route["act"] = (asked) =>
  orderSaid(asked, Orders.create(asked.office.account, asked.asking, asked.body), "create")

const readOrder: Route["act"] = ({ office: { account }, id }) => {
  const order = Accounts.order(account, id)
  return json(200, Shapes.orderOf(account, order), "query", [order.number])
}

const captureSaid = (asked: Asked, { id, isRepeat }: Made, did: string): Reply => {
  const { account } = asked.office
  const [capture, order] = Accounts.capture(account, id)
  return said(asked, isRepeat ? 200 : 201, Shapes.captureOf(account, order, capture), did, order)
}

const authorizationSaid = (asked: Asked, status: number, id: string, did: string): Reply => {
  const { account } = asked.office
  const [authorization, order] = Accounts.authorization(account, id)
  return said(asked, status, Shapes.authorizationOf(account, order, authorization), did, order)
}

const release: Route["act"] = (asked) => {
  const { account } = asked.office
  asked.body()
  const { id } = Payments.release(account, asked.id)
  const reply = authorizationSaid(asked, 200, id, "void")
  return asked.asking.isFull ? reply : { ...reply, status: 204, body: "" }
}

const reauthorize: Route["act"] = (asked) => {
  const made = Payments.reauthorize(asked.office.account, asked.asking, asked.id, asked.body)
  return authorizationSaid(asked, made.isRepeat ? 200 : 201, made.id, "reauthorize")
}

const refund: Route["act"] = (asked) => {
  const { account } = asked.office
  const made = Payments.refund(account, asked.asking, asked.id, asked.body)
  const [found, order] = Accounts.refund(account, made.id)
  const did = made.isRepeat ? "refund again" : "refund"
  return said(asked, made.isRepeat ? 200 : 201, Shapes.refundOf(account, order, found), did, order)
}

const fully = (asked: Asked): Asked => ({ ...asked, asking: { ...asked.asking, isFull: true } })

const readRefund: Route["act"] = ({ office: { account }, id }) => {
  const [found, order] = Accounts.refund(account, id)
  return json(200, Shapes.refundOf(account, order, found), "query refund", [order.number])
}

const orders = "/v2/checkout/orders"
const authorizations = "/v2/payments/authorizations"
const captures = "/v2/payments/captures"
const refunds = "/v2/payments/refunds"
const events = "/v1/notifications/webhooks-events"
const exactly = (path: string): RegExp => new RegExp(`^${path.replace("{}", "([^/]+)")}$`)

const routes: ReadonlyArray<Route> = [
  {
    ...{ method: "POST", path: exactly("/v1/oauth2/token"), on: "token", scope: null },
    act: ({ office, call }) => office.tokens.give(call)
  },
  { method: "POST", path: exactly(orders), on: "create", scope: "payments", act: create },
  { method: "GET", path: exactly(`${orders}/{}`), on: "query", scope: "payments", act: readOrder },
  {
    ...{ method: "POST", path: exactly(`${orders}/{}/capture`), on: "complete", scope: "payments" },
    act: (asked) =>
      orderSaid(asked, Orders.capture(asked.office.account, asked.asking, asked.id, asked.body), "capture")
  },
  {
    ...{ method: "POST", path: exactly(`${orders}/{}/authorize`), on: "complete", scope: "payments" },
    act: (asked) =>
      orderSaid(asked, Orders.authorize(asked.office.account, asked.asking, asked.id, asked.body), "authorize")
  },
  {
    ...{ method: "GET", path: exactly(`${authorizations}/{}`), on: "query", scope: "payments" },
    act: (asked) => authorizationSaid(fully(asked), 200, asked.id, "query authorization")
  },
  {
    ...{ method: "POST", path: exactly(`${authorizations}/{}/capture`), on: "capture", scope: "payments" },
    act: (asked) =>
      captureSaid(asked, Payments.capture(asked.office.account, asked.asking, asked.id, asked.body), "capture")
  },
  { method: "POST", path: exactly(`${authorizations}/{}/void`), on: "close", scope: "payments", act: release },
  {
    method: "POST",
    path: exactly(`${authorizations}/{}/reauthorize`),
    on: "capture",
    scope: "payments",
    act: reauthorize
  },
  {
    ...{ method: "GET", path: exactly(`${captures}/{}`), on: "query", scope: "payments" },
    act: (asked) => captureSaid(fully(asked), { id: asked.id, isRepeat: true }, "query capture")
  },
  { method: "POST", path: exactly(`${captures}/{}/refund`), on: "refund", scope: "refunds", act: refund },
  { method: "GET", path: exactly(`${refunds}/{}`), on: "query-refund", scope: "refunds", act: readRefund },
  {
    ...{ method: "GET", path: exactly("/v1/reporting/transactions"), on: "bill", scope: "reports" },
    act: ({ office, call }) => Report.answer(office.account, call.url)
  },
  {
    ...{ method: "GET", path: exactly(events), on: "query", scope: "webhooks" },
    act: ({ office, call }) => Webhooks.events(office.account, call.url)
  },
  {
    ...{ method: "GET", path: exactly(`${events}/{}`), on: "query", scope: "webhooks" },
    act: ({ office, id }) => Webhooks.event(office.account, id)
  },
  {
    ...{ method: "POST", path: exactly(`${events}/{}/resend`), on: "query", scope: "webhooks" },
    act: ({ office, id }) => Webhooks.resend(office.account, id)
  },
  {
    ...{ method: "POST", path: exactly("/v1/notifications/simulate-event"), on: "query", scope: "webhooks" },
    act: ({ office, asking, body }) => Webhooks.simulate(office.account, asking, body())
  },
  {
    ...{
      method: "POST",
      path: exactly("/v1/notifications/verify-webhook-signature"),
      on: "certificates",
      scope: "webhooks"
    },
    act: ({ office, call }) => Webhooks.verify(office.account, office.signers, office.webhookId, call)
  },
  {
    ...{ method: "GET", path: exactly(`${Signing.certificatePath}{}`), on: "certificates", scope: null },
    act: ({ office, call }, own) =>
      Webhooks.certificate(office.signers, call.url.pathname, own === "wrong-serial" || own === "wrong-signature")
  }
]

/** The merchant's number that a call is about, by which faults choose. */
const numberOf = ({ account: { book } }: Office, route: Route, id: string, call: Call): string => {
  if (route.on === "create") return numberIn(call.body)
  const orderId =
    book.authorizations.get(id)?.orderId ?? book.captures.get(id)?.orderId ?? book.refunds.get(id)?.orderId ?? id
  return book.orders.get(orderId)?.number ?? book.events.get(id)?.number ?? "-"
}

const numberIn = (bytes: Buffer): string => {
  try {
    const [unit] = JSON.parse(bytes.toString("utf8")).purchase_units
    const number = unit.custom_id ?? unit.invoice_id
    return typeof number === "string" ? number : "-"
  } catch {
    return "-"
  }
}

/** What a refusal that a fault asks for is about, by the call. */
const rejections: { readonly [on in On]?: string } = {
  create: "DECIMAL_PRECISION",
  complete: "TRANSACTION_REFUSED",
  capture: "TRANSACTION_REFUSED",
  close: "CANNOT_BE_VOIDED",
  refund: "REFUND_NOT_ALLOWED"
}

const wordsOf =
  (on: On, number: string): Words =>
  (what, status) => {
    if (on === "token")
      return what === "throttle"
        ? oauth(429, "rate_limit_reached", "Too many tokens were asked for")
        : oauth(status ?? 503, "server_error", "The token server is not well")
    if (what === "throttle") return error(429, [number], "RATE_LIMIT_REACHED")
    if (what === "not-found") return error(404, [number], "INVALID_RESOURCE_ID")
    if (what === "error") return error(status ?? 500, [number])
    const issue = rejections[on] ?? "TRANSACTION_REFUSED"
    if (status === 400) return error(400, [number], "INVALID_PARAMETER_VALUE")
    if (status === 403) return error(403, [number], "PERMISSION_DENIED")
    return error(status ?? statusOf(issue), [number], issue)
  }

const askingOf = ({ headers, url }: Call): Asking => {
  const requestId = headers["paypal-request-id"]
  const prefer = headers["prefer"]
  return {
    path: url.pathname,
    requestId: Array.isArray(requestId) ? requestId[0] : requestId,
    isFull: typeof prefer === "string" && /(^|[,;\s])return=representation($|[,;\s])/i.test(prefer)
  }
}

const checkRequestId = ({ requestId }: Asking, path: string): void => {
  if (requestId === undefined || !path.startsWith("/v2/")) return
  if (requestId.length < 1 || requestId.length > 108)
    throw new Refusal("INVALID_STRING_LENGTH", { field: "PayPal-Request-Id", value: requestId, location: "header" })
}

const done = (route: Route, asked: Asked, number: string, own: Own | undefined): Reply => {
  const { office, call, asking } = asked
  const denied = route.scope === null ? undefined : office.tokens.refusal(call, route.scope)
  if (denied === "forbidden") return error(403, [number], "PERMISSION_DENIED")
  if (denied !== undefined) return { ...denied, numbers: [number] }
  if (own === "unknown-code") return Oddly.unknownCode([number])
  try {
    checkRequestId(asking, asking.path)
    return Oddly.played(route.act(asked, own), own)
  } catch (caught) {
    if (caught instanceof Refusal) return refused(caught, [number])
    if (caught instanceof Fields.UnreadType) return error(415, [number])
    throw caught
  }
}

/** Answers a call of the API, as the faults want it. */
export const serve = (office: Office, call: Call, response: ServerResponse): Promise<void> => {
  const { kit } = office.account
  const { pathname } = call.url
  const onPath = routes.filter(({ path }) => path.test(pathname))
  const route = onPath.find(({ method }) => method === call.method)
  if (route === undefined) {
    const reply = error(onPath.length > 0 ? 405 : 404, [])
    kit.record(call, reply, reply.status)
    response.writeHead(reply.status, reply.headers).end(reply.body)
    return Promise.resolve()
  }
  const id = route.path.exec(pathname)?.[1] ?? ""
  const number = numberOf(office, route, id, call)
  const body = () => Fields.body(call.body, call.headers["content-type"])
  const asked: Asked = { office, call, asking: askingOf(call), id, body }
  const act = (own: Own | undefined) => done(route, asked, number, own)
  return Serving.answer(kit, call, response, { on: route.on, number, act, words: wordsOf(route.on, number) })
}
