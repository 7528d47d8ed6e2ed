import { type ReactNode, useId } from "react"
import css from "./parts.module.css"

/** A part of a page with a heading of its own. */
export const Card = ({
  title,
  isNamed = true,
  actions,
  flush = false,
  children
}: {
  readonly title: ReactNode
  /** Whether the title is seen; where it is the page's own, it is only for who cannot see where it stands. */
  readonly isNamed?: boolean
  readonly actions?: ReactNode
  /** What is inside reaches the card's edges: tables. */
  readonly flush?: boolean
  readonly children: ReactNode
}) => {
  const id = useId()
  return (
    <section className={css["card"]} aria-labelledby={id}>
      <div className={isNamed ? css["cardHead"] : "visually-hidden"}>
        <h2 id={id} className={css["cardTitle"]}>
          {title}
        </h2>
        {actions === undefined ? null : <div className={css["actions"]}>{actions}</div>}
      </div>
      <div className={flush ? css["flush"] : css["cardBody"]}>{children}</div>
    </section>
  )
}
