import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The top of the repository. */
export const root = fileURLToPath(new URL("../../..", import.meta.url))

/** What `npm start` writes down for scripts. */
export interface Demo {
  readonly gateway: string
  readonly docs: string
  readonly sandbox: string
  readonly vendors: { readonly [name: string]: string }
  readonly shop: string
  /** The operators' console, and its first operator. */
  readonly console: string
  readonly operator: { readonly name: string; readonly password: string }
  readonly appKey: string
  readonly ready: true
}

/** A demonstration that runs: what it wrote down, what it printed, and how to be rid of it. */
export interface Running {
  readonly demo: Demo
  readonly printed: () => string
  readonly npm: ChildProcess
  readonly folder: string
  /** Processes of it that are alive, by what they run. */
  readonly alive: () => ReadonlyArray<string>
  readonly end: () => Promise<void>
}

const readyLimitMillis = 110_000
const endLimitMillis = 20_000

/** Polls until `ask` answers something; fails with `what` after `limitMillis`. */
export const until = async <A>(
  what: string,
  limitMillis: number,
  ask: () => A | undefined | Promise<A | undefined>
): Promise<A> => {
  const end = Date.now() + limitMillis
  while (Date.now() < end) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`Not within ${limitMillis} ms: ${what}`)
}

/** The command lines of all processes whose environment names `folder`. */
const processesOf = (folder: string): ReadonlyArray<{ readonly pid: number; readonly command: string }> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const isOurs = readFileSync(`/proc/${name}/environ`, "utf8").includes(`PAYMENT_PROXY_DATA=${folder}\0`)
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim()
        return isOurs && command !== "" ? [{ pid: Number(name), command }] : []
      } catch {
        return []
      }
    })

/** Types `npm start` in the repository, with the vendors beside the platform or without, with data in a temporary folder, and waits until it says that it is ready. */
export const start = async (vendors: "all" | "none" = "none"): Promise<Running> => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-acceptance-"))
  const path = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((part) => !part.includes("node_modules"))
    .join(delimiter)
  const npm = spawn("npm", ["start"], {
    cwd: root,
    env: { ...process.env, PATH: path, PAYMENT_PROXY_DATA: folder, DEMO_VENDORS: vendors },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let printed = ""
  npm.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString()
  })
  npm.stderr.on("data", (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const alive = () => processesOf(folder).map(({ command }) => command)
  const end = async () => {
    if (npm.exitCode === null && npm.signalCode === null) npm.kill("SIGTERM")
    const isGone = await until("all processes are gone", endLimitMillis, () =>
      alive().length === 0 ? true : undefined
    ).catch(() => false)
    for (const { pid } of processesOf(folder)) process.kill(pid, "SIGKILL")
    rmSync(folder, { recursive: true, force: true })
    if (!isGone) throw new Error(`Processes were left behind:\n${printed}`)
  }
  try {
    const demo = await until("npm start is ready", readyLimitMillis, () => {
      if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}:\n${printed}`)
      const file = join(folder, "demo.json")
      return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Demo) : undefined
    })
    return { demo, printed: () => printed, npm, folder, alive, end }
  } catch (error) {
    await end().catch(() => {})
    throw new Error(`${error instanceof Error ? error.message : error}\n${printed}`)
  }
}
