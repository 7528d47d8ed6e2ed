import { createHash } from "node:crypto"
import type { Clock } from "../Clock.ts"
import type { Faults, Oddity } from "../Faults.ts"
import { oddities } from "../Faults.ts"
import type { Ledger, Notified } from "../Ledger.ts"

export type { Oddity } from "../Faults.ts"

/** One try of a notification as it is sent; `genuine` is false where a fault made something of it wrong, `id` is for the ledger. */
export interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
  readonly genuine: boolean
  readonly id: string
}

/** A notification, made anew for each try (the first is 0), since its time and signature are; `oddity` is what a fault wants to be wrong with it. */
export type Message = (oddity: Oddity | undefined, attempt: number) => Sent

/** A notification that is to be taken to a merchant. */
export interface Errand {
  readonly number: string
  readonly event: string
  readonly url: string
  readonly message: Message
  /** Whether the merchant's answer takes it (WeChat Pay: 2xx; Alipay: the seven letters "success"; ...). */
  readonly isTaken: (status: number, body: string) => boolean
  /** Waits after each try, in milliseconds; then it is given up. */
  readonly retryMillis: ReadonlyArray<number>
  /** The oddities that the message can play; left out: all. Faults of others do not fire. */
  readonly oddities?: ReadonlyArray<Oddity>
}

const tryLimitMillis = 5000
const maxAnswerBytes = 64 * 1024

/** The first 64 KB of an answer's body. */
const textOf = async (response: Response): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxAnswerBytes) break
  }
  return Buffer.concat(chunks).toString("utf8", 0, maxAnswerBytes)
}

/** How a try was answered. */
interface Answered {
  readonly status: number | null
  readonly body: string
  readonly error: string | null
}

const keyOf = (number: string, event: string): string => `${number} ${event}`

/** Takes notifications to merchants, by POST, with what the faults on `notify` want; tries until they are taken. */
export class Courier {
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #heldBack = new Map<string, Errand>()
  #isClosed = false
  #taken: Set<string> | undefined
  readonly #parts: {
    readonly ledger: Ledger
    readonly faults: Faults
    readonly clock: Clock
    /** Whose notifications they are; left out: the platform's. */
    readonly vendor?: string
  }

  constructor(parts: {
    readonly ledger: Ledger
    readonly faults: Faults
    readonly clock: Clock
    readonly vendor?: string
  }) {
    this.#parts = parts
  }

  /** Stops all tries; one that is on its way is not put down any more. */
  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  /** Whether a notification of this payment and event was taken, also before a restart. */
  isTaken(number: string, event: string): boolean {
    this.#taken ??= this.#takenBefore()
    return this.#taken.has(keyOf(number, event))
  }

  #takenBefore(): Set<string> {
    const taken = new Set<string>()
    for (const line of this.#parts.ledger.lines("notification"))
      if (line.vendor === this.#parts.vendor && line.isTaken === true) taken.add(keyOf(line.number, line.event))
    return taken
  }

  /** Sends; resolves when the first try is over, later tries go by timers. It does not fail: what goes wrong in making a message is printed. */
  async send(errand: Errand): Promise<void> {
    const { faults } = this.#parts
    const { number } = errand
    if (this.#isClosed) return
    if (faults.fire("notify", number, ["suppress"]) !== undefined)
      return this.#record(errand, "suppressed", { error: "suppressed by a fault" })
    if (faults.fire("notify", number, ["reorder"]) !== undefined) {
      this.#heldBack.set(number, errand)
      return
    }
    const delay = faults.fire("notify", number, ["delay"])
    if (delay !== undefined) return this.#later(delay.millis ?? 1000, () => this.#try(errand, 0))
    const duplicate = faults.fire("notify", number, ["duplicate"])
    const copies = duplicate === undefined ? 1 : (duplicate.copies ?? 10)
    await Promise.all(Array.from({ length: copies }, (_, copy) => this.#try(errand, 0, copy)))
    const overtaken = this.#heldBack.get(number)
    if (overtaken !== undefined && this.#heldBack.delete(number)) await this.#try(overtaken, 0)
  }

  #later(millis: number, run: () => Promise<void>): void {
    if (this.#isClosed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void run()
    }, millis)
    this.#timers.add(timer)
  }

  async #try(errand: Errand, attempt: number, copy = 0): Promise<void> {
    const oddity = this.#parts.faults.fire("notify", errand.number, errand.oddities ?? oddities)?.fault
    try {
      const sent = errand.message(oddity, attempt)
      const { status, body, error } = await this.#posted(errand.url, sent)
      if (this.#isClosed) return
      const isTaken = status !== null && errand.isTaken(status, body)
      const bodySha256 = createHash("sha256").update(sent.body).digest("hex")
      const { genuine, id } = sent
      this.#record(errand, id, { attempt: attempt + 1, copy, status, error, bodySha256, genuine }, isTaken)
      if (isTaken) this.#taken?.add(keyOf(errand.number, errand.event))
      const wait = errand.retryMillis[attempt]
      if (!isTaken && wait !== undefined) this.#later(wait, () => this.#try(errand, attempt + 1, copy))
    } catch (caught) {
      console.error(caught)
    }
  }

  async #posted(url: string, { headers, body }: Sent): Promise<Answered> {
    let status: number | null = null
    try {
      const signal = AbortSignal.timeout(tryLimitMillis)
      const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal })
      status = response.status
      return { status, body: await textOf(response), error: null }
    } catch (caught) {
      return { status, body: "", error: caught instanceof Error ? caught.message : String(caught) }
    }
  }

  #record(errand: Errand, webhookId: string, tried: Partial<Notified>, isTaken = false): void {
    const { ledger, clock, vendor } = this.#parts
    const { number, event } = errand
    const nothing = { attempt: 0, copy: 0, status: null, error: null, bodySha256: null, genuine: true }
    const whose = vendor === undefined ? {} : { vendor, isTaken }
    ledger.append({ type: "notification", at: clock.text(), number, event, webhookId, ...nothing, ...tried, ...whose })
  }
}
