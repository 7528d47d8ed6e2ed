import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { root } from "./Processes.ts"

/** Comes as a binary beside its code, so it stays where it is. */
const native = "better-sqlite3"

/** An app's main file with all that it imports in one, in `folder`. Answers the file. */
export const make = async (app: string, folder: string): Promise<string> => {
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

/** Where those lie that a whole run of tests shares, if it does. */
const shared = process.env["PAYMENT_PROXY_BUNDLES"]

let folder: string | undefined
const ownFolder = (): string => {
  if (folder !== undefined) return folder
  const made = mkdtempSync(join(tmpdir(), "payment-proxy-bundles-"))
  process.once("exit", () => rmSync(made, { recursive: true, force: true }))
  folder = made
  return made
}

const made = new Map<string, Promise<string>>()

/**
 * An app's main file with all that it imports in one, made once: a process that is killed each second should not spend its
 * life on looking for its modules. Answers the file.
 */
export const of = (app: string): Promise<string> => {
  if (shared !== undefined) return Promise.resolve(join(shared, `${app}.mjs`))
  const file = made.get(app) ?? make(app, ownFolder())
  made.set(app, file)
  return file
}
