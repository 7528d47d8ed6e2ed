import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { text as calls } from "../scripts/calls.ts"
import { text as theme } from "../scripts/theme.ts"

const source = (name: string): string => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")

describe("files that are made", () => {
  it("have every call of the API", () => {
    expect(source("calls.ts")).toBe(calls())
  })

  it("have the theme's colours, as the page may inject no style", () => {
    expect(source("theme.css")).toBe(theme())
  })
})
