import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { getPriority, tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Sandbox } from "@payment-proxy/testkit"
import type { Context } from "effect"
import { ManagedRuntime } from "effect"
import { afterAll, beforeAll, expect, it } from "vitest"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "payment-proxy-worker-"))
const platform = ManagedRuntime.make(Sandbox.layer)
const processes = new Set<ChildProcess>()
let environment: Record<string, string>
let sandbox: Context.Tag.Service<Sandbox.Sandbox>

/** Runs an app's file; answers its first line of JSON that says it is ready, and how it ended. */
const run = (
  app: string,
  file: string,
  args: ReadonlyArray<string>,
  env: Record<string, string>,
  launcher: ReadonlyArray<string> = []
) => {
  const [command = "", ...rest] = [...launcher, process.execPath, "--conditions=source", file, ...args]
  const child = spawn(command, rest, {
    cwd: join(root, "apps", app),
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  processes.add(child)
  let errors = ""
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const ended = new Promise<number | null>((done) =>
    child.once("exit", (code) => {
      processes.delete(child)
      done(code)
    })
  )
  const ready = new Promise<Record<string, string>>((done, fail) => {
    createInterface({ input: child.stdout }).on(
      "line",
      (line) => /^\{.*(?:"ready":true|"key":)/.test(line) && done(JSON.parse(line))
    )
    void ended.then((code) => fail(new Error(`${app} ended with ${code}: ${errors}`)))
  })
  ready.catch(() => {})
  return { child, ready, ended, errors: () => errors }
}

beforeAll(async () => {
  sandbox = await platform.runPromise(Sandbox.Sandbox)
  environment = {
    PAYMENT_PROXY_CONFIG: join(root, "payment-proxy.config.yaml"),
    PAYMENT_PROXY_DATA: folder,
    PAYMENT_PROXY_DEVELOPMENT: "true",
    PAYMENT_PROXY_PORT: "0",
    PAYMENT_PROXY_ADMIN_PORT: "0",
    PAYMENT_PROXY_WORK: "false",
    PLATFORM_URL: sandbox.url,
    PLATFORM_ISSUER: sandbox.issuer,
    PLATFORM_CLIENT_ID: sandbox.clientId,
    PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
    PLATFORM_WEBHOOK_SECRET: sandbox.webhookSecret,
    PLATFORM_MERCHANT_ID: sandbox.merchantId
  }
}, 20_000)

afterAll(async () => {
  for (const child of processes) child.kill("SIGKILL")
  await platform.dispose()
  rmSync(folder, { recursive: true, force: true })
})

it("follows, as a process of its own, the order that a gateway without loops has placed; on SIGTERM it ends in time", async () => {
  const app = await run("cli", "src/main.ts", ["apps", "create", "shop", "--key", "--json"], environment).ready
  const gateway = run("gateway", "src/main.ts", [], environment)
  const { url } = await gateway.ready
  const headers = {
    authorization: `Bearer ${app["key"]}`,
    "content-type": "application/json",
    "idempotency-key": "key-1"
  }
  const body = {
    vendor: "platform",
    amount: { value: "12.34", currency: "CNY" },
    method: "ALIPAY",
    source: "WEB",
    description: "d"
  }
  const placed = await fetch(`${url}/v1/orders`, { method: "POST", headers, body: JSON.stringify(body) })
  expect(placed.status).toBe(201)
  const { payOrderNo } = (await placed.json()) as { readonly payOrderNo: string }
  await platform.runPromise(sandbox.control("POST", `/_payments/${payOrderNo}/pay`))
  const read = async (wait: number) =>
    (await (await fetch(`${url}/v1/orders/${payOrderNo}?wait=${wait}`, { headers })).json()) as {
      readonly status: string
    }
  expect((await read(0)).status).toBe("PENDING")

  const worker = run("worker", "src/main.ts", [], environment)
  await worker.ready
  expect((await read(30)).status).toBe("SUCCEEDED")
  for (const { child, ended } of [worker, gateway]) {
    const start = performance.now()
    child.kill("SIGTERM")
    expect(await ended).toBe(0)
    expect(performance.now() - start).toBeLessThan(10_000)
  }
}, 60_000)

/** The niceness of every thread of a process. */
const nicenesses = (pid = 0) => readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)))

it.runIf(process.platform === "linux").each([
  { started: [], said: {}, niceness: 10 },
  { started: [], said: { PAYMENT_PROXY_WORKER_NICENESS: "0" }, niceness: 0 },
  { started: ["nice", "-n", "3"], said: {}, niceness: 3 }
])(
  "every thread of a worker steps back behind what somebody waits for, unless it was told or started otherwise: $niceness",
  async ({ started, said, niceness }) => {
    const { child, ready } = run("worker", "src/main.ts", [], { ...environment, ...said }, started)
    await ready
    // Where the tests themselves step back, so does whatever they start.
    const ours = getPriority()
    const inherited = started.length === 0 ? ours : ours + 3
    expect(new Set(nicenesses(child.pid))).toEqual(new Set([ours === 0 ? niceness : inherited]))
    child.kill("SIGKILL")
  },
  20_000
)

// Elsewhere, there are no sessions that share the processor out.
it.runIf(existsSync("/proc/self/autogroup") && getPriority() === 0).each([
  { launcher: ["setsid"], session: "its own" },
  { launcher: [], session: "another's" }
])(
  "a worker's session steps back where it is its own: $session",
  async ({ launcher }) => {
    const niceOf = (pid: number | string = "") =>
      / nice (-?\d+)$/m.exec(readFileSync(`/proc/${pid}/autogroup`, "utf8"))?.[1]
    const { child, ready } = run("worker", "src/main.ts", [], environment, launcher)
    await ready
    expect(niceOf(child.pid)).toBe(launcher.length === 0 ? niceOf("self") : "10")
    child.kill("SIGKILL")
  },
  20_000
)

it.each(["gateway", "worker"])(
  "a %s whose configuration has faults does not start, and names them all",
  async (app) => {
    const faulty = { ...environment, PLATFORM_URL: "", PLATFORM_CLIENT_SECRET: "", PAYMENT_PROXY_PORT: "http" }
    const { ended, errors } = run(app, "src/main.ts", [], faulty)
    expect(await ended).toBe(1)
    for (const name of ["PLATFORM_URL", "PLATFORM_CLIENT_SECRET", "PAYMENT_PROXY_PORT"])
      expect(errors()).toContain(name)
  },
  20_000
)
