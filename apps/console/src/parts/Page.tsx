import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect } from "react"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import css from "./parts.module.css"

/** A page: its heading (and the browser's title), where it is, what can be done with it as a whole. */
export const Page = ({
  title,
  heading,
  lead,
  crumbs = [],
  mark,
  actions,
  children
}: {
  readonly title: string
  /** Shown in place of `title` where the heading is more than a text. */
  readonly heading?: ReactNode
  readonly lead?: ReactNode
  /** The pages above this one, from the top: their labels and addresses below /console. */
  readonly crumbs?: ReadonlyArray<{ readonly label: string; readonly to: string }>
  /** Beside the heading: a state, whether it is live. */
  readonly mark?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}) => {
  const text = useWords(parts)
  useEffect(() => {
    document.title = `${title} · Payment Proxy`
  }, [title])
  return (
    <div className={css["page"]}>
      <div className={css["head"]}>
        {crumbs.length === 0 ? null : (
          <nav aria-label={text.crumbs} className={css["crumbs"]}>
            <ol>
              {crumbs.map(({ label, to }) => (
                <li key={to}>
                  <Link to={to as never} className="link">
                    {label}
                  </Link>
                </li>
              ))}
              <li aria-current="page" className="muted">
                {title}
              </li>
            </ol>
          </nav>
        )}
        <div className={css["titles"]}>
          <h1 className={css["title"]} tabIndex={-1}>
            {heading ?? title}
          </h1>
          {mark}
        </div>
        {actions === undefined ? null : <div className={css["actions"]}>{actions}</div>}
        {lead === undefined ? null : <p className={css["lead"]}>{lead}</p>}
      </div>
      {children}
    </div>
  )
}
