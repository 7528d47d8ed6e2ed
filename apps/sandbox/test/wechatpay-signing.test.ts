import { createPrivateKey, createPublicKey } from "node:crypto"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import * as Signing from "../src/vendors/wechatpay/Signing.ts"
import { AesGcm } from "./wechatpay.ts"

const vector = (name: string) =>
  JSON.parse(readFileSync(new URL(`vectors/wechatpay/${name}.json`, import.meta.url), "utf8"))

const keys = vector("keys")
const merchantKey = createPrivateKey(keys.merchant.privateKeyPem)
const publicKeys: { readonly [serial: string]: string } = {
  [keys.platformCertificate.serial_no]: keys.platformCertificate.publicKeyPem,
  [keys.platformCertificateNext.serial_no]: keys.platformCertificateNext.publicKeyPem,
  [keys.platformPublicKey.id]: keys.platformPublicKey.publicKeyPem
}

interface Signed {
  readonly name: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
  readonly valid?: boolean
  readonly plaintext?: string
}

/** Whether the signature of an answer or a notification holds. */
const holds = ({ headers, body }: Signed): boolean => {
  const of = (name: string) => headers[`Wechatpay-${name}`] ?? ""
  const key = publicKeys[of("Serial")]
  if (key === undefined || (headers["Wechatpay-Signature-Type"] ?? Signing.scheme) !== Signing.scheme) return false
  return Signing.verify(createPublicKey(key), Signing.lines(of("Timestamp"), of("Nonce"), body), of("Signature"))
}

describe("the sandbox's signatures of WeChat Pay", () => {
  it.each(
    vector("official").cases as ReadonlyArray<{
      readonly name: string
      readonly message: string
      readonly signature: string
    }>
  )("are those that the vendor published: $name", ({ message, signature }) => {
    expect(Signing.sign(createPrivateKey(vector("official").privateKeyPem), Buffer.from(message))).toBe(signature)
  })

  it.each(vector("request-signature").cases as ReadonlyArray<{ readonly [part: string]: string }>)(
    "are verified of a request as SDKs make it: $name",
    (one) => {
      const { method = "", url = "", body = "", message = "" } = one
      const said = Signing.authorizationIn(one["authorization"])
      expect(said).toEqual({
        mchid: keys.mchid,
        serial_no: keys.merchant.serial_no,
        timestamp: one["timestamp"],
        nonce_str: one["nonce_str"],
        signature: one["signature"]
      })
      const made = Signing.requestMessage(method, url, said?.timestamp ?? "", said?.nonce_str ?? "", Buffer.from(body))
      expect(made.toString()).toBe(message)
      expect(Signing.verify(createPublicKey(merchantKey), made, said?.signature ?? "")).toBe(true)
      expect(Signing.verify(createPublicKey(merchantKey), Buffer.concat([made, made]), said?.signature ?? "")).toBe(
        false
      )
    }
  )

  it.each([...vector("notifications").cases, ...vector("responses").cases] as ReadonlyArray<Signed>)(
    "hold where they should, of answers and notifications: $name",
    (one) => expect(holds(one)).toBe(one.valid ?? true)
  )

  it("hold of what the merchant's app hands over", () => {
    const { jsapi, app } = vector("pay-sign")
    const jsapiLines = ["appId", "timeStamp", "nonceStr", "package"].map((name) => jsapi.params[name])
    const appLines = ["appid", "timestamp", "noncestr", "prepayid"].map((name) => app.params[name])
    expect(Signing.sign(merchantKey, Signing.lines(...jsapiLines))).toBe(jsapi.params.paySign)
    expect(Signing.sign(merchantKey, Signing.lines(...appLines))).toBe(app.params.sign)
  })

  it.each([
    ["another scheme", 'WECHATPAY2-SM2-WITH-SM3 mchid="1"'],
    ["a pair twice", `${Signing.scheme} mchid="1",mchid="1",nonce_str="2",timestamp="3",serial_no="4",signature="5"`],
    ["a pair missing", `${Signing.scheme} mchid="1",nonce_str="2",timestamp="3",serial_no="4"`],
    ["a pair too many", `${Signing.scheme} mchid="1",nonce_str="2",timestamp="3",serial_no="4",signature="5",a="6"`],
    ["no quotes", `${Signing.scheme} mchid=1,nonce_str="2",timestamp="3",serial_no="4",signature="5"`]
  ])("are not looked for in a header with %s", (_, header) => expect(Signing.authorizationIn(header)).toBeUndefined())

  it("go with an encryption that the public SDK undoes", () => {
    const encrypted = Signing.encrypted(keys.apiV3Key, "fdasflkja484", "transaction", "支付成功")
    expect(AesGcm.decrypt(encrypted, keys.apiV3Key, "fdasflkja484", "transaction")).toBe("支付成功")
  })
})
