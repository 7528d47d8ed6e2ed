import type { CrashPoint } from "@payment-proxy/ports"
import * as Checker from "@payment-proxy/testkit/Checker"
import * as Chance from "../Chance.ts"
import { busyPoints, createPoints } from "./Plan.ts"
import { Traffic } from "./Traffic.ts"
import * as World from "./World.ts"

/** What came of killing a gateway at every crash point. */
export interface Crashed {
  readonly seed: number
  /** How often a process died at each point; of a create through the proxied route, with nothing else under way, beside it. */
  readonly died: { readonly [point: string]: number }
  /** Lives that ended otherwise, or not at all: their point was not reached. */
  readonly missed: ReadonlyArray<string>
  readonly quietMillis: number
  readonly verdict: Checker.Verdict
}

const mix = {
  proxied: 0.35,
  pay: 0.5,
  refuse: 0.1,
  close: 0.1,
  late: 0.4,
  refund: 0.4,
  desk: 0.1,
  repeat: 0.2,
  other: 0.1,
  invalid: 0.05,
  leave: 0.05
}
/** Where a worker of its own comes by, and no gateway. */
const ofWorkers: ReadonlySet<CrashPoint> = new Set(["K15", "K16", "K17"])
const lifeLimitMillis = 45_000
const restLimitMillis = 60_000

const sleep = (millis: number) => new Promise<undefined>((done) => setTimeout(() => done(undefined), millis).unref())

/** A life that is to end at a point; `isProxied`: in a create through the route, as nothing else comes by. */
interface Life {
  readonly point: CrashPoint
  readonly isProxied: boolean
}

const nameOf = ({ point, isProxied }: Life): string => (isProxied ? `${point} proxied` : point)

/** All that are to be lived. A gateway that works at what is due comes by its points also on its own. */
export const livesOf = (isMariaDb: boolean): ReadonlyArray<Life> => [
  ...busyPoints.map((point) => ({ point, isProxied: false })),
  ...(isMariaDb ? createPoints.map((point) => ({ point, isProxied: true })) : [])
]

/** The names of the lives, as `died` has them. */
export const namesOf = (isMariaDb: boolean): ReadonlyArray<string> => livesOf(isMariaDb).map(nameOf)

/** One life of a process, to its death at a visit of a point; answers whether it died there. */
const live = async (service: World.Service, at: string): Promise<boolean> => {
  const running = await service.attempt(at)
  const end = await Promise.race([running.ended, sleep(lifeLimitMillis)])
  if (end?.signal === "SIGKILL") return true
  await service.end("SIGKILL")
  return false
}

/**
 * Kills the gateway (-9) `times` times at every crash point, under load, in an order and at visits by chance, with workers as
 * often in creates through the proxied route alone; brings it up each time, and lets the checker judge once all has come to rest. `tell` hears of every death.
 */
export const run = async (options: {
  readonly times: number
  /** A worker of its own beside the gateway, both on a MariaDB; otherwise the gateway does all, on a file. */
  readonly isMariaDb: boolean
  readonly seed: number
  readonly tell: (line: string) => void
}): Promise<Crashed> => {
  const chance = Chance.numbers(options.seed)
  const all = Array.from({ length: options.times }, () => livesOf(options.isMariaDb)).flat()
  const lives = Chance.shuffled(all, chance)
  const world = await World.start({ isMariaDb: options.isMariaDb, workers: options.isMariaDb ? 1 : 0 })
  try {
    const [gateway] = world.gateways
    const [worker = gateway] = world.workers
    if (gateway === undefined || worker === undefined) throw new Error("There is no gateway.")
    if (worker !== gateway) await worker.up()
    const traffic = new Traffic(world, mix, chance)
    const flowing = traffic.run(4, 100)
    const died = Object.fromEntries(namesOf(options.isMariaDb).map((name) => [name, 0]))
    const missed: Array<string> = []
    for (const [index, life] of lives.entries()) {
      const { point, isProxied } = life
      const name = nameOf(life)
      const at = `${point}:${Chance.between(1, 2, chance)}`
      const service = ofWorkers.has(point) ? worker : gateway
      const other = service === gateway ? worker : gateway
      if (other.process === undefined) await other.up()
      if (isProxied) await traffic.hush()
      await service.end("SIGTERM")
      if (await live(service, at)) died[name] = (died[name] ?? 0) + 1
      else missed.push(`${name} (${at})`)
      if (isProxied) traffic.unhush()
      options.tell(`${index + 1}/${lives.length} died at ${at}${isProxied ? " of a proxied create" : ""}`)
    }
    if (gateway.process === undefined) await gateway.up()
    if (worker.process === undefined) await worker.up()
    traffic.stop()
    await flowing
    await traffic.settle()
    const quietMillis = await world.rest(restLimitMillis)
    await traffic.ask()
    await world.rest(restLimitMillis)
    return { seed: options.seed, died, missed, quietMillis, verdict: Checker.check(await world.sources()) }
  } finally {
    await world.close()
  }
}
