import { day as texts } from "../words/days.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import type { Day } from "./Day.ts"
import css from "./days.module.css"

/** How many differences of each kind are open. */
export const OpenKinds = ({ day: { differences } }: { readonly day: Day }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const open = differences.filter((one) => one.status === "open" && one.count > 0)
  if (open.length === 0) return <span className="muted">–</span>
  return (
    <span className={css["kinds"]}>
      {open.map((one) => (
        <span key={one.kind}>
          {text[one.kind]} <strong className="figures">{count(one.count)}</strong>
        </span>
      ))}
    </span>
  )
}
