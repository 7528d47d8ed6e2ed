export * from "./Configuration.ts"
export * as CrashAt from "./CrashAt.ts"
export * as Process from "./Process.ts"
export type { Fault } from "./References.ts"
