import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Webhook } from "standardwebhooks"
import * as Events from "./Events.ts"
import * as Gateway from "./Gateway.ts"
import * as Page from "./Page.ts"
import type { Settings } from "./Settings.ts"
import { SettingsInvalid } from "./Settings.ts"

/** A shop that listens. */
export interface Shop {
  readonly url: string
  readonly webhooks: string
  readonly close: () => Promise<void>
}

/** Called once with each new event. */
type Tell = (event: Events.Event) => void

interface Answer {
  readonly status: number
  readonly type?: string
  readonly body?: string
  readonly headers?: Record<string, string>
}

const bodyLimitBytes = 65_536
const orderNo = /^[0-9A-Za-z_-]{1,64}$/

const html = (body: string): Answer => ({
  status: 200,
  type: "text/html; charset=utf-8",
  body,
  headers: { "content-security-policy": Page.contentSecurityPolicy, vary: "accept-language" }
})

const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json; charset=utf-8",
  body: JSON.stringify(value)
})

const readBody = async (request: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Array<Buffer> = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > bodyLimitBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const isVerified = (webhook: Webhook, body: Buffer, headers: Record<string, string>): boolean => {
  try {
    webhook.verify(body, headers, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

const signedHeaders = ({ headers }: IncomingMessage): Record<string, string> | null => {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"]
  const found = names.map((name) => headers[name])
  const isWhole = found.every((value) => typeof value === "string" && value !== "")
  return isWhole && /^\d+$/.test(`${headers["webhook-timestamp"]}`)
    ? Object.fromEntries(names.map((name, index) => [name, `${found[index]}`]))
    : null
}

/** The shop's answers, over what it remembers. */
const make = (settings: Settings, tell: Tell) => {
  const webhook = new Webhook(settings.secret)
  const events = Events.make()
  let refused = 0

  const receive = async (request: IncomingMessage): Promise<Answer> => {
    const body = await readBody(request)
    if (body === null) return { ...json(413, { error: "The body is over 64 KB." }), headers: { connection: "close" } }
    const headers = signedHeaders(request)
    if (headers === null || !isVerified(webhook, body, headers)) {
      refused += 1
      return json(401, { error: "The signature is missing, wrong or more than five minutes old." })
    }
    const taken = events.take(`${headers["webhook-id"]}`, body.toString("utf8"))
    if (taken.outcome === "unreadable") return json(400, { error: "The body is no event: it needs a type." })
    if (taken.outcome === "new") tell(taken.event)
    return { status: 204 }
  }

  const statusOf = async (payOrderNo: string): Promise<string | null> => {
    const told = [...events.list(payOrderNo)].sort((a, b) => (b.version ?? 0) - (a.version ?? 0))[0]?.state ?? null
    return (settings.gateway && (await Gateway.statusNow(settings.gateway, payOrderNo))) ?? told
  }

  const done = async (language: Page.Language, payOrderNo: string | null): Promise<Answer> => {
    const isOrder = payOrderNo !== null && orderNo.test(payOrderNo)
    return html(Page.done(language, isOrder ? { payOrderNo, status: await statusOf(payOrderNo) } : null))
  }

  const show = async (request: IncomingMessage, { pathname, searchParams }: URL): Promise<Answer> => {
    const language = Page.languageOf(request.headers["accept-language"])
    if (pathname === "/") return html(Page.events(language, events.list(), refused))
    if (pathname === "/events") return json(200, events.list(searchParams.get("payOrderNo") ?? undefined))
    if (pathname === "/done") return done(language, searchParams.get("payOrderNo"))
    return json(404, { error: "There is nothing here." })
  }

  return async (request: IncomingMessage): Promise<Answer> => {
    const url = URL.parse(request.url ?? "", "http://shop")
    if (url === null) return json(400, { error: "The address cannot be read." })
    const methods = url.pathname === "/webhooks" ? ["POST"] : ["GET", "HEAD"]
    if (!methods.includes(request.method ?? ""))
      return { ...json(405, { error: "Another method is needed here." }), headers: { allow: methods.join(", ") } }
    return url.pathname === "/webhooks" ? receive(request) : show(request, url)
  }
}

const send = (response: ServerResponse, { status, type, body, headers }: Answer) => {
  response.writeHead(status, {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    ...(type === undefined ? {} : { "content-type": type }),
    ...headers
  })
  response.end(body)
}

const serverOf = (settings: Settings, tell: Tell): Server => {
  const answer = make(settings, tell)
  const server = createServer((request, response) => {
    answer(request).then(
      (found) => send(response, found),
      () => response.destroy()
    )
  })
  server.headersTimeout = 5000
  server.requestTimeout = 10_000
  server.maxConnections = 256
  return server
}

const listen = (server: Server, host: string, port: number): Promise<AddressInfo | null> =>
  new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error))
    server.once("error", failed).listen(port, host, () => {
      server.off("error", failed)
      const address = server.address()
      if (address !== null && typeof address === "object") resolve(address)
      else reject(new Error("The shop has no address."))
    })
  })

/** Starts the shop on the first of its ports that is free; `tell` hears each new event once. */
export const start = async (settings: Settings, tell: Tell): Promise<Shop> => {
  const server = serverOf(settings, tell)
  for (const port of settings.ports) {
    const address = await listen(server, settings.host, port)
    if (address === null) continue
    const host = address.family === "IPv6" ? `[${address.address}]` : address.address
    const url = `http://${host}:${address.port}`
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    return { url, webhooks: `${url}/webhooks`, close }
  }
  throw new SettingsInvalid(
    `No port is free on ${settings.host} of ${settings.ports.join(", ")}: set SHOP_PORT to another, or to 0 for any.`
  )
}
