import { OrderNo, Words } from "@payment-proxy/domain"
import type { OrderFilter, Search } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"
import {
  type Branch,
  branchesOf,
  type Condition,
  conditionsOf,
  type Dialect,
  indexes,
  isPayment,
  merged,
  type Query,
  range,
  type Stroll,
  selected,
  source,
  strollOf,
  table,
  type Way,
  waysOf,
  where
} from "./SearchWays.ts"

export type { Condition, Dialect, Query } from "./SearchWays.ts"

/** How far a search goes before it goes another way. */
export interface Bounds {
  /** Up to how many are counted one by one. */
  readonly counted: number
  /** A way to so few is taken, whatever else a search asks for. */
  readonly few: number
  /** Where no way leads to few, and the newest are not enough, ways to so many are still read to their end in time. */
  readonly some: ReadonlyArray<number>
  /** The amounts' index tells all that is asked for but a state: up to so many are read sooner than more than the newest are looked through. */
  readonly told: number
  /** How many of the newest are looked through before a way to many is gone. */
  readonly walked: number
  /** How many more are looked through in the order of an index, before a way is asked how many it leads to. */
  readonly strolled: number
  /** And how many beyond these, where all that is left is the amounts' index: what it leads to, it has in no order. */
  readonly strolledBeyond: number
  /** So many apps are looked through one by one. */
  readonly apps: number
}

/** As measured for a million orders (docs/performance.md). */
export const usual: Bounds = {
  counted: 10_000,
  few: 2000,
  some: [10_000, 40_000],
  told: 40_000,
  walked: 2000,
  strolled: 20_000,
  strolledBeyond: 80_000,
  apps: 200
}

const maxParents = 100

const Counted = Schema.Tuple(Schema.Struct({ n: Schema.Number }))
const Counts = Schema.Array(Schema.Struct({ place: Schema.Number, n: Schema.Number }))
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
const countsOf = decoded(Counts)
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
export const make = <E>(
  dialect: Dialect,
  run: (query: Query) => Effect.Effect<ReadonlyArray<unknown>, E>,
  { counted, few, some, told, walked, strolled, strolledBeyond, apps: maxApps }: Bounds = usual
) => {
  const numbers = (query: Query) =>
    Effect.map(Effect.flatMap(run(query), numbersOf), (rows) => rows.map(({ pay_order_no }) => pay_order_no))
  const named = (column: "vendor" | "app", index: string) =>
    Effect.map(Effect.flatMap(run({ text: dialect.names(column, index), values: [] }), namesOf), (rows) =>
      rows.map(({ name }) => name)
    )
  const vendors = named("vendor", indexes.vendor)
  const apps = named("app", indexes.app)

  /** The first of some ways that leads to so many at most; a way's own conditions are the beginning of its index. All are asked about at once. */
  const firstTo = (most: number, ways: ReadonlyArray<Way>, span: ReadonlyArray<Condition>) => {
    if (ways.length === 0) return Effect.succeed(undefined)
    const counts = ways.map(({ name, index, own }, place) => {
      const isSpanKeyed = name === "state" || name === "app"
      const { text, values } = where([...own, ...(isSpanKeyed ? span : [])])
      const some = `SELECT 1 AS one FROM ${table(index, dialect)} WHERE ${text} LIMIT ${most + 1}`
      return { text: `SELECT ${place} AS place, COUNT(*) AS n FROM (${some}) AS some${place}`, values }
    })
    return run({
      text: counts.map(({ text }) => text).join(" UNION ALL "),
      values: counts.flatMap(({ values }) => values)
    }).pipe(
      Effect.flatMap(countsOf),
      Effect.map((told) => ways.find((_, place) => told.some((count) => count.place === place && count.n <= most)))
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

  /** The newest, with what a search looks at. */
  const newestOf = (filter: OrderFilter): Query => {
    const span = [isPayment, ...range({ ...filter, after: null })]
    const columns = "pay_order_no, app, vendor, pay_status, pay_method, currency, amount_minor"
    return selected(columns, { index: null, conditions: span }, walked, dialect)
  }

  /** The oldest of the newest so many, by an index that has them in their order; none where there are fewer. */
  const edgeOf = ({ index, conditions }: Branch, asked: OrderFilter & Pick<Search, "after">, count: number) => {
    const { text, values } = where([...conditions, ["1 = 1"], ...range(asked)])
    return Effect.map(
      numbers({
        text: `SELECT pay_order_no FROM ${table(index, dialect)} WHERE ${text}
          ORDER BY pay_order_no DESC LIMIT 1 OFFSET ${count - 1}`,
        values
      }),
      ([edge]) => edge
    )
  }
  const from = (edge: string | undefined): ReadonlyArray<Condition> =>
    edge === undefined ? [] : [["pay_order_no >= ?", edge]]

  /** What is found among the newest some, looked at one by one until there are enough; and whether there are no others. */
  const walk = (filter: OrderFilter, after: string | null, limit: number) =>
    Effect.gen(function* () {
      const edge = yield* edgeOf({ index: indexes.number, conditions: [] }, { ...filter, after }, walked)
      const conditions = [isPayment, ...conditionsOf(filter, after, dialect), ...from(edge)]
      const found = yield* numbers(selected("pay_order_no", { index: indexes.number, conditions }, limit, dialect))
      return { found, isAll: edge === undefined }
    })

  /**
   * What is found among the newest of some orders that have an index in their order, so many after so many, or among all of them
   * where there are no more; null where the page is not full.
   */
  const stroll = ({ edge: along, index, conditions: keyed }: Stroll, asked: Search, parts: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      let found: ReadonlyArray<string> = []
      let after = asked.after
      for (const [place, part] of parts.entries()) {
        const left = asked.limit - found.length
        // Where the last part ends, what is asked for may begin.
        const near = place === 0 ? [] : (yield* walk(asked, after, left)).found
        if (place > 0 && near.length === left) return [...found, ...near]
        const edge = yield* edgeOf(along, { ...asked, after }, part)
        const conditions = [...keyed, ...conditionsOf(asked, after, dialect), ...from(edge)]
        found = [...found, ...(yield* numbers(selected("pay_order_no", { index, conditions }, left, dialect)))]
        if (edge === undefined || found.length === asked.limit) return found
        after = edge
      }
      return null
    })

  /** All that a search can be of, where a few questions tell it; else the ways to it. */
  const surveyed = (filter: OrderFilter, after: string | null) =>
    Effect.gen(function* () {
      const rest = conditionsOf(filter, after, dialect)
      const sure = (branches: ReadonlyArray<Branch>) => ({ isSure: true as const, branches })
      if (filter.number !== null) return sure(yield* numbered(filter.number, rest))
      const plain: Branch = { index: null, conditions: [isPayment, ...rest] }
      if (filter.businessNo !== null) return sure([plain])
      const ways = waysOf(filter, filter.method === null || filter.vendor !== null ? [] : yield* vendors)
      const [first] = ways
      if (first === undefined) return sure([plain])
      const amount = filter.state === null ? ways.find(({ name }) => name === "amount") : undefined
      if (ways.length === 1 && amount === undefined) return sure(branchesOf(first, rest))
      const span = range({ ...filter, after })
      const best = yield* firstTo(few, ways, span)
      return best === undefined
        ? { isSure: false as const, ways, first, amount, span, rest }
        : sure(branchesOf(best, rest))
    })
  type Open = Exclude<Effect.Effect.Success<ReturnType<typeof surveyed>>, { readonly isSure: true }>

  /** The amounts' index, where it tells all that is asked for and has no more than some. */
  const byAmount = ({ amount, span, rest }: Open) =>
    Effect.gen(function* () {
      const way = yield* firstTo(told, amount === undefined ? [] : [amount], span)
      return way === undefined ? undefined : branchesOf(way, rest)
    })

  /** By the first way to some, as far as one leads to no more; by the amounts' index it is not. Else by the one that tells the most. */
  const byWayToSome = ({ ways, first, amount, span, rest }: Open) =>
    Effect.gen(function* () {
      const others = ways.filter((way) => way !== amount)
      for (const most of some) {
        const way = yield* firstTo(most, others, span)
        if (way !== undefined) return branchesOf(way, rest)
      }
      // A vendor's index has no amounts: each of its orders would be looked at.
      return branchesOf(amount !== undefined && first.name === "vendor" ? amount : first, rest)
    })

  /** The numbers of what is found, newest first. */
  const search = (asked: Search) =>
    Effect.gen(function* () {
      const { after, limit } = asked
      const page = (branches: ReadonlyArray<Branch>) =>
        branches.length === 0 ? Effect.succeed([]) : numbers(merged(branches, limit, dialect))
      const survey = yield* surveyed(asked, after)
      if (survey.isSure) return yield* page(survey.branches)
      const near = yield* walk(asked, after, limit)
      if (near.isAll || near.found.length >= limit) return near.found
      const ofAmount = yield* byAmount(survey)
      if (ofAmount !== undefined) return yield* page(ofAmount)
      const isOfAnyApp = survey.amount !== undefined && asked.app === null
      const along = strollOf(survey.ways, isOfAnyApp ? yield* apps : [], maxApps)
      const parts = isOfAnyApp && along?.index === indexes.app ? [strolled, strolledBeyond] : [strolled]
      const found = along === undefined ? null : yield* stroll(along, asked, parts)
      return found ?? (yield* Effect.flatMap(byWayToSome(survey), page))
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
          text: `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${text} LIMIT ${told + 1}) AS some`,
          values
        }),
        countOf
      )
      if (n <= told) return { count: n, isExact: true }
      const newest = newestOf(filter)
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

  /** How many are found: up to 10 000, of an amount up to 40 000, exactly, beyond that as many as there would be if they came as the newest do. */
  const count = (filter: OrderFilter) =>
    Effect.gen(function* () {
      const survey = yield* surveyed(filter, null)
      const branches = survey.isSure ? survey.branches : ((yield* byAmount(survey)) ?? (yield* byWayToSome(survey)))
      if (branches.length === 0) return { count: 0, isExact: true }
      if (branches[0]?.index === indexes.amount) return yield* countWide(filter, branches)
      const { text, values } = merged(branches, counted + 1, dialect)
      const [found] = yield* Effect.flatMap(
        run({
          text: `SELECT COUNT(*) AS n, MIN(pay_order_no) AS oldest, MAX(pay_order_no) AS newest FROM (${text}) AS found`,
          values
        }),
        extentOf
      )
      if (found.n <= counted) return { count: found.n, isExact: true }
      const extent = [timeOf(found.newest ?? ""), timeOf(found.oldest ?? "")] as const
      return { count: estimate(found.n, ...extent, yield* begin(filter)), isExact: false }
    })

  return { search, count }
}
