import type * as Report from "../Report.ts"

/** What was measured of one task: ours, its peers and its floor. */
export type Reports = ReadonlyMap<string, Report.Report>

/** What signing and verifying are of one create, by vendor and way. */
export interface Share {
  readonly name: string
  /** Of one create: making the signatures, and verifying the answer's. */
  readonly signingMicros: number
  /** The whole adapter's part of one create, from the order to its evidence. */
  readonly adapterMicros: number
  /** Of a create of the mapped vendor, and of one that signs beside all that. */
  readonly ofMappedPercent: number
  readonly ofWholePercent: number
}

const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits))

/** The processor time of one step, in microseconds. */
export const microsOf = ({ perSecond }: Pick<Report.Figures, "perSecond">): number => 1e6 / perSecond

const share = (name: string, signingMicros: number, adapterMicros: number, createMicros: number): Share => ({
  name,
  signingMicros: rounded(signingMicros),
  adapterMicros: rounded(adapterMicros),
  ofMappedPercent: rounded((100 * signingMicros) / createMicros),
  ofWholePercent: rounded((100 * signingMicros) / (createMicros + signingMicros))
})

/** The shares of all vendors, where a create of the mapped vendor takes the gateway `createMicros`. */
export const shares = (reports: Reports, createMicros: number): ReadonlyArray<Share> => {
  const micros = (task: string) => {
    const report = reports.get(task)
    return report === undefined ? Number.NaN : microsOf(report.ours)
  }
  const once = (vendor: string) => micros(`${vendor}.sign`) + micros(`${vendor}.verify`)
  // What the payer's page hands to WeChat is signed, too.
  const twice = once("wechatpay") + micros("wechatpay.sign")
  return [
    share("wechatpay", once("wechatpay"), micros("wechatpay.create"), createMicros),
    share("wechatpay JSAPI", twice, micros("wechatpay.create JSAPI"), createMicros),
    share("alipay", once("alipay"), micros("alipay.create"), createMicros),
    share("alipay WEB", micros("alipay.sign"), micros("alipay.create WEB"), createMicros),
    share("mpgs", 0, micros("mpgs.create"), createMicros),
    share("paypal", 0, micros("paypal.create"), createMicros)
  ]
}

const micros = (value: number): string => `${rounded(value)} µs`

const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)))
  return rows.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
  )
}

/** All tasks as a table for people. */
export const table = (reports: Reports): ReadonlyArray<string> => {
  const peersOf = ({ peers, ratios }: Report.Report): string =>
    Object.entries(peers)
      .map(([name, figures]) => `${name} ${micros(microsOf(figures))} (${ratios[name]})`)
      .join(", ")
  const rows = [...reports].map(([task, report]) => {
    const floor = report.references["node:crypto"]
    return [
      task,
      micros(microsOf(report.ours)),
      `${report.ours.spreadPercent} %`,
      micros(report.ours.p50Nanos / 1000),
      micros(report.ours.p99Nanos / 1000),
      floor === undefined ? "" : micros(microsOf(floor)),
      peersOf(report)
    ]
  })
  return aligned([["", "ours", "spread", "p50", "p99", "node:crypto", "peers (ratio)"], ...rows])
}

/** The shares as a table for people. */
export const shareTable = (all: ReadonlyArray<Share>): ReadonlyArray<string> =>
  aligned([
    ["of one create", "signing and verifying", "the adapter in all", "of a mapped create", "of the whole"],
    ...all.map(({ name, signingMicros, adapterMicros, ofMappedPercent, ofWholePercent }) => [
      name,
      `${signingMicros} µs`,
      `${adapterMicros} µs`,
      `${ofMappedPercent} %`,
      `${ofWholePercent} %`
    ])
  ])
