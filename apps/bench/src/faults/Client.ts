import { createHash } from "node:crypto"
import type * as Checker from "@payment-proxy/testkit/Checker"

/** An order as an app asks for it; `key` and `body` stay the same through all repeats. */
export interface Order {
  readonly app: string
  readonly key: string
  readonly body: { readonly amount: Checker.Amount; readonly [field: string]: unknown }
}

/** The last thing a client was told. */
export type Outcome = Checker.ClientOp["outcome"]

interface Shown {
  readonly payOrderNo: string
  readonly status: string
  readonly amount: Checker.Amount
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex")
const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** A 4xx that promises that nothing was done; the others, and no answer at all, promise nothing. */
const outcomeOf = async (response: Response): Promise<Outcome> => {
  const body = (await response.json()) as Shown & { readonly code: string }
  if (response.status < 300)
    return { type: "ok", status: response.status, payOrderNo: body.payOrderNo, amount: body.amount }
  return response.status < 500 ? { type: "fail", status: response.status, code: body.code } : { type: "info" }
}

/** Business systems that place orders, repeat what was not answered, and write down all that they were told. */
export class Client {
  readonly log: Array<Checker.ClientOp> = []
  readonly #keys: ReadonlyMap<string, string>
  readonly #urls: () => ReadonlyArray<string>
  /** How long a client waits for an answer before it leaves. */
  patienceMillis = 15_000
  #turn = 0

  /** `keys`: the key of each app. `urls`: the gateways, each of which may be down. */
  constructor(keys: ReadonlyMap<string, string>, urls: () => ReadonlyArray<string>) {
    this.#keys = keys
    this.#urls = urls
  }

  /** A call to one gateway after the other. */
  async call(method: string, path: string, app: string, init: RequestInit = {}): Promise<Response> {
    const urls = this.#urls()
    const url = urls[this.#turn++ % urls.length] ?? ""
    const headers = { authorization: `Bearer ${this.#keys.get(app) ?? ""}`, "content-type": "application/json" }
    return fetch(`${url}${path}`, {
      signal: AbortSignal.timeout(this.patienceMillis),
      ...init,
      method,
      headers: { ...headers, ...init.headers }
    })
  }

  /** Asks once. */
  async place({ app, key, body }: Order, patienceMillis = this.patienceMillis): Promise<Outcome> {
    const text = JSON.stringify(body)
    const asked = { app, idempotencyKey: key, bodyHash: hash(text), amount: body.amount }
    const outcome = await this.call("POST", "/v1/orders", app, {
      body: text,
      headers: { "idempotency-key": key },
      signal: AbortSignal.timeout(patienceMillis)
    })
      .then(outcomeOf)
      .catch((): Outcome => ({ type: "info" }))
    this.log.push({ ...asked, outcome })
    return outcome
  }

  /** Asks until there is an answer that says what happened, or `limitMillis` are over. */
  async placeUntilAnswered(order: Order, limitMillis = 60_000): Promise<Outcome> {
    const end = Date.now() + limitMillis
    for (;;) {
      const outcome = await this.place(order)
      const isOpen = outcome.type === "info" || (outcome.type === "fail" && outcome.status === 409)
      if (!isOpen || Date.now() > end) return outcome
      await sleep(100)
    }
  }

  /** The order as a gateway shows it now; `undefined` where none answers. */
  async read(app: string, payOrderNo: string, query = ""): Promise<Shown | undefined> {
    return this.call("GET", `/v1/orders/${payOrderNo}${query}`, app)
      .then((response) => (response.ok ? (response.json() as Promise<Shown>) : undefined))
      .catch(() => undefined)
  }
}
