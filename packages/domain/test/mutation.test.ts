import { Machine, Payment, PaymentTable, RefundMachine } from "@payment-proxy/domain"
import { describe, expect, it } from "vitest"
import * as paymentPage from "./paymentPage.ts"
import * as refundPage from "./refundPage.ts"

/** Every cell that a slip of the hand could write: each act, each target, each mark and each mark left out. */
const everyCell = <S extends string>(states: ReadonlyArray<S>): ReadonlyArray<Machine.Cell<S>> => [
  Machine.stay,
  Machine.ask,
  Machine.contradict as Machine.Cell<S>,
  ...states.flatMap(
    (state): ReadonlyArray<Machine.Cell<S>> => [
      Machine.to(state),
      Machine.paidTo(state),
      Machine.fresh(state),
      Machine.afterDeadline(state),
      Machine.beforeDeadline(state),
      { act: "move", to: state, deadline: "after" },
      { act: "move", to: state, fresh: true, late: true }
    ]
  )
]

const planted = <S extends string, C extends string, V>(
  table: { readonly [K in S]: { readonly [K2 in C]: V } },
  state: S,
  column: C,
  cell: V
) => ({ ...table, [state]: { ...table[state], [column]: cell } })

const paymentCells = everyCell(Object.keys(Payment.states) as ReadonlyArray<Payment.State>)
const refundCells: ReadonlyArray<refundPage.AnyCell> = [
  ...everyCell(Object.keys(RefundMachine.states) as ReadonlyArray<RefundMachine.State>),
  { act: "resend" },
  { act: "resend", fresh: true },
  { act: "resend", deadline: "after" },
  { act: "resend", fresh: true, deadline: "after" }
]

const isSame = (a: object, b: object): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

describe("a planted change of one cell of the payment's table", () => {
  const table: paymentPage.AnyTable = PaymentTable.table

  it.each(paymentPage.written)("is seen in $state × $column, whatever it is", ({ state, column }) => {
    const mutants = paymentCells.filter((cell) => !isSame(cell, table[state][column]))
    expect(mutants).toHaveLength(paymentCells.length - 1)
    for (const cell of mutants) {
      const seen = paymentPage.differences(planted(table, state, column, cell))
      expect(seen).toHaveLength(1)
      expect(seen[0]).toContain(`${state} × ${column}`)
    }
  })

  /** Cells that the machine does not read, or whose end the sums bring about, too: there only the comparison sees it. */
  const isUnread = ({ state, column, text }: paymentPage.Written) =>
    state === "HELD" || (column === "refundedAll" && text === "REFUNDED" && Payment.isSettled(state))

  it.each(paymentPage.written.filter((cell) => !isUnread(cell)))(
    "is seen by walking the machine through $state × $column",
    (cell) => {
      const row = PaymentTable.table[cell.state] as Record<PaymentTable.Column, Machine.Cell<Payment.State>>
      const real = row[cell.column]
      const target = cell.state === "CLOSED" ? "FAILED" : "CLOSED"
      const mutant = real.act === "stay" ? Machine.to(target) : Machine.stay
      try {
        row[cell.column] = mutant
        expect(paymentPage.failures(cell)).not.toEqual([])
        if ("fresh" in real && real.act === "move") {
          row[cell.column] = { act: "move", to: real.to }
          expect(paymentPage.failures(cell)).not.toEqual([])
        }
      } finally {
        row[cell.column] = real
      }
      expect(paymentPage.failures(cell)).toEqual([])
    }
  )

  it("a column that is missing or one too many is seen", () => {
    const { disputed: _, ...short } = table.PENDING
    expect(
      paymentPage.differences({ ...table, CREATED: { ...table.CREATED, more: Machine.stay } as never })
    ).toHaveLength(1)
    expect(() => paymentPage.differences({ ...table, PENDING: short as never })).toThrow()
  })
})

describe("a planted change of one cell of the refund's table", () => {
  const table: refundPage.AnyTable = RefundMachine.table

  it.each(refundPage.written)("is seen in $state × $column, whatever it is", ({ state, column }) => {
    const mutants = refundCells.filter((cell) => !isSame(cell, table[state][column]))
    expect(mutants).toHaveLength(refundCells.length - 1)
    for (const cell of mutants) {
      const seen = refundPage.differences(planted(table, state, column, cell))
      expect(seen).toHaveLength(1)
      expect(seen[0]).toContain(`${state} × ${column}`)
    }
  })

  it.each(refundPage.written)("is seen by walking the machine through $state × $column", (cell) => {
    const row = RefundMachine.table[cell.state] as Record<RefundMachine.Column, refundPage.AnyCell>
    const real = row[cell.column]
    const target = cell.state === "PENDING" ? "FAILED" : "PENDING"
    try {
      row[cell.column] = real.act === "stay" ? Machine.to(target) : Machine.stay
      expect(refundPage.failures(cell)).not.toEqual([])
    } finally {
      row[cell.column] = real
    }
    expect(refundPage.failures(cell)).toEqual([])
  })
})
