import type { SqlClient, SqlError } from "@effect/sql"
import { Deliveries, Inbox, Orders as Rows } from "@payment-proxy/order-table"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Either, Option } from "effect"
import { typed } from "./Database.ts"
import * as Lanes from "./Lanes.ts"

type Answer<A> = Effect.Effect<Option.Option<A>, StoreUnavailable>

/** One caller who wants what a key names; `name` is one text for one key. */
interface Asker<K, A> {
  readonly key: K
  readonly name: string
  readonly tell: (answer: Answer<A>) => void
}

const lanes = 2
const maxAskers = 128
const maxWaiting = 4096

/** So many orders are remembered as they were read last. */
const maxOrders = 4096

type Row = { readonly [column: string]: unknown }

/** How something is looked up. */
interface LookUp<K, A> {
  /** So many are remembered as they were read last. */
  readonly maxKnown: number
  readonly columns: ReadonlyArray<string>
  /** The rows of these keys, with `columns`; the keys are distinct. */
  readonly rows: (keys: ReadonlyArray<K>) => Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
  readonly nameOf: (key: K) => string
  readonly keyOf: (row: Row) => K
  readonly read: (row: Row) => Either.Either<A, unknown>
}

const unavailable = (cause: unknown): StoreUnavailable =>
  cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ cause })

/**
 * Reads of single rows by concurrent callers, sharing statements: what is asked for while a lane is busy goes out as one.
 * Where a statement fails, whoever waits is told at once, and a row that cannot be read is its own asker's trouble alone.
 */
const make = <K, A>({ maxKnown, columns, rows, nameOf, keyOf, read }: LookUp<K, A>) =>
  Effect.gen(function* () {
    const lines = yield* Lanes.make<Asker<K, A>>(lanes, maxAskers)
    const { waiting, put } = lines

    /** What was read last: of a row that says the same. */
    const known = new Map<string, { readonly row: Row; readonly found: A }>()

    /** Whether two rows say the same, column by column: a version alone does not prove it where a database lost what it had. */
    const isSame = (one: Row, other: Row): boolean => columns.every((column) => one[column] === other[column])

    const found = (askers: ReadonlyArray<Asker<K, A>>) =>
      rows([...new Map(askers.map(({ name, key }) => [name, key])).values()]).pipe(
        Effect.map((all) => new Map(all.map((row) => [nameOf(keyOf(row)), row]))),
        typed
      )

    const keep = (name: string, row: Row, found: A): void => {
      if (maxKnown === 0) return
      const [oldest] = known.keys()
      if (oldest !== undefined && known.size >= maxKnown) known.delete(oldest)
      known.set(name, { row, found })
    }

    const answerOf = (name: string, row: Row | undefined): Answer<A> => {
      if (row === undefined) return Effect.succeedNone
      const before = known.get(name)
      if (before !== undefined && isSame(before.row, row)) return Effect.succeed(Option.some(before.found))
      const now = read(row)
      if (Either.isLeft(now)) return Effect.fail(unavailable(now.left))
      keep(name, row, now.right)
      return Effect.succeed(Option.some(now.right))
    }

    const failed = (askers: ReadonlyArray<Asker<K, A>>, cause: unknown) =>
      Effect.sync(() => {
        for (const { tell } of askers) tell(Effect.fail(unavailable(cause)))
      })

    const round = (askers: ReadonlyArray<Asker<K, A>>) =>
      Effect.matchEffect(found(askers), {
        onSuccess: (all) =>
          Effect.sync(() => {
            for (const { name, tell } of askers) tell(answerOf(name, all.get(name)))
          }),
        onFailure: (cause) => failed([...askers, ...waiting.splice(0)], cause)
      })
    for (let count = 0; count < lanes; count++) yield* Lanes.forked(lines, round, failed)

    return (key: K): Answer<A> =>
      Effect.async((tell) => {
        if (waiting.length >= maxWaiting) tell(new StoreUnavailable({ cause: "Too many reads wait for the database." }))
        else put({ key, name: nameOf(key), tell })
      })
  })

const text = (row: Row, column: string): string => String(row[column])

/** The order with this number. */
export const byNumber = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(Rows.columns.join(", "))
  return make({
    maxKnown: maxOrders,
    columns: Rows.columns,
    rows: (numbers: ReadonlyArray<string>) =>
      sql<Row>`SELECT ${columns} FROM payment_proxy_order WHERE ${sql.in("pay_order_no", numbers)}
        AND trans_type = 1`.unprepared,
    nameOf: (payOrderNo) => payOrderNo,
    keyOf: (row) => text(row, "pay_order_no"),
    read: Rows.toPayment
  })
}

/** The order, as it was placed, that a vendor knows by this number. */
export const byMerchantOrderNo = (sql: SqlClient.SqlClient) => {
  const names = [...Rows.columns, "fingerprint"]
  const columns = sql.literal(names.join(", "))
  return make({
    maxKnown: maxOrders,
    columns: names,
    rows: (keys: ReadonlyArray<readonly [vendor: string, merchantOrderNo: string]>) =>
      sql<Row>`SELECT ${columns} FROM payment_proxy_order WHERE trans_type = 1 AND ${sql.or(
        keys.map(
          ([vendor, merchantOrderNo]) => sql`vendor = ${vendor} AND third_party_customer_no = ${merchantOrderNo}`
        )
      )}`.unprepared,
    nameOf: (key) => key.join("\u0000"),
    keyOf: (row) => [text(row, "vendor"), text(row, "third_party_customer_no")] as const,
    read: Rows.toPlaced
  })
}

/** What has an id of its own, in its table: read once for each try, so that none is remembered. */
const byId = <A>(
  sql: SqlClient.SqlClient,
  table: string,
  { columns, read }: Pick<LookUp<string, A>, "columns" | "read">
) => {
  const names = sql.literal(columns.join(", "))
  return make({
    maxKnown: 0,
    columns,
    rows: (ids: ReadonlyArray<string>) =>
      sql<Row>`SELECT ${names} FROM ${sql(table)} WHERE ${sql.in("id", ids)}`.unprepared,
    nameOf: (id) => id,
    keyOf: (row) => text(row, "id"),
    read
  })
}

/** The delivery with this id. */
export const delivery = (sql: SqlClient.SqlClient) => byId(sql, "payment_proxy_delivery", Deliveries)

/** The notification with this id. */
export const notification = (sql: SqlClient.SqlClient) => byId(sql, "payment_proxy_inbox", Inbox)
