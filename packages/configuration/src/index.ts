export * from "./Configuration.ts"
export * as CrashAt from "./CrashAt.ts"
export type { Fault } from "./References.ts"
