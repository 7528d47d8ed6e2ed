import { type App, type AppKey, unlimited } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

const Endpoint = Schema.Struct({
  id: Schema.String,
  url: Schema.String,
  sealedSecrets: Schema.Array(Schema.String),
  events: Schema.NullOr(Schema.Array(Schema.String)),
  stopped: Schema.NullOr(Schema.Struct({ reason: Schema.String, sinceMillis: Schema.Number }))
})

/** An endpoint as it was kept when it had one secret and wanted all events. */
const Former = Schema.transform(
  Schema.Struct({ id: Schema.String, url: Schema.String, sealedSecret: Schema.String }),
  Schema.typeSchema(Endpoint),
  {
    strict: true,
    decode: ({ id, url, sealedSecret }) => ({ id, url, sealedSecrets: [sealedSecret], events: null, stopped: null }),
    encode: ({ id, url, sealedSecrets: [sealedSecret = ""] }) => ({ id, url, sealedSecret })
  }
)

const Endpoints = Schema.parseJson(Schema.Array(Schema.Union(Endpoint, Former)))
const encodeEndpoints = Schema.encodeSync(Schema.parseJson(Schema.Array(Endpoint)))
const Rate = Schema.NullOr(Schema.Number)
const Limits = Schema.parseJson(Schema.Struct({ createsPerSecond: Rate, readsPerSecond: Rate, streams: Rate }))
const encodeLimits = Schema.encodeSync(Limits)
const AppRow = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  endpoints: Endpoints,
  is_disabled: Schema.Number,
  limits: Schema.NullOr(Limits)
})
const KeyRow = Schema.Struct({
  key_id: Schema.String,
  app: Schema.String,
  secret_sha256: Schema.String,
  created_millis: Schema.Number,
  revoked_millis: Schema.NullOr(Schema.Number)
})

/** The columns of an app and of a key. */
export const appColumns = ["id", "name", "endpoints", "is_disabled", "limits"] as const
export const keyColumns = ["key_id", "app", "secret_sha256", "created_millis", "revoked_millis"] as const

/** An app as a row. */
export const toAppRow = ({ id, name, endpoints, limits, isDisabled }: App) => ({
  id,
  name,
  endpoints: encodeEndpoints(endpoints),
  is_disabled: isDisabled ? 1 : 0,
  limits: encodeLimits(limits)
})

/** A key as a row. */
export const toKeyRow = ({ keyId, app, secretSha256, createdAtMillis, revokedAtMillis }: AppKey) => ({
  key_id: keyId,
  app,
  secret_sha256: secretSha256,
  created_millis: createdAtMillis,
  revoked_millis: revokedAtMillis
})

const decodeAppRows = Schema.decodeUnknown(Schema.Array(AppRow))

/** Rows as apps. */
export const decodeApps = (rows: unknown): Effect.Effect<ReadonlyArray<App>, ParseResult.ParseError> =>
  Effect.map(decodeAppRows(rows), (all) =>
    all.map(({ is_disabled, limits, ...app }) => ({
      ...app,
      limits: limits ?? unlimited,
      isDisabled: is_disabled !== 0
    }))
  )

const decodeKeyRows = Schema.decodeUnknown(Schema.Array(KeyRow))

/** Rows as keys. */
export const decodeKeys = (rows: unknown): Effect.Effect<ReadonlyArray<AppKey>, ParseResult.ParseError> =>
  Effect.map(decodeKeyRows(rows), (all) =>
    all.map(({ key_id, app, secret_sha256, created_millis, revoked_millis }) => ({
      keyId: key_id,
      app,
      secretSha256: secret_sha256,
      createdAtMillis: created_millis,
      revokedAtMillis: revoked_millis
    }))
  )
