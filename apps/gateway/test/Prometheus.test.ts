import { Duration, Effect, Metric, MetricBoundaries, type MetricPair } from "effect"
import { describe, expect, it } from "vitest"
import * as Prometheus from "../src/Prometheus.ts"

let serial = 0
/** A name that no other test has: Effect's metrics are the process's. */
const fresh = () => `writer_test_${++serial}`

/** What is written of the metrics whose names begin so. */
const written = async (prefix: string, ...updates: ReadonlyArray<Effect.Effect<unknown>>) => {
  await Effect.runPromise(Effect.all(updates))
  const snapshot: ReadonlyArray<MetricPair.MetricPair.Untyped> = await Effect.runPromise(Metric.snapshot)
  return Prometheus.text(
    Prometheus.familiesOf(snapshot.filter(({ metricKey: { name } }) => name.startsWith(prefix)))
  ).replaceAll(prefix, "it")
}

const lines = (...all: ReadonlyArray<string>) => `${all.join("\n")}\n`

describe("the Prometheus text format", () => {
  it("a counter ends with _total, and its series are in the order of their labels", async () => {
    const name = fresh()
    const counter = Metric.counter(name, { description: "Failures", incremental: true })
    const of = (kind: string) => Metric.increment(Metric.tagged(counter, "kind", kind))
    expect(await written(name, of("lost"), of("deadlock"), of("lost"))).toBe(
      lines(
        "# HELP it_total Failures",
        "# TYPE it_total counter",
        'it_total{kind="deadlock"} 1',
        'it_total{kind="lost"} 2'
      )
    )
  })

  it("a counter that has _total already keeps its name; without a description there is no HELP", async () => {
    const name = fresh()
    const counter = Metric.counter(`${name}_total`, { incremental: true, bigint: true })
    expect(await written(name, Metric.incrementBy(counter, 2n ** 60n))).toBe(
      lines("# TYPE it_total counter", "it_total 1152921504606846976")
    )
  })

  it("a counter that may fall is a gauge", async () => {
    const name = fresh()
    expect(await written(name, Metric.incrementBy(Metric.counter(name), -3))).toBe(lines("# TYPE it gauge", "it -3"))
  })

  it.each([
    [0.25, "0.25"],
    [1e21, "1e+21"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
    [Number.NaN, "NaN"]
  ])("a gauge of %d is %s", async (value, shown) => {
    const name = fresh()
    expect(await written(name, Metric.set(Metric.gauge(name), value))).toBe(lines("# TYPE it gauge", `it ${shown}`))
  })

  it("a histogram is cumulative, up to +Inf, with sum and count; a bound holds its own value", async () => {
    const name = fresh()
    const histogram = Metric.tagged(
      Metric.histogram(name, MetricBoundaries.fromIterable([1, 2, 4]), "Sizes"),
      "lane",
      "1"
    )
    expect(await written(name, ...[1, 2, 2, 3, 9].map((value) => Metric.update(histogram, value)))).toBe(
      lines(
        "# HELP it Sizes",
        "# TYPE it histogram",
        'it_bucket{lane="1",le="1"} 1',
        'it_bucket{lane="1",le="2"} 3',
        'it_bucket{lane="1",le="4"} 4',
        'it_bucket{lane="1",le="+Inf"} 5',
        'it_sum{lane="1"} 17',
        'it_count{lane="1"} 5'
      )
    )
  })

  it("a summary has its quantiles, a frequency its words", async () => {
    const name = fresh()
    const summary = Metric.summary({
      name: `${name}_a`,
      maxAge: Duration.minutes(1),
      maxSize: 10,
      error: 0,
      quantiles: [0.5]
    })
    const words = Metric.frequency(`${name}_b`)
    const all = [Metric.update(summary, 3), Metric.update(words, "two"), Metric.update(words, "one")]
    expect(await written(name, ...all)).toBe(
      lines(
        "# TYPE it_a summary",
        'it_a{quantile="0.5"} 3',
        "it_a_sum 3",
        "it_a_count 1",
        "# TYPE it_b_total counter",
        'it_b_total{key="one"} 1',
        'it_b_total{key="two"} 1'
      )
    )
  })

  it("backslash, quote and line feed are escaped in a label's value, backslash and line feed in HELP", async () => {
    const name = fresh()
    const gauge = Metric.gauge(name, { description: 'a "b"\\c\nd' })
    expect(await written(name, Metric.set(Metric.tagged(gauge, "said", 'a "b"\\c\nd'), 1))).toBe(
      lines('# HELP it a "b"\\\\c\\nd', "# TYPE it gauge", 'it{said="a \\"b\\"\\\\c\\nd"} 1')
    )
  })

  it("names that the format does not know are made fit, and a label is there once", async () => {
    const name = fresh()
    const gauge = Metric.gauge(`${name}.pool-size`).pipe(Metric.tagged("db:name", "a"), Metric.tagged("1st", "b"))
    expect(await written(name, Metric.set(gauge, 1))).toBe(
      lines("# TYPE it_pool_size gauge", 'it_pool_size{_1st="b",db_name="a"} 1')
    )
  })

  it("families come in the order of their names, whatever came first", () => {
    const family = (name: string): Prometheus.Family => ({
      name,
      type: "gauge",
      help: "",
      series: [{ labels: [], lines: [["", [], 1]] }]
    })
    expect(Prometheus.text(["b", "a", "c"].map(family))).toBe(
      lines("# TYPE a gauge", "a 1", "# TYPE b gauge", "b 1", "# TYPE c gauge", "c 1")
    )
  })
})
