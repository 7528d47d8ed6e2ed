import type { Call } from "../Vendor.ts"
import type { Keys } from "./Keys.ts"
import { badParameter, badSignature, invalidRequest, Refusal } from "./Refusal.ts"
import * as Signing from "./Signing.ts"
import type { Wire } from "./Wire.ts"

const shownLength = 256

/** What was signed here, for one who looks for the difference. */
const signInformation = ({ method, target }: Call, message: Buffer) => ({
  method,
  url: target,
  sign_message_length: message.length,
  truncated_sign_message: message.toString("utf8").slice(0, shownLength)
})

const signature = (call: Call, keys: Keys, wire: Wire): void => {
  const header = call.headers.authorization
  if (header === undefined) throw badSignature("Http 头缺少 Authorization", { numeric: null })
  const said = Signing.authorizationIn(header)
  if (said === undefined) throw badSignature("Http 头 Authorization 的格式不正确", { numeric: null })
  if (said.mchid !== keys.merchant.mchid) throw badSignature("Authorization 中的 mchid 不存在")
  // A widely used SDK writes the serial in small letters, and is let in by the vendor.
  if (said.serial_no.toUpperCase() !== keys.merchantSerial) throw badSignature("商户证书序列号有误，或与商户号不匹配")
  if (!/^.{1,32}$/.test(said.nonce_str)) throw badSignature("Authorization 中的 nonce_str 长度须在 1 与 32 之间")
  if (!wire.isOnTime(said.timestamp)) throw badSignature("Authorization 中的 timestamp 与当前时间相差超过 5 分钟")
  const message = Signing.requestMessage(call.method, call.target, said.timestamp, said.nonce_str, call.body)
  if (Signing.verify(keys.merchantKey, message, said.signature)) return
  throw badSignature("错误的签名，导致验签失败", {
    detail: {
      field: "signature",
      issue: "sign not match",
      location: "authorization",
      sign_information: signInformation(call, message)
    }
  })
}

const isJson = (type: string | undefined): boolean => /^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type ?? "")

/** Lets a call in that says who it is from, is signed by the merchant over the bytes that came, and is on time; refused else. */
export const admit = (call: Call, keys: Keys, wire: Wire): void => {
  const { headers } = call
  if ((headers["user-agent"] ?? "").trim() === "" || (headers.accept ?? "").trim() === "")
    throw invalidRequest("Http 头缺少 Accept 或 User-Agent")
  signature(call, keys, wire)
  const named = headers["wechatpay-serial"]
  if (typeof named === "string" && named.startsWith("PUB_KEY_ID_") && named !== keys.publicKey.serial)
    throw badParameter("header", "Wechatpay-Serial", "微信支付公钥 ID 不存在", named)
  if (call.method === "POST" && !isJson(headers["content-type"]))
    throw new Refusal(415, "INVALID_REQUEST", "Content-Type 必须是 application/json")
  if (call.method === "GET" && call.body.length > 0) throw badParameter("body", "/", "GET 请求不能有正文")
}
