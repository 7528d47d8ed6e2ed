import { randomBytes } from "node:crypto"
import { Webhook } from "standardwebhooks"
import type { Clock } from "./Clock.ts"
import type { Faults } from "./Faults.ts"
import type { Ledger } from "./Ledger.ts"
import type { Held, Payment } from "./Payments.ts"
import type { Message } from "./vendors/Courier.ts"
import { Courier } from "./vendors/Courier.ts"

/** When an unanswered notification is tried again, in milliseconds after each try; then it is given up. */
export const retryMillis = [1, 2, 4, 8, 15, 30, 60, 60, 120, 120, 300, 300, 600, 600, 600, 600, 600, 600, 600].map(
  (seconds) => seconds * 1000
)

/** Tells merchants, signed (Standard Webhooks 1.0.0), what became of their payments; tries until it is taken. */
export class Notifications {
  readonly #signer: Webhook
  readonly #courier: Courier
  readonly #parts: {
    readonly secret: string
    readonly ledger: Ledger
    readonly faults: Faults
    readonly clock: Clock
    readonly retryMillis: ReadonlyArray<number>
  }

  constructor(parts: {
    readonly secret: string
    readonly ledger: Ledger
    readonly faults: Faults
    readonly clock: Clock
    readonly retryMillis: ReadonlyArray<number>
  }) {
    this.#parts = parts
    this.#signer = new Webhook(parts.secret)
    this.#courier = new Courier({ ledger: parts.ledger, faults: parts.faults, clock: parts.clock })
  }

  /** Stops all tries. */
  close(): void {
    this.#courier.close()
  }

  /** Tries again what was on its way when the process ended: everything that changed and was not taken since. */
  resume(all: Iterable<Held>): void {
    const tries = new Map<string, { readonly count: number; readonly isTaken: boolean }>()
    const triesOf = (number: string, event: string) => tries.get(`${number} ${event}`) ?? { count: 0, isTaken: false }
    for (const { number, event, status, vendor } of this.#parts.ledger.lines("notification")) {
      if (vendor !== undefined) continue
      const { count, isTaken } = triesOf(number, event)
      tries.set(`${number} ${event}`, { count: count + 1, isTaken: isTaken || (status !== null && isTaking(status)) })
    }
    for (const held of all) {
      const event = eventOf(held.payment)
      if (event === "payment.pending") continue
      const { count, isTaken } = triesOf(held.payment.merchant_payment_no, event)
      if (!isTaken && count < this.#parts.retryMillis.length) void this.send(held)
    }
  }

  /** Notifies of a payment as it is now, where its create said unless a refund says where; resolves when the first try is over. */
  async send(held: Held, refundNotifyUrl: string | null = null): Promise<void> {
    const { payment } = held
    const notifyUrl = refundNotifyUrl ?? held.notifyUrl
    if (notifyUrl === null) return
    await this.#courier.send({
      number: payment.merchant_payment_no,
      event: eventOf(payment),
      url: notifyUrl,
      message: this.#messageOf(payment),
      isTaken: isTaking,
      retryMillis: this.#parts.retryMillis,
      oddities: ["wrong-signature", "altered"]
    })
  }

  /** What it says, and its id, are the same for all tries: a wrong amount or merchant stays. */
  #messageOf(payment: Payment): Message {
    const timestamp = this.#parts.clock.text()
    const id = `msg_${randomBytes(16).toString("hex")}`
    let data: Payment | undefined
    return (oddity) => {
      data ??= this.#told(payment)
      const body = JSON.stringify({ type: eventOf(payment), timestamp, data })
      const at = new Date()
      return {
        id,
        genuine: oddity === undefined && data.merchant_id === payment.merchant_id,
        headers: {
          "content-type": "application/json",
          "webhook-id": id,
          "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
          "webhook-signature":
            oddity === "wrong-signature" ? `v1,${randomBytes(32).toString("base64")}` : this.#signer.sign(id, at, body)
        },
        body: oddity === "altered" ? body.replace(/"subject":"/, '"subject":"altered ') : body
      }
    }
  }

  #told(payment: Payment): Payment {
    const { faults } = this.#parts
    const number = payment.merchant_payment_no
    const content = faults.fire("notify", number, ["wrong-amount", "foreign-merchant"])
    if (content === undefined) return payment
    return content.fault === "wrong-amount"
      ? { ...payment, amount: payment.amount + 1 }
      : { ...payment, merchant_id: "merchant-foreign" }
  }
}

const isTaking = (status: number): boolean => status >= 200 && status < 300

/** The event that tells of a payment's state. */
const eventOf = (payment: Payment): string =>
  payment.refunded > 0 ? "payment.refunded" : `payment.${payment.status.toLowerCase()}`
