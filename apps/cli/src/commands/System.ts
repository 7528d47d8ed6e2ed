import { Command } from "@effect/cli"
import { type Configuration, type ConfigurationInvalid, load, Process } from "@payment-proxy/configuration"
import { Orders } from "@payment-proxy/ports"
import { Effect } from "effect"
import * as Failed from "../Failed.ts"
import { leaf } from "../Leaf.ts"

/** The configuration that the environment names, or all that is wrong with it. */
export const configured: Effect.Effect<Configuration, ConfigurationInvalid> = Effect.suspend(() =>
  load(process.env, Process.fileText)
)

/** `payment-proxy migrate` */
export const migrate = leaf(
  "migrate",
  {
    about: "Brings the database's tables up to date. Every process does so at its start; this does it beforehand.",
    example: "migrate",
    config: {}
  },
  () =>
    Effect.flatMap(Orders, (orders) => orders.ready).pipe(
      Effect.as({ json: { migrated: true }, text: "The database is up to date." })
    )
)

const check = leaf(
  "check",
  {
    about: "Reads the configuration and the environment, and names every fault by its place.",
    example: "config check",
    config: {}
  },
  () =>
    Effect.matchEffect(configured, {
      onFailure: ({ message }) =>
        new Failed.Failed({ exit: Failed.exits.refused, code: "CONFIGURATION_INVALID", detail: message }),
      onSuccess: ({ source, vendors, routes }) =>
        Effect.succeed({
          json: { source, vendors: Object.keys(vendors), routes: Object.keys(routes), faults: [] },
          text: `${source} has no fault: ${Object.keys(vendors).length} vendors, ${Object.keys(routes).length} routes.`
        })
    })
)

/** `payment-proxy config …` */
export const config = Command.make("config").pipe(
  Command.withDescription("The configuration file and the environment"),
  Command.withSubcommands([check])
)
