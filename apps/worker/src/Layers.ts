import { join } from "node:path"
import * as Keyfile from "@payment-proxy/adapter-keyfile"
import * as Mysql from "@payment-proxy/adapter-mysql"
import * as OAuth from "@payment-proxy/adapter-oauth"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import * as VendorHttp from "@payment-proxy/adapter-vendor-http"
import * as Webhook from "@payment-proxy/adapter-webhook"
import { Event } from "@payment-proxy/api"
import { Calls, Chain, Changes, Keepings, KnownApps, Reconcile, Tally } from "@payment-proxy/application"
import { type Configuration, CrashAt, Generations, ReconcileEntry, VendorEntry } from "@payment-proxy/configuration"
import { Announcer, VendorTokens } from "@payment-proxy/ports"
import { Duration, Effect, Layer, Option, Redacted } from "effect"

/** How apps are shown an order: as the order API does. */
export const announcer = Layer.succeed(Announcer, Announcer.of({ event: Event.of, refundEvent: Event.ofRefund }))

/** A server's clock is that of all its processes; a file has none of its own (docs/adr/0013). */
const databaseOf = ({ DATABASE_URL, PAYMENT_PROXY_DATA }: Configuration["environment"]) =>
  Option.match(DATABASE_URL, {
    onNone: () => ({
      stores: Sqlite.layer({ filename: join(PAYMENT_PROXY_DATA, "payment-proxy.db") }),
      clock: Layer.empty
    }),
    onSome: (url) => Mysql.at({ url: Redacted.value(url) })
  })

/** The stores and their clock, and the vault with its keys in the folder that the environment names. */
export const storesOf = ({ environment }: Pick<Configuration, "environment">) => {
  const { stores, clock } = databaseOf(environment)
  const vault = Keyfile.KeyVault.layer({ file: join(environment.PAYMENT_PROXY_DATA, "vault.key"), create: true })
  return { stores: Layer.merge(stores, vault), clock }
}

/** All that speaks to vendors, as a configuration says; clients that stay as they were keep their tokens. */
const vendorSide =
  (clients: OAuth.Clients.Clients) =>
  ({ environment, vendors }: Configuration) => {
    const placed = VendorEntry.placed(vendors, environment.PAYMENT_PROXY_PUBLIC_URL)
    return Layer.merge(VendorHttp.layer(placed), VendorHttp.Mappings.layer(VendorEntry.mapped(vendors))).pipe(
      Layer.provideMerge(Layer.scoped(VendorTokens, clients.of(VendorEntry.clientsOf(vendors))))
    )
  }

/** How days are reconciled, as the configuration in force says. */
const reconciling = Layer.effect(
  Reconcile.Reconciling,
  Effect.zipWith(Reconcile.Reconciling, Generations.VendorSide, (usual, { inForce }) => ({
    ...usual,
    get readyHour() {
      return inForce().reconcile.readyHour
    },
    get lookBackDays() {
      return inForce().reconcile.lookBackDays
    },
    get slack() {
      return Duration.minutes(inForce().reconcile.slackMinutes)
    },
    get vendors() {
      return ReconcileEntry.bills(inForce().vendors, inForce().reconcile)
    }
  }))
)

/** Every port of the application, by the adapters that the configuration names. */
export const fromConfiguration = (configuration: Configuration) => {
  const { environment } = configuration
  const { stores, clock } = storesOf(configuration)
  const vendors = Layer.unwrapEffect(
    Effect.map(OAuth.Clients.make, (clients) => Generations.layer(configuration, vendorSide(clients)))
  )
  const counting = Layer.provideMerge(Tally.layer, stores)
  const adapters = Layer.mergeAll(
    Layer.provideMerge(KnownApps.layer, counting),
    Layer.provide(Chain.layer, stores),
    Layer.provide(Layer.provideMerge(Calls.layer, vendors), counting),
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
  return Layer.provideMerge(Layer.merge(Changes.layer, reconciling), adapters).pipe(
    Layer.provideMerge(Layer.merge(crash, keeping)),
    Layer.provideMerge(clock)
  )
}
