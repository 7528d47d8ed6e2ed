import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { root } from "../src/Demonstration.ts"

const changed = ["adapter-vendor-http", "configuration"]
let copy: string

/** The house with the packages that a further vendor changes as copies, and all others as they stand. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "payment-proxy-new-vendor-"))
  mkdirSync(join(copy, "packages"))
  for (const name of ["node_modules", "tsconfig.base.json", "vitest.config.ts", "biome.json"])
    symlinkSync(join(root, name), join(copy, name))
  for (const name of readdirSync(join(root, "packages"))) {
    const from = join(root, "packages", name)
    const to = join(copy, "packages", name)
    if (!changed.includes(name)) {
      symlinkSync(from, to)
      continue
    }
    for (const part of ["src", "test", "package.json", "tsconfig.json"])
      cpSync(join(from, part), join(to, part), { recursive: true })
    symlinkSync(join(from, "node_modules"), join(to, "node_modules"))
  }
}, 60_000)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** A program's end; the test's own process goes on meanwhile, or its runner would take it for dead. */
const run = (cwd: string, program: string, ...options: ReadonlyArray<string>) =>
  new Promise<{ readonly status: number; readonly said: string }>((done) => {
    const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" }
    execFile(program, options, { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : 1, said: stdout + stderr })
    )
  })
const newVendor = (...options: ReadonlyArray<string>) =>
  run(root, process.execPath, join(root, "scripts/new-vendor.mjs"), ...options)
const bin = (name: string) => join(root, "node_modules/.bin", name)

it("says how to name a vendor where the name is missing or none", async () => {
  for (const name of [[], ["Stripe!"], ["x"]]) {
    const { status, said } = await newVendor(...name, ...(name.length === 0 ? [] : ["--root", copy]))
    expect(status).toBe(1)
    expect(said).toContain("Name the vendor: pnpm new:vendor NAME")
  }
})

it("makes a vendor that compiles, whose canned answers pass and whose contract fails until it is written; never twice", {
  timeout: 240_000
}, async () => {
  const made = await newVendor("tollgate", "--root", copy)
  expect(made.said).toContain("packages/adapter-vendor-http/src/tollgate/answers.ts")
  expect(made.status).toBe(0)
  const adapter = join(copy, "packages/adapter-vendor-http")
  const files = readdirSync(join(adapter, "src/tollgate")).sort()
  for (const vendor of ["wechatpay", "alipay", "mpgs", "paypal"])
    for (const file of files)
      expect([vendor, file, existsSync(join(adapter, "src", vendor, file))]).toEqual([vendor, file, true])
  expect(readFileSync(join(copy, "packages/configuration/src/VendorEntry.ts"), "utf8")).toContain(
    "TollgateConfig.fields"
  )

  await run(adapter, bin("biome"), "check", "--write", "--vcs-enabled=false", "src/tollgate", "test/tollgate")
  expect(await run(adapter, bin("tsc"), "-p", "tsconfig.json", "--noEmit", "--composite", "false")).toEqual({
    status: 0,
    said: ""
  })

  const canned = await run(adapter, bin("vitest"), "run", "--config", "../../vitest.config.ts", "test/tollgate/answers")
  expect(canned.said).toMatch(/Tests {2}\d+ passed/)
  expect(canned.status).toBe(0)
  const contract = await run(
    adapter,
    bin("vitest"),
    "run",
    "--config",
    "../../vitest.config.ts",
    "test/tollgate/contract"
  )
  expect(contract.said).toContain("tollgate")
  expect(contract.status).toBe(1)

  const again = await newVendor("tollgate", "--root", copy)
  expect(again.status).toBe(1)
  expect(again.said).toContain("is there already: nothing was changed")
})
