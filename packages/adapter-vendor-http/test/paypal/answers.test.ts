import { expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { describe } from "vitest"
import * as Answers from "../../src/paypal/answers.ts"
import * as Issues from "../../src/paypal/issues.ts"
import { problem } from "./desk.ts"

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  text: typeof body === "string" ? body : JSON.stringify(body),
  askedAtMillis: 0
})

const tags: { readonly [meaning in Issues.Meaning]: string } = {
  unaccepted: "Rejected",
  refused: "Rejected",
  ours: "Throttled",
  later: "Throttled",
  again: "InDoubt",
  done: "InDoubt",
  over: "InDoubt",
  doubt: "InDoubt"
}

describe("a refused create", () => {
  it.each(Issues.all)("422 %s (%s)", (issue, meaning) => {
    const failure = Answers.failure(answer(422, problem("UNPROCESSABLE_ENTITY", issue)))
    expect(failure._tag).toBe(tags[meaning])
    if (failure._tag === "Rejected") expect(failure.code).toBe(issue)
  })

  it.each<readonly [number, unknown, string]>([
    [400, problem("INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER"), "Rejected"],
    [400, problem("INVALID_REQUEST", "MALFORMED_REQUEST_JSON"), "Rejected"],
    [400, problem("INVALID_REQUEST"), "InDoubt"],
    [400, "<h1>Bad Request</h1>", "InDoubt"],
    [401, problem("AUTHENTICATION_FAILURE"), "Throttled"],
    [401, { error: "invalid_token", error_description: "…" }, "Throttled"],
    [401, "", "Throttled"],
    [403, problem("NOT_AUTHORIZED", "PERMISSION_DENIED"), "Throttled"],
    [403, problem("NOT_AUTHORIZED", "CONSENT_NEEDED"), "Throttled"],
    [403, "<h1>Forbidden</h1>", "InDoubt"],
    [404, problem("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"), "InDoubt"],
    [404, "not found", "InDoubt"],
    [409, problem("RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS"), "InDoubt"],
    [409, problem("RESOURCE_CONFLICT", "INVALID_PARAMETER_VALUE"), "InDoubt"],
    [415, problem("UNSUPPORTED_MEDIA_TYPE"), "InDoubt"],
    [422, problem("UNPROCESSABLE_ENTITY", "SOMETHING_NEW"), "InDoubt"],
    [422, problem("UNPROCESSABLE_ENTITY"), "InDoubt"],
    [429, problem("RATE_LIMIT_REACHED"), "Throttled"],
    [429, "slow down", "Throttled"],
    [302, "", "InDoubt"],
    [204, "", "InDoubt"],
    [500, problem("INTERNAL_SERVER_ERROR"), "InDoubt"],
    [500, problem("UNPROCESSABLE_ENTITY", "TRANSACTION_REFUSED"), "InDoubt"],
    [503, problem("SERVICE_UNAVAILABLE"), "InDoubt"]
  ])("HTTP %i %j is %s", (status, body, expected) => expect(Answers.failure(answer(status, body))._tag).toBe(expected))

  it("says when to come again, where PayPal does", () => {
    expect(Answers.failure(answer(429, "", { "retry-after": "7" }))).toMatchObject({ retryAfterMillis: 7000 })
    expect(Answers.failure(answer(429, "", { "retry-after": "soon" }))).toMatchObject({ retryAfterMillis: null })
  })
})

it("a token is bad where PayPal says so of the token itself", () => {
  expect(Answers.isBadToken(answer(401, { error: "invalid_token" }))).toBe(true)
  expect(Answers.isBadToken(answer(401, problem("AUTHENTICATION_FAILURE")))).toBe(true)
  expect(Answers.isBadToken(answer(401, "", { "www-authenticate": 'Bearer error="invalid_token"' }))).toBe(true)
  expect(Answers.isBadToken(answer(401, problem("NOT_AUTHORIZED", "INVALID_ACCOUNT_STATUS")))).toBe(false)
  expect(Answers.isBadToken(answer(403, { error: "invalid_token" }))).toBe(false)
  expect(Answers.isBadToken(answer(401, "<h1>"))).toBe(false)
})

it("a question is never refused, only not answered", () => {
  for (const [issue] of Issues.all)
    expect(Answers.unread(answer(422, problem("UNPROCESSABLE_ENTITY", issue)))._tag).not.toBe("Rejected")
})

it("no status, code or body that nobody documents is a refusal", () => {
  const documented = new Set(Issues.all.map(([issue]) => issue))
  const strange = fc.oneof(fc.string(), fc.stringMatching(/^[A-Z_]{1,30}$/)).filter((text) => !documented.has(text))
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    fc.tuple(strange, strange).map(([name, issue]) => JSON.stringify(problem(name, issue)))
  )
  fc.assert(
    fc.property(
      fc.oneof(fc.integer(), fc.constantFrom(400, 401, 403, 404, 409, 422, 429, 500)),
      bodies,
      (status, text) => {
        const failure = Answers.failure(answer(status, text))
        expect(failure._tag).not.toBe("Rejected")
        if (status !== 401 && status !== 429) expect(failure._tag).toBe("InDoubt")
      }
    ),
    { numRuns: 1000 }
  )
})

it("what PayPal says is told only where it is a word", () => {
  const failure = Answers.failure(answer(422, problem("<b>", "payer@example.com paid")))
  expect(failure.detail).toBe("PayPal answered HTTP 422 (HTTP_422).")
})
