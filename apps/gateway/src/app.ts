// Makes a business system's app, or replaces its endpoint, and shows a new key: once, as it is stored hashed.
//   node --conditions=source src/app.ts --id=shop --name="My shop" --webhook=https://shop.example/webhooks
// The webhook secret is taken from WEBHOOK_SECRET (whsec_…), or made and shown as well.
import { randomBytes } from "node:crypto"
import { mkdirSync } from "node:fs"
import { parseArgs } from "node:util"
import { NodeRuntime } from "@effect/platform-node"
import { AppKeys, secretContext } from "@payment-proxy/application"
import { Environment } from "@payment-proxy/configuration"
import { Apps, Vault } from "@payment-proxy/ports"
import { Clock, Console, Effect, Logger, LogLevel, Schema } from "effect"
import * as Layers from "./Layers.ts"

const { values } = parseArgs({
  options: { id: { type: "string" }, name: { type: "string" }, webhook: { type: "string" } }
})

const Arguments = Schema.Struct({
  // Its endpoint is called after it, in a column of 64 characters.
  id: Schema.String.pipe(Schema.pattern(/^[a-z0-9-]{1,56}$/, { message: () => "--id is 1 to 56 of a-z, 0-9 and -" })),
  name: Schema.optional(
    Schema.String.pipe(
      Schema.pattern(/^[^\p{Cc}]{1,256}$/u, { message: () => "--name is 1 to 256 characters, none of them a control" })
    )
  ),
  webhook: Schema.optional(
    Schema.String.pipe(Schema.pattern(/^https?:\/\/\S+$/, { message: () => "--webhook is an http or https address" }))
  )
})

const main = Effect.gen(function* () {
  const { id, name = id, webhook } = yield* Schema.decodeUnknown(Arguments, { errors: "all" })(values)
  const environment = yield* Schema.decodeUnknown(Environment)(process.env)
  mkdirSync(environment.PAYMENT_PROXY_DATA, { recursive: true, mode: 0o700 })
  const secret = process.env["WEBHOOK_SECRET"] ?? `whsec_${randomBytes(32).toString("base64")}`
  const key = AppKeys.generate()
  yield* Effect.gen(function* () {
    const apps = yield* Apps
    const vault = yield* Vault
    const endpoint = `${id}-webhook`
    const sealedSecret = yield* vault.seal(secretContext(endpoint), secret)
    yield* apps.put({
      id,
      name,
      endpoints:
        webhook === undefined
          ? []
          : [{ id: endpoint, url: webhook, sealedSecrets: [sealedSecret], events: null, stopped: null }],
      isDisabled: false
    })
    const createdAtMillis = yield* Clock.currentTimeMillis
    yield* apps.addKey({
      keyId: key.keyId,
      app: id,
      secretSha256: key.secretSha256,
      createdAtMillis,
      revokedAtMillis: null
    })
  }).pipe(Effect.provide(Layers.storesOf({ environment }).stores))
  const shown = process.env["WEBHOOK_SECRET"] === undefined && webhook !== undefined ? { webhookSecret: secret } : {}
  yield* Console.log(JSON.stringify({ ready: true, app: id, key: key.text, ...shown }))
})

main.pipe(Logger.withMinimumLogLevel(LogLevel.Warning), NodeRuntime.runMain)
