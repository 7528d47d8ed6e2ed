import type { Row } from "./orderStories.ts"
import { scenario } from "./scenario.ts"

/** The orders that a search finds, newest first. */
export const matching = (
  rows: ReadonlyArray<Row>,
  query: Readonly<Record<string, string | undefined>>
): ReadonlyArray<Row> => {
  const is = (key: string, value: string | null) => query[key] === undefined || query[key] === value
  const amountOf = ({ amount }: Row) => Number(amount.value)
  return scenario().of === "empty"
    ? []
    : rows.filter(
        (row) =>
          (query["number"] === undefined ||
            [
              row.payOrderNo,
              row.businessNo,
              row.transactionNo,
              row.merchantOrderNo,
              `${row.payOrderNo.slice(0, 28)}R`
            ].includes(query["number"])) &&
          is("status", row.status) &&
          is("vendor", row.vendor) &&
          is("app", row.app) &&
          is("method", row.method) &&
          is("currency", row.amount.currency) &&
          Date.parse(row.createdAt) >= Date.parse(query["createdFrom"] ?? "1970-01-01T00:00Z") &&
          Date.parse(row.createdAt) <= Date.parse(query["createdTo"] ?? "9999-01-01T00:00Z") &&
          amountOf(row) >= Number(query["amountFrom"] ?? 0) &&
          amountOf(row) <= Number(query["amountTo"] ?? Number.POSITIVE_INFINITY)
      )
}

const csvOf = (row: Row): string =>
  [
    row.payOrderNo,
    row.status,
    row.vendor,
    row.app,
    row.businessNo ?? "",
    row.amount.value,
    row.amount.currency,
    row.createdAt
  ]
    .map((cell) => `"${cell.replaceAll('"', '""')}"`)
    .join(",")

/** A CSV of them, slowly, so that its progress can be seen. */
export async function* csv(found: ReadonlyArray<Row>) {
  yield "payOrderNo,status,vendor,app,businessNo,amount,currency,createdAt\r\n"
  for (let at = 0; at < found.length; at += 40) {
    yield found
      .slice(at, at + 40)
      .map((row) => `${csvOf(row)}\r\n`)
      .join("")
    await new Promise((go) => setTimeout(go, 120))
  }
}
