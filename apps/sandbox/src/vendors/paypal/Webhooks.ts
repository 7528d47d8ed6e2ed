import type { Call, Reply } from "../Vendor.ts"
import type { Account, Asking } from "./Account.ts"
import type { Event } from "./Book.ts"
import { madeId } from "./Book.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import { json, Refusal } from "./Problems.ts"
import type { Signers } from "./Signing.ts"
import * as Signing from "./Signing.ts"

/** The text of one member of a JSON object, byte for byte as it stands there; the text is known to be JSON. */
export const memberText = (text: string, name: string): string | undefined => {
  let depth = 0
  let key: string | undefined
  let from = -1
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/gs)) {
    if (token === "{" || token === "[") depth += 1
    else if (depth === 1 && token === ":" && from < 0 && key === name) from = index + 1
    else if (depth === 1 && (token === "," || token === "}")) {
      if (from >= 0) return text.slice(from, index).trim()
      key = undefined
    } else if (depth === 1 && key === undefined && token.startsWith('"')) key = JSON.parse(token)
    if (token === "}" || token === "]") depth -= 1
  }
  return undefined
}

const needed = (body: Json, name: string, max: number): string => {
  const value = Fields.text(body, name, "", max)
  if (value === undefined) throw Fields.wrong("MISSING_REQUIRED_PARAMETER", `/${name}`)
  return value
}

/** Answers a postback: whether the transmission of an event is this vendor's. */
export const verify = ({ kit }: Account, { good }: Signers, webhookId: string, call: Call): Reply => {
  const body = Fields.body(call.body, call.headers["content-type"])
  const algorithm = needed(body, "auth_algo", 100)
  const url = needed(body, "cert_url", 500)
  const signed = needed(body, "transmission_sig", 500)
  const id = needed(body, "transmission_id", 50)
  const time = needed(body, "transmission_time", 100)
  const listener = needed(body, "webhook_id", 50)
  const event = memberText(call.body.toString("utf8"), "webhook_event")
  if (event === undefined || !event.startsWith("{")) throw Fields.wrong("MISSING_REQUIRED_PARAMETER", "/webhook_event")
  const isOurs = url === `${kit.url}${Signing.certificatePath}${good.id}` && listener === webhookId
  const isRight =
    isOurs &&
    algorithm === "SHA256withRSA" &&
    Signing.isSigned(Signing.signedText(id, time, listener, event), signed, good.certificate)
  return json(200, { verification_status: isRight ? "SUCCESS" : "FAILURE" }, "verified", [])
}

/** Answers with a certificate that events are signed with. */
export const certificate = (signers: Signers, path: string, isOdd: boolean): Reply => {
  const id = path.slice(Signing.certificatePath.length)
  const all = [signers.good, signers.expired, signers.rogue]
  const found = all.find((signer) => signer.id === id)
  if (found === undefined) throw new Refusal("INVALID_RESOURCE_ID", { field: "cert_id", value: id, location: "path" })
  const { certificate: body } = isOdd ? signers.rogue : found
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "max-age=86400" }
  return { status: 200, headers, body, did: "certificate", numbers: [] }
}

const eventOf = ({ book }: Account, id: string): Event => {
  const event = book.events.get(id)
  if (event === undefined) throw new Refusal("INVALID_RESOURCE_ID", { field: "event_id", value: id, location: "path" })
  return event
}

const pageSizeOf = (text: string | null): number => {
  if (text === null) return 10
  if (!/^[1-9]\d*$/.test(text) || Number(text) > 300)
    throw new Refusal("INVALID_PARAMETER_VALUE", { field: "page_size", value: text, location: "query" })
  return Number(text)
}

const millisOf = (query: URLSearchParams, name: string, otherwise: number): number => {
  const text = query.get(name)
  if (text === null) return otherwise
  const millis = Date.parse(text)
  if (Number.isNaN(millis))
    throw new Refusal("INVALID_PARAMETER_SYNTAX", { field: name, value: text, location: "query" })
  return millis
}

/** Answers a list of events, the newest first; those of 30 days, a page of them after `from_event_id`. */
export const events = ({ book, kit }: Account, { searchParams }: URL): Reply => {
  const now = kit.clock.now()
  const start = millisOf(searchParams, "start_time", now - 30 * 86_400_000)
  const end = millisOf(searchParams, "end_time", now)
  const type = searchParams.get("event_type")
  const transaction = searchParams.get("transaction_id")
  const all = [...book.events.values()]
    .filter(({ atMillis }) => atMillis >= start && atMillis <= end)
    .filter((event) => type === null || event.type === type)
    .filter(({ body }) => transaction === null || JSON.parse(body).resource.id === transaction)
    .reverse()
  const size = pageSizeOf(searchParams.get("page_size"))
  const after = searchParams.get("from_event_id")
  const first = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  const page = all.slice(first, first + size)
  const next = new URL(`${kit.url}/v1/notifications/webhooks-events?${searchParams}`)
  next.searchParams.set("from_event_id", page.at(-1)?.id ?? "")
  const links = first + size < all.length ? [{ href: next.href, rel: "next", method: "GET" }] : []
  return json(200, { events: page.map(({ body }) => JSON.parse(body)), count: page.length, links }, "events", [])
}

/** Answers one event. */
export const event = (account: Account, id: string): Reply => {
  const { body, number } = eventOf(account, id)
  return json(200, JSON.parse(body), "event", [number])
}

/** Sends an event again, to the listener that there is now. */
export const resend = (account: Account, id: string): Reply => {
  const found = eventOf(account, id)
  void account.telling.send({ ...found, url: account.book.settings.webhookUrl })
  return json(202, JSON.parse(found.body), "resend", [found.number])
}

/** Sends an event that never happened: signed for the literal id WEBHOOK_ID, it cannot be verified by postback. */
export const simulate = (account: Account, { path }: Asking, body: Json): Reply => {
  const type = needed(body, "event_type", 50)
  const url = Fields.address(body, "url", "") ?? account.book.settings.webhookUrl
  const id = `WH-${madeId()}-${madeId()}`
  const resource = { id: madeId(), status: "COMPLETED", amount: { currency_code: "USD", value: "1.00" } }
  const at = account.kit.clock.now()
  const content = {
    id,
    event_version: "1.0",
    create_time: new Date(at).toISOString(),
    event_type: type,
    resource,
    links: []
  }
  const mock: Event = { id, number: "-", type, atMillis: at, body: JSON.stringify(content), url, isTaken: false }
  void account.telling.send(mock, "WEBHOOK_ID")
  return json(202, content, `simulate ${path}`, [])
}
