import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, layer } from "@effect/vitest"
import { KeyVault } from "@payment-proxy/adapter-keyfile"
import { Audit, Chain, Changes, place, Rotate, secretContext } from "@payment-proxy/application"
import {
  Apps,
  DataKeys,
  KeyEncryption,
  KeyRing,
  Orders,
  type Sealing,
  Sealings,
  SharedTokens,
  Vault
} from "@payment-proxy/ports"
import { anApp, anEndpoint, epochMillis, FakeVendors, FakeWebhookSender, fresh } from "@payment-proxy/testkit"
import { Context, Duration, Effect, Layer, Option, TestClock } from "effect"
import { announcer } from "../src/Layers.ts"
import { asked, ended, mariaDb, sqlite } from "./ledger.ts"

/** Where the key file is. */
class File extends Context.Tag("@payment-proxy/worker/test/File")<File, string>() {}

const vaults = Layer.unwrapScoped(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "payment-proxy-keys-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  ).pipe(
    Effect.map((path) => {
      const file = join(path, "vault.key")
      return Layer.merge(KeyVault.layer({ file, create: true }), Layer.succeed(File, file))
    })
  )
)

const worldOf = <A, E>(stores: Layer.Layer<A | Layer.Layer.Success<typeof sqlite>, E>) =>
  Layer.merge(Changes.layer, Chain.layer).pipe(
    Layer.provideMerge(
      Layer.mergeAll(stores, vaults, FakeVendors.layer({ names: ["platform"] }), FakeWebhookSender.layer, announcer)
    )
  )

type World = Layer.Layer<Layer.Layer.Success<ReturnType<typeof worldOf<never, never>>>, unknown>

const secret = "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="
const tokenContext = "payment_proxy_token/platform/client/sealed"

/** An app with two secrets at its endpoint, sealed. */
const sealedApp = Effect.gen(function* () {
  const { seal } = yield* Vault
  const id = fresh("end")
  const sealedSecrets = [yield* seal(secretContext(id), secret), yield* seal(secretContext(id), `${secret}2`)]
  const app = anApp({ endpoints: [anEndpoint({ id, sealedSecrets }), anEndpoint({ sealedSecrets: [] })] })
  yield* Effect.flatMap(Apps, (apps) => apps.put(app))
  return { app: app.id, endpoint: id }
})

const secretsOf = ({ app, endpoint }: { readonly app: string; readonly endpoint: string }) =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const { open } = yield* Vault
    const found = Option.getOrThrow(yield* apps.byId(app)).endpoints.find(({ id }) => id === endpoint)
    return yield* Effect.forEach(found?.sealedSecrets ?? [], (sealed) => open(secretContext(endpoint), sealed))
  })

const putToken = (generation: number) =>
  Effect.gen(function* () {
    const tokens = yield* SharedTokens
    const { seal } = yield* Vault
    const lease = yield* tokens.lease("platform", "client", generation, Duration.seconds(5))
    const sealed = yield* seal(tokenContext, `token-${generation + 1}`)
    return yield* tokens.put("platform", "client", Option.getOrThrow(lease), sealed, Duration.hours(1))
  })

const openToken = Effect.gen(function* () {
  const tokens = yield* SharedTokens
  const { open } = yield* Vault
  return yield* open(tokenContext, Option.getOrThrow(yield* tokens.read("platform", "client")).sealed)
})

const requestOf = (no: string) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const { open } = yield* Vault
    return yield* open(`payment_proxy_order/${no}/sealed_request`, Option.getOrThrow(yield* orders.sealedRequest(no)))
  })

/** A new key seals from now on, here and in every other process; the file was changed long ago. */
const added = Effect.gen(function* () {
  const ring = yield* KeyRing
  const [old = ""] = yield* ring.keyIds
  const now = yield* ring.add
  yield* TestClock.adjust(Duration.seconds(3))
  const file = yield* File
  const { atimeMs, mtimeMs } = statSync(file)
  utimesSync(file, atimeMs / 1000, mtimeMs / 1000 - 120)
  return { old, now }
})

const progress: Array<Rotate.Progress> = []
const rewrapped = Rotate.rewrapAll((one) => Effect.sync(() => void progress.push(one)))

const rotateSuite = (name: string, world: World): void =>
  layer(world)(`Rotate: ${name}`, (it) => {
    it.effect("everything is sealed by the new key, opens as before, and the old one can be taken out", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(epochMillis)
        const apps = [yield* sealedApp, yield* sealedApp]
        const numbers = []
        for (let count = 0; count < 230; count++) numbers.push((yield* place(asked())).payment.payOrderNo)
        yield* putToken(0)
        const requests = yield* Effect.forEach(numbers, requestOf)
        const keys = yield* KeyEncryption
        const { old, now } = yield* added
        expect(yield* keys.keyId).toBe(now)
        const count = 2 * 2 + 230 + 1 + 1
        const refused = yield* Effect.flip(Rotate.retire(old))
        expect(refused).toMatchObject({ _tag: "KeyInUse", keyId: old, count })

        expect(yield* rewrapped).toEqual({ seen: count, rewrapped: count, unsealable: 0 })
        expect(progress.length).toBeGreaterThan(4)
        expect(progress.at(-1)).toEqual({ seen: count, rewrapped: count, unsealable: 0 })
        expect(yield* Rotate.countSealedBy(old)).toBe(0)
        expect(yield* rewrapped, "it can be run again").toEqual({ seen: count, rewrapped: 0, unsealable: 0 })

        yield* Rotate.retire(old)
        expect(
          readFileSync(yield* File, "utf8")
            .trim()
            .split("\n").length
        ).toBe(1)
        yield* TestClock.adjust(Duration.seconds(3))
        for (const one of apps) expect(yield* secretsOf(one)).toEqual([secret, `${secret}2`])
        expect(yield* Effect.forEach(numbers, requestOf)).toEqual(requests)
        expect(yield* openToken).toBe("token-1")
        const after = yield* Chain.make
        const chain = yield* Chain.Chain
        expect([after.keyId, after.sinceMillis]).toEqual([chain.keyId, chain.sinceMillis])
        yield* ended()
        expect(yield* Audit.verify()).toMatchObject({ faults: 0 })
      })
    )

    it.effect("the key that seals cannot be taken out, nor one while a process may not have heard of the new one", () =>
      Effect.gen(function* () {
        const ring = yield* KeyRing
        const keys = yield* KeyEncryption
        const { old, now } = yield* added
        yield* rewrapped
        expect(yield* Effect.flip(Rotate.retire(now))).toMatchObject({ _tag: "KeyInUse", keyId: now, count: 0 })
        const third = yield* ring.add
        yield* TestClock.adjust(Duration.seconds(3))
        expect(yield* keys.keyId).toBe(third)
        expect(yield* Effect.flip(Rotate.retire(old))).toMatchObject({ _tag: "KeysUnavailable" })
        expect(yield* ring.keyIds).toEqual([third, now, old])
      })
    )

    it.effect("what is exchanged while everything is sealed anew is not lost", () =>
      Effect.gen(function* () {
        const sealings = yield* Sealings
        const apps = yield* Apps
        const { seal } = yield* Vault
        const one = yield* sealedApp
        yield* added
        const newest = yield* seal(secretContext(one.endpoint), "whsec_newest")
        const exchanged = apps.edit(one.app, (app) => ({
          ...app,
          endpoints: app.endpoints.map((endpoint) =>
            endpoint.id === one.endpoint
              ? { ...endpoint, sealedSecrets: [newest, endpoint.sealedSecrets[0] ?? ""] }
              : endpoint
          )
        }))
        const services = yield* Effect.context<SharedTokens | Vault>()
        // An exchange between the read and the write, of a secret and of a token.
        const between = Layer.mergeAll(
          Layer.succeed(Apps, {
            ...apps,
            edit: (id, change) =>
              id === one.app ? Effect.zipRight(exchanged, apps.edit(id, change)) : apps.edit(id, change)
          }),
          Layer.succeed(Sealings, {
            ...sealings,
            replace: (changes) =>
              Effect.zipRight(
                changes.some(({ was }) => was.column === "tokens")
                  ? Effect.provide(Effect.orDie(putToken(1)), services)
                  : Effect.void,
                sealings.replace(changes)
              )
          })
        )
        const { seen, rewrapped: done } = yield* Effect.provide(rewrapped, between)
        expect(seen - done, "the token was another by then").toBe(1)
        expect(yield* secretsOf(one)).toEqual(["whsec_newest", secret])
        expect(yield* openToken).toBe("token-2")
      })
    )

    it.effect("what does not open stays as it is, is counted, and holds nothing up", () =>
      Effect.gen(function* () {
        const sealings = yield* Sealings
        const keys = yield* DataKeys
        const { payment } = yield* place(asked())
        const other = (yield* place(asked())).payment
        const sealedAt = (no: string) =>
          Effect.flatMap(Orders, (orders) => Effect.map(orders.sealedRequest(no), Option.getOrThrow))
        const was: Sealing = {
          column: "requests",
          row: [payment.payOrderNo],
          sealed: yield* sealedAt(payment.payOrderNo)
        }
        // Another row's text: sealed by a key that we have, to a place that this is not.
        const swapped = yield* sealedAt(other.payOrderNo)
        yield* sealings.replace([{ was, sealed: swapped }])
        yield* keys.getOrPut("strange", "nonsense")
        const { now } = yield* added
        expect(yield* rewrapped).toMatchObject({ unsealable: 2 })
        expect(yield* sealedAt(payment.payOrderNo)).toBe(swapped)
        const { keyIdOf } = yield* Vault
        expect(keyIdOf(yield* sealedAt(other.payOrderNo))).toBe(now)
        yield* requestOf(other.payOrderNo)
      })
    )
  })

rotateSuite("SQLite", worldOf(sqlite))
rotateSuite("MariaDB", worldOf(mariaDb))
