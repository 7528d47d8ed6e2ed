import type { ServerResponse } from "node:http"
import { parsed } from "../../Body.ts"
import { randomHex } from "../../Random.ts"
import type { Kit } from "../Kit.ts"
import type { On, Own, Words } from "../Serving.ts"
import * as Serving from "../Serving.ts"
import type { Call, Reply } from "../Vendor.ts"
import { admit } from "./Admission.ts"
import * as Beijing from "./Beijing.ts"
import type { Scene } from "./Book.ts"
import * as Chance from "./Chance.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import type { Keys, Platform } from "./Keys.ts"
import * as Orders from "./Orders.ts"
import * as Refunds from "./Refunds.ts"
import { badParameter, numeric, Refusal } from "./Refusal.ts"
import * as Signing from "./Signing.ts"
import { Statements } from "./Statements.ts"
import * as Tampering from "./Tampering.ts"
import type { Trade } from "./Trade.ts"
import * as Views from "./Views.ts"
import type { Wire } from "./Wire.ts"

/** What a call made: JSON, nothing at all, or a file, which is not signed. */
interface Made {
  readonly did: string
  readonly numbers: ReadonlyArray<string>
  readonly json?: Json
  readonly file?: { readonly bytes: Buffer; readonly isZipped: boolean }
}

interface Route {
  readonly method: "GET" | "POST"
  readonly path: RegExp
  readonly on: On
  /** Whose order it is about, as far as the call says so. */
  readonly number: (part: string, call: Call) => string
  readonly act: (part: string, call: Call) => Made
}

const requestId = (number: number): string => `08${randomHex(18).toUpperCase()}-${number}`

/** A text of a body that may be anything. */
const textIn = (call: Call, name: string): string => {
  const json = parsed(call.body)
  const value = typeof json === "object" && json !== null ? (json as Json)[name] : undefined
  return typeof value === "string" ? value : ""
}

/** What a path's part says; as it stands where it says nothing. */
const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const refusedReply = (refusal: Refusal, numbers: ReadonlyArray<string>): Reply => {
  const { status, code, message, detail, numeric: finer } = refusal
  return {
    status,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      ...(finer === undefined ? {} : { "Request-ID": requestId(finer) })
    },
    body: JSON.stringify({ code, ...(detail === undefined ? {} : { detail }), message }),
    did: "refused",
    numbers
  }
}

const refusals: { readonly [on in On]?: () => Refusal } = {
  create: () => badParameter("body", "description", "invalid"),
  close: () => new Refusal(403, "RULE_LIMIT", "业务规则限制"),
  refund: () => new Refusal(403, "USER_ACCOUNT_ABNORMAL", "用户帐号异常")
}

const errorOf = (status: number): Refusal => {
  if (status === 502 || status === 503) return new Refusal(status, "SERVICE_UNAVAILABLE", "服务暂不可用，请稍后重试")
  return new Refusal(status, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用")
}

const unknownOf = (on: On): Refusal => {
  if (on === "bill") return new Refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
  if (on === "query" || on === "close")
    return new Refusal(404, "ORDER_NOT_EXIST", "订单不存在", { numeric: numeric.unknownOrder })
  return new Refusal(404, "RESOURCE_NOT_EXISTS", "资源不存在")
}

/** How the vendor says what a fault wants. */
const wordsOn =
  (on: On): Words =>
  (what, status) => {
    if (what === "not-found") return refusedReply(unknownOf(on), [])
    if (what === "error") return refusedReply(errorOf(status ?? 500), [])
    if (what === "throttle")
      return refusedReply(new Refusal(429, "FREQUENCY_LIMITED", "频率超限", { numeric: numeric.rateLimit }), [])
    return refusedReply(refusals[on]?.() ?? new Refusal(403, "NO_AUTH", "商户无权限"), [])
  }

const unknownCode = () => new Refusal(400, "SOMETHING_NEW", "一个没有写进文档的错误码")

/** The API v3. */
export class Api {
  readonly #kit: Kit
  readonly #trade: Trade
  readonly #keys: Keys
  readonly #wire: Wire
  readonly #statements: Statements
  readonly #routes: ReadonlyArray<Route>

  constructor(kit: Kit, trade: Trade, wire: Wire) {
    this.#kit = kit
    this.#trade = trade
    this.#keys = trade.keys
    this.#wire = wire
    this.#statements = new Statements(trade)
    this.#routes = [...this.#orderRoutes(), ...this.#refundRoutes(), ...this.#otherRoutes()]
  }

  /** Answers a call of the API as the faults want: an unknown path with 404 and a wrong method with 405, both without a body. */
  async handle(call: Call, response: ServerResponse): Promise<void> {
    const { pathname } = call.url
    const known = this.#routes.filter(({ path }) => path.test(pathname))
    const route = known.find(({ method }) => method === call.method)
    if (route === undefined) {
      const status = known.length > 0 ? 405 : 404
      this.#kit.record(call, { did: "refused", numbers: [] }, status)
      response.writeHead(status, { "content-length": "0" }).end()
      return
    }
    const part = decoded(route.path.exec(pathname)?.[1] ?? "")
    const number = route.number(part, call)
    const act = (fault: Own | undefined) => this.#answered(route, part, number, call, fault)
    return Serving.answer(this.#kit, call, response, { on: route.on, number, act, words: wordsOn(route.on) })
  }

  #answered(route: Route, part: string, number: string, call: Call, fault: Own | undefined): Reply {
    try {
      admit(call, this.#keys, this.#wire)
      const made = route.act(part, call)
      if (fault !== "unknown-code") return this.#signed(made, call, fault)
      return { ...refusedReply(unknownCode(), made.numbers), did: made.did }
    } catch (error) {
      if (error instanceof Refusal) return refusedReply(error, number === "" ? [] : [number])
      throw error
    }
  }

  /** Answers are signed with the key that the caller named; files are not. */
  #signed({ did, numbers, json, file }: Made, call: Call, fault: Own | undefined): Reply {
    const common = { "Request-ID": requestId(numeric.none), "Cache-Control": "no-cache, must-revalidate" }
    if (file !== undefined) {
      const type = file.isZipped ? "application/x-gzip" : "text/plain"
      return { status: 200, headers: { ...common, "Content-Type": type }, body: file.bytes, did, numbers }
    }
    const told = json === undefined || !Tampering.isTampering(fault) ? json : Tampering.tampered(json, fault)
    const body = told === undefined ? "" : JSON.stringify(told)
    const type = told === undefined ? {} : { "Content-Type": "application/json; charset=utf-8" }
    const headers = { ...common, ...type, ...(fault === "unsigned" ? {} : this.#signature(call, body, fault)) }
    return { status: told === undefined ? 204 : 200, headers, body, did, numbers }
  }

  #signature(call: Call, body: string, fault: Own | undefined): Record<string, string> {
    const named = call.headers["wechatpay-serial"]
    const { serial, key } = this.#keys.signerFor(typeof named === "string" ? named : undefined)
    const timestamp = String(this.#wire.timestamp())
    const nonce = randomHex(16)
    const signed = fault === "wrong-signature" ? `${body} ` : body
    return {
      "Wechatpay-Timestamp": timestamp,
      "Wechatpay-Nonce": nonce,
      "Wechatpay-Serial": fault === "wrong-serial" ? `7F${randomHex(19).toUpperCase()}` : serial,
      "Wechatpay-Signature": Signing.sign(key, Signing.lines(timestamp, nonce, signed)),
      "Wechatpay-Signature-Type": Signing.scheme
    }
  }

  #create(scene: Scene): Route {
    return {
      method: "POST",
      path: new RegExp(`^/v3/pay/transactions/${scene}$`),
      on: "create",
      number: (_, call) => textIn(call, "out_trade_no"),
      act: (_, call) => {
        const { terms, ticket } = Orders.create(this.#trade, scene, Fields.bodyOf(call.body))
        return { did: "create", numbers: [terms.number], json: this.#led(scene, ticket.text) }
      }
    }
  }

  /** What leads a payer to the cashier. */
  #led(scene: Scene, ticket: string): Json {
    if (scene === "native") return { code_url: `weixin://wxpay/bizpayurl?pr=${ticket}` }
    if (scene !== "h5") return { prepay_id: ticket }
    const query = `prepay_id=${ticket}&package=${Chance.digits(10)}`
    return { h5_url: `${this.#kit.url}/cgi-bin/mmpayweb-bin/checkmweb?${query}` }
  }

  #orderRoutes(): ReadonlyArray<Route> {
    const { mchid } = this.#keys.merchant
    const told = (order: ReturnType<typeof Orders.byNumber>): Made => ({
      did: "query",
      numbers: [order.number],
      json: Views.transaction(order, mchid)
    })
    return [
      ...(["native", "jsapi", "app", "h5"] as const).map((scene) => this.#create(scene)),
      {
        method: "GET",
        path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/,
        on: "query",
        number: (part) => part,
        act: (part, { url }) => told(Orders.byNumber(this.#trade, part, url))
      },
      {
        method: "GET",
        path: /^\/v3\/pay\/transactions\/id\/([^/]+)$/,
        on: "query",
        number: (part) => this.#trade.book.byTransaction(part)?.number ?? "",
        act: (part, { url }) => told(Orders.byTransaction(this.#trade, part, url))
      },
      {
        method: "POST",
        path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/,
        on: "close",
        number: (part) => part,
        act: (part, call) => {
          const { number } = Orders.close(this.#trade, part, Fields.bodyOf(call.body))
          return { did: "close", numbers: [number] }
        }
      }
    ]
  }

  #refundRoutes(): ReadonlyArray<Route> {
    const { book } = this.#trade
    const told = (did: string, refund: ReturnType<typeof Refunds.byNumber>): Made => ({
      did,
      numbers: [refund.order, refund.number],
      json: Views.refund(book, refund)
    })
    return [
      {
        method: "POST",
        path: /^\/v3\/refund\/domestic\/refunds$/,
        on: "refund",
        number: (_, call) =>
          textIn(call, "out_trade_no") || (book.byTransaction(textIn(call, "transaction_id"))?.number ?? ""),
        act: (_, call) => told("refund", Refunds.create(this.#trade, Fields.bodyOf(call.body)))
      },
      {
        method: "GET",
        path: /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/,
        on: "query-refund",
        number: (part) => book.refund(part)?.order ?? part,
        act: (part) => told("query-refund", Refunds.byNumber(this.#trade, part))
      }
    ]
  }

  #otherRoutes(): ReadonlyArray<Route> {
    const base = this.#kit.url
    const get = (path: RegExp, on: On, act: (call: Call) => Pick<Made, "json" | "file">, did: string): Route => ({
      method: "GET",
      path,
      on,
      number: () => "",
      act: (_, call) => ({ did, numbers: [], ...act(call) })
    })
    const bill = (call: Call) => ({ json: this.#statements.trades(call.url, base) })
    const flow = (call: Call) => ({ json: this.#statements.flows(call.url, base) })
    const file = (call: Call) => ({ file: this.#statements.file(call.url) })
    return [
      get(/^\/v3\/certificates$/, "certificates", ({ url }) => ({ json: this.#certificates(url) }), "certificates"),
      get(/^\/v3\/bill\/tradebill$/, "bill", bill, "bill"),
      get(/^\/v3\/bill\/fundflowbill$/, "bill", flow, "bill"),
      get(/^\/v3\/billdownload\/file$/, "bill", file, "bill-file")
    ]
  }

  #certificates({ searchParams }: URL): Json {
    const type = searchParams.get("algorithm_type") ?? "RSA"
    if (type !== "RSA" && type !== "ALL") throw badParameter("query", "algorithm_type", "只支持 RSA", type)
    const { apiV3Key } = this.#keys.merchant
    const told = ({ serial, certificate, effectiveMillis, expireMillis }: Platform) => {
      const nonce = randomHex(6)
      return {
        serial_no: serial,
        effective_time: Beijing.text(effectiveMillis),
        expire_time: Beijing.text(expireMillis),
        encrypt_certificate: {
          algorithm: "AEAD_AES_256_GCM",
          nonce,
          associated_data: "certificate",
          ciphertext: Signing.encrypted(apiV3Key, nonce, "certificate", certificate)
        }
      }
    }
    return { data: this.#keys.platforms.map(told) }
  }
}
