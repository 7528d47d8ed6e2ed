import { writeFileSync } from "node:fs"
import { HttpApi } from "@effect/platform"
import { Admin } from "@payment-proxy/api"

/** The method and path of each call of the API, as source text: all that the browser needs of it. */
export const text = (): string => {
  const lines: Array<string> = []
  HttpApi.reflect(Admin.Api, {
    onGroup: () => {},
    onEndpoint: ({ group, endpoint }) =>
      void lines.push(`  "${group.identifier}.${endpoint.name}": ["${endpoint.method}", "${endpoint.path}"]`)
  })
  return `// Made by scripts/calls.ts from the API's value.\n\n/** Method and path of each call. */\nexport const calls = {\n${lines.join(",\n")}\n} as const\n`
}

if (import.meta.main) writeFileSync(new URL("../src/calls.ts", import.meta.url), text())
