import { type ChildProcess, execFile, spawn } from "node:child_process"
import { randomInt } from "node:crypto"
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { root } from "./Demonstration.ts"

/** Sandbox, gateway with its console, and shop, each a process of its own, on ports that nobody listened at. */
export interface System {
  readonly gateway: string
  /** Where operators' browsers go: the console is below `/console/`. */
  readonly admin: string
  readonly sandbox: string
  readonly shop: string
  readonly appKey: string
  /** The folder of the gateway's embedded database. */
  readonly data: string
  readonly end: () => Promise<void>
}

/** Everybody's password; it opens nothing but a system that lives as long as one test file. */
export const password = "throwaway words of these tests"

/** Who works there, by role; a second operator to approve what the first one proposed. */
export const people = { ada: "administrator", bea: "operator", cai: "operator", vic: "viewer" } as const
export type Person = keyof typeof people

/** Throwaway secrets, as the password: of the client at the platform, which is `tests`, of operators' sign-in, and of notifications. */
export const secrets = {
  client: "throwaway-secret-of-tests",
  console: "throwaway-secret-of-tests-for-operators",
  platform: "whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBvdXIgdGVzdHM="
}

/** What one person may send back alone, of which the tests want more. */
const operators = `
operators:
  secondPerson:
    refundsAbove: { CNY: "50.00" }
  oidc:
    name: Sandbox Company
    issuer: { env: PLATFORM_ISSUER }
    clientId: tests-console
    clientSecret: { env: CONSOLE_SECRET }
    groups:
      payments-viewers: viewer
      payments-operators: operator
      payments-administrators: administrator
`

const byRoot = ["--password-env", "PASSWORD", "--operator", "root"]

/** Below those that systems pick, so that none of them gives it to others before it is used. */
const freePort = (): Promise<number> =>
  new Promise((picked, fail) => {
    const port = randomInt(20_000, 32_000)
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? picked(freePort()) : fail(error)
    )
    server.listen(port, "127.0.0.1", () => server.close(() => picked(port)))
  })

/** Of the bundles, where a whole run of tests shares some: those start in a fraction of the time. */
const bundles = process.env["PAYMENT_PROXY_BUNDLES"]

const mainOf = (app: string): string =>
  bundles === undefined ? join(root, "apps", app, "src/main.ts") : join(bundles, `${app}.mjs`)

type Environment = { readonly [name: string]: string }

/** Makes the console's files where they are not what the sources say: they are where the gateway looks for them. */
const consoleBuilt = (): Promise<unknown> => {
  const script = 'import { built } from "./scripts/console.mjs"; await built()'
  return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: root })
}

/** An operators' command; its JSON. */
const command = async (environment: Environment, ...args: ReadonlyArray<string>): Promise<unknown> => {
  const node = ["--disable-warning=ExperimentalWarning", "--conditions=source", mainOf("cli"), ...args, "--json"]
  const { stdout } = await promisify(execFile)(process.execPath, node, { env: { ...process.env, ...environment } })
  return JSON.parse(stdout)
}

/** The processes of a system; what they print after their ready lines is for who has to see why a test failed. */
class Processes {
  readonly #children = new Set<ChildProcess>()

  start(app: string, environment: Environment): Promise<{ readonly [name: string]: string }> {
    return new Promise((ready, fail) => {
      const child = spawn(process.execPath, ["--conditions=source", mainOf(app)], {
        env: { ...process.env, ...environment },
        stdio: ["ignore", "pipe", "pipe"]
      })
      this.#children.add(child)
      let said = ""
      child.stderr.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4000)
      })
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.startsWith('{"ready":true')) ready(JSON.parse(line))
        else said = `${said}${line}\n`.slice(-4000)
      })
      child.once("exit", (code, signal) => {
        this.#children.delete(child)
        fail(new Error(`${app} ended with ${code ?? signal}:\n${said}`))
      })
    })
  }

  async end(): Promise<void> {
    const over = [...this.#children].map((child) => new Promise((done) => child.once("exit", done)))
    for (const child of this.#children) child.kill("SIGTERM")
    await Promise.all(over)
  }
}

/** An operator's session as a program has it: for what a test needs before a page is opened. */
export const signedIn = async (admin: string, operator: string) => {
  const headers = { origin: admin, "content-type": "application/json" }
  const response = await fetch(`${admin}/admin/session`, {
    method: "POST",
    headers,
    body: JSON.stringify({ operator, password })
  })
  if (!response.ok) throw new Error(`${operator} is not let in: ${await response.text()}`)
  const { csrfToken } = (await response.json()) as { readonly csrfToken: string }
  const cookie = (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? ""
  const sent = { ...headers, cookie, "x-csrf-token": csrfToken }
  return {
    cookie,
    call: async (method: string, path: string, body?: object, more: Record<string, string> = {}) => {
      const answer = await fetch(`${admin}${path}`, {
        method,
        headers: { ...sent, ...more },
        body: body === undefined ? null : JSON.stringify(body)
      })
      const text = await answer.text()
      return { status: answer.status, body: (text === "" ? null : JSON.parse(text)) as unknown }
    }
  }
}

type Call = Awaited<ReturnType<typeof signedIn>>["call"]

/** What a call answers that has to be done. */
const done = async (
  call: Call,
  path: string,
  body: object
): Promise<{ readonly shown: { readonly secret: string } }> => {
  const answer = await call("POST", path, body)
  if (answer.status !== 200) throw new Error(`${path} was not done: ${JSON.stringify(answer.body)}`)
  return answer.body as { readonly shown: { readonly secret: string } }
}

const staffed = (call: Call) =>
  Promise.all(
    Object.entries(people)
      .filter(([name]) => name !== "ada")
      .map(([name, role]) => done(call, "/admin/operators", { name, role, password, reason: "They work here." }))
  )

/** The shop's app with a key and an endpoint, and what the shop has to know of both. */
const appOf = async (call: Call, webhooks: string): Promise<{ readonly key: string; readonly secret: string }> => {
  const reason = "The shop sells."
  const change = (asked: object) => done(call, "/admin/apps/demo/changes", { ...asked, reason })
  await done(call, "/admin/apps", { id: "demo", name: "Demonstration shop", reason })
  const key = await change({ type: "addKey" })
  const endpoint = await change({ type: "addEndpoint", url: webhooks, events: null })
  return { key: key.shown.secret, secret: endpoint.shown.secret }
}

const environmentOf = async (folder: string, sandbox: { readonly [name: string]: string }): Promise<Environment> => {
  const port = await freePort()
  return {
    PAYMENT_PROXY_CONFIG: join(folder, "payment-proxy.config.yaml"),
    PAYMENT_PROXY_DATA: join(folder, "data"),
    PAYMENT_PROXY_DEVELOPMENT: "true",
    PAYMENT_PROXY_PORT: String(port),
    PAYMENT_PROXY_PUBLIC_URL: `http://127.0.0.1:${port}`,
    PAYMENT_PROXY_ADMIN_PORT: "0",
    PLATFORM_URL: sandbox["url"] ?? "",
    PLATFORM_ISSUER: sandbox["issuer"] ?? "",
    PLATFORM_CLIENT_ID: "tests",
    PLATFORM_CLIENT_SECRET: secrets.client,
    PLATFORM_WEBHOOK_SECRET: secrets.platform,
    PLATFORM_MERCHANT_ID: "merchant-tests",
    CONSOLE_SECRET: secrets.console
  }
}

const started = async (folder: string, processes: Processes): Promise<Omit<System, "end">> => {
  const config = join(folder, "payment-proxy.config.yaml")
  copyFileSync(join(root, "payment-proxy.config.yaml"), config)
  appendFileSync(config, operators)
  const [sandbox] = await Promise.all([
    processes.start("sandbox", {
      SANDBOX_PORT: "0",
      SANDBOX_VENDORS: "",
      SANDBOX_DATA: join(folder, "sandbox"),
      SANDBOX_CLIENT_ID: "tests",
      SANDBOX_CLIENT_SECRET: secrets.client,
      SANDBOX_CONSOLE_SECRET: secrets.console,
      SANDBOX_WEBHOOK_SECRET: secrets.platform,
      SANDBOX_MERCHANT_ID: "merchant-tests",
      SANDBOX_MERCHANT_NAME: "Milestone Travel Cover"
    }),
    consoleBuilt()
  ])
  const environment = await environmentOf(folder, sandbox)
  const own = {
    ...environment,
    PAYMENT_PROXY_CONSOLE_DIR: join(root, "apps/console/dist-web"),
    PASSWORD: password
  }
  const { url: gateway = "", admin = "" } = await processes.start("gateway", own)
  await command(own, "operators", "create", "ada", "--role", "administrator", ...byRoot)
  const { call } = await signedIn(admin, "ada")
  const shopPort = await freePort()
  const app = await appOf(call, `http://127.0.0.1:${shopPort}/webhooks`)
  const [{ url: shop = "" }] = await Promise.all([
    processes.start("shop", {
      SHOP_PORT: String(shopPort),
      SHOP_WEBHOOK_SECRET: app.secret,
      SHOP_GATEWAY_URL: gateway,
      SHOP_APP_KEY: app.key,
      SHOP_CONSOLE_URL: `${admin}/console`
    }),
    staffed(call)
  ])
  return { gateway, admin, sandbox: sandbox["url"] ?? "", shop, appKey: app.key, data: join(folder, "data") }
}

/** Starts all of it with data in a temporary folder, with its people and the shop's app. */
export const start = async (): Promise<System> => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-system-"))
  const processes = new Processes()
  const end = async () => {
    await processes.end()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    return { ...(await started(folder, processes)), end }
  } catch (error) {
    await end()
    throw error
  }
}
