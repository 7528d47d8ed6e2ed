import { CliConfig, Command, ValidationError } from "@effect/cli"
import { type Console, Effect } from "effect"
import { apps } from "./commands/Apps.ts"
import { audit } from "./commands/Audit.ts"
import { events } from "./commands/Events.ts"
import { keys } from "./commands/Keys.ts"
import { operators } from "./commands/Operators.ts"
import { orders } from "./commands/Orders.ts"
import { proposals } from "./commands/Proposals.ts"
import { reconcile } from "./commands/Reconcile.ts"
import { secrets } from "./commands/Secrets.ts"
import { config, migrate } from "./commands/System.ts"
import * as Failed from "./Failed.ts"
import * as Help from "./Help.ts"
import * as Layers from "./Layers.ts"
import { Output } from "./Leaf.ts"

const root = Command.make("payment-proxy").pipe(
  Command.withDescription("The operators' commands of Payment Proxy."),
  Command.withSubcommands([
    apps.pipe(Command.provide(Layers.stores)),
    keys.pipe(Command.provide(Layers.stores)),
    orders,
    proposals.pipe(Command.provide(Layers.stores)),
    operators.pipe(Command.provide(Layers.stores)),
    events,
    reconcile,
    secrets.pipe(Command.provide(Layers.stores)),
    audit.pipe(Command.provide(Layers.stores)),
    migrate.pipe(Command.provide(Layers.stores)),
    config
  ])
)

const run = Command.run(root, { name: "Payment Proxy", version: "0.1.0", executable: "payment-proxy" })

/** What is said of a command that there is not, where the group is right: that names the groups. */
const unknown = /^Invalid subcommand for payment-proxy - use one of (.*)$/

const mended = (text: string, typed: ReadonlyArray<string>): string => {
  const [group = ""] = typed
  return unknown.exec(text)?.[1]?.includes(`'${group}'`)
    ? `There is no such command: payment-proxy ${group} --help lists those that there are.`
    : text
}

/** Writes help as it is read best. */
const helpful = (typed: ReadonlyArray<string>) => (console: Console.Console) => {
  const tidied = (text: unknown): unknown => (typeof text === "string" ? mended(Help.tidied(text, typed), typed) : text)
  return {
    ...console,
    log: (...texts: ReadonlyArray<unknown>) => console.log(...texts.map(tidied)),
    error: (...texts: ReadonlyArray<unknown>) => console.error(...texts.map(tidied))
  }
}

const told = (failure: { readonly _tag: string }) => {
  const { exit, code, detail } = Failed.of(failure)
  return Effect.as(
    Effect.flatMap(Output, ({ message }) => message(`${code}: ${detail}`)),
    exit as number
  )
}

/** Runs what was typed after the program's name, and answers what the process ends with: `Failed.exits`, or 0. */
export const make = (typed: ReadonlyArray<string>) =>
  Effect.flatMap(Effect.consoleWith(Effect.succeed), (console) =>
    Effect.withConsole(run(["node", "payment-proxy", ...typed]), helpful(typed)(console))
  ).pipe(
    Effect.as(0),
    // What is wrong with it was said.
    Effect.catchIf(ValidationError.isValidationError, () => Effect.succeed<number>(Failed.exits.usage)),
    Effect.catchAll(told),
    Effect.provide(CliConfig.layer({ showBuiltIns: false }))
  )
