import { createHash, timingSafeEqual } from "node:crypto"
import type { ServerResponse } from "node:http"
import { parsed } from "../../Body.ts"
import type { On, Own } from "../Serving.ts"
import * as Serving from "../Serving.ts"
import type { Call, Reply } from "../Vendor.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import type { Gateway } from "./Gateway.ts"
import { initiate } from "./Initiate.ts"
import * as Operations from "./Operations.ts"
import * as Standing from "./Standing.ts"
import * as Views from "./Views.ts"
import { invalid, json, refusal, rejected, wordsFor } from "./Words.ts"

const firstVersion = 63
const lastVersion = 100

/** A call of the REST API, taken apart. */
interface Asked {
  readonly method: string
  readonly version: string
  readonly merchantId: string
  readonly session: string | undefined
  readonly order: string | undefined
  readonly transaction: string | undefined
  readonly what: "create" | "session" | "order" | "transaction" | "put"
}

const decoded = (text: string | undefined): string | undefined => {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const path =
  /^\/api\/rest\/version\/([^/]+)\/merchant\/([^/]+)\/(?:(session)(?:\/([^/]+))?|order\/([^/]+)(?:\/transaction\/([^/]+))?)$/

const whatOf = (method: string, parts: Pick<Asked, "session" | "order" | "transaction">): Asked["what"] | undefined => {
  const { session, order, transaction } = parts
  if (order === undefined && session === undefined) return method === "POST" ? "create" : undefined
  if (method === "PUT") return transaction === undefined ? undefined : "put"
  if (method !== "GET") return undefined
  if (order === undefined) return "session"
  return transaction === undefined ? "order" : "transaction"
}

const askedIn = ({ method, url }: Call): Asked | undefined => {
  const match = path.exec(url.pathname)
  if (match === null) return undefined
  const parts = { session: decoded(match[4]), order: decoded(match[5]), transaction: decoded(match[6]) }
  const what = whatOf(method, parts)
  const { 1: version = "", 2: merchantId = "" } = match
  return what === undefined ? undefined : { method, version, merchantId: decoded(merchantId) ?? "", ...parts, what }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Whether a call bears the name of its merchant and one of these passwords (HTTP Basic, RFC 7617). */
export const isAllowed = (call: Call, merchantId: string, passwords: ReadonlyArray<string>): boolean => {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(call.headers.authorization ?? "")?.[1] ?? ""
  const said = Buffer.from(encoded, "base64").toString("utf8")
  return passwords.filter((one) => timingSafeEqual(digest(said), digest(`merchant.${merchantId}:${one}`))).length > 0
}

const isJsonType = (type: string | undefined): boolean =>
  /^application\/json(\s*;\s*charset="?utf-8"?)?\s*$/i.test(type ?? "")

/** What a call puts into its answer again, without anybody keeping it. */
const correlationIn = (call: Call, body: unknown): object => {
  const inBody = typeof body === "object" && body !== null && "correlationId" in body ? body.correlationId : undefined
  const said = inBody ?? call.url.searchParams.get("correlationId") ?? undefined
  if (said === undefined) return {}
  if (typeof said === "string" && said.length >= 1 && said.length <= 100) return { correlationId: said }
  return Fields.refuse(invalid("Length is 1 to 100 characters.", "correlationId", "INVALID"))
}

const checkVersion = (version: string): void => {
  const number = /^\d{1,3}$/.test(version) ? Number(version) : Number.NaN
  if (!(number >= firstVersion && number <= lastVersion))
    Fields.refuse(invalid(`The version is one of ${firstVersion} to ${lastVersion}.`, "version", "UNSUPPORTED"))
}

const onOf: { readonly [operation: string]: On } = {
  PAY: "complete",
  AUTHORIZE: "complete",
  CAPTURE: "capture",
  VOID: "close",
  REFUND: "refund"
}

/** What a call is for the faults, and whose payment it is about. */
const aboutOf = (gateway: Gateway, asked: Asked, body: unknown): { readonly on: On; readonly number: string } => {
  const { what, session = "", order: number = "", transaction } = asked
  const field = (name: string): unknown =>
    typeof body === "object" && body !== null ? (body as Json)[name] : undefined
  if (what === "create") {
    const order = field("order")
    const id = typeof order === "object" && order !== null && "id" in order ? order.id : ""
    return { on: "create", number: typeof id === "string" ? id : "" }
  }
  if (what === "session") return { on: "query", number: gateway.book.session(session)?.order.id ?? "" }
  if (what === "put") return { on: onOf[String(field("apiOperation"))] ?? "complete", number }
  if (what === "order") return { on: "query", number }
  const known = gateway.order(number)?.transactions.find(({ id }) => id === transaction)
  const isOther = known !== undefined && !Standing.typeOf(known).startsWith("REFUND")
  return { on: isOther ? "query" : "query-refund", number }
}

const queried = (gateway: Gateway, asked: Asked): object => {
  const { id } = gateway.merchant
  if (asked.what === "session") {
    const session = gateway.book.session(asked.session ?? "")
    return session === undefined ? Fields.refuse(invalid("Unable to find session.")) : Views.session(session, id)
  }
  const order = gateway.order(asked.order ?? "")
  if (order === undefined) return Fields.refuse(invalid("Unable to find order, cannot retrieve."))
  if (asked.what === "order") return Views.order(order, id)
  const transaction = order.transactions.find((one) => one.id === asked.transaction)
  return transaction === undefined
    ? Fields.refuse(invalid("Unable to find transaction, cannot retrieve."))
    : Views.transaction(order, transaction, id)
}

/** A view with what a fault wants to be wrong with it, which is not in the book. */
const replied = (status: number, view: object, did: string, number: string, correlation: object): Reply =>
  json(status, { ...correlation, ...view }, did, number)

/** Does a PUT; the merchant is told of it after the answer, or before where a fault wants that. */
const putDone = async (gateway: Gateway, asked: Asked, body: Json, own: Own | undefined, correlation: object) => {
  const { version, order: orderId = "", transaction: id = "" } = asked
  for (const [value, field] of [
    [orderId, "order.id"],
    [id, "transaction.id"]
  ] as const)
    if (value.length < 1 || value.length > 40) Fields.refuse(invalid("Length is 1 to 40 characters.", field, "INVALID"))
  const { order, transaction, isRepeat } = Operations.put(gateway, { version, orderId, id, body, own })
  if (!isRepeat) {
    const isFirst = gateway.kit.faults.fire("notify", orderId, ["before-answer"]) !== undefined
    const told = gateway.tell(orderId, id)
    if (isFirst) await told
  }
  // What nobody knows is in the book itself; it is no status that nobody knows.
  const shown = own === "unknown-status" ? undefined : own
  const view = Views.faulty(Views.transaction(order, transaction, gateway.merchant.id), shown)
  return replied(201, view, isRepeat ? "repeat" : String(body["apiOperation"]).toLowerCase(), orderId, correlation)
}

const done = (gateway: Gateway, call: Call, asked: Asked, number: string, own: Own | undefined) => {
  const body = asked.method === "GET" ? undefined : parsed(call.body)
  let correlation: object = {}
  const refused = (caught: unknown): Reply => {
    if (caught instanceof Fields.Refused) return refusal(caught.wrong, number, correlation)
    throw caught
  }
  try {
    const { id, passwords } = gateway.merchant
    if (asked.merchantId !== id || !isAllowed(call, id, passwords)) return refusal(rejected, number)
    correlation = correlationIn(call, body)
    checkVersion(asked.version)
    if (asked.method === "GET")
      return replied(200, Views.faulty(queried(gateway, asked), own), "query", number, correlation)
    if (!isJsonType(call.headers["content-type"])) Fields.refuse(invalid("The content type is not application/json."))
    const object = Fields.object(body)
    if (asked.what === "create")
      return replied(201, initiate(gateway, object, asked.version, own), "create", number, correlation)
    return putDone(gateway, asked, object, own, correlation).catch(refused)
  } catch (caught) {
    return refused(caught)
  }
}

/** Answers a call of the REST API. */
export const handle = (gateway: Gateway, call: Call, response: ServerResponse): Promise<void> => {
  const asked = askedIn(call)
  const about: { readonly on: On; readonly number: string } =
    asked === undefined ? { on: "query", number: "" } : aboutOf(gateway, asked, parsed(call.body))
  const { on, number } = about
  return Serving.answer(gateway.kit, call, response, {
    on,
    number,
    act: (own) =>
      asked === undefined
        ? refusal({ ...invalid("There is no such operation."), status: 404 }, number)
        : done(gateway, call, asked, number, own),
    words: wordsFor(on, number)
  })
}
