import { X509Certificate } from "node:crypto"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { Formatter } from "wechatpay-axios-plugin"
import WechatPayV3 from "wechatpay-node-v3"
import { AesGcm, errorOf, isSigned, numericOf, openWechatPay } from "./wechatpay.ts"
import type { Answer } from "./world.ts"
import { onDisk } from "./world.ts"

let world: Awaited<ReturnType<typeof openWechatPay>>
let shop: (typeof world)["wechatpay"]
beforeAll(async () => {
  world = await openWechatPay()
  shop = world.wechatpay
})
afterEach(async () => {
  await world.faults()
})
afterAll(async () => {
  await world.close()
  world.sweep()
})

const certificatesOf = ({ platformCertificates }: typeof shop.credentials) =>
  Object.fromEntries(platformCertificates.map(({ serial, certificate }) => [serial, certificate]))

const heldOf = async (number: string) => (await world.ledger()).held?.find((held) => held.number === number)

describe("the public SDK as the client of WeChat Pay", () => {
  it.each(["public key", "platform certificates"])("does all that it can, and verifies with the %s", async (mode) => {
    const { mchid, publicKeyId, publicKey } = shop.credentials
    const certs = mode === "public key" ? { [publicKeyId]: publicKey } : certificatesOf(shop.credentials)
    const client = shop.client(certs)
    const terms = shop.terms()
    const { out_trade_no } = terms
    const created = await client["v3"]?.["pay"]?.["transactions"]?.["native"]?.post(terms as never)
    expect(created?.data).toEqual({ code_url: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/) })
    const query = async () =>
      (
        await client["v3"]?.["pay"]?.["transactions"]?.["outTradeNo"]?.["$out_trade_no$"]?.get({
          params: { mchid },
          out_trade_no
        } as never)
      )?.data as { readonly [name: string]: unknown }
    expect(await query()).toMatchObject({ mchid, out_trade_no, trade_state: "NOTPAY", amount: { total: 1234 } })
    expect(Object.keys(await query())).not.toContain("transaction_id")
    await shop.decide(out_trade_no, "pay")
    const paid = await query()
    expect(paid).toMatchObject({ trade_state: "SUCCESS", trade_type: "NATIVE", amount: { payer_total: 1234 } })
    expect(paid["transaction_id"]).toMatch(/^\d{28}$/)
    expect(paid["success_time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
    const refundTerms = shop.refundTerms(out_trade_no)
    const refunds = client["v3"]?.["refund"]?.["domestic"]?.["refunds"]
    const refund = await refunds?.post(refundTerms as never)
    expect(refund?.data).toMatchObject({ status: "PROCESSING", amount: { refund: 234, total: 1234, currency: "CNY" } })
    await shop.decide(out_trade_no, "refund-settle", { refund: refundTerms.out_refund_no })
    const { out_refund_no } = refundTerms
    const asked = await refunds?.["$out_refund_no$"]?.get({ out_refund_no } as never)
    expect(asked?.data).toMatchObject({ status: "SUCCESS", out_trade_no, refund_id: expect.stringMatching(/^\d{29}$/) })
    expect(await query()).toMatchObject({ trade_state: "REFUND" })
    const other = shop.terms()
    await client["v3"]?.["pay"]?.["transactions"]?.["native"]?.post(other as never)
    const closed = await client["v3"]?.["pay"]?.["transactions"]?.["outTradeNo"]?.["$out_trade_no$"]?.["close"]?.post(
      { mchid } as never,
      { out_trade_no: other.out_trade_no } as never
    )
    expect([closed?.status, closed?.data]).toEqual([204, ""])
    expect(await heldOf(other.out_trade_no)).toMatchObject({ status: "closed" })
  })

  it("refuses what is signed with a key that it was not given", async () => {
    const { serial, certificate } = shop.credentials.expiredPlatformCertificate
    const client = shop.client({ [serial]: certificate })
    await expect(client["v3"]?.["pay"]?.["transactions"]?.["native"]?.post(shop.terms() as never)).rejects.toThrow(
      /Cannot found the serial/
    )
  })

  it("may be another: wechatpay-node-v3 creates, queries, refunds, closes, and fetches certificates", async () => {
    const { appid, mchid, certificate, privateKey, apiV3Key, url } = shop.credentials
    const pay = new WechatPayV3({
      appid,
      mchid,
      publicKey: Buffer.from(certificate),
      privateKey: Buffer.from(privateKey),
      key: apiV3Key
    })
    const sent = async (method: string, target: string, headers: object, json?: object) => {
      const body = json === undefined ? {} : { body: JSON.stringify(json) }
      const address = target.replace("https://api.mch.weixin.qq.com", url)
      const response = await fetch(address, { method, headers: headers as Record<string, string>, ...body })
      const text = await response.text()
      return { status: response.status, data: text === "" ? undefined : JSON.parse(text) }
    }
    pay.createHttp({
      get: (target, headers) => sent("GET", target, headers),
      post: (target, json, headers) => sent("POST", target, headers, json),
      upload: () => Promise.reject(new Error("Nothing is uploaded."))
    })
    const { amount: _, ...terms } = shop.terms()
    const { out_trade_no } = terms
    const native = await pay.transactions_native({ ...terms, amount: { total: 1234 } })
    expect(native).toMatchObject({ status: 200, data: { code_url: expect.any(String) } })
    await shop.decide(out_trade_no, "pay")
    expect(await pay.query({ out_trade_no })).toMatchObject({ status: 200, data: { trade_state: "SUCCESS" } })
    const asked = { out_trade_no, out_refund_no: `R${out_trade_no}` }
    const refunded = await pay.refunds({ ...asked, amount: { refund: 1, total: 1234, currency: "CNY" } })
    expect(refunded).toMatchObject({ status: 200, data: { status: "PROCESSING" } })
    const found = await pay.find_refunds(asked.out_refund_no)
    expect(found).toMatchObject({ status: 200, data: { out_trade_no } })
    const other = shop.terms()
    await shop.call("POST", "/v3/pay/transactions/native", other)
    expect(await pay.close(other.out_trade_no)).toMatchObject({ status: 204 })
    const fetched = await pay.get_certificates(apiV3Key)
    expect(fetched.map(({ serial_no }) => serial_no)).toEqual(Object.keys(certificatesOf(await world.credentials())))
  })
})

/** A platform certificate as it can be fetched. */
interface Listed {
  readonly serial_no: string
  readonly encrypt_certificate: {
    readonly nonce: string
    readonly associated_data: string
    readonly ciphertext: string
  }
}

describe("the keys of WeChat Pay", () => {
  it("are a merchant certificate under its number, an APIv3 key, a public key with an id, platform certificates", async () => {
    const { certificate, mchid, serial, apiV3Key, publicKeyId, authority, platformCertificates } = shop.credentials
    const merchant = new X509Certificate(certificate)
    expect(merchant.subject).toContain(`CN=${mchid}`)
    expect([merchant.serialNumber, serial.length]).toEqual([serial, 40])
    expect([apiV3Key.length, publicKeyId.slice(0, 11)]).toEqual([32, "PUB_KEY_ID_"])
    const root = new X509Certificate(authority)
    for (const one of platformCertificates)
      expect(new X509Certificate(one.certificate).verify(root.publicKey)).toBe(true)
    expect(
      new Date(new X509Certificate(shop.credentials.expiredPlatformCertificate.certificate).validTo) < new Date()
    ).toBe(true)
  })

  it("can be fetched, encrypted, and are all good after one more was issued", async () => {
    const fetched = async () => {
      const answer = await shop.call("GET", "/v3/certificates?algorithm_type=RSA")
      const { data } = answer.json as { readonly data: ReadonlyArray<Listed> }
      const certificates = data.map(({ serial_no, encrypt_certificate: { nonce, associated_data, ciphertext } }) => [
        serial_no,
        AesGcm.decrypt(ciphertext, shop.credentials.apiV3Key, nonce, associated_data)
      ])
      return { answer, certificates: Object.fromEntries(certificates) as Record<string, string> }
    }
    const before = await fetched()
    const rotated = await shop.decide("-", "rotate-wechatpay")
    const { serial } = rotated.json as { readonly serial: string }
    const after = await fetched()
    expect(Object.keys(after.certificates)).toEqual([serial, ...Object.keys(before.certificates)])
    expect(after.certificates).toEqual(certificatesOf(await world.credentials()))
    expect(after.answer.headers.get("wechatpay-serial")).toBe(serial)
    expect(isSigned(after.answer, after.certificates[serial] ?? "")).toBe(true)
    expect(isSigned(before.answer, after.certificates[serial] ?? "")).toBe(false)
    const headers = { "wechatpay-serial": shop.credentials.publicKeyId }
    const byKey = await shop.call("GET", "/v3/certificates", undefined, { headers })
    expect(byKey.headers.get("wechatpay-serial")).toBe(shop.credentials.publicKeyId)
    expect(isSigned(byKey, shop.credentials.publicKey)).toBe(true)
  })
})

describe("a request to WeChat Pay", () => {
  const target = "/v3/certificates"
  const off = (seconds: number) => ({ timestamp: Formatter.timestamp() + seconds })

  it.each([
    ["a clock six minutes behind", off(-360)],
    ["a clock six minutes ahead", off(360)],
    ["another merchant's number", { mchid: "1900000109" }],
    ["another serial", { serial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1" }],
    ["a nonce that is too long", { nonce: "x".repeat(33) }],
    ["another path signed", { signedTarget: "/v3/certificates?a=1" }],
    ["another body signed", { signedBody: " " }]
  ])("is refused with %s", async (_, odd) => {
    const answer = await shop.call("GET", target, undefined, odd)
    expect([...errorOf(answer), numericOf(answer)]).toEqual([401, "SIGN_ERROR", 268443699])
    expect([...answer.headers.keys()].filter((name) => name.startsWith("wechatpay-"))).toEqual([])
  })

  it("is told what was signed here, where the signature is wrong", async () => {
    const { json } = await shop.call("GET", `${target}?b=%7C`, undefined, { signedTarget: `${target}?b=|` })
    expect(json).toMatchObject({
      detail: {
        field: "signature",
        location: "authorization",
        sign_information: {
          method: "GET",
          url: `${target}?b=%7C`,
          truncated_sign_message: expect.stringContaining("%7C")
        }
      }
    })
  })

  it("is refused without a User-Agent before its signature is looked at, and without a signature", async () => {
    const answer = await shop.call("GET", target, undefined, { headers: { "user-agent": "" }, ...off(-360) })
    expect(errorOf(answer)).toEqual([400, "INVALID_REQUEST"])
    const unsigned = await shop.call("GET", target, undefined, { headers: { authorization: "Basic x" } })
    expect([...errorOf(unsigned), unsigned.headers.get("request-id")]).toEqual([401, "SIGN_ERROR", null])
  })

  it("may be off by less than five minutes, of the machine's clock or the sandbox's", async () => {
    expect((await shop.call("GET", target, undefined, off(-290))).status).toBe(200)
    const hour = 3_600_000
    await world.call("POST", "/_clock", { advanceMillis: hour })
    const statuses = await Promise.all(
      [0, 3600, 1800].map((seconds) => shop.call("GET", target, undefined, off(seconds)))
    )
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 401])
    const answered = await shop.call("GET", target, undefined, off(3600))
    expect(Math.abs(Number(answered.headers.get("wechatpay-timestamp")) - Formatter.timestamp() - 3600)).toBeLessThan(
      60
    )
    await world.call("POST", "/_clock", { advanceMillis: -hour })
  })

  it("is refused where it names a public key that is none, or its body is not JSON", async () => {
    const headers = { "wechatpay-serial": "PUB_KEY_ID_0000000000" }
    expect(errorOf(await shop.call("GET", target, undefined, { headers }))).toEqual([400, "PARAM_ERROR"])
    const native = "/v3/pay/transactions/native"
    expect(errorOf(await shop.call("POST", native, "{"))).toEqual([400, "PARAM_ERROR"])
    const form = { headers: { "content-type": "application/x-www-form-urlencoded" } }
    expect((await shop.call("POST", native, shop.terms(), form)).status).toBe(415)
  })

  it("of an unknown path or a wrong method gets no body", async () => {
    const answers = [await shop.call("GET", "/v3/nowhere"), await shop.call("GET", "/v3/pay/transactions/native")]
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [404, ""],
      [405, ""]
    ])
  })
})

describe("the faults of WeChat Pay's answers", () => {
  const answered = async (on: string, fault: object, ask: () => Promise<Answer>) => {
    await world.faults({ on, times: 1, ...fault })
    return ask()
  }

  it.each([
    ["wrong-amount", { amount: { total: 1235 } }],
    ["wrong-currency", { amount: { currency: "USD" } }],
    ["unknown-status", { trade_state: "REVIEWING" }]
  ])("say what is wrong under a right signature: %s", async (fault, expected) => {
    const number = await shop.paid()
    const answer = await answered("query", { fault }, () => shop.query(number))
    expect(answer.json).toMatchObject(expected)
    expect(isSigned(answer, (await world.credentials()).platformCertificates[0]?.certificate ?? "")).toBe(true)
    expect((await shop.query(number)).json).not.toMatchObject(expected)
  })

  it("say it of another merchant or another number, too", async () => {
    const number = await shop.paid()
    const said = async (fault: string) => (await answered("query", { fault }, () => shop.query(number))).json
    const foreign = (await said("foreign-merchant")) as { readonly mchid: string }
    expect(foreign.mchid).not.toBe(shop.credentials.mchid)
    expect(await said("other-number")).not.toMatchObject({ out_trade_no: number })
  })

  it.each(["wrong-signature", "unsigned", "wrong-serial"])("are refused by the public SDK: %s", async (fault) => {
    const client = shop.client({ [shop.credentials.publicKeyId]: shop.credentials.publicKey })
    await world.faults({ on: "create", fault, times: 1 })
    const native = client["v3"]?.["pay"]?.["transactions"]?.["native"]
    await expect(native?.post(shop.terms() as never)).rejects.toMatchObject({ code: expect.stringMatching(/^EV3_RES/) })
  })

  it("are in the vendor's words, unsigned", async () => {
    const number = await shop.paid()
    const ask = () => shop.query(number)
    const refund = () => shop.refund(number)
    const words = [
      await answered("query", { fault: "not-found" }, ask),
      await answered("query", { fault: "throttle" }, ask),
      await answered("query", { fault: "error-before-accept" }, ask),
      await answered("query", { fault: "error-before-accept", status: 503 }, ask),
      await answered("query", { fault: "unknown-code" }, ask),
      await answered("create", { fault: "reject" }, () => shop.create()),
      await answered("refund", { fault: "reject" }, refund),
      await answered("query-refund", { fault: "not-found" }, () => shop.queryRefund("R-1"))
    ]
    expect(words.map(errorOf)).toEqual([
      [404, "ORDER_NOT_EXIST"],
      [429, "FREQUENCY_LIMITED"],
      [500, "SYSTEM_ERROR"],
      [503, "SERVICE_UNAVAILABLE"],
      [400, "SOMETHING_NEW"],
      [400, "PARAM_ERROR"],
      [403, "USER_ACCOUNT_ABNORMAL"],
      [404, "RESOURCE_NOT_EXISTS"]
    ])
    expect(words.map(({ headers }) => headers.get("wechatpay-signature")).filter((one) => one !== null)).toEqual([])
  })
})

describe("the book of WeChat Pay", () => {
  it("outlives the process, with its keys and certificates", async () => {
    const number = await shop.paid()
    const refunded = await shop.heldRefund(number)
    await shop.decide(number, "refund-abnormal")
    const before = [await heldOf(number), await world.credentials(), (await shop.query(number)).json]
    await world.close()
    world = await openWechatPay({ folder: world.folder })
    shop = world.wechatpay
    expect([await heldOf(number), await world.credentials(), (await shop.query(number)).json]).toEqual(before)
    const { out_refund_no } = refunded.json as { readonly out_refund_no: string }
    expect((await shop.queryRefund(out_refund_no)).json).toMatchObject({ status: "ABNORMAL" })
    await vi.waitFor(() => expect(onDisk(world.folder).length).toBeGreaterThan(0))
  })

  it("has each request and what it was about in the ledger", async () => {
    const number = await shop.paid()
    await shop.query(number)
    const { requests } = await world.ledger()
    expect(requests.filter(({ numbers }) => numbers.includes(number))).toMatchObject([
      { path: "/wechatpay/v3/pay/transactions/native", did: "create", status: 200 },
      { path: expect.stringContaining("/out-trade-no/"), did: "query", status: 200 }
    ])
  })
})
