import { Args, Command, Options } from "@effect/cli"
import { Context, Effect, type Redacted } from "effect"
import * as Failed from "./Failed.ts"
import type { Shown } from "./Shown.ts"

/** Where commands write to and ask: the process's own terminal, or a test. */
export class Output extends Context.Tag("@payment-proxy/cli/Output")<
  Output,
  {
    /** What was asked for, and nothing else. */
    readonly result: (text: string) => Effect.Effect<void>
    /** What people are told beside it. */
    readonly message: (text: string) => Effect.Effect<void>
    /** How far long work has come: in place of what was last said so, where a person sits at a terminal. */
    readonly progress: (text: string) => Effect.Effect<void>
    /** Whether a person sits at a terminal, who can be asked and shown progress. */
    readonly isTerminal: boolean
    /** Asks the person; anything but yes is no. */
    readonly confirm: (question: string) => Effect.Effect<boolean>
    /** Asks the person for what nobody is to see, without showing what is typed. */
    readonly secret: (question: string) => Effect.Effect<Redacted.Redacted>
  }
>() {}

const json = Options.boolean("json").pipe(Options.withDescription("One JSON document instead of text for people"))

/** The option of commands that ask before they do what cannot be undone. */
export const yes = Options.boolean("yes").pipe(
  Options.withAlias("y"),
  Options.withDescription("Do not ask: do it. Only a person at a terminal is asked")
)

/** Goes on where nobody is to be asked, or where the person says yes. */
export const confirmed = (isSure: boolean, question: string) =>
  Effect.gen(function* () {
    const output = yield* Output
    if (isSure || !output.isTerminal || (yield* output.confirm(question))) return
    return yield* new Failed.Failed({ exit: Failed.exits.refused, code: "NOT_CONFIRMED", detail: "Nothing was done." })
  })

/** A command that does something: `about` in one sentence, an example that works, and what it is given. */
export const leaf = <
  const Name extends string,
  const C extends Command.Command.Config,
  E extends { readonly _tag: string },
  R
>(
  name: Name,
  { about, example, config }: { readonly about: string; readonly example: string; readonly config: C },
  handler: (input: Command.Command.ParseConfig<C>) => Effect.Effect<Shown, E, R>
) =>
  Command.make(name, { input: config, json }, ({ input, json: isJson }) =>
    Effect.gen(function* () {
      const output = yield* Output
      const shown = yield* Effect.mapError(handler(input as Command.Command.ParseConfig<C>), Failed.of)
      const text = isJson ? JSON.stringify(shown.json) : shown.text
      if (text !== "") yield* output.result(text)
      if (shown.fault !== undefined) return yield* shown.fault
    })
  ).pipe(Command.withDescription(`${about}\n\nExample: payment-proxy ${example}`))

/** The text argument of this name. */
export const argument = (name: string, about: string) => Args.text({ name }).pipe(Args.withDescription(about))

/** The option of this name, which may be left out. */
export const optional = (name: string, about: string) =>
  Options.text(name).pipe(Options.withDescription(about), Options.optional)
