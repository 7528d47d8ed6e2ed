import { execFileSync } from "node:child_process"
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const here = fileURLToPath(new URL("..", import.meta.url))
const root = fileURLToPath(new URL("../../..", import.meta.url))
const tsc = join(root, "node_modules", ".bin", "tsc")
const timeoutMillis = 120_000

const json = (path: string) => JSON.parse(readFileSync(path, "utf8"))

/** The pnpm that runs this test, or the one that the workspace names. */
const pnpm = (...args: ReadonlyArray<string>): void => {
  const running = process.env["npm_execpath"] ?? ""
  const named: string = json(join(root, "package.json")).packageManager.split("+")[0]
  const [command, ...first] = !/pnpm[^/\\]*$/.test(running)
    ? (["npx", "-y", "--prefer-offline", named] as const)
    : /\.[cm]?js$/.test(running)
      ? ([process.execPath, running] as const)
      : ([running] as const)
  execFileSync(command, [...first, ...args], { cwd: here, stdio: "pipe" })
}

const consumer = `
import { Evidence, Money, Payment, PaymentCommands, PaymentMachine } from "@payment-proxy/domain"
import * as Machine from "@payment-proxy/domain/Machine"

const settings: Machine.Settings = { settlingMillis: 300_000 }
const order = Payment.make({
  payOrderNo: "1", app: "a", vendor: "v", businessNo: null, amount: Money.make(1234n, "CNY"), method: "ALIPAY",
  source: "WEB", capture: "automatic", metadata: {}, createdAtMillis: 0, expiresAtMillis: 1, deadlineMillis: 2
})
const submitted = PaymentCommands.command(order, { type: "submit" })
if (submitted._tag === "Left") throw new Error(submitted.left.code)
const evidence = Evidence.make("paid", "notification", { captured: null, paidAtMillis: null })
const paid = PaymentMachine.absorb(submitted.right.order, evidence, 1, settings).order
const state: Payment.State = paid.state
console.log(state, Money.format(paid.amount), PaymentCommands.legal(paid).join())
`
const said = "SUCCEEDED 12.34 refund\n"

const refused = `
import type { Machine, Payment, PaymentTable } from "@payment-proxy/domain"
import { Evidence } from "@payment-proxy/domain"

// @ts-expect-error a state is missing
export const forgetful: Record<Payment.State, number> = { CREATED: 0 }
// @ts-expect-error there is no such state
export const unknown: Machine.Cell<Payment.State> = { act: "move", to: "PAID" }
// @ts-expect-error there is no such kind of evidence
export const column: PaymentTable.Column = "settled"
// @ts-expect-error what was captured is missing
export const short = Evidence.make("paid", "query", {})
`

let project = ""
const packed = () => join(project, "node_modules", "@payment-proxy", "domain")
const run = (file: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(process.execPath, [...args, file], { cwd: project, encoding: "utf8", env: {} })

beforeAll(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "domain-")))
  execFileSync(tsc, ["-b", here], { stdio: "pipe" })
  pnpm("pack", "--pack-destination", project)
  const [tarball = ""] = readdirSync(project).filter((name) => name.endsWith(".tgz"))
  mkdirSync(packed(), { recursive: true })
  execFileSync("tar", ["-xzf", join(project, tarball), "-C", packed(), "--strip-components=1"])
  symlinkSync(realpathSync(join(here, "node_modules", "effect")), join(project, "node_modules", "effect"))
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module", private: true }))
  writeFileSync(join(project, "consumer.ts"), consumer)
  writeFileSync(join(project, "refused.ts"), refused)
}, timeoutMillis)

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe("the packed domain, in an empty project", { timeout: timeoutMillis }, () => {
  it("carries what was built and what it was built from, without tests, scripts or the compiler's notes", () => {
    const names = readdirSync(packed(), { recursive: true, encoding: "utf8" })
    expect(names).toEqual(
      expect.arrayContaining([join("dist", "index.js"), join("dist", "index.d.ts"), join("src", "index.ts")])
    )
    expect(names.filter((name) => /tsbuildinfo|test|scripts/.test(name))).toEqual([])
  })

  it("has effect as its only peer, depends on nothing else, and leaves out the condition `source`", () => {
    const manifest = json(join(packed(), "package.json"))
    expect(Object.keys(manifest.peerDependencies)).toEqual(["effect"])
    expect(manifest.dependencies).toBeUndefined()
    expect(JSON.stringify(manifest.exports)).not.toContain("source")
    expect(Object.keys(manifest.exports)).toEqual(Object.keys(json(join(here, "package.json")).exports))
  })

  it("is imported by plain Node, whole and by module, and under the condition `source`, too", () => {
    writeFileSync(join(project, "consumer.mjs"), consumer.replace(/: (Machine\.Settings|Payment\.State)/g, ""))
    expect(run("consumer.mjs")).toBe(said)
    expect(run("consumer.mjs", "--conditions=source")).toBe(said)
  })

  it("is type checked in a strict project, and refuses what the tables do not know", () => {
    const compilerOptions = {
      target: "ES2024",
      lib: ["ES2024", "DOM"],
      types: [],
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true
    }
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["consumer.ts", "refused.ts"] })
    )
    const compiled = () => execFileSync(tsc, ["-p", project], { encoding: "utf8", stdio: "pipe" })
    expect(compiled()).toBe("")
  })

  it("is bundled for a browser, without a module of Node's, and works there", async () => {
    const { outputFiles, metafile } = await build({
      absWorkingDir: project,
      entryPoints: ["consumer.ts"],
      bundle: true,
      platform: "browser",
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "silent"
    })
    const text = outputFiles[0]?.text ?? ""
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
    expect(imports.filter(({ external }) => external === true)).toEqual([])
    expect(text).not.toMatch(/["']node:|require\(["']/)
    writeFileSync(join(project, "bundle.mjs"), text)
    expect(run("bundle.mjs")).toBe(said)
  })
})
