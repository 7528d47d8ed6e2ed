import { generateKeyPairSync } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import type { Incoming } from "@payment-proxy/ports"
import { Effect, Either } from "effect"
import { describe } from "vitest"
import * as Notification from "../../src/alipay/notification.ts"
import { certified, config, dayLaterMillis, keys, notice, nowMillis, paidFields, speaking } from "./world.ts"

const read = (incoming: Incoming, settings: object = {}, millis = nowMillis) =>
  Notification.read(incoming, config(settings), keys(settings), millis)

const refusal = (incoming: Incoming, settings: object = {}, millis = nowMillis): unknown =>
  Either.match(read(incoming, settings, millis), {
    onLeft: ({ reason, reply }) => ({ reason, reply: reply.body }),
    onRight: () => "taken"
  })

const evidence = (changes: Record<string, string>) => Either.getOrThrow(read(notice({ ...paidFields, ...changes })))

const without = (...names: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(Object.entries(paidFields).filter(([name]) => !names.includes(name)))

const another = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" })

describe("a true notification", () => {
  it("says what was paid, and is answered with exactly 7 letters", () => {
    expect(Either.getOrThrow(read(notice(paidFields)))).toEqual({
      subject: { by: "merchantOrderNo", no: "PPX20261123000001" },
      evidence: {
        kind: "paid",
        source: "notification",
        asked: null,
        transactionNo: "2026112322001400001111111111",
        amount: Money.make(1234n, "CNY"),
        foreign: null,
        captured: Money.make(1234n, "CNY"),
        paidAtMillis: Date.parse("2026-11-23T21:25:00+08:00")
      },
      reply: { status: 200, contentType: "text/plain;charset=utf-8", body: "success" },
      refusal: { status: 200, contentType: "text/plain;charset=utf-8", body: "fail" }
    })
  })

  it.each<readonly [string, Record<string, string>, object]>([
    ["finished", { trade_status: "TRADE_FINISHED" }, { kind: "paid" }],
    ["waiting", { trade_status: "WAIT_BUYER_PAY", gmt_payment: "" }, { kind: "open", next: null }],
    ["closed", { trade_status: "TRADE_CLOSED", gmt_payment: "" }, { kind: "closed" }],
    ["closed after it was paid", { trade_status: "TRADE_CLOSED" }, { kind: "refunds", total: 1234n }],
    [
      "partly refunded, by two refunds in all",
      { refund_fee: "5.00", out_biz_no: "RFX2", gmt_refund: "2026-11-23 21:40:00.123" },
      { kind: "refunds", total: 500n, items: [], captured: Money.make(1234n, "CNY") }
    ],
    ["in a status that is not documented", { trade_status: "TRADE_DREAMT" }, { kind: "known", word: "TRADE_DREAMT" }],
    ["with another amount, for the machine to see", { total_amount: "0.01" }, { amount: Money.make(1n, "CNY") }],
    ["with an amount of one decimal", { total_amount: "12.3" }, { amount: Money.make(1230n, "CNY") }]
  ])("%s", (_, changes, expected) => {
    expect(evidence(changes).evidence).toMatchObject({ source: "notification", asked: null, ...expected })
  })

  it.each<readonly [string, Record<string, string>]>([
    ["of a kind that is not about trades", { notify_type: "dut_user_sign" }],
    ["without a status", { trade_status: "" }],
    ["with an amount that is none", { total_amount: "12,34" }],
    ["with more refunded than paid", { refund_fee: "99.00" }],
    ["paid without an amount", { total_amount: "" }]
  ])("%s proves nothing: Alipay is asked", (_, changes) => {
    expect(evidence(changes)).toMatchObject({ subject: { no: "PPX20261123000001" }, evidence: null })
  })

  it("that comes again, or late, or under another spelling of its charset, says the same", () => {
    const incoming = notice(paidFields)
    const first = read(incoming)
    expect(read(incoming)).toEqual(first)
    expect(read(incoming, {}, nowMillis + 400 * 86_400_000)).toEqual(first)
    expect(
      read({ ...incoming, headers: { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" } })
    ).toEqual(first)
    expect(read({ ...incoming, headers: { "content-type": "application/x-www-form-urlencoded" } })).toEqual(first)
  })

  it.each([
    "application/x-www-form-urlencoded; text/html; charset=utf-8",
    "application/x-www-form-urlencoded; text/html; charset=UTF-8",
    'Application/X-WWW-Form-Urlencoded;charset="utf-8"'
  ])("comes as %s", (type) => {
    expect(refusal(notice(paidFields, { type }))).toBe("taken")
  })

  it("may carry values that are empty", () => {
    expect(refusal(notice({ ...paidFields, body: "", buyer_id: "" }))).toBe("taken")
  })
})

describe("a bad notification is refused, and a true one after it passes", () => {
  const altered = (alter: (form: URLSearchParams) => void) => notice(paidFields, { alter })
  const bytes = (body: string) => ({ ...notice(paidFields), body: Buffer.from(body) })
  const text = notice(paidFields).body.toString()

  const rows: ReadonlyArray<readonly [what: string, reason: string, Incoming, settings?: object]> = [
    ["its amount altered", "SIGNATURE", altered((form) => form.set("total_amount", "0.01"))],
    ["its status altered", "SIGNATURE", altered((form) => form.set("trade_status", "TRADE_FINISHED"))],
    ["a member added", "SIGNATURE", altered((form) => form.set("more", "1"))],
    ["a member taken away", "SIGNATURE", altered((form) => form.delete("gmt_payment"))],
    ["its signature altered", "SIGNATURE", altered((form) => form.set("sign", `A${form.get("sign")?.slice(1)}`))],
    ["its signature cut", "SIGNATURE", altered((form) => form.set("sign", form.get("sign")?.slice(0, 40) ?? ""))],
    ["a signature that is no base64", "SIGNATURE", altered((form) => form.set("sign", "***"))],
    ["an endless signature", "SIGNATURE", altered((form) => form.set("sign", "A".repeat(20_000)))],
    ["no signature", "SIGNATURE", altered((form) => form.delete("sign"))],
    ["an empty signature", "SIGNATURE", altered((form) => form.set("sign", ""))],
    ["signed by SHA-1's name", "SIGNATURE", altered((form) => form.set("sign_type", "RSA"))],
    ["signed by no name", "SIGNATURE", altered((form) => form.delete("sign_type"))],
    ["signed by another key", "SIGNATURE", notice(paidFields), { publicKey: another }],
    ["of another app", "FOREIGN", notice({ ...paidFields, app_id: "2021000000009999" })],
    ["of another merchant", "FOREIGN", notice({ ...paidFields, seller_id: "2088531891668730" })],
    ["of no app", "FOREIGN", notice(without("app_id"))],
    ["of no merchant", "FOREIGN", notice(without("seller_id"))],
    ["about no order", "CONTENT", notice(without("out_trade_no"))],
    ["about an order that no number is of", "CONTENT", notice({ ...paidFields, out_trade_no: "1 2" })],
    ["in GBK", "CONTENT", notice({ ...paidFields, charset: "GBK" })],
    ["with bytes of GBK", "CONTENT", bytes(text.replace(/subject=[^&]*/, "subject=%B2%E2%CA%D4"))],
    ["with raw bytes of GBK", "CONTENT", { ...notice(paidFields), body: Buffer.from([0xb2, 0xe2]) }],
    ["with a member twice", "CONTENT", bytes(`${text}&total_amount=0.01`)],
    ["with half an escape", "CONTENT", bytes(`${text}&x=%E`)],
    ["truncated in an escape", "CONTENT", bytes(text.slice(0, text.indexOf("%2B") + 2))],
    ["truncated before its signature", "CONTENT", bytes(text.slice(0, text.indexOf("trade_no=") + 5))],
    [
      "with more members than any",
      "CONTENT",
      bytes(`${text}${Array.from({ length: 200 }, (_, n) => `&x${n}=1`).join("")}`)
    ],
    ["of nothing", "CONTENT", bytes("")],
    ["huge", "CONTENT", bytes(`${text}&x=${"1".repeat(70_000)}`)],
    ["of JSON by its type", "CONTENT", notice(paidFields, { type: "application/json" })],
    ["of a form of parts by its type", "CONTENT", notice(paidFields, { type: "multipart/form-data; boundary=x" })],
    ["in GBK by its type", "CONTENT", notice(paidFields, { type: "application/x-www-form-urlencoded; charset=GBK" })],
    [
      "in GBK by a crooked type",
      "CONTENT",
      notice(paidFields, { type: "application/x-www-form-urlencoded; text/html; charset=GBK" })
    ],
    ["of no type", "CONTENT", { ...notice(paidFields), headers: {} }]
  ]
  const cases = rows.map(([what, reason, incoming, settings = {}]) => [what, reason, { incoming, settings }] as const)
  it.each(cases)("%s: %s", (_, reason, { incoming, settings }) => {
    expect(refusal(incoming, settings)).toEqual({ reason, reply: "fail" })
    expect(refusal(notice(paidFields))).toBe("taken")
  })
})

describe("in certificate mode", () => {
  const sn = keys(certified).numbers?.alipaySn ?? ""

  it("what the configured certificate signed is taken, whether it is named or not", () => {
    expect(refusal(notice(paidFields), certified, dayLaterMillis)).toBe("taken")
    expect(refusal(notice({ ...paidFields, alipay_cert_sn: sn }), certified, dayLaterMillis)).toBe("taken")
  })

  it("what names another certificate is refused", () => {
    const incoming = notice({ ...paidFields, alipay_cert_sn: "0".repeat(32) })
    expect(refusal(incoming, certified, dayLaterMillis)).toEqual({ reason: "KEY", reply: "fail" })
  })

  it("what a certificate signed that does not hold now is refused", () => {
    const expected = { reason: "CERTIFICATE", reply: "fail" }
    expect(refusal(notice(paidFields), certified, Date.parse("2127-01-01"))).toEqual(expected)
    expect(refusal(notice(paidFields), certified, Date.parse("2026-01-01"))).toEqual(expected)
  })
})

it.effect("the vendor reads what comes in, by the clock", () =>
  Effect.gen(function* () {
    const taken = yield* speaking("http://127.0.0.1:1", (vendors) => vendors.notification("alipay", notice(paidFields)))
    expect(taken.evidence).toMatchObject({ kind: "paid" })
    const refused = yield* speaking("http://127.0.0.1:1", (vendors) =>
      Effect.flip(vendors.notification("alipay", notice(paidFields, { type: "text/plain" })))
    )
    expect(refused).toMatchObject({ _tag: "NotVerified", reason: "CONTENT" })
  })
)
