import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type Order, PaymentProxyError, verifyWebhook } from "@payment-proxy/client/promise"
import * as Events from "./Events.ts"
import * as Page from "./Page.ts"
import * as Pages from "./Pages.ts"
import * as Sales from "./Sales.ts"
import type { Settings } from "./Settings.ts"
import { SettingsInvalid } from "./Settings.ts"
import { type Language, policies, waysOf } from "./Wares.ts"

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

const html = (body: string, status = 200, formOrigins: ReadonlyArray<string> = []): Answer => ({
  status,
  type: "text/html; charset=utf-8",
  body,
  headers: { "content-security-policy": Page.contentSecurityPolicy(formOrigins), vary: "accept-language" }
})

const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json; charset=utf-8",
  body: JSON.stringify(value)
})

const seeOther = (location: string): Answer => ({ status: 303, headers: { location } })
const nothing = json(404, { error: "There is nothing here." })

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

const tooLarge: Answer = { ...json(413, { error: "The body is over 64 KB." }), headers: { connection: "close" } }

const origins = ({ next }: Order): ReadonlyArray<string> =>
  next?.type === "form" ? [URL.parse(next.action)?.origin ?? ""].filter((origin) => origin !== "") : []

/** The event of a delivery, or the refusal of what is forged or says nothing. */
const eventOf = (settings: Settings, { headers }: IncomingMessage, body: Buffer) => {
  try {
    return verifyWebhook({ secrets: settings.secrets, headers, body })
  } catch (error) {
    return error instanceof PaymentProxyError ? error : new Error("The delivery cannot be read.")
  }
}

/** The webhook endpoint, and what it was told. */
const mailbox = (settings: Settings, tell: Tell) => {
  const events = Events.make()
  let refused = 0
  const receive = async (request: IncomingMessage): Promise<Answer> => {
    const body = await readBody(request)
    if (body === null) return tooLarge
    const event = eventOf(settings, request, body)
    if (event instanceof PaymentProxyError && event.code === "BODY_UNREADABLE")
      return json(400, { error: event.message })
    if (event instanceof Error) {
      refused += 1
      return json(401, { error: event.message })
    }
    const taken = events.take(event)
    if (taken !== null) tell(taken)
    return { status: 204 }
  }
  return { events, receive, refused: () => refused }
}

type Form = URLSearchParams

/** What is sold, and the pages of it. */
const counter = (settings: Settings, sales: Sales.Sales, events: Events.Events) => {
  const ways = waysOf(settings.vendors)

  const buy = async (form: Form): Promise<Answer> => {
    const policy = policies.find(({ id }) => id === form.get("policy"))
    const way = ways.find(({ id }) => id === form.get("way"))
    const key = form.get("key") ?? ""
    if (policy === undefined || way === undefined || !/^[0-9a-f-]{36}$/.test(key)) return nothing
    const { payOrderNo } = await sales.buy(policy, way, key)
    return seeOther(`/orders/${payOrderNo}`)
  }

  const refund = async (payOrderNo: string, form: Form): Promise<Answer> => {
    const [value, currency, key] = [form.get("amount"), form.get("currency"), form.get("key") ?? ""]
    const amount = value === null ? null : { value: value.trim(), currency: currency ?? "" }
    await sales.refund(payOrderNo, amount, key)
    return seeOther(`/orders/${payOrderNo}`)
  }

  const close = async (payOrderNo: string): Promise<Answer> => {
    await sales.close(payOrderNo)
    return seeOther(`/orders/${payOrderNo}`)
  }

  const order = async (language: Language, payOrderNo: string): Promise<Answer> => {
    const [order, refunds] = await Promise.all([sales.order(payOrderNo), sales.refunds(payOrderNo)])
    const known = { order, refunds, events: events.list(payOrderNo), codePage: settings.codePage }
    return html(Pages.order(language, known), 200, origins(order))
  }

  return {
    ways,
    buy,
    refund,
    close,
    order,
    orders: async (language: Language) => html(Pages.orders(language, await sales.orders()))
  }
}

/** A refusal of the gateway as the customer sees it: its code and words are for people, too. */
const troubled = (language: Language, error: unknown): Answer => {
  if (!(error instanceof PaymentProxyError)) throw error
  const status =
    error.status !== null && error.status >= 400 && error.status < 500 && error.status !== 401 ? error.status : 502
  return html(Pages.trouble(language, error.message), status)
}

type Counter = ReturnType<typeof counter>

/** What a form of ours asks for; none of another site's. */
const post = async (at: Counter, pathname: string, request: IncomingMessage): Promise<Answer> => {
  const site = request.headers["sec-fetch-site"]
  if (site !== undefined && site !== "same-origin") return json(403, { error: "This form is not the shop's own." })
  const body = await readBody(request)
  if (body === null) return tooLarge
  const form = new URLSearchParams(body.toString("utf8"))
  const [, payOrderNo = "", verb] = /^\/orders\/([\w-]{1,64})\/(refund|close)$/.exec(pathname) ?? []
  if (pathname === "/buy") return at.buy(form)
  if (verb === "refund") return at.refund(payOrderNo, form)
  return verb === "close" ? at.close(payOrderNo) : nothing
}

const get = async (at: Counter, language: Language, pathname: string): Promise<Answer> => {
  const payOrderNo = /^\/orders\/([\w-]{1,64})$/.exec(pathname)?.[1]
  if (pathname === "/orders") return at.orders(language)
  return payOrderNo === undefined ? nothing : at.order(language, payOrderNo)
}

/** The shop's answers, over what it remembers. */
const make = (settings: Settings, url: string, tell: Tell) => {
  const { events, receive, refused } = mailbox(settings, tell)
  const sales = settings.client === null ? null : Sales.make(settings.client, `${url}/done?payOrderNo={payOrderNo}`)
  const at = sales === null ? null : counter(settings, sales, events)

  const statusOf = async (payOrderNo: string): Promise<string | null> => {
    const told = [...events.list(payOrderNo)]
      .filter(({ type }) => type.startsWith("order."))
      .sort((a, b) => (b.version ?? 0) - (a.version ?? 0))[0]
    const now = await sales?.order(payOrderNo).catch(() => undefined)
    return now?.status ?? told?.state ?? null
  }

  const done = async (language: Language, payOrderNo: string | null): Promise<Answer> => {
    const isOrder = payOrderNo !== null && orderNo.test(payOrderNo)
    return html(Pages.done(language, isOrder ? { payOrderNo, status: await statusOf(payOrderNo) } : null))
  }

  const show = async (language: Language, { pathname, searchParams }: URL): Promise<Answer> => {
    if (pathname === "/") return html(Pages.shelf(language, at?.ways ?? []))
    if (pathname === "/webhooks") return html(Pages.told(language, events.list(), refused()))
    if (pathname === "/events") return json(200, events.list(searchParams.get("payOrderNo") ?? undefined))
    if (pathname === "/done") return done(language, searchParams.get("payOrderNo"))
    return at === null ? nothing : get(at, language, pathname)
  }

  const isForm = (pathname: string) => pathname === "/buy" || /^\/orders\/[^/]+\/(refund|close)$/.test(pathname)

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = URL.parse(request.url ?? "", "http://shop")
    if (url === null) return json(400, { error: "The address cannot be read." })
    const { pathname } = url
    const reads = isForm(pathname) ? [] : ["GET", "HEAD"]
    const methods = isForm(pathname) || pathname === "/webhooks" ? [...reads, "POST"] : reads
    if (!methods.includes(request.method ?? ""))
      return { ...json(405, { error: "Another method is needed here." }), headers: { allow: methods.join(", ") } }
    const language = Page.languageOf(request.headers["accept-language"])
    if (request.method !== "POST") return show(language, url).catch((error: unknown) => troubled(language, error))
    if (pathname === "/webhooks") return receive(request)
    return at === null ? nothing : post(at, pathname, request).catch((error: unknown) => troubled(language, error))
  }

  return { answer, end: () => sales?.end() }
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

type Listener = (request: IncomingMessage) => Promise<Answer>

const serverOf = (answer: Listener): Server => {
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
  let shop: ReturnType<typeof make> | undefined
  const server = serverOf(
    async (request) => shop?.answer(request) ?? json(503, { error: "The shop is about to open." })
  )
  for (const port of settings.ports) {
    const address = await listen(server, settings.host, port)
    if (address === null) continue
    const host = address.family === "IPv6" ? `[${address.address}]` : address.address
    const url = `http://${host}:${address.port}`
    const open = make(settings, url, tell)
    shop = open
    const close = () =>
      new Promise<void>((resolve) => {
        open.end()
        server.close(() => resolve())
        server.closeAllConnections()
      })
    return { url, webhooks: `${url}/webhooks`, close }
  }
  throw new SettingsInvalid(
    `No port is free on ${settings.host} of ${settings.ports.join(", ")}: set SHOP_PORT to another, or to 0 for any.`
  )
}
