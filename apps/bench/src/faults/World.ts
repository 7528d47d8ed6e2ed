import { randomBytes } from "node:crypto"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Checker from "@payment-proxy/testkit/Checker"
import * as FreePort from "@payment-proxy/testkit/FreePort"
import { Server, type Options as ServerOptions } from "@payment-proxy/testkit/mariadb/Server"
import { TcpProxy } from "@payment-proxy/testkit/mariadb/TcpProxy"
import { createConnection } from "mysql2/promise"
import * as Bundle from "./Bundle.ts"
import { Client } from "./Client.ts"
import { Passer } from "./Passing.ts"
import { Processes, type Running, root } from "./Processes.ts"
import { Refunder } from "./Refunding.ts"
import * as Sink from "./Sink.ts"
import * as Witnesses from "./Witnesses.ts"

/** As whom every process of an experiment comes to its platform. */
export const platformClient = { id: "experiments", secret: "throwaway-secret-of-experiments" }

/** Throwaway secrets of experiments: they open nothing but what lives as long as one of them. */
const secrets = {
  platform: `whsec_${randomBytes(24).toString("base64")}`,
  shop: `whsec_${randomBytes(24).toString("base64")}`
}

/** The business systems of every world. */
export const apps = ["shop", "other"] as const

const sleep = (millis: number) => new Promise((done) => setTimeout(done, millis))

/** Short limits, so that a call of unknown outcome is asked about after three seconds, and what is open soon again. */
const limits = `    kind: mapped
    limits: { createMillis: 500, queryMillis: 1000, closeMillis: 1000 }
    confirm: { closingSeconds: [1, 2, 4, 8, 15, 30, 60], refundSeconds: [1, 2, 3, 5] }
`

/** A gateway or a worker, whichever process is it now. */
export class Service {
  readonly #start: (crashAt: string | undefined) => Running
  #running: Running | undefined
  #paused = false

  constructor(start: (crashAt: string | undefined) => Running) {
    this.#start = start
  }

  /** The process that it is; there may be none. */
  get process(): Running | undefined {
    return this.#running
  }

  /** Starts it and waits until it works. */
  async up(): Promise<Running> {
    const running = await this.attempt()
    await running.ready
    return running
  }

  /** Starts it and waits until it works or has ended; `crashAt` is where it will kill itself, perhaps before it works. */
  async attempt(crashAt?: string): Promise<Running> {
    const running = this.#start(crashAt)
    this.#running = running
    void running.ended.then(() => {
      if (this.#running === running) this.#running = undefined
    })
    await Promise.race([running.ready, running.ended]).catch(() => {})
    return running
  }

  /** Ends it with a signal, and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    if (this.#paused) this.resume()
    running.kill(signal)
    await running.ended
  }

  get isPaused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
    this.#running?.kill("SIGSTOP")
  }

  resume(): void {
    this.#paused = false
    this.#running?.kill("SIGCONT")
  }
}

/** A MariaDB of our own, and what stands between it and us. */
export interface Database {
  readonly server: Server
  readonly proxy: TcpProxy
  /** Past the proxy. */
  readonly url: string
}

/** Everything that an experiment needs, each part a process of its own: gateways on one database, a platform, a sink. */
export interface World {
  readonly folder: string
  /** The configuration file of gateways and workers. */
  readonly config: string
  readonly gateways: ReadonlyArray<Service>
  /** Where each of them listens. */
  readonly urls: ReadonlyArray<string>
  /** Without any, the gateways work at what is due themselves. */
  readonly workers: ReadonlyArray<Service>
  /** Without one, all share a file. */
  readonly database: Database | undefined
  /** The key of each app. */
  readonly keys: ReadonlyMap<string, string>
  readonly client: Client
  /** The clients that come by the proxied route; they write into the log of `client`, too. */
  readonly passer: Passer
  readonly refunder: Refunder
  /** Where the platform tells us of payments that came by the proxied route. */
  readonly notifyUrl: string
  readonly sink: Sink.Sink
  readonly processes: Processes
  /** Where the platform is, and where it gives tokens. */
  readonly platformUrl: string
  readonly issuer: string
  /** Runs the command line with these words and, beside the gateways' environment, this; fails where it does. */
  readonly command: (words: ReadonlyArray<string>, own: Environment) => Promise<void>
  /** A call of the platform's controls; answers its JSON. */
  readonly platform: (method: "GET" | "POST" | "PUT", path: string, body?: unknown) => Promise<unknown>
  readonly sources: () => Promise<Checker.Sources>
  /** Waits until nothing is overdue, in doubt or on its way; answers how long that took, in milliseconds. */
  readonly rest: (limitMillis: number) => Promise<number>
  readonly close: () => Promise<void>
}

/** The environment of a process, by name. */
type Environment = { readonly [name: string]: string }

const startPlatform = (processes: Processes, main: string, folder: string, own: Environment) =>
  processes.start("sandbox", main, [], {
    SANDBOX_PORT: "0",
    SANDBOX_DATA: join(folder, "sandbox"),
    SANDBOX_CLIENT_ID: platformClient.id,
    SANDBOX_CLIENT_SECRET: platformClient.secret,
    SANDBOX_WEBHOOK_SECRET: secrets.platform,
    SANDBOX_MERCHANT_ID: "merchant-experiments",
    SANDBOX_VENDORS: "",
    ...own
  })

/** What an experiment may change of its gateways. */
export interface Options {
  readonly gateways?: number
  readonly workers?: number
  /** A MariaDB in place of a file. */
  readonly isMariaDb?: boolean
  /** Put before the command of each gateway. */
  readonly launcher?: ReadonlyArray<string>
  /** What becomes of the demonstration's configuration, where it is not taken as it is. */
  readonly configured?: (text: string) => string
  /** Where the gateways look for the platform's API, if not where it is. */
  readonly platformUrl?: string
  /** Of gateways and workers. */
  readonly environment?: Environment
  /** What one process alone has in its environment beside: `gateway 0`, `worker 1`, `platform` or `database`. */
  readonly environmentOf?: { readonly [process: string]: Environment }
  /** For measurements: nothing between the gateways and the database, no haste with the vendor, no loops in the gateways. */
  readonly isCalm?: boolean
  /** The proxied routes, in place of those of the configuration file: the YAML below `routes:`. */
  readonly routes?: string
}

/** Memory and log as for a server that does nothing else; by default both are for a small one, which stands still now and then. */
const roomy = ["--innodb-buffer-pool-size=2G", "--innodb-log-file-size=1G"]

/**
 * Services with a server go by its clock, which they know as exactly as a question takes to be answered: on a busy machine that is milliseconds,
 * and so is what lies between a decision and its answer. What a process that died left undone is done later than this.
 */
const databaseApartMillis = 250

const startDatabase = async (folder: string, own: Pick<ServerOptions, "extra" | "environment">): Promise<Database> => {
  const server = await Server.start({ folder: join(folder, "mariadb"), isGuarded: true, ...own })
  await server.settle()
  const admin = await createConnection({ uri: server.url("information_schema", "admin") })
  await admin.query("CREATE DATABASE payment_proxy")
  admin.destroy()
  const proxy = await TcpProxy.start(() => server.port)
  return { server, proxy, url: server.url("payment_proxy", "app") }
}

/** Brings a world up, its gateways and workers not yet. */
export const start = async (options: Options = {}): Promise<World> => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-faults-"))
  const processes = new Processes(join(tmpdir(), "payment-proxy-compiled"))
  const sink = await Sink.start(secrets.shop)
  const ownOf = (process: string): Environment => options.environmentOf?.[process] ?? {}
  let database: Database | undefined
  const close = async () => {
    await processes.sweep()
    await database?.proxy.close()
    await database?.server.close()
    await sink.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const main = {
      cli: await Bundle.of("cli"),
      gateway: await Bundle.of("gateway"),
      sandbox: await Bundle.of("sandbox"),
      worker: await Bundle.of("worker")
    }
    const { url = "", issuer = "" } = await startPlatform(processes, main.sandbox, folder, ownOf("platform")).ready
    const config = join(folder, "config.yaml")
    const demonstration = readFileSync(join(root, "payment-proxy.config.yaml"), "utf8")
    const given = options.configured?.(demonstration) ?? demonstration
    const configured =
      options.routes === undefined ? given : given.replace(/^routes:\n[\s\S]*$/m, `routes:\n${options.routes}`)
    writeFileSync(config, options.isCalm ? configured : configured.replace("    kind: mapped\n", limits))
    const data = join(folder, "data")
    mkdirSync(data)
    const extra = options.isCalm ? roomy : []
    database = options.isMariaDb ? await startDatabase(folder, { extra, environment: ownOf("database") }) : undefined
    const databaseUrl = options.isCalm ? database?.url : database?.url.replace(/:\d+\//, `:${database.proxy.port}/`)
    const workerCount = options.workers ?? 0
    const ports = await Promise.all(Array.from({ length: options.gateways ?? 1 }, FreePort.pick))
    const urls = ports.map((port) => `http://127.0.0.1:${port}`)
    const environment = {
      // Experiments wait for what workers do, and share their machine with others of them.
      ...(options.isCalm ? {} : { PAYMENT_PROXY_WORKER_NICENESS: "0" }),
      PAYMENT_PROXY_CONFIG: config,
      PAYMENT_PROXY_DATA: data,
      PAYMENT_PROXY_DEVELOPMENT: "true",
      PLATFORM_URL: options.platformUrl ?? url,
      PLATFORM_ISSUER: issuer,
      PLATFORM_CLIENT_ID: platformClient.id,
      PLATFORM_CLIENT_SECRET: platformClient.secret,
      PLATFORM_WEBHOOK_SECRET: secrets.platform,
      PLATFORM_MERCHANT_ID: "merchant-experiments",
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ...options.environment
    }
    const keys = new Map<string, string>()
    for (const app of apps) {
      const wanted = ["--endpoint", `${sink.url}/${app}-webhook`, "--secret-env", "WEBHOOK_SECRET", "--key", "--json"]
      const made = processes.start("cli", main.cli, ["apps", "create", app, ...wanted], {
        ...environment,
        WEBHOOK_SECRET: secrets.shop
      })
      keys.set(app, (await made.ready)["key"] ?? "")
    }
    const service = (app: "gateway" | "worker", own: Environment) =>
      new Service((crashAt) =>
        processes.start(
          app,
          main[app],
          [],
          { ...environment, ...own, ...(crashAt === undefined ? {} : { PAYMENT_PROXY_CRASH_AT: crashAt }) },
          options.launcher
        )
      )
    const gateways = ports.map((port, index) =>
      service("gateway", {
        PAYMENT_PROXY_PORT: String(port),
        PAYMENT_PROXY_ADMIN_PORT: "off",
        PAYMENT_PROXY_PUBLIC_URL: urls[index] ?? "",
        PAYMENT_PROXY_WORK: String(workerCount === 0 && options.isCalm !== true),
        ...ownOf(`gateway ${index}`)
      })
    )
    const workers = Array.from({ length: workerCount }, (_, index) =>
      service("worker", { PAYMENT_PROXY_PUBLIC_URL: urls[0] ?? "", ...ownOf(`worker ${index}`) })
    )
    const command: World["command"] = async (words, own) => {
      const running = processes.start("cli", main.cli, words, { ...environment, ...own })
      if ((await running.ended).code !== 0) throw new Error(running.said())
    }
    const client = new Client(keys, () => urls)
    const passer = new Passer(client)
    const refunder = new Refunder(client)
    const platform: World["platform"] = async (method, path, body) => {
      const response = await fetch(`${url}${path}`, { method, body: body === undefined ? null : JSON.stringify(body) })
      const said: unknown = await response.json()
      if (response.status === 400) throw new Error(`The platform does not take this: ${JSON.stringify(said)}`)
      return said
    }
    const sources = async (): Promise<Checker.Sources> => ({
      client: client.log,
      told: passer.told,
      refunding: refunder.log,
      ledger: Witnesses.ledger((await platform("GET", "/_ledger")) as Witnesses.Shown),
      dump: await Witnesses.dump(database?.url ?? data),
      sink: sink.got,
      clocksApartMillis: database === undefined ? 0 : databaseApartMillis
    })
    const rest = async (limitMillis: number) => {
      const begin = Date.now()
      while (Date.now() < begin + limitMillis) {
        if (isAtRest(await sources())) return Date.now() - begin
        await sleep(250)
      }
      return Date.now() - begin
    }
    return {
      folder,
      config,
      gateways,
      urls,
      workers,
      database,
      keys,
      client,
      passer,
      refunder,
      notifyUrl: `${urls[0]}/notify/platform`,
      sink,
      processes,
      platformUrl: url,
      issuer,
      command,
      platform,
      sources,
      rest,
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Nothing waits for us any more, and all that the platform holds is known. */
const isAtRest = (sources: Checker.Sources): boolean => {
  const { violations } = Checker.check(sources)
  return (
    sources.dump.inbox.every(({ dueMillis }) => dueMillis === null) &&
    // Late money goes back.
    sources.dump.orders.every(({ state }) => state !== "LATE_PAID") &&
    !violations.some(({ invariant }) => invariant === "I10" || invariant === "I5")
  )
}
