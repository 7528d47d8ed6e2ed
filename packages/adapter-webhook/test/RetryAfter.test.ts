import { describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { assert } from "vitest"
import * as RetryAfter from "../src/RetryAfter.ts"

const nowMillis = Date.parse("Mon, 05 Jan 2026 08:00:00 GMT")

describe("RetryAfter", () => {
  it.each([
    ["120", 120_000],
    [" 7 ", 7000],
    ["0", 0],
    ["86401", 86_400_000],
    ["9".repeat(40), 86_400_000],
    ["Mon, 05 Jan 2026 08:01:30 GMT", 90_000],
    ["Mon, 05 Jan 2026 07:00:00 GMT", 0],
    ["Tue, 05 Jan 2038 08:00:00 GMT", 86_400_000]
  ])("reads %j as a wait of at most a day", (header, millis) => {
    assert.strictEqual(RetryAfter.parse(header, nowMillis), millis)
  })

  it.each(["-5", "1.5", "1e3", "soon", "", "2026-01-05", "Mon, 99 Jan 2026 08:00:00 GMT", "0x10", "12 34"])(
    "ignores %j",
    (header) => {
      assert.isNull(RetryAfter.parse(header, nowMillis))
    }
  )

  it("ignores a header that is not there", () => {
    assert.isNull(RetryAfter.parse(undefined, nowMillis))
  })

  it("answers null or 0 to 24 h whatever it is given", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), FastCheck.integer({ min: 0 }), (header, now) => {
        const millis = RetryAfter.parse(header, now)
        assert.isTrue(millis === null || (millis >= 0 && millis <= 86_400_000))
      })
    )
  })
})
