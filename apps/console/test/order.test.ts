import { describe, expect, it } from "vitest"
import * as Amounts from "../src/order/Amounts.ts"
import * as Causes from "../src/order/Causes.ts"

describe("An amount that an operator types", () => {
  it("has no more decimals than its currency", () => {
    expect(Amounts.faultOf("12.34", "CNY", "100.00")).toBeNull()
    expect(Amounts.faultOf("12.345", "CNY", null)).toBe("decimals")
    expect(Amounts.faultOf("12.3", "JPY", null)).toBe("decimals")
    expect(Amounts.faultOf("12.345", "BHD", null)).toBeNull()
  })

  it("is more than nothing and no more than there is, to the last digit", () => {
    expect(Amounts.faultOf("0.00", "CNY", "5.00")).toBe("zero")
    expect(Amounts.faultOf("5.01", "CNY", "5.00")).toBe("tooMuch")
    expect(Amounts.faultOf("5", "CNY", "5.00")).toBeNull()
    expect(Amounts.faultOf("123456789012345678.99", "CNY", "123456789012345678.98")).toBe("tooMuch")
  })

  it("is a plain decimal", () => {
    for (const text of ["", "-1", "1e3", "1,000", "abc", "1.", "١٢"])
      expect(Amounts.faultOf(text, "CNY", null)).toBe("malformed")
    expect(Amounts.faultOf("007", "CNY", null)).toBe("malformed")
  })
})

it("A sum is written with all the decimals of its currency, and loses none that it has", () => {
  const written = (["0", "12.5", "28871.4321", "-1"] as const).map((value) => Amounts.filled(value, "CNY"))
  expect(written).toEqual(["0.00", "12.50", "28871.4321", "-1.00"])
  expect(Amounts.filled("0", "JPY")).toBe("0")
  expect(Amounts.filled("1.5", "KWD")).toBe("1.500")
})

describe("The cause of a row of history", () => {
  it("is a command, a vendor's word, an answer about a call, or a refund's outcome", () => {
    expect(Causes.read("submit")).toEqual({ by: "command", name: "submit" })
    expect(Causes.read("notification:refunds")).toEqual({ by: "vendor", source: "notification", kind: "refunds" })
    expect(Causes.read("answer:InDoubt")).toEqual({ by: "answer", of: "answer", tag: "InDoubt" })
    expect(Causes.read("capture:Rejected")).toEqual({ by: "answer", of: "capture", tag: "Rejected" })
    expect(Causes.read("close:closed")).toEqual({ by: "vendor", source: "close", kind: "closed" })
    expect(Causes.read("refund:succeeded")).toEqual({ by: "refund", state: "succeeded" })
  })

  it("is kept as it stands where it is not known", () => {
    expect(Causes.read("<script>:x")).toEqual({ by: "unknown", text: "<script>:x" })
    expect(Causes.read("")).toEqual({ by: "unknown", text: "" })
  })
})

describe("A hold's reason", () => {
  it("has a word and what it is about", () => {
    expect(Causes.heldReason("CONTRADICTED:open")).toEqual({ word: "CONTRADICTED", kind: "open" })
    expect(Causes.heldReason("AMOUNT_MISMATCH")).toEqual({ word: "AMOUNT_MISMATCH", kind: null })
  })
})
