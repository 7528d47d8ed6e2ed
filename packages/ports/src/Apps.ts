import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** Where an app wants to be told; `sealedSecret` is the `whsec_…` that its deliveries are signed with, sealed. */
export interface Endpoint {
  readonly id: string
  readonly url: string
  readonly sealedSecret: string
}

/** A business system that calls the proxy. */
export interface App {
  readonly id: string
  readonly name: string
  readonly endpoints: ReadonlyArray<Endpoint>
}

/** A key as stored: never the key, only the SHA-256 (hex) of its secret part. */
export interface AppKey {
  readonly keyId: string
  readonly app: string
  readonly secretSha256: string
}

/** The business systems and their keys. */
export class Apps extends Context.Tag("@payment-proxy/ports/Apps")<
  Apps,
  {
    /** Makes the app, or replaces its name and endpoints. */
    readonly put: (app: App) => Effect.Effect<void, StoreUnavailable>
    readonly byId: (id: string) => Effect.Effect<Option.Option<App>, StoreUnavailable>
    readonly addKey: (key: AppKey) => Effect.Effect<void, StoreUnavailable>
    readonly keyById: (keyId: string) => Effect.Effect<Option.Option<AppKey>, StoreUnavailable>
  }
>() {}
