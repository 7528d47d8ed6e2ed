import { type MetricKey, MetricKeyType, type MetricPair, MetricState, Option } from "effect"

/** The media type of what `text` writes: the Prometheus text exposition format, version 0.0.4. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

type Labels = ReadonlyArray<readonly [name: string, value: string]>

/** One line: the family's name with a suffix, labels of its own beside the series', and a value. */
type Line = readonly [suffix: string, labels: Labels, value: number | bigint]

/** One series of a family: what is told apart by its labels. */
export interface Series {
  readonly labels: Labels
  readonly lines: ReadonlyArray<Line>
}

/** Metrics of one name and type. */
export interface Family {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram" | "summary"
  readonly help: string
  readonly series: ReadonlyArray<Series>
}

const nameOf = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_:]/g, "_").replace(/^(?=\d)/, "_")
const labelOf = (name: string): string => nameOf(name).replaceAll(":", "_")
const totalOf = (name: string): string => (name.endsWith("_total") ? name : `${name}_total`)

const escapedHelp = (help: string): string => help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
const escapedValue = (value: string): string => escapedHelp(value).replaceAll('"', '\\"')

const numberOf = (value: number | bigint): string => {
  if (value === Number.POSITIVE_INFINITY) return "+Inf"
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value)
}

const labelsOf = (labels: Labels): string =>
  labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${name}="${escapedValue(value)}"`).join(",")}}`

/** Sorted by name, each once: the last of a name holds. */
const tagsOf = ({ tags }: MetricKey.MetricKey.Untyped): Labels =>
  [...new Map(tags.map(({ key, value }) => [labelOf(key), value]))].sort(([one], [other]) => (one < other ? -1 : 1))

const bucketsOf = ({ buckets, count }: MetricState.MetricState.Histogram): ReadonlyArray<Line> => [
  ...buckets
    .filter(([bound]) => Number.isFinite(bound))
    .map(([bound, cumulated]): Line => ["_bucket", [["le", numberOf(bound)]], cumulated]),
  ["_bucket", [["le", "+Inf"]], count]
]

const quantilesOf = ({ quantiles }: MetricState.MetricState.Summary): ReadonlyArray<Line> =>
  quantiles.map(([quantile, value]) => [
    "",
    [["quantile", numberOf(quantile)]],
    Option.getOrElse(value, () => Number.NaN)
  ])

type Shape = Pick<Family, "type"> & { readonly lines: ReadonlyArray<Line> }

const summed = ({ sum, count }: { readonly sum: number; readonly count: number }): ReadonlyArray<Line> => [
  ["_sum", [], sum],
  ["_count", [], count]
]

/** What Effect counts, as Prometheus does; a counter that may fall is a gauge there. */
const shapeOf = ({ metricKey: { keyType }, metricState }: MetricPair.MetricPair.Untyped): Shape | undefined => {
  if (MetricState.isCounterState(metricState)) {
    const isRising = MetricKeyType.isCounterKey(keyType) && keyType.incremental
    return { type: isRising ? "counter" : "gauge", lines: [["", [], metricState.count]] }
  }
  if (MetricState.isGaugeState(metricState)) return { type: "gauge", lines: [["", [], metricState.value]] }
  if (MetricState.isHistogramState(metricState))
    return { type: "histogram", lines: [...bucketsOf(metricState), ...summed(metricState)] }
  if (MetricState.isSummaryState(metricState))
    return { type: "summary", lines: [...quantilesOf(metricState), ...summed(metricState)] }
  if (MetricState.isFrequencyState(metricState)) {
    const words = [...metricState.occurrences].sort(([one], [other]) => (one < other ? -1 : 1))
    return { type: "counter", lines: words.map(([word, count]) => ["", [["key", word]], count]) }
  }
  return undefined
}

/** A snapshot of Effect's metrics as families: names as Prometheus takes them, counters with `_total`. */
export const familiesOf = (snapshot: Iterable<MetricPair.MetricPair.Untyped>): ReadonlyArray<Family> => {
  const families = new Map<string, Family>()
  for (const pair of snapshot) {
    const shape = shapeOf(pair)
    if (shape === undefined) continue
    const { metricKey } = pair
    const name = shape.type === "counter" ? totalOf(nameOf(metricKey.name)) : nameOf(metricKey.name)
    const known = families.get(name)
    const help = known?.help || Option.getOrElse(metricKey.description, () => "")
    const series = [...(known?.series ?? []), { labels: tagsOf(metricKey), lines: shape.lines }]
    // A name has one type: what comes under it with another is left out.
    if (known === undefined || known.type === shape.type) families.set(name, { name, type: shape.type, help, series })
  }
  return [...families.values()]
}

const seriesText = (name: string, { labels, lines }: Series): string =>
  lines.map(([suffix, own, value]) => `${name}${suffix}${labelsOf([...labels, ...own])} ${numberOf(value)}\n`).join("")

const familyText = ({ name, type, help, series }: Family): string => {
  const head = `${help === "" ? "" : `# HELP ${name} ${escapedHelp(help)}\n`}# TYPE ${name} ${type}\n`
  const sorted = series.toSorted((one, other) => (labelsOf(one.labels) < labelsOf(other.labels) ? -1 : 1))
  return head + sorted.map((one) => seriesText(name, one)).join("")
}

/** Families as text, in the order of their names and labels. */
export const text = (families: ReadonlyArray<Family>): string =>
  families
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map(familyText)
    .join("")
