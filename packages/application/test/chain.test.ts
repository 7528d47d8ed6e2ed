import { expect, it as vitest } from "@effect/vitest"
import { type Found, Orders, Sealings, Vault } from "@payment-proxy/ports"
import { epochMillis, FakeVault, freshNo, Memory } from "@payment-proxy/testkit"
import { Effect, FastCheck, Layer, TestClock } from "effect"
import { describe } from "vitest"
import * as Audit from "../src/Audit.ts"
import * as Chain from "../src/Chain.ts"
import { close } from "../src/Close.ts"
import { faked, placed, shop, withShop } from "./harness.ts"

const keyed = Layer.mergeAll(Memory.layer, FakeVault.layer)
const entry: Chain.Link = {
  payOrderNo: freshNo(),
  version: 1,
  state: "SUBMITTING",
  cause: "submit",
  detail: null,
  answer: null,
  atMillis: 1
}

/** A process that starts on the same store. */
const started = Chain.make

describe("Chain", () => {
  vitest.effect("all processes chain alike, by a key that is made once and is nowhere in the clear", () =>
    Effect.gen(function* () {
      const chains = yield* Effect.all([started, started, started], { concurrency: "unbounded" })
      const hashes = new Set(chains.map((chain) => chain.link(null, entry)))
      expect(hashes.size).toBe(1)
      const [hash = ""] = hashes
      expect(hash).toMatch(/^[0-9a-f]{8}\.[0-9a-f]{64}$/)
      const sealings = yield* Sealings
      const [kept, ...more] = yield* sealings.page("dataKeys", null, 10)
      expect([kept?.row, more]).toEqual([["audit"], []])
      expect(FakeVault.isSealed(kept?.sealed ?? "")).toBe(true)
    }).pipe(Effect.provide(keyed))
  )

  vitest.effect("another installation's hashes are others, and a plain hash is none of ours", () =>
    Effect.gen(function* () {
      const one = yield* Effect.provide(started, keyed)
      const other = yield* Effect.provide(started, keyed)
      const plain = yield* Chain.Chain
      for (const [made, read] of [
        [one, other],
        [plain, one]
      ] as const)
        expect(read.holds(null, entry, made.link(null, entry))).toBe(false)
      expect(one.holds(null, entry, one.link(null, entry))).toBe(true)
    })
  )

  vitest.effect("a key that does not open stops the start, and says how to mend it", () =>
    Effect.gen(function* () {
      yield* started
      const sealings = yield* Sealings
      const [was] = yield* sealings.page("dataKeys", null, 1)
      if (was !== undefined) yield* sealings.replace([{ was, sealed: "altered" }])
      const lost = yield* Effect.flip(started)
      expect(lost).toMatchObject({ _tag: "AuditKeyLost" })
      expect(String("message" in lost ? lost.message : "")).toContain("key file")
    }).pipe(Effect.provide(keyed))
  )

  vitest.effect("the time since which it chains is sealed with the key: nobody can move it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(5000)
      const first = yield* started
      yield* TestClock.setTime(9000)
      expect([first.sinceMillis, (yield* started).sinceMillis]).toEqual([5000, 5000])
      const vault = yield* Vault
      const [kept] = yield* Effect.flatMap(Sealings, (sealings) => sealings.page("dataKeys", null, 1))
      expect(yield* vault.open(Chain.auditKeyContext, kept?.sealed ?? "")).toContain("5000")
    }).pipe(Effect.provide(keyed))
  )

  vitest.effect.prop(
    "entries that differ anywhere have different hashes, wherever one text ends and the next begins",
    { texts: FastCheck.array(FastCheck.string({ unit: "binary" }), { minLength: 6, maxLength: 6 }) },
    ({ texts: [a = "", b = "", c = "", d = "", e = "", f = ""] }) =>
      Effect.gen(function* () {
        const chain = yield* Chain.Chain
        const one = chain.link(a, { ...entry, cause: b, detail: c })
        const other = chain.link(d, { ...entry, cause: e, detail: f })
        expect(one === other).toBe(a === d && b === e && c === f)
        expect(chain.link(null, entry)).not.toBe(chain.link("null", entry))
        expect(chain.link(a, { ...entry, detail: null })).not.toBe(chain.link(a, { ...entry, detail: "" }))
        expect(chain.link(a, { ...entry, answer: null })).not.toBe(chain.link(a, { ...entry, answer: "" }))
        expect(chain.link(a, { ...entry, answer: b }) === chain.link(a, { ...entry, answer: c })).toBe(b === c)
      })
  )

  vitest.effect("half a character is chained as what a database makes of it", () =>
    Effect.gen(function* () {
      const chain = yield* Chain.Chain
      const hash = chain.link(null, { ...entry, detail: "cut \ud83d" })
      expect(chain.holds(null, { ...entry, detail: "cut \ufffd" }, hash)).toBe(true)
    })
  )
})

const world = Layer.provideMerge(Chain.layer, faked)

describe("Audit", () => {
  vitest.effect("an order's whole life, as the application writes it, has no fault", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMillis)
      yield* withShop
      const { payOrderNo } = yield* placed()
      yield* close(shop.id, payOrderNo)
      const history = yield* Effect.flatMap(Orders, (orders) => orders.history(payOrderNo))
      expect(history.length).toBeGreaterThan(2)
      expect(yield* Audit.verify()).toMatchObject({ orders: 1, entries: history.length, unchained: 0, faults: 0 })
    }).pipe(Effect.provide(world))
  )

  vitest.effect("an order from before the chain may have entries without a hash at its beginning, and only there", () =>
    Effect.gen(function* () {
      const chain = yield* Chain.Chain
      const since = { ...chain, sinceMillis: epochMillis + 86_400_000 }
      const at = (version: number, hash: string | null) => ({ ...entry, version, hash })
      const fourth = { ...entry, version: 3, state: "CLOSED" }
      const hash = chain.link(null, fourth)
      const found: Found = {
        payOrderNo: entry.payOrderNo,
        row: { state: "CLOSED", version: 3, head: hash, isRefund: false },
        entries: [at(1, null), at(2, null), { ...fourth, hash }]
      }
      expect(Audit.examine(found, since)).toBe(2)
      expect(Audit.examine(found, chain)).toMatchObject({ version: 1, fault: "UNCHAINED" })
      const row = { state: "SUBMITTING", version: 4, head: hash, isRefund: false }
      const gap = { ...found, row, entries: [...found.entries, at(4, null)] }
      expect(Audit.examine(gap, since)).toMatchObject({ version: 4, fault: "UNCHAINED" })
      const never = { ...found, row: { ...row, version: 2, head: null }, entries: [at(1, null), at(2, null)] }
      expect(Audit.examine(never, since)).toBe(2)
    })
  )

  vitest.effect("a refund is chained from its first version, however old its payment is", () =>
    Effect.gen(function* () {
      const chain = { ...(yield* Chain.Chain), sinceMillis: epochMillis + 86_400_000 }
      const found: Found = {
        payOrderNo: `${entry.payOrderNo}R1`,
        row: { state: "SUBMITTING", version: 1, head: null, isRefund: true },
        entries: [{ ...entry, hash: null }]
      }
      expect(Audit.examine(found, chain)).toMatchObject({ version: 1, fault: "UNCHAINED" })
    })
  )
})
