import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { KeyVault } from "@payment-proxy/adapter-keyfile"
import * as Mysql from "@payment-proxy/adapter-mysql"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import * as Database from "@payment-proxy/adapter-sqlite/Database"
import { type Asked, Chain, Changes } from "@payment-proxy/application"
import { Money, type Payment } from "@payment-proxy/domain"
import { type Change, Orders, unlimited } from "@payment-proxy/ports"
import {
  aChange,
  aPayment,
  aRefund,
  aRefundChange,
  FakeVendors,
  FakeWebhookSender,
  fresh,
  ThrowawayMariaDb
} from "@payment-proxy/testkit"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { announcer } from "../src/Layers.ts"

/** Whoever can write the database, past all of us. */
export class Intruder extends Context.Tag("@payment-proxy/worker/test/Intruder")<
  Intruder,
  { readonly run: (...statements: ReadonlyArray<string>) => Effect.Effect<void> }
>() {}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "payment-proxy-ledger-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The stores on a file, and who writes it behind our back, by a connection of his own. */
export const sqlite = Layer.unwrapScoped(
  Effect.map(folder, (path) => {
    const filename = join(path, "test.db")
    const run = (...statements: ReadonlyArray<string>) =>
      Effect.flatMap(Database.Database, ({ writer, transaction }) =>
        transaction(Effect.forEach(statements, (statement) => writer.unsafe(statement), { discard: true }))
      ).pipe(Effect.provide(Database.layer(filename)), Effect.orDie)
    return Layer.merge(Sqlite.layer({ filename }), Layer.succeed(Intruder, { run }))
  })
)

/** The same in a MariaDB that goes by Effect's clock. */
export const mariaDb = Layer.unwrapScoped(
  Effect.gen(function* () {
    const url = yield* Effect.flatMap(ThrowawayMariaDb.ThrowawayMariaDb, (server) => server.database)
    const run = (...statements: ReadonlyArray<string>) => Effect.asVoid(ThrowawayMariaDb.statements(url, ...statements))
    return Layer.merge(Mysql.layer({ url }), Layer.succeed(Intruder, { run }))
  })
).pipe(
  Layer.provide(ThrowawayMariaDb.layer),
  Layer.merge(Layer.succeed(Mysql.Now, Effect.map(Clock.currentTimeMillis, String)))
)

/** A throwaway key of a test. */
export const newKey = () => Redacted.make(randomBytes(32).toString("base64"))

/** All that orders need, on these stores, with faked vendors and a chain by an audit key. */
export const chained = <A, E>(stores: Layer.Layer<A | Layer.Layer.Success<typeof sqlite>, E>) => {
  const ports = Layer.mergeAll(
    stores,
    KeyVault.layerKeys([newKey()]),
    FakeVendors.layer({ names: ["platform"] }),
    FakeWebhookSender.layer,
    announcer
  )
  return Layer.merge(Changes.layer, Chain.layer).pipe(Layer.provideMerge(ports))
}

/** The app that orders are placed by. */
export const shop = { id: "shop", name: "A shop", endpoints: [], limits: unlimited, isDisabled: false }

/** An order as the shop asks for it. */
export const asked = (overrides: Partial<Asked> = {}): Asked => ({
  app: shop,
  idempotencyKey: fresh("key"),
  fingerprint: "fingerprint",
  vendor: "platform",
  businessNo: null,
  amount: Money.make(1234n, "CNY"),
  method: "ALIPAY",
  source: "WEB",
  capture: "automatic",
  expiresIn: null,
  metadata: {},
  details: { description: "Travel insurance", payer: {}, returnUrl: null },
  ...overrides
})

/** The change with its entry chained to `previous`. */
const linked = (previous: string | null, change: Change) =>
  Effect.map(Chain.Chain, (chain): Change => {
    const hash = chain.link(previous, change.entry)
    const entry = { ...change.entry, hash }
    return change.refund === null
      ? { ...change, entry, payment: { ...change.payment, head: hash } }
      : { ...change, entry, refund: { ...change.refund, head: hash } }
  })

/** A payment that has ended after four versions, with a refund of two. */
export const ended = (overrides: Partial<Payment.Payment> = {}) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    let payment = aPayment(overrides)
    for (const [version, state] of (["SUBMITTING", "PENDING", "SUCCEEDED", "PARTIALLY_REFUNDED"] as const).entries()) {
      const sample = aChange({ ...payment, state }, version, { dueIn: null })
      const entry = { ...sample.entry, detail: version === 2 ? "“já”, said the vendor \ud83d" : null }
      const placing = sample.placing === null ? null : { ...sample.placing, sealedRequest: null }
      const change = yield* linked(payment.head, { ...sample, entry, placing })
      yield* orders.commit([change])
      payment = change.payment
    }
    const first = yield* linked(null, aRefundChange(payment, aRefund(payment, 1), 0, { dueIn: null }))
    yield* orders.commit([first])
    const refund = first.refund ?? aRefund(payment, 1)
    const told = aRefundChange(payment, { ...refund, state: "SUCCEEDED" }, 1, { dueIn: null })
    yield* orders.commit([yield* linked(refund.head, told)])
    return { no: payment.payOrderNo, refundNo: refund.refundNo }
  })
