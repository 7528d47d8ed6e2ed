import { SegmentedControl } from "@mantine/core"
import { useState } from "react"
import type { Overview } from "../overview.ts"
import { useFormats } from "../words/Formats.ts"
import { now as texts } from "../words/now.ts"
import { useWords } from "../words/Words.ts"
import { Chart, type Line, Swatch } from "./Chart.tsx"
import css from "./chart.module.css"
import * as Series from "./Series.ts"

const Legend = ({
  vendors,
  hidden,
  toggle
}: {
  readonly vendors: ReadonlyArray<string>
  readonly hidden: ReadonlySet<string>
  readonly toggle: (vendor: string) => void
}) => {
  const text = useWords(texts)
  return (
    <fieldset className={css["legend"]}>
      <legend className="visually-hidden">{text.vendors}</legend>
      {vendors.map((vendor, index) => (
        <button
          key={vendor}
          type="button"
          className={css["legendItem"]}
          aria-pressed={!hidden.has(vendor)}
          title={text.show(vendor)}
          onClick={() => toggle(vendor)}
        >
          <Swatch index={index} />
          <span translate="no">{vendor}</span>
        </button>
      ))}
    </fieldset>
  )
}

/** The last hour by vendor: orders, success, call errors, latencies. */
export const Charts = ({ overview: { vendors } }: { readonly overview: Overview }) => {
  const text = useWords(texts)
  const { count, percent, millis } = useFormats()
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [percentile, setPercentile] = useState<"p50" | "p99">("p99")
  const [at, setAt] = useState<number | null>(null)
  const toggle = (vendor: string) =>
    setHidden(
      (before) => new Set(before.has(vendor) ? [...before].filter((one) => one !== vendor) : [...before, vendor])
    )
  const times = vendors[0]?.minutes.map((minute) => minute.at) ?? []
  const lines = (measure: Series.Measure): ReadonlyArray<Line> =>
    Series.of(vendors, measure)
      .map((series, index) => ({ ...series, index }))
      .filter(({ name }) => !hidden.has(name))
  const common = { times, at, onAt: setAt }
  const choose = (
    <SegmentedControl
      size="xs"
      aria-label={text.percentile}
      value={percentile}
      onChange={(value) => setPercentile(value as "p50" | "p99")}
      data={["p50", "p99"]}
    />
  )
  return (
    <div className={css["charts"]}>
      <Legend vendors={vendors.map(({ vendor }) => vendor)} hidden={hidden} toggle={toggle} />
      <Chart
        shown={{
          ...common,
          title: text.chartOrders,
          told: text.chartOrdersTold,
          lines: lines(Series.placed),
          format: count,
          scale: "count",
          isGrowing: true
        }}
      />
      <Chart
        shown={{
          ...common,
          title: text.chartSuccess,
          told: text.chartSuccessTold,
          lines: lines(Series.success),
          format: percent,
          scale: "share"
        }}
      />
      <Chart
        shown={{
          ...common,
          title: text.chartErrors,
          told: text.chartErrorsTold,
          lines: lines(Series.errors),
          format: percent,
          scale: "share"
        }}
      />
      <Chart
        shown={{
          ...common,
          title: `${text.chartLatency} ${percentile}`,
          told: text.chartLatencyTold,
          actions: choose,
          lines: lines(percentile === "p50" ? Series.p50 : Series.p99),
          format: millis,
          scale: "log"
        }}
      />
    </div>
  )
}
