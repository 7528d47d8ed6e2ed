import { scenario } from "./scenario.ts"

const names = { viewer: "sun.li", operator: "maria.keller", administrator: "chen.wei" } as const

/** Who is signed in, in the samples. */
export const who = (): string => names[scenario().role]

/** A time so many seconds ago; negative ones are still to come. */
export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()
