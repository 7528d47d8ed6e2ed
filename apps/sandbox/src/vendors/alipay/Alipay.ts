import type { ServerResponse } from "node:http"
import type { Language } from "../../Page.ts"
import * as Page from "../../Page.ts"
import type { Kit } from "../Kit.ts"
import type { On, Own, Words } from "../Serving.ts"
import * as Serving from "../Serving.ts"
import type { Call, Decided, Decision, Reply } from "../Vendor.ts"
import type { Envelope } from "./Answers.ts"
import * as Answers from "./Answers.ts"
import { Bills } from "./Bill.ts"
import type { Trade } from "./Book.ts"
import { Book } from "./Book.ts"
import { Desk } from "./Desk.ts"
import * as Gateway from "./Gateway.ts"
import type { Keys } from "./Keys.ts"
import { Notices, returnAddress } from "./Notices.ts"
import * as Orders from "./Orders.ts"
import * as Pages from "./Pages.ts"
import { Refusal } from "./Refusal.ts"
import type { Done } from "./Services.ts"
import { services } from "./Services.ts"
import { verbs } from "./Verbs.ts"

const onOf: { readonly [M in Gateway.Method]: On } = {
  "alipay.trade.precreate": "create",
  "alipay.trade.page.pay": "create",
  "alipay.trade.wap.pay": "create",
  "alipay.trade.app.pay": "create",
  "alipay.trade.create": "create",
  "alipay.trade.query": "query",
  "alipay.trade.close": "close",
  "alipay.trade.cancel": "close",
  "alipay.trade.refund": "refund",
  "alipay.trade.fastpay.refund.query": "query-refund",
  "alipay.data.dataservice.bill.downloadurl.query": "bill"
}

const orderMethodOf = (method: Gateway.Method): Orders.Method | undefined =>
  Orders.methods.find((one) => one === method)

/** Whose refusals are told is what was thrown; anything else is a mistake of the sandbox's own. */
const refusalIn = (caught: unknown): Refusal => {
  if (caught instanceof Refusal) return caught
  throw caught
}

/** The vendor: its gateway, its cashier, its bills. */
export class Alipay {
  readonly book: Book
  readonly #kit: Kit
  readonly #keys: Keys
  readonly #desk: Desk
  readonly #notices: Notices
  readonly #bills: Bills

  constructor(kit: Kit, keys: Keys) {
    this.#kit = kit
    this.#keys = keys
    this.book = new Book(kit)
    this.#desk = new Desk(this.book, kit.clock, keys.buyerId)
    this.#notices = new Notices(kit, keys)
    this.#bills = new Bills({ book: this.book, clock: kit.clock, sellerId: keys.sellerId, url: kit.url })
    this.#notices.resume(this.book)
  }

  async handle(call: Call, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = call.url
    const language = Page.languageOf(searchParams.get("lang"), call.headers["accept-language"])
    if (pathname === "/gateway.do" && (call.method === "GET" || call.method === "POST"))
      return this.#gateway(call, response)
    if (pathname === "/app" && call.method === "GET") return this.#gateway(call, response, language)
    if (pathname.startsWith("/bill/")) return this.#load(call, response)
    if (call.method === "GET" && pathname.startsWith("/qr/")) return this.#scan(call, response, language)
    if (call.method === "GET" && pathname === "/mini") return this.#mini(call, response, language)
    if (pathname.startsWith("/cashier/")) return this.#cashier(call, response, language)
    Page.send(response, 404, Pages.gone(language))
  }

  #load(call: Call, response: ServerResponse): Promise<void> {
    const method = "alipay.data.dataservice.bill.downloadurl.query"
    const envelope = { method, isCertified: false, keys: this.#keys } as const
    const words: Words = (what, status) => ({
      ...Answers.refused(envelope, Answers.refusalOf(method, what, ""), []),
      status: status ?? 200
    })
    return Serving.answer(this.#kit, call, response, {
      on: "bill",
      number: "",
      act: () => this.#bills.load(call),
      words
    })
  }

  /** A call of the gateway; of an app's order string where `phone` says in which language its phone speaks. */
  async #gateway(call: Call, response: ServerResponse, phone?: Language): Promise<void> {
    let envelope: Envelope = { method: undefined, isCertified: false, keys: this.#keys }
    const refused = (refusal: Refusal, numbers: ReadonlyArray<string>, own?: Own): Reply => {
      const reply = Answers.refused(envelope, refusal, numbers, own)
      if (phone === undefined) return reply
      return { ...reply, headers: { "content-type": "text/html; charset=utf-8" }, body: Pages.sorry(refusal, phone) }
    }
    let request: Gateway.Request
    try {
      const found = Gateway.parameters(call)
      envelope = { ...envelope, method: Gateway.methodIn(found) }
      request = Gateway.read(found, this.#keys, this.#kit.clock)
      envelope = { ...envelope, isCertified: request.isCertified }
      const isOfApp = request.method === "alipay.trade.app.pay"
      if (isOfApp !== (phone !== undefined)) throw new Refusal("isv.invalid-method")
    } catch (caught) {
      const reply = refused(refusalIn(caught), [])
      this.#kit.record(call, reply, reply.status)
      response.writeHead(reply.status, reply.headers).end(reply.body)
      return
    }
    const number = this.#numberOf(request)
    let done: Done | undefined
    const act = (own: Own | undefined): Reply => {
      try {
        const method = orderMethodOf(request.method)
        if (method !== undefined) return this.#ordered(envelope, method, request, own)
        done = this.#served(request)
        return Answers.done(envelope, done.fields, { did: done.did, numbers: [number], own })
      } catch (caught) {
        return refused(refusalIn(caught), [number], own)
      }
    }
    const words: Words = (what, status) => {
      const refusal = Answers.refusalOf(request.method, what, number)
      return { ...refused(refusal, [number]), status: status ?? 200 }
    }
    await Serving.answer(this.#kit, call, response, { on: onOf[request.method], number, act, words })
    this.#tellRefund(done)
  }

  #tellRefund(done: Done | undefined): void {
    const trade = done?.refunded === undefined ? undefined : this.book.trade(done.refunded.tradeNo)
    if (trade !== undefined) void this.#notices.tell(trade, done?.refunded?.refund)
  }

  /** The merchant's number of what a call is about; empty where it is about none. */
  #numberOf({ biz }: Gateway.Request): string {
    const { out_trade_no: number, trade_no: tradeNo } = biz
    const trade = typeof tradeNo === "string" ? this.book.trade(tradeNo) : undefined
    return trade?.order.number ?? (typeof number === "string" ? number : "")
  }

  #served(request: Gateway.Request): Done {
    if (request.method === "alipay.data.dataservice.bill.downloadurl.query")
      return { did: "made a bill", fields: { bill_download_url: this.#bills.link(request.biz) } }
    const place = { book: this.book, desk: this.#desk, nowMillis: () => this.#kit.clock.now() }
    const service = services[request.method]
    if (service === undefined) throw new Refusal("isv.invalid-method")
    return service(place, request)
  }

  /** Makes of a create what it becomes: a code, a trade's number, or the way to the cashier. */
  #ordered(envelope: Envelope, method: Orders.Method, request: Gateway.Request, own: Own | undefined): Reply {
    const nowMillis = this.#kit.clock.now()
    const order = Orders.read(method, { ...request, nowMillis, sellerId: this.#keys.sellerId })
    const { number } = order
    if (own === "unknown-code") return Answers.refused(envelope, new Refusal("ACQ.INVALID_PARAMETER"), [number], own)
    if (method === "alipay.trade.precreate") {
      const { code } = this.#desk.code(order)
      const fields = { out_trade_no: number, qr_code: `${this.#kit.url}/qr/${code}` }
      return Answers.done(envelope, fields, { did: "made a code", numbers: [number], own })
    }
    const trade = this.#desk.open(order)
    const numbers = [number, trade.tradeNo]
    const fields = { out_trade_no: number, trade_no: trade.tradeNo }
    if (method === "alipay.trade.create") return Answers.done(envelope, fields, { did: "created", numbers, own })
    return { status: 302, headers: { location: this.#cashierOf(trade) }, body: "", did: "opened", numbers }
  }

  #cashierOf(trade: Trade): string {
    return `${this.#kit.url}/cashier/${trade.key}`
  }

  #toCashier(call: Call, response: ServerResponse, trade: Trade): void {
    this.#kit.record(call, { did: "opened", numbers: [trade.order.number, trade.tradeNo] }, 302)
    const lang = call.url.searchParams.get("lang")
    const query = lang === null ? "" : `?lang=${encodeURIComponent(lang)}`
    response.writeHead(302, { location: `${this.#cashierOf(trade)}${query}` }).end()
  }

  /** What the phone that scanned a code comes to. */
  #scan(call: Call, response: ServerResponse, language: Language): void {
    const code = this.book.code(call.url.pathname.slice("/qr/".length))
    if (code === undefined) return Page.send(response, 404, Pages.gone(language))
    try {
      return this.#toCashier(call, response, this.#desk.scan(code))
    } catch (caught) {
      return Page.send(response, 200, Pages.sorry(refusalIn(caught), language))
    }
  }

  #mini(call: Call, response: ServerResponse, language: Language): void {
    const trade = this.book.trade(call.url.searchParams.get("tradeNO") ?? "")
    if (trade?.order.method !== "alipay.trade.create") return Page.send(response, 404, Pages.gone(language))
    return this.#toCashier(call, response, trade)
  }

  /** Where the shop is, of a trade that is over. */
  #backOf(trade: Trade): string | undefined {
    if (trade.paid !== null) return returnAddress(this.#keys, trade, this.#kit.clock.now())
    return trade.order.quitUrl ?? trade.order.returnUrl ?? undefined
  }

  #cashier(call: Call, response: ServerResponse, language: Language): void {
    const trade = this.book.byKey(call.url.pathname.slice("/cashier/".length))
    if (trade === undefined) return Page.send(response, 404, Pages.gone(language))
    const shown = (now: Trade) =>
      Pages.cashier(now, { sellerId: this.#keys.sellerId, language, back: this.#backOf(now) })
    if (call.method !== "POST") return Page.send(response, 200, shown(trade))
    const decision = new URLSearchParams(call.body.toString("utf8")).get("decision")
    if (trade.status !== "WAIT_BUYER_PAY" || (decision !== "pay" && decision !== "refuse"))
      return Page.send(response, 200, shown(trade))
    const isPaid = decision === "pay"
    const now = isPaid ? this.#desk.pay(trade.tradeNo) : this.#desk.close(trade.tradeNo)
    const back = isPaid ? this.#backOf(now) : undefined
    const said = { did: isPaid ? "paid" : "closed by the payer", numbers: [trade.order.number, trade.tradeNo] }
    this.#kit.record(call, said, back === undefined ? 200 : 303)
    if (isPaid) void this.#notices.tell(now)
    if (back === undefined) return Page.send(response, 200, shown(now))
    response.writeHead(303, { location: back, "referrer-policy": "no-referrer" }).end()
  }

  /** What the payer or the vendor's own desk does. */
  async decide(number: string, decision: Decision): Promise<Decided | undefined> {
    const known = this.book.heldBy(number) ?? this.book.heldBy(this.book.trade(number)?.order.number ?? "")
    if (known === undefined) return undefined
    const impossible = (message: string): Decided => ({ status: 409, body: { error: "not_possible", message } })
    const verb = Object.hasOwn(verbs, decision.verb) ? verbs[decision.verb] : undefined
    if (verb === undefined) return impossible(`The verbs are ${Object.keys(verbs).join(", ")}.`)
    try {
      const { tell, refund } = verb(this.book, this.#desk, known.number, decision)
      const trade = this.book.byNumber(known.number)
      if (tell && trade !== undefined) await this.#notices.tell(trade, refund)
      return { status: 200, body: this.book.heldBy(known.number) }
    } catch (caught) {
      const refusal = refusalIn(caught)
      return impossible(`${decision.verb} is not possible: ${refusal.subCode} ${refusal.message}`)
    }
  }
}
