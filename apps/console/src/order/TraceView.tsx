import type { CSSProperties } from "react"
import { Card } from "../parts/Card.tsx"
import { Moment } from "../parts/Moment.tsx"
import { useFormats } from "../words/Formats.ts"
import { order as texts } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import css from "./Order.module.css"
import * as Trace from "./Trace.ts"
import { useCauses } from "./useCauses.ts"
import type { Detail } from "./useOrder.ts"

/** Milliseconds as people say them: 42 ms, 1.2 s. */
const millisText = (millis: number): string =>
  millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`

const Bar = ({
  span,
  burst,
  payOrderNo
}: {
  readonly span: Trace.Span
  readonly burst: Trace.Burst
  readonly payOrderNo: string
}) => {
  const t = useWords(texts)
  const { cause, source } = useCauses()
  const { left, width } = Trace.placed(span, burst)
  const millis = span.endMillis - span.startMillis
  const isCall = (span.lane === "vendor" || span.lane === "notification") && !span.word.includes(":")
  const word =
    span.lane === "delivery" ? span.word : isCall ? source(span.word) : cause(span.word, span.number !== payOrderNo)
  const place: CSSProperties = { marginInlineStart: `${left}%`, width: millis === 0 ? 4 : `${width}%` }
  return (
    <li className={css["span"]}>
      <span className={css["spanName"]}>
        <span className={css["lane"]} data-lane={span.lane}>
          {t[`lane_${span.lane}`]}
        </span>{" "}
        <span className={css["spanWord"]} title={span.word}>
          {word}
        </span>
        {span.status === null ? null : <span className={span.isFault ? css["bad"] : "muted"}> {span.status}</span>}
      </span>
      <span className={css["track"]} aria-hidden="true">
        <span className={css["bar"]} data-lane={span.lane} data-fault={span.isFault || undefined} style={place} />
      </span>
      <span className={`${css["spanTime"]} muted figures`}>
        {t.after(millisText(span.startMillis - burst.startMillis))}
        {millis === 0 ? "" : ` · ${millisText(millis)}`}
      </span>
    </li>
  )
}

/** When what happened: requests, calls to the vendor, notifications, deliveries, as bars over time. */
export const TraceView = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const { duration } = useFormats()
  const bursts = Trace.bursts(detail)
  return (
    <Card title={t.trace}>
      {bursts.length === 0 ? <p className="muted">{t.noTrace}</p> : null}
      {bursts.map((burst) => (
        <div key={burst.startMillis} className={css["burst"]}>
          <p className={css["burstHead"]}>
            <Moment at={new Date(burst.startMillis).toISOString()} as="full" />
            {burst.restMillis === null ? null : (
              <span className="muted"> · {t.later(duration(burst.restMillis / 1000))}</span>
            )}
          </p>
          <ol className={css["spans"]}>
            {burst.spans.map((span) => (
              <Bar key={span.id} span={span} burst={burst} payOrderNo={detail.order.payOrderNo} />
            ))}
          </ol>
        </div>
      ))}
    </Card>
  )
}
