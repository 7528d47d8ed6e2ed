import { join } from "node:path"
import * as Keyfile from "@payment-proxy/adapter-keyfile"
import * as Mysql from "@payment-proxy/adapter-mysql"
import * as OAuth from "@payment-proxy/adapter-oauth"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import * as VendorHttp from "@payment-proxy/adapter-vendor-http"
import { Event } from "@payment-proxy/api"
import { Changes } from "@payment-proxy/application"
import { type Configuration, type Environment, VendorEntry } from "@payment-proxy/configuration"
import { Announcer, VendorTokens } from "@payment-proxy/ports"
import { Effect, Layer, Option, Redacted } from "effect"

/** How apps are shown an order: as the order API does. */
const announcer = Layer.succeed(Announcer, Announcer.of({ event: Event.of, refundEvent: Event.ofRefund }))

/** A server's clock is that of all its processes; a file has none of its own (docs/adr/0013). */
const databaseOf = ({ DATABASE_URL, PAYMENT_PROXY_DATA }: Environment) =>
  Option.match(DATABASE_URL, {
    onNone: () => ({
      stores: Sqlite.layer({ filename: join(PAYMENT_PROXY_DATA, "payment-proxy.db") }),
      clock: Layer.empty
    }),
    onSome: (url) => Mysql.at({ url: Redacted.value(url) })
  })

/** The stores, their clock and the vault, in the database and the folder that the environment names. */
export const stores = (environment: Environment) => {
  const { stores, clock } = databaseOf(environment)
  const vault = Keyfile.KeyVault.layer({ file: join(environment.PAYMENT_PROXY_DATA, "vault.key"), create: true })
  return Layer.merge(stores, vault).pipe(Layer.provideMerge(clock))
}

/** What speaks to the vendors that are configured. */
const vendors = ({ environment, vendors }: Configuration) =>
  VendorHttp.layer(VendorEntry.placed(vendors, environment.PAYMENT_PROXY_PUBLIC_URL)).pipe(
    Layer.provide(
      Layer.scoped(
        VendorTokens,
        Effect.flatMap(OAuth.Clients.make, (clients) => clients.of(VendorEntry.clientsOf(vendors)))
      )
    )
  )

/** Every port that a command needs which moves an order. */
export const whole = (configuration: Configuration) =>
  Changes.layer.pipe(
    Layer.provideMerge(Layer.merge(vendors(configuration), announcer)),
    Layer.provideMerge(stores(configuration.environment))
  )
