import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Examples } from "@payment-proxy/api"
import { Webhook as Witness } from "standardwebhooks"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { key } from "./door.ts"
import { open } from "./gateway.ts"

const page = readFileSync(new URL("../../../docs/client.md", import.meta.url), "utf8")
const folder = fileURLToPath(new URL("../.test/docs", import.meta.url))
const tsc = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url))

/** The code blocks of one kind, one after the other, as a module. */
const codeOf = (kind: string): string =>
  [...page.matchAll(/^```(ts[^\n]*)\n([\s\S]*?)^```$/gm)]
    .flatMap(([, of, block = ""]) => (of === kind ? [block] : []))
    .join("\n")

const checked = (name: string, code: string) => {
  writeFileSync(join(folder, name), code)
  return spawnSync(tsc, ["-p", folder], { encoding: "utf8" })
}

/** A throwaway secret of tests. */
const secret = "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="
const gateway = open()

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const compilerOptions = {
    composite: false,
    noEmit: true,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true
  }
  const tsconfig = { extends: "../../../../tsconfig.base.json", compilerOptions, include: ["*.ts"] }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
  const environment = { PAYMENT_PROXY_URL: "http://gateway.test", PAYMENT_PROXY_KEY: key, WEBHOOK_SECRETS: secret }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const streaming: typeof fetch = async (input, init) =>
    new Headers(init?.headers).get("accept") === "text/event-stream"
      ? new Response(Examples.stream, { headers: { "content-type": "text/event-stream" } })
      : gateway.fetch(input, init)
  vi.stubGlobal("fetch", vi.fn(streaming))
})
afterAll(async () => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  await gateway.dispose()
})

describe("docs/client.md", () => {
  it("shows code that compiles under our own settings", () => {
    writeFileSync(join(folder, "effect.ts"), codeOf("ts effect"))
    const { stdout, status } = checked("promise.ts", codeOf("ts"))
    assert.deepStrictEqual([stdout, status], ["", 0])
    const wrong = checked("wrong.ts", codeOf("ts").replace('value: "12.34"', "value: 12.34"))
    rmSync(join(folder, "wrong.ts"))
    assert.match(wrong.stdout, /wrong\.ts.*number/)
  }, 60_000)

  it("shows code without Effect that runs, and takes what is signed", async () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined)
    writeFileSync(join(folder, "promise.ts"), codeOf("ts"))
    const { receive } = await import(join(folder, "promise.ts"))
    assert.include(said.mock.calls.flat(), "order.succeeded")
    const body = JSON.stringify(Examples.event)
    const now = new Date()
    const headers = {
      "webhook-id": "e1",
      "webhook-timestamp": `${Math.floor(now.getTime() / 1000)}`,
      "webhook-signature": new Witness(secret).sign("e1", now, body)
    }
    const request = (text: string) => new Request("http://shop.test/webhooks", { method: "POST", headers, body: text })
    assert.strictEqual((await receive(request(body))).status, 204)
    assert.strictEqual((await receive(request(`${body} `))).status, 401)
    said.mockRestore()
  })

  it("shows code with Effect that runs", async () => {
    writeFileSync(join(folder, "effect.ts"), codeOf("ts effect"))
    const { sold } = await import(join(folder, "effect.ts"))
    assert.strictEqual(sold, Examples.pending.payOrderNo)
  })

  it("names every call that the client has, and every code that only the client says", () => {
    const source = readFileSync(new URL("../src/PaymentProxy.ts", import.meta.url), "utf8")
    const [, calls = ""] = /export interface Orders \{([\s\S]*?)\n\}/.exec(source) ?? []
    const names = [...calls.matchAll(/readonly (\w+):/g)].map(([, name]) => name ?? "")
    assert.includeMembers(names, ["create", "watch", "waitUntilSettled"])
    for (const name of names) assert.match(page, new RegExp(`orders\\.${name}\\b|\`${name}\``), name)
    const reasons =
      readFileSync(new URL("../src/Webhook.ts", import.meta.url), "utf8").match(/^ {2}\| "[A-Z_]+"/gm) ?? []
    assert.isAbove(reasons.length, 5)
    for (const reason of reasons) assert.include(page, reason.slice(5, -1))
  })
})
