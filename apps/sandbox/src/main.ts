import { start } from "./Sandbox.ts"
import { makers } from "./vendors/index.ts"

const { env } = process
const given = (name: string): string | undefined => (env[name] === "" ? undefined : env[name])
const numberOf = (name: string): number | undefined => {
  const text = given(name)
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  console.error(`${name} is not a number: ${text}`)
  process.exit(1)
}

const isTrue = (name: string): boolean | undefined => {
  const text = given(name)
  if (text === undefined || text === "true" || text === "false") return text === undefined ? undefined : text === "true"
  console.error(`${name} is neither true nor false: ${text}`)
  process.exit(1)
}
const jsonOf = (name: string): unknown => {
  const text = given(name)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    console.error(`${name} is not JSON.`)
    process.exit(1)
  }
}

/** All where nothing is said; none where the list is empty. */
const vendorsOf = (text: string | undefined): ReadonlyArray<string> =>
  text === undefined
    ? Object.keys(makers)
    : text
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "")

const options = {
  SANDBOX_HOST: { host: given("SANDBOX_HOST") },
  SANDBOX_PORT: { port: numberOf("SANDBOX_PORT") },
  SANDBOX_DATA: { folder: given("SANDBOX_DATA") },
  SANDBOX_CLIENT_ID: { clientId: given("SANDBOX_CLIENT_ID") },
  SANDBOX_CLIENT_SECRET: { clientSecret: given("SANDBOX_CLIENT_SECRET") },
  SANDBOX_WEBHOOK_SECRET: { webhookSecret: given("SANDBOX_WEBHOOK_SECRET") },
  SANDBOX_CONSOLE_SECRET: { consoleSecret: given("SANDBOX_CONSOLE_SECRET") },
  SANDBOX_MERCHANT_ID: { merchantId: given("SANDBOX_MERCHANT_ID") },
  SANDBOX_MERCHANT_NAME: { merchantName: given("SANDBOX_MERCHANT_NAME") },
  SANDBOX_TOKEN_TTL_SECONDS: { tokenSeconds: numberOf("SANDBOX_TOKEN_TTL_SECONDS") },
  SANDBOX_SINGLE_TOKEN: { singleToken: isTrue("SANDBOX_SINGLE_TOKEN") },
  SANDBOX_CLIENT_JWKS: { clientJwks: jsonOf("SANDBOX_CLIENT_JWKS") },
  SANDBOX_VENDORS: { vendors: vendorsOf(env["SANDBOX_VENDORS"]) }
}
const set = Object.assign({}, ...Object.values(options).filter((option) => Object.values(option)[0] !== undefined))

const sandbox = await start(set).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
if (given("SANDBOX_CLIENT_SECRET") === undefined) console.error(`client secret: ${sandbox.clientSecret}`)
if (given("SANDBOX_WEBHOOK_SECRET") === undefined) console.error(`webhook secret: ${sandbox.webhookSecret}`)
console.log(JSON.stringify({ ready: true, url: sandbox.url, issuer: sandbox.issuer, vendors: sandbox.vendors }))

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    void sandbox.close().then(() => process.exit(0))
  })
