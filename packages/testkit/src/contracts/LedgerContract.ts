import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import {
  DataKeys,
  type Found,
  Histories,
  type Orders,
  type SealedColumn,
  type Sealing,
  Sealings,
  SharedTokens,
  VendorAnswers
} from "@payment-proxy/ports"
import { Duration, Effect, type Layer, Option } from "effect"
import { aChange, aRefund, aRefundChange, fresh, freshNo } from "../Samples.ts"
import { place } from "./placed.ts"

type Ports = Orders | Histories | Sealings | DataKeys | SharedTokens
type It = Vitest.MethodsNonLive<Ports>

/** All that is found, in pages of three. */
const allFound = Effect.gen(function* () {
  const histories = yield* Histories
  const all: Array<Found> = []
  for (let isLast = false; !isLast; ) {
    const page: ReadonlyArray<Found> = yield* histories.page(all.at(-1)?.payOrderNo ?? null, 3)
    all.push(...page)
    isLast = page.length < 3
  }
  return all
})

const allSealed = (column: SealedColumn) =>
  Effect.gen(function* () {
    const sealings = yield* Sealings
    const all: Array<Sealing> = []
    for (let isLast = false; !isLast; ) {
      const page: ReadonlyArray<Sealing> = yield* sealings.page(column, all.at(-1) ?? null, 3)
      all.push(...page)
      isLast = page.length < 3
    }
    return all
  })

const histories = (it: It) => {
  it.effect("every payment and refund is found once with its whole history, page by page and in order", () =>
    Effect.gen(function* () {
      const placed = []
      for (let count = 0; count < 7; count++) placed.push(yield* place())
      const [{ orders, payment }] = placed as [(typeof placed)[number]]
      const moved = aChange({ ...payment, state: "SUCCEEDED", head: "k.2" }, 1)
      const refunding = aRefundChange(moved.payment, aRefund(payment, 1, { head: "k.3" }), 0)
      const entries = { moved: { ...moved.entry, hash: "k.2" }, refunding: { ...refunding.entry, hash: "k.3" } }
      yield* orders.commit([
        { ...moved, entry: entries.moved },
        { ...refunding, entry: entries.refunding }
      ])
      const all = yield* allFound
      const numbers = all.map(({ payOrderNo }) => payOrderNo)
      expect(numbers).toEqual([...new Set(numbers)].sort())
      for (const { payment } of placed) expect(numbers).toContain(payment.payOrderNo)
      const of = (no: string) => all.find(({ payOrderNo }) => payOrderNo === no)
      const { payOrderNo: _, ...first } = placed[0]?.change.entry ?? entries.moved
      const { payOrderNo: __, ...second } = entries.moved
      expect(of(payment.payOrderNo)).toMatchObject({
        row: { state: "SUCCEEDED", version: 2, head: "k.2", isRefund: false },
        entries: [first, second]
      })
      const { payOrderNo: refundNo, ...third } = entries.refunding
      expect(of(refundNo)).toMatchObject({
        row: { state: "SUBMITTING", version: 1, head: "k.3", isRefund: true },
        entries: [third]
      })
    })
  )

  it.effect("after the last number there is nothing", () =>
    Effect.gen(function* () {
      const store = yield* Histories
      yield* place()
      const last = (yield* allFound).at(-1)?.payOrderNo ?? null
      expect(yield* store.page(last, 3)).toEqual([])
    })
  )
}

const sealings = (it: It) => {
  it.effect("every order's request and every token is found by its row, page by page and in order", () =>
    Effect.gen(function* () {
      const tokens = yield* SharedTokens
      const placed = []
      for (let count = 0; count < 4; count++) placed.push(yield* place())
      const requests = yield* allSealed("requests")
      const rows = requests.map(({ row }) => row.join())
      expect(rows).toEqual([...new Set(rows)].sort())
      for (const { payment, placing } of placed)
        expect(requests).toContainEqual({
          column: "requests",
          row: [payment.payOrderNo],
          sealed: placing?.sealedRequest
        })
      for (const [vendor, client] of [
        ["b", "1"],
        ["b", "2"],
        ["a", "3"],
        ["a", "2"],
        ["c", "1"]
      ] as const) {
        const lease = Option.getOrThrow(yield* tokens.lease(vendor, client, 0, Duration.seconds(5)))
        yield* tokens.put(vendor, client, lease, `sealed-${vendor}${client}`, Duration.hours(1))
      }
      yield* tokens.lease("a", "1", 0, Duration.seconds(5))
      const found = yield* allSealed("tokens")
      expect(found.map(({ row, sealed }) => [...row, sealed])).toEqual([
        ["a", "2", "sealed-a2"],
        ["a", "3", "sealed-a3"],
        ["b", "1", "sealed-b1"],
        ["b", "2", "sealed-b2"],
        ["c", "1", "sealed-c1"]
      ])
    })
  )

  it.effect("a text is replaced where it is still as it was read, and nothing else of its order changes", () =>
    Effect.gen(function* () {
      const store = yield* Sealings
      const { orders, payment, placing } = yield* place()
      const other = yield* place()
      const was = { column: "requests", row: [payment.payOrderNo], sealed: placing?.sealedRequest ?? "" } as const
      const lost = { column: "requests", row: [other.payment.payOrderNo], sealed: "another text" } as const
      const changes = [
        { was, sealed: "anew" },
        { was: lost, sealed: "never" }
      ]
      expect(yield* store.replace(changes)).toBe(1)
      expect(yield* orders.sealedRequest(payment.payOrderNo)).toEqual(Option.some("anew"))
      expect(yield* orders.sealedRequest(other.payment.payOrderNo)).toEqual(
        Option.fromNullable(other.placing?.sealedRequest)
      )
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(payment))
      expect(yield* store.replace(changes), "it is another text by now").toBe(0)
      expect(yield* store.replace([])).toBe(0)
    })
  )

  it.effect("a token that was put anew meanwhile is not replaced", () =>
    Effect.gen(function* () {
      const store = yield* Sealings
      const tokens = yield* SharedTokens
      const [vendor, client] = [fresh("vendor"), "client"]
      const put = (generation: number, sealed: string) =>
        Effect.gen(function* () {
          const lease = Option.getOrThrow(yield* tokens.lease(vendor, client, generation, Duration.seconds(5)))
          expect(yield* tokens.put(vendor, client, lease, sealed, Duration.hours(1))).toBe(true)
        })
      yield* put(0, "sealed-1")
      const was = { column: "tokens", row: [vendor, client], sealed: "sealed-1" } as const
      expect(yield* store.replace([{ was, sealed: "anew-1" }])).toBe(1)
      yield* put(1, "sealed-2")
      expect(yield* store.replace([{ was: { ...was, sealed: "anew-1" }, sealed: "anew-2" }])).toBe(0)
      const read = yield* tokens.read(vendor, client)
      expect(Option.getOrThrow(read)).toMatchObject({ generation: 2, sealed: "sealed-2" })
    })
  )
}

const dataKeys = (it: It) => {
  it.effect(
    "the first key that is put under a name is everybody's; it can be replaced by what it is sealed anew to",
    () =>
      Effect.gen(function* () {
        const keys = yield* DataKeys
        const store = yield* Sealings
        const name = fresh("key")
        const puts = Array.from({ length: 8 }, (_, index) => keys.getOrPut(name, `sealed-${index}`))
        const answers = yield* Effect.all(puts, { concurrency: "unbounded" })
        expect(new Set(answers).size).toBe(1)
        const [kept = ""] = answers
        expect(yield* keys.getOrPut(name, "late")).toBe(kept)
        expect(yield* keys.getOrPut(fresh("key"), "another")).toBe("another")
        const was = { column: "dataKeys", row: [name], sealed: kept } as const
        expect(yield* allSealed("dataKeys")).toContainEqual(was)
        expect(yield* store.replace([{ was, sealed: "anew" }])).toBe(1)
        expect(yield* keys.getOrPut(name, "late")).toBe("anew")
      })
  )
}

const answers = (it: It) => {
  it.effect("what was said beside an entry is read with it, as it was written", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const answer = JSON.stringify({ call: "query", raw: "“no” 😀\n<b>", status: 200 })
      const moved = aChange({ ...payment, state: "SUCCEEDED" }, 1)
      yield* orders.commit([{ ...moved, entry: { ...moved.entry, answer } }])
      const { payOrderNo } = payment
      expect((yield* orders.history(payOrderNo)).map((entry) => entry.answer)).toEqual([null, answer])
      const found = (yield* allFound).find((one) => one.payOrderNo === payOrderNo)
      expect(found?.entries.map((entry) => entry.answer)).toEqual([null, answer])
    })
  )

  it.effect("of what moved nothing, the last is kept for each order", () =>
    Effect.gen(function* () {
      const store = yield* VendorAnswers
      const [one, other] = [freshNo(), freshNo()]
      yield* store.note({ payOrderNo: one, atMillis: 1, answer: "first" })
      yield* store.note({ payOrderNo: one, atMillis: 2, answer: "second 😀" })
      yield* store.note({ payOrderNo: other, atMillis: 3, answer: "third" })
      expect(yield* store.of([])).toEqual([])
      expect(yield* store.of([one, freshNo()])).toEqual([{ payOrderNo: one, atMillis: 2, answer: "second 😀" }])
      expect((yield* store.of([one, other])).length).toBe(2)
    })
  )
}

/** What every `Histories`, `Sealings`, `DataKeys` and `VendorAnswers` must do, over one store. */
export const ledgerContract = (name: string, stores: Layer.Layer<Ports, unknown>): void =>
  layer(stores)(`Histories, Sealings, DataKeys, VendorAnswers: ${name}`, (it) => {
    histories(it)
    sealings(it)
    dataKeys(it)
    answers(it)
  })
