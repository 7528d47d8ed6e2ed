import { randomUUID } from "node:crypto"
import * as Chance from "../Chance.ts"
import type { Order, Outcome } from "./Client.ts"
import { apps, type World } from "./World.ts"

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

const amounts = [
  { value: "12.34", currency: "CNY" },
  { value: "0.01", currency: "CNY" },
  { value: "1500", currency: "JPY" },
  { value: "1.234", currency: "KWD" }
]

/** An order that nobody has asked for yet. */
export const order = (chance: () => number): Order => ({
  app: Chance.pick(apps, chance),
  key: randomUUID(),
  body: {
    vendor: "platform",
    amount: Chance.pick(amounts, chance),
    method: "ALIPAY",
    source: "WEB",
    description: "Travel insurance, 3 days"
  }
})

/** How likely it is that something happens beside the placing of orders. */
export interface Mix {
  /** The payer pays, or refuses; otherwise he does nothing for now. */
  readonly pay: number
  readonly refuse: number
  /** The app closes the order. */
  readonly close: number
  /** The key is used again: with the same body, with another, with one that is no order. */
  readonly repeat: number
  readonly other: number
  readonly invalid: number
  /** The client leaves before it is answered. */
  readonly leave: number
}

const patientMillis = 2000
const impatientMillis = 30

/** Business systems and payers, some at once, for as long as they are let. */
export class Traffic {
  readonly #world: World
  readonly #mix: Mix
  readonly #chance: () => number
  readonly #unanswered = new Set<Order>()
  #isOpen = true

  constructor(world: World, mix: Mix, chance: () => number) {
    this.#world = world
    world.client.patienceMillis = patientMillis
    this.#mix = mix
    this.#chance = chance
  }

  /** `clients` of them at once, until `stop`; each rests up to `pauseMillis` between its orders. */
  async run(clients: number, pauseMillis: number): Promise<void> {
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (this.#isOpen) {
          await this.#one()
          await sleep(this.#chance() * pauseMillis)
        }
      })
    )
  }

  /** No new orders; what is open is asked for until it is answered. */
  stop(): void {
    this.#isOpen = false
  }

  /** Every order that nobody answered is asked for again, until somebody does. */
  async settle(): Promise<void> {
    await Promise.all([...this.#unanswered].map((one) => this.#world.client.placeUntilAnswered(one)))
  }

  #happens(likelihood: number): boolean {
    return this.#chance() < likelihood
  }

  async #one(): Promise<void> {
    const { client } = this.#world
    const asked = order(this.#chance)
    if (this.#happens(this.#mix.invalid)) {
      await client.place({ ...asked, body: { ...asked.body, amount: { value: "1e3", currency: "CNY" } } })
      return
    }
    this.#unanswered.add(asked)
    const outcome = await this.#placed(asked)
    if (outcome.type === "info") return
    this.#unanswered.delete(asked)
    if (this.#happens(this.#mix.repeat)) await client.place(asked)
    if (this.#happens(this.#mix.other))
      await client.place({ ...asked, body: { ...asked.body, description: "Another order under the same key" } })
    if (outcome.type === "ok") await this.#decided(asked, outcome.payOrderNo)
  }

  async #placed(asked: Order): Promise<Outcome> {
    const { client } = this.#world
    if (this.#happens(this.#mix.leave)) {
      const outcome = await client.place(asked, impatientMillis)
      if (outcome.type !== "info") return outcome
    }
    for (;;) {
      const outcome = await client.place(asked)
      if (outcome.type !== "info" || !this.#isOpen) return outcome
      await sleep(50)
    }
  }

  /** A payer needs an order that the platform has. */
  async #thereAtLast(app: string, payOrderNo: string): Promise<void> {
    const end = Date.now() + patientMillis
    while (this.#isOpen && Date.now() < end) {
      const shown = await this.#world.client.read(app, payOrderNo)
      if (shown !== undefined && shown.status !== "SUBMITTING") return
      await sleep(200)
    }
  }

  /** What the payer and the app do with an order that is there. */
  async #decided(asked: Order, payOrderNo: string): Promise<void> {
    const { platform, client } = this.#world
    const { pay, refuse, close } = this.#mix
    const chance = this.#chance()
    await this.#thereAtLast(asked.app, payOrderNo)
    if (chance < pay + refuse)
      await platform("POST", `/_payments/${payOrderNo}/${chance < pay ? "pay" : "refuse"}`).catch(() => undefined)
    else if (chance < pay + refuse + close)
      await client.call("POST", `/v1/orders/${payOrderNo}/close`, asked.app).catch(() => undefined)
  }
}
