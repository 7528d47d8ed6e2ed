import { describe, expect, it } from "vitest"
import * as Raw from "../src/order/Raw.ts"

describe("A vendor's raw answer", () => {
  it("is put on lines without a digit or an escape of it changed", () => {
    expect(Raw.pretty('{"id":12345678901234567890,"a":[1.10,{"b":"x\\u0041, {y}"}],"c":{},"d":[]}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "a": [\n    1.10,\n    {\n      "b": "x\\u0041, {y}"\n    }\n  ],\n  "c": {},\n  "d": []\n}'
    )
  })

  it("has a form's fields one a line, decoded", () => {
    expect(Raw.pretty("notify_type=trade_status_sync&buyer_id=%E2%80%A6&subject=a+b")).toBe(
      "notify_type = trade_status_sync\nbuyer_id = …\nsubject = a b"
    )
  })

  it("is left as it came where it is neither", () => {
    for (const text of ["<html><b>502</b></html>", '{"cut":"of', "No answer within 8000 ms.", "", "a=%zz b"])
      expect(Raw.pretty(text)).toBe(text)
  })
})
