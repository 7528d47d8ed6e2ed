import { expect, it } from "vitest"
import { formats } from "../src/words/Formats.ts"

const now = Date.parse("2026-11-27T12:00:00Z")
const agoSeconds = (seconds: number) => new Date(now - seconds * 1000).toISOString()

it("says how long in the words in which it says how long ago", () => {
  const { duration, ago } = formats("en")
  for (const seconds of [2, 120, 7200]) expect(ago(agoSeconds(seconds), now)).toBe(`${duration(seconds)} ago`)
  expect(formats("zh").ago(agoSeconds(120), now)).toBe(`${formats("zh").duration(120)}前`)
})

it("groups the whole part of an amount and leaves its digits alone", () => {
  expect(formats("en").amount({ value: "123456789012345678.9900", currency: "CNY" })).toBe(
    "123,456,789,012,345,678.9900 CNY"
  )
  expect(formats("zh").grouped("-88210")).toBe("-88,210")
})
