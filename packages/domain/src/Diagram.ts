import type { Cell } from "./Machine.ts"
import { states } from "./Payment.ts"
import * as PaymentCommands from "./PaymentCommands.ts"
import * as PaymentTable from "./PaymentTable.ts"
import * as RefundMachine from "./RefundMachine.ts"

/** One arrow of a machine's picture: the commands and the kinds of evidence that lead from one state to another. */
export interface Arrow {
  readonly from: string
  readonly to: string
  readonly label: string
}

type AnyCell = Cell<string> | { readonly act: "resend" }

interface Machine {
  readonly title: string
  readonly states: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
  readonly commands: { readonly [command: string]: { readonly [from: string]: string } }
  readonly table: { readonly [state: string]: { readonly [column: string]: AnyCell } }
}

/** The payment machine, as data. */
export const payment: Machine = {
  title: "Payment",
  states: Object.keys(states),
  columns: PaymentTable.columns,
  commands: PaymentCommands.commands,
  table: PaymentTable.table
}

/** The refund machine, as data. */
export const refund: Machine = {
  title: "Refund",
  states: Object.keys(RefundMachine.states),
  columns: RefundMachine.columns,
  commands: RefundMachine.commands,
  table: RefundMachine.table
}

const mark = (cell: AnyCell): string => {
  if (cell.act === "contradict") return " ‡"
  if (!("fresh" in cell) || cell.fresh !== true) return ""
  if (!("deadline" in cell)) return " †"
  return cell.deadline === "after" ? " † past the deadline" : " † before the deadline"
}

const isLate = (cell: AnyCell): boolean => "late" in cell && cell.late === true

/** What leads somewhere, under each of its marks: `notFound, open † past the deadline · closed †`. */
type Labels = Map<string, Array<string>>

const labelText = (labels: Labels): string =>
  [...labels].map(([suffix, names]) => `${names.join(", ")}${suffix}`).join(" · ")

/**
 * Every arrow of a machine, by the order of its states at both ends: what leads from one state to another is one arrow.
 * `resolve` is left out: it leads from HELD to the state that a person names.
 */
export const arrows = (machine: Machine): ReadonlyArray<Arrow> =>
  machine.states.flatMap((from) => {
    const targets = new Map<string, Labels>(machine.states.map((state) => [state, new Map()]))
    const add = (to: string, name: string, suffix: string) => {
      const labels = targets.get(to)
      labels?.set(suffix, [...(labels.get(suffix) ?? []), name])
    }
    for (const [name, moves] of Object.entries(machine.commands)) {
      const target = moves[from]
      if (target !== undefined && name !== "resolve") add(target, `${name}()`, "")
    }
    for (const column of machine.columns) {
      const cell = machine.table[from]?.[column]
      if (cell === undefined || !("to" in cell)) continue
      add(cell.to, column, mark(cell))
      if (isLate(cell)) add("LATE_PAID", column, " if told dead")
    }
    return [...targets].flatMap(([to, labels]) => (labels.size === 0 ? [] : [{ from, to, label: labelText(labels) }]))
  })

const resolveNote = "resolve() leads to the state that a person names"

/** The machine as a Mermaid `stateDiagram-v2`. */
export const mermaid = (machine: Machine): string =>
  [
    "stateDiagram-v2",
    "  [*] --> CREATED",
    ...arrows(machine).map((a) => `  ${a.from} --> ${a.to}: ${a.label}`),
    `  note right of HELD: ${resolveNote}`
  ].join("\n")

/** The machine as a PlantUML state diagram, with its legend. */
export const plantUml = (machine: Machine): string =>
  [
    "@startuml",
    `title ${machine.title}`,
    "hide empty description",
    "[*] --> CREATED",
    ...arrows(machine).map((a) => `${a.from} --> ${a.to} : ${a.label}`),
    `note right of HELD : ${resolveNote}`,
    "legend right",
    ...legend.map(([sign, meaning]) => `  ${sign} ${meaning}`),
    "endlegend",
    "@enduml"
  ].join("\n")

const legend = [
  ["name()", "a command of ours; every other word is evidence: what the vendor was seen to say"],
  ["†", "by fresh evidence only; late evidence there makes a query due now"],
  ["‡", "kept as a contradiction; a fresh answer of the same kind, asked for the settling time later, holds"],
  ["if told dead", "where the app was told FAILED or CLOSED (³ in the table: LATE_PAID instead)"]
] as const

const cellText = (cell: AnyCell | undefined): string => {
  if (cell === undefined || cell.act === "stay") return ""
  if (cell.act === "ask") return "asked again"
  if (cell.act === "resend") return `sent again${mark(cell)}`
  return `${cell.to}${mark(cell)}${isLate(cell) ? " ³" : ""}`
}

/** The evidence table as Markdown: a row for each state, a column for each kind of evidence. */
export const evidenceTable = (machine: Machine): string => {
  const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    row(["in", ...machine.columns]),
    row(["---", ...machine.columns.map(() => "---")]),
    ...machine.states.map((state) =>
      row([state, ...machine.columns.map((column) => cellText(machine.table[state]?.[column]))])
    )
  ].join("\n")
}

const refusals = Object.entries(RefundMachine.refusedTo)
  .map(([from, to]) => `${to} from ${from}`)
  .join(", ")

/** The whole of `docs/machines.md`. */
export const document = (): string =>
  [
    "# The machines",
    "",
    "Made from the tables in `packages/domain`; a test keeps this page equal to them (`pnpm docs:machines` writes it anew).",
    "",
    "In the tables a blank cell stays; in tables and pictures",
    "",
    ...legend.map(([sign, meaning]) => `- **${sign}**: ${meaning}.`),
    "",
    "Evidence whose amount, currency or merchant is not the order's leads to HELD from anywhere, at once.",
    "",
    `A refund in doubt that the vendor refused when it was sent again is not sent once more: where it is not to be found past the settling time after its last call, it is ${refusals}.`,
    ...[payment, refund].flatMap((machine) => [
      "",
      `## ${machine.title}`,
      "",
      evidenceTable(machine),
      "",
      "```mermaid",
      mermaid(machine),
      "```",
      "",
      "```plantuml",
      plantUml(machine),
      "```"
    ]),
    ""
  ].join("\n")
