import type { Clock } from "../../Clock.ts"
import type { Call } from "../Vendor.ts"
import * as Beijing from "./Beijing.ts"
import type { Keys } from "./Keys.ts"
import { methods as orderMethods } from "./Orders.ts"
import { Refusal } from "./Refusal.ts"
import * as Signing from "./Signing.ts"

/** The methods that the gateway knows. */
export const methods = [
  ...orderMethods,
  "alipay.trade.query",
  "alipay.trade.close",
  "alipay.trade.cancel",
  "alipay.trade.refund",
  "alipay.trade.fastpay.refund.query",
  "alipay.data.dataservice.bill.downloadurl.query"
] as const

export type Method = (typeof methods)[number]

/** A call of an app, whose signature was checked. */
export interface Request {
  readonly method: Method
  /** Whether it was signed in the certificate mode. */
  readonly isCertified: boolean
  readonly biz: { readonly [name: string]: unknown }
  readonly notifyUrl: string | null
  readonly returnUrl: string | null
}

/** Parameters by name. */
export type Parameters = ReadonlyMap<string, string>

const maxSkewMillis = 600_000
const maxWaitMillis = 15 * 86_400_000

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    throw new Refusal("isv.invalid-charset", { detail: "参数不是 UTF-8 编码" })
  }
}

const isForm = (call: Call): boolean =>
  /^application\/x-www-form-urlencoded *(;|$)/i.test(call.headers["content-type"] ?? "")

/** The parameters of a call's query and form, decoded once; one that comes twice is refused. */
export const parameters = (call: Call): Parameters => {
  const hasForm = call.method === "POST" && call.body.length > 0
  if (hasForm && !isForm(call)) throw new Refusal("isv.invalid-content-type")
  const query = /\?(.*)$/s.exec(call.target)?.[1] ?? ""
  const found = new Map<string, string>()
  for (const text of [query, hasForm ? call.body.toString("utf8") : ""].flatMap((form) => form.split("&"))) {
    if (text === "") continue
    const at = text.indexOf("=")
    const name = decoded(at < 0 ? text : text.slice(0, at))
    if (found.has(name)) throw new Refusal("isv.invalid-parameter", { detail: `${name} 重复` })
    found.set(name, at < 0 ? "" : decoded(text.slice(at + 1)))
  }
  return found
}

/** The method that is named, where the gateway knows it. */
export const methodIn = (found: Parameters): Method | undefined =>
  methods.find((method) => method === found.get("method"))

const given = (found: Parameters, name: string): string | undefined => {
  const value = found.get(name)
  return value === "" ? undefined : value
}

/** A string that a browser or a phone carries may be old: as old as a trade can wait. */
const isCarried = (method: Method): boolean => /\.(page|wap|app)\.pay$/.test(method)

/** The time is Beijing's, by the sandbox's clock or by the machine's, since a client's own clock is not moved with the sandbox's. */
const checkTimestamp = (text: string, method: Method, clock: Clock): void => {
  const millis = Beijing.millisOf(text)
  if (millis === undefined) throw new Refusal("isv.invalid-timestamp", { detail: "格式应为 yyyy-MM-dd HH:mm:ss" })
  const maxAgeMillis = isCarried(method) ? maxWaitMillis : maxSkewMillis
  const isTimely = (nowMillis: number) => millis <= nowMillis + maxSkewMillis && millis >= nowMillis - maxAgeMillis
  if (!isTimely(clock.now()) && !isTimely(Date.now()))
    throw new Refusal("isv.invalid-timestamp", { detail: `应为北京时间，网关时间为 ${Beijing.text(clock.now())}` })
}

const required = (found: Parameters, name: string, otherwise: ConstructorParameters<typeof Refusal>[0]): string => {
  const value = given(found, name)
  if (value === undefined) throw new Refusal(otherwise)
  return value
}

/** Whether the call is in the certificate mode; its certificates' SNs are the app's and the root file's. */
const checkMode = (found: Parameters, keys: Keys): boolean => {
  const appCertSn = given(found, "app_cert_sn")
  const rootCertSn = given(found, "alipay_root_cert_sn")
  if (appCertSn === undefined && rootCertSn === undefined) return false
  if (appCertSn !== keys.appCertSn)
    throw new Refusal("isv.missing-signature-config", { detail: `app_cert_sn 应为 ${keys.appCertSn}` })
  if (rootCertSn !== keys.rootCertSn)
    throw new Refusal("isv.invalid-parameter", { detail: `alipay_root_cert_sn 应为 ${keys.rootCertSn}` })
  return true
}

const checkSignature = (found: Parameters, keys: Keys): void => {
  const signature = required(found, "sign", "isv.missing-signature")
  const text = Signing.textOf(found)
  if (signature.length <= 344 && Signing.isSigned(text, signature, keys.appPublicKey)) return
  const shown = text.replaceAll("&", "&amp;")
  throw new Refusal("isv.invalid-signature", {
    detail: `建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：${shown}`
  })
}

const bizIn = (found: Parameters): { readonly [name: string]: unknown } => {
  try {
    const biz: unknown = JSON.parse(found.get("biz_content") ?? "")
    if (typeof biz === "object" && biz !== null && !Array.isArray(biz)) return biz as { [name: string]: unknown }
  } catch {
    // Refused below.
  }
  throw new Refusal("isv.invalid-parameter", { detail: "biz_content 应为 JSON 对象" })
}

const addressIn = (found: Parameters, name: string): string | null => {
  const text = given(found, name)
  if (text === undefined) return null
  const url = URL.parse(text)
  if (text.length > 256 || url === null || !/^https?:$/.test(url.protocol))
    throw new Refusal("isv.invalid-parameter", { detail: `${name} 应为 256 个字符以内的网址` })
  return text
}

/** What an app asks for; throws a `Refusal` where it is not the app's, or not as the gateway wants it. */
export const read = (found: Parameters, keys: Keys, clock: Clock): Request => {
  if (required(found, "app_id", "isv.missing-app-id") !== keys.appId) throw new Refusal("isv.invalid-app-id")
  required(found, "method", "isv.missing-method")
  const method = methodIn(found)
  if (method === undefined) throw new Refusal("isv.invalid-method")
  if (required(found, "sign_type", "isv.missing-signature-type") !== "RSA2")
    throw new Refusal("isv.invalid-signature-type", { detail: "应为 RSA2" })
  if (!/^utf-8$/i.test(given(found, "charset") ?? ""))
    throw new Refusal("isv.invalid-charset", { detail: "charset 应为 utf-8" })
  checkTimestamp(required(found, "timestamp", "isv.missing-timestamp"), method, clock)
  if (required(found, "version", "isv.missing-version") !== "1.0")
    throw new Refusal("isv.invalid-parameter", { detail: "version 应为 1.0" })
  if ((given(found, "format") ?? "JSON").toUpperCase() !== "JSON") throw new Refusal("isv.invalid-format")
  if (given(found, "app_auth_token") !== undefined) throw new Refusal("aop.invalid-app-auth-token")
  const isCertified = checkMode(found, keys)
  checkSignature(found, keys)
  const [notifyUrl, returnUrl] = [addressIn(found, "notify_url"), addressIn(found, "return_url")]
  return { method, isCertified, biz: bizIn(found), notifyUrl, returnUrl }
}
