import { Effect } from "effect"
import type { Arguments } from "../Arguments.ts"
import * as Rounds from "../load/rounds.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import type { Measured } from "../Turns.ts"
import * as Call from "./Call.ts"
import * as Large from "./large.ts"
import * as Place from "./Place.ts"
import * as Steady from "./steady.ts"

const connections = 64
const steadyPerSecond = 200
const nanosPerMilli = 1e6

/** What a bench of shorter or longer turns may change. */
export interface Scale {
  readonly warmUpSeconds: number
  /** Of the large bodies. */
  readonly bytes: number
}

const usual: Scale = { warmUpSeconds: 5, bytes: 1e9 }

/** What is expected, and what was found. */
interface Finding {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly expected: string
}

const rounded = (value: number): number => Number(value.toPrecision(3))

const perSecond = (all: ReadonlyArray<Measured>, name: string): number => {
  const one = all.find((measured) => measured.name === name)
  return one === undefined ? Number.NaN : Report.figures(one).perSecond
}

const ratios = (all: ReadonlyArray<Measured>): ReadonlyArray<Finding> => {
  const ratio = (one: string, other: string, expected: string): Finding => ({
    name: `${one} / ${other}`,
    value: rounded(perSecond(all, one) / perSecond(all, other)),
    unit: "",
    expected
  })
  return [
    ratio("ours", "http-proxy", "at least 1, aim 1.5"),
    ...(all.some(({ name }) => name === "nginx") ? [ratio("ours", "nginx", "aim 0.5")] : []),
    ratio("ours with oauth", "ours", "at least 0.9"),
    ratio("ours with a key", "ours", "nothing"),
    ratio("ours with a key and oauth", "ours with a key", "nothing")
  ]
}

/** Processor time of the proxy's own process for one call, in microseconds: what is left when load and upstream are elsewhere. */
const processor = (all: ReadonlyArray<Measured>): string =>
  `Processor time of a call, in microseconds: ${all
    .map((one) => {
      const { cpuPercent, perSecond: rate } = Report.figures(one)
      return `${one.name} ${rounded((cpuPercent * 10_000) / rate)}`
    })
    .join(", ")}.`

const middle = (sorted: Float64Array): number => (sorted[sorted.length >> 1] ?? Number.NaN) / nanosPerMilli

/** How much later an answer comes through us than directly, at a rate that leaves all of us idle for most of the time. */
const latency = async ({ ours, direct }: Place.Place, seconds: number): Promise<Finding> => {
  const of = (way: Place.Way) => {
    const request = Call.post(way.path, way.key)
    return Steady.drive({ port: way.port, perSecond: steadyPerSecond, seconds, request })
  }
  const turns = 3
  const added: Array<number> = []
  for (let turn = 0; turn < turns; turn++) added.push(middle(await of(ours)) - middle(await of(direct)))
  const value = added.sort((a, b) => a - b)[turns >> 1] ?? Number.NaN
  return {
    name: `added at ${steadyPerSecond} a second, p50`,
    value: rounded(value),
    unit: "ms",
    expected: "less than 1 ms"
  }
}

/** What bodies of so many bytes do to the memory of a gateway that has just started. */
const memory = async ({ ours, largeUrl }: Place.Place, bytes: number): Promise<ReadonlyArray<Finding>> => {
  const found = (way: string, { seconds, grownMib }: Large.Passed): ReadonlyArray<Finding> => [
    { name: `memory grown by a body ${way}`, value: rounded(grownMib), unit: "MiB", expected: "less than 64 MiB" },
    { name: `a body ${way}`, value: rounded(bytes / 1e6 / seconds), unit: "MB/s", expected: "nothing" }
  ]
  return [
    ...found("up", await Large.up(ours.pid, largeUrl, bytes)),
    ...found("down", await Large.down(ours.pid, largeUrl, bytes))
  ]
}

const notes = (place: Place.Place) => [
  `All share this machine: the proxy, the upstream and the load, a closed loop of ${connections} connections; 1 KB up and 1 KB down.`,
  "References are our own gateway with more to do, and the upstream without a proxy.",
  place.peers.some(({ name }) => name === "nginx")
    ? "nginx has one worker, as each of the others has one thread."
    : "There is no nginx on the PATH: the distance to it is not measured."
]

/** Calls through us, through the plug-in of Fastify and through nginx, by turns; bodies of 1 GB; what a call takes longer. */
export const measured = async ({ name, seconds, times, seed }: Arguments, scale: Scale = usual): Promise<Printed> => {
  const place = await Place.start()
  try {
    const found = await memory(place, scale.bytes)
    const added = await latency(place, seconds)
    const rivals = [place.ours, ...place.filtered, ...place.peers, place.direct]
    const calls = new Map(rivals.map((way) => [way.name, Call.post(way.path, way.key)]))
    const asking = { request: ({ name: way }: Place.Way) => calls.get(way) ?? Buffer.alloc(0), status: 200 }
    const course = { connections, rounds: times, seconds, warmUpSeconds: scale.warmUpSeconds }
    const all = await Rounds.measure({ rivals }, asking, course)
    const named = (ways: ReadonlyArray<Place.Way>) => ways.flatMap((way) => all.filter((one) => one.name === way.name))
    const [ours] = all
    if (ours === undefined) throw new Error("Nobody was measured.")
    const report = Report.make({
      name,
      seed,
      ours,
      peers: named(place.peers),
      references: named([...place.filtered, place.direct]),
      notes: [...notes(place), processor(all)]
    })
    const findings = [...ratios(all), added, ...found]
    return {
      lines: [
        Report.table(report),
        ...findings.map(({ name: what, value, unit, expected }) => `${what}: ${value} ${unit} (asked: ${expected})`)
      ],
      json: { ...report, findings },
      isRight: true
    }
  } finally {
    await place.close()
  }
}

/** The bench `proxy`. */
export const run = (asked: Arguments) => Effect.promise(() => measured(asked))
