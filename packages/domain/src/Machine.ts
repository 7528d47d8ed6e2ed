/**
 * What a cell of an evidence table says (design §5). `stay`: nothing moves. `move`: to `to`; `fresh` only by fresh
 * evidence, `after` and `before` only past or before the order's deadline, `late` to LATE_PAID instead where the app was
 * told that the order is dead. `contradict`: kept, and held when a fresh answer repeats it after the settling time.
 */
export type Cell<S extends string> =
  | { readonly act: "stay" }
  | { readonly act: "ask" }
  | {
      readonly act: "move"
      readonly to: S
      readonly fresh?: true
      readonly deadline?: "after" | "before"
      readonly late?: true
    }
  | { readonly act: "contradict"; readonly to: S; readonly fresh: true }

/** Nothing moves. */
export const stay = { act: "stay" } as const
/** Nothing moves; what the state wants of the vendor is done again: on its schedule after a fresh answer (or an honest vendor would be asked without rest), at once after late evidence. */
export const ask = { act: "ask" } as const
/** Moves. */
export const to = <S extends string>(state: S) => ({ act: "move", to: state }) as const
/** Moves; LATE_PAID instead if the app was told FAILED or CLOSED. */
export const paidTo = <S extends string>(state: S) => ({ act: "move", to: state, late: true }) as const
/** Moves by fresh evidence; late evidence makes a query due. */
export const fresh = <S extends string>(state: S) => ({ act: "move", to: state, fresh: true }) as const
/** Moves by fresh evidence that was asked for past the deadline; before it, the order's need is done again on its schedule. */
export const afterDeadline = <S extends string>(state: S) =>
  ({ act: "move", to: state, fresh: true, deadline: "after" }) as const
/** Moves by fresh evidence before the deadline only. */
export const beforeDeadline = <S extends string>(state: S) =>
  ({ act: "move", to: state, fresh: true, deadline: "before" }) as const
/** Kept as a pending contradiction; the same again, at least the settling time later, holds. */
export const contradict = { act: "contradict", to: "HELD", fresh: true } as const

/**
 * What follows from a step: the next order, whether its need is due at once, and what an operator should hear. `owesQuery`: the vendor
 * is to be asked before anything else is sent, as late evidence came to a cell that only fresh evidence moves, or a person named the state.
 */
export interface Step<O> {
  readonly order: O
  readonly urgent: boolean
  readonly owesQuery?: true
  readonly alarms: ReadonlyArray<string>
}

/** Why a command is not open now; `code` is stable. */
export interface Refused {
  readonly _tag: "Refused"
  readonly code: string
  readonly detail: string
}
export const refuse = (code: string, detail: string): Refused => ({ _tag: "Refused", code, detail })

/** `order` with `patch`, or the very same order where the patch says nothing new. */
export const patched = <O extends object>(order: O, patch: Partial<O>): O => {
  for (const key in patch) if (patch[key] !== order[key]) return { ...order, ...patch }
  return order
}

/** Settings of a vendor that the machines need. */
export interface Settings {
  /** How long the vendor's replicas may lag behind, in milliseconds (5 min unless configured). */
  readonly settlingMillis: number
}
