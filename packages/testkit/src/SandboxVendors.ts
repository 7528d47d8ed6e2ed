import type { Scene, Traits } from "./contracts/vendors/Platform.ts"

/** The vendors that the sandbox plays beside its own platform. */
export const names = ["wechatpay", "alipay", "mpgs", "paypal"] as const
export type Name = (typeof names)[number]

/** What a vendor's merchant console hands out. */
export type Credentials = { readonly [name: string]: unknown }

/** The credentials of a vendor among those of all. */
export const credentialsOf = (all: unknown, name: Name): Credentials => Object(Object(all)[name])

/** What a deployer writes into the configuration for a vendor that the sandbox plays, from what its console hands out. */
export const entryOf = (name: Name, credentials: Credentials): { readonly [member: string]: unknown } => {
  const text = (member: string): string => String(credentials[member])
  switch (name) {
    case "wechatpay":
      return {
        kind: name,
        baseUrl: text("url"),
        mchid: text("mchid"),
        appid: text("appid"),
        appids: { MINI_PROGRAM: text("miniProgramAppid"), APP: text("mobileAppid") },
        privateKey: text("privateKey"),
        certificate: text("certificate"),
        apiV3Key: text("apiV3Key"),
        publicKey: { id: text("publicKeyId"), key: text("publicKey") }
      }
    case "alipay":
      return {
        kind: name,
        baseUrl: text("gateway"),
        appId: text("appId"),
        sellerId: text("sellerId"),
        privateKey: text("appPrivateKey"),
        publicKey: text("alipayPublicKey")
      }
    case "mpgs":
      return {
        kind: name,
        baseUrl: text("baseUrl"),
        merchantId: text("merchantId"),
        merchantName: "Travel Insurance",
        password: Object(credentials["passwords"])[0],
        nextPassword: Object(credentials["passwords"])[1],
        webhookSecret: text("webhookSecret"),
        reportingPassword: text("reportingPassword")
      }
    case "paypal":
      return {
        kind: name,
        baseUrl: text("baseUrl"),
        clientId: text("clientId"),
        clientSecret: text("clientSecret"),
        webhookId: text("webhookId"),
        merchantId: text("payeeMerchantId"),
        certificates: {
          hosts: [text("baseUrl")],
          subject: text("certificateSubject"),
          authorities: text("certificateAuthority")
        }
      }
  }
}

/** A payer as the vendors know him; nobody in the world. */
export const payer = { openId: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", buyerId: "2088102177846880", ip: "203.0.113.7" }

const description = "Travel insurance, 3 days"

/** Every way in which a payer can come to a vendor. */
export const scenesOf = (name: Name): readonly [Scene, ...ReadonlyArray<Scene>] => {
  const plain = { description, payer: {}, returnUrl: null }
  switch (name) {
    case "wechatpay": {
      const scene = { method: "WECHAT_PAY", currency: "CNY" } as const
      const known = { ...plain, payer: { openId: payer.openId } }
      return [
        { ...scene, source: "QR", details: plain },
        { ...scene, source: "WEB", details: plain },
        { ...scene, source: "JSAPI", details: known },
        { ...scene, source: "MINI_PROGRAM", details: known },
        { ...scene, source: "H5", details: { ...plain, payer: { ip: payer.ip } } },
        { ...scene, source: "APP", details: plain }
      ]
    }
    case "alipay": {
      const scene = { method: "ALIPAY", currency: "CNY" } as const
      return [
        { ...scene, source: "QR", details: plain },
        { ...scene, source: "WEB", details: plain, isLocal: true },
        { ...scene, source: "H5", details: plain, isLocal: true },
        { ...scene, source: "APP", details: plain, isLocal: true },
        { ...scene, source: "MINI_PROGRAM", details: { ...plain, payer: { buyerId: payer.buyerId } }, unopened: "open" }
      ]
    }
    case "mpgs": {
      const scene = { method: "CARD", currency: "USD", details: plain } as const
      return [
        { ...scene, source: "WEB" },
        { ...scene, source: "H5" },
        { ...scene, source: "WEB", currency: "JPY" },
        { ...scene, source: "WEB", currency: "KWD" }
      ]
    }
    case "paypal": {
      const scene = { method: "PAYPAL", currency: "USD", details: plain } as const
      return [
        { ...scene, source: "WEB" },
        { ...scene, source: "H5" },
        { ...scene, source: "WEB", currency: "JPY" }
      ]
    }
  }
}

/** What differs between these vendors. */
export const traitsOf: { readonly [name in Name]: Traits } = {
  wechatpay: {
    unopened: "open",
    refused: "open",
    close: "closed",
    numbered: false,
    completes: false,
    authorizes: false,
    refunds: true,
    bills: true,
    tells: true
  },
  alipay: {
    unopened: "notFound",
    refused: "closed",
    close: "notFound",
    numbered: false,
    completes: false,
    authorizes: false,
    refunds: true,
    bills: true,
    tells: true
  },
  mpgs: {
    unopened: "notFound",
    refused: "open",
    close: "notFound",
    numbered: false,
    completes: false,
    authorizes: true,
    refunds: true,
    bills: true,
    tells: false
  },
  paypal: {
    unopened: "open",
    refused: "closed",
    close: "open",
    numbered: true,
    completes: true,
    authorizes: true,
    refunds: true,
    bills: true,
    tells: false
  }
}
