import { arch, cpus, platform, totalmem } from "node:os"
import type { Measured } from "./Turns.ts"

/** The figures of one rival: rates per second, times in nanoseconds, memory in MiB. */
export interface Figures {
  readonly perSecond: number
  readonly spreadPercent: number
  readonly p50Nanos: number
  readonly p99Nanos: number
  readonly rssMib: number
  readonly cpuPercent: number
}

/** The line of JSON that every bench ends with (design §12). A ratio over 1 means that we are better. */
export interface Report {
  readonly name: string
  readonly ratios: { readonly [peer: string]: number }
  readonly ours: Figures
  readonly peers: { readonly [peer: string]: Figures }
  /** Measured beside them to tell what the floor is; no rival. */
  readonly references: { readonly [name: string]: Figures }
  /** What a reader must know to judge the figures. */
  readonly notes: ReadonlyArray<string>
  readonly seed: number
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryGib: number
    readonly node: string
    readonly os: string
  }
}

const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits))

const quantile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN

/** The median of the rounds, their spread (largest less smallest, of the median), and the quantiles of the samples. */
export const figures = ({ stepsPerSecond, stepNanos, rssMib, cpuPercent }: Measured): Figures => {
  const rates = stepsPerSecond.toSorted((a, b) => a - b)
  const median = quantile(rates, 0.5)
  return {
    perSecond: Math.round(median),
    spreadPercent: rounded((100 * (quantile(rates, 1) - quantile(rates, 0))) / median),
    p50Nanos: rounded(quantile(stepNanos, 0.5)),
    p99Nanos: rounded(quantile(stepNanos, 0.99)),
    rssMib: Math.round(rssMib),
    cpuPercent: Math.round(cpuPercent)
  }
}

/** This machine, as every bench names it. */
export const machine = (): Report["machine"] => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  os: `${platform()} ${arch()}`
})

/** What was measured, against each peer, on this machine. */
export const make = (input: {
  readonly name: string
  readonly seed: number
  readonly ours: Measured
  readonly peers: ReadonlyArray<Measured>
  readonly references: ReadonlyArray<Measured>
  readonly notes: ReadonlyArray<string>
}): Report => {
  const ours = figures(input.ours)
  const peers = Object.fromEntries(input.peers.map((peer) => [peer.name, figures(peer)]))
  return {
    name: input.name,
    ratios: Object.fromEntries(
      Object.entries(peers).map(([peer, { perSecond }]) => [peer, rounded(ours.perSecond / perSecond)])
    ),
    ours,
    peers,
    references: Object.fromEntries(input.references.map((one) => [one.name, figures(one)])),
    notes: input.notes,
    seed: input.seed,
    machine: machine()
  }
}

/** Several reports of one bench, in one value. */
export const together = (name: string, reports: ReadonlyArray<Report>, notes: ReadonlyArray<string>): object => ({
  name,
  ratios: Object.fromEntries(
    reports.flatMap((report) =>
      Object.entries(report.ratios).map(([peer, ratio]) => [`${report.name}: ${peer}`, ratio])
    )
  ),
  ours: Object.fromEntries(reports.map((report) => [report.name, report.ours])),
  peers: Object.fromEntries(reports.map((report) => [report.name, report.peers])),
  notes,
  seed: reports[0]?.seed,
  machine: machine()
})

const units = [
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"]
] as const

const time = (nanos: number): string => {
  const [size, unit] = units.find(([least]) => nanos >= least) ?? [1, "ns"]
  return `${rounded(nanos / size)} ${unit}`
}

const heads = ["", "per second", "spread", "p50", "p99", "RSS", "CPU"]

/** The report as a table for people. */
export const table = ({ ours, peers, references, ratios, notes }: Report): string => {
  const row = (name: string, f: Figures) => [
    name,
    f.perSecond.toLocaleString("en"),
    `${f.spreadPercent} %`,
    time(f.p50Nanos),
    time(f.p99Nanos),
    `${f.rssMib} MiB`,
    `${f.cpuPercent} %`
  ]
  const named = [...Object.entries(peers), ...Object.entries(references)].map(([name, f]) => row(name, f))
  const rows = [heads, row("ours", ours), ...named]
  const widths = heads.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
  const better = Object.entries(ratios).map(([peer, ratio]) => `Ours is ${ratio} times ${peer}.`)
  return [...rows.map(line), ...better, ...notes].join("\n")
}
