import type { Make } from "../Vendor.ts"
import { Alipay } from "./Alipay.ts"
import * as Keys from "./Keys.ts"

/** Alipay's OpenAPI v2, as a merchant's app and its payers see it. */
export const make: Make = async (kit) => {
  const keys = await Keys.open(kit)
  const alipay = new Alipay(kit, keys)
  return {
    credentials: {
      gateway: `${kit.url}/gateway.do`,
      appId: keys.appId,
      sellerId: keys.sellerId,
      buyerId: keys.buyerId,
      buyerOpenId: keys.buyerOpenId,
      appPrivateKey: keys.appPrivateKey,
      alipayPublicKey: keys.alipayPublicKey,
      appCertificate: keys.appCertificate,
      alipayCertificate: keys.alipayCertificate,
      rootCertificates: keys.rootCertificates
    },
    handle: (call, response) => alipay.handle(call, response),
    held: () => alipay.book.held(),
    decide: (number, decision) => alipay.decide(number, decision),
    sweep: () => alipay.book.sweep()
  }
}
