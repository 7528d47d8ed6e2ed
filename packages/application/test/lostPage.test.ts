import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, "utf8")
const [, section = ""] = read("docs/faults.md").split("## What users of other systems lost")

/** The tests that the page names, and their files. */
const named = [...section.matchAll(/"([^"|]+)": `([^`]+)`/g)].map(([, name = "", file = ""]) => ({ name, file }))

it("the page of faults names tests that are there", () => {
  expect(named.length).toBeGreaterThan(20)
  for (const { name, file } of named) expect(read(file).includes(`"${name}"`), `${file}: ${name}`).toBe(true)
})

it("each test of what users of other systems lost is on the page of faults", () => {
  const files = globSync(["packages/*/test/lost.test.ts", "apps/*/test/lost.test.ts"], { cwd: root })
  expect(files.length).toBeGreaterThan(3)
  for (const file of files)
    for (const [, name = ""] of read(file).matchAll(/"([^"]+ \([A-Za-z/-]+#\d[^"]*\))"/g))
      expect(named, file).toContainEqual({ name, file })
})

it("each complaint on the page has a test of its own name", () => {
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
  expect(rows.length).toBeGreaterThan(18)
  for (const row of rows) expect(row, "a row ends with its tests").toMatch(/`[^`]*lost\.test\.ts`/)
})
