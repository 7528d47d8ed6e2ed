import { createDecipheriv, createPrivateKey, createPublicKey, sign, verify } from "node:crypto"
import { crc32 } from "node:zlib"
import { account, type Given, type Message } from "./Given.ts"
import * as Signer from "./Signer.ts"
import { check, orders, type Steps } from "./Steps.ts"

/** What was signed, and by which signature. */
interface Proof {
  readonly text: string
  readonly signature: string
}

const proofOf = ({ headers, body }: Message): Proof => ({
  text: `${headers["wechatpay-timestamp"]}\n${headers["wechatpay-nonce"]}\n${body}\n`,
  signature: headers["wechatpay-signature"] ?? ""
})

const responseForm = /^\{"alipay_trade_precreate_response":(.*),"sign":"([^"]*)"\}$/

/** Node's own RSA and AES of the same texts, with keys and texts that are ready: nobody can do it for less here. */
export const steps = ({ ours, theirs, wechatpay, alipay, paypal }: Given): Steps => {
  const own = createPrivateKey(ours.privateKey)
  const vendor = createPublicKey(theirs.publicKey)
  const payPalKey = createPublicKey(Signer.certificate)
  const signing = (texts: ReadonlyArray<string>) => (index: number) =>
    sign("sha256", Buffer.from(texts[index] ?? ""), own).toString("base64")
  const verifying =
    (proofs: ReadonlyArray<Proof>, key = vendor) =>
    (index: number) => {
      const { text, signature } = proofs[index] ?? { text: "", signature: "" }
      check(verify("sha256", Buffer.from(text), key, Buffer.from(signature, "base64")), "A signature")
    }
  const both =
    (...all: ReadonlyArray<(index: number) => unknown>) =>
    (index: number) => {
      for (const one of all) one(index)
    }
  const lengthened = (length: number) => Array.from({ length: orders }, (_, index) => String(index).padEnd(length, "x"))
  const answers = wechatpay.map(({ answer }) => proofOf(answer))
  const sealed = wechatpay.map(({ notification }) => {
    const { ciphertext, nonce } = JSON.parse(notification.body).resource
    return { bytes: Buffer.from(ciphertext, "base64"), nonce: String(nonce) }
  })
  const opening = (index: number) => {
    const { bytes, nonce } = sealed[index] ?? { bytes: Buffer.alloc(16), nonce: "" }
    const decipher = createDecipheriv("aes-256-gcm", account.apiV3Key, nonce)
    decipher.setAAD(Buffer.from("transaction"))
    decipher.setAuthTag(bytes.subarray(-16))
    return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8")
  }
  const wechat = { sign: signing(lengthened(420)), verify: verifying(answers) }
  const responses = alipay.map(({ answer }) => {
    const [, text = "", signature = ""] = responseForm.exec(answer.body) ?? []
    return { text, signature }
  })
  const forms = alipay.map(({ notification }) => {
    const { sign: signature = "", sign_type: _, ...fields } = Object.fromEntries(new URLSearchParams(notification.body))
    const names = Object.keys(fields).sort()
    return { text: names.map((name) => `${name}=${fields[name]}`).join("&"), signature }
  })
  const ali = { sign: signing(lengthened(420)), verify: verifying(responses) }
  const events = paypal.map(({ notification: { headers, body } }) => ({
    text: `${headers["paypal-transmission-id"]}|${headers["paypal-transmission-time"]}|${account.webhookId}|${crc32(Buffer.from(body))}`,
    signature: headers["paypal-transmission-sig"] ?? ""
  }))
  return {
    "wechatpay.sign": wechat.sign,
    "wechatpay.verify": wechat.verify,
    "wechatpay.create": both(wechat.sign, wechat.verify),
    "wechatpay.create JSAPI": both(wechat.sign, wechat.verify, signing(lengthened(110))),
    "wechatpay.notification": both(verifying(wechatpay.map(({ notification }) => proofOf(notification))), opening),
    "alipay.sign": ali.sign,
    "alipay.verify": ali.verify,
    "alipay.create": both(ali.sign, ali.verify),
    "alipay.notification": verifying(forms),
    "paypal.notification": verifying(events, payPalKey)
  }
}
