import { it as vitest } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Announcer, Apps, Orders, unlimited, Vault } from "@payment-proxy/ports"
import { FakeVault, FakeVendors, FakeWebhookSender, Memory } from "@payment-proxy/testkit"
import type { Duration } from "effect"
import { Effect, Layer, Option, TestClock } from "effect"
import * as Changes from "../src/Changes.ts"
import { secretContext } from "../src/Deliver.ts"
import type { Asked } from "../src/Place.ts"
import { place } from "../src/Place.ts"
import { receive } from "../src/Receive.ts"
import { type RefundAsked, refund } from "../src/Refund.ts"
import { round } from "../src/Work.ts"

const announcer = Layer.succeed(
  Announcer,
  Announcer.of({
    event: ({ payOrderNo, state, version }, word) => ({
      type: `order.${word}`,
      body: JSON.stringify({ payOrderNo, state, version })
    }),
    refundEvent: ({ refundNo, payOrderNo, state, version }) => ({
      type: `refund.${state.toLowerCase()}`,
      body: JSON.stringify({ refundNo, payOrderNo, state, version })
    })
  })
)

/** Every port, faked. */
export const ports = Layer.mergeAll(
  Memory.layer,
  FakeVendors.layer({ names: ["platform"] }),
  FakeVault.layer,
  FakeWebhookSender.layer,
  announcer
)

/** Every port, faked, and who waits for what. */
export const faked = Layer.provideMerge(Changes.layer, ports)

export const shop = {
  id: "shop",
  name: "A shop",
  endpoints: [
    { id: "shop-webhook", url: "https://shop.example/webhooks", sealedSecrets: [""], events: null, stopped: null }
  ],
  limits: unlimited,
  isDisabled: false
}

/** Another app, which nobody tells anything. */
export const other = { id: "other", name: "Another", endpoints: [], limits: unlimited, isDisabled: false }

/** The shop, with its endpoint's secret sealed. */
export const withShop = Effect.gen(function* () {
  const vault = yield* Vault
  const sealedSecret = yield* vault.seal(secretContext("shop-webhook"), "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM=")
  const app = {
    ...shop,
    endpoints: shop.endpoints.map((endpoint) => ({
      ...endpoint,
      sealedSecrets: [sealedSecret],
      events: null,
      stopped: null
    }))
  }
  yield* Effect.flatMap(Apps, (apps) => apps.put(app))
  return app
})

export const asked = (overrides: Partial<Asked> = {}): Asked => ({
  app: shop,
  idempotencyKey: "key-1",
  fingerprint: "fingerprint-1",
  vendor: "platform",
  businessNo: "POLICY-1",
  amount: Money.make(1234n, "CNY"),
  method: "ALIPAY",
  source: "WEB",
  capture: "automatic",
  expiresIn: null,
  metadata: {},
  details: { description: "Travel insurance", payer: {}, returnUrl: null },
  ...overrides
})

/** A test in a world of its own, with the shop in it. */
export const it = {
  world: <E>(name: string, test: () => Effect.Effect<unknown, E, Layer.Layer.Success<typeof faked>>) =>
    vitest.effect(name, () => Effect.zipRight(withShop, test()).pipe(Effect.provide(faked)))
}

/** An order of the shop, placed. */
export const placed = (overrides: Partial<Asked> = {}) => Effect.map(place(asked(overrides)), ({ payment }) => payment)

/** Works until nothing is due. */
export const worked = Effect.gen(function* () {
  for (let rounds = 0; rounds < 100; rounds++) {
    const done = yield* Effect.all([round("inbox"), round("orders"), round("deliveries")])
    if (done.every(({ count }) => count === 0)) return
  }
  yield* Effect.dieMessage("Work does not come to rest.")
})

/** An order of the shop, paid. */
export const paid = (overrides: Partial<Asked> = {}) =>
  Effect.gen(function* () {
    const { pay } = yield* FakeVendors.FakeVendor
    const { payOrderNo } = yield* placed(overrides)
    yield* pay(payOrderNo)
    yield* receive("platform", FakeVendors.notification(payOrderNo, "paid"), `paid ${payOrderNo}`)
    yield* worked
    return yield* now(payOrderNo)
  })

/** A refund of the shop's, as it is asked for: of so many minor units, or of what is left. */
export const back = (payOrderNo: string, amountMinor: bigint | null, overrides: Partial<RefundAsked> = {}) =>
  refund({
    app: shop.id,
    payOrderNo,
    idempotencyKey: `back-${amountMinor}`,
    fingerprint: `fingerprint-${amountMinor}`,
    amount: amountMinor === null ? null : Money.make(amountMinor, "CNY"),
    reason: null,
    ...overrides
  })

/** The tag or code of what a call failed with, or null. */
export const refusalOf = <A, E extends { readonly _tag: string; readonly code?: string }, R>(
  call: Effect.Effect<A, E, R>
): Effect.Effect<string | null, never, R> =>
  Effect.match(call, { onSuccess: () => null, onFailure: (failure) => failure.code ?? failure._tag })

/** A refund, as it is on disk. */
export const refundNow = (refundNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.refund(refundNo)).pipe(
    Effect.flatMap(Option.match({ onNone: () => Effect.dieMessage("no such refund"), onSome: Effect.succeed }))
  )

/** The calls of a kind that the platform got, in their order. */
export const callsOf = (kind: FakeVendors.Call) =>
  Effect.flatMap(FakeVendors.FakeVendor, ({ got }) => Effect.map(got, (all) => all.filter(({ call }) => call === kind)))

/** The one payment that the platform holds. */
export const held = Effect.flatMap(FakeVendors.FakeVendor, ({ payments }) =>
  Effect.flatMap(payments, ([one]) => (one === undefined ? Effect.dieMessage("nothing is held") : Effect.succeed(one)))
)

/** Lets `span` pass in `steps` steps, working at what is due after each. */
export const lived = (span: Duration.Duration, steps: number) =>
  Effect.repeatN(Effect.zipRight(TestClock.adjust(span), worked), steps - 1)

export const now = (payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.byNumber(payOrderNo)).pipe(
    Effect.flatMap(Option.match({ onNone: () => Effect.dieMessage("no such order"), onSome: Effect.succeed }))
  )

export const states = (payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.history(payOrderNo)).pipe(
    Effect.map((rows) => rows.map(({ state }) => state))
  )

export const causes = (payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.history(payOrderNo)).pipe(
    Effect.map((rows) => rows.map(({ cause }) => cause))
  )
