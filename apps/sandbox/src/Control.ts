import type { IncomingMessage, ServerResponse } from "node:http"
import { pipeline } from "node:stream/promises"
import { sendJson } from "./Answers.ts"
import { parsed, readBody } from "./Body.ts"
import * as CodePage from "./CodePage.ts"
import type { OAuth } from "./OAuth.ts"
import * as Page from "./Page.ts"
import type { Platform } from "./Platform.ts"
import type { Decided } from "./vendors/Vendor.ts"
import type { Vendors } from "./vendors/Vendors.ts"

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

/** A list's inside, from pieces of it; between two pieces other calls have their turn. */
async function* listed(pieces: Iterable<ReadonlyArray<string>>): AsyncGenerator<string> {
  let comma = ""
  for (const texts of pieces) {
    if (texts.length > 0) yield comma + texts.join(",")
    if (texts.length > 0) comma = ","
    await turn()
  }
}

const itemsPerPiece = 500

function* textsOf<A>(all: ReadonlyArray<A>, shown: (one: A) => unknown): Generator<ReadonlyArray<string>> {
  for (let at = 0; at < all.length; at += itemsPerPiece)
    yield all.slice(at, at + itemsPerPiece).map((one) => JSON.stringify(shown(one)))
}

/** What the platform saw and did after line `since`, as of the first piece: what comes meanwhile is left for the next. */
async function* ledgerText(platform: Platform, vendors: Vendors, since: number): AsyncGenerator<string> {
  const { ledger } = platform
  const next = ledger.count
  const payments = platform.payments()
  const refunds = platform.refunds()
  const held = vendors.isUp ? `,"held":${JSON.stringify(vendors.held())}` : ""
  yield '{"requests":['
  yield* listed(ledger.texts("request", since, next))
  yield '],"notifications":['
  yield* listed(ledger.texts("notification", since, next))
  yield '],"payments":['
  yield* listed(textsOf(payments, ({ payment }) => payment))
  yield '],"refunds":['
  yield* listed(textsOf(refunds, ({ refund }) => refund))
  yield `]${held},"next":${next}}`
}

const sendLedger = (platform: Platform, vendors: Vendors, response: ServerResponse, since: number): Promise<void> => {
  response.writeHead(200, { "content-type": "application/json" })
  return pipeline(ledgerText(platform, vendors, since), response)
}

/** The secrets of a body: one, or two while one is exchanged for the other. */
const secretsIn = (json: unknown): ReadonlyArray<string> | undefined => {
  const { secrets } = (json ?? {}) as { readonly secrets?: unknown }
  if (!Array.isArray(secrets) || secrets.length < 1 || secrets.length > 2) return undefined
  return secrets.every((secret) => typeof secret === "string" && secret !== "") ? secrets : undefined
}

/** What a payer or the desk does to a payment, the platform's or else a vendor's. */
const decided = async (
  platform: Platform,
  vendors: Vendors,
  number: string,
  verb: string,
  json: unknown
): Promise<Decided> => {
  const said = typeof json === "object" && json !== null ? (json as { readonly [name: string]: unknown }) : {}
  const amount = said["amountMinor"] ?? said["amount"]
  const amountMinor = typeof amount === "number" ? amount : undefined
  const isOurs = platform.find(number) !== undefined
  const decision = { ...said, verb, ...(amountMinor === undefined ? {} : { amountMinor }) }
  const theirs = isOurs ? undefined : await vendors.decide(number, decision)
  return theirs ?? platform.decide(number, verb, amountMinor, said)
}

/** The calls of tests and demonstrations, below `/_`. */
export const control = async (
  platform: Platform,
  oauth: OAuth,
  vendors: Vendors,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL
): Promise<void> => {
  const { ledger, faults, clock } = platform
  const body = await readBody(request)
  const json = body === undefined || body.length === 0 ? undefined : parsed(body)
  const [, , number, decision] = url.pathname.split("/")
  if (url.pathname === "/_health") return sendJson(response, 200, { alive: true })
  if (url.pathname === "/_qr") {
    const language = Page.languageOf(url.searchParams.get("lang"), request.headers["accept-language"])
    const content = url.searchParams.get("content") ?? ""
    if (content === "" || content.length > 1000)
      return sendJson(response, 400, { error: "invalid", message: '"content" is 1 to 1000 characters' })
    return Page.send(response, 200, await CodePage.page(content, { ...vendors.urls, platform: platform.url }, language))
  }
  if (url.pathname === "/_credentials") return sendJson(response, 200, vendors.credentials)
  if (url.pathname === "/_ledger")
    return sendLedger(platform, vendors, response, Number(url.searchParams.get("since") ?? 0))
  if (url.pathname === "/_faults" && request.method === "PUT") {
    const wrong = faults.replace(json)
    return wrong === undefined
      ? sendJson(response, 200, faults.list())
      : sendJson(response, 400, { error: "invalid", message: wrong })
  }
  if (url.pathname === "/_faults") return sendJson(response, 200, faults.list())
  if (url.pathname === "/_clients" && request.method === "PUT") {
    const secrets = secretsIn(json)
    if (secrets === undefined)
      return sendJson(response, 400, { error: "invalid", message: '"secrets" is a list of one or two texts' })
    oauth.accept(secrets)
    return sendJson(response, 200, { secrets: secrets.length })
  }
  if (url.pathname === "/_clock" && request.method === "POST") {
    const { advanceMillis, now } = (json ?? {}) as { readonly advanceMillis?: number; readonly now?: string }
    clock.offsetMillis = now === undefined ? clock.offsetMillis + (advanceMillis ?? 0) : Date.parse(now) - Date.now()
    ledger.append({ type: "clock", at: clock.text(), offsetMillis: clock.offsetMillis })
    platform.sweep()
    vendors.sweep()
    return sendJson(response, 200, { now: clock.text() })
  }
  if (url.pathname.startsWith("/_payments/") && request.method === "POST") {
    const answer = await decided(platform, vendors, decodeURIComponent(number ?? ""), decision ?? "", json)
    return sendJson(response, answer.status, answer.body)
  }
  sendJson(response, 404, { error: "not_found" })
}
