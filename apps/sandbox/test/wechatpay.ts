import { createRequire } from "node:module"
import { Formatter, Rsa, Wechatpay } from "wechatpay-axios-plugin"
import type { Answer, Got, World } from "./world.ts"
import { open } from "./world.ts"

/** What the merchant console hands out. */
export interface Credentials {
  readonly url: string
  readonly mchid: string
  readonly appid: string
  readonly miniProgramAppid: string
  readonly mobileAppid: string
  readonly openid: string
  readonly serial: string
  readonly privateKey: string
  readonly certificate: string
  readonly apiV3Key: string
  readonly publicKeyId: string
  readonly publicKey: string
  readonly platformCertificates: ReadonlyArray<{ readonly serial: string; readonly certificate: string }>
  readonly expiredPlatformCertificate: { readonly serial: string; readonly certificate: string }
  readonly authority: string
}

/** The decryption of the public SDK, of which its types do not tell. */
export const { AesGcm } = createRequire(import.meta.url)("wechatpay-axios-plugin").Aes as {
  readonly AesGcm: { readonly decrypt: (text: string, key: string, nonce: string, associated?: string) => string }
}

/** What a hand-made request does differently. */
export interface Odd {
  readonly headers?: Record<string, string>
  readonly timestamp?: number
  readonly nonce?: string
  readonly mchid?: string
  readonly serial?: string
  readonly key?: string
  /** What is signed in place of what is sent. */
  readonly signedTarget?: string
  readonly signedBody?: string
}

/** A sandbox that plays WeChat Pay, with its merchant's credentials. */
export const openWechatPay = async (options: { readonly folder?: string } = {}) => {
  const world = await open({ ...options, vendors: ["wechatpay"] })
  const credentials = async () =>
    ((await world.call("GET", "/_credentials")).json as { readonly wechatpay: Credentials }).wechatpay
  return { ...world, wechatpay: merchantOf(world, await credentials()), credentials }
}

/** Where nobody listens, and nothing is asked of a network. */
const nowhere = "http://127.0.0.1:9/notify"

let serial = 0

/** A merchant number of an order that no test had before. */
export const freshNumber = (): string => `ORDER${Date.now()}-${++serial}`

const merchantOf = (world: World, credentials: Credentials) => {
  /** A request as a client without an SDK makes it. */
  const call = async (method: string, target: string, json?: unknown, odd: Odd = {}): Promise<Answer> => {
    const body = json === undefined ? "" : typeof json === "string" ? json : JSON.stringify(json)
    const timestamp = odd.timestamp ?? Formatter.timestamp()
    const nonce = odd.nonce ?? Formatter.nonce()
    const message = Formatter.request(method, odd.signedTarget ?? target, timestamp, nonce, odd.signedBody ?? body)
    const signature = Rsa.sign(message, odd.key ?? credentials.privateKey)
    const response = await fetch(`${credentials.url}${target}`, {
      method,
      headers: {
        accept: "application/json",
        "user-agent": "tests",
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        authorization: Formatter.authorization(
          odd.mchid ?? credentials.mchid,
          nonce,
          signature,
          timestamp,
          odd.serial ?? credentials.serial
        ),
        ...odd.headers
      },
      body: json === undefined ? null : body
    })
    const text = await response.text()
    const { status, headers } = response
    return { status, headers, text, json: text === "" ? undefined : JSON.parse(text) }
  }
  const terms = (changes: object = {}) => ({
    appid: credentials.appid,
    mchid: credentials.mchid,
    description: "旅行保险 Travel insurance",
    out_trade_no: freshNumber(),
    notify_url: nowhere,
    amount: { total: 1234, currency: "CNY" },
    ...changes
  })
  /** A client of the public SDK that verifies with these keys. */
  const client = (certs: { readonly [serial: string]: string }) =>
    new Wechatpay({
      mchid: credentials.mchid,
      serial: credentials.serial,
      privateKey: credentials.privateKey,
      certs,
      baseURL: `${credentials.url}/`,
      ...(credentials.publicKeyId in certs ? { headers: { "Wechatpay-Serial": credentials.publicKeyId } } : {})
    } as ConstructorParameters<typeof Wechatpay>[0])
  const decide = (number: string, verb: string, body?: object) =>
    world.call("POST", `/_payments/${encodeURIComponent(number)}/${verb}`, body)
  const create = (changes: object = {}, scene = "native") =>
    call("POST", `/v3/pay/transactions/${scene}`, terms(changes))
  const query = (number: string) =>
    call("GET", `/v3/pay/transactions/out-trade-no/${encodeURIComponent(number)}?mchid=${credentials.mchid}`)
  /** An order that is paid, of 12.34 yuan. */
  const paid = async (changes: object = {}, number = freshNumber()): Promise<string> => {
    await create({ out_trade_no: number, ...changes })
    await decide(number, "pay")
    return number
  }
  const refundTerms = (order: string, changes: object = {}) => ({
    out_trade_no: order,
    out_refund_no: `R${freshNumber()}`,
    notify_url: nowhere,
    amount: { refund: 234, total: 1234, currency: "CNY" },
    ...changes
  })
  const refund = (order: string, changes: object = {}) =>
    call("POST", "/v3/refund/domestic/refunds", refundTerms(order, changes))
  /** A refund that does not settle by itself, however long the test takes. */
  const heldRefund = async (order: string, changes: object = {}) => {
    const terms = refundTerms(order, changes)
    await decide(order, "refund-hold", { refund: terms.out_refund_no })
    return call("POST", "/v3/refund/domestic/refunds", terms)
  }
  const queryRefund = (number: string) => call("GET", `/v3/refund/domestic/refunds/${encodeURIComponent(number)}`)
  return { credentials, call, terms, client, decide, create, query, paid, refundTerms, refund, heldRefund, queryRefund }
}

/** An error as the vendor tells it. */
export const errorOf = ({ status, json }: Answer) => [status, (json as { readonly code?: string } | undefined)?.code]

/** The finer number at the end of `Request-ID`. */
export const numericOf = ({ headers }: Answer) => Number(/-(\d+)$/.exec(headers.get("request-id") ?? "")?.[1])

/** Whether an answer is signed with a key. */
export const isSigned = ({ headers, text }: Answer, key: string): boolean => {
  const of = (name: string) => headers.get(`wechatpay-${name}`) ?? ""
  return Rsa.verify(Formatter.response(of("timestamp"), of("nonce"), text), of("signature"), key)
}

/** Verifies and decrypts a notification as the public SDK's documentation says; says why not where it is refused. */
export const received = (
  { headers, body }: Got,
  credentials: Credentials,
  keys: { readonly [serial: string]: string }
): unknown => {
  const of = (name: string) => String(headers[`wechatpay-${name}`])
  if (of("signature-type") !== "WECHATPAY2-SHA256-RSA2048") return "type"
  if (Math.abs(Formatter.timestamp() - Number(of("timestamp"))) >= 300) return "stale"
  const key = keys[of("serial")]
  if (key === undefined) return "serial"
  if (!Rsa.verify(Formatter.response(of("timestamp"), of("nonce"), body), of("signature"), key)) return "signature"
  if (body.length > 64 * 1024) return "huge"
  const { resource } = JSON.parse(body)
  try {
    const { ciphertext, nonce, associated_data } = resource
    return JSON.parse(AesGcm.decrypt(ciphertext, credentials.apiV3Key, nonce, associated_data))
  } catch {
    return "ciphertext"
  }
}
