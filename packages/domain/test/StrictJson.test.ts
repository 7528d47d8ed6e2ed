import { Either, FastCheck as fc } from "effect"
import { expect, it } from "vitest"
import { StrictJson } from "../src/index.ts"

const refusal = (text: string) => Either.getOrThrow(Either.flip(StrictJson.parse(text)))
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)

it("reads what JSON.parse reads, and the same", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.constantFrom(0, 2), (text, indent) => {
      const json: unknown = JSON.parse(text)
      expect(Either.getOrThrow(StrictJson.parse(JSON.stringify(json, null, indent)))).toEqual(json)
    }),
    { numRuns: 500 }
  )
})

it.each([
  "",
  "{",
  '{"a":1}x',
  '{"a":1,}',
  "{'a':1}",
  "NaN",
  '\uFEFF{"a":1}',
  '{"a":01}',
  '"a\nb"',
  "[1 2]",
  "undefined"
])("%j is not JSON", (text) => {
  expect(refusal(text)).toEqual({ reason: "notJson" })
})

it("goes 32 levels deep, and says of more that it is too deep, however much more", () => {
  expect(Either.isRight(StrictJson.parse(nested(32)))).toBe(true)
  for (const depth of [33, 1000, 130_000]) expect(refusal(nested(depth))).toEqual({ reason: "tooDeep" })
  expect(refusal(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`)).toEqual({ reason: "tooDeep" })
})

it.each([
  ['{"a":1,"a":1}', ["/a"]],
  ['{"a":1,"\\u0061":2}', ["/a"]],
  ['{"amount":{"value":"1","currency":"CNY","value":"100"}}', ["/amount/value"]],
  ['[{"a":1},{"b":[0,{"c":1,"c":2}]}]', ["/1/b/1/c"]],
  ['{"a/b":1,"a/b":2,"__proto__":1,"__proto__":2}', ["/a~1b", "/__proto__"]],
  ['{"":1,"":2}', ["/"]]
])("%s names a member twice", (text, pointers) => {
  const said = refusal(text)
  expect(said.reason === "repeated" && said.faults.map(({ pointer, code }) => [pointer, code])).toEqual(
    pointers.map((pointer) => [pointer, "FIELD_REPEATED"])
  )
})

it("the same name in two objects, in a value or in quotes is no repetition", () => {
  for (const text of ['[{"a":1},{"a":2}]', '{"a":"a","b":"a"}', '{"a":"\\"a\\":1,","b":{"a":1}}', '["a","a"]'])
    expect(StrictJson.parse(text)).toEqual(Either.right(JSON.parse(text)))
})

it("every member repeated is found, wherever it stands", () => {
  const place = fc.record({ before: fc.jsonValue(), value: fc.jsonValue(), name: fc.string({ maxLength: 8 }) })
  fc.assert(
    fc.property(place, ({ before, value, name }) => {
      const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`
      const said = refusal(`[${JSON.stringify(before)},{${member},${member}}]`)
      return said.reason === "repeated" && said.faults.length >= 1
    }),
    { numRuns: 300 }
  )
})
