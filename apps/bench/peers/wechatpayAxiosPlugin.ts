import { createPrivateKey, createPublicKey } from "node:crypto"
import { Aes, Formatter, Rsa, Wechatpay } from "wechatpay-axios-plugin"
import { account, type Given, type Message } from "../src/vendors/Given.ts"
import { check, type Steps } from "../src/vendors/Steps.ts"
import * as Wechat from "./wechatBodies.ts"

/** What is used here of an order's client. */
interface Client {
  readonly v3: {
    readonly pay: {
      readonly transactions: {
        readonly [scene in "native" | "jsapi"]: { readonly post: (body: object) => Promise<{ readonly data: object }> }
      }
    }
  }
}

const native = "/v3/pay/transactions/native"

/** wechatpay-axios-plugin, as its author shows it: its keys read once; axios has an adapter that answers from memory. */
export const steps = ({ ours, theirs, wechatpay, nowMillis }: Given): Steps => {
  const own = createPrivateKey(ours.privateKey)
  const vendor = createPublicKey(theirs.publicKey)
  let ready: Message = { headers: {}, body: "" }
  const settings = {
    mchid: account.mchid,
    serial: account.serial,
    privateKey: own,
    certs: { [account.keyId]: vendor },
    adapter: (config: object) =>
      Promise.resolve({ data: ready.body, status: 200, statusText: "OK", headers: ready.headers, config, request: {} })
  }
  const client = Reflect.construct(Wechatpay, [settings]) as Client
  const { transactions } = client.v3.pay
  const bodies = wechatpay.map((said) => JSON.stringify(Wechat.body(said, nowMillis)))
  const isSealed = ({ headers, body }: Message): boolean =>
    Rsa.verify(
      Formatter.response(headers["wechatpay-timestamp"] ?? "", headers["wechatpay-nonce"] ?? "", body),
      headers["wechatpay-signature"] ?? "",
      vendor
    )
  const signed = (text: string) => Rsa.sign(text, own)
  return {
    "wechatpay.sign": (index) => {
      const nonce = Formatter.nonce()
      const timestamp = Formatter.timestamp()
      const text = Formatter.request("POST", native, String(timestamp), nonce, bodies[index] ?? "")
      return Formatter.authorization(account.mchid, nonce, signed(text), String(timestamp), account.serial)
    },
    "wechatpay.verify": (index) => {
      const said = wechatpay[index]
      if (said !== undefined) check(isSealed(said.answer), "An answer")
    },
    "wechatpay.create": async (index) => {
      const said = wechatpay[index]
      if (said === undefined) return
      ready = said.answer
      const { data } = await transactions.native.post(Wechat.body(said, nowMillis))
      check("code_url" in data, "A create")
    },
    "wechatpay.create JSAPI": async (index) => {
      const said = wechatpay[index]
      if (said === undefined) return
      ready = said.prepaid
      const { data } = await transactions.jsapi.post(Wechat.pageBody(said, nowMillis))
      check("prepay_id" in data, "A create")
      const packed = `prepay_id=${(data as { readonly prepay_id: string }).prepay_id}`
      const timestamp = String(Formatter.timestamp())
      const nonce = Formatter.nonce()
      return signed(Formatter.joinedByLineFeed(account.appid, timestamp, nonce, packed))
    },
    "wechatpay.notification": (index) => {
      const said = wechatpay[index]
      if (said === undefined) return
      check(isSealed(said.notification), "A notification")
      const { resource } = JSON.parse(said.notification.body)
      const plain = Aes.AesGcm.decrypt(
        resource.ciphertext,
        Buffer.from(account.apiV3Key),
        resource.nonce,
        resource.associated_data
      )
      check(JSON.parse(plain).out_trade_no === said.no, "A notification")
    }
  }
}
