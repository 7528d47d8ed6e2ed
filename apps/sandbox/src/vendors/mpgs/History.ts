import type { ServerResponse } from "node:http"
import * as Serving from "../Serving.ts"
import type { Call, Reply } from "../Vendor.ts"
import { isAllowed } from "./Api.ts"
import type { Order, Transaction } from "./Book.ts"
import * as Fields from "./Fields.ts"
import type { Gateway } from "./Gateway.ts"
import * as Money from "./Money.ts"
import * as Views from "./Views.ts"
import { invalid, missing, refusal, rejected, wordsFor } from "./Words.ts"

/** What a report shows where the merchant does not say. */
const defaultColumns =
  "merchant,order.id,transaction.id,transaction.type,transaction.amount,transaction.currency,result,response.gatewayCode,timeOfRecord"
const maxColumns = 100

const at = (view: unknown, column: string): unknown =>
  column
    .split(".")
    .reduce<unknown>(
      (value, name) =>
        typeof value === "object" && value !== null && Object.hasOwn(value, name)
          ? (value as { readonly [name: string]: unknown })[name]
          : undefined,
      view
    )

/** A cell of a CSV file (RFC 4180). */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

interface Event {
  readonly order: Order
  /** The transaction as it was then. */
  readonly transaction: Transaction
  readonly atMillis: number
}

/** All that happened in a time: one event for each outcome of a transaction. */
const eventsOf = (gateway: Gateway, startMillis: number, endMillis: number): ReadonlyArray<Event> =>
  gateway.book
    .orders()
    .flatMap((order) =>
      order.transactions.flatMap((transaction, place) =>
        transaction.moments.map(({ atMillis }, index) => {
          const then = { ...transaction, moments: transaction.moments.slice(0, index + 1) }
          const transactions = order.transactions.with(place, then)
          return { order: { ...order, transactions }, transaction: then, atMillis }
        })
      )
    )
    .filter(({ atMillis }) => atMillis >= startMillis && atMillis < endMillis)
    .sort((one, other) => one.atMillis - other.atMillis)

const lineOf = (
  gateway: Gateway,
  { order, transaction, atMillis }: Event,
  columns: ReadonlyArray<string>,
  code?: string
) => {
  const view = Views.transaction(order, transaction, gateway.merchant.id)
  const shown = { ...view, timeOfRecord: new Date(atMillis).toISOString() }
  const cells = columns.map((column) => {
    if (code !== undefined && column === "response.gatewayCode") return code
    const value = at(shown, column)
    const { currency } = transaction
    if (typeof value === "number" && /amount$/i.test(column))
      return Money.text(Math.round(value * 10 ** Money.decimalsOf(currency)), currency)
    return value === undefined || typeof value === "object" ? "" : String(value)
  })
  return cells.map(quoted).join(",")
}

const timeIn = (query: URLSearchParams, name: string): number => {
  const text = query.get(name)
  if (text === null) return Fields.refuse(missing(name))
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text)
  const millis = isTime
    ? Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`)
    : Number.NaN
  return Number.isNaN(millis) ? Fields.refuse(invalid("A time of ISO 8601 is expected.", name, "INVALID")) : millis
}

const listIn = (text: string): ReadonlyArray<string> => text.split(",").map((name) => name.trim())

const report = (gateway: Gateway, { url }: Call, isStrange: boolean): Reply => {
  const query = url.searchParams
  const startMillis = timeIn(query, "timeOfRecord.start")
  const endMillis = timeIn(query, "timeOfRecord.end")
  if (endMillis <= startMillis)
    return Fields.refuse(invalid("The end is not after the start.", "timeOfRecord.end", "INVALID"))
  const columns = listIn(query.get("columns") ?? defaultColumns)
  if (columns.length > maxColumns || columns.some((column) => !/^[A-Za-z0-9.[\]]+$/.test(column)))
    return Fields.refuse(invalid("Names of fields with commas between them are expected.", "columns", "INVALID"))
  const named = query.get("columnHeaders")
  const headers = named === null ? columns : listIn(named)
  if (headers.length !== columns.length)
    return Fields.refuse(invalid("There are not as many headers as columns.", "columnHeaders", "INVALID"))
  const events = eventsOf(gateway, startMillis, endMillis)
  const lines = events.map((event) => lineOf(gateway, event, columns, isStrange ? "TELEPORTED" : undefined))
  const text = [headers.map(quoted).join(","), ...lines].map((line) => `${line}\r\n`).join("")
  const numbers = [...new Set(events.map(({ order }) => order.facts.id))]
  return { status: 200, headers: { "content-type": "text/csv;charset=UTF-8" }, body: text, did: "bill", numbers }
}

/** Answers the reporting API: the events of all transactions in a time, as CSV. */
export const handle = (gateway: Gateway, call: Call, response: ServerResponse): Promise<void> => {
  const { id, reportingPassword } = gateway.merchant
  const match = /^\/history\/version\/(\d+)\/merchant\/([^/]+)\/transaction$/.exec(call.url.pathname)
  return Serving.answer(gateway.kit, call, response, {
    on: "bill",
    number: "",
    words: wordsFor("bill", ""),
    act: (own) => {
      if (match === null || call.method !== "GET" || match[1] !== "1")
        return refusal({ ...invalid("There is no such report."), status: 404 }, "")
      if (match[2] !== id || !isAllowed(call, id, [reportingPassword])) return refusal(rejected, "")
      try {
        return report(gateway, call, own === "unknown-code")
      } catch (caught) {
        if (caught instanceof Fields.Refused) return refusal(caught.wrong, "")
        throw caught
      }
    }
  })
}
