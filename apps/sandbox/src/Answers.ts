import type { ServerResponse } from "node:http"
import { contentSecurityPolicy } from "./Cashier.ts"
import type { Fault } from "./Faults.ts"
import type { Answer } from "./Platform.ts"

/** Answers with JSON. */
export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {}
): void => {
  const text = JSON.stringify(body)
  // With its length told, head and body leave in one piece.
  const length = String(Buffer.byteLength(text))
  response.writeHead(status, { "content-type": "application/json", "content-length": length, ...headers }).end(text)
}

/** Answers with a page that may ask for nothing from elsewhere. */
export const sendHtml = (response: ServerResponse, status: number, html: string): void => {
  response
    .writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": contentSecurityPolicy,
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

const withWrongAmount = (body: unknown): unknown => {
  const payment = body as { readonly amount?: number }
  return typeof payment.amount === "number" ? { ...payment, amount: payment.amount + 1 } : body
}

/** What a token's life is said to be instead; `undefined` leaves it out. */
const lives: { readonly [fault: string]: unknown } = {
  "expires-huge": 1e15,
  "expires-zero": 0,
  "expires-negative": -1,
  "expires-absent": undefined,
  "expires-text": "soon",
  "expires-digits": "600"
}

/** Whether a fault is about what a token's life is said to be. */
export const isOfLife = ({ fault }: Fault): boolean => Object.hasOwn(lives, fault)

/** From here on, what is answered of a token's life is what the fault says. */
export const tellLife = (response: ServerResponse, { fault }: Fault): void => {
  const end = response.end.bind(response)
  const told = (body: unknown): unknown => {
    if (response.statusCode !== 200) return body
    const text = JSON.stringify({ ...JSON.parse(String(body)), expires_in: lives[fault] })
    response.setHeader("content-length", Buffer.byteLength(text))
    return text
  }
  response.end = ((body: unknown) => end(told(body))) as typeof response.end
}

/** What leaves where a fault touches the answer. */
export const sendBroken = (response: ServerResponse, fault: Fault, said: Answer): void => {
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
