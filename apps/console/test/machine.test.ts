import { Diagram } from "@payment-proxy/domain"
import { describe, expect, it } from "vitest"
import { graphOf } from "../scripts/machines.ts"
import * as graphs from "../src/machine/graphs.ts"
import * as Layout from "../src/machine/Layout.ts"
import * as Way from "../src/machine/Way.ts"

const machines = [
  ["payment", graphs.payment, Diagram.payment, [Layout.paymentWide, Layout.paymentTall]],
  ["refund", graphs.refund, Diagram.refund, [Layout.refundWide, Layout.refundTall]]
] as const

describe.each(machines)("The drawing of the %s machine", (_name, graph, domain, layouts) => {
  it("is of the domain as it is now: `pnpm machines` in apps/console writes it anew", () => {
    expect(graph).toEqual(graphOf(domain))
  })

  it("has a place for every state, and for no other", () => {
    for (const layout of layouts) expect(Object.keys(layout.at).toSorted()).toEqual([...domain.states].toSorted())
  })

  it("draws every move that the domain's tables have", () => {
    const moves = new Set<string>()
    for (const from of domain.states) {
      for (const [name, to] of Object.entries(domain.commands))
        if (to[from] !== undefined && name !== "resolve") moves.add(Way.keyOf(from, to[from]))
      for (const cell of Object.values(domain.table[from] ?? {})) {
        if ("to" in cell) moves.add(Way.keyOf(from, cell.to))
        if ("late" in cell && cell.late === true) moves.add(Way.keyOf(from, "LATE_PAID"))
      }
    }
    for (const layout of layouts)
      expect([...Layout.routes(layout, graph).keys()].toSorted()).toEqual([...moves].toSorted())
  })

  it("keeps its boxes apart and within the picture", () => {
    for (const { at, box, width, height } of layouts) {
      const places = Object.entries(at)
      for (const [state, { x, y }] of places) {
        expect(x - box.width / 2, state).toBeGreaterThanOrEqual(2)
        expect(y - box.height / 2, state).toBeGreaterThanOrEqual(2)
        expect(x + box.width / 2, state).toBeLessThanOrEqual(width - 2)
        expect(y + box.height / 2, state).toBeLessThanOrEqual(height - 2)
        for (const [other, there] of places)
          if (other !== state)
            expect(
              Math.abs(x - there.x) >= box.width + 8 || Math.abs(y - there.y) >= box.height + 8,
              `${state} and ${other}`
            ).toBe(true)
      }
    }
  })
})

describe("The way of an order", () => {
  const row = (status: string, cause: string) => ({ status, cause, at: "2026-11-23T08:01:31.008Z" })

  it("begins in CREATED and numbers every change of state", () => {
    const steps = Way.stepsOf(graphs.payment, [
      row("SUBMITTING", "submit"),
      row("PENDING", "create:open"),
      row("PENDING", "query:open"),
      row("SUCCEEDED", "notification:paid")
    ])
    expect(steps.map(({ number, from, to }) => [number, from, to])).toEqual([
      [1, "CREATED", "SUBMITTING"],
      [2, "SUBMITTING", "PENDING"],
      [3, "PENDING", "SUCCEEDED"]
    ])
  })

  it("counts the loops that ask for money as steps", () => {
    const steps = Way.stepsOf(graphs.payment, [row("SUCCEEDED", "query:paid"), row("SUCCEEDED", "refund")])
    expect(Way.taken(steps).get("SUCCEEDED>SUCCEEDED")).toEqual([2])
  })

  it("has one arrow with two numbers where it was taken twice", () => {
    const rows = ["CLOSED", "CLOSING", "CLOSED", "CLOSING"].map((state) => row(state, "close"))
    expect(Way.taken(Way.stepsOf(graphs.payment, rows)).get("CLOSED>CLOSING")).toEqual([2, 4])
  })

  it("draws a move that only a person opens", () => {
    const taken = Way.taken(Way.stepsOf(graphs.payment, [row("HELD", "notification:paid"), row("CLOSED", "resolve")]))
    expect([...taken.keys()]).toEqual(["CREATED>HELD", "HELD>CLOSED"])
    expect(Layout.route(Layout.paymentWide, "HELD", "CLOSED", false).path).toMatch(/^M/)
  })

  it("leaves what an order cannot come to any more unreachable", () => {
    expect([...Way.reachable(graphs.payment, "REFUNDED")]).toEqual(["HELD"])
    expect(Way.reachable(graphs.payment, "PENDING").has("SUBMITTING")).toBe(false)
  })
})
