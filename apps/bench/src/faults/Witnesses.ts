import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Currency, Money, Payment, RefundMachine, Words } from "@payment-proxy/domain"
import type * as Checker from "@payment-proxy/testkit/Checker"
import { Either, Schema } from "effect"
import { createConnection } from "mysql2/promise"

type Row = { readonly [column: string]: unknown }

const text = (row: Row, column: string): string => String(row[column])
const textOrNull = (row: Row, column: string): string | null => (row[column] === null ? null : String(row[column]))
const millis = (row: Row, column: string): number => Number(row[column])
const millisOrNull = (row: Row, column: string): number | null => (row[column] === null ? null : Number(row[column]))
const due = (row: Row): Checker.Due => ({
  dueMillis: millisOrNull(row, "due_millis"),
  leaseMillis: millisOrNull(row, "due_lease_millis")
})

const stateOfRefund = (code: number): RefundMachine.State | undefined => Words.wordOf(RefundMachine.states, code)

const factsOf = Schema.decodeUnknownSync(Schema.parseJson(Payment.Facts))

const orderOf = (row: Row): Checker.OrderRow => {
  const currency = Currency.fromNumeric(Number(row["currency"]))
  const state = Words.wordOf(Payment.states, Number(row["pay_status"]))
  if (currency === undefined || state === undefined) throw new Error(`This row is no order: ${JSON.stringify(row)}`)
  const facts = factsOf(row["facts"])
  return {
    ...due(row),
    payOrderNo: text(row, "pay_order_no"),
    merchantOrderNo: textOrNull(row, "third_party_customer_no") ?? text(row, "pay_order_no"),
    app: text(row, "app"),
    idempotencyKey: textOrNull(row, "idempotency_key"),
    state,
    version: Number(row["version"]),
    isInDoubt: Payment.inDoubt({ ...facts, state } as Payment.Payment),
    amountMinor: Either.getOrThrow(Money.parse(text(row, "amount"), currency)).amountMinor,
    currency,
    capturedMinor: facts.captured,
    refundedMinor: Payment.refunded(facts),
    transactionNo: textOrNull(row, "transaction_no")
  }
}

const isRefund = (row: Row): boolean => Number(row["trans_type"]) === Words.transTypes.REFUND

const refundOf = (row: Row): Checker.RefundRow => {
  const currency = Currency.fromNumeric(Number(row["currency"]))
  const state = stateOfRefund(Number(row["pay_status"]))
  if (currency === undefined || state === undefined) throw new Error(`This row is no refund: ${JSON.stringify(row)}`)
  return {
    ...due(row),
    refundNo: text(row, "pay_order_no"),
    payOrderNo: text(row, "parent_no"),
    app: text(row, "app"),
    state,
    version: Number(row["version"]),
    amountMinor: Either.getOrThrow(Money.parse(text(row, "amount"), currency)).amountMinor,
    isAsked: row["idempotency_key"] !== null
  }
}

const tables = [
  "payment_proxy_order",
  "payment_proxy_history",
  "payment_proxy_inbox",
  "payment_proxy_delivery",
  "payment_proxy_app"
] as const
type Tables = { readonly [T in (typeof tables)[number]]: ReadonlyArray<Row> }

const ofFile = (folder: string): Tables => {
  const database = new DatabaseSync(join(folder, "payment-proxy.db"), { readOnly: true })
  try {
    database.exec("PRAGMA busy_timeout = 5000")
    database.exec("BEGIN")
    const all = (table: string) => database.prepare(`SELECT * FROM ${table}`).all() as ReadonlyArray<Row>
    return Object.fromEntries(tables.map((table) => [table, all(table)])) as Tables
  } finally {
    database.close()
  }
}

const ofServer = async (url: string): Promise<Tables> => {
  const connection = await createConnection({ uri: url, supportBigNumbers: true })
  try {
    await connection.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    const found: Array<readonly [string, unknown]> = []
    for (const table of tables) found.push([table, (await connection.query(`SELECT * FROM ${table}`))[0]])
    return Object.fromEntries(found) as Tables
  } finally {
    connection.destroy()
  }
}

/** The endpoints of an app, by the last part of their URLs, which is what a sink knows them by. */
const endpointsOf = (row: Row) =>
  (JSON.parse(text(row, "endpoints")) as ReadonlyArray<{ readonly id: string; readonly url: string }>).map(
    ({ id, url }) => ({ id, app: text(row, "id"), endpoint: url.split("/").at(-1) ?? id })
  )

/** What the database holds, read past all our own code: a MariaDB by its address, or a file by its folder. */
export const dump = async (place: string): Promise<Checker.Dump> => {
  const all = place.startsWith("mysql:") ? await ofServer(place) : ofFile(place)
  const endpoints = all.payment_proxy_app.flatMap(endpointsOf)
  const names = new Map(endpoints.map(({ id, endpoint }) => [id, endpoint]))
  return {
    nowMillis: Date.now(),
    orders: all.payment_proxy_order.filter((row) => !isRefund(row)).map(orderOf),
    refunds: all.payment_proxy_order.filter(isRefund).map(refundOf),
    history: all.payment_proxy_history.map((row) => ({
      payOrderNo: text(row, "pay_order_no"),
      version: Number(row["version"]),
      state: text(row, "state") as Payment.State,
      cause: text(row, "cause"),
      detail: textOrNull(row, "detail"),
      atMillis: millis(row, "at_millis")
    })),
    inbox: all.payment_proxy_inbox.map((row) => ({
      ...due(row),
      number: text(row, "subject_no"),
      sha256: text(row, "sha256")
    })),
    // What is only kept goes nowhere.
    deliveries: all.payment_proxy_delivery
      .filter((row) => row["state"] !== "kept")
      .map((row) => ({
        ...due(row),
        eventId: text(row, "event_id"),
        payOrderNo: text(row, "pay_order_no"),
        version: Number(row["version"]),
        endpoint: names.get(text(row, "endpoint")) ?? text(row, "endpoint"),
        state: text(row, "state") as Checker.DeliveryRow["state"],
        createdMillis: millis(row, "created_millis")
      })),
    endpoints
  }
}

/** The sandbox's ledger as it shows it. */
export interface Shown {
  readonly requests: ReadonlyArray<{
    readonly at: string
    readonly method: string
    readonly path: string
    readonly numbers: ReadonlyArray<string>
    readonly bodySha256: string
    readonly did: string
    readonly status: number | string
  }>
  readonly notifications: ReadonlyArray<{
    readonly number: string
    readonly event: string
    readonly status: number | null
    readonly bodySha256: string | null
    readonly genuine: boolean
  }>
  readonly payments: ReadonlyArray<{
    readonly id: string
    readonly merchant_payment_no: string
    readonly status: string
    readonly amount: number
    readonly currency: string
    readonly refunded: number
  }>
  readonly refunds: ReadonlyArray<{
    /** Null for one that was made at the desk. */
    readonly merchant_refund_no: string | null
    readonly payment_id: string
    readonly merchant_payment_no: string
    readonly status: string
    readonly amount: number
  }>
}

const callOf = (method: string, path: string): Checker.VendorRequest["call"] => {
  if (method === "POST" && path === "/payments") return "create"
  if (method === "POST" && path.endsWith("/close")) return "close"
  if (method === "POST" && path.endsWith("/refunds")) return "refund"
  return method === "GET" && path.startsWith("/payments/") ? "query" : "other"
}

/** A refund's number follows those of its payment, where the platform read that far. */
const refundNoIn = (numbers: ReadonlyArray<string>, ids: ReadonlySet<string>): string | undefined =>
  numbers.slice(1).find((number) => !ids.has(number))

const refundsOf = (refunds: Shown["refunds"]) => {
  const byPayment = new Map<string, Array<NonNullable<Checker.VendorPayment["refunds"]>[number]>>()
  for (const { merchant_refund_no, payment_id, status, amount } of refunds) {
    const all = byPayment.get(payment_id) ?? []
    byPayment.set(payment_id, all)
    const state = status.toLowerCase() as "pending" | "succeeded" | "failed"
    if (merchant_refund_no !== null) all.push({ refundNo: merchant_refund_no, amountMinor: BigInt(amount), state })
  }
  return byPayment
}

/** The ledger in the checker's words. */
export const ledger = ({ requests, notifications, payments, refunds }: Shown): Checker.Ledger => {
  const ids = new Set(payments.map(({ id }) => id))
  const byPayment = refundsOf(refunds)
  return {
    requests: requests.map(({ at, method, path, numbers, bodySha256, did }) => {
      const call = callOf(method, path)
      const operationNo = call === "refund" ? refundNoIn(numbers, ids) : undefined
      return {
        atMillis: Date.parse(at),
        call,
        number: numbers[0] ?? "",
        bodyHash: bodySha256,
        isAccepted: /^created\b/.test(did),
        ...(operationNo === undefined ? {} : { operationNo })
      }
    }),
    notifications: notifications
      .filter(({ bodySha256 }) => bodySha256 !== null)
      .map(({ number, event, status, bodySha256, genuine }) => ({
        number,
        bodySha256: bodySha256 ?? "",
        isGenuine: genuine,
        saysPaid: event === "payment.succeeded" || event === "payment.refunded",
        isTaken: status !== null && status >= 200 && status < 300
      })),
    payments: payments.map(({ id, merchant_payment_no, status, amount, currency, refunded }) => ({
      transactionNo: id,
      number: merchant_payment_no,
      isPaid: status === "SUCCEEDED",
      amountMinor: BigInt(amount),
      currency,
      refundedMinor: BigInt(refunded),
      refunds: byPayment.get(id) ?? []
    }))
  }
}
