import { randomBytes } from "node:crypto"
import { mkdtempSync } from "node:fs"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Cashier from "./Cashier.ts"
import type { Fault, On } from "./Faults.ts"
import { retryMillis } from "./Notifications.ts"
import type { OAuth } from "./OAuth.ts"
import * as OAuthServer from "./OAuth.ts"
import type { Answer } from "./Platform.ts"
import { Platform, sha256 } from "./Platform.ts"

/** How to run a sandbox; what is left out is made up. */
export interface Options {
  readonly host?: string
  /** 0: the system picks; left out: 4010, or the next that is free. */
  readonly port?: number
  readonly folder?: string
  readonly clientId?: string
  readonly clientSecret?: string
  readonly webhookSecret?: string
  readonly merchantId?: string
  readonly tokenSeconds?: number
  readonly retryMillis?: ReadonlyArray<number>
}

/** A sandbox that listens. */
export interface Sandbox {
  readonly url: string
  readonly issuer: string
  readonly clientSecret: string
  readonly webhookSecret: string
  readonly close: () => Promise<void>
}

const maxBodyBytes = 64 * 1024

const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Array<Buffer> = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A client that leaves in the middle of its request has asked for nothing. */
const isGone = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE")

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch {
    return undefined
  }
}

const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {}
): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
}

const sendHtml = (response: ServerResponse, status: number, html: string): void => {
  response
    .writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": Cashier.contentSecurityPolicy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff"
    })
    .end(html)
}

const gbk = Buffer.from([0xd6, 0xa7, 0xb8, 0xb6, 0xb3, 0xc9, 0xb9, 0xa6])

const sendBytes = (response: ServerResponse, status: number, bytes: Buffer): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(bytes)
}

/** An answer of which a byte comes now and then, for as long as the client bears it. */
const drip = (response: ServerResponse, status: number, text: string, millis: number): void => {
  response.writeHead(status, { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) })
  let at = 0
  const timer = setInterval(() => {
    if (response.destroyed || at >= text.length) clearInterval(timer)
    else response.write(text[at++])
  }, millis).unref()
  response.once("close", () => clearInterval(timer))
}

const sleep = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis).unref())

/** Whether a fault keeps the call from being done. */
const isBefore = (fault: Fault | undefined): boolean =>
  fault !== undefined &&
  ["drop-before-accept", "error-before-accept", "reject", "throttle", "not-found"].includes(fault.fault)

class Door {
  readonly #platform: Platform
  readonly #oauth: OAuth

  constructor(platform: Platform, oauth: OAuth) {
    this.#platform = platform
    this.#oauth = oauth
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://sandbox")
    const path = url.pathname
    if (path.startsWith("/oauth") || path.startsWith("/.well-known/")) return this.#token(request, response, path)
    if (path.startsWith("/cashier/")) return this.#cashier(request, response, url)
    if (path.startsWith("/_")) return this.#control(request, response, url)
    if (path === "/payments" || path.startsWith("/payments/")) return this.#api(request, response, path)
    sendJson(response, 404, { error: "not_found" })
  }

  async #token(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const fault = path === "/oauth/token" ? this.#platform.fault("token", "") : undefined
    if (fault?.fault === "latency") await sleep(fault.millis ?? 1000)
    else if (fault !== undefined) {
      this.#record(
        request,
        "token",
        [],
        sha256(Buffer.alloc(0)),
        `fault:${fault.fault}`,
        fault.fault === "hang" ? "hung" : (fault.status ?? 503)
      )
      return this.#broken(response, fault, { status: 200, body: {}, did: "", numbers: [] })
    }
    if (path === "/oauth/token") this.#record(request, path, [], sha256(Buffer.alloc(0)), "token", 200)
    // The provider is mounted below /oauth: it sees its own part of the path (RFC 8414 §3.1 puts the well-known part first).
    const asked = path.startsWith("/.well-known/") ? "/oauth/.well-known/openid-configuration" : (request.url ?? "")
    Object.assign(request, { originalUrl: asked, url: asked.slice("/oauth".length) || "/" })
    this.#oauth.handle(request, response)
  }

  async #isAllowed(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1]
    if (token !== undefined && (await this.#oauth.accepts(token))) return true
    const challenge = `Bearer realm="sandbox"${token === undefined ? "" : ', error="invalid_token"'}`
    sendJson(response, 401, { error: "unauthorized" }, { "www-authenticate": challenge })
    return false
  }

  async #api(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = await readBody(request)
    if (body === undefined) return sendJson(response, 413, { error: "too_large" }, { connection: "close" })
    if (!(await this.#isAllowed(request, response))) return
    const call = callOf(request.method ?? "", path)
    if (call === undefined) return sendJson(response, 404, { error: "not_found" })
    const json = parsed(body)
    const number = call.on === "create" ? numberIn(json) : call.number
    const fault = this.#platform.fault(call.on, number)
    if (fault?.fault === "latency") await sleep(fault.millis ?? 1000)
    const answer = isBefore(fault) ? undefined : this.#do(call, json, body, request)
    const said = answer ?? { status: fault?.status ?? 503, body: {}, did: "nothing", numbers: [number] }
    const hasFault = fault !== undefined && fault.fault !== "latency"
    const status =
      hasFault && fault.fault.startsWith("drop") ? "dropped" : hasFault && fault.fault === "hang" ? "hung" : said.status
    this.#record(
      request,
      path,
      said.numbers,
      sha256(body),
      hasFault ? `${said.did} (${fault.fault})` : said.did,
      status
    )
    if (call.on === "create" && answer !== undefined) await this.#notifiedFirst(number)
    if (fault?.fault === "late") await sleep(fault.millis ?? 1000)
    return hasFault ? this.#broken(response, fault, said) : sendJson(response, said.status, said.body)
  }

  /** The notification that overtakes the create's own answer, where a fault asks for it. */
  async #notifiedFirst(number: string): Promise<void> {
    const held = this.#platform.find(number)
    if (held !== undefined && this.#platform.faults.fire("notify", number, ["before-answer"]) !== undefined)
      await this.#platform.notifications.send(held)
  }

  #do(call: Call, json: unknown, body: Buffer, request: IncomingMessage): Answer {
    if (call.on === "query") return this.#platform.query(call.number)
    if (call.on === "close") return this.#platform.closePayment(call.number)
    const key = request.headers["idempotency-key"]
    if (key === undefined || key === "")
      return { status: 400, body: { error: "idempotency_key_missing" }, did: "refused", numbers: [numberIn(json)] }
    if (json === undefined) return { status: 400, body: { error: "not_json" }, did: "refused", numbers: [] }
    return this.#platform.create(json, sha256(body))
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

  #broken(response: ServerResponse, fault: Fault, said: Answer): void {
    const text = JSON.stringify(said.body)
    switch (fault.fault) {
      case "drop-before-accept":
      case "drop-after-accept":
        response.destroy()
        return
      case "hang":
        return
      case "error-before-accept":
      case "error-after-accept":
        return sendJson(response, fault.status ?? (fault.fault === "error-before-accept" ? 503 : 500), {
          error: "server_error"
        })
      case "reject":
        return sendJson(response, 422, { error: "declined", message: "The payment was declined." })
      case "throttle":
        return sendJson(response, 429, { error: "too_many_requests" }, { "retry-after": "1" })
      case "not-found":
        return sendJson(response, 404, { error: "not_found" })
      case "garbage":
        response.writeHead(200, { "content-type": "application/json" }).end('{"id":"pay_')
        return
      case "html":
        return sendHtml(response, 200, "<!doctype html><title>Welcome</title><h1>It works!</h1>")
      case "truncate":
        response.writeHead(said.status, {
          "content-type": "application/json",
          "content-length": String(text.length + 100)
        })
        response.write(text, () => response.destroy())
        return
      case "cut":
        // Without a length and with an end: half of an answer looks like a whole one.
        response.useChunkedEncodingByDefault = false
        response.writeHead(said.status, { "content-type": "application/json", connection: "close" })
        response.end(text.slice(0, text.length / 2))
        return
      case "late":
        return sendJson(response, said.status, said.body)
      case "drip":
        return drip(response, said.status, text, fault.millis ?? 200)
      case "utf16":
        return sendBytes(response, said.status, Buffer.from(text, "utf16le"))
      case "gbk":
        // 支付成功 in GBK, which is no UTF-8.
        return sendBytes(response, said.status, Buffer.concat([Buffer.from('{"note":"'), gbk, Buffer.from('"}')]))
      case "bom":
        return sendBytes(response, said.status, Buffer.from(`\uFEFF${text}`))
      case "wrong-type":
        response.writeHead(said.status, { "content-type": "text/plain" }).end(text)
        return
      default:
        return sendJson(response, said.status, withWrongAmount(said.body))
    }
  }

  async #cashier(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const held = this.#platform.find(url.pathname.slice("/cashier/".length))
    const language = Cashier.languageOf(url.searchParams.get("lang"), request.headers["accept-language"])
    if (held === undefined || url.searchParams.get("t") !== held.cashierToken)
      return sendJson(response, 404, { error: "not_found" })
    if (request.method === "GET") return sendHtml(response, 200, Cashier.page(held, language))
    if (request.method !== "POST") return sendJson(response, 405, { error: "method_not_allowed" })
    const decision = new URLSearchParams((await readBody(request))?.toString("utf8") ?? "").get("decision")
    if (decision === "later") return sendHtml(response, 200, Cashier.laterPage(held, language))
    if (decision === "pay" || decision === "refuse") this.#platform.decide(held.payment.id, decision, undefined)
    return sendHtml(response, 200, Cashier.page(this.#platform.find(held.payment.id) ?? held, language))
  }

  async #control(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { ledger, faults, clock } = this.#platform
    const body = await readBody(request)
    const json = body === undefined || body.length === 0 ? undefined : parsed(body)
    const [, , number, decision] = url.pathname.split("/")
    if (url.pathname === "/_health") return sendJson(response, 200, { alive: true })
    if (url.pathname === "/_ledger") return this.#ledger(response, Number(url.searchParams.get("since") ?? 0))
    if (url.pathname === "/_faults" && request.method === "PUT") {
      const wrong = faults.replace(json)
      return wrong === undefined
        ? sendJson(response, 200, faults.list())
        : sendJson(response, 400, { error: "invalid", message: wrong })
    }
    if (url.pathname === "/_faults") return sendJson(response, 200, faults.list())
    if (url.pathname === "/_clock" && request.method === "POST") {
      const { advanceMillis, now } = (json ?? {}) as { readonly advanceMillis?: number; readonly now?: string }
      clock.offsetMillis = now === undefined ? clock.offsetMillis + (advanceMillis ?? 0) : Date.parse(now) - Date.now()
      ledger.append({ type: "clock", at: clock.text(), offsetMillis: clock.offsetMillis })
      this.#platform.sweep()
      return sendJson(response, 200, { now: clock.text() })
    }
    if (url.pathname.startsWith("/_payments/") && request.method === "POST") {
      const amount = (json as { readonly amount?: number } | undefined)?.amount
      const answer = this.#platform.decide(decodeURIComponent(number ?? ""), decision ?? "", amount)
      return sendJson(response, answer.status, answer.body)
    }
    sendJson(response, 404, { error: "not_found" })
  }

  #ledger(response: ServerResponse, since: number): void {
    const lines = this.#platform.ledger.lines.filter(({ seq }) => seq > since)
    sendJson(response, 200, {
      requests: lines.filter(({ type }) => type === "request"),
      notifications: lines.filter(({ type }) => type === "notification"),
      payments: this.#platform.payments(),
      next: this.#platform.ledger.lines.length
    })
  }
}

interface Call {
  readonly on: Extract<On, "create" | "query" | "close">
  readonly number: string
}

const callOf = (method: string, path: string): Call | undefined => {
  if (method === "POST" && path === "/payments") return { on: "create", number: "" }
  const [, number, close] = /^\/payments\/(?:by-merchant-no\/)?([^/]+?)(\/close)?$/.exec(path) ?? []
  if (number === undefined) return undefined
  if (method === "GET" && close === undefined) return { on: "query", number: decodeURIComponent(number) }
  return method === "POST" && close !== undefined ? { on: "close", number: decodeURIComponent(number) } : undefined
}

const numberIn = (json: unknown): string => {
  const number = (json as { readonly merchant_payment_no?: unknown } | undefined | null)?.merchant_payment_no
  return typeof number === "string" ? number : ""
}

const withWrongAmount = (body: unknown): unknown => {
  const payment = body as { readonly amount?: number }
  return typeof payment.amount === "number" ? { ...payment, amount: payment.amount + 1 } : body
}

const listen = (server: Server, port: number, host: string): Promise<boolean> =>
  new Promise((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(false) : fail(error)))
    server.listen(port, host, () => done(true))
  })

const firstPort = 4010
const portTries = 100

/** Brings a sandbox up and answers where it listens. */
export const start = async (options: Options = {}): Promise<Sandbox> => {
  const host = options.host ?? "127.0.0.1"
  const clientSecret = options.clientSecret ?? randomBytes(24).toString("hex")
  const webhookSecret = options.webhookSecret ?? `whsec_${randomBytes(24).toString("base64")}`
  const platform = new Platform({
    folder: options.folder ?? mkdtempSync(join(tmpdir(), "payment-sandbox-")),
    merchantId: options.merchantId ?? "merchant-demo",
    webhookSecret,
    retryMillis: options.retryMillis ?? retryMillis
  })
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 60_000 })
  let isListening = await listen(server, options.port ?? firstPort, host)
  for (let port = firstPort + 1; !isListening && options.port === undefined && port < firstPort + portTries; port++)
    isListening = await listen(server, port, host)
  if (!isListening) throw new Error(`Port ${options.port ?? firstPort} is taken: set SANDBOX_PORT to another.`)
  const url = `http://${host}:${(server.address() as AddressInfo).port}`
  const issuer = `${url}/oauth`
  const clientId = options.clientId ?? "payment-proxy"
  const oauth = OAuthServer.make({ issuer, clientId, clientSecret, tokenSeconds: options.tokenSeconds ?? 600 })
  const door = new Door(platform, oauth)
  server.on("request", (request, response) => {
    door.handle(request, response).catch((error: unknown) => {
      if (isGone(error)) return
      console.error(error)
      if (!response.headersSent) sendJson(response, 500, { error: "server_error" })
    })
  })
  platform.open(url)
  const sweeping = setInterval(() => platform.sweep(), 1000)
  return {
    url,
    issuer,
    clientSecret,
    webhookSecret,
    close: () =>
      new Promise((done) => {
        clearInterval(sweeping)
        platform.close()
        server.close(() => done())
        server.closeAllConnections()
      })
  }
}
