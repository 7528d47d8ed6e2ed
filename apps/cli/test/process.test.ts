import { spawnSync } from "node:child_process"
import { copyFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { folder, root } from "./world.ts"

const script = join(root, "payment-proxy")

const start = (command: string, args: ReadonlyArray<string>, cwd: string, data: string) =>
  spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", PAYMENT_PROXY_DATA: data }
  })

const temporary = () => {
  const made = folder()
  onTestFinished(made.remove)
  return made.path
}

it("runs from any folder and through a link, with its result alone on stdout; the next process finds what it made", () => {
  const [here, data] = [temporary(), temporary()]
  symlinkSync(script, join(here, "pp"))
  const made = start("./pp", ["apps", "create", "shop", "--key", "--json"], here, data)
  expect([made.status, JSON.parse(made.stdout).id]).toEqual([0, "shop"])
  expect(made.stderr).not.toContain("pp_live_")
  const again = start(script, ["apps", "create", "shop"], here, data)
  expect([again.status, again.stdout, again.stderr]).toEqual([
    1,
    "",
    "APP_TAKEN: There is an app shop already: choose another id.\n"
  ])
})

it("is a script of npm, too", () => {
  const { status, stdout } = start(
    "npm",
    ["run", "-s", "payment-proxy", "--", "apps", "list", "--json"],
    root,
    temporary()
  )
  expect([status, stdout]).toEqual([0, "[]\n"])
})

it("says what to do where nothing was installed", () => {
  const here = temporary()
  copyFileSync(script, join(here, "payment-proxy"))
  const { status, stderr } = start("./payment-proxy", ["apps", "list"], here, here)
  expect(status).toBe(3)
  expect(stderr).toContain(`Run this once: cd ${here} && `)
})
