// What the hand-written peers stand on: one pool of 20 connections to the database, undici with connections that stay open
// to the platform, a token that is renewed ahead, the key of the one app in memory, and the statements of an order's life.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { Payment, Words } from "@payment-proxy/domain"
import type { FastifyReply } from "fastify"
import { createPool, type PoolConnection, type ResultSetHeader } from "mysql2/promise"
import { Pool } from "undici"

const { env } = process
const given = (name: string): string => {
  const value = env[name]
  if (value === undefined || value === "") throw new Error(`${name} is missing.`)
  return value
}

export const database = createPool({
  uri: given("DATABASE_URL"),
  connectionLimit: 20,
  maxIdle: 20,
  enableKeepAlive: true,
  supportBigNumbers: true,
  dateStrings: true,
  timezone: "Z"
})
const platformUrl = new URL(given("PLATFORM_URL"))
export const platform = new Pool(platformUrl.origin, { connections: 128, pipelining: 1, keepAliveTimeout: 30_000 })

const tokenOf = async (): Promise<string> => {
  const basic = Buffer.from(`${given("PLATFORM_CLIENT_ID")}:${given("PLATFORM_CLIENT_SECRET")}`).toString("base64")
  const response = await fetch(`${given("PLATFORM_ISSUER")}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials&scope=payments"
  })
  const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number }
  setTimeout(() => void renew(), expires_in * 800).unref()
  return access_token
}
let token = ""
const renew = async (): Promise<void> => {
  token = await tokenOf()
}
await renew()

/** The platform's access token as it is now. */
export const tokenNow = (): string => token

/** The one app. */
export const app = given("APP")
const secretHash = createHash("sha256").update(given("APP_KEY")).digest()
/** Whether the header brings the app's key. */
export const isKnown = (header: string | undefined): boolean => {
  const key = /^bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? ""
  return timingSafeEqual(createHash("sha256").update(key).digest(), secretHash)
}

export const { SUBMITTING, PENDING } = Payment.states
export const methods: { readonly [name: string]: number } = Words.methods
export const sources: { readonly [name: string]: number } = Words.sources
export const currencies: { readonly [code: string]: { readonly numeric: number; readonly digits: number } } = {
  CNY: { numeric: 156, digits: 2 },
  USD: { numeric: 840, digits: 2 },
  JPY: { numeric: 392, digits: 0 }
}
/** The word that a code stands for. */
export const wordOf = (codes: { readonly [name: string]: number }, code: number): string =>
  Object.keys(codes).find((name) => codes[name] === code) ?? ""

export const timeOf = (millis: number): string => new Date(millis).toISOString()

/** A new order's number, in the order of time. */
export const newNumber = (nowMillis: number): string =>
  nowMillis.toString(36).padStart(9, "0") + randomBytes(10).toString("hex")

const canonical = (json: unknown): string => {
  if (typeof json !== "object" || json === null) return JSON.stringify(json)
  const members = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(",")}}`
}
/** The same for the same JSON, however it is spaced. */
export const fingerprintOf = (json: unknown): string => createHash("sha256").update(canonical(json)).digest("hex")

/** A text without control characters, as a schema. */
export const text = (maxLength: number, minLength = 1) => ({
  type: "string",
  minLength,
  maxLength,
  pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
})

const insertOrder =
  "INSERT INTO payment_proxy_order (pay_order_no, pay_status, amount, currency, trans_type, pay_method, pay_source, third_party_customer_no, is_deleted, creator, business_no, app, vendor, version, learnt_version, idempotency_key, fingerprint, capture, metadata, created_millis, expires_millis, deadline_millis, facts, sealed_request, due_millis) VALUES (?, ?, ?, ?, 1, ?, ?, ?, 'N', ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
const updateOrder =
  "UPDATE payment_proxy_order SET pay_status = ?, transaction_no = ?, facts = ?, version = ?, due_millis = ? WHERE pay_order_no = ? AND version = ?"
const insertHistory =
  "INSERT INTO payment_proxy_history (pay_order_no, version, state, cause, detail, at_millis, nonce) VALUES (?, ?, ?, ?, ?, ?, '')"
const insertEvent =
  "INSERT INTO payment_proxy_delivery (id, event_id, pay_order_no, version, app, endpoint, type, body, created_millis, state, due_millis) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)"

/** An order before the vendor is asked. */
export interface Intent {
  readonly payOrderNo: string
  /** What the vendor knows it by. */
  readonly merchantOrderNo: string
  readonly vendor: string
  readonly businessNo: string | null
  readonly amount: string
  readonly currency: number
  readonly method: number
  readonly source: number
  readonly idempotencyKey: string | null
  readonly fingerprint: string
  readonly capture: string
  readonly metadata: string
  readonly createdMillis: number
  readonly expiresMillis: number
  readonly facts: string
  /** What is asked of the vendor. */
  readonly request: string
}

/** Puts an intent on disk; fails where its number or its key is taken. */
export const insert = (intent: Intent) =>
  database.execute(insertOrder, [
    intent.payOrderNo,
    SUBMITTING,
    intent.amount,
    intent.currency,
    intent.method,
    intent.source,
    intent.merchantOrderNo,
    app,
    intent.businessNo,
    app,
    intent.vendor,
    intent.idempotencyKey,
    intent.fingerprint,
    intent.capture,
    intent.metadata,
    intent.createdMillis,
    intent.expiresMillis,
    intent.expiresMillis + 300_000,
    intent.facts,
    intent.request,
    intent.createdMillis + 20_000
  ])

const inTransaction = async (work: (connection: PoolConnection) => Promise<void>): Promise<void> => {
  const connection = await database.getConnection()
  try {
    await connection.beginTransaction()
    await work(connection)
    await connection.commit()
  } catch (error) {
    await connection.rollback()
    throw error
  } finally {
    connection.release()
  }
}

/** The order is open at the vendor: version check, history and event in one transaction. `told` is what the app is told. */
export const moveToPending = (
  payOrderNo: string,
  {
    transactionNo,
    facts,
    told
  }: { readonly transactionNo: string | null; readonly facts: string; readonly told: object }
): Promise<void> =>
  inTransaction(async (connection) => {
    const at = Date.now()
    const moved = [PENDING, transactionNo, facts, 2, at + 60_000, payOrderNo, 1]
    const [{ affectedRows }] = await connection.execute<ResultSetHeader>(updateOrder, moved)
    if (affectedRows !== 1) throw new Error(`${payOrderNo} moved under us.`)
    await connection.execute(insertHistory, [payOrderNo, 2, "PENDING", "create:open", null, at])
    const id = `evt_${randomBytes(16).toString("hex")}`
    const event = JSON.stringify({ type: "order.pending", timestamp: timeOf(at), data: told })
    const delivery = [`dlv_${id}`, id, payOrderNo, 2, app, "webhook", "order.pending", event, at, at]
    await connection.execute(insertEvent, delivery)
  })

export const problem = (reply: FastifyReply, status: number, code: string) =>
  reply.code(status).type("application/problem+json").send(JSON.stringify({ status, code }))

/** Whether a unique key of the table is taken. */
export const isTaken = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errno" in error && error.errno === 1062
