import { createHash, createVerify, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { crc32 } from "node:zlib"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import * as Signing from "../src/vendors/paypal/Signing.ts"
import { retryMillis } from "../src/vendors/paypal/Telling.ts"
import { memberText } from "../src/vendors/paypal/Webhooks.ts"
import type { Client, Credentials } from "./paypal.ts"
import { number, opened } from "./paypal.ts"
import type { Got } from "./world.ts"
import { merchant, merchantThat } from "./world.ts"

let paypal: Client
let shop: Awaited<ReturnType<typeof merchant>>
beforeAll(async () => {
  paypal = await opened()
})
beforeEach(async () => {
  shop = await merchant()
  await paypal.desk("-", "listen-paypal", { url: shop.url })
})
afterEach(async () => {
  await paypal.world.faults()
  await paypal.desk("-", "listen-paypal", { url: null })
  shop.close()
})
afterAll(async () => {
  await paypal.world.close()
  paypal.world.sweep()
})

interface Event {
  readonly id: string
  readonly event_type: string
  readonly resource_type: string
  readonly create_time: string
  readonly resource: { readonly id: string; readonly [name: string]: unknown }
}
const eventOf = ({ body }: Got): Event => JSON.parse(body)
const came = (count: number) => vi.waitFor(() => expect(shop.got.length).toBe(count), { timeout: 3000, interval: 5 })
const types = () => shop.got.map((got) => eventOf(got).event_type)

/** Whether an event is the vendor's, by the rules of its documents alone; what is wrong, where it is not. */
const verified = async ({ headers, body }: Got, trust: Credentials, now = Date.now()): Promise<string> => {
  const of = (name: string) => String(headers[`paypal-${name}`])
  const url = of("cert-url")
  if (!url.startsWith(`${trust.baseUrl}/v1/notifications/certs/`)) return "foreign host"
  if (of("auth-algo") !== "SHA256withRSA") return "unknown algorithm"
  const certificate = new X509Certificate(await (await fetch(url)).text())
  if (!certificate.verify(new X509Certificate(trust.certificateAuthority).publicKey)) return "foreign issuer"
  if (!certificate.subject.split("\n").includes(`CN=${trust.certificateSubject}`)) return "wrong subject"
  if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) < now) return "certificate is over"
  const text = [of("transmission-id"), of("transmission-time"), trust.webhookId, String(crc32(body))].join("|")
  const isRight = createVerify("RSA-SHA256")
    .update(text)
    .verify(certificate.publicKey, of("transmission-sig"), "base64")
  if (!isRight) return "wrong signature"
  return now - Date.parse(of("transmission-time")) > 3 * 86_400_000 ? "stale" : "right"
}

describe("events", () => {
  it("tell of an approval, a capture and a refund, signed", async () => {
    const custom = number()
    const { order, capture } = await paypal.captured(custom)
    await paypal.post(`/v2/payments/captures/${capture.id}/refund`, { amount: { currency_code: "USD", value: "1.00" } })
    await came(4)
    expect(types().sort()).toEqual([
      "CHECKOUT.ORDER.APPROVED",
      "CHECKOUT.ORDER.COMPLETED",
      "PAYMENT.CAPTURE.COMPLETED",
      "PAYMENT.CAPTURE.REFUNDED"
    ])
    for (const got of shop.got) {
      expect(await verified(got, paypal.credentials)).toBe("right")
      expect(String(got.headers["paypal-transmission-id"]).length).toBeLessThanOrEqual(50)
      expect(String(got.headers["paypal-transmission-sig"]).length).toBeLessThanOrEqual(500)
    }
    const of = (type: string) => shop.got.map(eventOf).find(({ event_type }) => event_type === type)
    expect(of("PAYMENT.CAPTURE.COMPLETED")).toMatchObject({
      id: expect.stringMatching(/^WH-[0-9A-Z]{17}-[0-9A-Z]{17}$/),
      event_version: "1.0",
      resource_type: "capture",
      resource_version: "2.0",
      resource: { id: capture.id, custom_id: custom, supplementary_data: { related_ids: { order_id: order.id } } }
    })
    expect(of("PAYMENT.CAPTURE.REFUNDED")).toMatchObject({
      resource_type: "refund",
      resource: {
        amount: { value: "1.00" },
        links: [{ rel: "self" }, { rel: "up", href: expect.stringContaining(capture.id) }]
      }
    })
    expect(of("CHECKOUT.ORDER.COMPLETED")?.resource).toMatchObject({ id: order.id, status: "COMPLETED" })
  })

  it("tell of authorizations, pending and denied captures, disputes and reversals", async () => {
    const [authorized, pending, disputed] = [number(), number(), number()]
    await paypal.authorized(authorized)
    await paypal.desk(authorized, "expire-authorization")
    const { id } = await paypal.created(pending)
    await paypal.desk(pending, "approve")
    await paypal.desk(pending, "pending-next")
    await paypal.post(`/v2/checkout/orders/${id}/capture`)
    await came(6)
    await paypal.desk(pending, "capture-deny")
    await paypal.captured(disputed)
    await came(10)
    await paypal.desk(disputed, "dispute", { amountMinor: 100 })
    await paypal.desk(disputed, "dispute-update")
    await paypal.desk(disputed, "dispute-resolve")
    await paypal.desk(disputed, "reverse")
    expect(types()).toEqual(
      expect.arrayContaining([
        "PAYMENT.AUTHORIZATION.CREATED",
        "PAYMENT.AUTHORIZATION.VOIDED",
        "PAYMENT.CAPTURE.PENDING",
        "PAYMENT.CAPTURE.DENIED",
        "CUSTOMER.DISPUTE.CREATED",
        "CUSTOMER.DISPUTE.UPDATED",
        "CUSTOMER.DISPUTE.RESOLVED",
        "PAYMENT.CAPTURE.REVERSED"
      ])
    )
    const dispute = shop.got.map(eventOf).find(({ event_type }) => event_type === "CUSTOMER.DISPUTE.CREATED")
    expect(dispute?.resource).toMatchObject({
      dispute_id: expect.stringMatching(/^PP-D-/),
      dispute_amount: { value: "1.00" },
      disputed_transactions: [{ custom: disputed }]
    })
  })

  it.each([
    ["wrong-signature", "wrong signature"],
    ["altered", "wrong signature"],
    ["truncated", "wrong signature"],
    ["other-app", "wrong signature"],
    ["wrong-serial", "foreign issuer"],
    ["expired-certificate", "certificate is over"],
    ["foreign-merchant", "foreign host"],
    ["stale", "stale"],
    ["wrong-amount", "right"],
    ["wrong-currency", "right"],
    ["other-number", "right"],
    ["huge", "right"],
    ["wrong-type", "right"]
  ])("are made with the oddity %s, which is found to be: %s", async (fault, found) => {
    const custom = number()
    await paypal.created(custom)
    await paypal.world.faults({ on: "notify", fault, times: 1 })
    await paypal.desk(custom, "approve")
    const [got] = shop.got
    if (got === undefined) throw new Error("Nothing came.")
    expect(await verified(got, paypal.credentials)).toBe(found)
    expect(got.headers["content-type"]).toBe(fault === "wrong-type" ? "text/html" : "application/json")
    expect(got.body.length > 1024 * 1024).toBe(fault === "huge")
    expect(got.body.includes('"value":"88.89"')).toBe(fault === "wrong-amount")
    expect(got.body.includes('"EUR"')).toBe(fault === "wrong-currency")
    expect(got.body.includes(custom)).toBe(fault !== "other-number")
    const told = (await paypal.world.ledger()).notifications.filter((line) => line.number === custom)
    expect(told).toMatchObject([{ genuine: false, vendor: "paypal", event: "CHECKOUT.ORDER.APPROVED", isTaken: true }])
  })

  it("are tried again until the answer is of 2xx, by 26 tries within three days", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    try {
      const answers = [500, 302]
      const slow = await merchantThat(() => ({ status: answers.shift() ?? 200 }))
      await paypal.desk("-", "listen-paypal", { url: slow.url })
      const custom = number()
      await paypal.created(custom)
      await paypal.desk(custom, "approve")
      for (const count of [2, 3]) {
        await vi.advanceTimersByTimeAsync(retryMillis[count - 2] ?? 0)
        await vi.waitFor(() => expect(slow.got.length).toBe(count))
        await vi.waitFor(async () =>
          expect((await paypal.world.ledger()).notifications.at(-1)).toMatchObject({ attempt: count })
        )
      }
      expect(slow.got.map(eventOf).map(({ id }) => id)).toEqual(Array(3).fill(eventOf(slow.got[0] as Got).id))
      slow.close()
    } finally {
      vi.useRealTimers()
    }
    expect(retryMillis.length).toBe(25)
    expect(retryMillis.reduce((sum, millis) => sum + millis, 0)).toBeLessThanOrEqual(3 * 86_400_000)
  })

  it("go to the listener that the environment names", async () => {
    vi.stubEnv("SANDBOX_PAYPAL_WEBHOOK_URL", shop.url)
    const other = await opened()
    vi.unstubAllEnvs()
    const custom = number()
    await other.created(custom)
    await other.desk(custom, "approve")
    expect(types()).toEqual(["CHECKOUT.ORDER.APPROVED"])
    await other.world.close()
    other.world.sweep()
  })

  it("can change places", async () => {
    const custom = number()
    await paypal.world.faults({ on: "notify", fault: "reorder", times: 1 })
    await paypal.captured(custom)
    await came(3)
    expect(types()[0]).not.toBe("CHECKOUT.ORDER.APPROVED")
  })
})

describe("the events' API", () => {
  it("lists them, tells one, and sends one again", async () => {
    const custom = number()
    await paypal.captured(custom)
    await came(3)
    const all = (await paypal.call("GET", "/v1/notifications/webhooks-events?page_size=2")).json as {
      events: ReadonlyArray<Event>
      links: ReadonlyArray<{ href: string }>
    }
    expect(all.events).toHaveLength(2)
    const [newest] = all.events
    const rest = (await paypal.call("GET", (all.links[0]?.href ?? "").slice(paypal.credentials.baseUrl.length))).json
    expect((rest as typeof all).events[0]?.id).not.toBe(newest?.id)
    const one = await paypal.call("GET", `/v1/notifications/webhooks-events/${newest?.id}`)
    expect(one.json).toEqual(newest)
    const again = await paypal.call("POST", `/v1/notifications/webhooks-events/${newest?.id}/resend`, {})
    expect(again.status).toBe(202)
    await came(4)
    expect(eventOf(shop.got[3] as Got).id).toBe(newest?.id)
    expect((await paypal.call("GET", "/v1/notifications/webhooks-events/NONE")).status).toBe(404)
    expect((await paypal.call("GET", "/v1/notifications/webhooks-events?page_size=0")).status).toBe(400)
  })

  it("simulates one that never happened, which is signed for nobody's listener", async () => {
    const got = await paypal.call("POST", "/v1/notifications/simulate-event", {
      event_type: "PAYMENT.CAPTURE.COMPLETED",
      url: shop.url
    })
    expect(got.status).toBe(202)
    await came(1)
    const [mock] = shop.got as [Got]
    expect(await verified(mock, paypal.credentials)).toBe("wrong signature")
    expect(await verified(mock, { ...paypal.credentials, webhookId: "WEBHOOK_ID" })).toBe("right")
  })

  it("verifies a transmission that is posted back, byte for byte", async () => {
    const custom = number()
    await paypal.created(custom)
    await paypal.desk(custom, "approve")
    const [{ headers, body }] = shop.got as [Got]
    const of = (name: string) => headers[`paypal-${name}`]
    const posted = async (event: string, changes: object = {}) => {
      const fields = {
        auth_algo: of("auth-algo"),
        cert_url: of("cert-url"),
        transmission_id: of("transmission-id"),
        transmission_sig: of("transmission-sig"),
        transmission_time: of("transmission-time"),
        webhook_id: paypal.credentials.webhookId,
        ...changes
      }
      const text = `${JSON.stringify(fields).slice(0, -1)},"webhook_event":${event}}`
      return (await paypal.call("POST", "/v1/notifications/verify-webhook-signature", text)).json
    }
    expect(await posted(body)).toEqual({ verification_status: "SUCCESS" })
    expect(await posted(JSON.stringify(JSON.parse(body), null, 1))).toEqual({ verification_status: "FAILURE" })
    expect(await posted(body, { webhook_id: "8PT597110X687430L" })).toEqual({ verification_status: "FAILURE" })
    expect(await posted(body, { auth_algo: undefined })).toMatchObject({
      details: [{ issue: "MISSING_REQUIRED_PARAMETER" }]
    })
  })

  it("finds the event's text whatever stands around it", () => {
    const text =
      '{ "a": {"webhook_event": 1}, "b": "\\"webhook_event\\":{}", "webhook_event" : {"x": [1, {"y": "}"}]} , "c": 2}'
    expect(memberText(text, "webhook_event")).toBe('{"x": [1, {"y": "}"}]}')
    expect(memberText('{"a":"webhook_event"}', "webhook_event")).toBeUndefined()
    expect(memberText('{"webhook_event":{}}', "webhook_event")).toBe("{}")
  })
})

describe("a certificate", () => {
  it("is served by its address, another one where a fault wants that, and none for another id", async () => {
    const custom = number()
    await paypal.created(custom)
    await paypal.desk(custom, "approve")
    const url = String(shop.got[0]?.headers["paypal-cert-url"])
    const text = async () => (await fetch(url)).text()
    const hash = (pem: string) => createHash("sha256").update(pem).digest("hex").slice(0, 8)
    expect(url).toContain(`CERT-${hash(await text())}`)
    await paypal.world.faults({ on: "certificates", fault: "wrong-serial", times: 1 })
    expect(url).not.toContain(`CERT-${hash(await text())}`)
    expect((await fetch(`${url}0`)).status).toBe(404)
  })
})

describe("signing", () => {
  interface Vectors {
    readonly webhook_id: string
    readonly private_key_pem_throwaway: string
    readonly certificates: { readonly good: string }
    readonly cases: ReadonlyArray<{
      readonly name: string
      readonly expect: string
      readonly body: string
      readonly signed_text: string
      readonly certificate: string
      readonly headers: Record<string, string>
    }>
  }
  const vectors: Vectors = JSON.parse(readFileSync(new URL("vectors/paypal/webhook.json", import.meta.url), "utf8"))
  const of = (headers: Record<string, string>, name: string) => headers[`PAYPAL-${name}`] ?? ""

  it.each(vectors.cases.filter((one) => one.expect === "accept"))("makes the signature of the fixture $name", (one) => {
    const { headers, body } = one
    const text = Signing.signedText(
      of(headers, "TRANSMISSION-ID"),
      of(headers, "TRANSMISSION-TIME"),
      vectors.webhook_id,
      body
    )
    expect(text).toBe(one.signed_text)
    expect(Signing.signature(text, vectors.private_key_pem_throwaway)).toBe(of(headers, "TRANSMISSION-SIG"))
    expect(Signing.isSigned(text, of(headers, "TRANSMISSION-SIG"), vectors.certificates.good)).toBe(true)
  })

  it.each(["tampered-body", "reserialised-body", "other-webhook-id", "bad-signature-base64"])(
    "does not make that of the fixture %s",
    (name) => {
      const { headers, body } = vectors.cases.find((one) => one.name === name) ?? { headers: {}, body: "" }
      const text = Signing.signedText(
        of(headers, "TRANSMISSION-ID"),
        of(headers, "TRANSMISSION-TIME"),
        vectors.webhook_id,
        body
      )
      expect(Signing.isSigned(text, of(headers, "TRANSMISSION-SIG"), vectors.certificates.good)).toBe(false)
    }
  )
})

describe("a restart", () => {
  it("leaves book, keys, tokens and settings as they were, and goes on with what was not taken", async () => {
    let status = 500
    const listener = await merchantThat(() => ({ status }))
    const first = await opened()
    const [custom, requestId] = [number(), number()]
    await first.desk("-", "listen-paypal", { url: listener.url })
    const { order, capture } = await first.captured(custom)
    const body = { amount: { currency_code: "USD", value: "1.00" } }
    const refund = await first.post(`/v2/payments/captures/${capture.id}/refund`, body, requestId)
    const { held } = await first.world.ledger()
    const told = await first.order(order.id)
    await vi.waitFor(async () => expect((await first.world.ledger()).notifications).toHaveLength(4))
    await first.world.close()
    status = 200
    listener.got.length = 0
    const second = await opened(first.world.folder)
    expect(second.credentials).toEqual(first.credentials)
    expect((await second.world.ledger()).held).toEqual(held)
    second.token = first.token
    expect(await second.order(order.id)).toEqual(told)
    const again = await second.post(`/v2/payments/captures/${capture.id}/refund`, body, requestId)
    expect([again.status, again.json]).toEqual([200, refund.json])
    await vi.waitFor(() => expect(listener.got.length).toBe(4))
    for (const got of listener.got) expect(await verified(got, first.credentials)).toBe("right")
    await vi.waitFor(async () =>
      expect((await second.world.ledger()).notifications.filter(({ isTaken }) => isTaken)).toHaveLength(4)
    )
    await second.world.close()
    second.world.sweep()
    listener.close()
  })
})
