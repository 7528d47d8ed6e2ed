import { useElementSize } from "@mantine/hooks"
import { scaleLinear } from "d3-scale"
import { line } from "d3-shape"
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react"
import { Card } from "../parts/Card.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { useFormats } from "../words/Formats.ts"
import { now as texts } from "../words/now.ts"
import { useWords } from "../words/Words.ts"
import css from "./chart.module.css"
import * as Scales from "./Scales.ts"
import { runs, type Series } from "./Series.ts"

const margin = { top: 8, right: 12, bottom: 20, left: 48 }
const height = 184
const dashes = ["", "7 3", "2 3", "9 3 2 3"]

/** How a vendor's line looks, the same in every chart: its colour, and its dashes for who sees no colours. */
export const strokeOf = (index: number) => ({
  stroke: `var(--series-${index % 8})`,
  strokeDasharray: dashes[(index + Math.floor(index / 8)) % dashes.length]
})

/** A piece of a vendor's line, for legends. */
export const Swatch = ({ index }: { readonly index: number }) => (
  <svg width={22} height={8} aria-hidden>
    <line x1={1} x2={21} y1={4} y2={4} strokeWidth={2.5} {...strokeOf(index)} />
  </svg>
)

/** A line of a chart: its values and its place among the vendors. */
export type Line = Series & { readonly index: number }

/** What a chart shows. */
export type Shown = {
  readonly title: string
  readonly told: string
  readonly actions?: ReactNode
  /** The minutes, as RFC 3339. */
  readonly times: ReadonlyArray<string>
  readonly lines: ReadonlyArray<Line>
  readonly format: (value: number) => string
  readonly scale: Scales.Kind
  /** The last minute still grows: its part is drawn apart. */
  readonly isGrowing?: boolean
  /** The minute that is looked at, in all charts at once. */
  readonly at: number | null
  readonly onAt: (at: number | null) => void
}

const Axes = ({
  shown: { times, scale, format },
  x,
  y,
  width
}: {
  readonly shown: Shown
  readonly x: Scales.Scale
  readonly y: Scales.Scale
  readonly width: number
}) => {
  const { minute } = useFormats()
  const step = width < 420 ? 20 : 10
  return (
    <g>
      {Scales.ticks(scale, y).map((tick) => (
        <g key={tick}>
          <line className={css["grid"]} x1={margin.left} x2={width - margin.right} y1={y(tick)} y2={y(tick)} />
          <text className={css["axis"]} x={margin.left - 6} y={y(tick)} dy="0.32em" textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      {times.map((time, at) =>
        new Date(time).getMinutes() % step === 0 && x(at) < width - margin.right - 14 ? (
          <text key={time} className={css["axis"]} x={x(at)} y={height - 5} textAnchor="middle">
            {minute(time)}
          </text>
        ) : null
      )}
    </g>
  )
}

const Drawn = ({ shown, x, y }: { readonly shown: Shown; readonly x: Scales.Scale; readonly y: Scales.Scale }) => {
  const last = shown.times.length - 1
  const draw = line<readonly [number, number]>(
    ([at]) => x(at),
    ([, value]) => y(value)
  )
  return shown.lines.map(({ name, values, index }) => {
    const settled = shown.isGrowing ? values.slice(0, last) : values
    const running = shown.isGrowing ? values[last] : null
    return (
      <g key={name}>
        {runs(settled).map((run) =>
          run.length === 1 ? (
            <circle
              key={run[0]}
              cx={x(run[0] ?? 0)}
              cy={y(settled[run[0] ?? 0] ?? 0)}
              r={2.5}
              fill={strokeOf(index).stroke}
            />
          ) : (
            <path
              key={run[0]}
              className={css["line"]}
              d={draw(run.map((at) => [at, settled[at] ?? 0])) ?? ""}
              {...strokeOf(index)}
            />
          )
        )}
        {running === null || running === undefined ? null : (
          <circle
            cx={x(last)}
            cy={y(running)}
            r={3}
            fill="var(--surface)"
            strokeWidth={1.75}
            stroke={strokeOf(index).stroke}
          />
        )}
      </g>
    )
  })
}

/** What a minute says, for the tooltip and for who listens. */
const useMinute = (shown: Shown) => {
  const text = useWords(texts)
  const { minute } = useFormats()
  return (at: number) => {
    const rows = shown.lines.map(({ name, index, values }) => {
      const value = values[at]
      return { name, index, said: value === null || value === undefined ? text.noData : shown.format(value) }
    })
    const time = minute(shown.times[at] ?? "")
    return { time, rows, said: `${time}: ${rows.map(({ name, said }) => `${name} ${said}`).join(", ")}` }
  }
}

const Tip = ({ shown, x, width }: { readonly shown: Shown; readonly x: Scales.Scale; readonly width: number }) => {
  const read = useMinute(shown)
  if (shown.at === null) return null
  const { time, rows } = read(shown.at)
  const left = x(shown.at)
  const side = left > width / 2 ? { right: width - left + 10 } : { left: left + 10 }
  return (
    <div className={css["tip"]} style={side} aria-hidden>
      <p>{time}</p>
      <ul>
        {rows.map(({ name, index, said }) => (
          <li key={name}>
            <Swatch index={index} />
            <span>{name}</span>
            <b>{said}</b>
          </li>
        ))}
      </ul>
    </div>
  )
}

const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageUp: 10,
  PageDown: -10
}

const Plot = ({ shown }: { readonly shown: Shown }) => {
  const text = useWords(texts)
  const { ref, width } = useElementSize()
  const [isHere, setHere] = useState(false)
  const last = shown.times.length - 1
  const x = scaleLinear([0, last], [margin.left, Math.max(width - margin.right, margin.left + 1)])
  const values = shown.lines.flatMap((one) => one.values.filter((value) => value !== null))
  const y = Scales.make(shown.scale, values, [height - margin.bottom, margin.top])
  const read = useMinute(shown)
  const bounded = (at: number) => Math.min(last, Math.max(0, Math.round(at)))
  const point = (event: PointerEvent) => {
    setHere(true)
    shown.onAt(bounded(x.invert(event.clientX - event.currentTarget.getBoundingClientRect().left)))
  }
  const leave = () => {
    setHere(false)
    shown.onAt(null)
  }
  const press = (event: KeyboardEvent) => {
    const from = shown.at ?? last
    if (event.key === "Escape") return leave()
    const to = event.key === "Home" ? 0 : event.key === "End" ? last : from + (steps[event.key] ?? Number.NaN)
    if (Number.isNaN(to)) return
    event.preventDefault()
    setHere(true)
    shown.onAt(bounded(to))
  }
  return (
    <div
      ref={ref}
      className={css["plot"]}
      role="slider"
      tabIndex={0}
      aria-label={`${shown.title} (${text.chartKeys})`}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={shown.at ?? last}
      aria-valuetext={read(shown.at ?? last).said}
      onPointerMove={point}
      onPointerDown={point}
      onPointerLeave={leave}
      onFocus={(event) => {
        if (!event.currentTarget.matches(":focus-visible")) return
        setHere(true)
        shown.onAt(shown.at ?? last)
      }}
      onBlur={leave}
      onKeyDown={press}
    >
      {width === 0 ? null : (
        <svg className={css["drawing"]} width={width} height={height} aria-hidden>
          <Axes shown={shown} x={x} y={y} width={width} />
          {shown.at === null ? null : (
            <line
              className={css["rule"]}
              x1={x(shown.at)}
              x2={x(shown.at)}
              y1={margin.top}
              y2={height - margin.bottom}
            />
          )}
          <Drawn shown={shown} x={x} y={y} />
        </svg>
      )}
      {values.length === 0 ? <p className={css["nothing"]}>{text.noneYet}</p> : null}
      {isHere ? <Tip shown={shown} x={x} width={width} /> : null}
    </div>
  )
}

const Values = ({ shown }: { readonly shown: Shown }) => {
  const text = useWords(texts)
  const { minute } = useFormats()
  const newestFirst = shown.times.map((time, at) => ({ time, at })).reverse()
  return (
    <div className={css["values"]}>
      <Table
        caption={shown.title}
        columns={[{ label: text.minute }, ...shown.lines.map(({ name }) => ({ label: name, align: "end" as const }))]}
      >
        {newestFirst.map(({ time, at }) => (
          <tr key={time}>
            <Cell head>{minute(time)}</Cell>
            {shown.lines.map(({ name, values }) => (
              <Cell key={name} align="end">
                {typeof values[at] === "number" ? shown.format(values[at]) : "–"}
              </Cell>
            ))}
          </tr>
        ))}
      </Table>
    </div>
  )
}

/** Lines over the last hour, with a tooltip by pointer and by arrow keys, and all values as a table. */
export const Chart = ({ shown }: { readonly shown: Shown }) => {
  const text = useWords(texts)
  const [isOpen, setOpen] = useState(false)
  return (
    <Card title={shown.title} {...(shown.actions === undefined ? {} : { actions: shown.actions })}>
      <p className={css["told"]}>{shown.told}</p>
      <Plot shown={shown} />
      <details className={css["details"]} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{text.asTable}</summary>
        {isOpen ? <Values shown={shown} /> : null}
      </details>
    </Card>
  )
}
