import { createCipheriv, generateKeyPairSync, randomBytes, sign } from "node:crypto"
import { crc32 } from "node:zlib"
import * as Chance from "../Chance.ts"
import * as Signer from "./Signer.ts"
import { orders } from "./Steps.ts"

/** A pair of RSA keys of 2048 bits as PEM texts, made for one run. */
export interface Pair {
  readonly privateKey: string
  readonly publicKey: string
}

/** A message of a vendor as it comes in: header names in lower case. */
export interface Message {
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** One order, and what its vendor says of it, signed beforehand. */
export interface Said {
  readonly no: string
  readonly amountMinor: number
  readonly answer: Message
  readonly notification: Message
}

/** An order of WeChat Pay; `prepaid` is the answer to a create by JSAPI. */
export interface WechatSaid extends Said {
  readonly prepaid: Message
}

/** What all rivals of one run work with; it goes from process to process as JSON. */
export interface Given {
  readonly nowMillis: number
  readonly ours: Pair
  readonly theirs: Pair
  readonly wechatpay: ReadonlyArray<WechatSaid>
  readonly alipay: ReadonlyArray<Said>
  readonly mpgs: ReadonlyArray<Said>
  readonly paypal: ReadonlyArray<Said>
}

/** Made up: accounts at the vendors that belong to nobody. */
export const account = {
  mchid: "1900000109",
  appid: "wxd678efh567hg6787",
  serial: "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB",
  keyId: "PUB_KEY_ID_0119000001092026112600000000000001",
  apiV3Key: "throwaway-key-with-32-characters",
  openId: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
  appId: "2021000000000000",
  sellerId: "2088531891668739",
  merchantId: "TESTSHOP01",
  password: "throwaway-password",
  webhookSecret: "throwaway-secret-of-32-character",
  clientId: "throwaway-client",
  clientSecret: "throwaway-client-secret",
  webhookId: "8PT597110X687430LKGECATA",
  certificateUrl: "https://api-m.paypal.com/v1/notifications/certs/CERT-1",
  description: "Travel insurance, 3 days",
  notifyUrl: "https://pay.example.com/v1/vendors/vendor/notifications",
  returnUrl: "https://pay.example.com/v1/vendors/vendor/return"
} as const

/** An amount of a currency with two decimals, as vendors write it. */
export const decimal = (amountMinor: number): string => (amountMinor / 100).toFixed(2)

const signed = (text: string, key: string): string => sign("sha256", Buffer.from(text), key).toString("base64")

const json = { "content-type": "application/json" }

/** The headers that WeChat Pay signs a body with. */
const sealed = (body: string, { privateKey }: Pair, nowMillis: number): Message => {
  const timestamp = String(Math.floor(nowMillis / 1000))
  const nonce = randomBytes(16).toString("hex")
  return {
    headers: {
      ...json,
      "wechatpay-serial": account.keyId,
      "wechatpay-timestamp": timestamp,
      "wechatpay-nonce": nonce,
      "wechatpay-signature": signed(`${timestamp}\n${nonce}\n${body}\n`, privateKey)
    },
    body
  }
}

const encrypted = (plain: string) => {
  const nonce = randomBytes(6).toString("hex")
  const cipher = createCipheriv("aes-256-gcm", account.apiV3Key, nonce)
  cipher.setAAD(Buffer.from("transaction"))
  const bytes = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return {
    original_type: "transaction",
    algorithm: "AEAD_AES_256_GCM",
    ciphertext: bytes.toString("base64"),
    associated_data: "transaction",
    nonce
  }
}

interface Order {
  readonly no: string
  readonly amountMinor: number
}

const wechatpay = ({ no, amountMinor }: Order, theirs: Pair, nowMillis: number): WechatSaid => {
  const transaction = JSON.stringify({
    mchid: account.mchid,
    appid: account.appid,
    out_trade_no: no,
    transaction_id: `4200${no}`,
    trade_type: "NATIVE",
    trade_state: "SUCCESS",
    trade_state_desc: "支付成功",
    bank_type: "CMC",
    attach: "",
    success_time: "2026-11-23T21:20:36+08:00",
    payer: { openid: account.openId },
    amount: { total: amountMinor, payer_total: amountMinor, currency: "CNY", payer_currency: "CNY" }
  })
  const notification = JSON.stringify({
    id: `EV-${no}`,
    create_time: "2026-11-23T21:20:36+08:00",
    resource_type: "encrypt-resource",
    event_type: "TRANSACTION.SUCCESS",
    summary: "支付成功",
    resource: encrypted(transaction)
  })
  return {
    no,
    amountMinor,
    answer: sealed(JSON.stringify({ code_url: `weixin://wxpay/bizpayurl?pr=${no.slice(-9)}` }), theirs, nowMillis),
    prepaid: sealed(JSON.stringify({ prepay_id: `wx2611${no}` }), theirs, nowMillis),
    notification: sealed(notification, theirs, nowMillis)
  }
}

const alipay = ({ no, amountMinor }: Order, { privateKey }: Pair): Said => {
  const response = JSON.stringify({
    code: "10000",
    msg: "Success",
    out_trade_no: no,
    qr_code: `https://qr.alipay.com/bax${no.slice(-20)}`
  })
  const amount = decimal(amountMinor)
  const fields: ReadonlyArray<readonly [string, string]> = [
    ["app_id", account.appId],
    ["auth_app_id", account.appId],
    ["buyer_id", "2088102534368455"],
    ["buyer_pay_amount", amount],
    ["charset", "utf-8"],
    ["fund_bill_list", JSON.stringify([{ amount, fundChannel: "ALIPAYACCOUNT" }])],
    ["gmt_create", "2026-11-23 21:20:36"],
    ["gmt_payment", "2026-11-23 21:25:00"],
    ["invoice_amount", amount],
    ["notify_id", `2026112300222${no}`],
    ["notify_time", "2026-11-23 21:25:01"],
    ["notify_type", "trade_status_sync"],
    ["out_trade_no", no],
    ["point_amount", "0.00"],
    ["receipt_amount", amount],
    ["seller_id", account.sellerId],
    ["subject", account.description],
    ["total_amount", amount],
    ["trade_no", `20261123220014${no.slice(-14)}`],
    ["trade_status", "TRADE_SUCCESS"],
    ["version", "1.0"]
  ]
  const content = fields.map(([name, value]) => `${name}=${value}`).join("&")
  const proof: ReadonlyArray<readonly [string, string]> = [
    ["sign_type", "RSA2"],
    ["sign", signed(content, privateKey)]
  ]
  const form = new URLSearchParams([...fields, ...proof].map(([name, value]): [string, string] => [name, value]))
  return {
    no,
    amountMinor,
    answer: {
      headers: { "content-type": "text/html;charset=utf-8" },
      body: `{"alipay_trade_precreate_response":${response},"sign":"${signed(response, privateKey)}"}`
    },
    notification: {
      headers: { "content-type": "application/x-www-form-urlencoded; text/html; charset=utf-8" },
      body: form.toString()
    }
  }
}

const mpgs = ({ no, amountMinor }: Order): Said => {
  const answer = {
    checkoutMode: "WEBSITE",
    merchant: account.merchantId,
    result: "SUCCESS",
    session: { id: `SESSION0002${no.slice(-20)}`, updateStatus: "SUCCESS", version: "4b2f3f2a01" },
    successIndicator: no.slice(-16)
  }
  const amount = amountMinor / 100
  const notification = {
    merchant: account.merchantId,
    order: { id: no, amount, currency: "USD", status: "CAPTURED", totalCapturedAmount: amount },
    result: "SUCCESS",
    response: { gatewayCode: "APPROVED", acquirerCode: "00" },
    transaction: { id: "1", type: "PAYMENT", amount, currency: "USD", receipt: "632713000001" },
    timeOfRecord: "2026-11-23T13:20:35.123Z"
  }
  return {
    no,
    amountMinor,
    answer: { headers: json, body: JSON.stringify(answer) },
    notification: {
      headers: { ...json, "x-notification-secret": account.webhookSecret },
      body: JSON.stringify(notification)
    }
  }
}

const paypal = ({ no, amountMinor }: Order): Said => {
  const amount = { currency_code: "USD", value: decimal(amountMinor) }
  const id = no.slice(-17)
  const answer = {
    id,
    intent: "CAPTURE",
    status: "PAYER_ACTION_REQUIRED",
    payment_source: { paypal: {} },
    purchase_units: [{ reference_id: "default", amount, custom_id: no, invoice_id: no }],
    create_time: "2026-11-23T13:20:36Z",
    links: [
      { href: `https://api-m.paypal.com/v2/checkout/orders/${id}`, rel: "self", method: "GET" },
      { href: `https://www.paypal.com/checkoutnow?token=${id}`, rel: "payer-action", method: "GET" }
    ]
  }
  const body = JSON.stringify({
    id: `WH-${no}`,
    event_version: "1.0",
    create_time: "2026-11-23T13:20:36.451Z",
    resource_type: "capture",
    event_type: "PAYMENT.CAPTURE.COMPLETED",
    resource: {
      id: `${no.slice(-16)}C`,
      status: "COMPLETED",
      amount,
      final_capture: true,
      custom_id: no,
      invoice_id: no,
      supplementary_data: { related_ids: { order_id: id } },
      create_time: "2026-11-23T13:20:36Z"
    }
  })
  const transmission = `${no.slice(-20)}`
  const time = "2026-11-23T13:20:37Z"
  const text = `${transmission}|${time}|${account.webhookId}|${crc32(Buffer.from(body))}`
  return {
    no,
    amountMinor,
    answer: { headers: json, body: JSON.stringify(answer) },
    notification: {
      headers: {
        ...json,
        "paypal-transmission-id": transmission,
        "paypal-transmission-time": time,
        "paypal-transmission-sig": signed(text, Signer.key),
        "paypal-cert-url": account.certificateUrl,
        "paypal-auth-algo": "SHA256withRSA"
      },
      body
    }
  }
}

const pair = (): Pair =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" }
  })

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** Everything of a run: numbers and amounts by the seed, keys and nonces by chance, seals of now, good for 5 minutes. */
export const make = (seed: number, nowMillis: number): Given => {
  const next = Chance.numbers(seed)
  const below = (count: number) => Math.floor(next() * count)
  const all = Array.from({ length: orders }, (): Order => {
    const tail = Array.from({ length: 26 }, () => digits[below(digits.length)] ?? "0").join("")
    return { no: `01K${tail}`, amountMinor: 100 + below(100_000) }
  })
  const theirs = pair()
  return {
    nowMillis,
    ours: pair(),
    theirs,
    wechatpay: all.map((order) => wechatpay(order, theirs, nowMillis)),
    alipay: all.map((order) => alipay(order, theirs)),
    mpgs: all.map(mpgs),
    paypal: all.map(paypal)
  }
}
