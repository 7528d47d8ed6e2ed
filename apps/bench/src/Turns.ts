/** One rival: does piece `index` of the work that all rivals share, and answers something that depends on all of it. */
export interface Rival {
  readonly name: string
  readonly run: (index: number) => number
}

/** The work: how many pieces there are, and how many steps each has. */
export interface Work {
  readonly pieces: number
  readonly stepsOf: (index: number) => number
}

/** What was measured of one rival: a rate for each of its rounds, and how long one step took, in nanoseconds. */
export interface Measured {
  readonly name: string
  readonly stepsPerSecond: ReadonlyArray<number>
  readonly stepNanos: Float64Array
  readonly cpuPercent: number
  readonly rssMib: number
}

const rounds = 9
const warmUpShare = 0.2
const maxSamplesPerRound = 50_000
const nanosPerSecond = 1e9

interface Turn {
  readonly steps: number
  readonly nanos: number
  readonly cpuMicros: number
}

/** A number that nothing looks at, so that no engine can leave the work out. */
let sink = 0

/** Samples in an array of its own size, so that keeping them costs no rival anything. */
interface Samples {
  readonly nanos: Float64Array
  count: number
}

const turn = (rival: Rival, work: Work, nanos: number, samples: Samples): Turn => {
  const cpu = process.cpuUsage()
  const begin = process.hrtime.bigint()
  const end = begin + BigInt(Math.round(nanos))
  const room = Math.min(samples.count + maxSamplesPerRound, samples.nanos.length)
  let steps = 0
  let before = begin
  for (let index = 0; before < end; index = (index + 1) % work.pieces) {
    sink = (sink + rival.run(index)) | 0
    const after = process.hrtime.bigint()
    const count = work.stepsOf(index)
    if (samples.count < room) samples.nanos[samples.count++] = Number(after - before) / count
    steps += count
    before = after
  }
  const { user, system } = process.cpuUsage(cpu)
  return { steps, nanos: Number(before - begin), cpuMicros: user + system }
}

/**
 * Measures rivals by turns, round after round, for `seconds` in all; each begins some rounds and ends others. A sample is
 * one piece of work, its time divided by its steps.
 */
export const measure = (rivals: ReadonlyArray<Rival>, work: Work, seconds: number): ReadonlyArray<Measured> => {
  const turnNanos = (seconds * nanosPerSecond) / (rounds + rounds * warmUpShare) / rivals.length
  for (const rival of rivals)
    turn(rival, work, turnNanos * rounds * warmUpShare, { nanos: new Float64Array(), count: 0 })
  const kept = rivals.map((rival) => ({
    rival,
    turns: [] as Array<Turn>,
    samples: { nanos: new Float64Array(rounds * maxSamplesPerRound), count: 0 },
    rss: 0
  }))
  for (let round = 0; round < rounds; round++)
    for (const [index] of kept.entries()) {
      const one = kept[(index + round) % kept.length]
      if (one === undefined) continue
      one.turns.push(turn(one.rival, work, turnNanos, one.samples))
      one.rss = Math.max(one.rss, process.memoryUsage.rss())
    }
  return kept.map(({ rival, turns, samples, rss }) => ({
    name: rival.name,
    stepsPerSecond: turns.map(({ steps, nanos }) => (steps * nanosPerSecond) / nanos),
    stepNanos: samples.nanos.slice(0, samples.count).sort(),
    cpuPercent: (100_000 * turns.reduce((sum, t) => sum + t.cpuMicros, 0)) / turns.reduce((sum, t) => sum + t.nanos, 0),
    rssMib: rss / 2 ** 20
  }))
}
