import type { ServerResponse } from "node:http"
import type { Language } from "../../Page.ts"
import * as Page from "../../Page.ts"
import type { Kit } from "../Kit.ts"
import type { Call } from "../Vendor.ts"
import type { Order, Scene } from "./Book.ts"
import type { Keys } from "./Keys.ts"
import * as Pages from "./Pages.ts"
import * as Signing from "./Signing.ts"
import type { Trade } from "./Trade.ts"

const codePrefix = "weixin://wxpay/bizpayurl?pr="
const backSeconds = 3
const mostShown = 10

/** What a payer's address leads to. */
type Led = { readonly order: Order } | { readonly word: Pages.Word }

/** Where the payer is led back to: an address of the web, or nowhere. */
const backUrlIn = ({ searchParams }: URL): string | undefined => {
  const url = URL.parse(searchParams.get("redirect_url") ?? "")
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined
}

const withoutPrefix = (text: string): string | undefined =>
  text.startsWith("prepay_id=") ? text.slice("prepay_id=".length) : undefined

/** What the app of a merchant or the page of an official account hands to the wallet. */
interface Handed {
  readonly scene: Scene
  readonly ticket: string
  /** Left out where it is not handed, as by a mini program. */
  readonly appid: string | undefined
  readonly timestamp: string
  readonly nonce: string
  readonly signature: string
  /** The last of the lines that are signed. */
  readonly line: string
}

const handedByApp = (said: (name: string) => string, keys: Keys): Handed | undefined => {
  if (said("partnerid") !== keys.merchant.mchid || said("package") !== "Sign=WXPay") return undefined
  return {
    scene: "app",
    ticket: said("prepayid"),
    appid: said("appid"),
    timestamp: said("timestamp"),
    nonce: said("noncestr"),
    signature: said("sign"),
    line: said("prepayid")
  }
}

const handedByPage = (said: (name: string) => string, hasAppId: boolean): Handed | undefined => {
  const ticket = withoutPrefix(said("package"))
  if (ticket === undefined || said("signType") !== "RSA") return undefined
  return {
    scene: "jsapi",
    ticket,
    appid: hasAppId ? said("appId") : undefined,
    timestamp: said("timeStamp"),
    nonce: said("nonceStr"),
    signature: said("paySign"),
    line: said("package")
  }
}

/** The payer's side: the phone that scans, the wallet, the page of a phone's browser. */
export class Payer {
  readonly #kit: Kit
  readonly #trade: Trade

  constructor(kit: Kit, trade: Trade) {
    this.#kit = kit
    this.#trade = trade
  }

  /** Answers where the address is one of a payer's; whether it is. */
  async handle(call: Call, response: ServerResponse): Promise<boolean> {
    const led = this.#ledBy(call.url)
    const isPhone = call.url.pathname === "/" || call.url.pathname === "/phone"
    if (led === undefined && !isPhone) return false
    const language = Page.languageOf(call.url.searchParams.get("lang"), call.headers["accept-language"])
    const isAsked = call.method === "GET" || (call.method === "POST" && !isPhone)
    const status = !isAsked ? 405 : led !== undefined && "word" in led ? 400 : 200
    this.#kit.record(
      call,
      { did: "page", numbers: led !== undefined && "order" in led ? [led.order.number] : [] },
      status
    )
    if (!isAsked) response.writeHead(405, { "content-length": "0" }).end()
    else if (led === undefined) Page.send(response, 200, Pages.phone(this.#codes(language), language))
    else if ("word" in led) Page.send(response, 400, Pages.notice(led.word, language, backUrlIn(call.url)))
    else await this.#cashier(call, led.order, language, response)
    return true
  }

  #ledBy({ pathname, searchParams }: URL): Led | undefined {
    if (pathname === "/scan") return this.#byCode(searchParams.get("code_url") ?? "")
    if (pathname === "/wallet") return this.#byWallet(searchParams)
    if (pathname === "/cgi-bin/mmpayweb-bin/checkmweb") return this.#byTicket("h5", searchParams.get("prepay_id") ?? "")
    return undefined
  }

  #byCode(code: string): Led {
    const text = code.trim()
    return text.startsWith(codePrefix) ? this.#byTicket("native", text.slice(codePrefix.length)) : { word: "bad" }
  }

  /** An order that is over is shown as it is, whatever became of its ticket. */
  #byTicket(scene: Scene, text: string): Led {
    const order = this.#trade.book.byTicket(text)
    if (order === undefined || order.scene !== scene) return { word: "bad" }
    const isOver = order.paying !== null || order.isClosed
    return isOver || this.#trade.isGood(order, text) ? { order } : { word: "bad" }
  }

  #byWallet(params: URLSearchParams): Led {
    const { keys } = this.#trade
    const said = (name: string) => params.get(name) ?? ""
    const handed = params.has("prepayid") ? handedByApp(said, keys) : handedByPage(said, params.has("appId"))
    if (handed === undefined) return { word: "wrong" }
    const led = this.#byTicket(handed.scene, handed.ticket)
    if ("word" in led) return led
    const appid = handed.appid ?? led.order.appid
    const message = Signing.lines(appid, handed.timestamp, handed.nonce, handed.line)
    const isRight =
      appid === led.order.appid &&
      /^\d{10}$/.test(handed.timestamp) &&
      Signing.verify(keys.merchantKey, message, handed.signature)
    return isRight ? led : { word: "wrong" }
  }

  async #cashier({ method, url, target, body }: Call, order: Order, language: Language, response: ServerResponse) {
    const payee = this.#trade.keys.merchant.name
    const backUrl = backUrlIn(url)
    const hindrance = this.#trade.hindrance(order)
    if (hindrance !== undefined) return Page.send(response, 200, Pages.notice(hindrance, language, backUrl))
    if (method === "GET") return Page.send(response, 200, Pages.cashier(order, payee, language))
    const decision = new URLSearchParams(body.toString("utf8")).get("decision")
    if (decision === "pay") {
      await this.#trade.pay(order)
      // The vendor's own page leads back to the merchant by itself.
      if (backUrl !== undefined) response.setHeader("refresh", `${backSeconds};url=${backUrl}`)
      return Page.send(response, 200, Pages.success(order, payee, language, backUrl))
    }
    if (decision === "refuse") return Page.send(response, 200, Pages.refused(language, target, backUrl))
    return Page.send(response, 200, Pages.cashier(order, payee, language))
  }

  /** The codes that could be scanned now, the newest first. */
  #codes(language: Language): ReadonlyArray<{ readonly order: Order; readonly url: string }> {
    const codes: Array<{ readonly order: Order; readonly url: string }> = []
    for (const order of [...this.#trade.book.orders()].reverse()) {
      const text = order.tickets.at(-1)?.text ?? ""
      const isOpen = order.scene === "native" && this.#trade.hindrance(order) === undefined
      if (!isOpen || !this.#trade.isGood(order, text)) continue
      const query = new URLSearchParams({ code_url: `${codePrefix}${text}`, lang: language })
      if (codes.push({ order, url: `/scan?${query}` }) >= mostShown) break
    }
    return codes
  }
}
