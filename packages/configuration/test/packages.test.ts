import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Headers } from "@payment-proxy/proxy"
import { Effect } from "effect"
import { afterAll, beforeAll } from "vitest"
import { Routes } from "../src/index.ts"
import { decoded, told } from "./files.ts"
import { gates, kindsWith, through } from "./routes.ts"

let folder: string

const packed = (name: string, text: string, manifest: object = { exports: { default: "./index.js" } }) => {
  const at = join(folder, "node_modules", name)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, "package.json"), JSON.stringify({ name, type: "module", ...manifest }))
  writeFileSync(join(at, "index.js"), text)
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "payment-proxy-filters-")))
  mkdirSync(join(folder, "node_modules"))
  const effect = dirname(createRequire(import.meta.url).resolve("effect/package.json"))
  symlinkSync(effect, join(folder, "node_modules/effect"))
  packed(
    "@acme/payment-filter",
    `import { Effect, Schema } from "effect"
     export default {
       name: "acme",
       options: Schema.Struct({ word: Schema.String }),
       make: ({ word }, { route }) => Effect.succeed({
         around: (next) => (request) => next({ ...request, headers: ["x-acme", word + "@" + route] })
       })
     }`
  )
  packed("not-a-kind", "export default { name: 'x', options: {}, make: () => 1 }")
  packed("no-default", "export const name = 'x'")
  packed("breaks", "throw new Error('It wants a licence.')")
  packed("closed", "export default 1", { exports: { import: "./index.js" } })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const built = (filters: string, source: string) =>
  Effect.scoped(
    Routes.build(
      decoded(`routes: { a: { vendor: platform, allow: ["ANY /**"], filters: [${filters}] } }`, source),
      kindsWith(),
      gates
    )
  )
const here = (filters: string) => built(filters, join(folder, "payment-proxy.config.yaml"))

describe("a filter of a team's own", () => {
  it.effect("is a package that is found from the configuration's folder, by the name that the file gives", () =>
    Effect.gen(function* () {
      const { routes } = yield* here(`"@acme/payment-filter": { word: hello }`)
      expect((yield* through(routes[0]))?.headers).toEqual(["x-acme", "hello@a"])
    })
  )

  it.effect("has its options decoded by its own schema", () =>
    Effect.gen(function* () {
      const invalid = yield* Effect.flip(here(`"@acme/payment-filter": { word: 3, colour: blue }`))
      expect(told(invalid)).toEqual([
        expect.stringContaining("/routes/a/filters/0/@acme/payment-filter/colour: is unexpected"),
        "/routes/a/filters/0/@acme/payment-filter/word: Expected string"
      ])
    })
  )

  it.effect("that cannot be found or used is a fault with the way to mend it; all of them at once", () =>
    Effect.gen(function* () {
      const invalid = yield* Effect.flip(here("oauht, not-a-kind, no-default, breaks, closed"))
      expect(told(invalid)).toEqual([
        expect.stringMatching(/^\/routes\/a\/filters\/0: .*headers, rate-limit, .*install it there/),
        expect.stringMatching(/^\/routes\/a\/filters\/1: .*no filter kind/),
        expect.stringMatching(/^\/routes\/a\/filters\/2: .*no filter kind/),
        expect.stringMatching(/^\/routes\/a\/filters\/3: .*It wants a licence/),
        expect.stringMatching(/^\/routes\/a\/filters\/4: .*"exports" needs "default"/)
      ])
    })
  )

  it.effect("like the example stamps what passes", () =>
    Effect.gen(function* () {
      const source = fileURLToPath(new URL("payment-proxy.config.yaml", import.meta.url))
      const { routes } = yield* built(`"@payment-proxy/example-filter-stamp": { text: seen }`, source)
      expect(Headers.get((yield* through(routes[0]))?.headers ?? [], "x-stamp")).toBe("seen; bytes=4")
    })
  )
})
