import { Context, type Effect } from "effect"

/** How a circuit stands: it lets calls through, tries one at a time, or lets none through. The worse comes later. */
export const states = ["closed", "half-open", "open"] as const
export type State = (typeof states)[number]

/** The circuit of a route, and of the vendor that it leads to. */
export interface Circuit {
  readonly route: string
  readonly vendor: string
  readonly state: Effect.Effect<State>
}

/** The circuits of this process, for as long as their routes are in force. */
export class Circuits extends Context.Reference<Circuits>()("@payment-proxy/proxy/Circuits", {
  defaultValue: (): Set<Circuit> => new Set()
}) {}
