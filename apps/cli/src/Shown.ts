import type { Failed } from "./Failed.ts"

/** What a command has to show: as one JSON document for programs, and as text for people. */
export interface Shown {
  readonly json: unknown
  readonly text: string
  /** What the command ends with after it has shown this: an audit that found something. */
  readonly fault?: Failed | undefined
}

type Cell = string | number | boolean | null

/** How wide a text stands on a terminal: East Asian letters take two places. */
const widthOf = (text: string): number =>
  [...text].reduce(
    (width, letter) =>
      width +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(letter)
        ? 2
        : 1),
    0
  )

/** Nothing that a terminal would take for a command. */
const plain = (cell: Cell | undefined): string =>
  cell === null || cell === undefined ? "–" : String(cell).replaceAll(/\p{Cc}/gu, " ")

/** Rows under headings, in columns as wide as they need. */
export const table = (headings: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Cell>>): string => {
  const cells = [headings, ...rows.map((row) => headings.map((_, index) => plain(row[index])))]
  const widths = headings.map((_, index) => Math.max(...cells.map((row) => widthOf(row[index] ?? ""))))
  const line = (row: ReadonlyArray<string>): string =>
    row
      .map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd()
  return cells.map(line).join("\n")
}

/** Names and values, one a line. */
export const fields = (values: Readonly<Record<string, Cell>>): string => {
  const width = Math.max(...Object.keys(values).map(widthOf))
  return Object.entries(values)
    .map(([name, value]) => `${name}${" ".repeat(width - widthOf(name))}  ${plain(value)}`)
    .join("\n")
}

/** A list as JSON and as a table; what to say where there is nothing. */
export const list = <A>(
  items: ReadonlyArray<A>,
  headings: ReadonlyArray<string>,
  row: (item: A) => ReadonlyArray<Cell>,
  nothing: string
): Shown => ({ json: items, text: items.length === 0 ? nothing : table(headings, items.map(row)) })
