import type { CrashPoint } from "@payment-proxy/ports"
import * as Checker from "@payment-proxy/testkit/Checker"
import * as Chance from "../Chance.ts"
import { busyPoints } from "./Plan.ts"
import { Traffic } from "./Traffic.ts"
import * as World from "./World.ts"

/** What came of killing a gateway at every crash point. */
export interface Crashed {
  readonly seed: number
  /** How often the gateway died at each point. */
  readonly died: { readonly [point: string]: number }
  /** Lives that ended otherwise, or not at all: their point was not reached. */
  readonly missed: ReadonlyArray<string>
  readonly quietMillis: number
  readonly verdict: Checker.Verdict
}

const mix = { pay: 0.5, refuse: 0.1, close: 0.1, repeat: 0.2, other: 0.1, invalid: 0.05, leave: 0.05 }
/** Where a worker of its own comes by, and no gateway. */
const ofWorkers: ReadonlySet<CrashPoint> = new Set(["K15", "K16", "K17"])
const lifeLimitMillis = 45_000
const restLimitMillis = 60_000

const sleep = (millis: number) => new Promise<undefined>((done) => setTimeout(() => done(undefined), millis).unref())

/** One life of the gateway, to its death at `point`; answers whether it died there. */
const life = async (gateway: World.Service, point: string): Promise<boolean> => {
  const running = await gateway.attempt(point)
  const end = await Promise.race([running.ended, sleep(lifeLimitMillis)])
  if (end?.signal === "SIGKILL") return true
  await gateway.end("SIGKILL")
  return false
}

/**
 * Kills the gateway (-9) `times` times at every crash point, under load, in an order and at visits by chance; brings it up
 * each time, and lets the checker judge once all has come to rest. `tell` hears of every death.
 */
export const run = async (options: {
  readonly times: number
  /** A worker of its own beside the gateway, both on a MariaDB; otherwise the gateway does all, on a file. */
  readonly isMariaDb: boolean
  readonly seed: number
  readonly tell: (line: string) => void
}): Promise<Crashed> => {
  const chance = Chance.numbers(options.seed)
  const lives = Chance.shuffled(Array.from({ length: options.times }, () => busyPoints).flat(), chance)
  const world = await World.start({ isMariaDb: options.isMariaDb, workers: options.isMariaDb ? 1 : 0 })
  try {
    const [gateway] = world.gateways
    const [worker = gateway] = world.workers
    if (gateway === undefined || worker === undefined) throw new Error("There is no gateway.")
    if (worker !== gateway) await worker.up()
    const traffic = new Traffic(world, mix, chance)
    const flowing = traffic.run(4, 100)
    const died = Object.fromEntries(busyPoints.map((point) => [point, 0]))
    const missed: Array<string> = []
    for (const [index, point] of lives.entries()) {
      const at = `${point}:${Chance.between(1, 2, chance)}`
      const service = ofWorkers.has(point) ? worker : gateway
      const other = service === gateway ? worker : gateway
      if (other.process === undefined) await other.up()
      await service.end("SIGTERM")
      if (await life(service, at)) died[point] = (died[point] ?? 0) + 1
      else missed.push(at)
      options.tell(`${index + 1}/${lives.length} died at ${at}`)
    }
    if (gateway.process === undefined) await gateway.up()
    if (worker.process === undefined) await worker.up()
    traffic.stop()
    await flowing
    await traffic.settle()
    const quietMillis = await world.rest(restLimitMillis)
    return { seed: options.seed, died, missed, quietMillis, verdict: Checker.check(await world.sources()) }
  } finally {
    await world.close()
  }
}
