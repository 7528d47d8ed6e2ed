export * as Addresses from "./Addresses.ts"
export * as Sender from "./Sender.ts"
export * as Signing from "./Signing.ts"
