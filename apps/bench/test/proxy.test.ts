import { describe, expect, it } from "vitest"
import * as Profile from "../src/load/Profile.ts"
import * as Wire from "../src/load/Wire.ts"
import * as order from "../src/proxy/order.ts"
import * as proxy from "../src/proxy/proxy.ts"
import * as Stripes from "../src/proxy/Stripes.ts"
import type { Figures } from "../src/Report.ts"

const seconds = 1
const asked = { seconds, times: 1, seed: 1 }

/** Every answer was right: a wrong one ends a bench. */
const expectMeasured = (figures: { readonly [name: string]: Figures }) => {
  for (const [name, { perSecond, p50Nanos, p99Nanos, rssMib }] of Object.entries(figures)) {
    expect(perSecond, name).toBeGreaterThan(0)
    expect(p99Nanos, name).toBeGreaterThanOrEqual(p50Nanos)
    expect(rssMib, name).toBeGreaterThan(0)
  }
}

describe("the bench `proxy`", () => {
  it("asks us, our filters and the peers the same, passes large bodies both ways, and says what it found", {
    timeout: 120_000
  }, async () => {
    const { json, lines } = await proxy.measured({ name: "proxy", ...asked }, { warmUpSeconds: 0.2, bytes: 5e6 })
    const report = json as Awaited<ReturnType<typeof proxy.measured>>["json"] & {
      readonly ratios: { readonly [peer: string]: number }
      readonly ours: Figures
      readonly peers: { readonly [peer: string]: Figures }
      readonly references: { readonly [name: string]: Figures }
      readonly findings: ReadonlyArray<{ readonly name: string; readonly value: number }>
    }
    expect(Object.keys(report.ratios)).toEqual(Object.keys(report.peers))
    expect(Object.keys(report.peers)).toContain("http-proxy")
    expect(Object.keys(report.references)).toContain("ours with oauth")
    expectMeasured({ ours: report.ours, ...report.peers, ...report.references })
    for (const { name, value } of report.findings) expect(Number.isFinite(value), name).toBe(true)
    expect(lines.join("\n")).toContain("ours with oauth / ours")
  })
})

describe("the bench `proxy-order`", () => {
  it("creates through both filters and by hand, and says what it found", { timeout: 120_000 }, async () => {
    const scale = { warmUpSeconds: 0.2, connections: [8] }
    const { json } = await order.measured({ name: "proxy-order", ...asked }, scale)
    const report = json as {
      readonly ratios: { readonly [name: string]: number }
      readonly ours: { readonly [name: string]: Figures }
      readonly peers: { readonly [name: string]: { readonly [peer: string]: Figures } }
    }
    expect(Object.keys(report.ratios)).toEqual(["proxy-order at 8: by hand"])
    expectMeasured({ ...report.ours, ...report.peers["proxy-order at 8"] })
  })
})

describe("large bodies", () => {
  async function* cut(length: number, at: number, left: number) {
    const all = Buffer.concat([...Stripes.all(length)])
    yield all.subarray(0, at)
    yield all.subarray(at + left)
  }

  it("are counted, in whatever pieces they come", async () => {
    expect(await Stripes.count(cut(300_000, 70_001, 0))).toBe(300_000)
  })

  it.each([1, 65_536, 131_072])("are wrong where %s bytes are lost in the middle", async (left) => {
    await expect(Stripes.count(cut(300_000, 70_001, left))).rejects.toThrow("A byte is wrong after 70001 of them.")
  })
})

describe("a message on the wire", () => {
  const text = "HTTP/1.1 200 OK\r\nDate: now\r\ncontent-length: 5\r\n\r\nhello"

  it("is whole when its body is, and ends there", () => {
    expect(Wire.whole(Buffer.from(`${text}HTTP`))).toEqual({ body: text.length - 5, end: text.length })
    for (const length of [0, 10, text.length - 1])
      expect(Wire.whole(Buffer.from(text.slice(0, length))), String(length)).toBeUndefined()
  })

  it("without a length is refused", () => {
    expect(() => Wire.whole(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("Content-Length")
  })
})

describe("a profile", () => {
  const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 0 })
  const profile: Profile.Profile = {
    nodes: [
      { id: 1, callFrame: frame("(root)"), children: [2, 4] },
      { id: 2, callFrame: frame("serve", "node:http"), children: [3] },
      { id: 3, callFrame: frame("write", "node:net") },
      { id: 4, callFrame: frame("(idle)") }
    ],
    samples: [3, 3, 2, 4],
    timeDeltas: [10, 15, 35, 40]
  }

  it("gives each sample to what was on top", () => {
    expect(Profile.shares(profile)).toEqual([
      { name: "(idle)", share: 0.4 },
      { name: "node:http", share: 0.35 },
      { name: "node:net", share: 0.25 }
    ])
  })

  it("gives it to the nearest that was asked about", () => {
    expect(Profile.shares(profile, (name) => name === "node:http")).toEqual([
      { name: "node:http", share: 0.6 },
      { name: "(idle)", share: 0.4 }
    ])
  })
})
