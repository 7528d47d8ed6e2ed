import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

/** The top of the repository. */
export const root = fileURLToPath(new URL("../../../..", import.meta.url))

/** How a process ended. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of one of our apps. */
export interface Running {
  readonly pid: number
  /** Its line of JSON that says it is ready; fails where it ends before. */
  readonly ready: Promise<{ readonly [name: string]: string }>
  readonly ended: Promise<End>
  readonly kill: (signal: NodeJS.Signals) => void
  /** The last lines that it wrote. */
  readonly said: () => string
}

const keptLines = 100

/** What a test or a bench starts; nothing of it is left behind. */
export class Processes {
  readonly #alive = new Set<ChildProcess>()
  readonly #cache: string

  /** `cache`: a folder for what Node compiles, so that restarts are quick. */
  constructor(cache: string) {
    this.#cache = cache
  }

  /** Starts an app's file with nothing but this environment; it ends when we do. */
  start(
    app: string,
    file: string,
    args: ReadonlyArray<string>,
    env: { readonly [name: string]: string },
    launcher: ReadonlyArray<string> = []
  ): Running {
    const node = ["--conditions=source", "--import", join(root, "scripts/tether.mjs"), file, ...args]
    const [command = "", ...rest] = [...launcher, process.execPath, ...node]
    const child = spawn(command, rest, {
      cwd: join(root, "apps", app),
      env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: this.#cache, NODE_NO_WARNINGS: "1", ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    })
    this.#alive.add(child)
    const lines: Array<string> = []
    const keep = (line: string) => {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
    }
    const ended = new Promise<End>((done) =>
      child.once("exit", (code, signal) => {
        this.#alive.delete(child)
        done({ code, signal })
      })
    )
    const ready = new Promise<{ readonly [name: string]: string }>((done, fail) => {
      if (child.stdout === null || child.stderr === null) return fail(new Error("It has no output."))
      createInterface({ input: child.stdout }).on("line", (line) => {
        keep(line)
        if (/^\{.*"(?:ready":true|key":)/.test(line)) done(JSON.parse(line))
      })
      createInterface({ input: child.stderr }).on("line", keep)
      void ended.then(({ code, signal }) => fail(new Error(`${app} ended (${signal ?? code}):\n${lines.join("\n")}`)))
    })
    ready.catch(() => {})
    return {
      pid: child.pid ?? 0,
      ready,
      ended,
      kill: (signal) => void child.kill(signal),
      said: () => lines.join("\n")
    }
  }

  /** Ends all that still runs. */
  async sweep(): Promise<void> {
    await Promise.all(
      [...this.#alive].map(
        (child) =>
          new Promise((done) => {
            child.once("exit", done)
            child.kill("SIGKILL")
          })
      )
    )
  }
}
