import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { root } from "../src/Demonstration.ts"

let copy: string

/** A copy of the tree as git knows it: what turbo reads, without anything installed. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "payment-proxy-boundaries-"))
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8"
  })
  for (const file of files.split("\n").filter((name) => /\.(ts|tsx|json|yaml)$/.test(name))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file), { force: true })
  }
  execFileSync("git", ["init", "-q"], { cwd: copy })
}, 60_000)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const boundaries = () => {
  const turbo = join(root, "node_modules/.bin/turbo")
  const { status, stdout, stderr } = spawnSync(turbo, ["boundaries", "--no-color"], {
    cwd: copy,
    encoding: "utf8",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" }
  })
  return { status, said: stdout + stderr }
}

/** Plants `line` in front of a file for as long as `check` runs. */
const planted = (
  file: string,
  line: string,
  check: () => void,
  manifest?: readonly [file: string, dependency: string]
) => {
  const source = join(copy, file)
  const original = readFileSync(source, "utf8")
  const manifestFile = manifest === undefined ? undefined : join(copy, manifest[0])
  const manifestText = manifestFile === undefined ? "" : readFileSync(manifestFile, "utf8")
  writeFileSync(source, `${line}\n${original}`)
  if (manifestFile !== undefined && manifest !== undefined) {
    const json = JSON.parse(manifestText) as { dependencies?: Record<string, string> }
    json.dependencies = { ...json.dependencies, [manifest[1]]: "workspace:*" }
    writeFileSync(manifestFile, JSON.stringify(json))
  }
  try {
    check()
  } finally {
    writeFileSync(source, original)
    if (manifestFile !== undefined) writeFileSync(manifestFile, manifestText)
  }
}

describe("turbo boundaries", () => {
  it("is green for the tree as it is", () => {
    const { status, said } = boundaries()
    expect(said).toContain("no issues found")
    expect(status).toBe(0)
  })

  it("is red when the domain imports a port", () => {
    planted(
      "packages/domain/src/Money.ts",
      'import "@payment-proxy/ports"',
      () => {
        const { status, said } = boundaries()
        expect(status).not.toBe(0)
        expect(said).toContain("@payment-proxy/ports")
      },
      ["packages/domain/package.json", "@payment-proxy/ports"]
    )
  })

  it("is red when one adapter imports another", () => {
    planted(
      "packages/adapter-webhook/src/index.ts",
      'import "@payment-proxy/adapter-sqlite"',
      () => {
        const { status, said } = boundaries()
        expect(status).not.toBe(0)
        expect(said).toContain("adapter-sqlite")
      },
      ["packages/adapter-webhook/package.json", "@payment-proxy/adapter-sqlite"]
    )
  })

  it("is red when the sandbox imports ours", () => {
    planted(
      "apps/sandbox/src/Clock.ts",
      'import "@payment-proxy/domain"',
      () => expect(boundaries().status).not.toBe(0),
      ["apps/sandbox/package.json", "@payment-proxy/domain"]
    )
  })

  it("is red when the shop imports more than the client, or the client more than the API", () => {
    planted("apps/shop/src/Sales.ts", 'import "@payment-proxy/api"', () => {
      const { status, said } = boundaries()
      expect(status).not.toBe(0)
      expect(said).toContain("@payment-proxy/api")
    })
    planted("packages/client/src/Retry.ts", 'import "@payment-proxy/domain"', () => {
      const { status, said } = boundaries()
      expect(status).not.toBe(0)
      expect(said).toContain("@payment-proxy/domain")
    })
    planted(
      "apps/shop/src/Sales.ts",
      'import "@payment-proxy/ports"',
      () => {
        const { status, said } = boundaries()
        expect(status).not.toBe(0)
        expect(said).toContain("@payment-proxy/ports")
      },
      ["apps/shop/package.json", "@payment-proxy/ports"]
    )
  })

  it("is red when a package imports what it does not declare", () => {
    planted("packages/application/src/Close.ts", 'import "yaml"', () => {
      const { status, said } = boundaries()
      expect(status).not.toBe(0)
      expect(said).toContain("yaml")
    })
  })
})
