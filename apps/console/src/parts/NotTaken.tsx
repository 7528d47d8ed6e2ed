import { useFormats } from "../words/Formats.ts"
import { parts as texts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import { Badge } from "./Badge.tsx"
import { Foreign } from "./Foreign.tsx"
import css from "./parts.module.css"
import type { Standing } from "./Standing.ts"

/** So much of an endpoint's answer is shown before somebody asks for the rest, in characters. */
const saidShown = 100

/** What an endpoint answered that takes nothing, and when it was and is tried. */
export const NotTaken = ({
  failure: { at, status, said },
  againAt,
  nowMillis
}: Extract<Standing, { is: "failing" }> & { readonly nowMillis: number }) => {
  const text = useWords(texts)
  const { ago, minute } = useFormats()
  const times = [
    ...(at === null ? [] : [text.lastTried(ago(at, nowMillis))]),
    ...(againAt === null ? [] : [text.nextTry(minute(againAt))])
  ]
  return (
    <div>
      <Badge tone="bad">{status === null ? text.notTaken : text.notTakenWith(`HTTP ${status}`)}</Badge>
      <div className={css["failure"]}>
        <Foreign text={said} shownFirst={saidShown} />
        {times.length === 0 ? null : <span>{times.join(" · ")}</span>}
      </div>
    </div>
  )
}
