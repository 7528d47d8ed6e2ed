import { expect, it, layer } from "@effect/vitest"
import { type Change, Duplicate, Orders, Stale } from "@payment-proxy/ports"
import { aChange, aDelivery, aPayment, fresh, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Effect, Either, Layer, Option } from "effect"
import * as Mysql from "../src/index.ts"
import { failed, lost, settled } from "./counted.ts"
import { database, ownDatabase } from "./scratch.ts"

const many = 40

/** Stores on a fresh database behind a proxy, and a second look at it past the proxy. */
const behindProxy = (options: Partial<Parameters<typeof Mysql.layer>[0]> = {}) =>
  Effect.gen(function* () {
    const url = yield* database
    const direct = yield* Layer.build(Mysql.layer({ url }))
    const proxied = yield* ThrowawayMariaDb.proxied(url)
    const context = yield* Layer.build(Mysql.layer({ ...options, url: proxied.url }))
    const rows = (sql: string) => ThrowawayMariaDb.statements(url, sql)
    return {
      proxy: proxied.proxy,
      rows,
      commit: (...changes: ReadonlyArray<Change>) =>
        Effect.flatMap(Orders, (orders) => orders.commit(changes)).pipe(Effect.provide(context)),
      seen: (payOrderNo: string) =>
        Effect.flatMap(Orders, (orders) => orders.byNumber(payOrderNo)).pipe(
          Effect.map(Option.match({ onNone: () => 0, onSome: ({ version }) => version })),
          Effect.provide(direct)
        ),
      history: (payOrderNo: string) =>
        Effect.flatMap(Orders, (orders) => orders.history(payOrderNo)).pipe(
          Effect.map((entries) => entries.map(({ version }) => version)),
          Effect.provide(direct)
        )
    }
  })

const placed = () => aChange(aPayment(), 0, { deliveries: [aDelivery("hook")] })
const next = (change: Change, expected = change.payment.version, overrides: Partial<Change> = {}) =>
  aChange({ ...change.payment, state: "PENDING" }, expected, { deliveries: [aDelivery("hook")], ...overrides })

type Store = Effect.Effect.Success<ReturnType<typeof behindProxy>>

/** An order is there at a version with the whole history to it and one event each, or it is not there at all. */
const whole = (store: Store, { payment: { payOrderNo } }: Change) =>
  Effect.gen(function* () {
    const version = yield* store.seen(payOrderNo)
    const versions = Array.from({ length: version }, (_, index) => index + 1)
    expect(yield* store.history(payOrderNo)).toEqual(versions)
    const events = yield* store.rows(`SELECT version FROM payment_proxy_delivery WHERE pay_order_no = '${payOrderNo}'`)
    expect(events.length).toBe(version)
    return version
  })

const atOnce = (store: Store, changes: ReadonlyArray<Change>) =>
  Effect.all(
    changes.map((change) => Effect.either(store.commit(change))),
    { concurrency: "unbounded" }
  )

/** Many orders on disk. */
const orders = (store: Store) =>
  Effect.gen(function* () {
    const changes = Array.from({ length: many }, placed)
    expect((yield* atOnce(store, changes)).every(Either.isRight)).toBe(true)
    return changes
  })

/** A new order, as soon as one can be written: what was tried before may be written all the same, and is none of it. */
const soon = (store: Store) =>
  Effect.suspend(() => {
    const change = placed()
    return Effect.as(store.commit(change), change)
  }).pipe(Effect.retry({ times: 20 }))

layer(ThrowawayMariaDb.layer, { excludeTestServices: true })("commits that share transactions", (it) => {
  it.scoped("a stale member loses alone, and leaves no history", () =>
    Effect.gen(function* () {
      const store = yield* behindProxy()
      const changes = yield* orders(store)
      const stale = changes[17]?.payment.payOrderNo
      const outcomes = yield* atOnce(
        store,
        changes.map((change) => next(change, change.payment.payOrderNo === stale ? 7 : 1))
      )
      expect(outcomes.map((outcome) => (Either.isRight(outcome) ? "right" : outcome.left._tag))).toEqual(
        changes.map((_, index) => (index === 17 ? "Stale" : "right"))
      )
      for (const [index, change] of changes.entries()) expect(yield* whole(store, change)).toBe(index === 17 ? 1 : 2)
    })
  )

  it.scoped("a key that is taken, in mid-batch: a Duplicate of the order that has it, its neighbours are placed", () =>
    Effect.gen(function* () {
      const store = yield* behindProxy()
      const first = placed()
      yield* store.commit(first)
      const changes = Array.from({ length: many }, placed).map((change, index) =>
        index === 20 ? { ...change, placing: first.placing } : change
      )
      const outcomes = yield* atOnce(store, changes)
      for (const [index, outcome] of outcomes.entries())
        if (index === 20) expect(outcome).toMatchObject({ left: { existing: { payment: first.payment } } })
        else expect(Either.isRight(outcome)).toBe(true)
      for (const [index, change] of changes.entries()) expect(yield* whole(store, change)).toBe(index === 20 ? 0 : 1)
    })
  )

  it.scoped("one order twice: from one version the second is Stale; one after the other both are written", () =>
    Effect.gen(function* () {
      const store = yield* behindProxy()
      const [first, second, ...others] = yield* orders(store)
      if (first === undefined || second === undefined) return expect.fail("There are no orders.")
      const twice = [next(first), next(first), next(second), next(second, 2)]
      const outcomes = yield* atOnce(store, [...others.map((change) => next(change)), ...twice])
      const [one, other, before, after] = outcomes.slice(-4)
      expect([one, other].map((outcome) => outcome && Either.isRight(outcome)).sort()).toEqual([false, true])
      expect(before && Either.isRight(before)).toBe(true)
      // The second step was decided from the first: written after it, or Stale where it was looked at before.
      expect(after === undefined || Either.isRight(after) || after.left instanceof Stale).toBe(true)
      expect(outcomes.slice(0, -4).every(Either.isRight)).toBe(true)
      expect(yield* whole(store, first)).toBe(2)
      expect(yield* whole(store, second)).toBe(after && Either.isRight(after) ? 3 : 2)
    })
  )

  it.scoped(
    "an error in mid-packet: nothing of its member stays, its neighbours are written, the next commit is its own",
    () =>
      Effect.gen(function* () {
        const store = yield* behindProxy()
        const changes = yield* orders(store)
        const wrong = 5
        const outcomes = yield* atOnce(
          store,
          changes.map((change, index) => {
            const moved = next(change)
            return index === wrong ? { ...moved, entry: { ...moved.entry, cause: "x".repeat(65) } } : moved
          })
        )
        expect(outcomes.map(Either.isRight)).toEqual(changes.map((_, index) => index !== wrong))
        for (const change of changes.slice(0, 4)) yield* store.commit(next(change, 2))
        for (const [index, change] of changes.entries())
          expect(yield* whole(store, change)).toBe(index < 4 ? 3 : index === wrong ? 1 : 2)
      })
  )

  for (const fate of ["lost", "unanswered", "disowned"] as const)
    it.scoped(
      `F12 the connection is cut at the COMMIT, which is ${fate}: every member is written once, and told so`,
      () =>
        Effect.gen(function* () {
          const store = yield* behindProxy()
          const changes = yield* orders(store)
          const before = { lost: yield* lost, written: yield* settled("written"), not: yield* settled("not_written") }
          let cuts = 3
          store.proxy.fate = (text) => {
            if (!text.endsWith("COMMIT") || cuts === 0) return "pass"
            cuts -= 1
            return fate
          }
          const outcomes = yield* atOnce(
            store,
            changes.map((change) => next(change))
          )
          expect(store.proxy.fired).toBe(3)
          expect(outcomes.every(Either.isRight)).toBe(true)
          for (const change of changes) expect(yield* whole(store, change)).toBe(2)
          const written = (yield* settled("written")) - before.written
          const not = (yield* settled("not_written")) - before.not
          expect(written + not).toBeGreaterThan(0)
          expect(written + not, "each lost commit was settled").toBe((yield* lost) - before.lost)
          if (fate === "lost") expect(written).toBe(0)
        })
    )

  it.scoped("F12 a COMMIT without an answer, and no way to look: Unsettled, never that nothing was written", () =>
    Effect.gen(function* () {
      // They hold for this test's own commits, too, which a busy machine makes slowly.
      const store = yield* behindProxy({ statementMillis: 1500, settleMillis: 3000, acquireMillis: 1000 })
      const change = placed()
      yield* store.commit(change)
      const before = { unsettled: yield* settled("unsettled"), silent: yield* failed("silent") }
      store.proxy.fate = (text) => {
        if (!text.endsWith("COMMIT")) return "pass"
        store.proxy.darken()
        return "pass"
      }
      expect(yield* Effect.flip(store.commit(next(change)))).toMatchObject({ _tag: "Unsettled" })
      expect((yield* settled("unsettled")) - before.unsettled).toBe(1)
      expect(yield* failed("silent")).toBeGreaterThan(before.silent)
      store.proxy.fate = () => "pass"
      store.proxy.lighten()
      expect(yield* whole(store, yield* soon(store))).toBe(1)
      yield* whole(store, change)
    })
  )

  for (const fate of ["lost", "unanswered"] as const)
    it.scoped(`F13 the connection is reset at each command in turn (${fate}): all or nothing, and true`, () =>
      Effect.gen(function* () {
        const store = yield* behindProxy()
        const first = placed()
        yield* store.commit(first)
        const before = yield* failed("lost")
        let reached = true
        for (let at = 1; reached; at++) {
          let count = 0
          store.proxy.fate = () => {
            count += 1
            return count === at ? fate : "pass"
          }
          const fired = store.proxy.fired
          const change = placed()
          const outcome = yield* Effect.either(store.commit(change))
          const version = yield* whole(store, change)
          if (Either.isRight(outcome)) expect(version).toBe(1)
          else expect(version, outcome.left._tag).toBe(0)
          const moved = yield* Effect.either(store.commit(next(first)))
          expect(yield* whole(store, first)).toBe(Either.isRight(moved) ? first.payment.version + 1 : 1)
          if (Either.isRight(moved)) Object.assign(first.payment, { version: first.payment.version + 1 })
          reached = store.proxy.fired > fired
          expect(at).toBeLessThan(50)
        }
        expect(store.proxy.fired).toBeGreaterThan(3)
        expect((yield* failed("lost")) - before, "also those that were made good").toBeGreaterThanOrEqual(
          store.proxy.fired
        )
      })
    )

  it.scoped("F14 nothing comes back: the commit ends at its time limit, and all is well once it does", () =>
    Effect.gen(function* () {
      const store = yield* behindProxy({ statementMillis: 300, settleMillis: 300, acquireMillis: 200 })
      // A busy machine may take longer than the limit of this test's own.
      yield* soon(store)
      const before = yield* failed("silent")
      store.proxy.darken()
      const outcomes = yield* atOnce(store, Array.from({ length: many }, placed))
      expect(outcomes.every(Either.isLeft)).toBe(true)
      expect(yield* failed("silent")).toBeGreaterThan(before)
      store.proxy.lighten()
      expect(yield* whole(store, yield* soon(store))).toBe(1)
    })
  )

  it.scoped(
    "a batch that dies of what nobody foresaw: each is told, what failed is not written later, the lanes go on",
    () =>
      Effect.gen(function* () {
        const store = yield* behindProxy({ settleMillis: 2000 })
        yield* store.commit(placed())
        // No date of the table, so that the statement cannot be made.
        const poison = () => aChange(aPayment({ paidAtMillis: Number.NaN }), 0)
        for (let times = 0; times < 3; times++) {
          const changes = [...Array.from({ length: 5 }, placed), poison(), ...Array.from({ length: 5 }, placed)]
          const outcomes = yield* atOnce(store, changes)
          expect(Either.isLeft(outcomes[5] ?? Either.void)).toBe(true)
          for (const [index, change] of changes.entries())
            expect(yield* whole(store, change), "as it was told").toBe(
              Either.isRight(outcomes[index] ?? Either.void) ? 1 : 0
            )
        }
        expect((yield* atOnce(store, Array.from({ length: many }, placed))).every(Either.isRight)).toBe(true)
      })
  )

  it.scoped("F15 a slow, slicing network: slower, and nothing else", () =>
    Effect.gen(function* () {
      const store = yield* behindProxy()
      store.proxy.latencyMillis = 20
      store.proxy.sliceBytes = 100
      const changes = Array.from({ length: 10 }, placed)
      expect((yield* atOnce(store, changes)).every(Either.isRight)).toBe(true)
      for (const change of changes) expect(yield* whole(store, change)).toBe(1)
    })
  )

  it.scoped("of a hundred at once with one key, one is placed, and the others are its Duplicates", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* behindProxy(), yield* behindProxy()]
      const placing = { idempotencyKey: fresh("key"), fingerprint: "f", sealedRequest: "s" }
      const outcomes = yield* atOnce(
        one,
        Array.from({ length: 100 }, () => ({ ...placed(), placing }))
      )
      expect(outcomes.filter(Either.isRight).length).toBe(1)
      expect(outcomes.filter(Either.isLeft).every(({ left }) => left instanceof Duplicate)).toBe(true)
      expect(yield* two.seen("nothing")).toBe(0)
    })
  )
})

it.scopedLive("a database that is not there is a value that says so", () =>
  Effect.gen(function* () {
    const url = yield* ownDatabase
    const failed = yield* Effect.exit(Layer.build(Mysql.layer({ url: `${url}x` })))
    expect(String(failed)).toContain("Unknown database")
  })
)
