import { Effect } from "effect"
import type { Arguments } from "../Arguments.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import * as Findings from "./Findings.ts"
import * as Given from "./Given.ts"
import * as Seats from "./Seats.ts"
import type { Turn } from "./seat.ts"
import * as Whole from "./Whole.ts"

const { ours } = Seats
const floor = "node:crypto"
const names = [ours, "wechatpay-axios-plugin", "wechatpay-node-v3", "alipay-sdk", floor]

/** How much of it: a smoke test has less. */
export interface Scale {
  readonly isMariaDb: boolean
  /** How long each rival has for each task to get warm, and the gateway for its creates. */
  readonly warmUpMillis: number
  readonly warmUpSeconds: number
}

const full: Scale = { isMariaDb: true, warmUpMillis: 500, warmUpSeconds: 4 }

/** What part of the time the whole creates have. */
const wholeShare = 0.2

const notes = (createMicros: number): ReadonlyArray<string> => [
  "µs, spread and ratio are of the processor's time, so that others on this machine do not count; p50 and p99 are of the clock. A ratio over 1 means that we are better.",
  "Every rival is a process of its own; answers come from memory, signed beforehand. Peers get keys that were read once.",
  "A create is prepare, sign, verify and read; peers neither check what they send nor make evidence of what they read.",
  `A create of the mapped vendor takes the gateway ${Math.round(createMicros)} µs of the processor (32 connections), measured by turns with all else.`
]

interface Round {
  readonly createMicros: number
}

/** One seat and what it did of one task. */
interface Kept {
  readonly seat: Seats.Seat
  readonly task: string
  readonly turns: Array<Turn>
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** All rivals of a task one after the other, and so all tasks; each rival begins some rounds and ends others. */
const turns = async (
  tasks: ReadonlyArray<ReadonlyArray<Kept>>,
  whole: Whole.Whole,
  { seconds, times }: Arguments,
  { warmUpMillis, warmUpSeconds }: Scale
): Promise<ReadonlyArray<Round>> => {
  const millis = (seconds * 1000 * (1 - wholeShare)) / (times * tasks.flat().length)
  for (const { seat, task } of tasks.flat()) await seat.turn({ task, millis: warmUpMillis })
  await whole.turn(warmUpSeconds)
  const rounds: Array<Round> = []
  for (let round = 0; round < times; round++) {
    for (const rivals of tasks)
      for (const index of rivals.keys()) {
        const one = rivals[(index + round) % rivals.length]
        if (one !== undefined) one.turns.push(await one.seat.turn({ task: one.task, millis }))
      }
    rounds.push({ createMicros: await whole.turn((seconds * wholeShare) / times) })
  }
  return rounds
}

const reportOf = (task: string, kept: ReadonlyArray<Kept>, seed: number): Report.Report => {
  const all = kept.map(({ seat, turns: own }) => Seats.measured(seat.name, own))
  const we = all.find(({ name }) => name === ours)
  if (we === undefined) throw new Error(`Ours does not do ${task}.`)
  return Report.make({
    name: task,
    seed,
    ours: we,
    peers: all.filter(({ name }) => name !== ours && name !== floor),
    references: all.filter(({ name }) => name === floor),
    notes: []
  })
}

/** What signing and verifying cost, at a scale. */
export const measured = async (asked: Arguments, scale: Scale): Promise<Printed> => {
  const whole = await Whole.start(scale.isMariaDb)
  const seats: Array<Seats.Seat> = []
  try {
    const given = Given.make(asked.seed, Date.now())
    for (const name of names) seats.push(await Seats.take(name, given))
    const tasks = (seats[0]?.tasks ?? []).map((task) =>
      seats.flatMap((seat): ReadonlyArray<Kept> => (seat.tasks.includes(task) ? [{ seat, task, turns: [] }] : []))
    )
    const rounds = await turns(tasks, whole, asked, scale)
    const reports = new Map(tasks.map((kept) => [kept[0]?.task ?? "", reportOf(kept[0]?.task ?? "", kept, asked.seed)]))
    const createMicros = median(rounds.map((round) => round.createMicros))
    const shares = Findings.shares(reports, createMicros)
    const json = {
      ...Report.together(asked.name, [...reports.values()], notes(createMicros)),
      references: Object.fromEntries([...reports].map(([task, { references }]) => [task, references])),
      createMicros: Math.round(createMicros),
      shares
    }
    return {
      lines: [...Findings.table(reports), "", ...Findings.shareTable(shares), "", ...notes(createMicros)],
      json,
      isRight: true
    }
  } finally {
    for (const { end } of seats) end()
    await whole.close()
  }
}

/** What signing and verifying cost each vendor that is spoken to directly, and what part of a create that is. */
export const run = (asked: Arguments) => Effect.promise(() => measured(asked, full))
