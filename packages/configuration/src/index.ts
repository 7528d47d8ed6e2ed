export * from "./Configuration.ts"
export type { Fault } from "./References.ts"
