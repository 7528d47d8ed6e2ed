import type { Cell } from "./Machine.ts"
import { states } from "./Payment.ts"
import * as PaymentCommands from "./PaymentCommands.ts"
import * as PaymentTable from "./PaymentTable.ts"
import * as RefundMachine from "./RefundMachine.ts"

/** One arrow of a machine's picture: a command or a kind of evidence that leads from one state to another. */
export interface Arrow {
  readonly from: string
  readonly to: string
  readonly label: string
}

interface Machine {
  readonly title: string
  readonly states: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
  readonly commands: { readonly [command: string]: { readonly [from: string]: string } }
  readonly table: { readonly [state: string]: { readonly [column: string]: Cell<string> | { readonly act: "resend" } } }
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

const mark = (cell: Cell<string> | { readonly act: "resend" }): string => {
  if (cell.act === "contradict") return " ‡"
  if (!("fresh" in cell) || cell.fresh !== true) return ""
  if (!("deadline" in cell)) return "†"
  return cell.deadline === "after" ? "† past the deadline" : "† before the deadline"
}

/** Every arrow of a machine, in the order of its table: arrows that differ only by their label are one. */
export const arrows = (machine: Machine): ReadonlyArray<Arrow> => {
  const labels = new Map<string, { from: string; to: string; labels: Array<string> }>()
  const add = (from: string, to: string, label: string) => {
    const key = `${from} ${to}`
    const known = labels.get(key)
    if (known === undefined) labels.set(key, { from, to, labels: [label] })
    else known.labels.push(label)
  }
  for (const from of machine.states) {
    for (const [name, moves] of Object.entries(machine.commands)) {
      const target = moves[from]
      if (target !== undefined && target !== from) add(from, target, `${name}()`)
    }
    for (const column of machine.columns) {
      const cell = machine.table[from]?.[column]
      if (cell !== undefined && "to" in cell) add(from, cell.to, `${column}${mark(cell)}`)
      if (cell !== undefined && "late" in cell && cell.late === true) add(from, "LATE_PAID", `${column} if told dead`)
    }
  }
  return [...labels.values()].map(({ from, to, labels }) => ({ from, to, label: labels.join(", ") }))
}

/** The machine as a Mermaid `stateDiagram-v2`. */
export const mermaid = (machine: Machine): string =>
  ["stateDiagram-v2", "  [*] --> CREATED", ...arrows(machine).map((a) => `  ${a.from} --> ${a.to}: ${a.label}`)].join(
    "\n"
  )

/** The machine as a PlantUML state diagram. */
export const plantUml = (machine: Machine): string =>
  [
    "@startuml",
    `title ${machine.title}`,
    "hide empty description",
    "[*] --> CREATED",
    ...arrows(machine).map((a) => `${a.from} --> ${a.to} : ${a.label}`),
    "@enduml"
  ].join("\n")

const cellText = (cell: Cell<string> | { readonly act: "resend" } | undefined): string => {
  if (cell === undefined || cell.act === "stay") return ""
  if (cell.act === "ask") return "asked again"
  if (cell.act === "resend") return `sent again${mark(cell)}`
  return `${cell.to}${mark(cell)}${"late" in cell && cell.late === true ? " ³" : ""}`
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

/** The whole of `docs/machines.md`. */
export const document = (): string =>
  [
    "# The machines",
    "",
    "Made from the tables in `packages/domain`; a test keeps this page equal to them (`pnpm docs:machines` writes it anew).",
    "A blank stays. † by fresh evidence only: late evidence there makes a query due. ‡ kept as a contradiction, and held when a",
    "fresh answer of the same kind repeats it after the vendor's settling time. ³ LATE_PAID instead, if the app was told FAILED or CLOSED.",
    "Evidence whose amount, currency or merchant is not the order's leads to HELD from anywhere.",
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
