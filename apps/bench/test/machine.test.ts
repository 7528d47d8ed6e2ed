import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Either } from "effect"
import { describe, expect, it } from "vitest"
import * as XState from "../peers/xstate.ts"
import * as Arguments from "../src/Arguments.ts"
import { lives, ourStates } from "../src/machine.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const run = (...words: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, ["--conditions=source", main, ...words])

describe("the bench `machine`", () => {
  it("ends with one line of JSON that names the ratio to each peer, the figures, the seed and the machine", {
    timeout: 60_000
  }, async () => {
    const { stdout } = await run("machine", "--seconds", "1", "--seed", "7")
    const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "")
    const figures = { perSecond: 0, spreadPercent: 0, p50Nanos: 0, p99Nanos: 0, rssMib: 0, cpuPercent: 0 }
    expect(report).toMatchObject({ name: "machine", seed: 7, machine: { node: process.version } })
    expect(Object.keys(report.ratios)).toEqual(["xstate"])
    expect(report.ratios.xstate).toBeGreaterThan(1)
    expect(report.ratios.xstate).toBeCloseTo(report.ours.perSecond / report.peers.xstate.perSecond, 0)
    for (const one of [report.ours, report.peers.xstate, report.references["table lookup"]]) {
      expect(Object.keys(one)).toEqual(Object.keys(figures))
      expect(one.perSecond).toBeGreaterThan(0)
      expect(one.p99Nanos).toBeGreaterThanOrEqual(one.p50Nanos)
    }
  })

  it.each([1, 2, 3, 4, 5])("both rivals go through the same states in every life of seed %s", (seed) => {
    for (const life of lives(seed)) {
      expect(XState.states(life.events)).toEqual(ourStates(life))
      expect(XState.live(life.events)).toBe("REFUNDED")
    }
  })

  it("a life visits open, paid and both kinds of refund, with repeats and with answers to queries", () => {
    const all = lives(1)
    const types = new Set(all.flatMap(({ events }) => events.map(({ type }) => type)))
    expect([...types].sort()).toEqual(["open", "paid", "refundedAll", "refundedPart"])
    expect(all.some(({ events }) => events.some(({ isFresh }) => isFresh))).toBe(true)
    expect(all.every(({ said }) => said.length >= 4)).toBe(true)
  })

  it("the same seed makes the same lives", () => {
    expect(lives(9)).toEqual(lives(9))
    expect(lives(9)).not.toEqual(lives(10))
  })
})

describe("the words of `pnpm bench`", () => {
  const parse = (...words: ReadonlyArray<string>) => Arguments.parse(words, { machine: { seconds: 10, times: 1 } }, 42)

  it.each([
    [["machine"], { name: "machine", seconds: 10, times: 1, seed: 42 }],
    [["machine", "--seconds", "3"], { name: "machine", seconds: 3, times: 1, seed: 42 }],
    [["--", "machine", "--seconds=1.5", "--times=3", "--seed=0"], { name: "machine", seconds: 1.5, times: 3, seed: 0 }],
    [["machine", "--rows", "5"], { name: "machine", seconds: 10, times: 1, seed: 42, rows: 5 }]
  ] as const)("%j is understood", (words, asked) => {
    expect(parse(...words)).toEqual(Either.right(asked))
  })

  it.each([
    [[], "Name a bench."],
    [["machnie"], "There is no bench machnie."],
    [["machine", "machine"], "One bench at a time"],
    [["machine", "--seconds"], "--seconds is a number from 1 to 3600."],
    [["machine", "--seconds", "x"], "--seconds is a number from 1 to 3600."],
    [["machine", "--seconds", "0"], "--seconds is a number from 1 to 3600."],
    [["machine", "--seconds", "1", "--seconds", "2"], "--seconds is given twice."],
    [["machine", "--times", "0"], "--times is a whole number from 1 to 1000."],
    [["machine", "--seed", "1.5"], "--seed is a whole number"],
    [["machine", "--rows", "0"], "--rows is a whole number"],
    [["machine", "--fast"], "There is no option --fast."]
  ] as const)("%j is refused, and says how to ask", (words, fault) => {
    const message = Either.match(parse(...words), { onLeft: (usage) => usage.message, onRight: () => "understood" })
    expect(message).toContain(fault)
    expect(message).toContain(
      "Usage: pnpm bench NAME [--seconds N] [--times N] [--seed N] [--rows N] [--rate N]\nNames: machine"
    )
  })

  it("a fault ends the process with code 2, and prints nothing but the fault", async () => {
    await expect(run("nothing")).rejects.toMatchObject({ code: 2, stdout: "" })
  })
})
