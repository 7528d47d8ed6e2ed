export * as Failure from "./Failure.ts"
export * as PaymentProxy from "./PaymentProxy.ts"
export * as Webhook from "./Webhook.ts"
export type * from "./Words.ts"
