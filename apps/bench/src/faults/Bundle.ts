import { createRequire } from "node:module"
import { join } from "node:path"
import { build } from "esbuild"
import { root } from "./Processes.ts"

/** Comes as a binary beside its code, so it stays where it is. */
const native = "better-sqlite3"

/**
 * An app's main file with all that it imports in one, in `folder`: a process that is killed each second should not spend its
 * life on looking for its modules. Answers the file.
 */
export const bundle = async (app: string, folder: string): Promise<string> => {
  const file = join(folder, `${app}.mjs`)
  const here = createRequire(join(root, "packages/adapter-sqlite/package.json"))
  const sql = createRequire(here.resolve("@effect/sql-sqlite-node"))
  await build({
    entryPoints: [join(root, "apps", app, "src/main.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    conditions: ["source"],
    banner: {
      js: `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`
    },
    logLevel: "error",
    plugins: [
      {
        name: "native",
        setup: ({ onResolve }) =>
          onResolve({ filter: new RegExp(`^${native}$`) }, () => ({ path: sql.resolve(native), external: true }))
      }
    ]
  })
  return file
}
