import { readFileSync } from "node:fs"
import { expect, it } from "vitest"

const text = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8")

it("docs/filters.md shows this package as it stands", () => {
  const ours = ["src/index.ts", "test/stamp.test.ts"].map(text)
  const blocks = [...text("../../docs/filters.md").matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, block = ""]) => block)
  expect(blocks).toHaveLength(2)
  expect(blocks[0]).toBe(ours[0]?.trimEnd())
  for (const block of blocks) expect(ours.some((file) => file.includes(block))).toBe(true)
})
