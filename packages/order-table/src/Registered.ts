import type { App, AppKey } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

const Endpoints = Schema.parseJson(
  Schema.Array(Schema.Struct({ id: Schema.String, url: Schema.String, sealedSecret: Schema.String }))
)
const encodeEndpoints = Schema.encodeSync(Endpoints)
const AppRow = Schema.Struct({ id: Schema.String, name: Schema.String, endpoints: Endpoints })
const KeyRow = Schema.Struct({ key_id: Schema.String, app: Schema.String, secret_sha256: Schema.String })

/** An app as a row. */
export const toAppRow = ({ id, name, endpoints }: App) => ({ id, name, endpoints: encodeEndpoints(endpoints) })

/** A key as a row. */
export const toKeyRow = ({ keyId, app, secretSha256 }: AppKey) => ({ key_id: keyId, app, secret_sha256: secretSha256 })

/** Rows as apps. */
export const decodeApps: (rows: unknown) => Effect.Effect<ReadonlyArray<App>, ParseResult.ParseError> =
  Schema.decodeUnknown(Schema.Array(AppRow))

const decodeKeyRows = Schema.decodeUnknown(Schema.Array(KeyRow))

/** Rows as keys. */
export const decodeKeys = (rows: unknown): Effect.Effect<ReadonlyArray<AppKey>, ParseResult.ParseError> =>
  Effect.map(decodeKeyRows(rows), (all) =>
    all.map(({ key_id, app, secret_sha256 }) => ({ keyId: key_id, app, secretSha256: secret_sha256 }))
  )
