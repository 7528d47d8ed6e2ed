import type { Overview } from "../overview.ts"

type Endpoint = Overview["deliveriesBehind"][number]

/** How an endpoint that is behind fares; `againAt`: when what it did not take is tried again, null where that is not known. */
export type Standing =
  | { readonly is: "stopped"; readonly reason: string }
  | {
      readonly is: "failing"
      readonly failure: NonNullable<Endpoint["lastFailure"]>
      readonly againAt: string | null
    }
  | { readonly is: "delivering" }

/** Whether it is stopped, takes nothing of what was tried, or is delivered to. What is due already waits for its turn. */
export const standing = ({ stopped, lastFailure, nextAt }: Endpoint, nowMillis: number): Standing => {
  if (stopped !== null) return { is: "stopped", reason: stopped }
  if (lastFailure === null) return { is: "delivering" }
  return { is: "failing", failure: lastFailure, againAt: Date.parse(nextAt) > nowMillis ? nextAt : null }
}
