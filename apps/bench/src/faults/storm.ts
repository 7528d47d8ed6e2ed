import * as Checker from "@payment-proxy/testkit/Checker"
import * as Chance from "../Chance.ts"
import { hold } from "./lock.ts"
import * as Plan from "./Plan.ts"
import { Traffic } from "./Traffic.ts"
import * as World from "./World.ts"

/** What came of a run under load and faults. */
export interface Storm {
  readonly seed: number
  readonly seconds: number
  readonly plan: Plan.Plan
  /** How often each fault happened; one that did not proves nothing. */
  readonly fired: { readonly [fault: string]: number }
  /** From the end of all faults until nothing was open any more. */
  readonly quietMillis: number
  readonly verdict: Checker.Verdict
}

const mix = { pay: 0.55, refuse: 0.1, close: 0.15, repeat: 0.15, other: 0.05, invalid: 0.05, leave: 0.1 }
const gateways = 2
const clients = 24
const pauseMillis = 150
const restLimitMillis = 60_000
/** Longer than a lease: others have taken over by then. */
const pausedMillis = 12_000

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** Lets accidents happen one after the other until it is told to end. */
class Accidents {
  readonly fired: Record<string, number> = {}
  readonly #world: World.World
  readonly #kinds: ReadonlyArray<Plan.Accident>
  readonly #chance: () => number
  #isOpen = true

  constructor(world: World.World, kinds: ReadonlyArray<Plan.Accident>, chance: () => number) {
    this.#world = world
    this.#kinds = kinds
    this.#chance = chance
    for (const kind of kinds) this.fired[kind] = 0
    if (kinds.includes("refusing-endpoint"))
      world.sink.answer = ({ tries }) => {
        if (!this.#isOpen || tries > 1 || chance() > 0.3) return 204
        this.#count("refusing-endpoint")
        return 500
      }
  }

  /** Ends them; what was paused goes on, what was ended comes back. */
  async end(): Promise<void> {
    this.#isOpen = false
    for (const gateway of this.#world.gateways) {
      gateway.resume()
      if (gateway.process === undefined) await gateway.up()
    }
  }

  /** To every gateway something happens now and then. */
  async run(): Promise<void> {
    const own = this.#kinds.filter((kind) => kind !== "refusing-endpoint")
    if (own.length === 0) return
    await Promise.all(
      this.#world.gateways.map(async (gateway) => {
        while (this.#isOpen) {
          await this.#rest(Chance.between(300, 2500, this.#chance))
          if (this.#isOpen) await this.#happen(gateway, Chance.pick(own, this.#chance))
        }
      })
    )
  }

  #count(kind: Plan.Accident): void {
    this.fired[kind] = (this.fired[kind] ?? 0) + 1
  }

  /** Sleeps, but not beyond the end. */
  async #rest(millis: number): Promise<void> {
    for (let slept = 0; slept < millis && this.#isOpen; slept += 100) await sleep(Math.min(100, millis - slept))
  }

  async #happen(gateway: World.Gateway, kind: Plan.Accident): Promise<void> {
    switch (kind) {
      case "kill":
      case "terminate":
        await gateway.end(kind === "kill" ? "SIGKILL" : "SIGTERM")
        await gateway.up()
        return this.#count(kind)
      case "crash": {
        await gateway.end("SIGTERM")
        const running = await gateway.up(Plan.crashAt(this.#chance))
        const end = await Promise.race([running.ended, this.#rest(5000)])
        if (end !== undefined) this.#count(kind)
        else await gateway.end("SIGTERM")
        if (this.#isOpen) await gateway.up()
        return
      }
      case "pause":
        if (this.#world.gateways.some(({ isPaused }) => isPaused)) return
        gateway.pause()
        await this.#rest(pausedMillis)
        gateway.resume()
        return this.#count(kind)
      case "lock":
        if (await hold(this.#world, Chance.between(100, 800, this.#chance))) this.#count(kind)
        return
      case "refusing-endpoint":
        return
    }
  }
}

interface Fired extends Plan.PlatformFault {
  readonly fired: number
}

/**
 * Load with faults for `seconds`, then none, until all is at rest; the checker judges. What goes wrong follows from the
 * seed alone; `tell` hears what it is.
 */
export const run = async (options: {
  readonly seconds: number
  readonly seed: number
  readonly tell: (line: string) => void
}): Promise<Storm> => {
  const { seconds, seed, tell } = options
  const chance = Chance.numbers(seed)
  const plan = Plan.make(chance)
  tell(
    `faults of the platform: ${plan.platform.map(({ on, fault, probability }) => `${on} ${fault} ${probability}`).join(", ")}`
  )
  tell(`accidents: ${plan.accidents.join(", ")}`)
  const world = await World.start({ gateways })
  try {
    await Promise.all(world.gateways.map((gateway) => gateway.up()))
    const traffic = new Traffic(world, mix, Chance.numbers(seed + 1))
    const accidents = new Accidents(world, plan.accidents, Chance.numbers(seed + 2))
    await world.platform("PUT", "/_faults", plan.platform)
    const flowing = traffic.run(clients, pauseMillis)
    const happening = accidents.run()
    await sleep(seconds * 1000)
    const faults = (await world.platform("GET", "/_faults")) as ReadonlyArray<Fired>
    await world.platform("PUT", "/_faults", [])
    const ending = accidents.end()
    await happening
    await ending
    await accidents.end()
    tell("no more faults")
    traffic.stop()
    await flowing
    await traffic.settle()
    const quietMillis = await world.rest(restLimitMillis)
    const platform = Object.fromEntries(faults.map(({ on, fault, fired }) => [`${on} ${fault}`, fired]))
    const verdict = Checker.check(await world.sources())
    return { seed, seconds, plan, fired: { ...platform, ...accidents.fired }, quietMillis, verdict }
  } finally {
    await world.close()
  }
}
