import type { ReactNode } from "react"
import { parts } from "../words/parts.ts"
import { useWords } from "../words/Words.ts"
import css from "./table.module.css"

/** A column's heading; numbers stand at the end. */
export type Column = { readonly label: string; readonly align?: "end"; readonly isHidden?: boolean }

/** A table in its own scroller; with `cards` each row is a card at phone width, where cells say their `label`. */
export const Table = ({
  caption,
  columns,
  cards = false,
  children
}: {
  /** What the table has, for who cannot see it. */
  readonly caption: string
  readonly columns: ReadonlyArray<Column>
  readonly cards?: boolean
  /** Rows of `Cell`s. */
  readonly children: ReactNode
}) => {
  const text = useWords(parts)
  return (
    <section className={css["scroller"]} aria-label={`${caption} (${text.scroll})`} tabIndex={cards ? undefined : 0}>
      <table className={cards ? `${css["table"]} ${css["cards"]}` : css["table"]}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ label, align, isHidden = false }) => (
              <th key={label} scope="col" data-align={align}>
                {isHidden ? <span className="visually-hidden">{label}</span> : label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}

/** A cell; `label` is its column's, shown where rows are cards (an empty one: none); `head` names the row. */
export const Cell = ({
  label,
  align,
  head = false,
  children
}: {
  readonly label?: string
  readonly align?: "end"
  readonly head?: boolean
  readonly children: ReactNode
}) =>
  head ? (
    <th scope="row" data-label={label} data-align={align}>
      {children}
    </th>
  ) : (
    <td data-label={label} data-align={align}>
      {children}
    </td>
  )
