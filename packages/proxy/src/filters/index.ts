import type { AnyKind } from "../Filter.ts"
import { circuitBreaker } from "./CircuitBreaker.ts"
import { headers } from "./Headers.ts"
import { rateLimit } from "./RateLimit.ts"
import { timeLimit } from "./TimeLimit.ts"

export * as Circuits from "./Circuits.ts"
export { circuitBreaker, headers, rateLimit, timeLimit }

/** The filters that need nothing but their options, by the names that a configuration gives them. */
export const all: ReadonlyMap<string, AnyKind> = new Map(
  [headers, rateLimit, timeLimit, circuitBreaker].map((kind): [string, AnyKind] => [kind.name, kind])
)
