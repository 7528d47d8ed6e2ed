import { expect, it } from "@effect/vitest"
import { describe } from "vitest"
import * as V3 from "../../src/alipay/v3.ts"
import { appId, certified, dayLaterMillis, keys, nowMillis, v3 } from "./world.ts"

const partOf = (authorization: string, name: string): string =>
  new RegExp(`[ ,]${name}=([^,]*)`).exec(authorization)?.[1] ?? ""

describe("a v3 request of the fixtures is signed as it was", () => {
  it.each(v3.requests.map((request) => [`${request.method} ${request.path}`, request] as const))(
    "%s",
    (_, { authorization, ...request }) => {
      const proof = {
        appId,
        nonce: partOf(authorization, "nonce"),
        atMillis: Number(partOf(authorization, "timestamp"))
      }
      expect(V3.authorization(request, proof, keys())).toBe(authorization)
      expect(V3.authorization(request, proof, keys(certified))).toContain(
        `app_id=${appId},app_cert_sn=${keys(certified).numbers?.appSn},nonce=`
      )
    }
  )
})

describe("a v3 answer", () => {
  const { headers, body } = v3.response
  const sn = keys(certified).numbers?.alipaySn

  it("of the fixtures is Alipay's", () => {
    expect(V3.isVerified(headers, body, keys(), nowMillis)).toBe(true)
    expect(V3.isVerified({ ...headers, "alipay-sn": sn }, body, keys(certified), dayLaterMillis)).toBe(true)
  })

  it.each<readonly [string, Record<string, string | undefined>, string]>([
    ["altered", headers, body.replace("12.34", "99.34")],
    ["at another time", { ...headers, "alipay-timestamp": "1795440100124" }, body],
    ["once more under another nonce", { ...headers, "alipay-nonce": "b" }, body],
    ["without a signature", { ...headers, "alipay-signature": undefined }, body],
    ["without a time", { ...headers, "alipay-timestamp": undefined }, body],
    ["without a nonce", { ...headers, "alipay-nonce": undefined }, body]
  ])("%s is nobody's", (_, altered, text) => {
    expect(V3.isVerified(altered, text, keys(), nowMillis)).toBe(false)
  })

  it("by another certificate, or one that does not hold, is nobody's", () => {
    expect(V3.isVerified({ ...headers, "alipay-sn": "0" }, body, keys(certified), dayLaterMillis)).toBe(false)
    expect(V3.isVerified(headers, body, keys(certified), Date.parse("2127-01-01"))).toBe(false)
  })
})
