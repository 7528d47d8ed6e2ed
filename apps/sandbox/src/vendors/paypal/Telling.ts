import { randomUUID } from "node:crypto"
import { randomHex } from "../../Random.ts"
import type { Message, Oddity } from "../Courier.ts"
import type { Kit } from "../Kit.ts"
import type { Book, Change, Event } from "./Book.ts"
import { madeId } from "./Book.ts"
import type { Signer, Signers } from "./Signing.ts"
import * as Signing from "./Signing.ts"

const minuteMillis = 60_000
const staleMillis = 4 * 24 * 60 * minuteMillis
/** Tries after the first: 25 within 3 days, close to each other at first. */
export const retryMillis: ReadonlyArray<number> = [
  ...[0.25, 0.5, 1, 2, 5, 10, 20, 30].map((minutes) => minutes * minuteMillis),
  ...Array.from({ length: 17 }, () => 250 * minuteMillis)
]
const tryingMillis = 3 * 24 * 60 * minuteMillis

/** Something that happened to an order, with the resource that the event shows. */
export interface Happening {
  readonly number: string
  readonly type: string
  readonly resourceType: "checkout-order" | "capture" | "refund" | "authorization" | "dispute"
  readonly summary: string
  readonly resource: object
}

/** Tells a merchant's listener what happened, signed, until it is taken. */
export class Telling {
  readonly #kit: Kit
  readonly #book: Book
  readonly #signers: Signers
  readonly #webhookId: string

  constructor(parts: {
    readonly kit: Kit
    readonly book: Book
    readonly signers: Signers
    readonly webhookId: string
  }) {
    this.#kit = parts.kit
    this.#book = parts.book
    this.#signers = parts.signers
    this.#webhookId = parts.webhookId
  }

  /** Commits changes together with the events that tell of them, and sends these; resolves when the first tries are over. */
  async commit(changes: ReadonlyArray<Change>, happenings: ReadonlyArray<Happening>): Promise<void> {
    const events = happenings.map((happening) => this.#event(happening))
    this.#book.commit(...changes, ...events.map((event) => ({ event })))
    for (const event of events) await this.send(event)
  }

  /** Goes on with what was not taken before a restart and is not too old. */
  resume(): void {
    const now = this.#kit.clock.now()
    for (const event of this.#book.events.values())
      if (!event.isTaken && now - event.atMillis < tryingMillis) void this.send(event)
  }

  #event({ number, type, resourceType, summary, resource }: Happening): Event {
    const atMillis = this.#kit.clock.now()
    const id = `WH-${madeId()}-${madeId()}`
    const self = `${this.#kit.url}/v1/notifications/webhooks-events/${id}`
    const body = JSON.stringify({
      id,
      event_version: "1.0",
      create_time: new Date(atMillis).toISOString(),
      resource_type: resourceType,
      resource_version: "2.0",
      event_type: type,
      summary,
      resource,
      links: [
        { href: self, rel: "self", method: "GET" },
        { href: `${self}/resend`, rel: "resend", method: "POST" }
      ]
    })
    return { id, number, type, atMillis, body, url: this.#book.settings.webhookUrl, isTaken: false }
  }

  /** Sends an event to the listener that it was meant for; nobody gets it where there was none. */
  async send(event: Event, webhookId = this.#webhookId): Promise<void> {
    if (event.url === null) return
    await this.#kit.courier.send({
      number: event.number,
      event: event.type,
      url: event.url,
      message: this.#messageOf(event, webhookId),
      isTaken: (status) => this.#isTaken(event.id, status),
      retryMillis
    })
  }

  #isTaken(id: string, status: number): boolean {
    const isTaken = status >= 200 && status < 300
    const event = this.#book.events.get(id)
    if (isTaken && event?.isTaken === false) this.#book.commit({ event: { ...event, isTaken } })
    return isTaken
  }

  #messageOf(event: Event, webhookId: string): Message {
    const transmissionId = randomUUID()
    return (oddity) => {
      const at = this.#kit.clock.now() - (oddity === "stale" ? staleMillis : 0)
      const signed = contentOf(event.body, oddity)
      const time = `${new Date(at).toISOString().slice(0, 19)}Z`
      const signer = signerFor(this.#signers, oddity)
      const listener = oddity === "other-app" ? madeId() : webhookId
      const text = Signing.signedText(transmissionId, time, listener, signed)
      return {
        id: event.id,
        genuine: oddity === undefined,
        body: sentOf(signed, oddity),
        headers: {
          "content-type": oddity === "wrong-type" ? "text/html" : "application/json",
          "user-agent": "PayPal/AUHD-214.0-sandbox",
          "paypal-auth-algo": "SHA256withRSA",
          "paypal-auth-version": "v2",
          "paypal-cert-url": `${oddity === "foreign-merchant" ? foreignOrigin : this.#kit.url}${Signing.certificatePath}${signer.id}`,
          "paypal-transmission-id": transmissionId,
          "paypal-transmission-sig":
            oddity === "wrong-signature"
              ? Buffer.from(randomHex(256), "hex").toString("base64")
              : Signing.signature(text, signer.privateKey),
          "paypal-transmission-time": time
        }
      }
    }
  }
}

/** A host that looks like the vendor's and is another's. */
const foreignOrigin = "https://api.sandbox.paypal.com.evil.example"

const signerFor = ({ good, expired, rogue }: Signers, oddity: Oddity | undefined): Signer => {
  if (oddity === "wrong-serial" || oddity === "foreign-merchant") return rogue
  return oddity === "expired-certificate" ? expired : good
}

type Money = { readonly currency_code: string; readonly value: string }

const changedMoney = (oddity: Oddity, { currency_code, value }: Money): Money =>
  oddity === "wrong-amount"
    ? { currency_code, value: (Number(value) + (value.includes(".") ? 0.01 : 1)).toFixed(value.includes(".") ? 2 : 0) }
    : { currency_code: currency_code === "EUR" ? "USD" : "EUR", value }

const isMoney = (value: unknown): value is Money =>
  typeof value === "object" && value !== null && "currency_code" in value && "value" in value

/** The event with what an oddity wants to be wrong with its content, which is signed as it is then. */
const contentOf = (body: string, oddity: Oddity | undefined): string => {
  if (oddity === "wrong-amount" || oddity === "wrong-currency")
    return JSON.stringify(JSON.parse(body, (_, value) => (isMoney(value) ? changedMoney(oddity, value) : value)))
  if (oddity === "other-number")
    return JSON.stringify(
      JSON.parse(body, (name, value) =>
        ["custom_id", "invoice_id", "order_id", "custom"].includes(name) ? madeId() : value
      )
    )
  if (oddity === "stale")
    return JSON.stringify(
      JSON.parse(body, (name, value) =>
        name === "create_time" ? new Date(Date.parse(value) - staleMillis).toISOString() : value
      )
    )
  return oddity === "huge" ? body.replace('"summary":"', `"summary":"${"x".repeat(2 * 1024 * 1024)}`) : body
}

/** What is sent of what was signed. */
const sentOf = (signed: string, oddity: Oddity | undefined): string => {
  if (oddity === "altered") return signed.replace('"summary":"', '"summary":"altered ')
  return oddity === "truncated" ? signed.slice(0, signed.length / 2) : signed
}
