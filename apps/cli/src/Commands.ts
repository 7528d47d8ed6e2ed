import { Command } from "@effect/cli"
import type { Apps, Deliveries, DueWork, Orders, Vault } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { apps } from "./commands/Apps.ts"
import { events } from "./commands/Events.ts"
import { keys } from "./commands/Keys.ts"
import { orders } from "./commands/Orders.ts"
import { config, migrate } from "./commands/System.ts"

/** What the commands work on; opened by those that need it alone. */
export interface Sources<E> {
  readonly stores: Layer.Layer<Orders | Apps | Deliveries | DueWork | Vault, E>
}

/** Runs what was typed: `node`, the program, and what follows. */
export const make = <E>({ stores }: Sources<E>) =>
  Command.run(
    Command.make("payment-proxy").pipe(
      Command.withDescription("The operators' commands of Payment Proxy."),
      Command.withSubcommands([
        apps.pipe(Command.provide(stores)),
        keys.pipe(Command.provide(stores)),
        orders.pipe(Command.provide(stores)),
        events.pipe(Command.provide(stores)),
        migrate.pipe(Command.provide(stores)),
        config
      ])
    ),
    { name: "Payment Proxy", version: "0.1.0", executable: "payment-proxy" }
  )
