// What the root scripts share: where we are, pnpm as the registry brings it, and the project's own Node.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isWindows = process.platform === "win32"

/** Runs pnpm without installing it on the machine; answers its exit code. */
export const pnpm = (args) => {
  const options = {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    shell: isWindows
  }
  return spawnSync("npx", ["-y", "--prefer-offline", "pnpm@12.21.0", ...args], options).status ?? 1
}

/** The Node that the project brought along; where there is none for this platform, the machine's, if it is new enough. */
export const projectNode = () => {
  const own = join(root, "node_modules/.bin", isWindows ? "node.cmd" : "node")
  if (existsSync(own)) return own
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  console.error(
    `Payment Proxy needs Node 22.19 or newer; this machine has ${process.versions.node}. Install a newer one and try again.`
  )
  process.exit(1)
}
