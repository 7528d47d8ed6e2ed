import { Options } from "@effect/cli"
import { Actor } from "@payment-proxy/application"
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

/** Does this as the operator who types, who is on record for it. */
export const by =
  (given: Option.Option<string>, why: Option.Option<string>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(named(given), (name) => Actor.as(name, Option.getOrNull(why))(effect))
