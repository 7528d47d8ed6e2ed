import { createHash, randomUUID } from "node:crypto"
import { Currency, Money } from "@payment-proxy/domain"
import type * as Checker from "@payment-proxy/testkit/Checker"
import { Either } from "effect"
import type { Client, Outcome } from "./Client.ts"

/** A payment as a client of the platform's own API asks for it; its number and its bytes stay the same through all repeats. */
export interface Passing {
  readonly app: string
  /** The client's own, which the platform knows the payment by. */
  readonly number: string
  readonly amount: Checker.Amount
  readonly text: string
}

/** What of the platform's answers a client looks at; a refusal of the proxy's own has a code. */
interface Said {
  readonly merchant_payment_no?: unknown
  readonly status?: unknown
  readonly amount?: unknown
  readonly currency?: unknown
  readonly error?: unknown
  readonly code?: unknown
  readonly payment?: Said
}

interface Answer {
  readonly status: number
  readonly payOrderNo: string | null
  /** Undefined where it broke off, or is no JSON. */
  readonly said: Said | undefined
}

const route = "/proxy/platform"
const hash = (text: string): string => createHash("sha256").update(text).digest("hex")
const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

const minorOf = ({ value, currency }: Checker.Amount): number =>
  Currency.is(currency) ? Number(Either.getOrThrow(Money.parse(value, currency)).amountMinor) : Number.NaN

/** 32 letters: digits in a row may look like a card's number. */
const freshNumber = (): string =>
  randomUUID()
    .replaceAll("-", "")
    .replaceAll(/\d/g, (digit) => "ghijklmnop".charAt(Number(digit)))

/** A payment that nobody has asked for yet; notifications of it come to `notifyUrl`, or nowhere. */
export const make = (app: string, amount: Checker.Amount, notifyUrl: string | undefined, subject: string): Passing => {
  const number = freshNumber()
  const body = {
    merchant_payment_no: number,
    amount: minorOf(amount),
    currency: amount.currency,
    scene: "WEB",
    subject
  }
  return { app, number, amount, text: JSON.stringify({ ...body, notify_url: notifyUrl }) }
}

/** The same number with another body. */
export const altered = (passing: Passing, change: object): Passing => ({
  ...passing,
  text: JSON.stringify({ ...JSON.parse(passing.text), ...change })
})

/** The amount of a payment as the order API would write it. */
const amountOf = ({ amount, currency }: Said): Checker.Amount => ({
  value:
    typeof currency === "string" && Currency.is(currency) && Number.isSafeInteger(amount)
      ? Money.format(Money.make(BigInt(Number(amount)), currency))
      : `${amount} minor units`,
  currency: String(currency)
})

const outcomeOf = ({ number }: Passing, { status, payOrderNo, said }: Answer): Outcome => {
  if (said === undefined || status >= 500) return { type: "info" }
  if (status >= 300) return { type: "fail", status, code: String(said.code ?? said.error) }
  return said.merchant_payment_no === number
    ? { type: "ok", status, payOrderNo: payOrderNo ?? "an answer that names no order", amount: amountOf(said) }
    : { type: "info" }
}

/** An existing client of the platform, which comes through the proxied route and writes down what it was told. */
export class Passer {
  readonly told: Array<Checker.Told> = []
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** Asks for the payment once. */
  async pass(passing: Passing, patienceMillis = this.#client.patienceMillis): Promise<Outcome> {
    const { app, number, amount, text } = passing
    const headers = { "idempotency-key": number }
    const signal = AbortSignal.timeout(patienceMillis)
    const answer = await this.#answer("POST", "/payments", app, { body: text, headers, signal })
    const outcome = answer === undefined ? ({ type: "info" } as const) : outcomeOf(passing, answer)
    const proxied = { answeredMillis: Date.now(), payOrderNo: answer?.payOrderNo ?? null }
    this.#client.log.push({ app, idempotencyKey: number, bodyHash: hash(text), amount, outcome, proxied })
    return outcome
  }

  /** Whether there is nothing left to ask for: the payment is there, its order has ended, or the call is refused and left none. */
  isEnd(outcome: Outcome): boolean {
    if (outcome.type !== "fail") return outcome.type === "ok"
    const last = this.#client.log.findLast((op) => op.outcome === outcome)
    const isForNow = outcome.status === 409 || outcome.status === 429
    return outcome.code === "ORDER_ENDED" || (last?.proxied?.payOrderNo === null && !isForNow)
  }

  /** Sends the same call again until there is nothing left to ask for, or `limitMillis` are over. */
  async passUntilAnswered(passing: Passing, limitMillis = 60_000): Promise<Outcome> {
    const end = Date.now() + limitMillis
    for (;;) {
      const outcome = await this.pass(passing)
      if (this.isEnd(outcome) || Date.now() > end) return outcome
      await sleep(100)
    }
  }

  /** Asks the platform for the payment with this number, through the route; answers whether it was told anything. */
  async query(app: string, number: string): Promise<boolean> {
    return this.#hear(app, number, await this.#answer("GET", `/payments/by-merchant-no/${number}`, app))
  }

  /** Closes the payment with this number, through the route. */
  async close(app: string, number: string): Promise<boolean> {
    return this.#hear(app, number, await this.#answer("POST", `/payments/by-merchant-no/${number}/close`, app))
  }

  /** Asks the order API for orders by their business number, which the client's own is; answers whether it was told. */
  async search(app: string, number: string): Promise<boolean> {
    const response = await this.#client.call("GET", `/v1/orders?businessNo=${number}`, app).catch(() => undefined)
    if (response?.status !== 200) return false
    const { items } = (await response.json()) as {
      readonly items: ReadonlyArray<{ readonly payOrderNo: string; readonly status: string }>
    }
    const orders = items.map(({ payOrderNo, status }) => ({ payOrderNo, state: status }))
    this.told.push({ app, number, orders, saysPaid: orders.some(({ state }) => state === "SUCCEEDED") })
    return true
  }

  /** Asks both doors for each number until they answer. */
  async ask(all: Iterable<Passing>): Promise<void> {
    const left = [...all]
    const askers = Array.from({ length: 8 }, async () => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) {
        while (!(await this.search(one.app, one.number))) await sleep(100)
        while (!(await this.query(one.app, one.number))) await sleep(100)
      }
    })
    await Promise.all(askers)
  }

  #hear(app: string, number: string, answer: Answer | undefined): boolean {
    if (answer === undefined || (answer.payOrderNo === null && answer.status !== 404)) return false
    const { payOrderNo, said } = answer
    const orders = payOrderNo === null ? [] : [{ payOrderNo, state: null }]
    this.told.push({ app, number, orders, saysPaid: (said?.payment ?? said)?.status === "SUCCEEDED" })
    return true
  }

  async #answer(method: string, path: string, app: string, init?: RequestInit): Promise<Answer | undefined> {
    const response = await this.#client.call(method, `${route}${path}`, app, init).catch(() => undefined)
    if (response === undefined) return undefined
    const payOrderNo = response.headers.get("payment-proxy-order")
    const said = await response.json().then(
      (json) => json as Said,
      () => undefined
    )
    return { status: response.status, payOrderNo, said }
  }
}
