import type { Request } from "./Message.ts"

/** Now, by a clock that nobody can set: milliseconds. */
export const now = (): number => performance.now()

/** A request of which nothing is written once `millis` have gone, whatever a filter does before it sends it. */
export const within = (request: Request, millis: number): Request => ({
  ...request,
  untilMillis: Math.min(request.untilMillis, now() + millis)
})
