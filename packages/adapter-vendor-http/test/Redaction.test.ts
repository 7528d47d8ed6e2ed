import { expect, it } from "vitest"
import { redacted } from "../src/Redaction.ts"

it("keeps the shape of what was said and nothing that someone could be known by", () => {
  const text =
    '{"status":"PENDING","openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","phone":"13800138000","amount":1234,"card":4111111111111111'
  expect(redacted(text)).toBe('{"status":"…","openid":"…","phone":"…","amount":###,"card":###')
  expect(redacted("<p>Ann ann@shop.example 4111 1111 1111 1111\r\ntoken eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9")).toBe(
    "<p>Ann …@… ### ### ### ###  token …"
  )
  expect(redacted("x ".repeat(10_000)).length).toBe(4096)
})
