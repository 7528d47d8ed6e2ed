import { createSign, createVerify } from "node:crypto"
import { readFileSync } from "node:fs"
import { Socket } from "node:net"
import type { Options } from "../src/Sandbox.ts"
import { open } from "./world.ts"

/** A client of the vendor's public SDK, as far as it is used here. */
export interface Sdk {
  readonly config: { readonly appCertSn?: string; readonly alipayCertSn?: string; readonly alipayRootCertSn?: string }
  readonly exec: (
    method: string,
    params: object,
    options?: { readonly validateSign: boolean }
  ) => Promise<Record<string, unknown>>
  readonly pageExecute: (method: string, httpMethod: "GET" | "POST", params: object) => string
  readonly sdkExecute: (method: string, params: object) => string
  readonly checkNotifySignV2: (form: Record<string, string>) => boolean
}

// By a name that is found while the test runs: the package's types lead to sources that are not written by this project's rules.
const sdkName: string = "alipay-sdk"
// Its HTTP client writes itself into the errors of every socket of the process, and the other tests' sockets are not its own.
const { destroy } = Socket.prototype
/** The vendor's public SDK. */
export const { AlipaySdk } = (await import(sdkName)) as { readonly AlipaySdk: new (config: object) => Sdk }
Socket.prototype.destroy = destroy

/** What the vendor's console hands out. */
export interface Credentials {
  readonly gateway: string
  readonly appId: string
  readonly sellerId: string
  readonly buyerId: string
  readonly buyerOpenId: string
  readonly appPrivateKey: string
  readonly alipayPublicKey: string
  readonly appCertificate: string
  readonly alipayCertificate: string
  readonly rootCertificates: string
}

/** A fixture of the wire protocol. */
export const vector = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./vectors/alipay/${name}.json`, import.meta.url), "utf8"))

/** A time in Beijing, so many milliseconds from now. */
export const beijing = (fromNowMillis = 0): string =>
  new Date(Date.now() + fromNowMillis + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ")

/** The text that is signed, made apart from the sandbox's own. */
export const signedText = (values: Record<string, string>, ...without: ReadonlyArray<string>): string =>
  Object.keys(values)
    .filter((name) => values[name] !== "" && !without.includes(name))
    .sort()
    .map((name) => `${name}=${values[name]}`)
    .join("&")

/** Whether a text is signed, found apart from the sandbox's own. */
export const verifies = (text: string, signature: string, publicKey: string): boolean =>
  createVerify("RSA-SHA256").update(text, "utf8").verify(publicKey, signature, "base64")

/** A notice's rule: without `sign` and `sign_type`. */
export const isGenuine = (form: Record<string, string>, publicKey: string): boolean =>
  verifies(signedText(form, "sign", "sign_type"), form["sign"] ?? "", publicKey)

/** A form's values. */
export const formIn = (body: string): Record<string, string> => Object.fromEntries(new URLSearchParams(body))

/** An answer of the gateway, whose object's text is as it was sent. */
export interface Said {
  readonly status: number
  readonly type: string | null
  readonly raw: string
  readonly key: string
  readonly fields: Record<string, string>
  readonly sign: string | undefined
  readonly sn: string | undefined
  readonly isSigned: boolean
}

const said = async (response: Response, publicKey: string): Promise<Said> => {
  const raw = await response.text()
  const { sign, alipay_cert_sn: sn, ...rest } = JSON.parse(raw) as Record<string, string>
  const [key = "", fields = {}] = Object.entries(rest)[0] ?? []
  const text = raw.slice(raw.indexOf(":") + 1, sign === undefined ? -1 : raw.lastIndexOf(',"sign":'))
  const isSigned = sign !== undefined && verifies(text, sign, publicKey)
  const { status, headers } = response
  return { status, type: headers.get("content-type"), raw, key, fields: fields as never, sign, sn, isSigned }
}

let serial = 0

/** A merchant's number that no other has. */
export const fresh = (): string => `PPX${process.pid}${Date.now()}${++serial}`

/** A sandbox that plays the vendor, with clients that speak to it. */
export const openAlipay = async (options: Options = {}) => {
  const world = await open({ vendors: ["alipay"], ...options })
  const credentials = world.credentials["alipay"] as unknown as Credentials
  const config = {
    appId: credentials.appId,
    privateKey: credentials.appPrivateKey,
    keyType: "PKCS8" as const,
    gateway: credentials.gateway,
    camelcase: false
  }
  const sdk = new AlipaySdk({ ...config, alipayPublicKey: credentials.alipayPublicKey })
  const certified = new AlipaySdk({
    ...config,
    appCertContent: credentials.appCertificate,
    alipayPublicCertContent: credentials.alipayCertificate,
    alipayRootCertContent: credentials.rootCertificates
  })
  /** All that a call carries, signed; what is changed is signed, too, and what is `""` left out. */
  const parameters = (method: string, biz: unknown, changes: Record<string, string> = {}): Record<string, string> => {
    const values: Record<string, string> = {
      app_id: credentials.appId,
      method,
      format: "JSON",
      charset: "utf-8",
      sign_type: "RSA2",
      timestamp: beijing(),
      version: "1.0",
      biz_content: JSON.stringify(biz),
      ...changes
    }
    const sign = createSign("RSA-SHA256").update(signedText(values), "utf8").sign(credentials.appPrivateKey, "base64")
    return Object.fromEntries(Object.entries({ sign, ...values }).filter(([, value]) => value !== ""))
  }
  const post = async (form: Record<string, string> | string, query = ""): Promise<Said> => {
    const headers = { "content-type": "application/x-www-form-urlencoded;charset=utf-8" }
    const body = typeof form === "string" ? form : new URLSearchParams(form).toString()
    const response = await fetch(`${credentials.gateway}${query}`, { method: "POST", headers, body })
    return said(response, credentials.alipayPublicKey)
  }
  const call = (method: string, biz: unknown, changes?: Record<string, string>) =>
    post(parameters(method, biz, changes))
  const create = (number: string, changes: object = {}, more: Record<string, string> = {}) =>
    call("alipay.trade.precreate", { out_trade_no: number, total_amount: "12.34", subject: "保险", ...changes }, more)
  const decide = (number: string, verb: string, body: object = {}) =>
    world.call("POST", `/_payments/${number}/${verb}`, body)
  const paid = async (number = fresh(), changes: object = {}, more: Record<string, string> = {}) => {
    await create(number, changes, more)
    await decide(number, "pay")
    return number
  }
  const query = (number: string) => call("alipay.trade.query", { out_trade_no: number })
  const refund = (number: string, refund_amount: string, out_request_no: string, more: object = {}) =>
    call("alipay.trade.refund", { out_trade_no: number, refund_amount, out_request_no, ...more })
  const held = async (number: string) => (await world.ledger()).held?.find((one) => one.number === number)
  const control = (path: string, body: object) => world.call("POST", path, body)
  const advance = (advanceMillis: number) => control("/_clock", { advanceMillis })
  const clients = { sdk, certified, credentials, parameters, post, call, create, decide, paid, query, refund }
  return { ...world, ...clients, held, control, advance }
}

export type AlipayWorld = Awaited<ReturnType<typeof openAlipay>>
