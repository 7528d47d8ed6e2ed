// The demonstration: sandbox, shop, gateway and console on this machine, with one link to begin at, an app key, a curl to copy,
// and .payment-proxy/demo.json for scripts; with --watch each app reloads when a file changes. Data stays in .payment-proxy between runs; PAYMENT_PROXY_DATA names another folder.
import { spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, watchFile, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import * as Console from "./console.mjs"
import { root } from "./tools.mjs"

const data = resolve(process.env.PAYMENT_PROXY_DATA ?? join(root, ".payment-proxy"))
const demoFile = join(data, "demo.json")
const appFile = join(data, "demo-app.json")
const children = new Set()
const isWatching = process.argv.includes("--watch")
let isStopping = false
let isOurs = false

const stop = (code) => {
  if (isStopping) return
  isStopping = true
  if (isOurs) rmSync(demoFile, { force: true })
  for (const child of children) child.kill("SIGTERM")
  const end = () => process.exit(code)
  const timer = setTimeout(() => {
    for (const child of children) child.kill("SIGKILL")
    end()
  }, 11_000)
  const check = () => {
    if (children.size > 0) return
    clearTimeout(timer)
    end()
  }
  for (const child of children) child.on("exit", check)
  check()
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0))
process.on("disconnect", () => stop(0))
process.on("uncaughtException", (error) => {
  console.error(error.message)
  stop(1)
})

const isFree = (port) =>
  new Promise((answer) => {
    const server = createServer()
    server.once("error", () => answer(false))
    server.listen(port, "127.0.0.1", () => server.close(() => answer(true)))
  })

/** Ports that are meant for somebody who does not listen yet. */
const meant = new Set()

/** The first free port from `from` on, which is nobody else's; 0 where the caller asked the system to pick. */
const freePort = async (from) => {
  for (let port = from; port < from + 200; port++) {
    if (meant.has(port) || !(await isFree(port))) continue
    meant.add(port)
    return port
  }
  throw new Error(`No free port between ${from} and ${from + 199}.`)
}

/** The port for operators, as the gateway takes it: as asked, else as at the last start, else one that the system picks. */
const adminPort = async (wanted, kept) => {
  if (wanted === undefined) return kept !== undefined && (await isFree(kept)) ? String(kept) : "0"
  return wanted === "off" || wanted === "0" ? wanted : String(await freePort(Number(wanted) || 4010))
}

/** Starts an app; answers what it says in its ready line. Its log lines go to our output. */
const start = (app, env, args = ["src/main.ts"]) =>
  new Promise((ready, fail) => {
    const watch = isWatching && args[0] === "src/main.ts" ? ["--watch", "--watch-preserve-output"] : []
    const node = [...watch, "--conditions=source", "--import", join(root, "scripts/tether.mjs"), ...args]
    const child = spawn(process.execPath, node, {
      cwd: join(root, "apps", app),
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit", "ipc"]
    })
    children.add(child)
    let isReady = false
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = readJson(line)
      if (!isReady && said?.ready === true) {
        isReady = true
        ready(said)
      } else console.log(`${app.padEnd(8)}│ ${line}`)
    })
    child.on("exit", (code) => {
      children.delete(child)
      if (isStopping) return
      if (!isReady) fail(new Error(`${app} did not start (exit ${code}).`))
      else {
        console.error(`${app} ended (exit ${code}): stopping all.`)
        stop(1)
      }
    })
  })

const readJson = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Throwaway secrets of the demonstration, kept so that orders of an earlier run go on. */
const secretsOf = (file) => {
  const kept = readJson(existsSync(file) ? readFileSync(file, "utf8") : "")
  const secrets = {
    clientSecret: randomBytes(24).toString("hex"),
    platformWebhookSecret: `whsec_${randomBytes(24).toString("base64")}`,
    shopWebhookSecret: `whsec_${randomBytes(24).toString("base64")}`,
    consoleSecret: randomBytes(24).toString("hex"),
    operatorPassword: randomBytes(9).toString("base64url"),
    ...kept
  }
  keep(file, secrets)
  return secrets
}

/** What is kept for the next start: the sandbox stays where it was, if it can, as people are known by their provider's address. */
const keep = (file, secrets) => writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 })

const portOf = (url) => (url ? Number(new URL(url).port) : undefined)

/** The names of environment variables: WECHATPAY_API_V3_KEY for the apiV3Key of wechatpay. */
const variable = (...parts) =>
  parts
    .map((part) => String(part).replace(/([a-z0-9])([A-Z])/g, "$1_$2"))
    .join("_")
    .toUpperCase()

/** What the vendors' merchant consoles hand out, as the environment that examples/vendors.yaml names. */
const environmentOf = (credentials) =>
  Object.fromEntries(
    Object.entries(credentials).flatMap(([vendor, handed]) =>
      Object.entries(handed).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((text, index) => [
          Array.isArray(value) ? variable(vendor, name, index) : variable(vendor, name),
          String(text)
        ])
      )
    )
  )

/** The vendors that the sandbox plays beside its platform; DEMO_VENDORS=none leaves them out. */
const vendors = process.env.DEMO_VENDORS === "none" ? [] : ["wechatpay", "alipay", "mpgs", "paypal"]

const sources = ["payment-proxy.config.yaml", "examples/vendors.yaml", "examples/operators.yaml"].map((name) =>
  join(root, name)
)

/** One file: the platform and its routes, each vendor directly, and what operators may do; made anew when one of them is edited. */
const configuration = () => {
  const [platform = "", direct = "", operators = ""] = sources.map((source) => readFileSync(source, "utf8"))
  const [, entries = ""] = vendors.length === 0 ? [] : direct.split(/^vendors:\n/m)
  const file = join(data, "payment-proxy.config.yaml")
  const head =
    "# Made by `npm start` from payment-proxy.config.yaml, examples/vendors.yaml and examples/operators.yaml at the top of the repository: edit those.\n"
  const whole = platform.replace(/^(?=# The platform's own API|routes:)/m, entries)
  writeFileSync(`${file}.new`, `${head}${whole.trimEnd()}\n${operators}`)
  renameSync(`${file}.new`, file)
  return file
}

/** An operators' command (docs/cli.md): its JSON, or null where it was refused. */
const command = (environment, ...args) => {
  const { status, stdout, stderr } = spawnSync(join(root, "payment-proxy"), [...args, "--json"], {
    env: { ...process.env, ...environment },
    encoding: "utf8"
  })
  if (status === 0) return JSON.parse(stdout)
  if (status === 1) return null
  throw new Error(`payment-proxy ${args.join(" ")}: ${stderr.trim() || `exit ${status}`}`)
}

/** The shop's app as an earlier start left it, if its key still opens. */
const earlierApp = (environment, webhook) => {
  const made = readJson(existsSync(appFile) ? readFileSync(appFile, "utf8") : "")
  if (made?.webhook !== webhook) return undefined
  const keys = command(environment, "keys", "list", "demo") ?? []
  return keys.some(({ keyId, ends }) => ends === null && made.key.startsWith(`pp_live_${keyId}_`)) ? made : undefined
}

/** The shop's app is made by the first start; a later one sends where the shop listens now, with a new key. Answers its key. */
const madeApp = (environment, webhook) => {
  const endpoint = [webhook, "--secret-env", "WEBHOOK_SECRET"]
  const name = ["--name", "Demonstration shop"]
  const made = command(environment, "apps", "create", "demo", ...name, "--endpoint", ...endpoint, "--key")
  if (made !== null) return made.key
  const { endpoints } = command(environment, "apps", "show", "demo")
  if (endpoints.length !== 1 || endpoints[0].url !== webhook) {
    for (const { id } of endpoints) command(environment, "apps", "endpoint", "remove", "demo", id, "--yes")
    command(environment, "apps", "endpoint", "add", "demo", ...endpoint)
  }
  return command(environment, "keys", "rotate", "demo", "--overlap", "24h").key
}

/** The shop's app, with its key, which is kept for the next start. */
const appOf = (environment, webhook) => {
  const earlier = earlierApp(environment, webhook)
  if (earlier !== undefined) return earlier
  const app = { key: madeApp(environment, webhook), webhook }
  writeFileSync(appFile, JSON.stringify(app), { mode: 0o600 })
  return app
}

/** The first of the operators, made once; the others are the company's, at the sandbox's provider. */
const madeOperator = (environment, secrets) => {
  const name = "admin"
  const env = { ...environment, OPERATOR_PASSWORD: secrets.operatorPassword }
  command(env, "operators", "create", name, "--role", "administrator", "--password-env", "OPERATOR_PASSWORD")
  return { name, password: secrets.operatorPassword }
}

/** What operators' commands need, too: `set -a; . .payment-proxy/demo.env; set +a`. */
const writeEnvironment = (environment) => {
  const quoted = ([name, value]) => `${name}='${String(value).replaceAll("'", `'\\''`)}'\n`
  writeFileSync(join(data, "demo.env"), Object.entries(environment).map(quoted).join(""), { mode: 0o600 })
}

const line = (name, said, about) => `  ${name.padEnd(11)} ${said}      ${about}`

const curlOf = ({ gateway, shop, appKey }) => {
  const body = {
    vendor: "platform",
    businessNo: "POLICY-2026-0001",
    amount: { value: "12.34", currency: "CNY" },
    method: "ALIPAY",
    source: "WEB",
    description: "Travel insurance, 3 days",
    returnUrl: `${shop}/done?payOrderNo={payOrderNo}`
  }
  return [
    `curl -X POST ${gateway}/v1/orders \\`,
    `  -H 'Authorization: Bearer ${appKey}' \\`,
    `  -H "Idempotency-Key: order-$(date +%s)" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(body)}'`
  ].join("\n")
}

const inConsole = ({ name, password }) => `
  3. At the foot of the order's page, "What the operators see of this" opens the order in the console. Sign in as
     ${name} with ${password}, or by "Sandbox Company" as ada, omar, mei or vera.
  4. Refund a part there. What is above ¥100 takes two: omar proposes it, and mei approves.
`

/** What there is to see, and where to begin. */
const said = (demo) => `
Payment Proxy is ready.

  Start here  ${demo.shop}

  1. Choose a policy and place the order.
  2. Pay on the platform's page, refuse, or let the time run out: the shop follows, and shows each webhook that it gets.${
    demo.console === null ? "\n" : inConsole(demo.operator)
  }
${[
  ...(demo.console === null
    ? []
    : [line("console", demo.console, `what operators see: ${demo.operator.name}, ${demo.operator.password}`)]),
  line("order API", demo.gateway, `its pages: ${demo.docs}`),
  line("platform", demo.sandbox, "a sandbox: what it saw is at /_ledger"),
  ...Object.entries(demo.vendors).map(([vendor, url]) =>
    line(vendor, url, "played by the sandbox, too (docs/vendors.md)")
  ),
  line("shop", demo.shop, "its webhooks are at /webhooks")
].join("\n")}
  app key     ${demo.appKey}

For the commands of README.md and docs/cli.md, in another terminal:

export GATEWAY=${demo.gateway} APP_KEY=${demo.appKey}
set -a; . '${join(data, "demo.env").replaceAll("'", `'\\''`)}'; set +a

Place an order yourself, open its next.url, pay, and see it arrive in the shop:

${curlOf(demo)}

Or pay by the platform's own API, through ${demo.gateway}/proxy/platform/… (docs/proxy.md).

Ctrl-C stops all of it.
`

/** Two demonstrations on one folder would write into each other's ledger. */
const refuseSecond = async () => {
  const other = readJson(existsSync(demoFile) ? readFileSync(demoFile, "utf8") : "")
  if (other === undefined) return
  const answers = await fetch(`${other.gateway}/healthz`).then(
    (response) => response.ok,
    () => false
  )
  if (answers)
    throw new Error(
      `It runs already, at ${other.gateway}: stop that one, or name another folder in PAYMENT_PROXY_DATA.`
    )
}

const main = async () => {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  await refuseSecond()
  const secrets = secretsOf(join(data, "secrets.json"))
  const built = Console.built()
  const sandbox = await start("sandbox", {
    ...(secrets.sandboxPort !== undefined && (await isFree(secrets.sandboxPort))
      ? { SANDBOX_PORT: String(secrets.sandboxPort) }
      : {}),
    SANDBOX_DATA: join(data, "sandbox"),
    SANDBOX_CLIENT_ID: "payment-proxy",
    SANDBOX_CLIENT_SECRET: secrets.clientSecret,
    SANDBOX_WEBHOOK_SECRET: secrets.platformWebhookSecret,
    SANDBOX_MERCHANT_ID: "merchant-demo",
    SANDBOX_MERCHANT_NAME: "Milestone Travel Cover",
    SANDBOX_CONSOLE_SECRET: secrets.consoleSecret,
    SANDBOX_VENDORS: vendors.join(",")
  })
  const port = await freePort(Number(process.env.PAYMENT_PROXY_PORT ?? 4000))
  const gateway = `http://127.0.0.1:${port}`
  const shopPort = await freePort(Number(process.env.SHOP_PORT) || 4020)
  const credentials = await fetch(`${sandbox.url}/_credentials`).then((response) => response.json())
  if (vendors.length > 0)
    await fetch(`${sandbox.url}/_payments/-/listen-paypal`, {
      method: "POST",
      body: JSON.stringify({ url: `${gateway}/notify/paypal` })
    })
  const environment = {
    ...environmentOf(credentials),
    PAYMENT_PROXY_CONFIG: configuration(),
    PAYMENT_PROXY_PORT: String(port),
    PAYMENT_PROXY_PUBLIC_URL: gateway,
    PAYMENT_PROXY_DATA: data,
    PAYMENT_PROXY_DEVELOPMENT: "true",
    PLATFORM_URL: sandbox.url,
    PLATFORM_ISSUER: sandbox.issuer,
    PLATFORM_CLIENT_ID: "payment-proxy",
    PLATFORM_CLIENT_SECRET: secrets.clientSecret,
    PLATFORM_WEBHOOK_SECRET: secrets.platformWebhookSecret,
    PLATFORM_MERCHANT_ID: "merchant-demo",
    CONSOLE_CLIENT_SECRET: secrets.consoleSecret
  }
  writeEnvironment(environment)
  const operator = { ...environment, WEBHOOK_SECRET: secrets.shopWebhookSecret }
  const app = appOf(operator, `http://127.0.0.1:${shopPort}/webhooks`)
  const person = madeOperator(environment, secrets)
  await built
  const { admin } = await start("gateway", {
    ...environment,
    PAYMENT_PROXY_ADMIN_PORT: await adminPort(process.env.PAYMENT_PROXY_ADMIN_PORT, secrets.adminPort)
  })
  keep(join(data, "secrets.json"), { ...secrets, sandboxPort: portOf(sandbox.url), adminPort: portOf(admin) })
  const consoleUrl = admin === undefined || admin === null ? null : `${admin}/console`
  const shop = await start("shop", {
    SHOP_PORT: String(shopPort),
    SHOP_WEBHOOK_SECRET: secrets.shopWebhookSecret,
    SHOP_GATEWAY_URL: gateway,
    SHOP_APP_KEY: app.key,
    SHOP_VENDORS: ["platform", ...vendors].join(","),
    SHOP_CODE_PAGE: `${sandbox.url}/_qr`,
    SHOP_CONSOLE_URL: consoleUrl ?? ""
  })
  for (const source of sources) watchFile(source, { interval: 1000, persistent: false }, () => void configuration())

  const demo = {
    gateway,
    docs: `${gateway}/docs`,
    sandbox: sandbox.url,
    vendors: sandbox.vendors,
    shop: shop.url,
    console: consoleUrl,
    operator: person,
    appKey: app.key,
    ready: true
  }
  writeFileSync(`${demoFile}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${demoFile}.new`, demoFile)
  isOurs = true
  console.log(said(demo))
}

main().catch((error) => {
  console.error(error.message)
  stop(1)
})
