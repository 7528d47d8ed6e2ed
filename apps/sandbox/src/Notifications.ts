import { createHash, randomBytes } from "node:crypto"
import { Webhook } from "standardwebhooks"
import type { Clock } from "./Clock.ts"
import type { Faults } from "./Faults.ts"
import type { Ledger, Notified } from "./Ledger.ts"
import type { Held, Payment } from "./Payments.ts"

/** When an unanswered notification is tried again, in milliseconds after each try; then it is given up. */
export const retryMillis = [1, 2, 4, 8, 15, 30, 60, 60, 120, 120, 300, 300, 600, 600, 600, 600, 600, 600, 600].map(
  (seconds) => seconds * 1000
)

const tryLimitMillis = 5000

interface Pending {
  readonly held: Held
  readonly url: string
  readonly event: string
  readonly body: string
  readonly isForeign: boolean
  readonly webhookId: string
}

interface Signed {
  readonly headers: Record<string, string>
  readonly body: string
  readonly genuine: boolean
}

/** What one try was and how it went. */
type Tried = Pick<Notified, "attempt" | "copy" | "status" | "error" | "bodySha256" | "genuine">

/** Tells merchants, signed (Standard Webhooks 1.0.0), what became of their payments; tries until it is taken. */
export class Notifications {
  readonly #signer: Webhook
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #held = new Map<string, Pending>()
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
  }

  /** Stops all tries. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  /** Tries again what was on its way when the process ended: everything that changed and was not taken since. */
  resume(all: Iterable<Held>): void {
    const tries = new Map<string, { readonly count: number; readonly isTaken: boolean }>()
    const triesOf = (number: string, event: string) => tries.get(`${number} ${event}`) ?? { count: 0, isTaken: false }
    for (const { number, event, status } of this.#parts.ledger.lines("notification")) {
      const { count, isTaken } = triesOf(number, event)
      tries.set(`${number} ${event}`, { count: count + 1, isTaken: isTaken || isTaking(status) })
    }
    for (const held of all) {
      const event = eventOf(held.payment)
      if (event === "payment.pending") continue
      const { count, isTaken } = triesOf(held.payment.merchant_payment_no, event)
      if (!isTaken && count < this.#parts.retryMillis.length) void this.send(held)
    }
  }

  /** Notifies of a payment as it is now; resolves when the first try is over. */
  async send(held: Held): Promise<void> {
    const { notifyUrl, payment } = held
    if (notifyUrl === null) return
    const { faults, clock } = this.#parts
    const number = payment.merchant_payment_no
    if (faults.fire("notify", number, ["suppress"]) !== undefined) {
      this.#record(number, eventOf(payment), "suppressed", { error: "suppressed by a fault" })
      return
    }
    const event = eventOf(payment)
    const data = this.#told(payment)
    const isForeign = data.merchant_id !== payment.merchant_id
    const body = JSON.stringify({ type: event, timestamp: clock.text(), data })
    const pending = {
      held,
      url: notifyUrl,
      event,
      body,
      isForeign,
      webhookId: `msg_${randomBytes(16).toString("hex")}`
    }
    if (faults.fire("notify", number, ["reorder"]) !== undefined) {
      this.#held.set(number, pending)
      return
    }
    const delay = faults.fire("notify", number, ["delay"])
    if (delay !== undefined) return this.#later(delay.millis ?? 1000, () => void this.#try(pending, 0))
    const duplicate = faults.fire("notify", number, ["duplicate"])
    const copies = duplicate === undefined ? 1 : (duplicate.copies ?? 10)
    await Promise.all(Array.from({ length: copies }, (_, copy) => this.#try(pending, 0, copy)))
    const overtaken = this.#held.get(number)
    if (overtaken !== undefined && this.#held.delete(number)) await this.#try(overtaken, 0)
  }

  #told(payment: Payment): Payment {
    const number = payment.merchant_payment_no
    if (this.#parts.faults.fire("notify", number, ["wrong-amount"]) !== undefined)
      return { ...payment, amount: payment.amount + 1 }
    return this.#parts.faults.fire("notify", number, ["foreign-merchant"]) !== undefined
      ? { ...payment, merchant_id: "merchant-foreign" }
      : payment
  }

  #later(millis: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, millis)
    this.#timers.add(timer)
  }

  #signed(pending: Pending): Signed {
    const { faults } = this.#parts
    const number = pending.held.payment.merchant_payment_no
    const at = new Date()
    const signature = this.#signer.sign(pending.webhookId, at, pending.body)
    const isForged = faults.fire("notify", number, ["wrong-signature"]) !== undefined
    const isAltered = faults.fire("notify", number, ["altered"]) !== undefined
    return {
      genuine: !isForged && !isAltered && !pending.isForeign,
      headers: {
        "content-type": "application/json",
        "webhook-id": pending.webhookId,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": isForged ? `v1,${randomBytes(32).toString("base64")}` : signature
      },
      body: isAltered ? pending.body.replace(/"subject":"/, '"subject":"altered ') : pending.body
    }
  }

  async #try(pending: Pending, attempt: number, copy = 0): Promise<void> {
    const { retryMillis } = this.#parts
    const number = pending.held.payment.merchant_payment_no
    let status: number | null = null
    let error: string | null = null
    const { headers, body, genuine } = this.#signed(pending)
    try {
      const signal = AbortSignal.timeout(tryLimitMillis)
      const response = await fetch(pending.url, { method: "POST", headers, body, redirect: "manual", signal })
      status = response.status
      await response.body?.cancel()
    } catch (caught) {
      error = caught instanceof Error ? caught.message : String(caught)
    }
    const bodySha256 = createHash("sha256").update(body).digest("hex")
    const what = { attempt: attempt + 1, copy, status, error, bodySha256, genuine }
    this.#record(number, pending.event, pending.webhookId, what)
    const wait = retryMillis[attempt]
    if (!isTaking(status) && wait !== undefined) this.#later(wait, () => void this.#try(pending, attempt + 1, copy))
  }

  #record(number: string, event: string, webhookId: string, tried: Partial<Tried>): void {
    const { ledger, clock } = this.#parts
    const nothing = { attempt: 0, copy: 0, status: null, error: null, bodySha256: null, genuine: true }
    ledger.append({ type: "notification", at: clock.text(), number, event, webhookId, ...nothing, ...tried })
  }
}

const isTaking = (status: number | null): boolean => status !== null && status >= 200 && status < 300

/** The event that tells of a payment's state. */
const eventOf = (payment: Payment): string =>
  payment.refunded > 0 ? "payment.refunded" : `payment.${payment.status.toLowerCase()}`
