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

const mix = {
  proxied: 0.35,
  pay: 0.55,
  refuse: 0.1,
  close: 0.15,
  late: 0.4,
  refund: 0.4,
  desk: 0.1,
  repeat: 0.15,
  other: 0.05,
  invalid: 0.05,
  leave: 0.1
}
const gateways = 2
const workers = 2
const clients = 64
/** So many orders there are at least: where kills leave little time for them, the load goes on after the kills. */
const ordersPerSecond = 2000 / 60
const loadLimitMillis = 180_000
const pauseMillis = 150
const restLimitMillis = 60_000
/** Longer than a lease: others have taken over by then. */
const pausedMillis = 12_000

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** What happens to our side of the world, until it is told to end. */
abstract class Accidents {
  readonly fired: Record<string, number> = {}
  protected readonly world: World.World
  protected readonly chance: () => number
  protected isOpen = true

  constructor(world: World.World, chance: () => number) {
    this.world = world
    this.chance = chance
  }

  abstract run(): Promise<void>

  /** Ends them; what was paused goes on, what was ended comes back. */
  async end(): Promise<void> {
    this.isOpen = false
    for (const service of [...this.world.gateways, ...this.world.workers]) {
      service.resume()
      if (service.process === undefined) await service.attempt()
    }
  }

  protected count(kind: string): void {
    this.fired[kind] = (this.fired[kind] ?? 0) + 1
  }

  /** Sleeps, but not beyond the end. */
  protected async rest(millis: number): Promise<void> {
    for (let slept = 0; slept < millis && this.isOpen; slept += 100) await sleep(Math.min(100, millis - slept))
  }
}

/** Gateways on one file: to each something happens now and then. */
class OnOneFile extends Accidents {
  readonly #kinds: ReadonlyArray<Plan.Accident>

  constructor(world: World.World, kinds: ReadonlyArray<Plan.Accident>, chance: () => number) {
    super(world, chance)
    this.#kinds = kinds
    for (const kind of kinds) this.fired[kind] = 0
    if (kinds.includes("refusing-endpoint"))
      world.sink.answer = ({ tries }) => {
        if (!this.isOpen || tries > 1 || chance() > 0.3) return 204
        this.count("refusing-endpoint")
        return 500
      }
  }

  async run(): Promise<void> {
    const own = this.#kinds.filter((kind) => kind !== "refusing-endpoint")
    if (own.length === 0) return
    await Promise.all(
      this.world.gateways.map(async (gateway) => {
        while (this.isOpen) {
          await this.rest(Chance.between(300, 2500, this.chance))
          if (this.isOpen) await this.#happen(gateway, Chance.pick(own, this.chance))
        }
      })
    )
  }

  async #happen(gateway: World.Service, kind: Plan.Accident): Promise<void> {
    switch (kind) {
      case "kill":
      case "terminate":
        await gateway.end(kind === "kill" ? "SIGKILL" : "SIGTERM")
        await gateway.attempt()
        return this.count(kind)
      case "crash": {
        await gateway.end("SIGTERM")
        const running = await gateway.attempt(Plan.crashAt(this.chance))
        const end = await Promise.race([running.ended, this.rest(5000)])
        if (end !== undefined) this.count(kind)
        else await gateway.end("SIGTERM")
        if (this.isOpen) await gateway.attempt()
        return
      }
      case "pause":
        if (this.world.gateways.some(({ isPaused }) => isPaused)) return
        gateway.pause()
        await this.rest(pausedMillis)
        gateway.resume()
        return this.count(kind)
      case "lock":
        if (await hold(this.world, Chance.between(100, 800, this.chance))) this.count(kind)
        return
      case "refusing-endpoint":
        return
    }
  }
}

/** Gateways and workers on a database server: each second one of them is killed, and the network to the server fails. */
class OnOneServer extends Accidents {
  readonly #mishaps: ReadonlyArray<Plan.Mishap>
  readonly #database: World.Database
  readonly #kills: number
  readonly #seconds: number
  readonly #restarts = new Map<World.Service, Promise<unknown>>()

  constructor(
    world: World.World,
    database: World.Database,
    mishaps: ReadonlyArray<Plan.Mishap>,
    chance: () => number,
    span: { readonly seconds: number; readonly kills: number }
  ) {
    super(world, chance)
    this.#database = database
    this.#mishaps = mishaps
    this.#seconds = span.seconds
    this.#kills = span.kills
    for (const kind of ["kill", ...mishaps, ...(span.kills > 0 ? ["database-kill"] : [])]) this.fired[kind] = 0
  }

  async run(): Promise<void> {
    await Promise.all([this.#killServices(), this.#troubleNetwork(), this.#killDatabase()])
  }

  override async end(): Promise<void> {
    this.isOpen = false
    const { proxy, server } = this.#database
    proxy.latencyMillis = 0
    proxy.fate = () => "pass"
    proxy.lighten()
    if (!server.isUp) await server.up()
    await Promise.all(this.#restarts.values())
    await super.end()
  }

  async #killServices(): Promise<void> {
    const services = [...this.world.gateways, ...this.world.workers]
    while (this.isOpen) {
      await this.rest(1000)
      const alive = services.filter((service) => !this.#restarts.has(service))
      if (!this.isOpen || alive.length === 0) continue
      const service = Chance.pick(alive, this.chance)
      await service.end("SIGKILL")
      this.count("kill")
      // It comes back while the next one dies.
      const up = service.attempt().finally(() => this.#restarts.delete(service))
      this.#restarts.set(service, up)
    }
  }

  async #killDatabase(): Promise<void> {
    for (let times = 0; times < this.#kills; times++) {
      await this.rest((this.#seconds * 1000) / (this.#kills + 1))
      if (!this.isOpen) return
      await this.#database.server.down("SIGKILL")
      await sleep(Chance.between(50, 1000, this.chance))
      await this.#database.server.up()
      this.count("database-kill")
    }
  }

  async #troubleNetwork(): Promise<void> {
    while (this.isOpen && this.#mishaps.length > 0) {
      await this.rest(Chance.between(1000, 4000, this.chance))
      if (this.isOpen) await this.#trouble(Chance.pick(this.#mishaps, this.chance))
    }
  }

  async #trouble(kind: Plan.Mishap): Promise<void> {
    const { proxy } = this.#database
    this.count(kind)
    switch (kind) {
      case "dark":
        proxy.darken()
        await this.rest(Chance.between(500, 7000, this.chance))
        return proxy.lighten()
      case "cut":
        return proxy.cut()
      case "slow":
        proxy.latencyMillis = Chance.between(20, 200, this.chance)
        await this.rest(2000)
        proxy.latencyMillis = 0
        return
      case "lost-commit": {
        let left = Chance.between(1, 3, this.chance)
        const fate = Chance.pick(["lost", "unanswered"] as const, this.chance)
        proxy.fate = (text) => {
          if (left === 0 || !text.endsWith("COMMIT")) return "pass"
          left -= 1
          return fate
        }
      }
    }
  }
}

/** Where a storm blows. */
export interface Scene {
  /** Two gateways on one file, or two gateways and two workers on a MariaDB. */
  readonly isMariaDb: boolean
  /** How often the database server itself is killed. */
  readonly databaseKills: number
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
  readonly scene: Scene
  readonly tell: (line: string) => void
}): Promise<Storm> => {
  const { seconds, seed, tell, scene } = options
  const chance = Chance.numbers(seed)
  const plan = Plan.make(chance)
  tell(
    `faults of the platform: ${plan.platform.map(({ on, fault, probability }) => `${on} ${fault} ${probability}`).join(", ")}`
  )
  tell(`accidents: ${(scene.isMariaDb ? plan.mishaps : plan.accidents).join(", ")}`)
  const world = await World.start({ gateways, workers: scene.isMariaDb ? workers : 0, isMariaDb: scene.isMariaDb })
  try {
    await Promise.all([...world.gateways, ...world.workers].map((service) => service.attempt()))
    const traffic = new Traffic(world, mix, Chance.numbers(seed + 1))
    const accidentsChance = Chance.numbers(seed + 2)
    const accidents =
      world.database === undefined
        ? new OnOneFile(world, plan.accidents, accidentsChance)
        : new OnOneServer(world, world.database, plan.mishaps, accidentsChance, { seconds, kills: scene.databaseKills })
    await world.platform("PUT", "/_faults", plan.platform)
    const flowing = traffic.run(clients, pauseMillis)
    const happening = accidents.run()
    await sleep(seconds * 1000)
    const accidentsEnd = accidents.end()
    await happening
    await accidentsEnd
    // What was under way when the end came may have left a gateway down.
    await accidents.end()
    const placed = () =>
      new Set(world.client.log.flatMap(({ outcome }) => (outcome.type === "ok" ? [outcome.payOrderNo] : []))).size
    for (const end = Date.now() + loadLimitMillis; placed() < seconds * ordersPerSecond && Date.now() < end; )
      await sleep(250)
    const faults = (await world.platform("GET", "/_faults")) as ReadonlyArray<Fired>
    await world.platform("PUT", "/_faults", [])
    await accidents.end()
    tell("no more faults")
    traffic.stop()
    await flowing
    await traffic.settle()
    const quietMillis = await world.rest(restLimitMillis)
    await traffic.ask()
    await world.rest(restLimitMillis)
    const platform = Object.fromEntries(faults.map(({ on, fault, fired }) => [`${on} ${fault}`, fired]))
    const verdict = Checker.check(await world.sources())
    return { seed, seconds, plan, fired: { ...platform, ...accidents.fired }, quietMillis, verdict }
  } finally {
    await world.close()
  }
}
