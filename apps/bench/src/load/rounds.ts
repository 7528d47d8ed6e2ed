import type { Measured } from "../Turns.ts"
import * as Load from "./Load.ts"
import * as Site from "./Site.ts"

/** How a rival is asked: the whole of request `index`, and the status of a right answer. */
export interface Asking<R extends Site.Rival = Site.Rival> {
  readonly request: (rival: R, index: number) => string | Buffer
  readonly status: number
}

/** How often rivals have their turn, how long it is, and how long each has to get warm before. */
export interface Course {
  readonly connections: number
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds?: number
}

const numbersPerTurn = 10_000_000
/** How many turns this process has had: each has numbers of its own. */
let turns = 0

/** Measures rivals by turns under load, `rounds` times `seconds` for each; each begins some rounds and ends others. */
export const measure = async <R extends Site.Rival>(
  { rivals }: { readonly rivals: ReadonlyArray<R> },
  asking: Asking<R>,
  { connections, rounds, seconds, warmUpSeconds = 5 }: Course
): Promise<ReadonlyArray<Measured>> => {
  const turn = (rival: R, turnSeconds: number) => {
    const request = (index: number) => asking.request(rival, index)
    return Load.drive(
      { port: rival.port, connections, seconds: turnSeconds, request, status: asking.status },
      turns++ * numbersPerTurn
    )
  }
  for (const rival of rivals) await turn(rival, warmUpSeconds)
  const kept = rivals.map((rival) => ({ rival, outcomes: [] as Array<Load.Outcome>, cpuSeconds: 0, rssMib: 0 }))
  for (let round = 0; round < rounds; round++)
    for (const index of kept.keys()) {
      const one = kept[(index + round) % kept.length]
      if (one === undefined) continue
      const before = Site.cpuSeconds(one.rival.pid)
      one.outcomes.push(await turn(one.rival, seconds))
      one.cpuSeconds += Site.cpuSeconds(one.rival.pid) - before
      one.rssMib = Math.max(one.rssMib, Site.rssMib(one.rival.pid))
    }
  return kept.map(({ rival, outcomes, cpuSeconds, rssMib }) => ({
    name: rival.name,
    stepsPerSecond: outcomes.map(({ perSecond }) => perSecond),
    stepNanos: Float64Array.from(outcomes.flatMap(({ nanos }) => [...nanos])).sort(),
    cpuPercent: (100 * cpuSeconds) / (rounds * seconds),
    rssMib
  }))
}
