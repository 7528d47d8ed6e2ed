import { HttpServer } from "@effect/platform"
import { AppKeys, Calls, Changes, secretContext, Work } from "@payment-proxy/application"
import { Current } from "@payment-proxy/configuration"
import type {
  Deliveries,
  DueWork,
  Inbox,
  Orders,
  Reconciliations,
  Retention,
  StoreUnavailable
} from "@payment-proxy/ports"
import { Apps, unlimited, Vault } from "@payment-proxy/ports"
import { FakeVault, FakeVendors, FakeWebhookSender } from "@payment-proxy/testkit"
import { Effect, Layer, Logger, LogLevel, ManagedRuntime } from "effect"
import * as EventStreams from "../src/EventStreams.ts"
import * as Http from "../src/Http.ts"
import * as Layers from "../src/Layers.ts"
import * as Proxied from "../src/proxied/Proxied.ts"
import * as Server from "../src/Server.ts"

/** Every store port. */
export type Stores = Layer.Layer<
  Orders | DueWork | Deliveries | Inbox | Apps | Reconciliations | Retention,
  StoreUnavailable
>

const loadedAt = "2026-11-23T08:00:00.000Z"
const current = Layer.succeed(
  Current.Current,
  Current.Current.of({ status: Effect.succeed({ loadedAt, refused: null }), look: Effect.void })
)

/** What of a world is not as usual. */
export interface Options {
  /** Whether the worker's loops run in it, too. */
  readonly works?: boolean
  readonly streams?: Partial<EventStreams.Limits>
}

const worldOf = (stores: Stores, { works = true, streams = {} }: Options) => {
  const adapters = Layer.mergeAll(
    stores,
    Layer.provideMerge(Calls.layer, FakeVendors.layer({ names: ["platform"] })),
    FakeVault.layer,
    FakeWebhookSender.layer,
    Layers.announcer
  )
  const ports = Layer.provideMerge(Changes.layer, adapters)
  const server = Server.layer(
    { host: "127.0.0.1", port: 0 },
    { requestTimeout: 1500, headersTimeout: 1000, connectionsCheckingInterval: 100 }
  )
  const bounds = Layer.effect(
    EventStreams.Bounds,
    Effect.map(EventStreams.Bounds, (usual) => ({ ...usual, ...streams }))
  )
  return Layer.mergeAll(Http.layer, works ? Work.layer : Layer.empty).pipe(
    Layer.provideMerge(Layer.provide(server, Proxied.layer)),
    Layer.provideMerge(EventStreams.layer),
    Layer.provide(bounds),
    Layer.provide(current),
    Layer.provideMerge(ports),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )
}

const appWithKey = (id: string, isTold = true) =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const vault = yield* Vault
    const sealedSecret = yield* vault.seal(secretContext(`${id}-webhook`), "whsec_c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM=")
    yield* apps.put({
      id,
      name: id,
      endpoints: isTold
        ? [
            {
              id: `${id}-webhook`,
              url: "https://shop.example/webhooks",
              sealedSecrets: [sealedSecret],
              events: null,
              stopped: null
            }
          ]
        : [],
      limits: unlimited,
      isDisabled: false
    })
    const { text, keyId, secretSha256 } = AppKeys.generate()
    yield* apps.addKey({ keyId, app: id, secretSha256, createdAtMillis: 0, revokedAtMillis: null })
    return text
  })

/** An answer of the gateway. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** A gateway that listens, on these stores and on fakes of all else, with two apps, and one that has no endpoint. */
export const open = async (stores: Stores, options: Options = {}) => {
  const runtime = ManagedRuntime.make(worldOf(stores, options))
  const run = runtime.runPromise
  const url = await run(HttpServer.addressFormattedWith(Effect.succeed))
  const keys = {
    shop: await run(appWithKey("shop")),
    other: await run(appWithKey("other")),
    quiet: await run(appWithKey("quiet", false))
  }
  const fake = await run(FakeVendors.FakeVendor)
  const call = async (
    method: string,
    path: string,
    init: { readonly headers?: Record<string, string>; readonly body?: string | Uint8Array<ArrayBuffer> } = {}
  ): Promise<Answer> => {
    const headers = { authorization: `Bearer ${keys.shop}`, "content-type": "application/json", ...init.headers }
    const response = await fetch(`${url}${path}`, { method, headers, body: init.body ?? null })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get("content-type") ?? "")
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
  return { url, keys, call, run, fake, close: () => runtime.dispose() }
}

export type World = Awaited<ReturnType<typeof open>>
