import { Copy, Mono } from "../parts/Mono.tsx"
import { order as texts } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import css from "./Order.module.css"
import * as Raw from "./Raw.ts"
import type { Detail } from "./useOrder.ts"

/** A raw text in a box of its own: as text, never as anything else. */
export const RawText = ({ text, label }: { readonly text: string; readonly label: string }) => (
  <div className={css["raw"]}>
    <section aria-label={label} className={css["rawBox"]}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <pre tabIndex={0} dir="ltr" translate="no">
        {Raw.pretty(text)}
      </pre>
    </section>
    <span className={css["rawCopy"]}>
      <Copy value={text} label={label} />
    </span>
  </div>
)

/** What a vendor said, to be unfolded. */
export const Evidence = ({ answer }: { readonly answer: Detail["answers"][number] }) => {
  const t = useWords(texts)
  const millis = `${answer.millis ?? 0} ms`
  const title = answer.call === "notification" ? t.pushed : t.evidenceOf(answer.call)
  const how =
    answer.call === "notification" || answer.millis === null
      ? null
      : answer.status === null
        ? t.noAnswer(millis)
        : t.answered(answer.status, millis)
  return (
    <details className={css["evidence"]}>
      <summary>
        {title}
        {how === null ? null : <span className="muted figures"> · {how}</span>}
      </summary>
      <RawText text={answer.raw} label={title} />
      <p className={`${css["small"]} muted`}>
        {t.raw}
        {answer.traceId === null ? null : (
          <>
            {" · "}
            {t.traceId} <Mono value={answer.traceId} />
          </>
        )}
      </p>
    </details>
  )
}
