import { FastCheck as fc } from "effect"
import { describe, expect, it } from "vitest"
import { Redaction } from "../src/index.ts"

const { redacted } = Redaction

describe("what a vendor said, for operators to read", () => {
  it("keeps how the payment stands and by what it is found, and masks who pays and what proves who we are", () => {
    const said = {
      out_trade_no: "P20261126000001",
      trade_state: "SUCCESS",
      transactionId: "4200001234202611260000000001",
      amount: { total: 1234, payer_total: 1234, currency: "CNY" },
      payer: { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
      phone: 13800138000,
      success_time: "2026-11-26T10:00:00+08:00",
      sign: "kLmN0pQrS",
      card: "4111111111111111",
      number: "4111111111111111",
      message: "ann@shop.example has 13800138000",
      list: ["free text of somebody"]
    }
    const kept = JSON.parse(redacted(JSON.stringify(said))) as typeof said
    expect(kept).toEqual({
      ...said,
      amount: { total: 1234, payer_total: "…", currency: "CNY" },
      payer: { openid: "…" },
      phone: "…",
      sign: "…",
      card: "…",
      number: "…",
      message: "…",
      list: ["…"]
    })
  })

  it("reads XML and forms by their names, too", () => {
    expect(
      redacted("<xml><return_code><![CDATA[SUCCESS]]></return_code><openid><![CDATA[oUpF8u]]></openid></xml>")
    ).toBe("<xml><return_code>SUCCESS</return_code><openid>…</openid></xml>")
    expect(redacted("trade_no=20261126&trade_status=TRADE_SUCCESS&buyer_id=2088101&sign=abc%2B")).toBe(
      "trade_no=20261126&trade_status=TRADE_SUCCESS&buyer_id=…&sign=…"
    )
  })

  it("shows nothing of what people wrote, nor of what is cut off in the middle", () => {
    expect(redacted("<html><p class='Ann'>Ann ann@shop.example</p>")).toBe("<html><p>…</p>")
    expect(redacted('{"status":"PENDING","openid":"oUpF8u')).toBe('{"status":"PENDING","openid":"…')
    expect(redacted('{"status":"PLANTED-4111-Jane Doe","message":"Ann","code":"ANN SMITH"}')).toBe(
      '{"status":"…","message":"…","code":"…"}'
    )
    expect(redacted("Dear Ann, no.")).toBe("… (13 characters)")
    expect(redacted("")).toBe("")
    expect(redacted(`{"id":"${"x".repeat(10_000)}`).length).toBeLessThanOrEqual(Redaction.maxKept)
  })

  it("shows no card's number, whatever it stands in", () => {
    const card = "4111111111111111"
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes(card))
    fc.assert(
      fc.property(name, fc.constantFrom("json", "xml", "form", "text", "number"), (key, form) => {
        const written = {
          json: JSON.stringify({ [key]: card, nested: [{ [key]: { id: card } }] }),
          number: JSON.stringify({ [key]: Number(card) }),
          xml: `<xml><${key}>${card}</${key}></xml>`,
          form: `a=1&${encodeURIComponent(key)}=${card}`,
          text: `${key} ${card} ${key}`
        }[form]
        expect(redacted(written ?? "")).not.toContain(card)
      })
    )
  })
})

it("the log has the shape of what was said alone", () => {
  const text =
    '{"status":"PENDING","openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","phone":"13800138000","amount":1234,"card":4111111111111111'
  expect(Redaction.shape(text)).toBe('{"status":"…","openid":"…","phone":"…","amount":###,"card":###')
  expect(
    Redaction.shape("<p>Ann ann@shop.example 4111 1111 1111 1111\r\ntoken eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9")
  ).toBe("<p>Ann …@… ### ### ### ###  token …")
  expect(Redaction.shape("x ".repeat(10_000)).length).toBe(Redaction.maxKept)
})
