import { type ReactNode, useId } from "react"
import css from "./parts.module.css"

/** A part of a page with a heading of its own. */
export const Card = ({
  title,
  actions,
  flush = false,
  children
}: {
  readonly title: ReactNode
  readonly actions?: ReactNode
  /** What is inside reaches the card's edges: tables. */
  readonly flush?: boolean
  readonly children: ReactNode
}) => {
  const id = useId()
  return (
    <section className={css["card"]} aria-labelledby={id}>
      <div className={css["cardHead"]}>
        <h2 id={id} className={css["cardTitle"]}>
          {title}
        </h2>
        {actions === undefined ? null : <div className={css["actions"]}>{actions}</div>}
      </div>
      <div className={flush ? css["flush"] : css["cardBody"]}>{children}</div>
    </section>
  )
}
