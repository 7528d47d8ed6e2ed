import { describe, expect, it } from "vitest"
import type { Figures } from "../src/Report.ts"
import * as Findings from "../src/vendors/Findings.ts"
import * as Given from "../src/vendors/Given.ts"
import * as vendors from "../src/vendors/vendors.ts"

const all = ["wechatpay", "alipay", "mpgs", "paypal"] as const

describe("the bench `vendors`", () => {
  it("signs and verifies for each vendor beside its peers and Node's own, and says what part of a create that is", {
    timeout: 120_000
  }, async () => {
    const asked = { name: "vendors", seconds: 1, times: 1, seed: 7 }
    const { json, lines } = await vendors.measured(asked, { isMariaDb: false, warmUpMillis: 1, warmUpSeconds: 0.3 })
    const report = json as {
      readonly ratios: { readonly [name: string]: number }
      readonly ours: { readonly [task: string]: Figures }
      readonly peers: { readonly [task: string]: { readonly [peer: string]: Figures } }
      readonly references: { readonly [task: string]: { readonly [name: string]: Figures } }
      readonly createMicros: number
      readonly shares: ReadonlyArray<Findings.Share>
    }
    expect(report).toMatchObject({ name: "vendors", seed: 7, machine: { node: process.version } })
    for (const vendor of all)
      for (const step of ["prepare", "create", "notification"])
        expect(report.ours[`${vendor}.${step}`]?.perSecond, `${vendor}.${step}`).toBeGreaterThan(0)
    for (const step of ["sign", "verify", "create", "notification"]) {
      expect(Object.keys(report.peers[`wechatpay.${step}`] ?? {})).toEqual([
        "wechatpay-axios-plugin",
        "wechatpay-node-v3"
      ])
      expect(Object.keys(report.peers[`alipay.${step}`] ?? {})).toEqual(["alipay-sdk"])
      expect(report.references[`alipay.${step}`]?.["node:crypto"]?.perSecond).toBeGreaterThan(0)
    }
    for (const ratio of Object.values(report.ratios)) expect(ratio).toBeGreaterThan(0)
    expect(report.createMicros).toBeGreaterThan(0)
    for (const { name, ofMappedPercent, ofWholePercent, adapterMicros } of report.shares) {
      expect(adapterMicros, name).toBeGreaterThan(0)
      expect(ofWholePercent, name).toBeLessThanOrEqual(ofMappedPercent)
    }
    expect(lines.join("\n")).toContain("signing and verifying")
  })
})

describe("what signing is of a create", () => {
  const figures = (micros: number): Figures => ({
    perSecond: 1e6 / micros,
    spreadPercent: 0,
    p50Nanos: 0,
    p99Nanos: 0,
    rssMib: 0,
    cpuPercent: 0
  })
  const tasks = {
    "wechatpay.sign": 400,
    "wechatpay.verify": 50,
    "wechatpay.create": 500,
    "wechatpay.create JSAPI": 900,
    "alipay.sign": 410,
    "alipay.verify": 40,
    "alipay.create": 480,
    "alipay.create WEB": 430,
    "mpgs.create": 20,
    "paypal.create": 30
  }
  const reports = new Map(
    Object.entries(tasks).map(([name, micros]) => [
      name,
      {
        name,
        ratios: {},
        ours: figures(micros),
        peers: {},
        references: {},
        notes: [],
        seed: 1,
        machine: { cpu: "", cores: 1, memoryGib: 1, node: "", os: "" }
      }
    ])
  )

  it("is counted for each way: once and verified, twice by JSAPI, once and nothing to verify by a page, never", () => {
    const shares = Findings.shares(reports, 550)
    expect(shares.map(({ name, signingMicros }) => [name, signingMicros])).toEqual([
      ["wechatpay", 450],
      ["wechatpay JSAPI", 850],
      ["alipay", 450],
      ["alipay WEB", 410],
      ["mpgs", 0],
      ["paypal", 0]
    ])
    expect(shares[0]).toMatchObject({ adapterMicros: 500, ofMappedPercent: 81.8, ofWholePercent: 45 })
  })
})

describe("the messages of a run", () => {
  it("are about the same orders for the same seed, and each signs for itself", () => {
    const [one, again, other] = [Given.make(9, 1000), Given.make(9, 1000), Given.make(10, 1000)]
    const numbers = (given: Given.Given) =>
      all.map((vendor) => given[vendor].map(({ no, amountMinor }) => [no, amountMinor]))
    expect(numbers(again)).toEqual(numbers(one))
    expect(numbers(other)).not.toEqual(numbers(one))
    const signatures = one.wechatpay.map(({ answer }) => answer.headers["wechatpay-signature"])
    expect(new Set(signatures).size).toBe(signatures.length)
    expect(again.theirs.privateKey).not.toBe(one.theirs.privateKey)
  })
})
