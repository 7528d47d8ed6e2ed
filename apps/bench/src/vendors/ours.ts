import * as Envelope from "@payment-proxy/adapter-vendor-http/alipay/envelope"
import * as AlipayKeys from "@payment-proxy/adapter-vendor-http/alipay/keys"
import * as AlipayRequests from "@payment-proxy/adapter-vendor-http/alipay/requests"
import * as Stored from "@payment-proxy/adapter-vendor-http/alipay/stored"
import type { Send } from "@payment-proxy/adapter-vendor-http/Http"
import {
  AlipayConfig,
  Kinds,
  MpgsConfig,
  PayPalConfig,
  WechatPayConfig
} from "@payment-proxy/adapter-vendor-http/index"
import type { Vendor } from "@payment-proxy/adapter-vendor-http/Vendor"
import * as Accounts from "@payment-proxy/adapter-vendor-http/wechatpay/account"
import * as PlatformKeys from "@payment-proxy/adapter-vendor-http/wechatpay/platformKeys"
import * as WechatRequests from "@payment-proxy/adapter-vendor-http/wechatpay/requests"
import * as Seals from "@payment-proxy/adapter-vendor-http/wechatpay/seals"
import * as WechatSigning from "@payment-proxy/adapter-vendor-http/wechatpay/signing"
import { Money, Payment } from "@payment-proxy/domain"
import { VendorTokens } from "@payment-proxy/ports"
import { Effect, Either, Redacted, Schema, Scope } from "effect"
import { account, type Given, type Message, type Said } from "./Given.ts"
import * as Signer from "./Signer.ts"
import { check, type Steps } from "./Steps.ts"

type VendorName = "wechatpay" | "alipay" | "mpgs" | "paypal"

const minuteMillis = 60_000
const waitMillis = 1000
const unopened = Effect.dieMessage("No file is fetched here.")

/** A way to send that answers at once, from memory, what was laid ready. */
const memory = () => {
  let ready: Message = { headers: {}, body: "" }
  const send: Send = ({ path }) =>
    Effect.sync(() => ({
      status: 200,
      headers: ready.headers,
      text: path.includes("/certs/") ? Signer.certificate : ready.body,
      askedAtMillis: Date.now()
    }))
  return {
    send,
    lay: (message: Message) => {
      ready = message
    }
  }
}

const placed = (name: VendorName) => ({ name, notifyUrl: account.notifyUrl, returnUrl: account.returnUrl })

const token = Redacted.make("A21AA.throwaway.token")
const tokens = VendorTokens.of({ get: () => Effect.succeed(token), discard: () => Effect.void })

const configs = ({ ours, theirs }: Given) => ({
  wechatpay: {
    ...Schema.decodeUnknownSync(WechatPayConfig)({
      kind: "wechatpay",
      mchid: account.mchid,
      appid: account.appid,
      privateKey: ours.privateKey,
      serial: account.serial,
      apiV3Key: account.apiV3Key,
      publicKey: { id: account.keyId, key: theirs.publicKey }
    }),
    ...placed("wechatpay")
  },
  alipay: {
    ...Schema.decodeUnknownSync(AlipayConfig)({
      kind: "alipay",
      appId: account.appId,
      sellerId: account.sellerId,
      privateKey: ours.privateKey,
      publicKey: theirs.publicKey
    }),
    ...placed("alipay")
  },
  mpgs: {
    ...Schema.decodeUnknownSync(MpgsConfig)({
      kind: "mpgs",
      baseUrl: "https://gateway.example",
      merchantId: account.merchantId,
      merchantName: "Example shop",
      password: account.password,
      webhookSecret: account.webhookSecret
    }),
    ...placed("mpgs")
  },
  paypal: {
    ...Schema.decodeUnknownSync(PayPalConfig)({
      kind: "paypal",
      clientId: account.clientId,
      clientSecret: account.clientSecret,
      webhookId: account.webhookId,
      certificates: { authorities: Signer.certificate }
    }),
    ...placed("paypal")
  }
})

const ways = {
  wechatpay: { method: "WECHAT_PAY", source: "QR", currency: "CNY" },
  alipay: { method: "ALIPAY", source: "QR", currency: "CNY" },
  mpgs: { method: "CARD", source: "WEB", currency: "USD" },
  paypal: { method: "PAYPAL", source: "WEB", currency: "USD" }
} as const

const details = { description: account.description, payer: { openId: account.openId }, returnUrl: null }

const paymentOf = (
  vendor: VendorName,
  { no, amountMinor }: Said,
  nowMillis: number,
  source: Payment.Payment["source"] = ways[vendor].source
): Payment.Payment =>
  Payment.make({
    payOrderNo: no,
    app: "bench",
    vendor,
    businessNo: null,
    amount: Money.make(BigInt(amountMinor), ways[vendor].currency),
    method: ways[vendor].method,
    source,
    capture: "automatic",
    metadata: {},
    createdAtMillis: nowMillis,
    expiresAtMillis: nowMillis + 15 * minuteMillis,
    deadlineMillis: nowMillis + 20 * minuteMillis
  })

interface Order {
  readonly payment: Payment.Payment
  readonly answer: Message
}

const prepared = (vendor: Vendor, { payment }: Order): string => Either.getOrThrow(vendor.prepare(payment, details))

/** A vendor's create as a gateway makes it: prepared, signed, sent, its answer verified and read. */
const creating =
  (vendor: Vendor, orders: ReadonlyArray<Order>, lay: (message: Message) => void) =>
  (index: number): void => {
    const order = orders[index]
    if (order === undefined) return
    lay(order.answer)
    const { kind } = Effect.runSync(
      vendor.create(order.payment, prepared(vendor, order), order.payment.createdAtMillis + 15 * minuteMillis)
    )
    check(kind === "open", "A create")
  }

/** What every vendor does. */
const common = (
  name: VendorName,
  vendor: Vendor,
  said: ReadonlyArray<Said>,
  given: Given,
  lay: (m: Message) => void
) => {
  const orders = said.map((one) => ({ payment: paymentOf(name, one, given.nowMillis), answer: one.answer }))
  const incoming = said.map(({ notification: { headers, body } }) => ({ headers, body: Buffer.from(body) }))
  return {
    orders,
    steps: {
      [`${name}.prepare`]: (index: number) => {
        const order = orders[index]
        return order === undefined ? "" : prepared(vendor, order)
      },
      [`${name}.create`]: creating(vendor, orders, lay),
      [`${name}.notification`]: (index: number) => {
        const one = incoming[index]
        if (one === undefined) return
        const { subject } = Effect.runSync(vendor.notification(one))
        check(subject.no !== "", "A notification")
      }
    }
  }
}

type Common = ReturnType<typeof common>

const wechatSteps = (
  given: Given,
  config: ReturnType<typeof configs>["wechatpay"],
  vendor: Vendor,
  { orders }: Common,
  { send, lay }: ReturnType<typeof memory>
): Steps => {
  const owned = Effect.runSync(Accounts.make(config))
  const keys = Effect.runSync(Effect.scoped(PlatformKeys.make(owned, send, waitMillis)))
  const requests = orders.map((order) => Either.getOrThrow(WechatRequests.create(prepared(vendor, order))))
  const byPage = given.wechatpay.map((said) => ({
    payment: paymentOf("wechatpay", said, given.nowMillis, "JSAPI"),
    answer: said.prepaid
  }))
  return {
    "wechatpay.sign": (index) => {
      const request = requests[index]
      return request === undefined
        ? null
        : Effect.runSync(Effect.map(WechatSigning.stamp, (now) => WechatSigning.call(request, owned, now)))
    },
    "wechatpay.verify": (index) => {
      const answer = orders[index]?.answer
      if (answer !== undefined) Effect.runSync(Seals.verify(answer.headers, answer.body, keys, waitMillis))
    },
    "wechatpay.create JSAPI": creating(vendor, byPage, lay)
  }
}

const alipaySteps = (
  given: Given,
  config: ReturnType<typeof configs>["alipay"],
  vendor: Vendor,
  { orders }: Common
): Steps => {
  const keys = Either.getOrThrow(AlipayKeys.of(config))
  const requests = orders.map((order) => Either.getOrThrow(Stored.read(prepared(vendor, order))))
  const byPage = given.alipay.map((said) => ({
    payment: paymentOf("alipay", said, given.nowMillis, "WEB"),
    answer: said.answer
  }))
  const method = AlipayRequests.methods.precreate
  return {
    "alipay.sign": (index) => {
      const request = requests[index]
      return request === undefined ? null : AlipayRequests.call(request, config, keys, Date.now())
    },
    "alipay.create WEB": creating(vendor, byPage, () => undefined),
    "alipay.verify": (index) => {
      const text = orders[index]?.answer.body ?? ""
      check(Either.getOrThrow(Envelope.open(text, method, keys, Date.now())).isSigned, "An answer")
    }
  }
}

/** Our adapters, each with its keys read once as in a gateway. */
export const steps = async (given: Given): Promise<Steps> => {
  const config = configs(given)
  const desk = memory()
  const needs = { tokens, send: desk.send, open: () => unopened }
  const scope = Effect.runSync(Scope.make())
  const of = async (name: VendorName) => {
    const vendor = await Effect.runPromise(Scope.extend(Kinds.make(config[name], needs), scope))
    const both = common(name, vendor, given[name], given, desk.lay)
    return { vendor, ...both }
  }
  const [wechatpay, alipay, mpgs, paypal] = [
    await of("wechatpay"),
    await of("alipay"),
    await of("mpgs"),
    await of("paypal")
  ]
  return {
    ...wechatpay.steps,
    ...wechatSteps(given, config.wechatpay, wechatpay.vendor, wechatpay, desk),
    ...alipay.steps,
    ...alipaySteps(given, config.alipay, alipay.vendor, alipay),
    ...mpgs.steps,
    ...paypal.steps
  }
}
