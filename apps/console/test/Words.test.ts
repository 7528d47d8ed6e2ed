import { readdirSync } from "node:fs"
import { describe, expect, it } from "vitest"

type Texts = Readonly<Record<string, unknown>>
const folder = new URL("../src/words/", import.meta.url)
const files = readdirSync(folder).filter((name) => /^[a-z]/.test(name) && name !== "problems.ts")

/** What a text says; a function's is asked with numbers in place of what it takes. */
const said = (text: unknown): string => (typeof text === "function" ? text("1", "2", "3", "4") : String(text))

describe.each(files)("the texts of %s", (file) => {
  it("are there in both languages, and differ but for names and codes", async () => {
    const module = (await import(new URL(file, folder).href)) as Readonly<Record<string, { en?: Texts; zh?: Texts }>>
    for (const { en, zh } of Object.values(module).filter((one) => one.en !== undefined)) {
      for (const [key, text] of Object.entries(en ?? {})) {
        expect(said(text).trim(), `${key} in English`).not.toBe("")
        expect(said(zh?.[key]).trim(), `${key} 中文`).not.toBe("")
        // A Chinese character in an English text, or none where the English one has words, was put in the wrong place.
        expect(said(text), `${key} in English`).not.toMatch(/\p{Script=Han}/u)
        if (/[a-z]{3} [a-z]{2}/.test(said(text))) expect(said(zh?.[key]), `${key} 中文`).toMatch(/\p{Script=Han}/u)
      }
    }
  })
})
