import { FastCheck as fc } from "effect"
import { describe, expect, it } from "vitest"
import { JsonPointer } from "../src/index.ts"

describe("a JSON Pointer", () => {
  const json = { "a/b": { "m~n": [{ "": 1 }, 2] }, length: 3, __proto__: { inherited: 4 } }

  it.each([
    ["", json],
    ["/a~1b/m~0n/1", 2],
    ["/a~1b/m~0n/0/", 1],
    ["/length", 3],
    ["/a~1b/m~0n/length", undefined],
    ["/a~1b/m~0n/01", undefined],
    ["/a~1b/m~0n/-", undefined],
    ["/a~1b/m~0n/2", undefined],
    ["/inherited", undefined],
    ["/toString", undefined],
    ["/length/toFixed", undefined]
  ])("%j leads to %j", (pointer, value) => {
    expect(JsonPointer.at(json, JsonPointer.parts(pointer))).toEqual(value)
  })

  it("of any parts has these parts", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (parts) => {
        expect(JsonPointer.parts(JsonPointer.of(parts))).toEqual(parts)
      })
    )
  })
})
