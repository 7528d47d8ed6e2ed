export * as KeyFile from "./KeyFile.ts"
export * from "./KeyFileInvalid.ts"
export * as KeyVault from "./KeyVault.ts"
