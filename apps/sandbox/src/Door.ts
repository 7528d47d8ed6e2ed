import type { IncomingMessage, ServerResponse } from "node:http"
import type { Reply, Words } from "./Answers.ts"
import { answer, isOfLife, sendJson, tellLife } from "./Answers.ts"
import { parsed, readBody } from "./Body.ts"
import * as Cashier from "./Cashier.ts"
import { control } from "./Control.ts"
import type { Fault, On, Own } from "./Faults.ts"
import type { OAuth } from "./OAuth.ts"
import * as Page from "./Page.ts"
import type { Held } from "./Payments.ts"
import type { Answer, Platform } from "./Platform.ts"
import { sha256 } from "./Platform.ts"
import type { Vendors } from "./vendors/Vendors.ts"

interface Call {
  readonly on: Extract<On, "create" | "query" | "close" | "refund" | "query-refund" | "bill">
  /** Of the payment, or of the refund. */
  readonly number: string
}

/** What follows a payment's number, by method. */
const onPayment: { readonly [called: string]: Call["on"] } = {
  GET: "query",
  "POST/close": "close",
  "POST/refunds": "refund"
}

const callOf = (method: string, path: string): Call | undefined => {
  if (method === "POST" && path === "/payments") return { on: "create", number: "" }
  if (method === "GET" && path === "/statements") return { on: "bill", number: "" }
  const [, of, text, rest = ""] =
    /^\/(payments|refunds)\/(?:by-merchant-no\/)?([^/]+?)(\/close|\/refunds)?$/.exec(path) ?? []
  if (text === undefined) return undefined
  const called = `${method}${rest}`
  const on = of === "payments" ? onPayment[called] : called === "GET" ? "query-refund" : undefined
  return on === undefined ? undefined : { on, number: decodeURIComponent(text) }
}

const numberIn = (json: unknown): string => {
  const number = (json as { readonly merchant_payment_no?: unknown } | undefined | null)?.merchant_payment_no
  return typeof number === "string" ? number : ""
}

const sleep = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis).unref())

const replied = (status: number, body: unknown, { did, numbers }: Pick<Reply, "did" | "numbers">): Reply => ({
  status,
  headers: { "content-type": Array.isArray(body) ? "application/x-ndjson" : "application/json" },
  body: Array.isArray(body) ? body.map((line) => `${JSON.stringify(line)}\n`).join("") : JSON.stringify(body),
  did,
  numbers
})

const nothing = { did: "nothing", numbers: [] }

/** How the platform says what a fault wants. */
const wordsFor =
  (fault: Fault | undefined): Words =>
  (what, status) => {
    if (what === "error")
      return replied(status ?? (fault?.fault === "error-after-accept" ? 500 : 503), { error: "server_error" }, nothing)
    if (what === "not-found") return replied(404, { error: "not_found" }, nothing)
    if (what === "reject") return replied(422, { error: "declined", message: "The payment was declined." }, nothing)
    const { headers, ...rest } = replied(429, { error: "too_many_requests" }, nothing)
    return { ...rest, headers: { ...headers, "retry-after": "1" } }
  }

const withWrongAmount = (body: unknown): unknown => {
  const payment = body as { readonly amount?: number }
  return typeof payment.amount === "number" ? { ...payment, amount: payment.amount + 1 } : body
}

/** The platform's one door: its API, its token server, its cashier and the calls of its desk. */
export class Door {
  readonly #platform: Platform
  readonly #oauth: OAuth
  readonly #vendors: Vendors

  constructor(platform: Platform, oauth: OAuth, vendors: Vendors) {
    this.#platform = platform
    this.#oauth = oauth
    this.#vendors = vendors
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "/" } = request
    // A plain path, as most are, needs no reading.
    if (/^\/payments(?:\/[\w/-]*)?$/.test(url)) return this.#api(request, response, url)
    const address = new URL(url, "http://sandbox")
    const path = address.pathname
    if (path.startsWith("/oauth") || path.startsWith("/.well-known/")) return this.#token(request, response, path)
    if (path === "/cashier.js") return Page.sendScript(response, Cashier.script)
    if (path.startsWith("/cashier/")) return this.#cashier(request, response, address)
    if (path.startsWith("/_")) return control(this.#platform, this.#oauth, this.#vendors, request, response, address)
    if (/^\/(?:payments|refunds|statements)(?:\/|$)/.test(path))
      return this.#api(request, response, path, address.searchParams)
    sendJson(response, 404, { error: "not_found" })
  }

  async #token(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const fault = path === "/oauth/token" ? this.#platform.fault("token", "") : undefined
    if (fault !== undefined && isOfLife(fault)) tellLife(response, fault)
    else if (fault !== undefined && fault.fault !== "latency")
      return answer(response, {
        fault,
        number: "",
        act: () => replied(200, {}, nothing),
        words: wordsFor(fault),
        record: (_, status) =>
          this.#record(request, "token", [], sha256(Buffer.alloc(0)), `fault:${fault.fault}`, status)
      })
    if (path === "/oauth/token") this.#record(request, path, [], sha256(Buffer.alloc(0)), "token", 200)
    if (fault?.fault === "latency") await sleep(fault.millis ?? 1000)
    // The provider is mounted below /oauth: it sees its own part of the path (RFC 8414 §3.1 puts the well-known part first).
    const asked = path.startsWith("/.well-known/") ? "/oauth/.well-known/openid-configuration" : (request.url ?? "")
    Object.assign(request, { originalUrl: asked, url: asked.slice("/oauth".length) || "/" })
    this.#oauth.handle(request, response)
  }

  async #isAllowed(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1]
    if (token !== undefined && (await this.#oauth.tokens.accepts(token))) return true
    const challenge = `Bearer realm="sandbox"${token === undefined ? "" : ', error="invalid_token"'}`
    sendJson(response, 401, { error: "unauthorized" }, { "www-authenticate": challenge })
    return false
  }

  async #api(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query = new URLSearchParams()
  ): Promise<void> {
    const body = await readBody(request)
    if (body === undefined) return sendJson(response, 413, { error: "too_large" }, { connection: "close" })
    if (!(await this.#isAllowed(request, response))) return
    const call = callOf(request.method ?? "", path)
    if (call === undefined) return sendJson(response, 404, { error: "not_found" })
    const json = parsed(body)
    const number = this.#struck(call, json)
    const fault = this.#platform.fault(call.on, number)
    const bodySha256 = sha256(body)
    return answer(response, {
      fault,
      number,
      act: (own) => this.#replied(this.#do(call, json, bodySha256, request, query), own),
      words: wordsFor(fault),
      record: ({ did, numbers }, status) => this.#record(request, path, numbers, bodySha256, did, status),
      ...(call.on === "create" ? { accepted: () => this.#notifiedFirst(number) } : {})
    })
  }

  /** The payment by which a fault finds a call. */
  #struck({ on, number }: Call, json: unknown): string {
    if (on === "create") return numberIn(json)
    return on === "query-refund" ? this.#platform.paymentNoOf(number) : number
  }

  #replied({ status, body, headers, ...rest }: Answer, own: Own | undefined): Reply {
    const said = replied(status, own === "wrong-amount" ? withWrongAmount(body) : body, rest)
    return { ...said, headers: { ...said.headers, ...headers } }
  }

  /** The notification that overtakes the create's own answer, where a fault asks for it. */
  async #notifiedFirst(number: string): Promise<void> {
    const held = this.#platform.find(number)
    if (held !== undefined && this.#platform.faults.fire("notify", number, ["before-answer"]) !== undefined)
      await this.#platform.notifications.send(held)
  }

  #do(call: Call, json: unknown, bodySha256: string, request: IncomingMessage, query: URLSearchParams): Answer {
    const { on, number } = call
    if (on === "query") return this.#platform.query(number)
    if (on === "close") return this.#platform.closePayment(number)
    if (on === "query-refund") return this.#platform.queryRefund(number)
    if (on === "bill") return this.#platform.statement(query.get("date") ?? "", query.get("cursor") ?? "")
    const key = request.headers["idempotency-key"]
    if (key === undefined || key === "")
      return { status: 400, body: { error: "idempotency_key_missing" }, did: "refused", numbers: [numberIn(json)] }
    if (json === undefined) return { status: 400, body: { error: "not_json" }, did: "refused", numbers: [] }
    if (on === "refund") return this.#platform.refund(number, json, bodySha256)
    return this.#platform.create(json, bodySha256)
  }

  #record(
    request: IncomingMessage,
    path: string,
    numbers: ReadonlyArray<string>,
    bodySha256: string,
    did: string,
    status: number | "dropped" | "hung"
  ): void {
    const { ledger, clock } = this.#platform
    ledger.append({
      type: "request",
      at: clock.text(),
      method: request.method ?? "",
      path,
      numbers,
      bodySha256,
      did,
      status
    })
  }

  async #cashier(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const held = this.#platform.find(url.pathname.slice("/cashier/".length))
    const language = Page.languageOf(url.searchParams.get("lang"), request.headers["accept-language"])
    if (held === undefined || url.searchParams.get("t") !== held.cashierToken)
      return sendJson(response, 404, { error: "not_found" })
    const show = (now: Held, isLater: boolean) =>
      Page.send(response, 200, Cashier.page(now, this.#shownTo(url, language, isLater)), { script: true })
    if (request.method === "GET") return show(held, false)
    if (request.method !== "POST") return sendJson(response, 405, { error: "method_not_allowed" })
    const decision = new URLSearchParams((await readBody(request))?.toString("utf8") ?? "").get("decision")
    if (decision === "pay" || decision === "refuse") this.#platform.decide(held.payment.id, decision, undefined)
    show(this.#platform.find(held.payment.id) ?? held, decision === "later")
  }

  #shownTo(url: URL, language: Page.Language, isLater: boolean): Cashier.Shown {
    const other = new URL(url)
    other.searchParams.set("lang", language === "zh" ? "en" : "zh")
    const { merchantName, clock } = this.#platform
    return { language, isLater, payee: merchantName, nowMillis: clock.now(), otherUrl: other.pathname + other.search }
  }
}
