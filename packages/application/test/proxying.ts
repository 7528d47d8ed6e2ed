import type { ProxiedAnswer, ProxiedCall } from "@payment-proxy/ports"
import { InDoubt, Orders, StoreUnavailable } from "@payment-proxy/ports"
import { FakeMapping, FakeVendors } from "@payment-proxy/testkit"
import { Clock, Effect, Either, Option } from "effect"
import * as Proxied from "../src/Proxied.ts"
import { shop } from "./harness.ts"

export const vendor = FakeVendors.FakeVendor
export const mapping = FakeMapping.make("platform")
export const no = "shop-order 1"
export const byNo = { by: "merchantOrderNo", no } as const

/** The order behind a number of a caller. */
export const orderOf = (merchantOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.byMerchantOrderNo("platform", merchantOrderNo)).pipe(
    Effect.map(Option.map(({ payment }) => payment))
  )
export const known = (merchantOrderNo = no) => Effect.map(orderOf(merchantOrderNo), Option.getOrThrow)

/** Sends a call to the platform, after `before`; the caller is given the status, or why there is none. */
export const sending =
  <E, R>(call: ProxiedCall, before: (untilMillis: number) => Effect.Effect<unknown, E, R>) =>
  (untilMillis: number) =>
    Effect.gen(function* () {
      yield* Effect.orDie(before(untilMillis))
      const { pass } = yield* vendor
      const leftMillis = untilMillis - (yield* Clock.currentTimeMillis)
      const answer = yield* Effect.interruptible(pass(call)).pipe(
        Effect.timeoutFail({ duration: leftMillis, onTimeout: () => new InDoubt({ detail: "Its time was over." }) }),
        Effect.either
      )
      return { answer, response: Either.match(answer, { onLeft: ({ _tag }) => _tag, onRight: ({ status }) => status }) }
    })

export const askedBy = (call: ProxiedCall, app = shop) => ({
  app,
  mapping,
  call,
  order: Either.getOrThrow(mapping.order(call))
})

export const created = (
  call = FakeMapping.aCreate(no),
  app = shop,
  before: (untilMillis: number) => Effect.Effect<unknown, unknown, Orders> = () => Effect.void
) => Proxied.create(askedBy(call, app), sending(call, before))

export const queried = (app = "shop", subject: Proxied.Subject = byNo, before: Effect.Effect<unknown> = Effect.void) =>
  Proxied.query(
    app,
    mapping,
    subject,
    sending(FakeMapping.aCall("query", no), () => before)
  )

export const closed = (
  app = "shop",
  before: (untilMillis: number) => Effect.Effect<unknown, unknown, Orders> = () => Effect.void
) => Proxied.close(app, mapping, byNo, sending(FakeMapping.aCall("close", no), before))

export const failureOf = <A, E>(result: Either.Either<A, E>) => (Either.isLeft(result) ? result.left : null)
export const creates = Effect.map(
  Effect.flatMap(vendor, ({ got }) => got),
  (calls) => calls.filter(({ call }) => call === "create").length
)

export type Commit = ReturnType<Orders["Type"]["commit"]>

/** The store, but that the `which`th commit from now on goes so. */
export const withCommit = <R>(
  which: number,
  goes: (commit: Commit) => Effect.Effect<void, Effect.Effect.Error<Commit>, R>
) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const context = yield* Effect.context<R>()
    let commits = 0
    return Orders.of({
      ...orders,
      commit: (changes) => {
        commits += 1
        const commit = orders.commit(changes)
        return commits === which ? Effect.provide(goes(commit), context) : commit
      }
    })
  })

export const dark = () => new StoreUnavailable({ cause: "dark" })

/** An answer that the mapping does not understand, where the platform had said something else. */
export const garbled = (call: ProxiedCall) => (untilMillis: number) =>
  Effect.map(sending(call, () => Effect.void)(untilMillis), ({ answer, response }) => ({
    answer: Either.map(answer, (whole): ProxiedAnswer => ({ ...whole, isWhole: false })),
    response
  }))
