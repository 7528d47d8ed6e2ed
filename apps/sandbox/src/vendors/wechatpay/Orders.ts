import type { Order, Scene, Terms, Ticket } from "./Book.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import { badParameter, closed, invalidRequest, numeric, otherMerchant, paid, Refusal, unknownOrder } from "./Refusal.ts"
import type { Trade } from "./Trade.ts"

/** What an order's number may be made of. */
export const numberPattern = /^[0-9A-Za-z_\-|*]+$/

const shortestMillis = 60_000

/** A letter outside the basic plane, as emoji are. */
const astral = /[\u{10000}-\u{10FFFF}]/u

const description = (json: Json): string => {
  const text = Fields.text(json, "description", { max: 127 })
  if (astral.test(text)) throw badParameter("body", "/description", "含有不支持的字符", text)
  return text
}

const currency = (amount: Json): void => {
  const value = Fields.optionalText(amount, "currency", { max: 16 }, "/amount/")
  if (value !== null && value !== "CNY") throw badParameter("body", "/amount/currency", "只支持 CNY", value)
}

/** The payer, whom an order in an official account or a mini program is for alone. */
const payer = (json: Json, scene: Scene): string | null => {
  if (scene !== "jsapi") return null
  return Fields.text(Fields.object(json, "payer"), "openid", { max: 128, pattern: /^[0-9A-Za-z_-]+$/ }, "/payer/")
}

const ipPattern = /^[0-9A-Fa-f:.]+$/
const h5Types = ["iOS", "Android", "Wap"]

const sceneInfo = (json: Json, scene: Scene): void => {
  const info = scene === "h5" ? Fields.object(json, "scene_info") : Fields.optionalObject(json, "scene_info")
  if (info === undefined) return
  const path = "/scene_info/"
  Fields.text(info, "payer_client_ip", { max: 45, pattern: ipPattern }, path)
  Fields.optionalText(info, "device_id", { max: 32 }, path)
  if (scene !== "h5") return
  const type = Fields.text(Fields.object(info, "h5_info", path), "type", { max: 32 }, `${path}h5_info/`)
  if (!h5Types.includes(type)) throw badParameter("body", `${path}h5_info/type`, `必须是 ${h5Types.join("、")}`, type)
}

/** What is optional is left out, not null. */
const withoutNulls = (json: Json): void => {
  const name = Object.keys(json).find((one) => json[one] === null)
  if (name !== undefined) throw badParameter("body", `/${name}`, "不能为 null")
}

const optional = (json: Json): void => {
  Fields.optionalText(json, "goods_tag", { max: 32 })
  Fields.optionalObject(json, "detail")
  Fields.optionalObject(json, "settle_info")
  const fapiao = json["support_fapiao"]
  if (fapiao !== undefined && typeof fapiao !== "boolean")
    throw badParameter("body", "/support_fapiao", "必须是布尔值", fapiao)
}

const termsOf = (trade: Trade, scene: Scene, json: Json): Terms => {
  withoutNulls(json)
  const appid = Fields.text(json, "appid", { max: 32 })
  const mchid = Fields.text(json, "mchid", { max: 32 })
  const amount = Fields.object(json, "amount")
  const now = trade.now()
  const expires = Fields.optionalTime(json, "time_expire")
  const terms: Terms = {
    number: Fields.text(json, "out_trade_no", { min: 6, max: 32, pattern: numberPattern }),
    scene,
    appid,
    description: description(json),
    attach: Fields.optionalText(json, "attach", { max: 128 }),
    notifyUrl: Fields.notifyUrl(Fields.text(json, "notify_url", { max: 255 })),
    openid: payer(json, scene),
    totalMinor: Fields.fen(amount, "total", "/amount/"),
    expiresMillis: expires === null ? null : Math.max(expires, now + shortestMillis),
    parameters: Fields.canonical(json),
    createdMillis: now
  }
  currency(amount)
  sceneInfo(json, scene)
  optional(json)
  if (mchid !== trade.keys.merchant.mchid) throw otherMerchant()
  if (!trade.keys.isBound(appid)) throw new Refusal(400, "APPID_MCHID_NOT_MATCH", "appid 与商户号不匹配")
  return terms
}

/** An order may be asked for again while it is open, with what it was asked for at first. */
const reentered = (known: Order, terms: Terms): void => {
  if (known.paying !== null) throw paid()
  if (known.isClosed) throw closed()
  if (known.scene !== terms.scene) throw new Refusal(403, "OUT_TRADE_NO_USED", "商户订单号重复")
  if (known.parameters !== terms.parameters) throw invalidRequest("重复下单的参数与首次不一致", numeric.otherParameters)
}

/** Opens an order, or one that is open again; refused as the vendor does. */
export const create = (trade: Trade, scene: Scene, json: Json): { readonly terms: Terms; readonly ticket: Ticket } => {
  const terms = termsOf(trade, scene, json)
  const known = trade.book.order(terms.number)
  if (known !== undefined) reentered(known, terms)
  return { terms, ticket: trade.open(terms) }
}

const mchidIn = (trade: Trade, url: URL): void => {
  const mchid = url.searchParams.get("mchid")
  if (mchid === null || mchid === "") throw badParameter("query", "mchid", "缺少必填参数")
  if (mchid !== trade.keys.merchant.mchid) throw otherMerchant()
}

/** An order by the merchant's number. */
export const byNumber = (trade: Trade, number: string, url: URL): Order => {
  mchidIn(trade, url)
  if (number.length < 6 || number.length > 32 || !numberPattern.test(number))
    throw badParameter("uri", "out_trade_no", "格式不正确", number)
  const order = trade.book.order(number)
  if (order === undefined) throw unknownOrder()
  return order
}

/** An order by the vendor's number, which it has once it is paid. */
export const byTransaction = (trade: Trade, id: string, url: URL): Order => {
  mchidIn(trade, url)
  if (!/^[0-9A-Za-z]{1,32}$/.test(id)) throw badParameter("uri", "transaction_id", "格式不正确", id)
  const order = trade.book.byTransaction(id)
  if (order === undefined) throw unknownOrder()
  return order
}

/** Closes an order; one that is closed stays so. */
export const close = (trade: Trade, number: string, json: Json): Order => {
  if (Fields.text(json, "mchid", { max: 32 }) !== trade.keys.merchant.mchid) throw otherMerchant()
  const order = trade.book.order(number)
  if (order === undefined) throw unknownOrder()
  if (order.paying !== null) throw paid()
  if (!order.isClosed) trade.close(order)
  return order
}
