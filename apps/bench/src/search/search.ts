import * as Mysql from "@payment-proxy/adapter-mysql"
import * as Searches from "@payment-proxy/adapter-mysql/Searches"
import { OrderNo } from "@payment-proxy/domain"
import { type OrderFilter, Orders, type Search } from "@payment-proxy/ports"
import { Server } from "@payment-proxy/testkit/mariadb/Server"
import { Effect } from "effect"
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise"
import type { Arguments } from "../Arguments.ts"
import * as Chance from "../Chance.ts"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import { endMillis, fill, insert, row, startMillis } from "./fill.ts"
import { filters, type Numbers, whole } from "./filters.ts"

const limit = 50
const expectedMillis = 300
const usualRows = 1_000_000

const tell = (line: string): void => console.log(line)

const one = async (link: Connection, text: string): Promise<RowDataPacket> =>
  (await link.query<Array<RowDataPacket>>(text))[0][0] ?? ({} as RowDataPacket)

/** Numbers of a refunded order in the middle of all. */
export const numbersOf = async (link: Connection): Promise<Numbers> => {
  const middle = OrderNo.least((startMillis + endMillis) / 2)
  const refund = await one(
    link,
    `SELECT * FROM payment_proxy_order WHERE pay_order_no > '${middle}' AND pay_status = 30 AND trans_type + 0 = 2
      AND business_no IS NOT NULL ORDER BY pay_order_no LIMIT 1`
  )
  const payment = await one(link, `SELECT * FROM payment_proxy_order WHERE pay_order_no = '${refund["parent_no"]}'`)
  return {
    own: payment["pay_order_no"],
    business: payment["business_no"],
    transaction: payment["transaction_no"],
    merchant: payment["third_party_customer_no"],
    refund: refund["pay_order_no"],
    vendorRefund: refund["transaction_no"]
  }
}

/** What a plan comes to, table by table: the index, how it is read, how many rows it guesses. */
const planned = async (link: Connection, text: string, values: ReadonlyArray<unknown>): Promise<string> => {
  const [rows] = await link.query<Array<RowDataPacket>>(`EXPLAIN ${text}`, [...values])
  return rows
    .map(
      ({ table, type, key, rows: guess, Extra }) => `${table}:${type}/${key ?? "-"}/${guess ?? "-"} [${Extra ?? ""}]`
    )
    .join("; ")
}

/** How each statement of a search is planned. */
const plansOf = async (link: Connection, search: Search): Promise<ReadonlyArray<string>> => {
  const plans: Array<string> = []
  const searches = Searches.make(({ text, values }) =>
    Effect.promise(async () => {
      plans.push(await planned(link, text, values))
      const [rows] = await link.query<Array<RowDataPacket>>(text, [...values])
      return rows
    })
  )
  await Effect.runPromise(searches.search(search))
  return plans
}

interface Timed {
  /** The quickest: what it takes where nobody else is at work. */
  readonly leastMillis: number
  readonly medianMillis: number
  readonly p99Millis: number
}

const timed = async (times: number, act: () => Promise<unknown>): Promise<Timed> => {
  const all: Array<number> = []
  for (let time = 0; time < times; time++) {
    const begin = performance.now()
    await act()
    all.push(performance.now() - begin)
  }
  all.sort((a, b) => a - b)
  const at = (share: number) => Number((all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? 0).toFixed(1))
  return { leastMillis: at(0), medianMillis: at(0.5), p99Millis: at(0.99) }
}

interface Row {
  readonly name: string
  readonly found: number
  readonly first: Timed
  readonly deep: Timed | null
  readonly count: Timed
  readonly counted: { readonly count: number; readonly isExact: boolean }
  readonly plans: ReadonlyArray<string>
}

const measured = async (
  orders: Orders["Type"],
  link: Connection,
  times: number,
  [name, filter]: readonly [string, Partial<OrderFilter>]
): Promise<Row> => {
  const asked = whole(filter)
  const page = (after: string | null) => Effect.runPromise(orders.search({ ...asked, after, limit }))
  const found = await page(null)
  const first = await timed(times, () => page(null))
  // From the middle of all on.
  const middle = OrderNo.least((startMillis + endMillis) / 2)
  const deep = asked.number === null ? await timed(times, () => page(middle)) : null
  const counted = await Effect.runPromise(orders.count(asked))
  const count = await timed(Math.min(times, 3), () => Effect.runPromise(orders.count(asked)))
  const plans = await plansOf(link, { ...asked, after: null, limit })
  return { name, found: found.length, first, deep, count, counted, plans }
}

/** Tables with the same orders: with all indexes, without one each, and with those of before. */
const variants = [
  ["all indexes", null],
  ["without the amounts'", "DROP KEY payment_proxy_order_amounts"],
  ["without the vendors'", "DROP KEY payment_proxy_order_vendor"],
  ["without the states'", "DROP KEY payment_proxy_order_state"],
  [
    "as it was before",
    `DROP KEY payment_proxy_order_amounts, DROP KEY payment_proxy_order_vendor, DROP KEY payment_proxy_order_state,
      DROP KEY payment_proxy_order_app, ADD KEY payment_proxy_order_app (app, pay_order_no), DROP COLUMN amount_minor`
  ]
] as const

const perBatch = 64
const batches = 150
/** Rows that are there before: written one after the other, as pages of an index that was made at once are full, and all split. */
const settled = 20_000

/** Microseconds of an insert and of a move of state, in transactions of 64 as the store's are; the tables take turns. */
const costs = async (link: Connection, seed: number) => {
  const next = Chance.numbers(seed + 1)
  let index = 0
  const some = (count: number) => Array.from({ length: count }, () => row(index++, usualRows, next))
  const tables = variants.map(([name], at) => ({
    name,
    table: `payment_proxy_cost_${at}`,
    inserts: [] as Array<number>,
    moves: [] as Array<number>
  }))
  for (const [at, [, statement]] of variants.entries()) {
    await link.query(`CREATE TABLE payment_proxy_cost_${at} LIKE payment_proxy_order`)
    if (statement !== null) await link.query(`ALTER TABLE payment_proxy_cost_${at} ${statement}`)
  }
  const into = (table: string, rows: Parameters<typeof insert>[0]) =>
    link.query(insert(rows).replace("payment_proxy_order", table))
  while (index < settled) {
    const rows = some(500)
    for (const { table } of tables) await into(table, rows)
  }
  for (let batch = 0; batch < batches; batch++) {
    const rows = some(perBatch)
    const numbers = rows.map(([no]) => `'${no}'`).join(",")
    for (let turn = 0; turn < tables.length; turn++) {
      const one = tables[(turn + batch) % tables.length]
      if (one === undefined) continue
      const begun = performance.now()
      await into(one.table, rows)
      const written = performance.now()
      await link.query(`UPDATE ${one.table} SET pay_status = 51 WHERE pay_order_no IN (${numbers})`)
      one.inserts.push(written - begun)
      one.moves.push(performance.now() - written)
    }
  }
  const micros = (times: ReadonlyArray<number>, share: number) =>
    Number(((1000 * (times.toSorted((a, b) => a - b)[Math.floor(share * times.length)] ?? 0)) / perBatch).toFixed(1))
  return tables.map(({ name, inserts, moves }) => ({
    name,
    insertMicros: micros(inserts, 0.1),
    insertMedianMicros: micros(inserts, 0.5),
    moveMicros: micros(moves, 0.1),
    moveMedianMicros: micros(moves, 0.5)
  }))
}

const shown = ({ name, found, first, deep, count, counted, plans }: Row): ReadonlyArray<string> => [
  `${name.padEnd(40)} ${String(found).padStart(3)} found  first ${first.leastMillis}/${first.medianMillis}/${first.p99Millis} ms  deep ${
    deep === null ? "-" : `${deep.leastMillis}/${deep.medianMillis}/${deep.p99Millis} ms`
  }  count ${count.leastMillis}/${count.medianMillis} ms (${counted.isExact ? "" : "about "}${counted.count})`,
  ...plans.map((plan) => `    ${plan}`)
]

/** How long a search takes by each filter, its first page and one in the middle, and what the indexes cost a create. */
export const run = ({ name, seed, times, rows = usualRows }: Arguments) =>
  Effect.promise(async (): Promise<Printed> => {
    const server = await Server.start({
      extra: ["--innodb-buffer-pool-size=2G", "--innodb-log-file-size=1G", "--max-allowed-packet=64M"]
    })
    try {
      const link = await createConnection({ uri: server.url("information_schema") })
      await link.query("CREATE DATABASE bench")
      await link.query("USE bench")
      const store = Mysql.layer({ url: server.url("bench") })
      await Effect.runPromise(Effect.provide(Effect.void, store))
      const begun = performance.now()
      await fill(link, rows, seed, tell)
      await link.query("ANALYZE TABLE payment_proxy_order")
      tell(`Filled in ${Math.round((performance.now() - begun) / 1000)} s.`)
      const numbers = await numbersOf(link)
      const indexes = await costs(link, seed)
      tell(JSON.stringify(indexes))
      const all: Array<Row> = []
      await Effect.runPromise(
        Effect.flatMap(Orders, (orders) =>
          Effect.promise(async () => {
            for (const entry of Object.entries(filters(numbers))) {
              const result = await measured(orders, link, times, entry)
              tell(shown(result).join("\n"))
              all.push(result)
            }
          })
        ).pipe(Effect.provide(store))
      )
      link.destroy()
      const slow = all.filter(
        ({ first, deep }) => Math.max(first.medianMillis, deep?.medianMillis ?? 0) >= expectedMillis
      )
      const searches = all.map(({ plans: _, ...rest }) => rest)
      return {
        lines: [
          ...indexes.map(
            (cost) =>
              `${cost.name}: ${cost.insertMicros} (median ${cost.insertMedianMicros}) µs an insert, ${cost.moveMicros} (${cost.moveMedianMicros}) µs a move of state`
          ),
          slow.length === 0
            ? `Every search took less than ${expectedMillis} ms.`
            : `Slower than ${expectedMillis} ms: ${slow.map((row) => row.name).join(", ")}.`
        ],
        json: { name, seed, rows, searches, indexes, machine: Report.machine() },
        isRight: slow.length === 0
      }
    } finally {
      await server.close()
    }
  })
