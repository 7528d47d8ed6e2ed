import { expect, it } from "@effect/vitest"
import { Either } from "effect"
import { describe } from "vitest"
import { methods } from "../../src/alipay/requests.ts"
import { type Call, number, reads, said } from "./reads.ts"
import { error, signedText } from "./world.ts"

describe("what each code means", () => {
  const rows: ReadonlyArray<
    readonly [outcome: string | null, calls: ReadonlyArray<Call>, codes: ReadonlyArray<string>]
  > = [
    [
      "InDoubt",
      ["create", "query", "close", "cancel", "refund", "refund query", "bill"],
      [
        "isp.unknow-error",
        "aop.unknow-error",
        "isp.unknown-error",
        "ACQ.SYSTEM_ERROR",
        "aop.ACQ.SYSTEM_ERROR",
        "AQC.SYSTEM_ERROR",
        "ACQ.NEVER_HEARD_OF",
        "constructor",
        "__proto__"
      ]
    ],
    [
      "Throttled",
      ["create", "query", "close", "cancel", "refund", "refund query", "bill"],
      ["ACQ.ACCESS_FORBIDDEN", "ACQ.PARTNER_ERROR"]
    ],
    [
      "Rejected",
      ["create", "mini program create", "refund"],
      [
        "ACQ.INVALID_PARAMETER",
        "ACQ.TOTAL_FEE_EXCEED",
        "ACQ.EXIST_FORBIDDEN_WORD",
        "ACQ.BUYER_SELLER_EQUAL",
        "ACQ.BEYOND_PAY_RESTRICTION",
        "ACQ.BEYOND_PER_RECEIPT_RESTRICTION",
        "ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION",
        "ACQ.MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT",
        "ACQ.MERCHANT_PERM_RECEIPT_DAY_LIMIT",
        "ACQ.MERCHANT_STATUS_NOT_NORMAL",
        "ACQ.SELLER_BEEN_BLOCKED",
        "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
        "ACQ.BUYER_ENABLE_STATUS_FORBID"
      ]
    ],
    ["InDoubt", ["query", "close", "refund query"], ["ACQ.INVALID_PARAMETER", "ACQ.BEYOND_PER_RECEIPT_RESTRICTION"]],
    [
      "InDoubt",
      ["create", "mini program create"],
      [
        "ACQ.CONTEXT_INCONSISTENT",
        "ACQ.APPLY_PC_MERCHANT_CODE_ERROR",
        "ACQ.TRADE_BUYER_NOT_MATCH",
        "ACQ.TRADE_HAS_SUCCESS",
        "ACQ.TRADE_HAS_CLOSE",
        "ACQ.TRADE_NOT_EXIST"
      ]
    ],
    ["notFound", ["query", "close", "cancel", "refund query"], ["ACQ.TRADE_NOT_EXIST"]],
    ["notFound", ["refund query"], ["TRADE_NOT_EXIST"]],
    ["InDoubt", ["query", "close", "refund"], ["TRADE_NOT_EXIST"]],
    [
      "ask",
      ["close"],
      [
        "ACQ.TRADE_STATUS_ERROR",
        "ACQ.REASON_TRADE_STATUS_INVALID",
        "ACQ.REASON_ILLEGAL_STATUS",
        "ACQ.TRADE_HAS_SUCCESS",
        "ACQ.TRADE_HAS_CLOSE"
      ]
    ],
    [
      "Rejected",
      ["refund"],
      [
        "ACQ.TRADE_HAS_FINISHED",
        "ACQ.TRADE_NOT_ALLOW_REFUND",
        "ACQ.NOT_ALLOW_PARTIAL_REFUND",
        "ACQ.TRADE_STATUS_ERROR",
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
        "ACQ.REFUND_FEE_ERROR"
      ]
    ],
    ["InDoubt", ["refund"], ["ACQ.TRADE_HAS_CLOSE", "ACQ.DISCORDANT_REPEAT_REQUEST", "ACQ.TRADE_NOT_EXIST"]],
    [
      "Throttled",
      ["refund"],
      ["ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.REASON_TRADE_BEEN_FREEZEN", "ACQ.REFUNDALLOC_UNAUTH_LIMIT"]
    ],
    ["Rejected", ["cancel"], ["ACQ.TRADE_CANCEL_TIME_OUT", "ACQ.CANCEL_NOT_ALLOWED", "ACQ.TRADE_HAS_FINISHED"]],
    [null, ["bill"], ["NO_BILL_DATA", "BILL_NOT_EXIST", "INVAILID_ARGUMENTS"]],
    ["Throttled", ["bill"], ["SYSTEM_RATE_LIMIT", "USER_RATE_LIMIT"]]
  ]
  const cases = rows.flatMap(([outcome, calls, codes]) =>
    calls.flatMap((call) => codes.map((code) => [call, code, outcome] as const))
  )
  it.each(cases)("a %s that is answered %s: %s", (call, code, outcome) => {
    expect(said(call, { ...error(code), out_trade_no: number })).toBe(outcome)
  })

  const gatewayCodes: ReadonlyArray<readonly [code: string, subCode: string | undefined, outcome: string]> = [
    ["20000", "isp.unknow-error", "InDoubt"],
    ["20000", "ACQ.INVALID_PARAMETER", "InDoubt"],
    ["20001", "aop.invalid-auth-token", "Throttled"],
    ["40001", "isv.missing-method", "Throttled"],
    ["40002", "isv.invalid-signature", "Throttled"],
    ["40002", "isv.invalid-app-id", "Throttled"],
    ["40002", "isv.invalid-timestamp", "Throttled"],
    ["40002", "isv.invalid-charset", "Throttled"],
    ["40002", "isv.suspected-attack", "Throttled"],
    ["40002", undefined, "Throttled"],
    ["40002", "isp.unknow-error", "InDoubt"],
    ["40002", "aop.ACQ.TRADE_HAS_SUCCESS", "InDoubt"],
    ["40003", "isv.missing-signature-config", "Throttled"],
    ["40005", "isv.app-call-limited", "Throttled"],
    ["40005", "isv.method-call-limited", "Throttled"],
    ["40005", "isv.something-else", "InDoubt"],
    ["40006", "isv.insufficient-isv-permissions", "Throttled"],
    ["40004", undefined, "InDoubt"],
    ["10003", undefined, "InDoubt"],
    ["99999", "ACQ.INVALID_PARAMETER", "InDoubt"],
    ["99999", undefined, "InDoubt"]
  ]
  it.each(gatewayCodes)("code %s with %s: %s, whatever was asked", (code, subCode, outcome) => {
    const body = { code, msg: "m", ...(subCode === undefined ? {} : { sub_code: subCode }) }
    for (const call of ["create", "query", "close", "refund", "refund query", "bill"] as const)
      expect(said(call, body)).toBe(outcome)
  })

  it("names the code of a refusal, and never in the vendor's own words", () => {
    expect(Either.flip(reads.create(signedText(methods.precreate, error("ACQ.TOTAL_FEE_EXCEED"))))).toEqual(
      Either.right(
        expect.objectContaining({
          _tag: "Rejected",
          code: "ACQ.TOTAL_FEE_EXCEED",
          detail: "Alipay refused the call (ACQ.TOTAL_FEE_EXCEED)."
        })
      )
    )
  })
})
