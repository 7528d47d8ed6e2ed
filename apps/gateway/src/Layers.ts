import { join } from "node:path"
import * as Keyfile from "@payment-proxy/adapter-keyfile"
import * as Mysql from "@payment-proxy/adapter-mysql"
import * as OAuth from "@payment-proxy/adapter-oauth"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import * as VendorHttp from "@payment-proxy/adapter-vendor-http"
import * as Webhook from "@payment-proxy/adapter-webhook"
import { Event } from "@payment-proxy/api"
import { Changes, Keepings, KnownApps } from "@payment-proxy/application"
import { type Configuration, CrashAt } from "@payment-proxy/configuration"
import { Announcer } from "@payment-proxy/ports"
import { Duration, Effect, Layer, Option, Redacted } from "effect"

/** How apps are shown an order: as the order API does. */
export const announcer = Layer.succeed(Announcer, Announcer.of({ event: Event.of }))

const databaseOf = ({ DATABASE_URL, PAYMENT_PROXY_DATA }: Configuration["environment"]) =>
  Option.match(DATABASE_URL, {
    onNone: () => Sqlite.layer({ filename: join(PAYMENT_PROXY_DATA, "payment-proxy.db") }),
    onSome: (url) => Mysql.layer({ url: Redacted.value(url) })
  })

/** The stores, and the vault in the folder that the environment names. */
export const storesOf = ({ environment }: Pick<Configuration, "environment">) =>
  Layer.merge(
    databaseOf(environment),
    Keyfile.KeyVault.layer({ file: join(environment.PAYMENT_PROXY_DATA, "vault.key"), create: true })
  )

/** Every port of the application, by the adapters that the configuration names. */
export const fromConfiguration = (configuration: Configuration) => {
  const { environment, vendors } = configuration
  const publicUrl = environment.PAYMENT_PROXY_PUBLIC_URL.replace(/\/$/, "")
  const oauth = Object.fromEntries(Object.entries(vendors).map(([name, vendor]) => [name, vendor.oauth]))
  const mapped = Object.fromEntries(
    Object.entries(vendors).map(([name, { oauth: _, ...vendor }]) => [
      name,
      { ...vendor, notifyUrl: `${publicUrl}/notify/${name}` }
    ])
  )
  const adapters = Layer.mergeAll(
    Layer.provideMerge(KnownApps.layer, storesOf(configuration)),
    VendorHttp.layer(mapped).pipe(Layer.provide(OAuth.layer(oauth))),
    Webhook.Sender.layer({ allowHttp: environment.PAYMENT_PROXY_DEVELOPMENT }),
    announcer
  )
  const crash = Option.match(environment.PAYMENT_PROXY_CRASH_AT, {
    onNone: () => Layer.empty,
    onSome: CrashAt.layer
  })
  const keeping = Layer.effect(
    Keepings,
    Effect.map(Keepings, (usual) => ({ ...usual, age: Duration.days(environment.PAYMENT_PROXY_RETENTION_DAYS) }))
  )
  return Layer.provideMerge(Layer.provideMerge(Changes.layer, adapters), Layer.merge(crash, keeping))
}
