import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import { Filter } from "@payment-proxy/proxy"
import { Effect, Schema } from "effect"
import { Routes } from "../src/index.ts"
import { decoded } from "./files.ts"
import { gates, kindsWith } from "./routes.ts"

const oauth = Filter.kind({
  name: "oauth",
  options: Schema.Struct({}),
  make: () => Effect.succeed({ around: (next) => next })
})

it.effect.each([
  ["filters.md", ["stamped"]],
  ["running.md", ["platform", "public"]]
] as const)("the routes that docs/%s shows can be built as they stand", ([file, ids]) =>
  Effect.gen(function* () {
    const text = readFileSync(new URL(`../../../docs/${file}`, import.meta.url), "utf8")
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block)
    expect(blocks).toHaveLength(1)
    const configuration = decoded(blocks.join(), fileURLToPath(new URL("payment-proxy.config.yaml", import.meta.url)))
    const { routes } = yield* Effect.scoped(Routes.build(configuration, kindsWith(oauth), gates))
    expect(routes.map(({ id }) => id)).toEqual(ids)
  })
)
