import { Context, Effect } from "effect"
import type { Cause } from "./Decision.ts"
import * as Operator from "./Operator.ts"

/** The person who acts, and why, where a person does. */
export interface Person {
  readonly name: string
  readonly reason: string | null
}

/** Who acts: a person, whom the history of what he does names; null for apps and for the loops. */
export class Actor extends Context.Reference<Actor>()("@payment-proxy/application/Actor", {
  defaultValue: (): Person | null => null
}) {}

/** Does this as a named operator: a name or a reason that cannot be put on record is `OperatorInvalid`, and nothing was done. */
export const as =
  (name: string, reason: string | null = null) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const person = {
        name: yield* Operator.name(name),
        reason: reason === null ? null : yield* Operator.note(reason)
      }
      return yield* Effect.provideService(effect, Actor, person)
    })

/** A person's command, as history says it: in quotes what he typed. */
const saidBy = ({ name, reason }: Person): string =>
  `By ${JSON.stringify(name)}${reason === null ? "" : `: ${JSON.stringify(reason)}`}`

/** Why something happens, with the person who had it done, where there is one. */
export const signed = ({ cause, detail }: Cause): Effect.Effect<Cause> =>
  Effect.map(Actor, (person) => {
    if (person === null) return { cause, detail }
    return { cause, detail: detail === null ? saidBy(person) : `${detail}. ${saidBy(person)}` }
  })
