import { appendFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Line } from "../src/Ledger.ts"
import { Ledger } from "../src/Ledger.ts"
import type { Payment } from "../src/Payments.ts"
import type { World } from "./world.ts"
import { merchant, onDisk, open } from "./world.ts"

describe("a ledger", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ledger-test-"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const clock = (offsetMillis: number, at = "保险") => ({ type: "clock", at, offsetMillis }) as const
  const seqs = (ledger: Ledger, since: number, until = ledger.count) =>
    [...ledger.texts("clock", since, until)].flat().map((text) => (JSON.parse(text) as Line).seq)
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

  it("is on disk when a line was appended, with the lines held before it", () => {
    const ledger = new Ledger(folder)
    ledger.hold(clock(1))
    expect([ledger.count, onDisk(folder)]).toEqual([0, []])
    ledger.append(clock(2))
    expect(onDisk(folder)).toEqual([
      { seq: 1, ...clock(1) },
      { seq: 2, ...clock(2) }
    ])
    expect(ledger.count).toBe(2)
    ledger.close()
  })

  it("is read back from any line to any, also by the next process", () => {
    const last = 5000
    const first = new Ledger(folder)
    for (let seq = 1; seq <= last; seq++) first.append(clock(seq, "保险".repeat(20)))
    const second = new Ledger(folder)
    for (const ledger of [first, second])
      for (const since of [-1, 0, 1, 1022, 1023, 1024, 1025, 4096, last - 1, last, last + 7]) {
        expect(seqs(ledger, since)).toEqual(range(Math.max(since, 0) + 1, last))
        expect(seqs(ledger, since, 3000)).toEqual(range(Math.max(since, 0) + 1, 3000))
      }
    expect(seqs(second, Number.NaN)).toEqual([])
    first.close()
    second.close()
  })

  it("tells its lines by their type", () => {
    const ledger = new Ledger(folder)
    ledger.append(clock(7, '"type":"change"'))
    ledger.append({ type: "change", at: "now", change: { kind: "closed", id: '"type":"clock"' } })
    expect([...ledger.lines("clock")].map(({ offsetMillis }) => offsetMillis)).toEqual([7])
    expect([...ledger.lines("change")].map(({ seq }) => seq)).toEqual([2])
    ledger.close()
  })

  it("may hold lines of any length", () => {
    const ledger = new Ledger(folder)
    const texts = [1, 1_000_000, 1, 300_000, 262_144].map((length) => "x".repeat(length))
    for (const text of texts) ledger.append(clock(0, text))
    expect([...ledger.lines("clock")].map(({ at }) => at.length)).toEqual(texts.map(({ length }) => length))
    ledger.close()
  })

  it("is cut where a process that was killed left half a line, and goes on from there", () => {
    const killed = new Ledger(folder)
    killed.append(clock(1))
    killed.close()
    appendFileSync(join(folder, "ledger.jsonl"), Buffer.from('{"seq":2,"type":"clock","at":"保').subarray(0, -1))
    const next = new Ledger(folder)
    next.append(clock(2))
    expect(onDisk(folder)).toEqual([
      { seq: 1, ...clock(1) },
      { seq: 2, ...clock(2) }
    ])
    next.close()
  })
})

describe("the sandbox's ledger", () => {
  const shown = async (world: World, since: string) => (await world.call("GET", `/_ledger?since=${since}`)).json
  const expected = (folder: string, since: number, payments: unknown) => {
    const lines = onDisk(folder).filter(({ seq }) => seq > since)
    return {
      requests: lines.filter(({ type }) => type === "request"),
      notifications: lines.filter(({ type }) => type === "notification"),
      payments,
      refunds: onDisk(folder).flatMap((line) =>
        line.type === "change" && line.change.kind === "refunded" ? [line.change.held.refund] : []
      ),
      next: onDisk(folder).length
    }
  }

  it("shows what is on disk after a line, and the same after a restart", async () => {
    const first = await open()
    const payments = [await first.created(), await first.created({ subject: "保险" })]
    const { url, close } = await merchant()
    const { id } = await first.created({ notify_url: url })
    payments.push((await first.call("POST", `/_payments/${id}/pay`)).json as Payment)
    const back = await first.created()
    await first.call("POST", `/_payments/${back.id}/pay`)
    payments.push((await first.call("POST", `/_payments/${back.id}/refund`, { amountMinor: 34 })).json as Payment)
    expect(expected(first.folder, 0, payments).refunds.map(({ amount }) => amount)).toEqual([34])
    await vi.waitFor(() => expect(onDisk(first.folder).some(({ type }) => type === "notification")).toBe(true))
    close()
    for (const since of [0, 3, 1000])
      expect(await shown(first, String(since))).toEqual(expected(first.folder, since, payments))
    expect(await shown(first, "")).toEqual(await shown(first, "0"))
    await first.close()
    const second = await open({ folder: first.folder })
    expect(await shown(second, "2")).toEqual(expected(first.folder, 2, payments))
    await second.close()
    second.sweep()
  })

  it("has a create's line on disk when the answer is there", async () => {
    const world = await open()
    const { id } = await world.created()
    expect(onDisk(world.folder).slice(-2)).toMatchObject([
      { type: "change", change: { kind: "created", held: { payment: { id } } } },
      { type: "request", path: "/payments", did: "created", status: 201 }
    ])
    await world.close()
    world.sweep()
  })
})
