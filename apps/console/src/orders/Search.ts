import type { Input } from "../Admin.ts"
import { payment } from "../machine/graphs.ts"
import { currencies } from "../order/Amounts.ts"
import { methods } from "../words/orders.ts"

/** What the API takes as a filter of orders. */
export type Filter = NonNullable<Input<"orders.count">["query"]>
type Kept = Input<"orders.saveFilter">["body"]

/** Quick ranges that end now, in seconds. */
export const ranges = { "15m": 900, "1h": 3600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000 } as const
export type Range = keyof typeof ranges

/** A search as it stands in the address: all texts; `range` is in place of exact times. */
export type Search = Readonly<Partial<Record<(typeof fields)[number], string>>>

/** The parts of a search, in the order of their chips. */
export const fields = [
  "number",
  "status",
  "vendor",
  "app",
  "method",
  "range",
  "createdFrom",
  "createdTo",
  "amountFrom",
  "amountTo",
  "currency",
  "cursor"
] as const

type Test = (text: string) => boolean

const like =
  (shape: RegExp): Test =>
  (text) =>
    shape.test(text)
const oneOf =
  (known: ReadonlyArray<string>): Test =>
  (text) =>
    known.includes(text)

const isName = like(/^[\s\S]{1,64}$/)
const isAmount = like(/^(?:0|[1-9]\d{0,17})(?:\.\d{1,4})?$/)
const isInstant: Test = (text) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/.test(text) && !Number.isNaN(Date.parse(text))

/** What each part can be: what the API would not take is not asked for. */
const tests: Readonly<Record<(typeof fields)[number], Test>> = {
  number: like(/^[\s\S]{1,256}$/),
  status: oneOf(payment.states),
  vendor: isName,
  app: isName,
  method: oneOf(Object.keys(methods.en)),
  range: oneOf(Object.keys(ranges)),
  createdFrom: isInstant,
  createdTo: isInstant,
  amountFrom: isAmount,
  amountTo: isAmount,
  currency: oneOf(currencies),
  cursor: like(/^[\w-]{1,128}$/)
}

/** The search in an address; what is no part of one, malformed or not known is left out. */
export const fromAddress = (given: Readonly<Record<string, unknown>>): Search => {
  const found: Partial<Record<(typeof fields)[number], string>> = {}
  for (const field of fields) {
    const value = given[field]
    const text = typeof value === "number" ? String(value) : value
    if (typeof text === "string" && tests[field](text)) found[field] = text
  }
  return found
}

/** The begin of a quick range, to the minute, so that the same minute asks the same question. */
const since = (range: Range, nowMillis: number): string => {
  const begin = Math.floor((nowMillis - ranges[range] * 1000) / 60_000) * 60_000
  return new Date(begin).toISOString().slice(0, "2026-11-23T08:01".length).concat("Z")
}

/** What is asked of the API: quick ranges become times; amounts without a currency are left out, as they say nothing. */
export const filterOf = (search: Search, nowMillis: number): Filter => {
  const { cursor: _, range, amountFrom, amountTo, currency, ...plain } = search
  const asked: Record<string, string> = { ...plain }
  if (range !== undefined) asked["createdFrom"] = since(range as Range, nowMillis)
  if (currency !== undefined) {
    asked["currency"] = currency
    if (amountFrom !== undefined) asked["amountFrom"] = amountFrom
    if (amountTo !== undefined) asked["amountTo"] = amountTo
  }
  return asked as Filter
}

/** A search as it is kept: a quick range stays one. */
export const keptOf = (search: Search): Kept => {
  const { range, ...exact } = search
  return { ...filterOf(exact, 0), ...(range === undefined ? {} : { range: range as Range }) }
}

/** The search without its page. */
export const withoutPage = ({ cursor: _, ...rest }: Search): Search => rest

/** How many filters a search sets. */
export const size = (search: Search): number => Object.keys(withoutPage(search)).length

/** A search with parts changed, on its first page; what is empty goes. */
export const changed = (search: Search, parts: Readonly<Record<string, string | null | undefined>>): Search =>
  fromAddress({ ...withoutPage(search), ...parts })

/** A time of an `<input type="datetime-local">` as the API has it; empty for none. */
export const instantOf = (local: string): string => {
  const millis = Date.parse(local)
  return local === "" || Number.isNaN(millis) ? "" : new Date(millis).toISOString()
}

/** A time of the API as an `<input type="datetime-local">` has it, in the browser's zone. */
export const localOf = (instant: string | undefined): string => {
  if (instant === undefined) return ""
  const time = new Date(instant)
  if (Number.isNaN(time.getTime())) return ""
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, "2026-11-23T08:01:31".length)
}
