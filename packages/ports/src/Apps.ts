import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** Where an app wants to be told. */
export interface Endpoint {
  readonly id: string
  readonly url: string
  /** The `whsec_…` that its deliveries are signed with, sealed; the newest first, two while one takes over from the other. */
  readonly sealedSecrets: ReadonlyArray<string>
  /** The types of events that it wants, `order.succeeded` or `order.*`; null: all. */
  readonly events: ReadonlyArray<string> | null
  /** Why and since when nothing more is sent to it. */
  readonly stopped: { readonly reason: string; readonly sinceMillis: number } | null
}

/** What an app may do in a second at one gateway, and its streams of events there; null: as much as there is. */
export interface AppLimits {
  /** Calls that make or change something. */
  readonly createsPerSecond: number | null
  /** Calls that read. */
  readonly readsPerSecond: number | null
  readonly streams: number | null
}

/** An app that may do as much as there is. */
export const unlimited: AppLimits = { createsPerSecond: null, readsPerSecond: null, streams: null }

/** What an operator wants changed of an app, its keys or its endpoints, as plain data. */
export type AppChange =
  | { readonly type: "addKey" }
  | { readonly type: "rotateKey"; readonly overlapHours: number }
  | { readonly type: "revokeKey"; readonly keyId: string }
  | { readonly type: "addEndpoint"; readonly url: string; readonly events: ReadonlyArray<string> | null }
  | {
      readonly type: "removeEndpoint" | "rotateSecret" | "endOldSecret" | "startEndpoint" | "stopEndpoint"
      readonly endpoint: string
    }
  | { readonly type: "disable" | "enable" }
  | { readonly type: "setLimits"; readonly limits: AppLimits }

/** A business system that calls the proxy. */
export interface App {
  readonly id: string
  readonly name: string
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly limits: AppLimits
  /** Its keys open nothing, and it is told nothing. */
  readonly isDisabled: boolean
}

/** A key as stored: never the key, only the SHA-256 (hex) of its secret part. */
export interface AppKey {
  readonly keyId: string
  readonly app: string
  readonly secretSha256: string
  readonly createdAtMillis: number
  /** From when on it opens nothing. */
  readonly revokedAtMillis: number | null
}

/** The business systems and their keys. */
export class Apps extends Context.Tag("@payment-proxy/ports/Apps")<
  Apps,
  {
    /** Makes the app, or replaces it. */
    readonly put: (app: App) => Effect.Effect<void, StoreUnavailable>
    /** Changes the app as it is, while nobody else does; none where there is no such app. */
    readonly edit: (id: string, change: (app: App) => App) => Effect.Effect<Option.Option<App>, StoreUnavailable>
    readonly byId: (id: string) => Effect.Effect<Option.Option<App>, StoreUnavailable>
    /** All of them, by id. */
    readonly list: Effect.Effect<ReadonlyArray<App>, StoreUnavailable>
    readonly addKey: (key: AppKey) => Effect.Effect<void, StoreUnavailable>
    readonly keyById: (keyId: string) => Effect.Effect<Option.Option<AppKey>, StoreUnavailable>
    /** The app's keys, oldest first, those that are revoked too. */
    readonly keysOf: (app: string) => Effect.Effect<ReadonlyArray<AppKey>, StoreUnavailable>
    /** From `atMillis` on the key opens nothing; false where there is none, or it was revoked for an earlier time. */
    readonly revokeKey: (keyId: string, atMillis: number) => Effect.Effect<boolean, StoreUnavailable>
  }
>() {}
