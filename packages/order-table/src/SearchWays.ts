import { Currency, OrderNo, Payment, Words } from "@payment-proxy/domain"
import type { OrderFilter } from "@payment-proxy/ports"

/** A statement with its values in the order of its question marks. */
export interface Query {
  readonly text: string
  readonly values: ReadonlyArray<string | number>
}

/** What the databases say differently. */
export interface Dialect {
  /** Behind a table's name: reads it by this index and no other. */
  readonly by: (index: string) => string
  /** Whether a column is this text, by the byte, found by an index that may compare otherwise. */
  readonly is: (column: string, text: string) => Condition
  /** Between two tables of which the second is read for each row of the first. */
  readonly eachThen: string
  /** The vendors or apps that orders have, as `name`, by an index that begins with them and without reading all of it. */
  readonly names: (column: "vendor" | "app", index: string) => string
}

/** A part of a WHERE with its values. */
export type Condition = readonly [text: string, ...values: ReadonlyArray<string | number>]

/** Orders in the order of their numbers, by the index that has them so for these conditions. */
export interface Branch {
  readonly index: string | null
  readonly conditions: ReadonlyArray<Condition>
}

/** A way to find orders: how many it leads to is told by `own` alone. */
export interface Way {
  readonly name: "state" | "app" | "vendor" | "amount"
  readonly index: string
  readonly own: ReadonlyArray<Condition>
  readonly branches: ReadonlyArray<ReadonlyArray<Condition>>
}

/** The indexes that a search goes by; in each, what a way asks for comes first, then the number, then what else is looked at. */
export const indexes = {
  state: "payment_proxy_order_state",
  app: "payment_proxy_order_app",
  vendor: "payment_proxy_order_vendor",
  amount: "payment_proxy_order_amounts",
  number: "payment_order_pay_order_no_index"
} as const

/** Not to be found by an index of its own: half of all orders have it. */
export const isPayment: Condition = [`trans_type + 0 = ${Words.transTypes.PAYMENT}`]
const isPaymentKeyed: Condition = [`trans_type = ${Words.transTypes.PAYMENT}`]

const given = <A>(value: A | null, condition: (value: A) => ReadonlyArray<Condition>): ReadonlyArray<Condition> =>
  value === null ? [] : condition(value)

/** A number begins with the millisecond in which its order was created: a time is a range of numbers. */
export const range = ({
  createdFromMillis,
  createdToMillis,
  after
}: OrderFilter & { readonly after: string | null }) => [
  ...given(
    createdFromMillis,
    (from): ReadonlyArray<Condition> => [["pay_order_no >= ?", OrderNo.least(Math.ceil(from))]]
  ),
  ...given(createdToMillis, (to): ReadonlyArray<Condition> => [["pay_order_no < ?", OrderNo.least(Math.ceil(to))]]),
  ...given(after, (no): ReadonlyArray<Condition> => [["pay_order_no < ?", no]])
]

const amounts = ({ currency, amountFromMinor, amountToMinor }: OrderFilter): ReadonlyArray<Condition> =>
  given(
    currency,
    (which): ReadonlyArray<Condition> => [
      [`currency = ${Currency.numeric(which)}`],
      [`amount_minor >= ${amountFromMinor ?? 0n}`],
      ...given(amountToMinor, (to): ReadonlyArray<Condition> => [[`amount_minor <= ${to}`]])
    ]
  )

const isOneOf = (column: string, names: ReadonlyArray<string>): Condition => [
  names.length === 0 ? "1 = 0" : `${column} IN (${names.map(() => "?").join(", ")})`,
  ...names
]
const stateOf = ({ state }: OrderFilter) =>
  given(state, (which): ReadonlyArray<Condition> => [[`pay_status = ${Payment.states[which]}`]])
const appOf = ({ app }: OrderFilter) => given(app, (id): ReadonlyArray<Condition> => [["app = ?", id]])
const vendorOf = ({ vendor }: OrderFilter) => given(vendor, (name): ReadonlyArray<Condition> => [["vendor = ?", name]])
const methodOf = ({ method }: OrderFilter) =>
  given(method, (which): ReadonlyArray<Condition> => [[`pay_method = ${Words.methods[which]}`]])

/** All that a search asks for but its number. */
export const conditionsOf = (filter: OrderFilter, after: string | null, { is }: Dialect): ReadonlyArray<Condition> => [
  ...appOf(filter),
  ...given(filter.businessNo, (no): ReadonlyArray<Condition> => [is("business_no", no)]),
  ...stateOf(filter),
  ...vendorOf(filter),
  ...methodOf(filter),
  ...amounts(filter),
  ...range({ ...filter, after })
]

export const table = (index: string | null, { by }: Dialect): string =>
  index === null ? "payment_proxy_order" : `payment_proxy_order ${by(index)}`

export const where = (conditions: ReadonlyArray<Condition>): Query => ({
  text: conditions.map(([text]) => text).join(" AND "),
  values: conditions.flatMap(([, ...values]) => values)
})

/** What a branch is read from, and by which conditions. */
export const source = ({ index, conditions }: Branch, dialect: Dialect): Query => {
  const { text, values } = where(conditions)
  return { text: `${table(index, dialect)} WHERE ${text}`, values }
}

/** The newest numbers of one branch. */
export const selected = (columns: string, branch: Branch, limit: number, dialect: Dialect): Query => {
  const { text, values } = source(branch, dialect)
  return { text: `SELECT ${columns} FROM ${text} ORDER BY pay_order_no DESC LIMIT ${Math.trunc(limit)}`, values }
}

/** The newest numbers of all branches, each once. */
export const merged = (branches: ReadonlyArray<Branch>, limit: number, dialect: Dialect): Query => {
  const all = branches.map((branch) => selected("pay_order_no", branch, limit, dialect))
  const [only] = all
  if (only !== undefined && all.length === 1) return only
  return {
    text: `${all.map(({ text }, index) => `SELECT pay_order_no FROM (${text}) AS part${index}`).join(" UNION ")}
      ORDER BY pay_order_no DESC LIMIT ${Math.trunc(limit)}`,
    values: all.flatMap(({ values }) => values)
  }
}

/** Every way that a search can go. */
export const waysOf = (filter: OrderFilter, vendors: ReadonlyArray<string>): ReadonlyArray<Way> => {
  const state = stateOf(filter)
  const app = appOf(filter)
  const amount = amounts(filter)
  const ways: Array<Way> = []
  if (state.length > 0)
    ways.push({ name: "state", index: indexes.state, own: [...state, isPaymentKeyed], branches: [[]] })
  if (app.length > 0) ways.push({ name: "app", index: indexes.app, own: [...app, isPaymentKeyed], branches: [[]] })
  if (filter.vendor !== null || filter.method !== null)
    ways.push({ name: "vendor", index: indexes.vendor, ...vendorWay(filter, vendors) })
  if (amount.length > 0) ways.push({ name: "amount", index: indexes.amount, own: amount, branches: [[]] })
  return ways
}

/** In its index a vendor's orders are in order by method: those of all methods, or of all vendors, are put together. */
const vendorWay = (filter: OrderFilter, vendors: ReadonlyArray<string>): Pick<Way, "own" | "branches"> => {
  const names = filter.vendor === null ? vendors : [filter.vendor]
  const methods = filter.method === null ? Object.values(Words.methods) : [Words.methods[filter.method]]
  const keyed = methods.map((method): Condition => [`pay_method = ${method}`])
  const own: ReadonlyArray<Condition> = [isOneOf("vendor", names), ...methodOf(filter)]
  const branches = names.flatMap((name) =>
    keyed.map((method): ReadonlyArray<Condition> => [["vendor = ?", name], method])
  )
  return { own, branches }
}

/** All of a way that a search can be of; `rest` is all that the search asks for. */
export const branchesOf = (
  { name, index, own, branches }: Way,
  rest: ReadonlyArray<Condition>
): ReadonlyArray<Branch> =>
  // An order that has an amount of its own there is a payment.
  name === "amount"
    ? [{ index, conditions: [...own, ...rest] }]
    : branches.map((conditions) => ({ index, conditions: [...conditions, isPaymentKeyed, ...rest] }))

/** Orders of which the newest are looked at: which they are is told by `edge`, what they are by `index` alone, where it has what is asked for. */
export interface Stroll {
  readonly edge: Branch
  readonly index: string
  readonly conditions: ReadonlyArray<Condition>
}

/** Those of an app or of a state, whose indexes have most of what else is asked for; where it is an amount of no app and state, those of all apps. */
export const strollOf = (
  ways: ReadonlyArray<Way>,
  apps: ReadonlyArray<string>,
  maxApps: number
): Stroll | undefined => {
  const named = (wanted: Way["name"]) => ways.find(({ name }) => name === wanted)
  const amount = named("amount")
  const way = amount === undefined ? (named("state") ?? named("app")) : (named("app") ?? named("state"))
  if (way !== undefined)
    return {
      edge: { index: way.index, conditions: way.own },
      index: way.index,
      conditions: [...way.own, isPaymentKeyed]
    }
  if (amount === undefined) return undefined
  const edge: Branch = { index: indexes.number, conditions: [] }
  return apps.length > maxApps
    ? { edge, index: indexes.number, conditions: [isPayment] }
    : { edge, index: indexes.app, conditions: [isOneOf("app", apps), isPaymentKeyed] }
}
