import type { ReactNode } from "react"
import css from "./parts.module.css"

/** That there is nothing, why, and what to do. */
export const Empty = ({
  title,
  icon,
  children
}: {
  readonly title: string
  readonly icon?: ReactNode
  readonly children?: ReactNode
}) => (
  <div className={css["empty"]}>
    {icon === undefined ? null : <span aria-hidden>{icon}</span>}
    <p className={css["emptyTitle"]}>{title}</p>
    {children === undefined ? null : <div className={css["emptyText"]}>{children}</div>}
  </div>
)
