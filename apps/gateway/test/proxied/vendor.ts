import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A request as it reached the vendor. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly rawHeaders: ReadonlyArray<string>
  readonly headers: IncomingMessage["headers"]
  trailers: IncomingMessage["trailers"]
  body: Buffer
  /** All of it came. */
  isWhole: boolean
  /** Its connection ended before it was answered. */
  isLeft: boolean
}

interface Payment {
  readonly id: string
  readonly merchant_id: string
  readonly merchant_payment_no: string
  readonly status: string
  readonly amount: number
  readonly currency: string
  readonly action: { readonly type: string; readonly url: string }
}

/** Answers a call in place of the vendor; false where it lets it do so. `take` reads the body, and is done once it has come. */
export type Instead = (call: {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly seen: Seen
  readonly take: () => Promise<void>
}) => boolean | Promise<boolean>

export const sendJson = (response: ServerResponse, status: number, body: unknown, headers: object = {}): void => {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers
  })
  response.end(text)
}

const recorded = (request: IncomingMessage, response: ServerResponse) => {
  const { method = "", url = "", rawHeaders, headers } = request
  const seen: Seen = {
    method,
    url,
    rawHeaders,
    headers,
    trailers: {},
    body: Buffer.alloc(0),
    isWhole: false,
    isLeft: false
  }
  response.once("close", () => {
    seen.isLeft = !response.writableFinished
  })
  return seen
}

const taking = (request: IncomingMessage, seen: Seen): (() => Promise<void>) => {
  let taken: Promise<void> | null = null
  return () => {
    taken ??= new Promise((done) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.once("close", done)
      request.once("end", () => {
        seen.body = Buffer.concat(chunks)
        seen.trailers = request.trailers
        seen.isWhole = true
        done()
      })
    })
    return taken
  }
}

/** The vendor's payments by their merchant's numbers, and its API below `/svc`. */
class Book {
  readonly payments = new Map<string, Payment>()

  answer(path: string, { method, body }: Seen, response: ServerResponse): void {
    const [, by, no = "", close] = /^\/payments\/(by-merchant-no\/)?([^/]+)(\/close)?$/.exec(path) ?? []
    if (method === "POST" && path === "/payments") return this.#create(JSON.parse(body.toString()), response)
    const found = by === undefined ? [...this.payments.values()].find(({ id }) => id === no) : this.payments.get(no)
    if (found === undefined) return sendJson(response, 404, { error: "not_found" })
    if (close === undefined) return sendJson(response, 200, found)
    const closed = { ...found, status: "CLOSED" }
    this.payments.set(found.merchant_payment_no, closed)
    sendJson(response, 200, closed)
  }

  /** A payment as a create asks for one. */
  make(asked: Pick<Payment, "merchant_payment_no" | "amount" | "currency">): Payment {
    const { merchant_payment_no, amount, currency } = asked
    const known = this.payments.get(merchant_payment_no)
    if (known !== undefined) return known
    const id = `pay_${this.payments.size + 1}`
    const action = { type: "redirect", url: `https://vendor.example/cashier/${id}` }
    const made = { id, merchant_id: "merchant-tests", merchant_payment_no, status: "PENDING", amount, currency, action }
    this.payments.set(merchant_payment_no, made)
    return made
  }

  #create(asked: Payment, response: ServerResponse): void {
    const isNew = !this.payments.has(asked.merchant_payment_no)
    sendJson(response, isNew ? 201 : 200, this.make(asked))
  }
}

/**
 * A vendor of the test's own on a port that the system picks: its API stands below `/svc`, its tokens at `/token` are named by
 * `name` and their count. Whatever reaches its API is in `seen`, from its head on.
 */
export const open = async (name = "a") => {
  const seen: Array<Seen> = []
  const book = new Book()
  const state: { instead: Instead | null; tokens: number } = { instead: null, tokens: 0 }
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 30_000 }, (request, response) => {
    response.on("error", () => undefined)
    if (request.url === "/token") {
      state.tokens += 1
      return sendJson(response, 200, {
        access_token: `${name}-token-${state.tokens}`,
        token_type: "bearer",
        expires_in: 600
      })
    }
    const call = recorded(request, response)
    seen.push(call)
    request.on("error", () => undefined)
    const take = taking(request, call)
    void Promise.resolve(state.instead?.({ request, response, seen: call, take }) ?? false).then(async (isDone) => {
      if (isDone) return
      await take()
      if (!call.isWhole) return
      const path = call.url.replace(/\?.*$/, "").slice("/svc".length)
      if (path.startsWith("/payments")) book.answer(path, call, response)
      else sendJson(response, 200, { path: call.url })
    })
  })
  server.on("connection", (socket) => socket.on("error", () => undefined))
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    seen,
    book,
    /** How many tokens it gave. */
    tokens: () => state.tokens,
    /** From here on, calls of its API are answered so; null: as usual. */
    instead: (how: Instead | null) => {
      state.instead = how
    },
    /** What reached it since then, by method and path. */
    since: (mark: number) => seen.slice(mark).map(({ method, url: path }) => `${method} ${path}`),
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done())
        server.closeAllConnections()
      })
  }
}

export type Vendor = Awaited<ReturnType<typeof open>>
