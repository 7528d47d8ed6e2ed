// The console's files, as the gateway serves them: built where they are missing or older than what they are made of.
import { spawn } from "node:child_process"
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { root } from "./tools.mjs"

const home = join(root, "apps/console")
const folder = join(home, "dist-web")
const madeOf = ["index.html", "package.json", "vite.config.ts", "public", "scripts", "src"]
  .map((name) => join(home, name))
  .concat(join(root, "packages/api/src"), join(root, "packages/domain/src"))

const newest = (path) => {
  if (!existsSync(path)) return 0
  const found = statSync(path)
  return found.isDirectory() ? Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name)))) : found.mtimeMs
}

const isFresh = () => newest(join(folder, "index.html")) > Math.max(...madeOf.map(newest))

const run = (...args) =>
  new Promise((done, fail) => {
    // Whatever this runs in, a test or a developer's shell, the files are for people.
    const env = { ...process.env, NODE_ENV: "production" }
    const node = spawn(process.execPath, args, { cwd: home, env, stdio: ["ignore", "ignore", "pipe"] })
    let told = ""
    node.stderr.on("data", (chunk) => {
      told += chunk
    })
    node.on("exit", (code) => (code === 0 ? done() : fail(new Error(told.trim() || `exit ${code}`))))
  })

/** Two that build at once each build for themselves: the folder changes in one step. */
const build = async () => {
  const [fresh, old] = [`${folder}.${process.pid}`, `${folder}.${process.pid}.old`]
  await run("--conditions=source", "scripts/calls.ts")
  await run("--conditions=source", "scripts/theme.ts")
  await run("node_modules/vite/bin/vite.js", "build", "--outDir", fresh, "--emptyOutDir", "--logLevel", "error")
  if (existsSync(folder)) renameSync(folder, old)
  renameSync(fresh, folder)
  rmSync(old, { recursive: true, force: true })
}

/** Done when the files are there; where they cannot be built, it says so, and the gateway does, too. */
export const built = async () => {
  if (isFresh()) return
  await build().catch((error) => console.error(`The console cannot be built: ${error.message}`))
}
