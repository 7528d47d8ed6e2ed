// Peer A: the create and the read of an order as a good engineer writes them by hand. Fastify with its own validation
// and serialisation, mysql2 with prepared statements on a pool of 20, undici with connections that stay open; the same
// table, the same durability, the same steps: the intent on disk, the vendor asked, then version check, history and
// event in one transaction. It has no loops, no other calls, and it knows one app, whose key it holds in memory.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { Payment, Words } from "@payment-proxy/domain"
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify"
import { createPool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise"
import { Pool } from "undici"

const { env } = process
const given = (name: string): string => {
  const value = env[name]
  if (value === undefined || value === "") throw new Error(`${name} is missing.`)
  return value
}

const database = createPool({
  uri: given("DATABASE_URL"),
  connectionLimit: 20,
  maxIdle: 20,
  enableKeepAlive: true,
  supportBigNumbers: true,
  dateStrings: true,
  timezone: "Z"
})
const platformUrl = new URL(given("PLATFORM_URL"))
const platform = new Pool(platformUrl.origin, { connections: 128, pipelining: 1, keepAliveTimeout: 30_000 })

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

const app = given("APP")
const secretHash = createHash("sha256").update(given("APP_KEY")).digest()
const isKnown = (header: string | undefined): boolean => {
  const key = /^bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? ""
  return timingSafeEqual(createHash("sha256").update(key).digest(), secretHash)
}

const { SUBMITTING, PENDING } = Payment.states
const methods: { readonly [name: string]: number } = Words.methods
const sources: { readonly [name: string]: number } = Words.sources
const currencies: { readonly [code: string]: { readonly numeric: number; readonly digits: number } } = {
  CNY: { numeric: 156, digits: 2 },
  USD: { numeric: 840, digits: 2 },
  JPY: { numeric: 392, digits: 0 }
}
const wordOf = (codes: { readonly [name: string]: number }, code: number): string =>
  Object.keys(codes).find((name) => codes[name] === code) ?? ""

/** A text without control characters. */
const text = (maxLength: number, minLength = 1) => ({
  type: "string",
  minLength,
  maxLength,
  pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
})
const body = {
  type: "object",
  additionalProperties: false,
  required: ["vendor", "amount", "method", "source", "description"],
  properties: {
    vendor: { type: "string", pattern: "^[a-z0-9-]{1,64}$" },
    businessNo: { type: "string", pattern: "^[!-~]{1,64}$" },
    amount: {
      type: "object",
      additionalProperties: false,
      required: ["value", "currency"],
      properties: {
        value: { type: "string", pattern: "^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,4})?$" },
        currency: { type: "string", enum: Object.keys(currencies) }
      }
    },
    method: { type: "string", enum: Object.keys(methods) },
    source: { type: "string", enum: Object.keys(sources) },
    description: text(127),
    payer: {
      type: "object",
      additionalProperties: false,
      properties: { openId: text(128), buyerId: text(128), ip: text(128) }
    },
    returnUrl: { type: "string", maxLength: 2048, pattern: "^https?://\\S+$" },
    expiresIn: { type: "integer", minimum: 60, maximum: 86_400, default: 900 },
    capture: { type: "string", enum: ["automatic", "manual"], default: "automatic" },
    metadata: { type: "object", maxProperties: 20, additionalProperties: text(256, 0) }
  }
}
const nullable = { type: ["string", "null"] }
const amountShown = { type: "object", properties: { value: { type: "string" }, currency: { type: "string" } } }
const order = {
  type: "object",
  properties: {
    payOrderNo: { type: "string" },
    status: { type: "string" },
    inDoubt: { type: "boolean" },
    version: { type: "integer" },
    vendor: { type: "string" },
    businessNo: nullable,
    amount: amountShown,
    refunded: amountShown,
    method: { type: "string" },
    source: { type: "string" },
    transactionNo: nullable,
    createdAt: { type: "string" },
    paidAt: nullable,
    expiresAt: { type: "string" },
    failure: { type: "null" },
    metadata: { type: "object", additionalProperties: { type: "string" } },
    next: {
      type: ["object", "null"],
      properties: { type: { type: "string" }, url: { type: "string" }, payload: { type: "string" } }
    }
  }
}

interface Asked {
  readonly vendor: string
  readonly businessNo?: string
  readonly amount: { readonly value: string; readonly currency: string }
  readonly method: string
  readonly source: string
  readonly description: string
  readonly returnUrl?: string
  readonly expiresIn: number
  readonly capture: string
  readonly metadata?: { readonly [name: string]: string }
}

/** The columns that make up an answer. */
interface Shown {
  readonly pay_order_no: string
  readonly pay_status: number
  readonly version: number
  readonly vendor: string
  readonly business_no: string | null
  readonly amount: string
  readonly currency: number
  readonly pay_method: number
  readonly pay_source: number
  readonly transaction_no: string | null
  readonly created_millis: number
  readonly expires_millis: number
  readonly paid_millis: number | null
  readonly metadata: string
  readonly facts: string
}
type Row = Shown & { readonly fingerprint: string } & RowDataPacket
const columns =
  "pay_order_no, pay_status, version, vendor, business_no, amount, currency, pay_method, pay_source, transaction_no, created_millis, expires_millis, paid_millis, metadata, facts, fingerprint"

const timeOf = (millis: number): string => new Date(millis).toISOString()
const shown = (row: Shown) => {
  const currency = Object.keys(currencies).find((code) => currencies[code]?.numeric === row.currency) ?? ""
  const digits = currencies[currency]?.digits ?? 0
  return {
    payOrderNo: row.pay_order_no,
    status: wordOf(Payment.states, row.pay_status),
    inDoubt: row.pay_status === SUBMITTING,
    version: row.version,
    vendor: row.vendor,
    businessNo: row.business_no,
    amount: { value: row.amount, currency },
    refunded: { value: (0).toFixed(digits), currency },
    method: wordOf(methods, row.pay_method),
    source: wordOf(sources, row.pay_source),
    transactionNo: row.transaction_no,
    createdAt: timeOf(row.created_millis),
    paidAt: row.paid_millis === null ? null : timeOf(row.paid_millis),
    expiresAt: timeOf(row.expires_millis),
    failure: null,
    metadata: JSON.parse(row.metadata) as object,
    next: (JSON.parse(row.facts) as { readonly next: object | null }).next
  }
}

const canonical = (json: unknown): string => {
  if (typeof json !== "object" || json === null) return JSON.stringify(json)
  const members = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(",")}}`
}

/** The vendor's answer, or nothing where it is not known what became of the call. */
const ask = async (payOrderNo: string, asked: Asked, minor: number, expiresMillis: number) => {
  const request = JSON.stringify({
    merchant_payment_no: payOrderNo,
    amount: minor,
    currency: asked.amount.currency,
    scene: asked.source,
    method: asked.method,
    subject: asked.description,
    return_url: asked.returnUrl,
    expires_at: timeOf(expiresMillis)
  })
  try {
    const response = await platform.request({
      method: "POST",
      path: "/payments",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        authorization: `Bearer ${token}`,
        "idempotency-key": `"${payOrderNo}"`
      },
      body: request,
      headersTimeout: 10_000,
      bodyTimeout: 10_000
    })
    const answer = (await response.body.json()) as {
      readonly id: string
      readonly status: string
      readonly action?: { readonly type: string; readonly url: string }
    }
    if (response.statusCode >= 300 || typeof answer.id !== "string") return undefined
    return { transactionNo: answer.id, next: answer.action ?? null }
  } catch {
    return undefined
  }
}

const insertOrder =
  "INSERT INTO payment_proxy_order (pay_order_no, pay_status, amount, currency, trans_type, pay_method, pay_source, third_party_customer_no, is_deleted, creator, business_no, app, vendor, version, learnt_version, idempotency_key, fingerprint, capture, metadata, created_millis, expires_millis, deadline_millis, facts, sealed_request, due_millis) VALUES (?, ?, ?, ?, 1, ?, ?, ?, 'N', ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
const updateOrder =
  "UPDATE payment_proxy_order SET pay_status = ?, transaction_no = ?, facts = ?, version = ?, due_millis = ? WHERE pay_order_no = ? AND version = ?"
const insertHistory =
  "INSERT INTO payment_proxy_history (pay_order_no, version, state, cause, detail, at_millis, nonce) VALUES (?, ?, ?, ?, ?, ?, '')"
const insertEvent =
  "INSERT INTO payment_proxy_delivery (id, event_id, pay_order_no, version, app, endpoint, type, body, created_millis, state, due_millis) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)"

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

const problem = (reply: FastifyReply, status: number, code: string) =>
  reply.code(status).type("application/problem+json").send(JSON.stringify({ status, code }))

const isTaken = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errno" in error && error.errno === 1062

const place = async (request: FastifyRequest, reply: FastifyReply) => {
  if (!isKnown(request.headers.authorization)) return problem(reply, 401, "UNAUTHORIZED")
  const key = request.headers["idempotency-key"]
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key))
    return problem(reply, 400, "IDEMPOTENCY_KEY_INVALID")
  const asked = request.body as Asked
  const currency = currencies[asked.amount.currency]
  const [whole = "", decimals = ""] = asked.amount.value.split(".")
  if (currency === undefined || decimals.length > currency.digits) return problem(reply, 400, "AMOUNT_INVALID")
  const minor = Number(whole + decimals.padEnd(currency.digits, "0"))
  if (minor === 0 || !Number.isSafeInteger(minor)) return problem(reply, 400, "AMOUNT_INVALID")
  const fingerprint = createHash("sha256").update(canonical(asked)).digest("hex")
  const now = Date.now()
  const payOrderNo = now.toString(36).padStart(9, "0") + randomBytes(10).toString("hex")
  const expires = now + asked.expiresIn * 1000
  const row: Shown = {
    pay_order_no: payOrderNo,
    pay_status: SUBMITTING,
    version: 1,
    vendor: asked.vendor,
    business_no: asked.businessNo ?? null,
    amount: asked.amount.value,
    currency: currency.numeric,
    pay_method: methods[asked.method] ?? 0,
    pay_source: sources[asked.source] ?? 0,
    transaction_no: null,
    created_millis: now,
    expires_millis: expires,
    paid_millis: null,
    metadata: JSON.stringify(asked.metadata ?? {}),
    facts: '{"next":null}'
  }
  try {
    await database.execute(insertOrder, [
      payOrderNo,
      SUBMITTING,
      row.amount,
      row.currency,
      row.pay_method,
      row.pay_source,
      payOrderNo,
      app,
      row.business_no,
      app,
      row.vendor,
      key,
      fingerprint,
      asked.capture,
      row.metadata,
      now,
      expires,
      expires + 300_000,
      row.facts,
      JSON.stringify(asked),
      now + 20_000
    ])
  } catch (error) {
    if (!isTaken(error)) return problem(reply, 503, "STORE_UNAVAILABLE")
    const [found] = await database.execute<Array<Row>>(
      `SELECT ${columns} FROM payment_proxy_order WHERE app = ? AND idempotency_key = ?`,
      [app, key]
    )
    if (found[0]?.fingerprint !== fingerprint) return problem(reply, 422, "IDEMPOTENCY_KEY_REUSED")
    return reply.code(200).send(shown(found[0]))
  }
  const answer = await ask(payOrderNo, asked, minor, expires)
  if (answer === undefined) return reply.code(202).send(shown(row))
  const moved: Shown = {
    ...row,
    pay_status: PENDING,
    version: 2,
    transaction_no: answer.transactionNo,
    facts: JSON.stringify({ next: answer.next })
  }
  const told = shown(moved)
  await inTransaction(async (connection) => {
    const at = Date.now()
    const [{ affectedRows }] = await connection.execute<ResultSetHeader>(updateOrder, [
      PENDING,
      moved.transaction_no,
      moved.facts,
      2,
      at + 60_000,
      payOrderNo,
      1
    ])
    if (affectedRows !== 1) throw new Error(`${payOrderNo} moved under us.`)
    await connection.execute(insertHistory, [payOrderNo, 2, "PENDING", "create:open", null, at])
    const eventId = `evt_${randomBytes(16).toString("hex")}`
    const event = JSON.stringify({ type: "order.pending", timestamp: timeOf(at), data: told })
    await connection.execute(insertEvent, [
      `dlv_${eventId}`,
      eventId,
      payOrderNo,
      2,
      app,
      "webhook",
      "order.pending",
      event,
      at,
      at
    ])
  })
  return reply.code(201).send(told)
}

const read = async (request: FastifyRequest, reply: FastifyReply) => {
  if (!isKnown(request.headers.authorization)) return problem(reply, 401, "UNAUTHORIZED")
  const { payOrderNo } = request.params as { readonly payOrderNo: string }
  const [found] = await database.execute<Array<Row>>(
    `SELECT ${columns} FROM payment_proxy_order WHERE pay_order_no = ? AND app = ?`,
    [payOrderNo, app]
  )
  return found[0] === undefined ? problem(reply, 404, "ORDER_NOT_FOUND") : reply.send(shown(found[0]))
}

const server = Fastify({ bodyLimit: 256 * 1024, ajv: { customOptions: { removeAdditional: false, allErrors: true } } })
const response = { "2xx": order }
server.post("/v1/orders", { schema: { body, response } }, place)
server.get("/v1/orders/:payOrderNo", { schema: { response } }, read)

await renew()
const url = await server.listen({ port: 0, host: "127.0.0.1" })
console.log(JSON.stringify({ ready: true, url }))
