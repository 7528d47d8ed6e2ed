import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type Order, PaymentProxyError, verifyWebhook } from "@payment-proxy/client/promise"
import * as Events from "./Events.ts"
import * as Live from "./Live.ts"
import * as OrderPage from "./OrderPage.ts"
import * as Page from "./Page.ts"
import * as Sales from "./Sales.ts"
import { script } from "./Script.ts"
import type { Settings } from "./Settings.ts"
import { SettingsInvalid } from "./Settings.ts"
import * as Shelf from "./Shelf.ts"
import * as Told from "./Told.ts"
import { type Language, policyOf, waysOf } from "./Wares.ts"
import { words } from "./Words.ts"

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
  /** Goes on with the answer once its head is sent. */
  readonly stream?: (response: ServerResponse) => void
}

const bodyLimitBytes = 65_536
const orderNo = /^[0-9A-Za-z_-]{1,64}$/

const html = (body: string, status = 200, formOrigins: ReadonlyArray<string> = []): Answer => ({
  status,
  type: "text/html; charset=utf-8",
  body,
  headers: { "content-security-policy": Page.contentSecurityPolicy(formOrigins), vary: "accept-language, cookie" }
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

const lost = (language: Language): Answer => html(OrderPage.trouble(language, words[language].lost), 404)

/** The event of a delivery, or the refusal of what is forged or says nothing. */
const eventOf = (settings: Settings, { headers }: IncomingMessage, body: Buffer) => {
  try {
    return verifyWebhook({ secrets: settings.secrets, headers, body })
  } catch (error) {
    return error instanceof PaymentProxyError ? error : new Error("The delivery cannot be read.")
  }
}

/** The webhook endpoint, and what it was told; `changed` hears of each delivery. */
const mailbox = (settings: Settings, tell: Tell, changed: Live.Live["changed"]) => {
  const events = Events.make()
  const refuse = (reason: string) => {
    events.refuse(reason)
    changed(null)
    return json(401, { error: reason })
  }
  const receive = async (request: IncomingMessage): Promise<Answer> => {
    const body = await readBody(request)
    if (body === null) return tooLarge
    const event = eventOf(settings, request, body)
    if (event instanceof PaymentProxyError && event.code === "BODY_UNREADABLE")
      return json(400, { error: event.message })
    if (event instanceof Error) return refuse(event.message)
    const taken = events.take(event)
    if (taken !== null) tell(taken)
    changed(Events.orderOf(event.data))
    return { status: 204 }
  }
  return { events, receive }
}

type Form = URLSearchParams

/** What is sold, and the pages of it. */
const counter = (settings: Settings, sales: Sales.Sales, events: Events.Events) => {
  const ways = waysOf(settings.vendors)

  const buy = async (form: Form): Promise<Answer> => {
    const policy = policyOf(form.get("policy"))
    const way = ways.find(({ id }) => id === form.get("way"))
    const key = form.get("key") ?? ""
    if (policy === undefined || way === undefined || !/^[0-9a-f-]{36}$/.test(key)) return nothing
    const language = form.get("language") === "zh" ? "zh" : "en"
    const { payOrderNo } = await sales.buy(policy, way, language, key)
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
    const known = {
      order,
      refunds,
      events: events.list(payOrderNo),
      codePage: settings.codePage,
      console: settings.console
    }
    return html(OrderPage.order(language, known), 200, origins(order))
  }

  const checkout = (language: Language, id: string | null): Answer => {
    const policy = policyOf(id)
    return policy === undefined ? lost(language) : html(Shelf.checkout(language, policy, ways))
  }

  return {
    ways,
    buy,
    checkout,
    refund,
    close,
    order,
    orders: async (language: Language) => html(OrderPage.orders(language, await sales.orders()))
  }
}

/** The order that a form is about, and what it asks for. */
const formOf = (pathname: string) => /^\/orders\/([\w-]{1,64})\/(refund|close)$/.exec(pathname) ?? []

const isOfAmount = ({ code, errors }: PaymentProxyError): boolean =>
  code === "AMOUNT_INVALID" || errors.some((fault) => fault.code === "AMOUNT_INVALID")

/** A refusal of the gateway as the customer sees it, of what he asked for at this path: its code and words are for people, too. */
const troubled = (language: Language, pathname: string, error: unknown): Answer => {
  if (!(error instanceof PaymentProxyError)) throw error
  const refusal = isOfAmount(error) ? 422 : (error.status ?? 502)
  const status = refusal >= 400 && refusal < 500 && refusal !== 401 ? refusal : 502
  const [, payOrderNo] = formOf(pathname)
  const about = {
    ...(payOrderNo === undefined ? {} : { payOrderNo }),
    ...(isOfAmount(error) ? { sentence: words[language].amountWrong } : {})
  }
  return html(OrderPage.trouble(language, error.message, about), status)
}

type Counter = ReturnType<typeof counter>

/** What a form of ours asks for; none of another site's. */
const post = async (at: Counter, pathname: string, request: IncomingMessage): Promise<Answer> => {
  const site = request.headers["sec-fetch-site"]
  if (site !== undefined && site !== "same-origin") return json(403, { error: "This form is not the shop's own." })
  const body = await readBody(request)
  if (body === null) return tooLarge
  const form = new URLSearchParams(body.toString("utf8"))
  const [, payOrderNo = "", verb] = formOf(pathname)
  if (pathname === "/buy") return at.buy(form)
  if (verb === "refund") return at.refund(payOrderNo, form)
  return verb === "close" ? at.close(payOrderNo) : nothing
}

const get = async (at: Counter, language: Language, { pathname, searchParams }: URL): Promise<Answer> => {
  const payOrderNo = /^\/orders\/([\w-]{1,64})$/.exec(pathname)?.[1]
  if (pathname === "/orders") return at.orders(language)
  if (pathname === "/checkout") return at.checkout(language, searchParams.get("policy"))
  return payOrderNo === undefined ? lost(language) : at.order(language, payOrderNo)
}

/** A browser that looks at a page is told when it changes. */
const follow = (live: Live.Live, payOrderNo: string | null): Answer => ({
  status: 200,
  type: "text/event-stream; charset=utf-8",
  stream: (response) => {
    if (!live.join(response, payOrderNo)) response.end()
  }
})

/** The language of the address, which is remembered, else of the last choice, else of the browser. */
const languageOf = ({ headers }: IncomingMessage, asked: string | null): Language => {
  const chosen = asked ?? /(?:^|;\s*)lang=(en|zh)(?:;|$)/.exec(headers.cookie ?? "")?.[1]
  return chosen === "en" || chosen === "zh" ? chosen : Page.languageOf(headers["accept-language"])
}

const remembering = (answer: Answer, asked: string | null): Answer => {
  if (asked !== "en" && asked !== "zh") return answer
  const cookie = `lang=${asked}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax`
  return { ...answer, headers: { ...answer.headers, "set-cookie": cookie } }
}

/** The shop's answers, over what it remembers. */
const make = (settings: Settings, url: string, tell: Tell) => {
  const live = Live.make()
  const { events, receive } = mailbox(settings, tell, live.changed)
  const sales =
    settings.client === null ? null : Sales.make(settings.client, `${url}/done?payOrderNo={payOrderNo}`, live.changed)
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
    return html(OrderPage.done(language, isOrder ? { payOrderNo, status: await statusOf(payOrderNo) } : null))
  }

  const show = async (language: Language, url: URL): Promise<Answer> => {
    const { pathname, searchParams } = url
    const payOrderNo = searchParams.get("payOrderNo")
    if (pathname === "/") return html(Shelf.shelf(language, at?.ways ?? []))
    if (pathname === "/webhooks") return html(Told.told(language, events.list(), events.refused()))
    if (pathname === "/events") return json(200, events.list(payOrderNo ?? undefined))
    if (pathname === "/live") return follow(live, payOrderNo)
    if (pathname === "/live.js") return { status: 200, type: "text/javascript; charset=utf-8", body: script }
    if (pathname === "/done") return done(language, payOrderNo)
    return at === null ? lost(language) : get(at, language, url)
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
    const asked = url.searchParams.get("lang")
    const language = languageOf(request, asked)
    const refused = (error: unknown) => troubled(language, pathname, error)
    if (request.method !== "POST") return remembering(await show(language, url).catch(refused), asked)
    if (pathname === "/webhooks") return receive(request)
    return at === null ? nothing : post(at, pathname, request).catch(refused)
  }

  const end = () => {
    sales?.end()
    live.end()
  }
  return { answer, end }
}

const send = (response: ServerResponse, { status, type, body, headers, stream }: Answer) => {
  response.writeHead(status, {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    ...(type === undefined ? {} : { "content-type": type }),
    ...headers
  })
  if (stream === undefined || response.req.method === "HEAD") response.end(body)
  else stream(response)
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
