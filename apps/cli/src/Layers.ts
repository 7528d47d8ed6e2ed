import { mkdirSync } from "node:fs"
import { join } from "node:path"
import * as Keyfile from "@payment-proxy/adapter-keyfile"
import * as Mysql from "@payment-proxy/adapter-mysql"
import * as OAuth from "@payment-proxy/adapter-oauth"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import * as VendorHttp from "@payment-proxy/adapter-vendor-http"
import { Event } from "@payment-proxy/api"
import { Chain, Changes, Reconcile, SecondPerson } from "@payment-proxy/application"
import {
  type Configuration,
  ConfigurationInvalid,
  type Environment as Decoded,
  decodeEnvironment,
  load,
  OperatorsEntry,
  Process,
  ReconcileEntry,
  VendorEntry
} from "@payment-proxy/configuration"
import { Announcer, VendorTokens } from "@payment-proxy/ports"
import { Context, Duration, Effect, Either, Layer, Option, Redacted } from "effect"

/** The variables that the command was started with. */
export class Environment extends Context.Tag("@payment-proxy/cli/Environment")<
  Environment,
  { readonly variables: { readonly [name: string]: string | undefined } }
>() {}

/** How apps are shown an order: as the order API does. */
const announcer = Layer.succeed(Announcer, Announcer.of({ event: Event.of, refundEvent: Event.ofRefund }))

/** Who types waits no longer than this for a database that is not there. */
const startSeconds = 5

/** A server's clock is that of all its processes; a file has none of its own (docs/adr/0013). */
const databaseOf = ({ DATABASE_URL, PAYMENT_PROXY_DATA }: Decoded) =>
  Option.match(DATABASE_URL, {
    onNone: () => ({
      stores: Sqlite.layer({ filename: join(PAYMENT_PROXY_DATA, "payment-proxy.db") }),
      clock: Layer.empty
    }),
    onSome: (url) => Mysql.at({ url: Redacted.value(url), startSeconds, maxConnections: 2 })
  })

/** The folder of data is there, or why it cannot be made. */
const folderOf = ({ PAYMENT_PROXY_DATA }: Decoded) =>
  Effect.try({
    try: () => mkdirSync(PAYMENT_PROXY_DATA, { recursive: true, mode: 0o700 }),
    catch: (cause) =>
      new ConfigurationInvalid({
        source: "the environment",
        faults: [
          {
            at: "PAYMENT_PROXY_DATA",
            detail: `This folder cannot be made (${cause instanceof Error ? cause.message : cause}): name one that this user may write to.`
          }
        ]
      })
  })

/** The stores, their clock, the vault and the chain of histories, in the database and the folder that the environment names. */
const storesOf = (environment: Decoded) => {
  const { stores, clock } = databaseOf(environment)
  const vault = Keyfile.KeyVault.layer({ file: join(environment.PAYMENT_PROXY_DATA, "vault.key"), create: true })
  const all = Chain.layer.pipe(Layer.provideMerge(Layer.merge(stores, vault)), Layer.provideMerge(clock))
  return Layer.unwrapEffect(Effect.as(folderOf(environment), all))
}

/** What the variables say, or all that is wrong with them. */
const decoded = Effect.flatMap(Environment, ({ variables }) =>
  Either.mapLeft(
    decodeEnvironment(variables),
    (faults) => new ConfigurationInvalid({ source: "the environment", faults })
  )
)

/** Every store port, as the environment says. */
export const stores = Layer.unwrapEffect(Effect.map(decoded, storesOf))

/** The configuration that the environment names, or all that is wrong with it. */
export const configured = Effect.flatMap(Environment, ({ variables }) => load(variables, Process.fileText))

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

/** How days are reconciled, as configured. */
const reconciling = ({ vendors, reconcile }: Configuration) =>
  Layer.effect(
    Reconcile.Reconciling,
    Effect.map(Reconcile.Reconciling, (usual) => ({
      ...usual,
      readyHour: reconcile.readyHour,
      lookBackDays: reconcile.lookBackDays,
      slack: Duration.minutes(reconcile.slackMinutes),
      vendors: ReconcileEntry.bills(vendors, reconcile)
    }))
  )

/** What takes a second person, as configured. */
const secondPerson = ({ operators }: Configuration) => Layer.succeed(SecondPerson, OperatorsEntry.rule(operators))

const wholeOf = (configuration: Configuration) =>
  Changes.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(vendors(configuration), announcer, reconciling(configuration), secondPerson(configuration))
    ),
    Layer.provideMerge(storesOf(configuration.environment))
  )

/** Every port that a command needs which moves an order, as the configuration says. */
export const whole = Layer.unwrapEffect(Effect.map(configured, wholeOf))
