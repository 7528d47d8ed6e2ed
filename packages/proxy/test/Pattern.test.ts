import { Either } from "effect"
import { describe, expect, it } from "vitest"
import { Path, Pattern } from "../src/index.ts"

const pattern = (text: string) => Either.getOrThrow(Pattern.parse(text))

describe("Pattern", () => {
  it.each([
    ["GET /v2/payments/{transactionNo}", "GET", "/v2/payments/1", true],
    ["GET /v2/payments/{transactionNo}", "HEAD", "/v2/payments/1", true],
    ["GET /v2/payments/{transactionNo}", "POST", "/v2/payments/1", false],
    ["GET /v2/payments/*", "GET", "/v2/payments/", false],
    ["GET /v2/payments/*", "GET", "/v2/payments/1/close", false],
    ["GET /v2/payments/*", "GET", "/v2/payments/1%2Fclose", false],
    ["GET /v2/payments/*", "GET", "/v2/payments/1%2fclose", false],
    ["GET /v2/payments/*", "GET", "/v2/payments/1%2Dclose", true],
    ["ANY /v2/*/close", "POST", "/v2/a%2Fb/close", false],
    ["GET /v1/statements/**", "GET", "/v1/statements/a%2Fb", true],
    ["GET /v1/statements/**", "GET", "/v1/statements", true],
    ["GET /v1/statements/**", "GET", "/v1/statements/a/b", true],
    ["GET /v1/statements/**", "GET", "/v1/statementsx", false],
    ["ANY /**", "DELETE", "", true],
    ["ANY /**", "PURGE", "/a", true],
    ["POST /v2/payments", "POST", "/V2/payments", false]
  ])("%s: %s %s is meant: %s", (text, method, path, isMeant) => {
    expect(Pattern.matches(pattern(text), method, path)).toBe(isMeant)
  })

  it.each([
    ["ANY /**", "POST /v2/payments", true],
    ["POST /v2/*", "POST /v2/payments", true],
    ["GET /v2/*", "POST /v2/payments", false],
    ["HEAD /v2/payments/1", "GET /v2/payments/*", true],
    ["POST /V2/Payments/", "POST /v2/payments", true],
    ["GET /v2/payments/**", "GET /v2/payments", true],
    ["GET /v2/refunds/**", "GET /v2/payments/*", false]
  ])("%s and %s can mean the same call: %s", (one, other, isSame) => {
    expect(Pattern.overlaps(pattern(one), pattern(other))).toBe(isSame)
    expect(Pattern.overlaps(pattern(other), pattern(one))).toBe(isSame)
  })

  it.each(["get /a", "GET a", "FOO /a", "GET /a/**/b", "GET /a*", "GET /a b", ""])(
    "%j is refused, with a reason",
    (text) => {
      expect(Pattern.parse(text)).toMatchObject({ _tag: "Left", left: expect.stringMatching(/form|stands for/) })
    }
  )
})

describe("Path", () => {
  it.each([
    ["/proxy/r", "r", "", ""],
    ["/proxy/r?x=1", "r", "", "?x=1"],
    ["/proxy/r/a%2Fb?q=a+b%20c&sign=%2B%2F%3D", "r", "/a%2Fb", "?q=a+b%20c&sign=%2B%2F%3D"],
    ["/proxy/r/a/;v=1/.hidden/..x", "r", "/a/;v=1/.hidden/..x", ""]
  ])("%s is read as it came", (target, route, path, query) => {
    expect(Path.read(target)).toMatchObject({ _tag: "Right", right: { route, path, query } })
  })

  it.each([
    "/proxy/r/../admin",
    "/proxy/r/./admin",
    "/proxy/r/%2e%2E/admin",
    "/proxy/r/.%2e/admin",
    "/proxy/r/%252e%252e/admin",
    "/proxy/r/a%2f..%2fb",
    "/proxy/r/..;x=1/admin",
    "/proxy/r/a\\b",
    "/proxy/r/a%5c..%5cb",
    "/proxy/r/a%00",
    "/proxy/r/%0d%0aX:1",
    "/proxy/r//host/a",
    "/proxy/r/%zz",
    "/proxy/r/a#b",
    "/proxy/r/支"
  ])("%s is refused", (target) => {
    expect(Path.read(target)).toMatchObject({ _tag: "Left", left: { problem: { code: "PATH_REFUSED" } } })
  })

  it("compares paths with what needs no encoding decoded", () => {
    expect(Path.canonical("/v2/%70ay%2Fments")).toBe("/v2/pay%2Fments")
  })
})
