export * from "./KeyFileInvalid.ts"
export * as KeyVault from "./KeyVault.ts"
