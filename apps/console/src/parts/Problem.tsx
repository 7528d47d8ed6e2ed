import { Button } from "@mantine/core"
import { IconAlertTriangle } from "@tabler/icons-react"
import { Refused } from "../Admin.ts"
import { useFormats } from "../words/Formats.ts"
import { parts } from "../words/parts.ts"
import { titles } from "../words/problems.ts"
import { useLanguage, useWords } from "../words/Words.ts"
import css from "./parts.module.css"

/** What an error says in the language in force: a title, and what to do about it. */
export const useSaid = () => {
  const language = useLanguage()
  const text = useWords(parts)
  return (error: unknown): { readonly title: string | null; readonly detail: string; readonly code: string | null } => {
    if (!(error instanceof Refused)) return { title: null, detail: String(error), code: null }
    if (error.problem === null) return { title: null, detail: text.unreachable, code: error.code }
    const title = language === "zh" ? (titles[error.problem.code] ?? error.problem.title) : error.problem.title
    return { title, detail: error.problem.detail, code: error.code }
  }
}

/** What went wrong, why, and what can be done: tried again where `retry` is given. */
export const Problem = ({
  error,
  what,
  retry
}: {
  readonly error: unknown
  /** What could not be done. */
  readonly what?: string
  readonly retry?: () => void
}) => {
  const text = useWords(parts)
  const { duration } = useFormats()
  const { title, detail, code } = useSaid()(error)
  const faults = error instanceof Refused ? (error.problem?.errors ?? []) : []
  const after = error instanceof Refused ? error.retryAfterSeconds : null
  return (
    <div className={css["problem"]} role="alert">
      <IconAlertTriangle size={20} aria-hidden />
      <div className={css["problemBody"]}>
        <p className={css["problemTitle"]}>{[what, title].filter(Boolean).join(" · ") || text.wentWrong}</p>
        <p>{detail}</p>
        {faults.length === 0 ? null : (
          <ul className={css["faults"]}>
            {faults.map((fault) => (
              <li key={`${fault.pointer} ${fault.detail}`}>
                <code className="mono">{fault.pointer}</code> {fault.detail}
              </li>
            ))}
          </ul>
        )}
        {after === null ? null : <p>{text.retryAfter(duration(after))}</p>}
        {code === null ? null : (
          <p className="muted">
            {text.code} <code className="mono">{code}</code>
          </p>
        )}
        {retry === undefined ? null : (
          <Button size="xs" variant="default" onClick={retry}>
            {text.retry}
          </Button>
        )}
      </div>
    </div>
  )
}
