export { ordersContract } from "./contracts/OrdersContract.ts"
export * as Generators from "./Generators.ts"
export * as Memory from "./Memory.ts"
export * from "./Samples.ts"
