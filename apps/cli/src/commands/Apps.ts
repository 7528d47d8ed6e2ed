import { Command, Options } from "@effect/cli"
import { AppKeys, Registry } from "@payment-proxy/application"
import type { App } from "@payment-proxy/ports"
import { Effect, Option, Redacted } from "effect"
import * as Failed from "../Failed.ts"
import { Environment } from "../Layers.ts"
import { argument, confirmed, leaf, optional, yes } from "../Leaf.ts"
import * as Operator from "../Operator.ts"
import * as Shown from "../Shown.ts"

const app = argument("app", "The app's id")
const endpoint = argument("endpoint", "The endpoint's id")
const timeOf = (millis: number): string => new Date(millis).toISOString()

/** An app as commands show it: its endpoints without their secrets. */
const shownAs = ({ id, name, isDisabled, limits, endpoints }: App) => ({
  id,
  name,
  isDisabled,
  limits,
  endpoints: endpoints.map(({ id, url, events, stopped, sealedSecrets }) => ({
    id,
    url,
    events,
    secrets: sealedSecrets.length,
    stopped: stopped === null ? null : { reason: stopped.reason, since: timeOf(stopped.sinceMillis) }
  }))
})

/** What an app may do, where it is not as much as there is. */
const limitsOf = ({ createsPerSecond, readsPerSecond, streams }: App["limits"]): string | null => {
  const parts = [
    createsPerSecond === null ? [] : [`${createsPerSecond} creates/s`],
    readsPerSecond === null ? [] : [`${readsPerSecond} reads/s`],
    streams === null ? [] : [`${streams} streams`]
  ].flat()
  return parts.length === 0 ? null : parts.join(", ")
}

const one = (app: App): Shown.Shown => {
  const shown = shownAs(app)
  const limits = limitsOf(app.limits)
  const head = Shown.fields({
    id: app.id,
    name: app.name,
    disabled: app.isDisabled ? "yes" : "no",
    ...(limits === null ? {} : { limits })
  })
  const rows = shown.endpoints.map(({ id, url, events, secrets, stopped }) => [
    id,
    url,
    events?.join(",") ?? "all",
    secrets,
    stopped === null ? "no" : `${stopped.since}: ${stopped.reason}`
  ])
  const endpoints = Shown.table(["ENDPOINT", "URL", "EVENTS", "SECRETS", "STOPPED"], rows)
  return { json: shown, text: rows.length === 0 ? `${head}\n\nNo endpoints.` : `${head}\n\n${endpoints}` }
}

/** Changes an app, on record, and shows it as it then is. */
const changed = <E, R>(action: string, app: string, change: Effect.Effect<App, E, R>, reason: string | null = null) =>
  Effect.map(Operator.did(action, app, reason)(change), one)

const list = leaf("list", { about: "Shows all apps.", example: "apps list", config: {} }, () =>
  Effect.map(Registry.list, (apps) =>
    Shown.list(
      apps.map(shownAs),
      ["APP", "NAME", "ENDPOINTS", "DISABLED"],
      ({ id, name, endpoints, isDisabled }) => [id, name, endpoints.length, isDisabled ? "yes" : "no"],
      "No apps. Make one with: payment-proxy apps create ID --name NAME"
    )
  )
)

const events = Options.text("events").pipe(
  Options.withDescription("A type of events that it wants, like order.succeeded or order.*; all unless given"),
  Options.repeated
)

const secretVariable = optional(
  "secret-env",
  "The environment variable that has the endpoint's secret (whsec_…); one is made unless given"
)

/** A secret of the operator's own, by the name of its variable: what is typed is seen by others on the machine. */
const ownSecret = (variable: Option.Option<string>) =>
  Effect.flatMap(Environment, ({ variables }) => {
    if (Option.isNone(variable)) return Effect.succeed(null)
    const text = variables[variable.value]
    return text === undefined
      ? new Failed.Failed({
          exit: Failed.exits.usage,
          code: "SECRET_MISSING",
          detail: `There is no environment variable ${variable.value}.`
        })
      : Effect.succeed(Redacted.make(text))
  })

const shownOnce = (what: string, secret: Redacted.Redacted): string =>
  `${what} It is not shown again:\n${Redacted.value(secret)}`

const create = leaf(
  "create",
  {
    about: "Makes an app: a business system that calls the proxy; at once with an endpoint and a key, if you like.",
    example: 'apps create shop --name "My shop" --key',
    config: {
      app,
      name: optional("name", "What people call it; the id unless given"),
      endpoint: optional("endpoint", "Where it is told of its orders: https, and a public address"),
      events,
      secretVariable,
      key: Options.boolean("key").pipe(Options.withDescription("Make a key for it, which is shown once"))
    }
  },
  ({ app, name, endpoint, events, secretVariable, key }) =>
    Effect.gen(function* () {
      const given = yield* ownSecret(secretVariable)
      yield* Registry.create(
        app,
        Option.getOrElse(name, () => app)
      )
      const added = Option.isNone(endpoint)
        ? null
        : yield* Registry.addEndpoint(app, {
            url: endpoint.value,
            events: events.length === 0 ? null : events,
            secret: given
          })
      const made = key ? yield* AppKeys.create(app) : null
      const shown = one(yield* Registry.show(app))
      const secret = added === null || given !== null ? null : added.secret
      const once = [
        ...(secret === null ? [] : [shownOnce("The endpoint's secret was made.", secret)]),
        ...(made === null ? [] : [shownOnce(`Key ${made.keyId} was made.`, made.text)])
      ]
      return {
        json: {
          ...Object(shown.json),
          ...(secret === null ? {} : { secret: Redacted.value(secret) }),
          ...(made === null ? {} : { keyId: made.keyId, key: Redacted.value(made.text) })
        },
        text: [shown.text, ...once].join("\n\n")
      }
    }).pipe(Operator.did("app.create", app))
)

const show = leaf(
  "show",
  { about: "Shows an app and its endpoints.", example: "apps show shop", config: { app } },
  ({ app }) => Effect.map(Registry.show(app), one)
)

const disable = leaf(
  "disable",
  {
    about: "Shuts an app out: its keys open nothing, and it is told nothing, within 10 seconds.",
    example: "apps disable shop",
    config: { app }
  },
  ({ app }) => changed("app.disable", app, Registry.setDisabled(app, true))
)

const enable = leaf(
  "enable",
  { about: "Lets an app in again.", example: "apps enable shop", config: { app } },
  ({ app }) => changed("app.enable", app, Registry.setDisabled(app, false))
)

const add = leaf(
  "add",
  {
    about: "Adds an endpoint, where the app is told of its orders. Its secret is shown once.",
    example: "apps endpoint add shop https://shop.example/webhooks --events order.succeeded --events 'refund.*'",
    config: {
      app,
      url: argument("url", "Where deliveries are sent: https, and a public address"),
      events,
      secretVariable
    }
  },
  ({ app, url, events, secretVariable }) =>
    Effect.gen(function* () {
      const given = yield* ownSecret(secretVariable)
      const { endpoint, secret } = yield* Registry.addEndpoint(app, {
        url,
        events: events.length === 0 ? null : events,
        secret: given
      })
      return given === null
        ? {
            json: { endpoint: endpoint.id, secret: Redacted.value(secret) },
            text: shownOnce(`Endpoint ${endpoint.id} was added, and its secret made.`, secret)
          }
        : { json: { endpoint: endpoint.id }, text: `Endpoint ${endpoint.id} was added.` }
    }).pipe(Operator.did("endpoint.add", app))
)

const remove = leaf(
  "remove",
  {
    about: "Takes an endpoint away; what waits for it ends.",
    example: "apps endpoint remove shop shop-1a2b3c",
    config: { app, endpoint, yes }
  },
  ({ app, endpoint, yes }) =>
    Effect.zipRight(
      confirmed(yes, `Take endpoint ${endpoint} of ${app} away?`),
      changed("endpoint.remove", app, Registry.removeEndpoint(app, endpoint))
    )
)

const stop = leaf(
  "stop",
  {
    about: "Sends nothing more to an endpoint until it is started again.",
    example: 'apps endpoint stop shop shop-1a2b3c --reason "it moves"',
    config: {
      app,
      endpoint,
      reason: Options.text("reason").pipe(
        Options.withDescription("Why, for who looks later"),
        Options.withDefault("stopped by an operator")
      )
    }
  },
  ({ app, endpoint, reason }) => changed("endpoint.stop", app, Registry.stopEndpoint(app, endpoint, reason), reason)
)

const start = leaf(
  "start",
  {
    about: "Sends to an endpoint again, of what happens from now on.",
    example: "apps endpoint start shop shop-1a2b3c",
    config: { app, endpoint }
  },
  ({ app, endpoint }) => changed("endpoint.start", app, Registry.startEndpoint(app, endpoint))
)

const rotate = leaf(
  "rotate",
  {
    about: "Gives an endpoint a second secret, which signs beside the first. It is shown once.",
    example: "apps secret rotate shop shop-1a2b3c",
    config: { app, endpoint }
  },
  ({ app, endpoint }) =>
    Effect.map(
      Operator.did("secret.rotate", app)(Registry.rotateSecret(app, endpoint)),
      (secret): Shown.Shown => ({
        json: { endpoint, secret: Redacted.value(secret) },
        text: `Deliveries are signed with both secrets from now on. The new one is not shown again:\n${Redacted.value(secret)}\nOnce the app takes it: payment-proxy apps secret retire ${app} ${endpoint}`
      })
    )
)

const retire = leaf(
  "retire",
  {
    about: "Lets the newest secret of an endpoint sign alone.",
    example: "apps secret retire shop shop-1a2b3c",
    config: { app, endpoint }
  },
  ({ app, endpoint }) => changed("secret.end", app, Registry.retireSecret(app, endpoint))
)

const rate = (name: string, about: string) =>
  Options.integer(name).pipe(Options.withDescription(`${about}; as much as there is unless given`), Options.optional)

const limits = leaf(
  "limits",
  {
    about: "Sets what an app may do in a second at each gateway, and how many streams it has there.",
    example: "apps limits shop --creates 50 --reads 500 --streams 100",
    config: {
      app,
      creates: rate("creates", "Calls a second that make or change something"),
      reads: rate("reads", "Calls a second that read"),
      streams: rate("streams", "Streams of events at a time")
    }
  },
  ({ app, creates, reads, streams }) =>
    changed(
      "app.limits",
      app,
      Registry.setLimits(app, {
        createsPerSecond: Option.getOrNull(creates),
        readsPerSecond: Option.getOrNull(reads),
        streams: Option.getOrNull(streams)
      })
    )
)

/** `payment-proxy apps …` */
export const apps = Command.make("apps").pipe(
  Command.withDescription("Business systems, their endpoints and secrets"),
  Command.withSubcommands([
    list,
    create,
    show,
    disable,
    enable,
    limits,
    Command.make("endpoint").pipe(
      Command.withDescription("Where an app is told of its orders"),
      Command.withSubcommands([add, remove, stop, start])
    ),
    Command.make("secret").pipe(
      Command.withDescription("What an endpoint's deliveries are signed with"),
      Command.withSubcommands([rotate, retire])
    )
  ])
)
