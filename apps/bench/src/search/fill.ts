import { Currency, Money, OrderNo, Payment, Words } from "@payment-proxy/domain"
import type { Connection, RowDataPacket } from "mysql2/promise"
import * as Chance from "../Chance.ts"

const dayMillis = 86_400_000
/** The last 90 days of this year's beginning; nothing goes by the real time. */
export const endMillis = 1_790_000_000_000
export const startMillis = endMillis - 90 * dayMillis
const perStatement = 500
const perTransaction = 10_000

/** What few or only old orders have, and what none has. */
export const rare = {
  /** All its orders are of the first two days. */
  oldApp: "app_old",
  oldVendor: "vendor_old",
  /** A hundred orders, all of the first days. */
  currency: "ISK",
  /** A third of the orders of the first nine days, and none later. */
  oldCurrency: "KRW",
  held: 200
} as const

const vendors = ["alipay_main", "wechatpay_main", "mpgs_main", "paypal_main", "platform_main"]
const methodOf: { readonly [vendor: string]: Words.Method } = {
  alipay_main: "ALIPAY",
  wechatpay_main: "WECHAT_PAY",
  mpgs_main: "CARD",
  paypal_main: "PAYPAL",
  platform_main: "ALIPAY",
  vendor_old: "ALIPAY"
}
const prices = [990, 1990, 2990, 4990, 9900, 12_800, 19_900, 29_900, 49_900, 99_900]

type Row = ReadonlyArray<string | number | null>

export const columns = [
  "pay_order_no",
  "pay_status",
  "amount",
  "currency",
  "trans_type",
  "pay_method",
  "pay_source",
  "transaction_no",
  "third_party_customer_no",
  "is_deleted",
  "creator",
  "business_no",
  "app",
  "vendor",
  "version",
  "learnt_version",
  "idempotency_key",
  "fingerprint",
  "capture",
  "metadata",
  "created_millis",
  "expires_millis",
  "deadline_millis",
  "paid_millis",
  "facts",
  "sealed_request",
  "parent_no"
] as const

const textOf = (cell: string | number | null | undefined): string =>
  typeof cell === "number" ? String(cell) : cell === null || cell === undefined ? "NULL" : `'${cell}'`

/** Rows as one statement; none of their texts has quotes or backslashes. */
export const insert = (rows: ReadonlyArray<Row>): string =>
  `INSERT INTO payment_proxy_order (${columns.join(", ")}) VALUES ${rows
    .map((row) => `(${row.map(textOf).join(",")})`)
    .join(",")}`

const stateOf = (share: number, isNewest: boolean, isHeld: boolean): Payment.State => {
  if (isHeld) return "HELD"
  if (isNewest) return share < 0.5 ? "PENDING" : "SUCCEEDED"
  if (share < 0.84) return "SUCCEEDED"
  if (share < 0.93) return "CLOSED"
  if (share < 0.97) return "FAILED"
  return share < 0.99 ? "REFUNDED" : "PARTIALLY_REFUNDED"
}

const currencyOf = (share: number): Currency.Currency => {
  if (share < 0.8) return "CNY"
  if (share < 0.92) return "USD"
  return share < 0.97 ? "JPY" : "EUR"
}

const hex = (length: number, next: () => number): string => {
  let text = ""
  while (text.length < length)
    text += Math.floor(next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0")
  return text.slice(0, length)
}

/** Whose an order is, where it goes, and what it is for. */
const kindOf = (index: number, rows: number, next: () => number) => {
  const isOld = index < (rows * 2) / 90
  // Twenty apps, the first with a third of all.
  const app = isOld && next() < 0.05 ? rare.oldApp : `app_${Math.floor(20 * next() ** 3)}`
  const vendor = isOld && next() < 0.05 ? rare.oldVendor : Chance.pick(vendors, next)
  const isRare = index < 10_000 && index % 100 === 0
  const isOldCurrency = index < rows / 10 && index % 3 === 0
  const currency = isRare ? rare.currency : isOldCurrency ? rare.oldCurrency : currencyOf(next())
  const amountMinor = next() < 0.6 ? Chance.pick(prices, next) : Math.floor(100 * 10 ** (4 * next()))
  return { app, vendor, amount: Money.make(BigInt(amountMinor), currency) }
}

/** One order of `rows`, the `index`th in time. */
export const row = (index: number, rows: number, next: () => number): Row => {
  const nowMillis = startMillis + Math.floor((index * (endMillis - startMillis)) / rows)
  const random = Uint8Array.from({ length: 10 }, () => Math.floor(next() * 256))
  const no = OrderNo.make({ nowMillis, shard: Math.floor(next() * OrderNo.shards), random })
  const { app, vendor, amount } = kindOf(index, rows, next)
  const state = stateOf(next(), index > rows - rows / 2000, index % Math.ceil(rows / rare.held) === 7)
  const isPaid = Payment.isSettled(state)
  const facts = `{"arrived":true,"unknownCalls":0,"authorized":"0","authorizedUntilMillis":null,"captureAsked":null,"captured":"${isPaid ? amount.amountMinor : 0n}","refundTotal":"0","refundItems":[],"ownRefunds":[],"toldDead":false,"lateAccepted":false,"acceptedMinor":null,"operation":null,"operationCount":0,"contradiction":null,"disputes":[],"secondPayments":[],"failure":null,"heldReason":null,"next":null}`
  return [
    no,
    Payment.states[state],
    Money.format(amount),
    Currency.numeric(amount.currency),
    1,
    Words.methods[methodOf[vendor] ?? "CARD"],
    3,
    isPaid ? `2026${hex(24, next)}` : null,
    no,
    "N",
    app,
    next() < 0.7 ? `B${hex(12, next)}` : null,
    app,
    vendor,
    3,
    3,
    `key-${hex(24, next)}`,
    hex(64, next),
    "automatic",
    "{}",
    nowMillis,
    nowMillis + 900_000,
    nowMillis + 1_200_000,
    isPaid ? nowMillis + 30_000 : null,
    facts,
    hex(600, next),
    null
  ]
}

/** A payment's refund, succeeded. */
const refundOf = (payment: Row): Row => {
  const cells = Object.fromEntries(columns.map((name, at) => [name, payment[at] ?? null]))
  const refundNo = `${cells["pay_order_no"]}R1`
  const changed: { readonly [name: string]: string | number | null } = {
    ...cells,
    pay_order_no: refundNo,
    third_party_customer_no: refundNo,
    pay_status: 30,
    trans_type: 2,
    transaction_no: `R${cells["transaction_no"]}`,
    idempotency_key: `refund ${refundNo}`,
    sealed_request: null,
    parent_no: cells["pay_order_no"] ?? null
  }
  return columns.map((name) => changed[name] ?? null)
}

/** The indexes of the orders' table but the two that each row is told by, as it was made with. */
const indexesOf = async (
  link: Connection
): Promise<ReadonlyArray<{ readonly name: string; readonly made: string }>> => {
  const [[made]] = await link.query<Array<RowDataPacket>>("SHOW CREATE TABLE payment_proxy_order")
  const lines = String(made?.["Create Table"]).split("\n")
  return lines.flatMap((line) => {
    const [, text, name] = /^ *((?:UNIQUE )?KEY `(\w+)` .*?),?$/.exec(line) ?? []
    return text === undefined || name === undefined || name === "payment_order_pay_order_no_index"
      ? []
      : { name, made: text }
  })
}

/** `act` on a table without its indexes, which are made again at once at the end: in a quarter of the time. */
const unindexed = async (link: Connection, act: () => Promise<void>): Promise<void> => {
  const all = await indexesOf(link)
  await link.query(`ALTER TABLE payment_proxy_order ${all.map(({ name }) => `DROP KEY ${name}`).join(", ")}`)
  await act()
  await link.query(`ALTER TABLE payment_proxy_order ${all.map(({ made }) => `ADD ${made}`).join(", ")}`)
}

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))
const cleanPages = 500

/**
 * Waits until what was written is in its files: as long as it is not, it fills the log, and whatever is written after it waits for
 * pages of it, as it would not for orders of months.
 */
const settled = async (link: Connection, tell: (line: string) => void): Promise<void> => {
  const begin = performance.now()
  const names = ["innodb_max_dirty_pages_pct", "innodb_io_capacity_max", "innodb_io_capacity"]
  const [[was]] = await link.query<Array<RowDataPacket>>(
    `SELECT ${names.map((name) => `@@${name} AS ${name}`).join(", ")}`
  )
  await link.query(
    "SET GLOBAL innodb_max_dirty_pages_pct = 0, innodb_io_capacity_max = 20000, innodb_io_capacity = 20000"
  )
  for (;;) {
    const [[row]] = await link.query<Array<RowDataPacket>>("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")
    if (Number(row?.["Value"]) < cleanPages) break
    await sleep(100)
  }
  for (const name of names.toReversed()) await link.query(`SET GLOBAL ${name} = ${Number(was?.[name])}`)
  tell(`They are in their files after ${((performance.now() - begin) / 1000).toFixed(1)} s more.`)
}

/** Orders of 90 days, and a refund for every one that was refunded, all in their files; the same for the same seed. */
export const fill = async (link: Connection, rows: number, seed: number, tell: (line: string) => void) => {
  const next = Chance.numbers(seed)
  let waiting: Array<Row> = []
  const write = async () => {
    if (waiting.length > 0) await link.query(insert(waiting))
    waiting = []
  }
  await unindexed(link, async () => {
    await link.query("BEGIN")
    for (let index = 0; index < rows; index++) {
      const one = row(index, rows, next)
      waiting.push(one)
      if (one[1] === Payment.states.REFUNDED) waiting.push(refundOf(one))
      if (waiting.length >= perStatement) await write()
      if (index % perTransaction === perTransaction - 1) await link.query("COMMIT AND CHAIN")
      if (index % 100_000 === 99_999) tell(`${(index + 1).toLocaleString("en")} orders are there.`)
    }
    await write()
    await link.query("COMMIT")
  })
  await settled(link, tell)
}
