import { userInfo } from "node:os"
import { Options } from "@effect/cli"
import { type Acting, Trail } from "@payment-proxy/application"
import { Effect, Option } from "effect"
import * as Failed from "./Failed.ts"
import { Environment } from "./Layers.ts"
import { optional } from "./Leaf.ts"

/** Who is on record for what is done. */
export const operator = optional("operator", "Who you are, for the record; PAYMENT_PROXY_OPERATOR unless given")

/** Why it is done, for the record. */
export const reason = optional("reason", "Why, for the record")

/** Why a person decides so, which he has to say. */
export const note = Options.text("note").pipe(Options.withDescription("Why, for the record"))

/** The name of who types, which has to be known. */
export const named = (given: Option.Option<string>) =>
  Effect.flatMap(Environment, ({ variables }) =>
    Option.match(
      Option.orElse(given, () => Option.fromNullable(variables["PAYMENT_PROXY_OPERATOR"] || null)),
      {
        onNone: () =>
          new Failed.Failed({
            exit: Failed.exits.usage,
            code: "OPERATOR_MISSING",
            detail: "This goes on record with a name: give --operator NAME, or set PAYMENT_PROXY_OPERATOR."
          }),
        onSome: Effect.succeed
      }
    )
  )

/** Who has the machine may do what administrators may. */
export const acting = (name: string): Acting => ({ name, role: "administrator" })

/** What is done, to what. */
type Doing = Pick<Trail.Doing, "action" | "subject">

/** Does this as the operator who types: he is on record for it, and for what was refused. */
export const by = <A = unknown>(
  operator: string,
  reason: Option.Option<string>,
  doing: Doing,
  outcomeOf?: (done: A) => string
) => Trail.recorded<A>({ ...doing, operator, reason: Option.getOrNull(reason), address: null }, outcomeOf)

const machineUser = Effect.orElseSucceed(
  Effect.try(() => userInfo().username),
  () => "unknown"
)

/** Who types, where his name is not asked for: PAYMENT_PROXY_OPERATOR, or the user of the machine. */
export const typing = Effect.map(
  Effect.catchAll(named(Option.none()), () => machineUser),
  acting
)

/** Does this as who types, where his name is not asked for. */
export const did =
  (action: string, subject: string | null, reason: string | null = null) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(typing, ({ name }) => by<A>(name, Option.fromNullable(reason), { action, subject })(effect))
