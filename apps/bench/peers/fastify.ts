// Peer A: the create and the read of an order as a good engineer writes them by hand. Fastify with its own validation
// and serialisation, mysql2 with prepared statements on a pool of 20, undici with connections that stay open; the same
// table, the same durability, the same steps: the intent on disk, the vendor asked, then version check, history and
// event in one transaction. It has no loops, no other calls, and it knows one app, whose key it holds in memory.
import { Payment } from "@payment-proxy/domain"
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify"
import type { RowDataPacket } from "mysql2/promise"
import {
  app,
  currencies,
  database,
  fingerprintOf,
  insert,
  isKnown,
  isTaken,
  methods,
  moveToPending,
  newNumber,
  platform,
  problem,
  SUBMITTING,
  sources,
  text,
  timeOf,
  tokenNow,
  wordOf
} from "./ground.ts"

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
        authorization: `Bearer ${tokenNow()}`,
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
  const fingerprint = fingerprintOf(asked)
  const now = Date.now()
  const payOrderNo = newNumber(now)
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
    await insert({
      payOrderNo,
      merchantOrderNo: payOrderNo,
      vendor: row.vendor,
      businessNo: row.business_no,
      amount: row.amount,
      currency: row.currency,
      method: row.pay_method,
      source: row.pay_source,
      idempotencyKey: key,
      fingerprint,
      capture: asked.capture,
      metadata: row.metadata,
      createdMillis: now,
      expiresMillis: expires,
      facts: row.facts,
      request: JSON.stringify(asked)
    })
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
    pay_status: Payment.states.PENDING,
    version: 2,
    transaction_no: answer.transactionNo,
    facts: JSON.stringify({ next: answer.next })
  }
  const told = shown(moved)
  await moveToPending(payOrderNo, { transactionNo: moved.transaction_no, facts: moved.facts, told })
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

const url = await server.listen({ port: 0, host: "127.0.0.1" })
console.log(JSON.stringify({ ready: true, url }))
