import { Currency, OrderNo, Payment, Words } from "@payment-proxy/domain"
import type { OrderFilter, Search } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"

/** A statement with its values in the order of its question marks. */
export interface Query {
  readonly text: string
  readonly values: ReadonlyArray<string | number>
}

/** What the databases say differently. */
export interface Dialect {
  /** Behind a table's name: reads it by this index and no other. */
  readonly by: (index: string) => string
  /** Between two tables: looks up in the second what is in the first, and not the other way round. */
  readonly joined: string
  /** Whether a column is this text, by the byte, found by an index that may compare otherwise. */
  readonly is: (column: string, text: string) => Condition
  /** The vendors or apps that orders have, as `name`, by an index that begins with them and without reading all of it. */
  readonly names: (column: "vendor" | "app", index: string) => string
}

/** A part of a WHERE with its values. */
export type Condition = readonly [text: string, ...values: ReadonlyArray<string | number>]

/** Orders in the order of their numbers, by the index that has them so for these conditions. */
interface Branch {
  readonly index: string | null
  readonly conditions: ReadonlyArray<Condition>
  /** Only those that are there, too, each looked up in `index` by its number, which is `candidate`. */
  readonly among?: Branch
}

/** A way to find orders: how many it leads to is told by `own` alone. */
interface Way {
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
  amount: "payment_proxy_order_amount",
  number: "payment_order_pay_order_no_index"
} as const

/** Up to how many are counted one by one. */
export const countedExactly = 10_000
/** A way to so few is taken, whatever else a search asks for. */
const few = 2000
/** Where no way leads to few, and the newest are not enough, ways to so many are still read to their end in time. */
const some = [10_000, 40_000] as const
/** An amount's own index tells all of it: up to so many are read at once, and up to so many sooner than more than the newest are looked through. */
const told = { few: 10_000, some: 40_000 } as const
/** How many of the newest are looked through before a way to many is gone. */
const walked = 2000
/** How many more are looked through in the order of an index, before a way is asked how many it leads to. */
const strolled = 20_000
const maxParents = 100
/** So many apps are looked through one by one. */
const maxApps = 200

/** Not to be found by an index of its own: half of all orders have it. */
const isPayment: Condition = [`trans_type + 0 = ${Words.transTypes.PAYMENT}`]
const isPaymentKeyed: Condition = [`trans_type = ${Words.transTypes.PAYMENT}`]

const given = <A>(value: A | null, condition: (value: A) => ReadonlyArray<Condition>): ReadonlyArray<Condition> =>
  value === null ? [] : condition(value)

/** A number begins with the millisecond in which its order was created: a time is a range of numbers. */
const range = ({ createdFromMillis, createdToMillis, after }: OrderFilter & { readonly after: string | null }) => [
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
const conditionsOf = (filter: OrderFilter, after: string | null, { is }: Dialect): ReadonlyArray<Condition> => [
  ...appOf(filter),
  ...given(filter.businessNo, (no): ReadonlyArray<Condition> => [is("business_no", no)]),
  ...stateOf(filter),
  ...vendorOf(filter),
  ...methodOf(filter),
  ...amounts(filter),
  ...range({ ...filter, after })
]

const table = (index: string | null, { by }: Dialect): string =>
  index === null ? "payment_proxy_order" : `payment_proxy_order ${by(index)}`

const where = (conditions: ReadonlyArray<Condition>): Query => ({
  text: conditions.map(([text]) => text).join(" AND "),
  values: conditions.flatMap(([, ...values]) => values)
})

/** What a branch is read from, and by which conditions. */
const source = ({ index, conditions, among }: Branch, dialect: Dialect): Query => {
  const { text, values } = where(conditions)
  const from = table(index, dialect)
  if (among === undefined) return { text: `${from} WHERE ${text}`, values }
  const candidates = source(among, dialect)
  return {
    text: `(SELECT pay_order_no AS candidate FROM ${candidates.text}) AS candidates ${dialect.joined} ${from} WHERE ${text}`,
    values: [...candidates.values, ...values]
  }
}

/** The newest numbers of one branch. */
const selected = (columns: string, branch: Branch, limit: number, dialect: Dialect): Query => {
  const { text, values } = source(branch, dialect)
  return { text: `SELECT ${columns} FROM ${text} ORDER BY pay_order_no DESC LIMIT ${Math.trunc(limit)}`, values }
}

/** The newest numbers of all branches, each once. */
const merged = (branches: ReadonlyArray<Branch>, limit: number, dialect: Dialect): Query => {
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
const waysOf = (filter: OrderFilter, vendors: ReadonlyArray<string>): ReadonlyArray<Way> => {
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

/** All of a way that a search can be of; `rest` is all that the search asks for, `span` what of that the numbers tell. */
const branchesOf = (
  { name, index, own, branches }: Way,
  {
    app,
    rest,
    span
  }: { readonly app: string | null; readonly rest: ReadonlyArray<Condition>; readonly span: ReadonlyArray<Condition> }
): ReadonlyArray<Branch> => {
  // An order that has an amount of its own there is a payment.
  if (name !== "amount")
    return branches.map((conditions) => ({ index, conditions: [...conditions, isPaymentKeyed, ...rest] }))
  if (app === null) return [{ index, conditions: [...own, ...rest] }]
  // An app's index is narrow where the orders themselves are wide and lie far apart.
  const conditions: ReadonlyArray<Condition> = [["pay_order_no = candidate"], isPaymentKeyed, ...rest]
  return [{ index: indexes.app, conditions, among: { index, conditions: [...own, ...span] } }]
}

/** Orders of which the newest are looked at: which they are is told by `edge`, what they are by `index` alone, where it has what is asked for. */
interface Stroll {
  readonly edge: Branch
  readonly index: string
  readonly conditions: ReadonlyArray<Condition>
}

/** Those of an app or of a state, whose indexes have most of what else is asked for; where it is an amount alone, those of all apps. */
const strollOf = (ways: ReadonlyArray<Way>, apps: ReadonlyArray<string>): Stroll | undefined => {
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

const Counted = Schema.Tuple(Schema.Struct({ n: Schema.Number }))
const Extent = Schema.Tuple(
  Schema.Struct({ n: Schema.Number, oldest: Schema.NullOr(Schema.String), newest: Schema.NullOr(Schema.String) })
)
const Numbers = Schema.Array(Schema.Struct({ pay_order_no: Schema.String }))
const Names = Schema.Array(Schema.Struct({ name: Schema.String }))

const decoded = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(schema)
  return (rows: unknown) => Effect.orDie(decode(rows))
}
const countOf = decoded(Counted)
const extentOf = decoded(Extent)
const numbersOf = decoded(Numbers)
const namesOf = decoded(Names)

const timeOf = (no: string): number => OrderNo.timeMillis(no as OrderNo.OrderNo)

/** As many in all as in the time of those that were counted. */
const estimate = (count: number, newestMillis: number, oldestMillis: number, startMillis: number): number =>
  Math.max(
    count,
    Math.round(
      (count * (newestMillis - Math.min(startMillis, oldestMillis))) / Math.max(newestMillis - oldestMillis, 1)
    )
  )

/** Searches and counts by one index each, chosen by how many orders it leads to; `run` asks the database. */
export const make = <E>(dialect: Dialect, run: (query: Query) => Effect.Effect<ReadonlyArray<unknown>, E>) => {
  const numbers = (query: Query) =>
    Effect.map(Effect.flatMap(run(query), numbersOf), (rows) => rows.map(({ pay_order_no }) => pay_order_no))
  const named = (column: "vendor" | "app", index: string) =>
    Effect.map(Effect.flatMap(run({ text: dialect.names(column, index), values: [] }), namesOf), (rows) =>
      rows.map(({ name }) => name)
    )
  const vendors = named("vendor", indexes.vendor)
  const apps = named("app", indexes.app)

  /** Whether a way leads to so many at most; a way's own conditions are the beginning of its index. */
  const leadsTo = (most: number, { name, index, own }: Way, span: ReadonlyArray<Condition>) => {
    const isSpanKeyed = name === "state" || name === "app"
    const { text, values } = where([...own, ...(isSpanKeyed ? span : [])])
    return run({
      text: `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${table(index, dialect)} WHERE ${text}
        LIMIT ${most + 1}) AS some`,
      values
    }).pipe(
      Effect.flatMap(countOf),
      Effect.map(([{ n }]) => n <= most)
    )
  }

  /** Every branch by which an order can have this number. */
  const numbered = (number: string, rest: ReadonlyArray<Condition>) =>
    Effect.gen(function* () {
      const refund = `trans_type + 0 = ${Words.transTypes.REFUND} AND parent_no IS NOT NULL`
      const [ours, theirs] = [
        where([dialect.is("pay_order_no", number)]),
        where([dialect.is("transaction_no", number)])
      ]
      const parents = yield* run({
        text: `SELECT parent_no AS pay_order_no FROM payment_proxy_order WHERE ${ours.text} AND ${refund}
          UNION SELECT parent_no FROM payment_proxy_order WHERE ${theirs.text} AND ${refund}
          LIMIT ${maxParents}`,
        values: [...ours.values, ...theirs.values]
      }).pipe(Effect.flatMap(numbersOf))
      const names = yield* vendors
      const found: ReadonlyArray<ReadonlyArray<Condition>> = [
        ...["pay_order_no", "business_no", "transaction_no"].map((column) => [dialect.is(column, number)]),
        ...parents.map(({ pay_order_no }): ReadonlyArray<Condition> => [["pay_order_no = ?", pay_order_no]]),
        ...names.map(
          (name): ReadonlyArray<Condition> => [["vendor = ?", name], dialect.is("third_party_customer_no", number)]
        )
      ]
      return found.map((own): Branch => ({ index: null, conditions: [...own, isPayment, ...rest] }))
    })

  /** The first of some ways that leads to so many at most. */
  const firstTo = (most: number, ways: ReadonlyArray<Way>, span: ReadonlyArray<Condition>) =>
    Effect.gen(function* () {
      for (const way of ways) if (yield* leadsTo(most, way, span)) return way
      return undefined
    })

  /** The first way to some, as far as one leads to no more. */
  const firstToSome = (ways: ReadonlyArray<Way>, span: ReadonlyArray<Condition>) =>
    Effect.gen(function* () {
      for (const most of some) {
        const way = yield* firstTo(most, ways, span)
        if (way !== undefined) return way
      }
      return undefined
    })

  /** The ways of a search; where it matters which, the first that leads to few, if one does. */
  const surveyed = (filter: OrderFilter, span: ReadonlyArray<Condition>) =>
    Effect.gen(function* () {
      const ways = waysOf(filter, filter.method === null || filter.vendor !== null ? [] : yield* vendors)
      const isOfAmount = ways[0]?.name === "amount"
      const isOpen = ways.length > 1 || isOfAmount
      return { ways, isOpen, best: isOpen ? yield* firstTo(isOfAmount ? told.few : few, ways, span) : ways[0] }
    })

  /** The newest, with what a search looks at. */
  const newestOf = (filter: OrderFilter, after: string | null): Query => {
    const span = [isPayment, ...range({ ...filter, after })]
    const columns = "pay_order_no, app, vendor, pay_status, pay_method, currency, amount_minor"
    return selected(columns, { index: null, conditions: span }, walked, dialect)
  }

  /** Of the newest some that are found. */
  const walk = (filter: OrderFilter, after: string | null, limit: number) => {
    const newest = newestOf(filter, after)
    const { text, values } = where(conditionsOf(filter, null, dialect))
    return numbers({
      text: `SELECT pay_order_no FROM (${newest.text}) AS newest WHERE ${text}
        ORDER BY pay_order_no DESC LIMIT ${Math.trunc(limit)}`,
      values: [...newest.values, ...values]
    })
  }

  /**
   * What is found among the newest of some orders that have an index in their order, or among all of them where there are no more; null
   * where the page is not full.
   */
  const stroll = (
    { edge: { index: along, conditions: own }, index, conditions: keyed }: Stroll,
    filter: OrderFilter,
    after: string | null,
    limit: number
  ) =>
    Effect.gen(function* () {
      const { text, values } = where([...own, ["1 = 1"], ...range({ ...filter, after })])
      const [edge] = yield* numbers({
        text: `SELECT pay_order_no FROM ${table(along, dialect)} WHERE ${text}
          ORDER BY pay_order_no DESC LIMIT 1 OFFSET ${strolled}`,
        values
      })
      const near: ReadonlyArray<Condition> = edge === undefined ? [] : [["pay_order_no > ?", edge]]
      const conditions = [...keyed, ...conditionsOf(filter, after, dialect), ...near]
      const found = yield* numbers(selected("pay_order_no", { index, conditions }, limit, dialect))
      return edge === undefined || found.length >= limit ? found : null
    })

  /** All that a search can be of, by the way that leads to the fewest; `isOpen`: to many, by whichever way. */
  const branchesFor = (filter: OrderFilter, after: string | null) =>
    Effect.gen(function* () {
      const rest = conditionsOf(filter, after, dialect)
      const certain = (branches: ReadonlyArray<Branch>) => ({
        branches: Effect.succeed(branches),
        isOpen: false,
        easy: Effect.succeed(undefined)
      })
      if (filter.number !== null) return certain(yield* numbered(filter.number, rest))
      const plain: Branch = { index: null, conditions: [isPayment, ...rest] }
      if (filter.businessNo !== null) return certain([plain])
      const span = range({ ...filter, after })
      const { ways, isOpen, best } = yield* surveyed(filter, span)
      const [first] = ways
      if (first === undefined) return certain([plain])
      const all = { app: filter.app, rest, span }
      if (best !== undefined) return certain(branchesOf(best, all))
      const branches = Effect.map(ways.length > 1 ? firstToSome(ways, span) : Effect.succeed(first), (way = first) =>
        branchesOf(way, all)
      )
      const easy =
        first.name === "amount"
          ? Effect.flatMap(leadsTo(told.some, first, span), (isTold) =>
              isTold ? Effect.succeed(undefined) : Effect.map(apps, (all) => strollOf(ways, all))
            )
          : Effect.succeed(strollOf(ways, []))
      return { branches, isOpen, easy }
    })

  /** The numbers of what is found, newest first. */
  const search = (asked: Search) =>
    Effect.gen(function* () {
      const { branches, isOpen, easy } = yield* branchesFor(asked, asked.after)
      const near = isOpen ? yield* walk(asked, asked.after, asked.limit) : []
      if (isOpen && near.length >= asked.limit) return near
      const along = isOpen ? yield* easy : undefined
      const found = along === undefined ? null : yield* stroll(along, asked, asked.after, asked.limit)
      if (found !== null) return found
      const all = yield* branches
      return all.length === 0 ? [] : yield* numbers(merged(all, asked.limit, dialect))
    })

  /** Since when there are orders, or since when they are asked for. */
  const begin = ({ createdFromMillis }: OrderFilter) =>
    Effect.map(
      numbers({ text: "SELECT MIN(pay_order_no) AS pay_order_no FROM payment_proxy_order", values: [] }),
      ([first]) => Math.max(timeOf(first ?? ""), createdFromMillis ?? 0)
    )

  /** Of many that are in no order by their numbers, as many as there would be if all were as the newest are. */
  const countWide = (filter: OrderFilter, branches: ReadonlyArray<Branch>) =>
    Effect.gen(function* () {
      const [branch] = branches as readonly [Branch]
      const { text, values } = source(branch, dialect)
      const [{ n }] = yield* Effect.flatMap(
        run({
          text: `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${text} LIMIT ${countedExactly + 1}) AS some`,
          values
        }),
        countOf
      )
      if (n <= countedExactly) return { count: n, isExact: true }
      const newest = newestOf(filter, null)
      const wanted = where(conditionsOf(filter, null, dialect))
      const [seen] = yield* Effect.flatMap(
        run({
          text: `SELECT COUNT(CASE WHEN ${wanted.text} THEN 1 END) AS n, MIN(pay_order_no) AS oldest,
            MAX(pay_order_no) AS newest FROM (${newest.text}) AS newest`,
          values: [...wanted.values, ...newest.values]
        }),
        extentOf
      )
      const about = estimate(seen.n, timeOf(seen.newest ?? ""), timeOf(seen.oldest ?? ""), yield* begin(filter))
      return { count: Math.max(about, n), isExact: false }
    })

  /** How many are found: up to 10 000 exactly, beyond that as many as there would be if they came as the newest do. */
  const count = (filter: OrderFilter) =>
    Effect.gen(function* () {
      const branches = yield* Effect.flatMap(branchesFor(filter, null), (found) => found.branches)
      if (branches.length === 0) return { count: 0, isExact: true }
      if (branches[0]?.index === indexes.amount || branches[0]?.among !== undefined)
        return yield* countWide(filter, branches)
      const { text, values } = merged(branches, countedExactly + 1, dialect)
      const [found] = yield* Effect.flatMap(
        run({
          text: `SELECT COUNT(*) AS n, MIN(pay_order_no) AS oldest, MAX(pay_order_no) AS newest FROM (${text}) AS found`,
          values
        }),
        extentOf
      )
      if (found.n <= countedExactly) return { count: found.n, isExact: true }
      const extent = [timeOf(found.newest ?? ""), timeOf(found.oldest ?? "")] as const
      return { count: estimate(found.n, ...extent, yield* begin(filter)), isExact: false }
    })

  return { search, count }
}
