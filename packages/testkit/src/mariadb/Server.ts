import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as FreePort from "../FreePort.ts"
import { find, type Program } from "./Program.ts"

/** Starts a program that ends (-9) when we are gone, however that went; says its process id first. */
const tethered = `exec 3<&0
"$@" </dev/null &
pid=$!
echo "pid $pid" >&2
(read -r line <&3; kill -9 "$pid") >/dev/null 2>&1 &
wait "$pid"`

const keptLines = 50

/** What a test may change of a server. */
export interface Options {
  /** Options of its program. */
  readonly extra?: ReadonlyArray<string>
  /** Where its data goes. */
  readonly folder?: string
  /** It has users with rights, `app` and `admin`; otherwise everybody may do everything. */
  readonly isGuarded?: boolean
  /** What its program has in its environment beside. */
  readonly environment?: { readonly [name: string]: string }
}

const open = ({ kind }: Program): ReadonlyArray<string> => (kind === "mariadb" ? ["--skip-grant-tables"] : [])

interface Running {
  readonly pid: number
  readonly shell: ChildProcess
  readonly ended: Promise<void>
}

/** A database server of our own on 127.0.0.1, durable at each COMMIT, which can be killed and started again. */
export class Server {
  readonly program: Program
  readonly port: number
  readonly #folder: string
  readonly #extra: ReadonlyArray<string>
  readonly #environment: NodeJS.ProcessEnv
  #running: Running | undefined
  #ready: Promise<void> = Promise.resolve()

  private constructor(program: Program, port: number, { folder = "", extra = [], environment = {} }: Options) {
    this.program = program
    this.port = port
    this.#folder = folder
    this.#extra = extra
    const { libraries } = program
    this.#environment = {
      ...process.env,
      ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }),
      ...environment
    }
  }

  /** A new one, empty, in a temporary folder. */
  static async start({ extra = [], folder, isGuarded = false, environment = {} }: Options = {}): Promise<Server> {
    const program = find()
    const server = new Server(program, await FreePort.pick(), {
      folder: folder ?? mkdtempSync(join(tmpdir(), "payment-proxy-mariadb-")),
      extra: isGuarded ? extra : [...extra, ...open(program)],
      environment
    })
    for (const name of ["data", "tmp"]) mkdirSync(join(server.#folder, name), { recursive: true })
    if (program.kind === "mysql")
      spawnSync(program.command, ["--no-defaults", "--initialize-insecure", ...server.#user(), ...server.#datadir()])
    if (isGuarded) server.#guard()
    await server.up()
    return server
  }

  /** Whether its program runs. */
  get isUp(): boolean {
    return this.#running !== undefined
  }

  get pid(): number {
    return this.#running?.pid ?? 0
  }

  /** Where a database of it is, for whoever comes; a guarded one knows `app` and `admin`. */
  url(database: string, user = "root"): string {
    return `mysql://${user}@127.0.0.1:${this.port}/${database}`
  }

  /** Makes the tables of users, and the users. */
  #guard(): void {
    const { command, messages } = this.program
    const scripts = ["mysql_system_tables.sql", "mysql_system_tables_data.sql"]
    const folder = messages ?? "/usr/share/mysql"
    const { status, stderr } = spawnSync(
      command,
      ["--no-defaults", "--bootstrap", ...this.#user(), ...this.#datadir(), `--lc-messages-dir=${folder}`],
      {
        env: this.#environment,
        encoding: "utf8",
        input: [
          "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;",
          ...scripts.map((name) => readFileSync(join(folder, name), "utf8"))
        ].join("\n")
      }
    )
    if (status !== 0) throw new Error(`The tables of users could not be made:\n${stderr}`)
    writeFileSync(
      join(this.#folder, "users.sql"),
      "CREATE USER IF NOT EXISTS admin;\nGRANT ALL ON *.* TO admin;\nCREATE USER IF NOT EXISTS app;\n" +
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP ON *.* TO app;\n"
    )
  }

  /** Its own folder of temporary files, too: a MariaDB that starts removes those of all others in the same one. */
  #datadir(): ReadonlyArray<string> {
    return [`--datadir=${join(this.#folder, "data")}`, `--tmpdir=${join(this.#folder, "tmp")}`]
  }

  #user(): ReadonlyArray<string> {
    return process.getuid?.() === 0 ? ["--user=root"] : []
  }

  #options(): ReadonlyArray<string> {
    const { kind, messages } = this.program
    return [
      "--no-defaults",
      ...this.#user(),
      ...this.#datadir(),
      ...(kind === "mysql" ? ["--mysqlx=OFF"] : []),
      "--skip-name-resolve",
      ...(messages === null ? [] : [`--lc-messages-dir=${messages}`]),
      `--socket=${join(this.#folder, "s")}`,
      `--pid-file=${join(this.#folder, "pid")}`,
      "--bind-address=127.0.0.1",
      `--port=${this.port}`,
      "--innodb-flush-log-at-trx-commit=1",
      "--max-connections=400",
      ...(existsSync(join(this.#folder, "users.sql")) ? [`--init-file=${join(this.#folder, "users.sql")}`] : []),
      ...this.#extra
    ]
  }

  /** Starts its program on the same data, unless somebody else does; answers once it takes connections. */
  up(): Promise<void> {
    if (this.#running === undefined) this.#ready = this.#start()
    return this.#ready
  }

  #start(): Promise<void> {
    const shell = spawn("sh", ["-c", tethered, "sh", this.program.command, ...this.#options()], {
      env: this.#environment,
      stdio: ["pipe", "ignore", "pipe"]
    })
    const lines: Array<string> = []
    let pid = 0
    const ended = new Promise<void>((done) =>
      shell.once("exit", () => {
        this.#running = undefined
        shell.stdin?.destroy()
        done()
      })
    )
    this.#running = { pid, shell, ended }
    return new Promise<void>((done, fail) => {
      createInterface({ input: shell.stderr }).on("line", (line) => {
        if (line.startsWith("pid ")) {
          pid = Number(line.slice(4))
          this.#running = { pid, shell, ended }
        }
        lines.push(line)
        if (lines.length > keptLines) lines.shift()
        if (line.includes("ready for connections")) done()
      })
      void ended.then(() => fail(new Error(`The database server ended:\n${lines.join("\n")}`)))
    })
  }

  /** A signal for its program: SIGKILL, SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    if (this.#running !== undefined) process.kill(this.#running.pid, signal)
  }

  /** Ends it with a signal, and waits until it is gone. */
  async down(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    this.signal(signal)
    await running.ended
  }

  /** Starts it once more, all that is new on disk: a server that is killed in its first second may not come up again. */
  async settle(): Promise<void> {
    await this.down("SIGTERM")
    await this.up()
  }

  /** Ends it, and leaves nothing of it. */
  async close(): Promise<void> {
    await this.down()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
