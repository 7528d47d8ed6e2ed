import { expect, layer } from "@effect/vitest"
import { DueWork, Duplicate, Inbox, Orders } from "@payment-proxy/ports"
import { aChange, aDelivery, aNotification, aPayment, fresh, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Deferred, Duration, Effect, Either, Exit, Layer, Option } from "effect"
import * as Database from "../src/Database.ts"
import * as Mysql from "../src/index.ts"
import * as Metrics from "../src/Metrics.ts"
import { failed, standing } from "./counted.ts"
import { database } from "./scratch.ts"

// What users of other systems lost by their database, each on record there: the name of a test says what does not happen here.

const all = { concurrency: "unbounded" } as const
// A busy machine is no fault: who waits here waits for long.
const patient = { acquireMillis: 15_000, statementMillis: 15_000, settleMillis: 15_000, startSeconds: 60 }
const small = { ...patient, maxConnections: 2 }

/** The stores as one process has them. */
const processOn = (url: string, options: Partial<typeof small> = {}) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Mysql.layer({ ...patient, ...options, url }))
    const [orders, due, inbox] = yield* Effect.provide(Effect.all([Orders, DueWork, Inbox]), context)
    return { orders, due, inbox }
  })

/** Whoever comes waits until so many have come; those after them go on. */
const meeting = (count: number) =>
  Effect.map(Deferred.make<void>(), (open) => {
    let here = 0
    return Effect.suspend(() => {
      here += 1
      if (here > count) return Effect.void
      return here === count ? Deferred.succeed(open, undefined) : Deferred.await(open)
    })
  })

layer(ThrowawayMariaDb.layer, { excludeTestServices: true })(
  "what users of other systems lost by their database",
  (it) => {
    it.scoped("a BEGIN that fails never kills its caller nor uses up a connection (Effect#7235)", () =>
      Effect.gen(function* () {
        const url = yield* database
        const { url: through, proxy } = yield* ThrowawayMariaDb.proxied(url)
        const { inbox, due } = yield* processOn(through, small)
        const inUse = yield* standing(Metrics.connectionsInUse)
        const told = aNotification(fresh("order"))
        for (const fate of ["lost", "unanswered"] as const) {
          proxy.fate = (text) => (text === "BEGIN" ? fate : "pass")
          for (let times = 0; times < 2 * small.maxConnections; times++) {
            const before = proxy.fired
            const outcome = yield* Effect.exit(inbox.keep(told))
            expect(proxy.fired, fate).toBe(before + 1)
            expect(Exit.isFailure(outcome) && outcome.cause, "a value that says to try again").toMatchObject({
              _tag: "Fail",
              error: { _tag: "StoreUnavailable" }
            })
          }
        }
        proxy.fate = () => "pass"
        expect(yield* inbox.keep(told), "nothing of it was there, and now it is").toBe("kept")
        expect(yield* due.claim("inbox", 10, Duration.seconds(10))).toHaveLength(1)
        expect(yield* standing(Metrics.connectionsInUse)).toBe(inUse)
      })
    )

    it.scoped(
      "deadlocks never leave a connection behind: the pool does not hang, and what met is done once (node-mysql2#1929)",
      () =>
        Effect.gen(function* () {
          const url = yield* database
          const { orders, due } = yield* processOn(url, small)
          const built = yield* Layer.build(Database.layer({ ...small, url }))
          const { sql, transaction } = yield* Effect.provide(Database.Database, built)
          const changes = [aChange(aPayment(), 0), aChange(aPayment(), 0)] as const
          for (const change of changes) yield* orders.commit([change])
          const [one, other] = changes.map(({ entry }) => entry.payOrderNo)
          const before = { deadlocks: yield* failed("deadlock"), inUse: yield* standing(Metrics.connectionsInUse) }
          const mark = (no: string | undefined) =>
            sql`UPDATE payment_proxy_order SET remark = CONCAT(COALESCE(remark, ''), 'x') WHERE pay_order_no = ${no ?? ""}`
          const rounds = 3 * small.maxConnections
          for (let round = 0; round < rounds; round++) {
            const met = yield* meeting(2)
            const both = (first: string | undefined, second: string | undefined) =>
              Effect.either(transaction(mark(first).pipe(Effect.zipRight(met), Effect.zipRight(mark(second)))))
            const outcomes = yield* Effect.all([both(one, other), both(other, one)], all)
            expect(outcomes.map(Either.isRight)).toEqual([true, true])
          }
          expect((yield* failed("deadlock")) - before.deadlocks).toBe(rounds)
          expect(yield* standing(Metrics.connectionsInUse)).toBe(before.inUse)
          const rows = yield* sql`SELECT remark FROM payment_proxy_order`
          expect(rows).toEqual(Array.from(changes, () => ({ remark: "x".repeat(2 * rounds) })))
          yield* Effect.all(
            changes.map(({ payment }) => orders.commit([aChange({ ...payment, state: "PENDING" }, payment.version)])),
            all
          )
          expect(yield* due.claim("orders", 10, Duration.seconds(10))).toEqual([])
        })
    )

    it.scoped(
      "of a hundred at once with one key nobody is told of an error for a race that he lost (pay-connector#4460)",
      () =>
        Effect.gen(function* () {
          const url = yield* database
          const gateways = [yield* processOn(url), yield* processOn(url)]
          const placing = { idempotencyKey: fresh("key"), fingerprint: "f", sealedRequest: "s" }
          const outcomes = yield* Effect.all(
            Array.from({ length: 50 }, () => gateways)
              .flat()
              .map(({ orders }) => {
                const change = aChange(aPayment(), 0, { placing, deliveries: [aDelivery("hook")] })
                return Effect.either(Effect.as(orders.commit([change]), change.entry.payOrderNo))
              }),
            all
          )
          const placed = outcomes.flatMap((outcome) => (Either.isRight(outcome) ? [outcome.right] : []))
          expect(placed).toHaveLength(1)
          const others = outcomes.filter(Either.isLeft).map(({ left }) => left)
          expect(
            others.filter((left) => !(left instanceof Duplicate)),
            "neither rolled back nor unavailable"
          ).toEqual([])
          expect(
            new Set(others.map((left) => (left instanceof Duplicate ? left.existing.payment.payOrderNo : left._tag))),
            "each is told of the one order"
          ).toEqual(new Set(placed))
          for (const table of ["order", "history", "delivery"])
            expect(
              yield* ThrowawayMariaDb.statements(url, `SELECT pay_order_no AS no FROM payment_proxy_${table}`)
            ).toEqual([{ no: placed[0] }])
        })
    )

    it.scoped(
      "a notification that comes to two gateways at once is never kept nor handed out twice (convoy#2747)",
      () =>
        Effect.gen(function* () {
          const url = yield* database
          const gateways = [yield* processOn(url), yield* processOn(url)]
          const payment = aPayment()
          yield* gateways[0]?.orders.commit([aChange(payment, 0)]) ?? Effect.void
          const told = aNotification(payment.payOrderNo)
          const copies = Array.from({ length: 25 }, () => gateways).flat()
          const outcomes = yield* Effect.all(
            copies.map(({ inbox }) => Effect.either(inbox.keep(told))),
            all
          )
          const words = outcomes.map((outcome) => (Either.isRight(outcome) ? outcome.right : outcome.left._tag))
          expect(words.toSorted()).toEqual(["kept", ...Array.from({ length: 49 }, () => "known")])
          const claims = yield* Effect.all(
            copies.map(({ due }) => due.claim("inbox", 10, Duration.seconds(10))),
            all
          )
          const claimed = claims.flat()
          expect(claimed).toHaveLength(1)
          const kept = yield* Effect.forEach(claimed, ({ id }) => gateways[1]?.inbox.byId(id) ?? Effect.succeedNone)
          expect(kept.map(Option.getOrNull)).toMatchObject([{ subject: told.subject, body: told.body }])
        })
    )
  }
)
