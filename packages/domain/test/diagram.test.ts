import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Diagram } from "@payment-proxy/domain"
import { describe, expect, it } from "vitest"
import * as paymentPage from "./paymentPage.ts"
import * as refundPage from "./refundPage.ts"

const page = new URL("../../../docs/machines.md", import.meta.url)

/** What the page promises as arrows: from, to and the kind of evidence; told dead, LATE_PAID beside it. */
const moving = (written: ReadonlyArray<{ readonly state: string; readonly column: string; readonly text: string }>) =>
  written.flatMap(({ state, column, text }) => {
    const to = text.replace(/[†‡²³<>↻]/g, "")
    if (to === "") return []
    return text.includes("³")
      ? [[state, to, column] as const, [state, "LATE_PAID", column] as const]
      : [[state, to, column] as const]
  })

const machines = [
  { machine: Diagram.payment, moves: moving(paymentPage.written) },
  { machine: Diagram.refund, moves: moving(refundPage.written) }
]
const notations = [
  { notation: "Mermaid", draw: Diagram.mermaid, arrow: /^ {2}(\S+) --> (\S+): (.+)$/ },
  { notation: "PlantUML", draw: Diagram.plantUml, arrow: /^(\S+) --> (\S+) : (.+)$/ }
]
const drawings = machines.flatMap((m) => notations.map((n) => ({ ...m, ...n, title: m.machine.title })))
const lines = (text: string, arrow: RegExp) =>
  text.split("\n").flatMap((line) => {
    const [, from, to, label] = arrow.exec(line) ?? []
    return from === undefined || to === undefined || label === undefined ? [] : [{ from, to, label }]
  })

describe("docs/machines.md", () => {
  it("is what the tables say, byte for byte", () => {
    expect(readFileSync(page, "utf8")).toBe(Diagram.document())
  })

  it("is written by the script that it names", () => {
    const scripts = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).scripts
    expect(scripts["docs:machines"]).toBe("node --conditions=source scripts/machines.ts")
    const folder = mkdtempSync(join(tmpdir(), "machines-"))
    try {
      const script = new URL("../scripts/machines.ts", import.meta.url).pathname
      const written = join(folder, "docs", "machines.md")
      execFileSync(process.execPath, ["--conditions=source", script, written])
      expect(readFileSync(written, "utf8")).toBe(readFileSync(page, "utf8"))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("has a row for each state and a column for each kind of evidence", () => {
    for (const { machine } of machines) {
      const rows = Diagram.evidenceTable(machine).split("\n")
      expect(rows).toHaveLength(machine.states.length + 2)
      for (const row of rows) expect(row.split(" | ").length).toBeGreaterThanOrEqual(machine.columns.length)
    }
  })
})

describe.each(drawings)("the $title machine in $notation", ({ machine, moves, draw, arrow }) => {
  const drawn = lines(draw(machine), arrow)

  it("shows every state, and arrows between states alone", () => {
    for (const state of machine.states) expect(drawn.some(({ from, to }) => from === state || to === state)).toBe(true)
    for (const { from, to } of drawn) expect([...machine.states, "[*]"]).toEqual(expect.arrayContaining([from, to]))
  })

  it.each(moves)("shows %s to %s by %s", (from, to, column) => {
    const label = drawn.find((line) => line.from === from && line.to === to)?.label ?? ""
    expect(label.split(/[, ]+/)).toContain(column)
  })

  it("shows every command where it is open", () => {
    for (const [name, targets] of Object.entries(machine.commands))
      for (const [from, to] of Object.entries(targets))
        if (name === "resolve") expect(draw(machine)).toContain("note right of HELD")
        else expect(drawn.find((line) => line.from === from && line.to === to)?.label).toContain(`${name}()`)
  })

  it("has one arrow for each pair of states, sorted by the states at its ends, whenever it is drawn", () => {
    const places = drawn.map(({ from, to }) => [machine.states.indexOf(from), machine.states.indexOf(to)] as const)
    const sorted = places.toSorted(([a, b], [c, d]) => a - c || b - d)
    expect(places).toEqual(sorted)
    expect(new Set(places.map(String)).size).toBe(places.length)
    expect(draw(machine)).toBe(draw(machine))
  })
})
