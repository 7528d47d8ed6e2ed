import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Either } from "effect"
import { describe } from "vitest"
import * as Answers from "../../src/alipay/answers.ts"
import { methods } from "../../src/alipay/requests.ts"
import { type Call, methodOf, number, order, paidOrder, reads, said, saidOf, settlingMillis, trade } from "./reads.ts"
import {
  alipaySigns,
  answer,
  certified,
  dayLaterMillis,
  error,
  keys,
  nowMillis,
  ok,
  refund,
  signedText
} from "./world.ts"

describe("what a trade's status means", () => {
  const rows: ReadonlyArray<readonly [what: string, changes: object, expected: object]> = [
    ["WAIT_BUYER_PAY", { trade_status: "WAIT_BUYER_PAY", send_pay_date: "" }, { kind: "open", next: null }],
    [
      "TRADE_SUCCESS",
      {},
      {
        kind: "paid",
        captured: Money.make(1234n, "CNY"),
        paidAtMillis: Date.parse("2026-11-23T21:25:00+08:00"),
        transactionNo: "2026112322001400001111111111"
      }
    ],
    ["TRADE_FINISHED", { trade_status: "TRADE_FINISHED" }, { kind: "paid" }],
    ["TRADE_SUCCESS with nothing refunded", { refund_fee: "0.00" }, { kind: "paid" }],
    ["TRADE_SUCCESS with a part refunded", { refund_fee: "2.340" }, { kind: "refunds", total: 234n, items: [] }],
    ["TRADE_FINISHED with a part refunded", { trade_status: "TRADE_FINISHED", refund_fee: "1" }, { total: 100n }],
    [
      "TRADE_CLOSED without any sign of payment",
      { trade_status: "TRADE_CLOSED", send_pay_date: undefined },
      { kind: "closed" }
    ],
    ["TRADE_CLOSED with a time of payment", { trade_status: "TRADE_CLOSED" }, { kind: "refunds", total: 1234n }],
    [
      "TRADE_CLOSED with refund fields",
      { trade_status: "TRADE_CLOSED", send_pay_date: undefined, refund_fee: "12.34" },
      { kind: "refunds", total: 1234n }
    ],
    [
      "TRADE_CLOSED with a refund of nothing",
      { trade_status: "TRADE_CLOSED", send_pay_date: undefined, refund_fee: "0.00" },
      { kind: "closed" }
    ],
    ["a status that is not documented", { trade_status: "TRADE_PENDING" }, { kind: "known", word: "TRADE_PENDING" }],
    ["a status in another case", { trade_status: "trade_success" }, { kind: "known" }],
    ["another order's", { out_trade_no: "PPX2" }, { kind: "paid", foreign: "NUMBER_MISMATCH" }],
    ["another amount", { total_amount: "12.35" }, { kind: "paid", amount: Money.make(1235n, "CNY") }],
    ["an amount with superfluous zeros", { total_amount: "12.3400" }, { amount: Money.make(1234n, "CNY") }],
    ["an amount with one decimal", { total_amount: "12.3" }, { amount: Money.make(1230n, "CNY") }],
    ["a time that is none", { send_pay_date: "2026-13-45 99:00:00" }, { kind: "paid", paidAtMillis: null }]
  ]
  it.each(rows)("%s", (_, changes, expected) => {
    expect(Either.getOrThrow(reads.query(signedText(methods.query, { ...trade, ...changes })))).toMatchObject({
      source: "query",
      asked: { version: 7, atMillis: nowMillis },
      ...expected
    })
  })

  it("TRADE_CLOSED of an order that is known as paid is a refund of all", () => {
    const body = { ...trade, trade_status: "TRADE_CLOSED", send_pay_date: undefined }
    expect(Either.getOrThrow(reads.query(signedText(methods.query, body), paidOrder))).toMatchObject({
      kind: "refunds",
      total: 1234n
    })
  })

  it.each([
    ["no status", { trade_status: undefined }],
    ["no number of ours", { out_trade_no: undefined }],
    ["paid without an amount", { total_amount: undefined }],
    ["an amount that is none", { total_amount: "12,34" }],
    ["an amount below zero", { total_amount: "-12.34" }],
    ["an amount of thirds of a fen", { total_amount: "12.345" }],
    ["an amount that is a number of JSON", { total_amount: 12.34 }],
    ["more refunded than paid", { refund_fee: "12.35" }],
    ["a refund that is none", { refund_fee: "all" }],
    ["a number that no column holds", { trade_no: "9".repeat(65) }],
    ["closed after payment without an amount", { trade_status: "TRADE_CLOSED", total_amount: undefined }]
  ])("is in doubt with %s", (_, changes) => {
    expect(said("query", { ...trade, ...changes })).toBe("InDoubt")
  })
})

describe("a create's answer", () => {
  const qr = { ...ok, out_trade_no: number, qr_code: "https://qr.alipay.com/bavh4wjlxf12tper3a" }

  it("has the code to show", () => {
    expect(Either.getOrThrow(reads.create(signedText(methods.precreate, qr)))).toMatchObject({
      kind: "open",
      source: "create",
      asked: null,
      next: { type: "qr", content: "https://qr.alipay.com/bavh4wjlxf12tper3a" }
    })
  })

  it("has the trade that a mini program opens", () => {
    const body = { ...ok, out_trade_no: number, trade_no: "20261123220014000011" }
    expect(Either.getOrThrow(reads["mini program create"](signedText(methods.create, body)))).toMatchObject({
      kind: "open",
      transactionNo: "20261123220014000011",
      next: { type: "app", parameters: { tradeNO: "20261123220014000011" } }
    })
  })

  it.each<readonly [string, Call, object]>([
    ["no code to show", "create", { ...qr, qr_code: undefined }],
    ["another order's code", "create", { ...qr, out_trade_no: "PPX2" }],
    ["nobody's code", "create", { ...qr, out_trade_no: undefined }],
    ["no trade", "mini program create", { ...ok, out_trade_no: number }],
    ["another order's trade", "mini program create", { ...ok, out_trade_no: "PPX2", trade_no: "2" }],
    ["a trade that is none", "mini program create", { ...ok, out_trade_no: number, trade_no: "2 3" }]
  ])("is in doubt with %s", (_, call, body) => {
    expect(said(call, body)).toBe("InDoubt")
  })
})

describe("a close's answer", () => {
  it("says closed", () => {
    const body = { ...ok, out_trade_no: number, trade_no: "20261123220014000011" }
    expect(Either.getOrThrow(reads.close(signedText(methods.close, body)))).toMatchObject({
      kind: "closed",
      source: "close",
      asked: { version: 7, atMillis: nowMillis }
    })
  })

  it("of a trade that nobody opened says so", () => {
    expect(Either.getOrThrow(reads.close(signedText(methods.close, error("ACQ.TRADE_NOT_EXIST"))))).toMatchObject({
      kind: "notFound",
      source: "close",
      asked: { version: 7 }
    })
  })

  it("is in doubt where it is another order's", () => {
    expect(said("close", { ...ok, out_trade_no: "PPX2" })).toBe("InDoubt")
  })
})

describe("a cancel's answer", () => {
  const done = { ...ok, out_trade_no: number, trade_no: "20261123220014000011", retry_flag: "N" }
  it.each<readonly [string, object, unknown]>([
    ["it was unpaid and is closed", { ...done, action: "close" }, "closed"],
    ["it was paid and went back", { ...done, action: "refund" }, "refunds"],
    ["there is no such trade", { ...ok, retry_flag: "N" }, "notFound"],
    ["it is to be sent again", { ...done, action: "close", retry_flag: "Y" }, "InDoubt"],
    ["it did what is not documented", { ...done, action: "freeze" }, "InDoubt"],
    ["it is another order's", { ...done, action: "close", out_trade_no: "PPX2" }, "InDoubt"]
  ])("where %s", (_, body, outcome) => {
    expect(said("cancel", body)).toBe(outcome)
  })
})

describe("a refund's answer", () => {
  const done = { ...ok, out_trade_no: number, trade_no: "20261123220014000011", refund_fee: "9.99" }

  it("says refunded where this call moved money, and takes no amount from what went back in all", () => {
    expect(Either.getOrThrow(reads.refund(signedText(methods.refund, { ...done, fund_change: "Y" })))).toMatchObject({
      kind: "succeeded",
      amount: null
    })
  })

  it.each<readonly [string, object]>([
    ["this call moved none", { ...done, fund_change: "N" }],
    ["it does not say whether money moved", done],
    ["it says so in another way", { ...done, fund_change: "y" }],
    ["it is another order's", { ...done, fund_change: "Y", out_trade_no: "PPX2" }]
  ])("is in doubt where %s", (_, body) => {
    expect(said("refund", body)).toBe("InDoubt")
  })
})

describe("a refund query's answer", () => {
  const found = { ...ok, out_trade_no: number, out_request_no: "RFX20261123000001", total_amount: "12.34" }
  const success = { ...found, refund_status: "REFUND_SUCCESS", refund_amount: "2.340" }

  it("says what went back by this refund", () => {
    expect(Either.getOrThrow(reads["refund query"](signedText(methods.queryRefund, success)))).toEqual({
      kind: "succeeded",
      source: "query",
      asked: { version: 3, atMillis: nowMillis },
      vendorRefundNo: null,
      amount: Money.make(234n, "CNY"),
      detail: null
    })
  })

  it.each<readonly [string, object, string]>([
    ["it succeeded", success, "succeeded"],
    ["it runs", { ...found, refund_status: "REFUND_PROCESSING" }, "pending"],
    ["it failed", { ...found, refund_status: "REFUND_FAIL" }, "failed"],
    ["its status is not documented", { ...found, refund_status: "REFUND_MAYBE" }, "InDoubt"],
    ["it is another refund", { ...success, out_request_no: "RFX2" }, "InDoubt"],
    ["it is another order's", { ...success, out_trade_no: "PPX2" }, "InDoubt"],
    ["it has no amount", { ...success, refund_amount: undefined }, "InDoubt"],
    [
      "its bank leg failed, which changes nothing",
      { ...success, deposit_back_info: { dback_status: "F" } },
      "succeeded"
    ]
  ])("where %s", (_, body, outcome) => {
    expect(said("refund query", body)).toBe(outcome)
  })

  it("without a status is pending while Alipay may still not show it, and missing after that", () => {
    const text = signedText(methods.queryRefund, found)
    const asked = (deadlineMillis: number) =>
      saidOf(Answers.queriedRefund(answer(text), order, refund({ deadlineMillis }), settlingMillis, keys()))
    expect(asked(nowMillis - settlingMillis)).toBe("pending")
    expect(asked(nowMillis - settlingMillis - 1)).toBe("notFound")
  })
})

describe("a bill's answer", () => {
  it("has the address to fetch it from", () => {
    const url = "https://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade&userId=1"
    expect(reads.bill(signedText(methods.bill, { ...ok, bill_download_url: url }))).toEqual(Either.right(new URL(url)))
  })

  it("is in doubt without one", () => {
    expect(said("bill", ok)).toBe("InDoubt")
    expect(said("bill", { ...ok, bill_download_url: "not an address" })).toBe("InDoubt")
  })
})

describe("an answer proves itself, or it proves nothing", () => {
  const text = signedText(methods.query, trade)
  const raw = JSON.stringify(trade)

  it.each<readonly [string, string]>([
    ["the amount altered", text.replace("12.34", "99.34")],
    ["a blank added inside", text.replace('{"code"', '{ "code"')],
    ["the signature altered", text.replace(/"sign":"(.)/, (_, c: string) => `"sign":"${c === "A" ? "B" : "A"}`)],
    ["the signature cut off", text.replace(/,"sign":"[^"]*"/, "")],
    ["the signature empty", text.replace(/"sign":"[^"]*"/, '"sign":""')],
    ["a signature that is no base64", text.replace(/"sign":"[^"]*"/, '"sign":"*"')],
    ["a signature that is no text", text.replace(/"sign":"[^"]*"/, '"sign":1')],
    ["the signature of another answer", text.replace(/"sign":"[^"]*"/, `"sign":"${alipaySigns("{}")}"`)],
    ["the answer to another call", signedText(methods.close, trade)],
    ["two answers", text.replace("{", '{"error_response":{"code":"10000"},')],
    ["the same answer twice", text.replace("{", `{"alipay_trade_query_response":${raw},`)],
    ["half of it", text.slice(0, 80)],
    ["nothing", ""],
    ["HTML", "<html><body>系统繁忙</body></html>"],
    ["a list", "[]"],
    ["null", "null"],
    ["an answer that is a text", `{"alipay_trade_query_response":"10000","sign":"${alipaySigns('"10000"')}"}`],
    ["an answer without a code", signedText(methods.query, { ...trade, code: undefined })]
  ])("%s", (_, altered) => {
    expect(saidOf(reads.query(altered))).toBe("InDoubt")
  })

  it("is taken as it came, with blanks around what is signed", () => {
    expect(saidOf(reads.query(` {\n "alipay_trade_query_response" : ${raw} ,\t"sign":"${alipaySigns(raw)}" }\n`))).toBe(
      "paid"
    )
  })

  it("is taken where slashes were escaped after it was signed", () => {
    const written = raw.replace('"msg":"Success"', '"msg":"a\\/b"')
    const signed = written.replaceAll("\\/", "/")
    expect(saidOf(reads.query(`{"alipay_trade_query_response":${written},"sign":"${alipaySigns(signed)}"}`))).toBe(
      "paid"
    )
  })

  it.each([
    ["ACQ.TRADE_NOT_EXIST", "40004", "query", "InDoubt"],
    ["ACQ.TRADE_NOT_EXIST", "40004", "close", "InDoubt"],
    ["ACQ.INVALID_PARAMETER", "40004", "create", "InDoubt"],
    ["ACQ.TRADE_HAS_FINISHED", "40004", "refund", "InDoubt"],
    ["NO_BILL_DATA", "40004", "bill", "InDoubt"],
    ["isv.invalid-app-id", "40002", "create", "Throttled"],
    ["isv.invalid-app-id", "40002", "query", "Throttled"]
  ] as const)("an error %s (%s) that is not signed, of a %s: %s", (subCode, code, call, outcome) => {
    const body = JSON.stringify(error(subCode, code))
    const name = `${methodOf[call].replaceAll(".", "_")}_response`
    expect(saidOf(reads[call](`{"${name}":${body}}`))).toBe(outcome)
    expect(saidOf(reads[call](`{"error_response":${body}}`))).toBe(outcome)
  })

  it.each([201, 204, 302, 400, 403, 404, 500, 502, 503])("HTTP %s is in doubt, whatever it says", (status) => {
    expect(saidOf(Answers.queried(answer(text, status), order, keys()))).toBe("InDoubt")
    expect(saidOf(Answers.created(answer(text, status), order, methods.precreate, keys()))).toBe("InDoubt")
  })

  it("HTTP 429 asks for patience", () => {
    expect(saidOf(Answers.queried(answer("", 429), order, keys()))).toBe("Throttled")
  })
})

describe("in certificate mode", () => {
  const at = (millis: number, more: object) =>
    saidOf(
      Answers.queried(
        { ...answer(signedText(methods.query, trade, more)), askedAtMillis: millis },
        order,
        keys(certified)
      )
    )
  const sn = keys(certified).numbers?.alipaySn

  it("the configured certificate's answers are taken", () => {
    expect(at(dayLaterMillis, { alipay_cert_sn: sn })).toBe("paid")
  })

  it("another certificate's are in doubt, even if they verify", () => {
    expect(at(dayLaterMillis, { alipay_cert_sn: "0".repeat(32) })).toBe("InDoubt")
  })

  it("a certificate that has expired, or is not yet valid, proves nothing", () => {
    expect(at(Date.parse("2127-01-01"), { alipay_cert_sn: sn })).toBe("InDoubt")
    expect(at(Date.parse("2026-01-01"), { alipay_cert_sn: sn })).toBe("InDoubt")
  })
})
