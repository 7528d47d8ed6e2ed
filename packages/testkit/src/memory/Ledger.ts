import { DataKeys, type Found, Histories, type Sealing, Sealings } from "@payment-proxy/ports"
import { Effect } from "effect"
import { keyOf, type Tables } from "./Tables.ts"

const byRow = (a: Sealing, b: Sealing): number => (keyOf(...a.row) < keyOf(...b.row) ? -1 : 1)

const foundIn = (tables: Tables): ReadonlyArray<Found> => [
  ...[...tables.orders.values()].map(({ placed: { payment }, history }) => {
    const { payOrderNo, state, version, head } = payment
    return { payOrderNo, row: { state, version, head, isRefund: false }, entries: history }
  }),
  ...[...tables.refunds.values()].map(({ placed: { refund }, history }) => {
    const { refundNo, state, version, head } = refund
    return { payOrderNo: refundNo, row: { state, version, head, isRefund: true }, entries: history }
  })
]

/** `Histories` over the tables. */
export const histories = (tables: Tables): Histories["Type"] =>
  Histories.of({
    page: (after, limit) =>
      Effect.sync(() =>
        foundIn(tables)
          .filter(({ payOrderNo }) => after === null || payOrderNo > after)
          .sort((a, b) => (a.payOrderNo < b.payOrderNo ? -1 : 1))
          .slice(0, limit)
      )
  })

const sealingsIn = (tables: Tables): ReadonlyArray<Sealing> => [
  ...[...tables.orders].flatMap(([no, { sealedRequest }]) =>
    sealedRequest === null ? [] : [{ column: "requests" as const, row: [no], sealed: sealedRequest }]
  ),
  ...[...tables.tokens.values()].flatMap(({ vendor, client, sealed }) =>
    sealed === null ? [] : [{ column: "tokens" as const, row: [vendor, client], sealed }]
  ),
  ...[...tables.dataKeys].map(([name, sealed]) => ({ column: "dataKeys" as const, row: [name], sealed }))
]

const write = (tables: Tables, { column, row }: Sealing, sealed: string): void => {
  const [first = ""] = row
  const order = tables.orders.get(first)
  const token = tables.tokens.get(keyOf(...row))
  if (column === "requests" && order !== undefined) tables.orders.set(first, { ...order, sealedRequest: sealed })
  if (column === "tokens" && token !== undefined) tables.tokens.set(keyOf(...row), { ...token, sealed })
  if (column === "dataKeys") tables.dataKeys.set(first, sealed)
}

/** `Sealings` over the tables. */
export const sealings = (tables: Tables): Sealings["Type"] =>
  Sealings.of({
    page: (column, after, limit) =>
      Effect.sync(() =>
        sealingsIn(tables)
          .filter((sealing) => sealing.column === column && (after === null || byRow(sealing, after) > 0))
          .filter((sealing) => after === null || keyOf(...sealing.row) !== keyOf(...after.row))
          .sort(byRow)
          .slice(0, limit)
      ),
    replace: (changes) =>
      Effect.sync(() => {
        const now = new Map(
          sealingsIn(tables).map((sealing) => [keyOf(sealing.column, ...sealing.row), sealing.sealed])
        )
        const fitting = changes.filter(({ was }) => now.get(keyOf(was.column, ...was.row)) === was.sealed)
        for (const { was, sealed } of fitting) write(tables, was, sealed)
        return fitting.length
      })
  })

/** `DataKeys` over the tables. */
export const dataKeys = (tables: Tables): DataKeys["Type"] =>
  DataKeys.of({
    getOrPut: (name, sealed) =>
      Effect.sync(() => {
        const kept = tables.dataKeys.get(name) ?? sealed
        tables.dataKeys.set(name, kept)
        return kept
      })
  })
