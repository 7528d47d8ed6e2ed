import { randomUUID } from "node:crypto"
import type * as Checker from "@payment-proxy/testkit/Checker"
import type { Client } from "./Client.ts"

/** A refund as an app asks for it; its key and its body stay the same through all repeats. */
export interface Refund {
  readonly app: string
  readonly payOrderNo: string
  readonly key: string
  /** Null: what is left. */
  readonly amount: Checker.Amount | null
}

/** The last thing an app was told of a refund. */
export type Outcome = Checker.RefundOp["outcome"]

interface Said {
  readonly refundNo: string
  readonly amount: Checker.Amount
  readonly code: string
}

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** A refund that nobody has asked for yet. */
export const make = (app: string, payOrderNo: string, amount: Checker.Amount | null): Refund => ({
  app,
  payOrderNo,
  key: randomUUID(),
  amount
})

const outcomeOf = async (response: Response): Promise<Outcome> => {
  const { refundNo, amount, code } = (await response.json()) as Said
  const { status } = response
  if (status < 300) return { type: "ok", status, refundNo, amount }
  return status < 500 ? { type: "fail", status, code } : { type: "info" }
}

/** Whether the same call may be told something else: no answer, an error of ours, or an order that moved meanwhile. */
export const isOpen = (outcome: Outcome): boolean =>
  outcome.type === "info" || (outcome.type === "fail" && /^(?:CONTENDED|IN_FLIGHT)$/.test(outcome.code))

/** Whether nothing more can come of these calls of one refund: one of them made it, or each was refused. One without an answer may still be under way in a gateway that stood still. */
export const isOver = (outcomes: ReadonlyArray<Outcome>): boolean =>
  outcomes.some(({ type }) => type === "ok") || !outcomes.some(isOpen)

/** Business systems that take money back, repeat what was not answered, and write down what they were told. */
export class Refunder {
  readonly log: Array<Checker.RefundOp> = []
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** Asks once. */
  async ask({ app, payOrderNo, key, amount }: Refund, patienceMillis = this.#client.patienceMillis): Promise<Outcome> {
    const outcome = await this.#client
      .call("POST", `/v1/orders/${payOrderNo}/refunds`, app, {
        body: JSON.stringify(amount === null ? {} : { amount }),
        headers: { "idempotency-key": key },
        signal: AbortSignal.timeout(patienceMillis)
      })
      .then(outcomeOf)
      .catch((): Outcome => ({ type: "info" }))
    this.log.push({ app, payOrderNo, idempotencyKey: key, amount, outcome })
    return outcome
  }

  /** Asks with the same key until there is an answer that says what happened, or `limitMillis` are over. */
  async askUntilAnswered(refund: Refund, limitMillis = 60_000): Promise<Outcome> {
    const end = Date.now() + limitMillis
    for (;;) {
      const outcome = await this.ask(refund)
      if (!isOpen(outcome) || Date.now() > end) return outcome
      await sleep(100)
    }
  }
}
