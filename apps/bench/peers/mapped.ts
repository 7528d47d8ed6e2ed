// Peer C: the mapped create of a proxied route as a good engineer writes it by hand, the caller speaking the platform's own
// API. The same table, the same durability, the same steps: the body read whole and validated, no card number in it, the
// intent on disk under the caller's own number, the platform asked with the bytes as they came and our token, then version
// check, history and event in one transaction, then the platform's bytes. It does less than we do: it seals nothing, knows
// one mapping, forwards three headers, and writes no log.
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
  PENDING,
  platform,
  problem,
  SUBMITTING,
  sources,
  text,
  timeOf,
  tokenNow
} from "./ground.ts"

const vendor = "platform"
const payableMillis = 900_000
const address = { type: ["string", "null"], maxLength: 2048, pattern: "^https?://\\S+$" }
const body = {
  type: "object",
  required: ["merchant_payment_no", "amount", "currency", "subject", "scene"],
  properties: {
    merchant_payment_no: { type: "string", pattern: "^[0-9A-Za-z_-]{6,32}$" },
    amount: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    currency: { type: "string", enum: Object.keys(currencies) },
    subject: text(127),
    scene: { type: "string", enum: Object.keys(sources) },
    method: { type: "string", enum: Object.keys(methods) },
    notify_url: address,
    return_url: address,
    expires_at: { type: ["string", "null"], format: "date-time" }
  }
}

interface Asked {
  readonly merchant_payment_no: string
  readonly amount: number
  readonly currency: string
  readonly subject: string
  readonly scene: string
  readonly method?: string
  readonly expires_at?: string | null
}

const bytesOf = new WeakMap<object, Buffer>()

const isLuhn = (digits: string): boolean => {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48
    sum += at % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit
  }
  return sum % 10 === 0
}
const hasCardNumber = (bytes: Buffer): boolean =>
  (bytes.toString("latin1").match(/(?<!\d)\d{13,19}(?!\d)/g) ?? []).some(isLuhn)

const decimal = (minor: number, digits: number): string => {
  const all = String(minor).padStart(digits + 1, "0")
  return digits === 0 ? all : `${all.slice(0, -digits)}.${all.slice(-digits)}`
}

type Row = { readonly pay_order_no: string; readonly pay_status: number; readonly fingerprint: string } & RowDataPacket

/** The platform's answer as it came, or nothing where it is not known what became of the call. */
const ask = async (request: FastifyRequest, bytes: Buffer) => {
  try {
    const { statusCode, headers, body } = await platform.request({
      method: "POST",
      path: "/payments",
      headers: {
        "content-type": request.headers["content-type"] ?? "application/json",
        accept: request.headers.accept ?? "*/*",
        authorization: `Bearer ${tokenNow()}`,
        "idempotency-key": request.headers["idempotency-key"] ?? "",
        "x-forwarded-for": request.ip
      },
      body: bytes,
      headersTimeout: 10_000,
      bodyTimeout: 10_000
    })
    return { statusCode, type: headers["content-type"], bytes: Buffer.from(await body.arrayBuffer()) }
  } catch {
    return undefined
  }
}

interface Payment {
  readonly id: string
  readonly merchant_payment_no: string
  readonly amount: number
  readonly currency: string
  readonly status: string
  readonly action?: { readonly type: string; readonly url: string }
}

/** What the platform says of the order, if it speaks of this one. */
const read = (bytes: Buffer, asked: Asked): Payment | undefined => {
  try {
    const said = JSON.parse(bytes.toString("utf8")) as Payment
    const isSame =
      said.merchant_payment_no === asked.merchant_payment_no &&
      said.amount === asked.amount &&
      said.currency === asked.currency
    return isSame && typeof said.id === "string" && said.status === "PENDING" ? said : undefined
  } catch {
    return undefined
  }
}

const create = async (request: FastifyRequest, reply: FastifyReply) => {
  if (!isKnown(request.headers.authorization)) return problem(reply, 401, "UNAUTHORIZED")
  const bytes = bytesOf.get(request.raw)
  const asked = request.body as Asked
  if (bytes === undefined || hasCardNumber(bytes)) return problem(reply, 422, "CARD_NUMBER")
  const currency = currencies[asked.currency]
  if (currency === undefined) return problem(reply, 422, "CURRENCY_UNKNOWN")
  const fingerprint = fingerprintOf(asked)
  const now = Date.now()
  const expires =
    asked.expires_at === undefined || asked.expires_at === null ? now + payableMillis : Date.parse(asked.expires_at)
  const merchantOrderNo = asked.merchant_payment_no
  let payOrderNo = newNumber(now)
  let isNew = true
  const amount = decimal(asked.amount, currency.digits)
  try {
    await insert({
      payOrderNo,
      merchantOrderNo,
      vendor,
      businessNo: null,
      amount,
      currency: currency.numeric,
      method: methods[asked.method ?? ""] ?? 0,
      source: sources[asked.scene] ?? 0,
      idempotencyKey: null,
      fingerprint,
      capture: "automatic",
      metadata: "{}",
      createdMillis: now,
      expiresMillis: expires,
      facts: '{"next":null}',
      request: bytes.toString("utf8")
    })
  } catch (error) {
    if (!isTaken(error)) return problem(reply, 503, "STORE_UNAVAILABLE")
    const [found] = await database.execute<Array<Row>>(
      "SELECT pay_order_no, pay_status, fingerprint FROM payment_proxy_order WHERE vendor = ? AND third_party_customer_no = ? AND app = ?",
      [vendor, merchantOrderNo, app]
    )
    const [row] = found
    if (row === undefined) return problem(reply, 404, "ORDER_NOT_FOUND")
    if (row.fingerprint !== fingerprint) return problem(reply, 422, "IDEMPOTENCY_KEY_REUSED")
    if (row.pay_status !== SUBMITTING && row.pay_status !== PENDING) return problem(reply, 409, "ORDER_ENDED")
    payOrderNo = row.pay_order_no
    isNew = false
  }
  reply.header("payment-proxy-order", payOrderNo)
  const answer = await ask(request, bytes)
  if (answer === undefined) return problem(reply, 502, "UPSTREAM_RESET")
  const said = answer.statusCode < 300 ? read(answer.bytes, asked) : undefined
  if (said !== undefined && isNew)
    await moveToPending(payOrderNo, {
      transactionNo: said.id,
      facts: JSON.stringify({ next: said.action ?? null }),
      told: {
        payOrderNo,
        status: "PENDING",
        version: 2,
        vendor,
        amount: { value: amount, currency: asked.currency },
        method: asked.method,
        source: asked.scene,
        transactionNo: said.id,
        createdAt: timeOf(now),
        expiresAt: timeOf(expires),
        next: said.action ?? null
      }
    })
  return reply
    .code(answer.statusCode)
    .type(typeof answer.type === "string" ? answer.type : "application/json")
    .send(answer.bytes)
}

const server = Fastify({
  bodyLimit: 64 * 1024,
  ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true } }
})
server.removeContentTypeParser("application/json")
server.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
  bytesOf.set(request.raw, bytes)
  try {
    done(null, JSON.parse(bytes.toString("utf8")))
  } catch {
    done(Object.assign(new Error("This is not JSON."), { statusCode: 400 }), undefined)
  }
})
server.post("/proxy/platform/payments", { schema: { body } }, create)

const url = await server.listen({ port: 0, host: "127.0.0.1" })
console.log(JSON.stringify({ ready: true, url }))
