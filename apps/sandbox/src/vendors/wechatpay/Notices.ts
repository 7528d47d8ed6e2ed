import type { KeyObject } from "node:crypto"
import { generateKeyPairSync } from "node:crypto"
import { randomHex } from "../../Random.ts"
import type { Message, Oddity, Sent } from "../Courier.ts"
import type { Kit } from "../Kit.ts"
import * as Beijing from "./Beijing.ts"
import type { Book, Order, Refund } from "./Book.ts"
import * as Chance from "./Chance.ts"
import type { Json } from "./Fields.ts"
import type { Keys, Signer } from "./Keys.ts"
import * as Signing from "./Signing.ts"
import * as Tampering from "./Tampering.ts"
import * as Views from "./Views.ts"
import type { Wire } from "./Wire.ts"

const seconds = (...all: ReadonlyArray<number>) => all.map((count) => count * 1000)

/** Waits after each try that was not taken, in milliseconds: 15 of them, 24 h 4 m in all. */
export const retryMillis = seconds(
  15,
  15,
  30,
  180,
  600,
  1200,
  1800,
  1800,
  1800,
  3600,
  10800,
  10800,
  10800,
  21600,
  21600
)

/** What can be wrong with a notification of a payment. */
const ofPayment: ReadonlyArray<Oddity> = [
  "wrong-signature",
  "altered",
  "wrong-amount",
  "wrong-currency",
  "foreign-merchant",
  "other-app",
  "other-number",
  "stale",
  "wrong-serial",
  "expired-certificate",
  "truncated",
  "wrong-type",
  "huge",
  "probe"
]

/** A refund's tells neither a currency nor an app. */
const ofRefund = ofPayment.filter((oddity) => oddity !== "wrong-currency" && oddity !== "other-app")

const summaries = {
  "TRANSACTION.SUCCESS": "支付成功",
  "REFUND.SUCCESS": "退款成功",
  "REFUND.ABNORMAL": "退款异常",
  "REFUND.CLOSED": "退款关闭"
} as const

type Event = keyof typeof summaries

/** What one notification is made of. */
interface Notice {
  readonly id: string
  readonly createdMillis: number
  readonly event: Event
  readonly content: Json
}

const refundEvents = { SUCCESS: "REFUND.SUCCESS", ABNORMAL: "REFUND.ABNORMAL", CLOSED: "REFUND.CLOSED" } as const

/** What a refund's notification is kept under in the ledger: one payment has several. */
const refundKey = (event: Event, { number }: Refund): string => `${event} ${number}`

let stranger: KeyObject | undefined

/** A key of nobody's. */
const strangersKey = (): KeyObject => {
  stranger ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
  return stranger
}

const tagBytes = 16
const hugeBytes = 2 * 1024 * 1024
const staleSeconds = 600

/** Tells a merchant what came of its payments and refunds. */
export class Notices {
  readonly #kit: Kit
  readonly #keys: Keys
  readonly #book: Book
  readonly #wire: Wire

  constructor(kit: Kit, keys: Keys, book: Book, wire: Wire) {
    this.#kit = kit
    this.#keys = keys
    this.#book = book
    this.#wire = wire
  }

  /** Tells that an order is paid; resolves after the first try. */
  paid(order: Order): Promise<void> {
    const content = Views.paidTransaction(order, this.#keys.merchant.mchid)
    return this.#send(order.number, order.notifyUrl, "TRANSACTION.SUCCESS", "TRANSACTION.SUCCESS", content)
  }

  /** Tells what came of a refund, where it was asked for with an address. */
  async refunded(refund: Refund): Promise<void> {
    if (refund.status === "PROCESSING" || refund.notifyUrl === null) return
    const event = refundEvents[refund.status]
    const content = Views.refundNotice(this.#book, refund, this.#keys.merchant.mchid)
    await this.#send(refund.order, refund.notifyUrl, event, refundKey(event, refund), content)
  }

  /** Tells again what was not taken before a restart and would still be tried. */
  resume(nowMillis: number): void {
    const { courier } = this.#kit
    const limitMillis = retryMillis.reduce((sum, millis) => sum + millis, 0)
    const isYoung = (millis: number) => nowMillis - millis < limitMillis
    for (const order of this.#book.orders())
      if (
        order.paying !== null &&
        isYoung(order.paying.atMillis) &&
        !courier.isTaken(order.number, "TRANSACTION.SUCCESS")
      )
        void this.paid(order)
    for (const refund of this.#book.refunds()) {
      if (refund.status === "PROCESSING" || !isYoung(refund.movedMillis ?? 0)) continue
      if (!courier.isTaken(refund.order, refundKey(refundEvents[refund.status], refund))) void this.refunded(refund)
    }
  }

  #send(number: string, url: string, event: Event, key: string, content: Json): Promise<void> {
    const notice: Notice = { id: Chance.uuid(), createdMillis: this.#kit.clock.now(), event, content }
    const message: Message = (oddity) => this.#made(notice, oddity)
    return this.#kit.courier.send({
      number,
      event: key,
      url,
      message,
      isTaken: (status) => status === 200 || status === 204,
      retryMillis,
      oddities: event === "TRANSACTION.SUCCESS" ? ofPayment : ofRefund
    })
  }

  #made(notice: Notice, oddity: Oddity | undefined): Sent {
    const body = JSON.stringify(this.#told(notice, oddity))
    const timestamp = String(this.#wire.timestamp() - (oddity === "stale" ? staleSeconds : 0))
    const nonce = Chance.word(32)
    const { serial, key } = this.#signer(oddity)
    const signature = Signing.sign(
      oddity === "wrong-signature" ? strangersKey() : key,
      Signing.lines(timestamp, nonce, body)
    )
    return {
      headers: {
        "Content-Type": "application/json",
        Accept: "*/*",
        "User-Agent": "Mozilla/4.0",
        "Request-ID": `08${randomHex(20).toUpperCase()}-0`,
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": oddity === "wrong-serial" ? `7F${randomHex(19).toUpperCase()}` : serial,
        "Wechatpay-Signature": oddity === "probe" ? `WECHATPAY/SIGNTEST/${signature.slice(19)}` : signature,
        "Wechatpay-Signature-Type": oddity === "wrong-type" ? "WECHATPAY2-SM2-WITH-SM3" : Signing.scheme
      },
      body: oddity === "altered" ? body.replace(notice.id, Chance.uuid()) : body,
      genuine: oddity === undefined,
      id: notice.id
    }
  }

  #signer(oddity: Oddity | undefined): Signer {
    if (oddity === "expired-certificate") return this.#keys.expired
    return this.#book.notifyKey === "certificate" ? this.#keys.platform : this.#keys.publicKey
  }

  #told({ id, createdMillis, event, content }: Notice, oddity: Oddity | undefined): Json {
    const kind = event === "TRANSACTION.SUCCESS" ? "transaction" : "refund"
    const told = Tampering.isTampering(oddity) ? Tampering.tampered(content, oddity) : content
    const nonce = Chance.word(12)
    const ciphertext = Signing.encrypted(this.#keys.merchant.apiV3Key, nonce, kind, JSON.stringify(told))
    return {
      id,
      create_time: Beijing.text(createdMillis),
      resource_type: "encrypt-resource",
      event_type: event,
      summary: oddity === "huge" ? "支".repeat(hugeBytes / 3) : summaries[event],
      resource: {
        original_type: kind,
        algorithm: "AEAD_AES_256_GCM",
        ciphertext: oddity === "truncated" ? withoutTag(ciphertext) : ciphertext,
        associated_data: kind,
        nonce
      }
    }
  }
}

const withoutTag = (ciphertext: string): string =>
  Buffer.from(ciphertext, "base64").subarray(0, -tagBytes).toString("base64")
