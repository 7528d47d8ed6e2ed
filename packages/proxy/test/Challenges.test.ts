import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import * as Challenges from "../src/Challenges.ts"

interface Vectors {
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly status: number
    readonly www_authenticate: string | null
    readonly retry_once_with_new_token: boolean
    readonly oauth4webapi: { readonly challenges?: ReadonlyArray<object> }
  }>
}

const { cases } = JSON.parse(
  readFileSync(new URL("./vectors/www-authenticate.json", import.meta.url), "utf8")
) as Vectors

const plain = (value: string) =>
  Challenges.parse(value).map(({ scheme, parameters }) => ({ scheme, parameters: Object.fromEntries(parameters) }))

describe("challenges", () => {
  it.each(cases)("are read as an independent library reads them: $name", (vector) => {
    const values = vector.www_authenticate === null ? [] : [vector.www_authenticate]
    expect(values.flatMap(plain)).toEqual(vector.oauth4webapi.challenges ?? [])
    expect(vector.status === 401 && Challenges.isInvalidToken(values)).toBe(vector.retry_once_with_new_token)
  })

  it.each([
    ["a token of another scheme before it", 'Negotiate YII+/w==, Bearer error="invalid_token"'],
    ["a scheme without parameters before it", 'Negotiate, Bearer error="invalid_token"'],
    ["names and values in another case", 'BEARER ERROR="Invalid_Token"'],
    ["space about the sign", 'Bearer realm = "api" , error = invalid_token'],
    ["commas too many", ',, Bearer realm="api",, error="invalid_token",'],
    ["an address that should be quoted", "Bearer realm=https://api.example/v1, error=invalid_token"],
    ["another scheme behind it", 'Bearer error="invalid_token", Basic realm="x"']
  ])("say that the token is bad with %s", (_, value) => {
    expect(Challenges.isInvalidToken([value])).toBe(true)
  })

  it("say so in any of several lines", () => {
    expect(Challenges.isInvalidToken(['Basic realm="x"', 'Bearer error="invalid_token"'])).toBe(true)
    expect(Challenges.isInvalidToken(["Basic", ""])).toBe(false)
  })

  it.each([
    ["another scheme's error", 'DPoP error="invalid_token"'],
    ["the words in a description", 'Bearer error_description="error=invalid_token"'],
    ["the words in another's realm", 'Basic realm="x, Bearer error=invalid_token"'],
    ["another error", 'Bearer error="invalid_token_format"'],
    ["an end that is missing", 'Bearer error="invalid_token'],
    ["no scheme", 'error="invalid_token"'],
    ["a comma that is missing", "Bearer error=invalid_token Basic realm=x"],
    ["a page", "<html>Bearer error=invalid_token</html>"]
  ])("say no such thing with %s", (_, value) => {
    expect(Challenges.isInvalidToken([value])).toBe(false)
  })

  it("of any length are read in a time that goes with it", () => {
    for (const value of [
      `Bearer ${"a ".repeat(8000)}`,
      `Bearer error="${"\\a".repeat(8000)}`,
      `${"a=".repeat(8000)}`,
      " ,".repeat(8000)
    ]) {
      const begun = performance.now()
      expect(Challenges.isInvalidToken([value])).toBe(false)
      expect(performance.now() - begun).toBeLessThan(200)
    }
  })
})
