import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Webhook } from "standardwebhooks"
import { assert, describe, it } from "vitest"
import { fromEnvironment, SettingsInvalid } from "../src/Settings.ts"

const secret = `whsec_${randomBytes(32).toString("base64")}`

const run = (environment: Record<string, string>) =>
  spawn(process.execPath, ["--conditions=source", fileURLToPath(new URL("../src/main.ts", import.meta.url))], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"]
  })

const next = async (lines: AsyncIterator<string>): Promise<string> => {
  const line = await lines.next()
  return line.done === true ? "" : line.value
}

const fault = (environment: Record<string, string>): string => {
  try {
    fromEnvironment(environment)
    return ""
  } catch (error) {
    return error instanceof SettingsInvalid ? error.message : "another error"
  }
}

describe("the shop's settings", () => {
  it("are 127.0.0.1 and ports from 4020 on where nothing but the secret is set", () => {
    const { host, ports, client, vendors } = fromEnvironment({ SHOP_WEBHOOK_SECRET: secret })
    assert.deepStrictEqual([host, ports[0], ports.length, client, vendors], ["127.0.0.1", 4020, 20, null, ["platform"]])
    assert.deepStrictEqual(fromEnvironment({ SHOP_WEBHOOK_SECRET: secret, SHOP_PORT: "0" }).ports, [0])
  })

  it("that are wrong are named with how to mend them, and no secret is shown", () => {
    assert.match(fault({}), /SHOP_WEBHOOK_SECRET is missing: set/)
    assert.match(fault({ SHOP_WEBHOOK_SECRET: "hunter2" }), /SHOP_WEBHOOK_SECRET does not begin with whsec_/)
    for (const bad of ["hunter2", "whsec_", "whsec_hunter2!"])
      assert.match(fault({ SHOP_WEBHOOK_SECRET: bad }), /^SHOP_WEBHOOK_SECRET(?!.*hunter2)/, bad)
    for (const port of ["x", "-1", "65536", "4020.5"])
      assert.match(fault({ SHOP_WEBHOOK_SECRET: secret, SHOP_PORT: port }), /SHOP_PORT/, port)
    assert.match(fault({ SHOP_WEBHOOK_SECRET: secret, SHOP_GATEWAY_URL: "http://127.0.0.1" }), /SHOP_APP_KEY/)
    assert.match(
      fault({ SHOP_WEBHOOK_SECRET: secret, SHOP_GATEWAY_URL: "ftp://x", SHOP_APP_KEY: "k" }),
      /SHOP_GATEWAY_URL/
    )
    assert.match(fault({ SHOP_WEBHOOK_SECRET: secret, SHOP_CODE_PAGE: "codes" }), /SHOP_CODE_PAGE/)
    assert.match(fault({ SHOP_WEBHOOK_SECRET: secret, SHOP_CONSOLE_URL: "javascript:x" }), /SHOP_CONSOLE_URL/)
    assert.match(fault({ SHOP_WEBHOOK_SECRET: `${secret} whsec_hunter2!` }), /^SHOP_WEBHOOK_SECRET(?!.*hunter2)/)
  })

  it("take the new and the old secret while it is changed", () => {
    const old = `whsec_${randomBytes(32).toString("base64")}`
    assert.deepStrictEqual(fromEnvironment({ SHOP_WEBHOOK_SECRET: `${secret} ${old}` }).secrets, [secret, old])
  })
})

describe("the shop's process", () => {
  it("says that it is ready in one line, then one line an event, and ends at once when told to", async () => {
    const shop = run({ SHOP_WEBHOOK_SECRET: secret, SHOP_PORT: "0" })
    try {
      const lines = createInterface({ input: shop.stdout })[Symbol.asyncIterator]()
      const ready = JSON.parse(await next(lines))
      assert.match(ready.url, /^http:\/\/127\.0\.0\.1:\d+$/)
      assert.deepStrictEqual(ready, { ready: true, url: ready.url, webhooks: `${ready.url}/webhooks` })
      const body = '{"type":"order.closed","data":{"payOrderNo":"P1","version":5}}'
      const now = new Date()
      const headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": `${Math.floor(now.getTime() / 1000)}`,
        "webhook-signature": new Webhook(secret).sign("evt_1", now, body)
      }
      assert.strictEqual((await fetch(ready.webhooks, { method: "POST", headers, body })).status, 204)
      assert.deepStrictEqual(JSON.parse(await next(lines)), {
        event: "order.closed",
        payOrderNo: "P1",
        version: 5
      })
      const ended = once(shop, "exit")
      shop.kill("SIGTERM")
      await ended
      assert.strictEqual((await lines.next()).done, true)
    } finally {
      shop.kill("SIGKILL")
    }
  })

  it("does not start without a secret, and says which variable to set", async () => {
    const shop = run({ SHOP_PORT: "0" })
    const lines = createInterface({ input: shop.stderr })[Symbol.asyncIterator]()
    const [code] = await once(shop, "exit")
    assert.strictEqual(code, 1)
    assert.match(await next(lines), /SHOP_WEBHOOK_SECRET is missing/)
  })
})
