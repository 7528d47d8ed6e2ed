import { createPrivateKey, createPublicKey } from "node:crypto"
import nodeV3 from "wechatpay-node-v3"
import { account, type Given, type Message } from "../src/vendors/Given.ts"
import { check, type Steps } from "../src/vendors/Steps.ts"
import * as Wechat from "./wechatBodies.ts"

/** What is used here of the library. */
interface Pay {
  readonly createHttp: (service: object) => void
  readonly transactions_native: (body: object) => Promise<{ readonly data: object }>
  readonly transactions_jsapi: (body: object) => Promise<{ readonly data: object }>
  readonly verifySign: (said: object) => Promise<boolean>
  readonly getSignature: (method: string, nonce: string, timestamp: string, path: string, body: string) => string
  readonly getAuthorization: (nonce: string, timestamp: string, signature: string) => string
  readonly decipher_gcm: (ciphertext: string, about: string, nonce: string, key: string) => object
}

const native = "/v3/pay/transactions/native"

/**
 * wechatpay-node-v3, tuned: it would read its keys from PEM at every signature, so it gets them as what Node made of them. Its
 * HTTP answers from memory; it leaves it to its user to have answers verified.
 */
export const steps = ({ ours, theirs, wechatpay, nowMillis }: Given): Steps => {
  Object.assign(nodeV3, { certificates: { [account.keyId]: createPublicKey(theirs.publicKey) } })
  const pay = Reflect.construct(nodeV3, [
    {
      appid: account.appid,
      mchid: account.mchid,
      serial_no: account.serial,
      publicKey: Buffer.from(ours.publicKey),
      privateKey: createPrivateKey(ours.privateKey),
      key: account.apiV3Key
    }
  ]) as Pay
  let ready: Message = { headers: {}, body: "" }
  pay.createHttp({ post: () => Promise.resolve({ status: 200, data: JSON.parse(ready.body) }) })
  const bodies = wechatpay.map((said) => JSON.stringify(Wechat.body(said, nowMillis)))
  const verified = async ({ headers, body }: Message) =>
    check(
      await pay.verifySign({
        timestamp: headers["wechatpay-timestamp"],
        nonce: headers["wechatpay-nonce"],
        serial: headers["wechatpay-serial"],
        signature: headers["wechatpay-signature"],
        body
      }),
      "A signature"
    )
  const create =
    (by: "transactions_native" | "transactions_jsapi", of: typeof Wechat.body) => async (index: number) => {
      const said = wechatpay[index]
      if (said === undefined) return
      ready = by === "transactions_native" ? said.answer : said.prepaid
      const { data } = await pay[by](of(said, nowMillis))
      await verified(ready)
      check("code_url" in data || "paySign" in data, "A create")
    }
  return {
    "wechatpay.sign": (index) => {
      const nonce = Math.random().toString(36).slice(2)
      const timestamp = String(Math.floor(Date.now() / 1000))
      const signature = pay.getSignature("POST", nonce, timestamp, native, bodies[index] ?? "")
      return pay.getAuthorization(nonce, timestamp, signature)
    },
    "wechatpay.verify": async (index) => {
      const said = wechatpay[index]
      if (said !== undefined) await verified(said.answer)
    },
    "wechatpay.create": create("transactions_native", Wechat.body),
    "wechatpay.create JSAPI": create("transactions_jsapi", Wechat.pageBody),
    "wechatpay.notification": async (index) => {
      const said = wechatpay[index]
      if (said === undefined) return
      await verified(said.notification)
      const { ciphertext, associated_data, nonce } = JSON.parse(said.notification.body).resource
      const plain = pay.decipher_gcm(ciphertext, associated_data, nonce, account.apiV3Key)
      check("out_trade_no" in plain && plain.out_trade_no === said.no, "A notification")
    }
  }
}
