import type { Oddity } from "../Courier.ts"
import type { Kit } from "../Kit.ts"
import * as Beijing from "./Beijing.ts"
import type { Book, Refund, Trade } from "./Book.ts"
import type { Keys } from "./Keys.ts"
import { buyerLogon } from "./Services.ts"
import * as Signing from "./Signing.ts"
import * as Yuan from "./Yuan.ts"

const minuteMillis = 60_000

/** Waits after each try: 4 m, 10 m, 10 m, 1 h, 2 h, 6 h, 15 h; eight deliveries in all. */
export const retryMillis = [4, 10, 10, 60, 120, 360, 900].map((minutes) => minutes * minuteMillis)

const lifeMillis = retryMillis.reduce((sum, millis) => sum + millis, 0)

const oddities = [
  "wrong-signature",
  "altered",
  "wrong-amount",
  "foreign-merchant",
  "other-app",
  "other-number",
  "wrong-type",
  "truncated",
  "huge",
  "sign-type-kept"
] as const satisfies ReadonlyArray<Oddity>

type Fields = { readonly [name: string]: string }

/** What a notice says: that a trade is paid, or that a part of it is refunded. */
const fieldsOf = (keys: Keys, trade: Trade, refund: Refund | undefined, nowMillis: number): Fields => {
  const { order, paid } = trade
  const total = Yuan.text(order.amountMinor)
  const fields: { [name: string]: string } = {
    gmt_create: Beijing.text(trade.createdMillis),
    charset: "utf-8",
    seller_email: "shop@sandbox.example",
    subject: order.subject,
    buyer_id: trade.buyerId,
    invoice_amount: total,
    notify_id: refund?.noticeId ?? paid?.noticeId ?? "",
    fund_bill_list: JSON.stringify([{ amount: total, fundChannel: "ALIPAYACCOUNT" }]),
    notify_type: "trade_status_sync",
    trade_status: "TRADE_SUCCESS",
    receipt_amount: total,
    buyer_pay_amount: total,
    app_id: keys.appId,
    seller_id: keys.sellerId,
    gmt_payment: Beijing.text(paid?.atMillis ?? nowMillis),
    notify_time: Beijing.text(nowMillis),
    version: "1.0",
    out_trade_no: order.number,
    total_amount: total,
    trade_no: trade.tradeNo,
    auth_app_id: keys.appId,
    buyer_logon_id: buyerLogon,
    point_amount: "0.00"
  }
  if (order.passback !== null) fields["passback_params"] = order.passback
  if (refund === undefined) return fields
  return {
    ...fields,
    gmt_refund: Beijing.textWithMillis(refund.atMillis),
    refund_fee: Yuan.text(refund.totalMinor),
    send_back_fee: Yuan.text(refund.amountMinor),
    out_biz_no: refund.requestNo
  }
}

const raised = (fields: Fields): Fields => {
  const minor = (Yuan.minorOf(fields["total_amount"] ?? "") ?? 0) + 100
  const total = Yuan.text(minor)
  return { ...fields, total_amount: total, receipt_amount: total, buyer_pay_amount: total, invoice_amount: total }
}

/** What is signed, with what a fault wants to be wrong in it. */
const told = (fields: Fields, oddity: Oddity | undefined): Fields => {
  switch (oddity) {
    case "wrong-amount":
      return raised(fields)
    case "foreign-merchant":
      return { ...fields, seller_id: "2088000000000000" }
    case "other-app":
      return { ...fields, app_id: "2021000000000000", auth_app_id: "2021000000000000" }
    case "other-number":
      return { ...fields, out_trade_no: `${fields["out_trade_no"]}X` }
    case "huge":
      return { ...fields, body: "长".repeat(400_000) }
    default:
      return fields
  }
}

/** The form of a notice: RSA2 over all its fields without `sign` and `sign_type`. */
const formOf = (keys: Keys, fields: Fields, oddity: Oddity | undefined): string => {
  const typed = { ...told(fields, oddity), sign_type: "RSA2" }
  const text = Signing.textOf(Object.entries(typed), oddity === "sign-type-kept" ? [] : ["sign_type"])
  const sign = Signing.sign(text, oddity === "wrong-signature" ? keys.forgersKey : keys.alipayPrivateKey)
  const sent = oddity === "altered" ? { ...typed, ...raised(fields) } : typed
  const form = new URLSearchParams({ ...sent, sign }).toString()
  return oddity === "truncated" ? form.slice(0, form.length / 2) : form
}

/** The notices of payments, by their events in the ledger. */
export class Notices {
  readonly #kit: Kit
  readonly #keys: Keys

  constructor(kit: Kit, keys: Keys) {
    this.#kit = kit
    this.#keys = keys
  }

  /** Tells the merchant that a trade is paid, or of a refund that leaves something of it; resolves when the first try is over. */
  async tell(trade: Trade, refund?: Refund): Promise<void> {
    const { notifyUrl, number, amountMinor } = trade.order
    if (notifyUrl === null || (refund !== undefined && refund.totalMinor >= amountMinor)) return
    const id = refund?.noticeId ?? trade.paid?.noticeId ?? ""
    await this.#kit.courier.send({
      number,
      event: eventOf(refund),
      url: notifyUrl,
      message: (oddity) => ({
        headers: {
          "content-type":
            oddity === "wrong-type" ? "application/json" : "application/x-www-form-urlencoded; charset=utf-8"
        },
        body: formOf(this.#keys, fieldsOf(this.#keys, trade, refund, this.#kit.clock.now()), oddity),
        genuine: oddity === undefined,
        id
      }),
      isTaken: (status, body) => status === 200 && body === "success",
      retryMillis,
      oddities
    })
  }

  /** Tells again what was not taken before the process ended, as far as it is not given up. */
  resume(book: Book): void {
    const sinceMillis = this.#kit.clock.now() - lifeMillis
    const isOpen = (trade: Trade, atMillis: number, refund?: Refund) =>
      atMillis > sinceMillis && !this.#kit.courier.isTaken(trade.order.number, eventOf(refund))
    for (const trade of book.trades()) {
      if (trade.paid !== null && isOpen(trade, trade.paid.atMillis)) void this.tell(trade)
      for (const refund of trade.refunds) if (isOpen(trade, refund.atMillis, refund)) void this.tell(trade, refund)
    }
  }
}

const eventOf = (refund: Refund | undefined): string =>
  refund === undefined ? "TRADE_SUCCESS" : `TRADE_SUCCESS ${refund.requestNo}`

/** The address to which a browser goes back after paying, with what the vendor tells it, signed; `undefined` where the merchant named none. */
export const returnAddress = (keys: Keys, trade: Trade, nowMillis: number): string | undefined => {
  const { returnUrl, method, number, amountMinor } = trade.order
  if (returnUrl === null) return undefined
  const fields = {
    charset: "utf-8",
    out_trade_no: number,
    method: `${method}.return`,
    total_amount: Yuan.text(amountMinor),
    trade_no: trade.tradeNo,
    auth_app_id: keys.appId,
    version: "1.0",
    app_id: keys.appId,
    sign_type: "RSA2",
    seller_id: keys.sellerId,
    timestamp: Beijing.text(nowMillis)
  }
  const sign = Signing.sign(Signing.textOf(Object.entries(fields), ["sign_type"]), keys.alipayPrivateKey)
  const url = new URL(returnUrl)
  url.search = `${url.search}${url.search === "" ? "?" : "&"}${new URLSearchParams({ ...fields, sign })}`
  return url.href
}
