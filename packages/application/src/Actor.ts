import { Context, Effect } from "effect"
import type { Cause } from "./Decision.ts"
import * as Operator from "./Operator.ts"

/** The person who acts, and why, where a person does. */
export interface Person {
  readonly name: string
  readonly reason: string | null
  /** Who stands for it beside him, under which proposal, and what he said. */
  readonly second?: { readonly name: string; readonly proposal: string; readonly remark: string | null }
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

const quoted = (text: string | null): string => (text === null ? "" : ` ${JSON.stringify(text)}`)

/** Persons' command, as history says it: bounded, and in quotes what they typed. */
export const saidBy = ({ name, reason, second }: Person): string =>
  second === undefined
    ? `By ${JSON.stringify(name)}${reason === null ? "" : `:${quoted(reason)}`}`
    : `Proposed by ${JSON.stringify(name)}, approved by ${JSON.stringify(second.name)} (${second.proposal}):${quoted(reason)}${quoted(second.remark)}`

/** The same for whose order it is: that persons had it done, and neither who they are nor what they noted. */
export const unsigned = (detail: string | null): string | null =>
  detail?.replace(/(^|\. )(?:By|Proposed by) "[\s\S]*$/, "$1By an operator.") ?? null

/** Whether history says of something that one person had it done, and no second one. */
export const isAlone = (detail: string | null): boolean => detail?.startsWith('By "') ?? false

/** Why something happens, with the person who had it done, where there is one. */
export const signed = ({ cause, detail }: Cause): Effect.Effect<Cause> =>
  Effect.map(Actor, (person) => {
    if (person === null) return { cause, detail }
    return { cause, detail: detail === null ? saidBy(person) : `${detail}. ${saidBy(person)}` }
  })
