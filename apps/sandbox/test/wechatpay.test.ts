import { X509Certificate } from "node:crypto"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { Formatter, Rsa } from "wechatpay-axios-plugin"
import WechatPayV3 from "wechatpay-node-v3"
import { AesGcm, errorOf, freshNumber, numericOf, openWechatPay } from "./wechatpay.ts"
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

/** Whether an answer is signed with a key. */
const isSigned = ({ headers, text }: Answer, key: string): boolean => {
  const of = (name: string) => headers.get(`wechatpay-${name}`) ?? ""
  return Rsa.verify(Formatter.response(of("timestamp"), of("nonce"), text), of("signature"), key)
}

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

describe("an order of WeChat Pay", () => {
  it.each([
    ["/appid", { appid: undefined }],
    ["/mchid", { mchid: undefined }],
    ["/description", { description: "x".repeat(128) }],
    ["/description", { description: "emoji 😀" }],
    ["/out_trade_no", { out_trade_no: "short" }],
    ["/out_trade_no", { out_trade_no: "x".repeat(33) }],
    ["/out_trade_no", { out_trade_no: "with space" }],
    ["/notify_url", { notify_url: "http://shop.example/notify" }],
    ["/notify_url", { notify_url: "https://shop.example/notify?a=1" }],
    ["/amount", { amount: undefined }],
    ["/amount/total", { amount: { total: 0 } }],
    ["/amount/total", { amount: { total: 1.5 } }],
    ["/amount/total", { amount: { total: "100" } }],
    ["/amount/currency", { amount: { total: 1, currency: "USD" } }],
    ["/time_expire", { time_expire: "2026-11-23T22:00:00" }],
    ["/time_expire", { time_expire: "2026-11-23 22:00:00+08:00" }],
    ["/attach", { attach: "x".repeat(129) }],
    ["/attach", { attach: null }],
    ["/goods_tag", { goods_tag: "x".repeat(33) }],
    ["/support_fapiao", { support_fapiao: "yes" }],
    ["/scene_info/payer_client_ip", { scene_info: {} }]
  ])("is refused where %s is wrong: %o", async (field, changes) => {
    const answer = await shop.create(changes)
    expect([...errorOf(answer), numericOf(answer)]).toEqual([400, "PARAM_ERROR", 268435461])
    expect(answer.json).toMatchObject({ detail: { field, location: "body", issue: expect.any(String) } })
  })

  it.each([
    ["jsapi", "/payer", {}],
    ["jsapi", "/payer/openid", { payer: { openid: "" } }],
    ["h5", "/scene_info", {}],
    ["h5", "/scene_info/h5_info", { scene_info: { payer_client_ip: "203.0.113.5" } }],
    ["h5", "/scene_info/h5_info/type", { scene_info: { payer_client_ip: "203.0.113.5", h5_info: { type: "TV" } } }]
  ])("in scene %s is refused without %s", async (scene, field, changes) => {
    expect((await shop.create(changes, scene)).json).toMatchObject({ code: "PARAM_ERROR", detail: { field } })
  })

  it("is refused of an app that is not bound, and of another merchant", async () => {
    const app = await shop.create({ appid: "wx0000000000000000" })
    expect(errorOf(app)).toEqual([400, "APPID_MCHID_NOT_MATCH"])
    expect(errorOf(await shop.create({ mchid: "1900000109" }))).toEqual([400, "MCH_NOT_EXISTS"])
  })

  it("leads to a prepay_id, or an address for a phone's browser", async () => {
    const { openid, mobileAppid, miniProgramAppid: appid } = shop.credentials
    const prepay = { prepay_id: expect.stringMatching(/^wx\w{1,62}$/) }
    expect((await shop.create({ appid, payer: { openid } }, "jsapi")).json).toEqual(prepay)
    expect((await shop.create({ appid: mobileAppid }, "app")).json).toEqual(prepay)
    const scene_info = { payer_client_ip: "203.0.113.5", h5_info: { type: "Wap" } }
    const h5 = await shop.create({ scene_info }, "h5")
    expect(h5.json).toEqual({ h5_url: expect.stringMatching(/^http:.*\/checkmweb\?prepay_id=wx\w+&package=\d+$/) })
  })

  it("that is asked for again is one order with a fresh code, while it is open and nothing is different", async () => {
    const terms = shop.terms({ attach: "A-1" })
    const again = (changes: object = {}, scene = "native") =>
      shop.call("POST", `/v3/pay/transactions/${scene}`, { ...terms, ...changes })
    const [first, second] = [await again(), await again()]
    expect(first.json).not.toEqual(second.json)
    expect((await world.ledger()).held?.filter(({ number }) => number === terms.out_trade_no).length).toBe(1)
    const other = await again({ description: "Something else" })
    expect([...errorOf(other), numericOf(other)]).toEqual([400, "INVALID_REQUEST", 268498688])
    expect(errorOf(await again({}, "app"))).toEqual([403, "OUT_TRADE_NO_USED"])
    await shop.decide(terms.out_trade_no, "pay")
    const paid = await again()
    expect([...errorOf(paid), numericOf(paid)]).toEqual([400, "ORDER_PAID", 268449538])
  })

  it("that is closed stays so, and one that is paid is not closed", async () => {
    const terms = shop.terms()
    const { out_trade_no, mchid } = terms
    await shop.call("POST", "/v3/pay/transactions/native", terms)
    const close = (number: string, body: object = { mchid }) =>
      shop.call("POST", `/v3/pay/transactions/out-trade-no/${number}/close`, body)
    const closed = await close(out_trade_no)
    expect([closed.status, closed.text]).toEqual([204, ""])
    expect(isSigned(closed, (await world.credentials()).platformCertificates[0]?.certificate ?? "")).toBe(true)
    expect((await close(out_trade_no)).status).toBe(204)
    expect((await shop.query(out_trade_no)).json).toMatchObject({ trade_state: "CLOSED" })
    const again = await shop.call("POST", "/v3/pay/transactions/native", terms)
    expect([...errorOf(again), numericOf(again)]).toEqual([400, "ORDER_CLOSED", 268447914])
    expect((await shop.decide(out_trade_no, "pay")).status).toBe(409)
    expect(errorOf(await close(await shop.paid()))).toEqual([400, "ORDER_PAID"])
    expect(errorOf(await close("NOBODYS-1"))).toEqual([404, "ORDER_NOT_EXIST"])
    expect(errorOf(await close(out_trade_no, {}))).toEqual([400, "PARAM_ERROR"])
  })

  it("is found by either number, by its own merchant", async () => {
    const number = await shop.paid({ attach: "A-1" }, "ODD-|*_1")
    const { json } = await shop.query(number)
    expect(json).toMatchObject({ out_trade_no: number, attach: "A-1", payer: { openid: shop.credentials.openid } })
    const { transaction_id } = json as { readonly transaction_id: string }
    const byTheirs = `/v3/pay/transactions/id/${transaction_id}`
    expect((await shop.call("GET", `${byTheirs}?mchid=${shop.credentials.mchid}`)).json).toEqual(json)
    expect(errorOf(await shop.call("GET", byTheirs))).toEqual([400, "PARAM_ERROR"])
    expect(errorOf(await shop.call("GET", `${byTheirs}?mchid=1`))).toEqual([400, "MCH_NOT_EXISTS"])
    const unknown = await shop.query("NOBODYS-1")
    expect([...errorOf(unknown), numericOf(unknown)]).toEqual([404, "ORDER_NOT_EXIST", 268512771])
  })

  it("is paid with coupons in part, where the payer has some", async () => {
    const terms = shop.terms()
    await shop.call("POST", "/v3/pay/transactions/native", terms)
    await shop.decide(terms.out_trade_no, "pay", { payerTotalMinor: 1200 })
    expect((await shop.query(terms.out_trade_no)).json).toMatchObject({ amount: { total: 1234, payer_total: 1200 } })
    const refund = (await shop.refund(terms.out_trade_no)).json
    expect(refund).toMatchObject({ amount: { refund: 234, payer_refund: 228, discount_refund: 6 } })
  })

  it("is not paid after its last moment, which is a minute away at least, and closed after seven days", async () => {
    const soon = new Date(Date.now() + 1000).toISOString().replace("Z", "+00:00")
    const [number, other] = [freshNumber(), freshNumber()]
    for (const out_trade_no of [number, other]) await shop.create({ out_trade_no, time_expire: soon })
    const move = (advanceMillis: number) => world.call("POST", "/_clock", { advanceMillis })
    await move(30_000)
    expect((await shop.decide(other, "pay")).status).toBe(200)
    await move(40_000)
    expect((await shop.decide(number, "pay")).status).toBe(409)
    expect((await shop.query(number)).json).toMatchObject({ trade_state: "NOTPAY" })
    await move(7 * 86_400_000)
    expect((await shop.query(number)).json).toMatchObject({ trade_state: "CLOSED" })
    expect((await shop.query(other)).json).toMatchObject({ trade_state: "SUCCESS" })
    await move(-7 * 86_400_000 - 70_000)
  })

  it("stays open when a payer looks at it or fails to pay", async () => {
    const number = freshNumber()
    await shop.create({ out_trade_no: number })
    for (const verb of ["open", "refuse"])
      expect((await shop.decide(number, verb)).json).toMatchObject({ trade_state: "NOTPAY" })
    expect((await shop.decide(number, "levitate")).status).toBe(400)
    expect((await shop.decide(number, "close")).json).toMatchObject({ trade_state: "CLOSED" })
    expect((await shop.decide("NOBODYS-1", "pay")).status).toBe(404)
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
      [403, "NO_AUTH"],
      [403, "USER_ACCOUNT_ABNORMAL"],
      [404, "RESOURCE_NOT_EXISTS"]
    ])
    expect(words.map(({ headers }) => headers.get("wechatpay-signature")).filter((one) => one !== null)).toEqual([])
  })
})

describe("the book of WeChat Pay", () => {
  it("outlives the process, with its keys and certificates", async () => {
    const number = await shop.paid()
    const refunded = await shop.refund(number)
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
