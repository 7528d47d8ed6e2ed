import type { Overview } from "../overview.ts"

type Failure = NonNullable<Overview["deliveriesBehind"][number]["lastFailure"]>

/** What is known of how an endpoint is delivered to; `nextAt`: when the first of what waits is due, null where nothing waits. */
interface Known {
  readonly stopped: string | null
  readonly lastFailure: Failure | null
  readonly nextAt: string | null
}

/** How an endpoint fares; `againAt`: when what it did not take is tried again, null where that is not known. */
export type Standing =
  | { readonly is: "stopped"; readonly reason: string }
  | { readonly is: "failing"; readonly failure: Failure; readonly againAt: string | null }
  | { readonly is: "delivering" }

/** Whether it is stopped, takes nothing of what was tried, or is delivered to. What is due already waits for its turn. */
export const standing = ({ stopped, lastFailure, nextAt }: Known, nowMillis: number): Standing => {
  if (stopped !== null) return { is: "stopped", reason: stopped }
  if (lastFailure === null) return { is: "delivering" }
  const isAhead = nextAt !== null && Date.parse(nextAt) > nowMillis
  return { is: "failing", failure: lastFailure, againAt: isAhead ? nextAt : null }
}
