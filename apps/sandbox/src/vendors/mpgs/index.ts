import { randomHex } from "../../Random.ts"
import type { Make } from "../Vendor.ts"
import * as Api from "./Api.ts"
import * as Checkout from "./Checkout.ts"
import * as Desk from "./Desk.ts"
import type { Merchant } from "./Gateway.ts"
import { Gateway } from "./Gateway.ts"
import * as History from "./History.ts"

const secret = () => randomHex(16)

/** Plays the Mastercard Gateway (MPGS): its REST API, Hosted Checkout, notifications and reports. */
export const make: Make = async (kit) => {
  const merchant: Merchant = {
    id: "TESTMERCHANT01",
    passwords: [await kit.kept("password-1", secret), await kit.kept("password-2", secret)],
    reportingPassword: await kit.kept("reporting-password", secret),
    webhookSecret: (await kit.kept("webhook-secret", secret)).toUpperCase()
  }
  const gateway = new Gateway(kit, merchant)
  gateway.resume()
  const { id: merchantId, ...secrets } = merchant
  return {
    credentials: {
      baseUrl: kit.url,
      merchantId,
      ...secrets,
      checkoutScript: `${kit.url}/static/checkout/checkout.min.js`
    },
    handle: async (call, response) => {
      const { pathname } = call.url
      if (pathname.startsWith("/api/")) return Api.handle(gateway, call, response)
      return pathname.startsWith("/history/")
        ? History.handle(gateway, call, response)
        : Checkout.handle(gateway, call, response)
    },
    held: () => Desk.held(gateway),
    decide: (number, decision) => Desk.decide(gateway, number, decision),
    sweep: () => gateway.sweep()
  }
}
