// `npm start`: brings pnpm and all dependencies, then the demonstration, and takes it down however it is told to stop.
// Runs on whatever Node the machine has.
import { spawn } from "node:child_process"
import { pnpm, projectNode, root } from "./tools.mjs"

const installed = pnpm(["install", "--prefer-offline", "--reporter=append-only", "--loglevel=warn"])
if (installed !== 0) process.exit(installed)

const demo = spawn(projectNode(), ["scripts/demo.mjs", ...process.argv.slice(2)], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit", "ipc"]
})
const stop = () => demo.kill("SIGTERM")
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop)
// npm passes no signal on to what it runs: when it has gone, so do we.
const parent = process.ppid
setInterval(() => process.ppid !== parent && stop(), 250).unref()
demo.on("exit", (code) => process.exit(code ?? 1))
