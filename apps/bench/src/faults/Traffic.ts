import { randomUUID } from "node:crypto"
import type * as Checker from "@payment-proxy/testkit/Checker"
import * as Chance from "../Chance.ts"
import type { Order, Outcome } from "./Client.ts"
import * as Passing from "./Passing.ts"
import * as Refunding from "./Refunding.ts"
import { apps, type World } from "./World.ts"

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

const amounts = [
  { value: "12.34", currency: "CNY" },
  { value: "0.01", currency: "CNY" },
  { value: "1500", currency: "JPY" },
  { value: "1.234", currency: "KWD" }
]
const description = "Travel insurance, 3 days"
const otherDescription = "Another order under the same key"

/** An order that nobody has asked for yet. */
export const order = (chance: () => number): Order => ({
  app: Chance.pick(apps, chance),
  key: randomUUID(),
  body: { vendor: "platform", amount: Chance.pick(amounts, chance), method: "ALIPAY", source: "WEB", description }
})

/** How likely it is that something happens beside the placing of orders. */
export interface Mix {
  /** The client comes by the proxied route, with the platform's own API. */
  readonly proxied: number
  /** The payer pays, or refuses; otherwise he does nothing for now. */
  readonly pay: number
  readonly refuse: number
  /** The app closes the order. */
  readonly close: number
  /** Of orders that are closed: the payer's money is on its way and comes all the same. */
  readonly late: number
  /** Of payments: the app takes a part of it back, or all, asking twice with one key. */
  readonly refund: number
  /** Of payments: the platform's desk takes a part back. */
  readonly desk: number
  /** The key is used again: with the same body, with another, with one that is no order. */
  readonly repeat: number
  readonly other: number
  readonly invalid: number
  /** The client leaves before it is answered. */
  readonly leave: number
}

/** An order and who wants it, by either door. */
interface Asked {
  readonly app: string
  /** Asks once. */
  readonly once: (patienceMillis?: number) => Promise<Outcome>
  readonly isEnd: (outcome: Outcome) => boolean
  readonly untilAnswered: () => Promise<unknown>
  readonly withOtherBody: () => Promise<unknown>
  readonly withInvalidBody: () => Promise<unknown>
  /** Asks once; answers whether it was told anything. */
  readonly close: (payOrderNo: string) => Promise<boolean>
  readonly amount: Checker.Amount
  /** The platform's number of it. */
  readonly numberOf: (payOrderNo: string) => string
}

const patientMillis = 2000
const impatientMillis = 30
const lateMillis = 300
const hearLimitMillis = 30_000
const creators = 3

/** Asks until there is an answer, and not for ever. */
const untilHeard = async (ask: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + hearLimitMillis; Date.now() < end; await sleep(200)) if (await ask()) return
}

/** Business systems and payers, some at once, for as long as they are let. */
export class Traffic {
  readonly #world: World
  readonly #mix: Mix
  readonly #chance: () => number
  readonly #unanswered = new Set<Asked>()
  readonly #passed = new Set<Passing.Passing>()
  readonly #refunds = new Set<Refunding.Refund>()
  /** Closes that nobody answered: one may still be under way in a gateway that stood still. */
  readonly #closes = new Set<() => Promise<boolean>>()
  /** Orders that something happened to after their end, which nobody may have been told of, and their apps. */
  readonly #untold = new Map<string, string>()
  readonly #creating = new Set<Promise<void>>()
  #later: Array<() => Promise<void>> = []
  #isOpen = true
  #isHushed = false
  #underWay = 0

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
    await Promise.all(this.#creating)
    await Promise.all([...this.#unanswered].map((one) => one.untilAnswered()))
    await Promise.all([...this.#refunds].map((one) => this.#world.refunder.askUntilAnswered(one)))
    await Promise.all([...this.#closes].map(untilHeard))
    await Promise.all([...this.#untold].map(([payOrderNo, app]) => this.#synced(app, payOrderNo)))
  }

  /** Nobody has to tell us of what the desk does, or of money that comes late: its apps ask. */
  async #synced(app: string, payOrderNo: string): Promise<void> {
    const { client } = this.#world
    await untilHeard(() =>
      client.call("POST", `/v1/orders/${payOrderNo}/sync`, app).then(
        ({ status }) => status === 200,
        () => false
      )
    )
  }

  /** Asks for every payment that came through the route, at both doors. */
  async ask(): Promise<void> {
    await this.#world.passer.ask(this.#passed)
  }

  /** From now on nothing but creates through the route is under way; answers once all else has had its answer. */
  async hush(): Promise<void> {
    this.#isHushed = true
    while (this.#underWay > 0) await sleep(20)
    for (let count = 0; count < creators; count++) {
      const creating = this.#create().finally(() => this.#creating.delete(creating))
      this.#creating.add(creating)
    }
  }

  /** All goes on, with what becomes of the payments that were created meanwhile. */
  unhush(): void {
    this.#isHushed = false
    for (const decided of this.#later) {
      const deciding = decided().finally(() => this.#creating.delete(deciding))
      this.#creating.add(deciding)
    }
    this.#later = []
  }

  #happens(likelihood: number): boolean {
    return this.#chance() < likelihood
  }

  /** A call, when it may be under way. */
  async #call<A>(call: () => Promise<A>): Promise<A> {
    while (this.#isHushed) await sleep(20)
    this.#underWay += 1
    try {
      return await call()
    } finally {
      this.#underWay -= 1
    }
  }

  #byApi(): Asked {
    const { client } = this.#world
    const asked = order(this.#chance)
    const withBody = (change: object) => client.place({ ...asked, body: { ...asked.body, ...change } })
    return {
      app: asked.app,
      amount: asked.body.amount,
      once: (patience) => client.place(asked, patience),
      isEnd: ({ type }) => type !== "info",
      untilAnswered: () => client.placeUntilAnswered(asked),
      withOtherBody: () => withBody({ description: otherDescription }),
      withInvalidBody: () => withBody({ amount: { value: "1e3", currency: "CNY" } }),
      close: (payOrderNo) =>
        client.call("POST", `/v1/orders/${payOrderNo}/close`, asked.app).then(
          ({ status }) => status < 500,
          () => false
        ),
      numberOf: (payOrderNo) => payOrderNo
    }
  }

  #byRoute(): Asked {
    const { passer, notifyUrl } = this.#world
    const app = Chance.pick(apps, this.#chance)
    const told = this.#happens(0.5) ? notifyUrl : undefined
    const amount = Chance.pick(amounts, this.#chance)
    const passing = Passing.make(app, amount, told, description)
    const { number } = passing
    const remembered = <A extends Outcome>(outcome: A): A => {
      if (outcome.type === "ok") this.#passed.add(passing)
      return outcome
    }
    return {
      app,
      amount,
      once: (patience) => passer.pass(passing, patience).then(remembered),
      isEnd: (outcome) => passer.isEnd(outcome),
      untilAnswered: () => passer.passUntilAnswered(passing).then(remembered),
      withOtherBody: () => passer.pass(Passing.altered(passing, { subject: otherDescription })),
      withInvalidBody: () => passer.pass(Passing.altered(passing, { amount: "1e3" })),
      close: async () => {
        await passer.query(Chance.pick(apps, this.#chance), number)
        return passer.close(app, number)
      },
      numberOf: () => number
    }
  }

  async #one(): Promise<void> {
    const asked = this.#happens(this.#mix.proxied) ? this.#byRoute() : this.#byApi()
    if (this.#happens(this.#mix.invalid)) {
      await this.#call(asked.withInvalidBody)
      return
    }
    this.#unanswered.add(asked)
    const outcome = await this.#placed(asked)
    if (!asked.isEnd(outcome)) return
    this.#unanswered.delete(asked)
    if (this.#happens(this.#mix.repeat)) await this.#call(asked.once)
    if (this.#happens(this.#mix.other)) await this.#call(asked.withOtherBody)
    if (outcome.type === "ok") await this.#decided(asked, outcome.payOrderNo)
  }

  /** Creates through the route, one after the other, as long as nothing else may be under way. */
  async #create(): Promise<void> {
    while (this.#isHushed) {
      const asked = this.#byRoute()
      this.#unanswered.add(asked)
      for (;;) {
        const outcome = await asked.once()
        if (asked.isEnd(outcome)) {
          this.#unanswered.delete(asked)
          if (outcome.type === "ok") this.#later.push(() => this.#decided(asked, outcome.payOrderNo))
          break
        }
        await sleep(50)
      }
      await sleep(this.#chance() * 50)
    }
  }

  async #placed(asked: Asked): Promise<Outcome> {
    if (this.#happens(this.#mix.leave)) {
      const outcome = await this.#call(() => asked.once(impatientMillis))
      if (asked.isEnd(outcome)) return outcome
    }
    for (;;) {
      const outcome = await this.#call(() => asked.once())
      if (asked.isEnd(outcome) || !this.#isOpen) return outcome
      await sleep(50)
    }
  }

  /** Waits until the order is shown as such, and not for long. */
  async #readAs(app: string, payOrderNo: string, isSuch: (status: string) => boolean): Promise<void> {
    const end = Date.now() + patientMillis
    while (this.#isOpen && Date.now() < end) {
      const shown = await this.#call(() => this.#world.client.read(app, payOrderNo))
      if (shown !== undefined && isSuch(shown.status)) return
      await sleep(200)
    }
  }

  /** What the payer and the app do with an order that is there. */
  async #decided(asked: Asked, payOrderNo: string): Promise<void> {
    const { pay, refuse, close, late } = this.#mix
    const chance = this.#chance()
    const decide = (verb: string) => this.#decide(asked.numberOf(payOrderNo), verb)
    // A payer needs an order that the platform has.
    await this.#readAs(asked.app, payOrderNo, (status) => status !== "SUBMITTING")
    if (chance < pay) {
      await decide("pay")
      await this.#afterwards(asked, payOrderNo)
    } else if (chance < pay + refuse) await decide("refuse")
    else if (chance < pay + refuse + close) {
      const close = () => this.#call(() => asked.close(payOrderNo))
      this.#closes.add(close)
      const closing = close()
      if (this.#happens(late)) {
        await sleep(this.#chance() * lateMillis)
        this.#untold.set(payOrderNo, asked.app)
        await decide("pay-late")
      }
      if (await closing) this.#closes.delete(close)
    }
  }

  #decide(number: string, verb: string, body?: object): Promise<unknown> {
    return this.#call(() => this.#world.platform("POST", `/_payments/${number}/${verb}`, body).catch(() => undefined))
  }

  /** What goes back of a payment, by the app or by the platform's desk. */
  async #afterwards(asked: Asked, payOrderNo: string): Promise<void> {
    const { refund, desk } = this.#mix
    const chance = this.#chance()
    if (chance >= refund + desk) return
    await this.#readAs(asked.app, payOrderNo, (status) => status === "SUCCEEDED")
    const isPart = this.#happens(0.5)
    if (chance < refund) {
      const one = Refunding.make(asked.app, payOrderNo, isPart ? partOf(asked.amount) : null)
      this.#refunds.add(one)
      const both = [one, one].map((same) => this.#call(() => this.#world.refunder.ask(same)))
      const outcomes = await Promise.all(both)
      if (Refunding.isOver(outcomes)) this.#refunds.delete(one)
    } else {
      this.#untold.set(payOrderNo, asked.app)
      await this.#decide(asked.numberOf(payOrderNo), "refund", isPart ? { amount: 1 } : undefined)
    }
  }
}

/** The least that there is of its currency. */
const partOf = ({ value, currency }: Checker.Amount): Checker.Amount => ({
  value: value
    .replace(/\d/g, "0")
    .replace(/0$/, "1")
    .replace(/^0+(?=\d)/, ""),
  currency
})
