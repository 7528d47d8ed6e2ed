import { Command } from "@effect/cli"
import { Orders } from "@payment-proxy/ports"
import { Effect } from "effect"
import * as Failed from "../Failed.ts"
import { configured } from "../Layers.ts"
import { leaf } from "../Leaf.ts"
import type { Shown } from "../Shown.ts"

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
    Effect.match(configured, {
      onFailure: ({ source, faults, message }): Shown => ({
        json: { source, faults },
        text: "",
        fault: new Failed.Failed({ exit: Failed.exits.refused, code: "CONFIGURATION_INVALID", detail: message })
      }),
      onSuccess: ({ source, vendors, routes }): Shown => ({
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
