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

  it.each([
    ["a line of a log", "[INFO] Jane Doe, 13800138000"],
    ["JSON of another kind", "{'name': 'Jane Doe', contact: 13800138000}"],
    ["JSON that is cut off in a list", '["Jane Doe'],
    ["a long name", `{"${"n".repeat(81)}":"Jane Doe"}`],
    ["a name that is a person's", '{"Jane Doe, 13800138000":1}'],
    ["a number of a phone by another name", '{"contact":13800138000,"list":[13800138000]}'],
    ["a phone where a number of an order may be", '{"id":"13800138000","no":"138-0013-8000"}'],
    ["an identity card where a number may be", '{"idcard_no":"11010519491231002X","id_no":440524188001010014}'],
    ["a card where a number may be", '{"number":"4111-1111-1111-1111"}'],
    ["what belongs to who pays", '{"payer":{"id":"JaneDoe"},"customer":[{"no":"JaneDoe"}]}'],
    ["XML with attributes", '<xml><note lang="en">Jane Doe</note><code of="Jane Doe">A</code></xml>'],
    ["XML with namespaces", "<?xml version='1.0'?><s:Body><s:note>Jane Doe</s:note></s:Body>"],
    ["a section with signs", "<xml><note><![CDATA[Jane] Doe < 13800138000]]></note></xml>"],
    ["XML that is cut off", "<xml><note>Jane Doe"],
    ["mixed XML", "<xml><note>Jane Doe<br/>13800138000</note>Jane Doe</xml>"],
    ["a comment", "<html><!-- Jane Doe --><p>1 < 2 Jane Doe</p>"],
    ["a form without names", "a=1&Jane%20Doe&b=2"],
    ["a form with a long name", `a=1&${"n".repeat(81)}=Jane&b=2`]
  ])("shows nobody in %s", (_, text) => {
    expect(redacted(text)).not.toMatch(/Jane|Doe|138-?0013|110105194912|440524|4111/)
  })

  it.each([
    ['{"card": 4111 1111 1111 1111, "status": "OK"}', '{"card": "…" "…" "…" "…", "status": "OK"}'],
    ['{"tel": 021 62345678}', '{"tel": "…" "…"}'],
    ['{"buyer":"{"tel":"62345678"}"}', '{"buyer":"…"…"…""…""…"}'],
    ['{"id":,"ZhangSan"}', '{"…":,"…"}']
  ])("shows nothing of what is hidden where it is no JSON: %s", (text, shown) => {
    expect(redacted(text)).toBe(shown)
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
