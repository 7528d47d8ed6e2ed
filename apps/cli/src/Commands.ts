import { Command } from "@effect/cli"
import { apps } from "./commands/Apps.ts"
import { keys } from "./commands/Keys.ts"

/** All commands. */
export const root = Command.make("payment-proxy").pipe(
  Command.withDescription("The operators' commands of Payment Proxy."),
  Command.withSubcommands([apps, keys])
)

/** Runs what was typed: `node`, the program, and what follows. */
export const run = Command.run(root, { name: "Payment Proxy", version: "0.1.0", executable: "payment-proxy" })
