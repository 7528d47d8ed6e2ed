import { OrderNo, Words } from "@payment-proxy/domain"
import type { OrderFilter, Search } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"
import { columns } from "./Orders.ts"
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
const Survey = Schema.Array(
  Schema.Struct({ place: Schema.Number, n: Schema.Number, edge: Schema.NullOr(Schema.String) })
)
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
const surveyOf = decoded(Survey)
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
  /** Whole orders by a statement that tells their numbers, newest first. */
  const page = ({ text, values }: Query) =>
    run({
      text: `SELECT ${columns.map((column) => `whole.${column}`).join(", ")} FROM (${text}) AS page
        ${dialect.eachThen} payment_proxy_order AS whole ON whole.pay_order_no = page.pay_order_no
        ORDER BY page.pay_order_no DESC`,
      values
    })
  const named = (column: "vendor" | "app", index: string) =>
    Effect.map(Effect.flatMap(run({ text: dialect.names(column, index), values: [] }), namesOf), (rows) =>
      rows.map(({ name }) => name)
    )
  const vendors = named("vendor", indexes.vendor)
  const apps = named("app", indexes.app)

  /** The number of the oldest of the newest so many, by an index that has them in their order. */
  const edge = ({ index, conditions }: Branch, asked: OrderFilter & Pick<Search, "after">, count: number): Query => {
    const { text, values } = where([...conditions, ["1 = 1"], ...range(asked)])
    const ordered = `SELECT pay_order_no FROM ${table(index, dialect)} WHERE ${text} ORDER BY pay_order_no DESC`
    return { text: `${ordered} LIMIT 1 OFFSET ${count - 1}`, values }
  }
  const byNumber: Branch = { index: indexes.number, conditions: [] }
  const from = (edge: string | null | undefined): ReadonlyArray<Condition> =>
    edge === null || edge === undefined ? [] : [["pay_order_no >= ?", edge]]

  /** How many orders a way leads to, as far as so many and one more; its own conditions are the beginning of its index. */
  const lengthOf = (most: number, { name, index, own }: Way, span: ReadonlyArray<Condition>, place: number): Query => {
    const isSpanKeyed = name === "state" || name === "app"
    const { text, values } = where([...own, ...(isSpanKeyed ? span : [])])
    const some = `SELECT 1 AS one FROM ${table(index, dialect)} WHERE ${text} LIMIT ${most + 1}`
    return { text: `SELECT ${place} AS place, COUNT(*) AS n, NULL AS edge FROM (${some}) AS some${place}`, values }
  }
  /** The first of some ways that leads to so many at most, and the order up to which the newest are looked at: one question for all. */
  const surveyOfWays = (most: number, ways: ReadonlyArray<Way>, span: ReadonlyArray<Condition>, upTo?: Query) => {
    const all = ways.map((way, place) => lengthOf(most, way, span, place))
    if (upTo !== undefined)
      all.push({ text: `SELECT ${ways.length} AS place, 0 AS n, (${upTo.text}) AS edge`, values: upTo.values })
    return run({
      text: all.map(({ text }) => text).join(" UNION ALL "),
      values: all.flatMap(({ values }) => values)
    }).pipe(
      Effect.flatMap(surveyOf),
      Effect.map((rows) => ({
        way: ways.find((_, place) => rows.some((row) => row.place === place && row.n <= most)),
        edge: rows.find(({ place }) => place === ways.length)?.edge ?? null
      }))
    )
  }
  const firstTo = (most: number, ways: ReadonlyArray<Way>, span: ReadonlyArray<Condition>) =>
    ways.length === 0 ? Effect.succeed(undefined) : Effect.map(surveyOfWays(most, ways, span), ({ way }) => way)

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

  /** What is found among the newest, from this number on, looked at one by one until there are enough. */
  const walk = (asked: Search, newest: string | null | undefined) => {
    const conditions = [isPayment, ...conditionsOf(asked, asked.after, dialect), ...from(newest)]
    return page(selected("pay_order_no", { ...byNumber, conditions }, asked.limit, dialect))
  }

  /**
   * What is found among the newest of some orders that have an index in their order, so many after so many, or among all of them
   * where there are no more; null where the page is not full.
   */
  const stroll = ({ edge: along, index, conditions: keyed }: Stroll, asked: Search, parts: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      let found: ReadonlyArray<unknown> = []
      let { after } = asked
      for (const [place, part] of parts.entries()) {
        const left = { ...asked, after, limit: asked.limit - found.length }
        if (place > 0) {
          // Where the last part ends, what is asked for may begin.
          const [newest] = yield* numbers(edge(byNumber, left, walked))
          const near = yield* walk(left, newest)
          if (near.length === left.limit) return [...found, ...near]
        }
        const [oldest] = yield* numbers(edge(along, left, part))
        const conditions = [...keyed, ...conditionsOf(asked, after, dialect), ...from(oldest)]
        found = [...found, ...(yield* page(selected("pay_order_no", { index, conditions }, left.limit, dialect)))]
        if (oldest === undefined || found.length === asked.limit) return found
        after = oldest
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
      // A method's way goes by all vendors, which are asked for where no other way will do.
      const isOfAnyVendor = filter.method !== null && filter.vendor === null
      const near = waysOf(isOfAnyVendor ? { ...filter, method: null } : filter, [])
      const allWays = isOfAnyVendor ? Effect.map(vendors, (names) => waysOf(filter, names)) : Effect.succeed(near)
      const ways = near.length === 0 ? yield* allWays : near
      const [first] = ways
      if (first === undefined) return sure([plain])
      const amount = filter.state === null ? ways.find(({ name }) => name === "amount") : undefined
      const isPutOff = isOfAnyVendor && near.length > 0
      if (ways.length === 1 && amount === undefined && !isPutOff) return sure(branchesOf(first, rest))
      const span = range({ ...filter, after })
      const upTo = edge(byNumber, { ...filter, after }, walked)
      const { way, edge: newest } = yield* surveyOfWays(few, ways, span, upTo)
      return way === undefined
        ? { isSure: false as const, ways, allWays, first, amount, span, rest, newest }
        : sure(branchesOf(way, rest))
    })
  type Open = Exclude<Effect.Effect.Success<ReturnType<typeof surveyed>>, { readonly isSure: true }>

  /** The amounts' index, where it tells all that is asked for and has no more than some. */
  const byAmount = ({ amount, span, rest }: Open) =>
    Effect.map(firstTo(told, amount === undefined ? [] : [amount], span), (way) =>
      way === undefined ? undefined : branchesOf(way, rest)
    )

  /** By the first way to some, as far as one leads to no more; by the amounts' index it is not. Else by the one that tells the most. */
  const byWayToSome = ({ allWays, first, amount, span, rest }: Open) =>
    Effect.gen(function* () {
      const ways = yield* allWays
      const others = ways.filter(({ name }) => name !== amount?.name)
      for (const most of some) {
        const way = yield* firstTo(most, others, span)
        if (way !== undefined) return branchesOf(way, rest)
      }
      // A vendor's index has no amounts: each of its orders would be looked at.
      return branchesOf(amount !== undefined && first.name === "vendor" ? amount : first, rest)
    })

  /** The rows of what is found, with the columns of a payment, newest first. */
  const search = (asked: Search) =>
    Effect.gen(function* () {
      const { after, limit } = asked
      const pageOf = (branches: ReadonlyArray<Branch>) =>
        branches.length === 0 ? Effect.succeed([]) : page(merged(branches, limit, dialect))
      const survey = yield* surveyed(asked, after)
      if (survey.isSure) return yield* pageOf(survey.branches)
      const near = yield* walk(asked, survey.newest)
      // Without an edge, the newest are all that there are.
      if (survey.newest === null || near.length >= limit) return near
      const ofAmount = yield* byAmount(survey)
      if (ofAmount !== undefined) return yield* pageOf(ofAmount)
      const isOfAnyApp = survey.amount !== undefined && asked.app === null
      const along = strollOf(survey.ways, isOfAnyApp ? yield* apps : [], maxApps)
      const parts = isOfAnyApp && along?.index === indexes.app ? [strolled, strolledBeyond] : [strolled]
      const found = along === undefined ? null : yield* stroll(along, asked, parts)
      return found ?? (yield* Effect.flatMap(byWayToSome(survey), pageOf))
    })

  /** Since when there are orders, or since when they are asked for. */
  const begin = ({ createdFromMillis }: OrderFilter) =>
    Effect.map(
      numbers({ text: "SELECT MIN(pay_order_no) AS pay_order_no FROM payment_proxy_order", values: [] }),
      ([first]) => Math.max(timeOf(first ?? ""), createdFromMillis ?? 0)
    )

  /** Of many that are in no order by their numbers, as many as there would be if all were as the newest are. */
  const countWide = (filter: OrderFilter, branch: Branch, newest: string | null) =>
    Effect.gen(function* () {
      const { text, values } = source(branch, dialect)
      const [{ n }] = yield* Effect.flatMap(
        run({
          text: `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${text} LIMIT ${told + 1}) AS some`,
          values
        }),
        countOf
      )
      if (n <= told) return { count: n, isExact: true }
      const looked = source(
        { ...byNumber, conditions: [isPayment, ...range({ ...filter, after: null }), ...from(newest)] },
        dialect
      )
      const wanted = where(conditionsOf(filter, null, dialect))
      const [seen] = yield* Effect.flatMap(
        run({
          text: `SELECT COUNT(CASE WHEN ${wanted.text} THEN 1 END) AS n, MIN(pay_order_no) AS oldest,
            MAX(pay_order_no) AS newest FROM ${looked.text}`,
          values: [...wanted.values, ...looked.values]
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
      const [branch] = branches
      if (branch === undefined) return { count: 0, isExact: true }
      if (branch.index === indexes.amount) return yield* countWide(filter, branch, survey.isSure ? null : survey.newest)
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
